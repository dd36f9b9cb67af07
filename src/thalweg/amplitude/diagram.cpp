#include "thalweg/amplitude/diagram.h"

#include <algorithm>
#include <map>

#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

using TreePtr = std::shared_ptr<const Tree>;

struct Meeting {
  int vertex;
  int third;  // the remaining outgoing line
};

// For two outgoing lines, the vertices they can meet at.
std::multimap<std::pair<int, int>, Meeting> meetings(const std::vector<Vertex>& vertices) {
  std::multimap<std::pair<int, int>, Meeting> table;
  for (std::size_t v = 0; v < vertices.size(); ++v) {
    const auto& lines = vertices[v].lines;
    std::vector<std::array<int, 3>> seen;
    for (std::size_t a = 0; a < 3; ++a)
      for (std::size_t b = 0; b < 3; ++b) {
        if (a == b) continue;
        const std::array<int, 3> entry = {lines[a], lines[b], lines[3 - a - b]};
        if (std::find(seen.begin(), seen.end(), entry) != seen.end()) continue;
        seen.push_back(entry);
        table.insert({{entry[0], entry[1]}, {static_cast<int>(v), entry[2]}});
      }
  }
  return table;
}

// Follows the fermion lines of a tree: closed pairs (outgoing fermion, outgoing antifermion) are
// appended, and the leg at which the line of the tree itself ends is returned (-1 for a boson).
int follow(const TreePtr& tree, const Model& model, std::vector<int>& pairs) {
  const bool fermion = model.particle(tree->pdg).spin == Spin::fermion;
  if (!tree->left) return fermion ? __builtin_ctz(tree->mask) : -1;
  const int a = follow(tree->left, model, pairs), b = follow(tree->right, model, pairs);
  if (fermion) return a >= 0 ? a : b;
  if (a >= 0) {
    const bool left_is_row = tree->left->pdg > 0;
    pairs.push_back(left_is_row ? a : b);
    pairs.push_back(left_is_row ? b : a);
  }
  return -1;
}

int parity(const std::vector<int>& permutation) {
  int sign = 1;
  for (std::size_t i = 0; i < permutation.size(); ++i)
    for (std::size_t j = i + 1; j < permutation.size(); ++j)
      if (permutation[i] > permutation[j]) sign = -sign;
  return sign;
}

int fermion_sign(const Diagram& diagram, int last_leg, int last_pdg, const Model& model) {
  std::vector<int> pairs;
  std::vector<std::pair<int, bool>> ends;  // leg, is a row
  const int a = follow(diagram.left, model, pairs), b = follow(diagram.right, model, pairs);
  if (a >= 0) ends.emplace_back(a, diagram.left->pdg > 0);
  if (b >= 0) ends.emplace_back(b, diagram.right->pdg > 0);
  if (model.particle(last_pdg).spin == Spin::fermion) ends.emplace_back(last_leg, last_pdg > 0);
  if (ends.size() == 2) {
    pairs.push_back(ends[0].second ? ends[0].first : ends[1].first);
    pairs.push_back(ends[0].second ? ends[1].first : ends[0].first);
  }
  return parity(pairs);
}

bool within(const ProcessDefinition& d, int qcd, int qed) {
  return !(d.max_qcd && *d.max_qcd < 99 && qcd > *d.max_qcd) && !(d.max_qed && *d.max_qed < 99 && qed > *d.max_qed);
}

void collect(const TreePtr& tree, std::vector<Diagram::Propagator>& list) {
  if (!tree->left) return;
  list.push_back({tree->pdg, tree->mask});
  collect(tree->left, list);
  collect(tree->right, list);
}

}  // namespace

std::vector<Diagram::Propagator> Diagram::propagators() const {
  std::vector<Propagator> list;
  collect(left, list);
  collect(right, list);
  return list;
}

