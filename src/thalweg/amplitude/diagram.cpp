#include "thalweg/amplitude/diagram.h"

#include <bit>

#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

constexpr std::size_t kMaxDiagrams = 200'000;

void collect(const TreePtr& tree, std::vector<Diagram::Propagator>& list) {
  for (const TreePtr& part : tree->parts) {
    if (!part->is_leg()) list.push_back({part->pdg, part->mask});
    collect(part, list);
  }
}

bool has_four_lines(const TreePtr& tree) {
  if (tree->parts.size() == 3) return true;
  for (const TreePtr& part : tree->parts)
    if (has_four_lines(part)) return true;
  return false;
}

}  // namespace

std::vector<Diagram::Propagator> Diagram::propagators() const {
  std::vector<Propagator> list;
  collect(body, list);
  return list;
}

bool Diagram::has_four_point_vertex() const { return has_four_lines(body); }

std::vector<Diagram> enumerate_diagrams(const SelectedProcess& selected, const Model& model,
                                        const std::vector<Vertex>& vertices) {
  const SubProcess& process = selected.process;
  const VertexTable table(vertices);
  const std::size_t root = process.legs() - 1;
  const int root_pdg = process.outgoing_pdg(root, model);
  const std::uint32_t body = (1u << root) - 1;
  CurrentKinds kinds = current_kinds(selected, root, model, vertices, table);
  std::vector<std::vector<TreePtr>> trees(body + 1);
  for (std::size_t l = 0; l < root; ++l) {
    Tree leg;
    leg.pdg = process.outgoing_pdg(l, model);
    leg.mask = 1u << l;
    trees[leg.mask].push_back(std::make_shared<Tree>(leg));
  }
  auto join = [&](std::uint32_t mask, const std::vector<Meeting>& meetings, std::vector<TreePtr> parts) {
    for (const Meeting& m : meetings) {
      if (mask == body && m.pdg != root_pdg) continue;
      Tree tree{model.anti(m.pdg), mask, m, parts, vertices[static_cast<std::size_t>(m.vertex)].qcd};
      for (const TreePtr& part : parts) tree.qcd += part->qcd;
      if (kinds[mask].count({tree.pdg, tree.qcd})) trees[mask].push_back(std::make_shared<Tree>(std::move(tree)));
    }
    if (trees[mask].size() > kMaxDiagrams)
      request_error("'{}' has more than {} diagrams; exclude propagators with '/' or limit QED",
                    to_string(process, model), kMaxDiagrams);
  };
  for (std::uint32_t mask = 1; mask <= body; ++mask) {
    if (std::popcount(mask) < 2 || kinds[mask].empty()) continue;
    for_each_pair(mask, [&](std::uint32_t l, std::uint32_t r) {
      for (const TreePtr& a : trees[l])
        for (const TreePtr& b : trees[r]) join(mask, table.find(a->pdg, b->pdg), {a, b});
    });
    for_each_triple(mask, [&](std::uint32_t x, std::uint32_t y, std::uint32_t z) {
      for (const TreePtr& a : trees[x])
        for (const TreePtr& b : trees[y])
          for (const TreePtr& c : trees[z]) join(mask, table.find(a->pdg, b->pdg, c->pdg), {a, b, c});
    });
  }
  std::vector<Diagram> diagrams;
  for (const TreePtr& tree : trees[body])
    diagrams.push_back({tree, tree->qcd, static_cast<int>(process.legs()) - 2 - tree->qcd});
  return diagrams;
}

std::vector<DiagramSet> diagrams_of(const ProcessDefinition& definition, const Model& model,
                                    const std::vector<Vertex>& vertices) {
  std::vector<DiagramSet> sets;
  for (const SelectedProcess& selected : select_processes(definition, model, vertices))
    sets.push_back({selected, enumerate_diagrams(selected, model, vertices)});
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