std::vector<Diagram> enumerate_diagrams(const SubProcess& process, const Model& model,
                                        const std::vector<Vertex>& vertices, const ProcessDefinition& definition) {
  const auto table = meetings(vertices);
  const auto last = process.legs() - 1;
  const std::uint32_t all = (1u << last) - 1;
  std::vector<std::vector<TreePtr>> trees(all + 1);
  for (std::size_t l = 0; l < last; ++l)
    trees[1u << l].push_back(
        std::make_shared<Tree>(Tree{process.outgoing_pdg(l, model), 1u << l, -1, nullptr, nullptr, 0, 0}));

  const int last_pdg = process.outgoing_pdg(last, model);
  std::vector<Diagram> diagrams;
  // Every set of legs is split in two in all ways; the half with the lowest leg is the left one.
  for (std::uint32_t mask = 1; mask <= all; ++mask) {
    for (std::uint32_t left = (mask - 1) & mask; left > 0; left = (left - 1) & mask) {
      if (!(left & (mask & -mask))) continue;
      for (const TreePtr& a : trees[left])
        for (const TreePtr& b : trees[mask ^ left]) {
          const auto range = table.equal_range({a->pdg, b->pdg});
          for (auto it = range.first; it != range.second; ++it) {
            const auto [v, third] = it->second;
            const auto& vertex = vertices[static_cast<std::size_t>(v)];
            const int qcd = a->qcd + b->qcd + vertex.qcd, qed = a->qed + b->qed + vertex.qed;
            if (!within(definition, qcd, qed)) continue;
            if (mask == all) {
              if (third != last_pdg) continue;
              Diagram diagram{v, a, b, 1, qcd, qed};
              diagram.fermion_sign = fermion_sign(diagram, static_cast<int>(last), last_pdg, model);
              diagrams.push_back(diagram);
            } else {
              const auto& out = definition.excluded;
              if (std::find(out.begin(), out.end(), third) != out.end()) continue;
              trees[mask].push_back(std::make_shared<Tree>(Tree{model.anti(third), mask, v, a, b, qcd, qed}));
            }
          }
        }
    }
    if (diagrams.size() > 200'000 || trees[mask].size() > 200'000)
      request_error("process '{}' has more than 200000 diagrams; exclude propagators with '/' or limit QED",
                    definition.text);
  }
  return diagrams;
}

std::vector<DiagramSet> diagrams_of(const ProcessDefinition& definition, const Model& model,
                                    const std::vector<Vertex>& vertices) {
  std::vector<DiagramSet> sets;
  int smallest = 1 << 20;
  const auto candidates = expand(definition, model);
  for (const SubProcess& process : candidates) {
    auto diagrams = enumerate_diagrams(process, model, vertices, definition);
    if (diagrams.empty()) continue;
    for (const Diagram& d : diagrams) smallest = std::min(smallest, d.qcd + 2 * d.qed);
    sets.push_back({process, std::move(diagrams)});
  }
  if (!definition.max_qcd && !definition.max_qed) {
    for (DiagramSet& set : sets)
      std::erase_if(set.diagrams, [&](const Diagram& d) { return d.qcd + 2 * d.qed > smallest; });
    std::erase_if(sets, [](const DiagramSet& set) { return set.diagrams.empty(); });
  }
  if (sets.empty()) {
    if (candidates.empty()) request_error("process '{}' does not conserve electric charge", definition.text);
    request_error("process '{}' has no tree-level diagram in model {}{}", definition.text, model.name(),
                  definition.excluded.empty() && !definition.max_qcd && !definition.max_qed
                      ? ""
                      : "; the exclusions and orders may be too strict");
  }
  return sets;
}

std::string describe(const Diagram& diagram, const SubProcess& process, const Model& model) {
  std::string text;
  for (const auto& propagator : diagram.propagators()) {
    std::string legs;
    for (std::size_t l = 0; l < process.legs(); ++l)
      if (propagator.mask >> l & 1) legs += fmt::format("{}{}", legs.empty() ? "" : ",", l + 1);
    if (!text.empty()) text += "  ";
    text += model.particle_name(propagator.pdg) + fmt::format("({})", legs);
  }
  return text.empty() ? "contact" : text;
}

}  // namespace thalweg
