#include "thalweg/amplitude/current_graph.h"

#include <algorithm>
#include <bit>
#include <map>

#include "thalweg/amplitude/node_table.h"
#include "thalweg/amplitude/vertex_rules.h"
#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

constexpr int kGluon = 21;
constexpr std::size_t kMaxNodes = 200'000, kMaxBasis = 800;

// What the sum of sub-diagrams is kept apart by.
struct Key {
  CurrentKind kind;
  ColourFlow flow;
  auto operator<=>(const Key&) const = default;
};

class GraphBuilder {
 public:
  // The root is chosen here when it is given as -1.
  GraphBuilder(const SelectedProcess& selected, const Model& model, const Parameters& parameters,
               const std::vector<Vertex>& vertices, int root)
      : process_(selected.process),
        model_(model),
        parameters_(parameters),
        table_(vertices),
        rules_(selected.process, model, vertices) {
    graph_.process = process_;
    for (std::size_t l = 0; l < process_.legs(); ++l) {
      legs_.push_back(process_.outgoing_pdg(l, model));
      only_gluons_ = only_gluons_ && legs_[l] == kGluon;
    }
    graph_.root = root < 0 ? choose_root() : static_cast<std::size_t>(root);
    body_ = ((1u << process_.legs()) - 1) ^ (1u << graph_.root);
    kinds_ = current_kinds(selected, graph_.root, model, vertices, table_);
    for (std::size_t l = 0; l < process_.legs(); ++l) {
      GraphNode node;
      node.leg = static_cast<int>(l);
      node.mask = 1u << l;
      node.shape = rules_.shape(legs_[l]);
      graph_.nodes.push_back(node);
    }
  }

  CurrentGraph all_diagrams() {
    entries_.resize(std::size_t{1} << process_.legs());
    for (std::size_t l = 0; l < process_.legs(); ++l)
      if (l != graph_.root) entries_[1u << l] = {external(l)};
    adjoint_ = only_gluons_;
    for (std::uint32_t mask = 1; mask <= body_; ++mask)
      if ((mask & ~body_) == 0 && std::popcount(mask) > 1) build(mask);
    finish();
    return std::move(graph_);
  }

  SingleDiagramGraph single_diagrams(const std::vector<Diagram>& diagrams) {
    SingleDiagramGraph result;
    for (const Diagram& diagram : diagrams) {
      std::map<int, ColourVector> pieces;
      std::map<int, Complex> factor;  // couplings of the piece; what is left of an entry is its colour
      for (const CurrentEntry& e : entries_of(diagram.body)) {
        const Complex common = factor.insert({e.node, e.factor}).first->second;
        pieces[e.node].terms.emplace_back(closed_flow(e), (e.factor / common).real());
      }
      auto& part = result.parts.emplace_back();
      part.first = graph_.basis.size();
      part.count = pieces.size();
      std::vector<ColourVector> vectors;
      for (const auto& [node, vector] : pieces) {
        graph_.amplitudes.push_back({node, graph_.basis.size(), diagram.qcd, factor[node]});
        graph_.basis.push_back(vector);
        vectors.push_back(vector);
      }
      part.gram = colour_matrix(vectors, gluons());
    }
    result.graph = std::move(graph_);
    return result;
  }

 private:
  bool massless(std::size_t leg) const { return model_.mass(legs_[leg], parameters_) == 0; }

  // The work at the level of whole helicity configurations is divided by the states of the root: a massive leg; a
  // fermion closes its line after all splittings are summed up, a quark one with many.
  std::size_t choose_root() const {
    std::size_t best = 0;
    int most = -1;
    for (std::size_t l = 0; l < legs_.size(); ++l) {
      const Particle& p = model_.particle(legs_[l]);
      int score = p.spin == Spin::fermion ? 4 : p.spin == Spin::vector ? 2 : 0;
      if (!massless(l) && p.spin != Spin::scalar) score += 6;
      if (p.colour != 1) score += 1;
      if (score >= most) {
        most = score;
        best = l;
      }
    }
    return best;
  }

  std::int8_t chain_begin() const { return graph_.root == 0 ? 1 : 0; }

  CurrentEntry external(std::size_t leg) const {
    return {legs_[leg], external_flow(leg), 0, static_cast<int>(leg), 1.0};
  }

  ColourFlow external_flow(std::size_t leg) const {
    ColourFlow flow;
    const int colour = model_.particle(legs_[leg]).colour;
    if (colour == 8 || (colour == 3 && legs_[leg] > 0)) flow.source = static_cast<std::int8_t>(leg);
    if (colour == 8 || (colour == 3 && legs_[leg] < 0)) flow.sink = static_cast<std::int8_t>(leg);
    return flow;
  }

  void build(std::uint32_t mask) {
    if (kinds_[mask].empty()) return;
    sums_.clear();
    for_each_pair(mask, [&](std::uint32_t l, std::uint32_t r) {
      for (const CurrentEntry& a : entries_[l])
        for (const CurrentEntry& b : entries_[r])
          for (const Meeting& m : table_.find(a.pdg, b.pdg)) add(mask, m, rules_.meet(m, a, l, b, r));
    });
    if (table_.has_quartic())
      for_each_triple(mask, [&](std::uint32_t x, std::uint32_t y, std::uint32_t z) {
        for (const CurrentEntry& a : entries_[x])
          for (const CurrentEntry& b : entries_[y])
            for (const CurrentEntry& c : entries_[z])
              for (const Meeting& m : table_.find(a.pdg, b.pdg, c.pdg))
                add(mask, m, rules_.meet(m, {&a, &b, &c}, {x, y, z}));
      });
    for (auto& [key, terms] : sums_) intern(mask, key, terms, entries_[mask]);
    if (graph_.nodes.size() > kMaxNodes)
      request_error(
          "'{}' has more than {} off-shell currents, helicities not counted; exclude propagators with '/', "
          "limit QED, or name fewer particles",
          to_string(process_, model_), kMaxNodes);
  }

  // The multiples of nodes that one sub-diagram alone is.
  const std::vector<CurrentEntry>& entries_of(const TreePtr& tree) {
    auto [found, fresh] = of_tree_.insert({tree.get(), {}});
    if (!fresh) return found->second;
    if (tree->is_leg()) return found->second = {external(static_cast<std::size_t>(std::countr_zero(tree->mask)))};
    std::vector<std::vector<CurrentEntry>> parts;
    for (const TreePtr& part : tree->parts) parts.push_back(entries_of(part));
    std::vector<std::uint32_t> masks;
    for (const TreePtr& part : tree->parts) masks.push_back(part->mask);
    sums_.clear();
    for (const CurrentEntry& a : parts[0])
      for (const CurrentEntry& b : parts[1]) {
        if (parts.size() == 2) {
          add(tree->mask, tree->meeting, rules_.meet(tree->meeting, a, masks[0], b, masks[1]));
          continue;
        }
        for (const CurrentEntry& c : parts[2])
          add(tree->mask, tree->meeting, rules_.meet(tree->meeting, {&a, &b, &c}, {masks[0], masks[1], masks[2]}));
      }
    std::vector<CurrentEntry> result;
    for (auto& [key, terms] : sums_) intern(tree->mask, key, terms, result);
    return of_tree_[tree.get()] = result;
  }

  // Adds terms to the current of `mask`, if that current is wanted.
  void add(std::uint32_t mask, const Meeting& m, std::span<const VertexTerm> products) {
    if (mask == body_ && m.pdg != legs_[graph_.root]) return;
    for (const VertexTerm& product : products) {
      const CurrentKind kind{model_.anti(m.pdg), product.qcd};
      if (!kinds_[mask].count(kind)) continue;
      // adjoint basis: chains that begin with one gluon and end with the root
      if (mask == body_ && adjoint_ && product.flow.sink != chain_begin()) continue;
      // an external gluon is projected on SU(3) in the colour matrix
      if (mask == body_ && m.pdg == kGluon && product.flow.source < 0) continue;
      sums_[{kind, product.flow}].push_back(product.term);
    }
  }

  int propagator(std::uint32_t mask, int pdg) {
    const std::uint32_t in = (1u << process_.incoming) - 1;
    const bool space_like = process_.incoming == 2 && std::popcount(mask & in) == 1;
    const double m = model_.mass(pdg, parameters_), width = model_.width(pdg, parameters_);
    const bool stable = space_like && !parameters_.t_channel_widths();
    const Complex mass2(m * m, stable ? 0.0 : -m * width);
    const Propagator wanted{mask, mass2, parameters_.complex_masses() ? std::sqrt(mass2) : Complex(m)};
    auto& list = graph_.propagators;
    const auto index = std::find(list.begin(), list.end(), wanted) - list.begin();
    if (index == std::ssize(list)) list.push_back(wanted);
    return static_cast<int>(index);
  }

  void intern(std::uint32_t mask, const Key& key, const std::vector<GraphTerm>& terms,
              std::vector<CurrentEntry>& entries) {
    GraphNode node;
    node.mask = mask;
    node.shape = rules_.shape(key.kind.pdg);
    node.propagator = mask == body_ ? -1 : propagator(mask, key.kind.pdg);
    node.terms = terms;
    const Complex factor = normalise(node.terms);
    if (node.terms.empty()) return;
    node.transverse = std::all_of(node.terms.begin(), node.terms.end(), [&](const GraphTerm& t) {
      auto light = [&](int n) {
        const int leg = graph_.nodes[static_cast<std::size_t>(n)].leg;
        return leg >= 0 && massless(static_cast<std::size_t>(leg));
      };
      return t.kind == TermKind::pair_vector && light(t.a) && light(t.b);
    });
    entries.push_back({key.kind.pdg, key.flow, key.kind.qcd, node_table_.find_or_add(node, graph_.nodes), factor});
  }

  // The flow of all legs once the current meets the root.
  ColourFlow closed_flow(const CurrentEntry& e) const {
    const auto root = static_cast<std::int8_t>(graph_.root);
    const ColourFlow end = external_flow(graph_.root);
    ColourFlow flow = e.flow;
    if (end.sink >= 0) connect(flow, flow.source, root);
    if (end.source >= 0) connect(flow, root, flow.sink);
    flow.source = flow.sink = -1;
    return flow;
  }

  // Legs whose colour is projected on SU(3). In amplitudes of gluons alone the U(1) part vanishes by itself.
  std::span<const bool> gluons() {
    for (std::size_t l = 0; l < legs_.size(); ++l) is_gluon_[l] = legs_[l] == kGluon && !only_gluons_;
    return is_gluon_;
  }

  void finish() {
    std::map<ColourFlow, std::size_t> index;
    std::vector<ColourFlow> flows;
    const std::uint32_t root_bit = 1u << graph_.root;
    const double sign =
        legs_[graph_.root] > 0 ? rules_.merge_sign(root_bit, body_) : rules_.merge_sign(body_, root_bit);
    for (const CurrentEntry& e : entries_[body_]) {
      const ColourFlow flow = closed_flow(e);
      const auto [found, fresh] = index.insert({flow, flows.size()});
      if (fresh) flows.push_back(flow);
      graph_.amplitudes.push_back({e.node, found->second, e.qcd, sign * e.factor});
    }
    if (flows.empty())
      request_error("'{}' has no tree-level diagram in model {}", to_string(process_, model_), model_.name());
    if (flows.size() > kMaxBasis)
      request_error("'{}' has {} colour orders; at most {} can be handled, as eight gluons have: name fewer gluons",
                    to_string(process_, model_), flows.size(), kMaxBasis);
    std::vector<std::vector<std::int8_t>> chains;
    for (const ColourFlow& flow : flows) {
      if (!adjoint_) {
        graph_.basis.push_back({{{flow, 1.0}}});
        continue;
      }
      auto& chain = chains.emplace_back(1, chain_begin());
      while (chain.size() < legs_.size())
        chain.push_back(static_cast<std::int8_t>(flow.sink_of[static_cast<std::size_t>(chain.back())] - 1));
      graph_.basis.push_back(adjoint_vector(chain));
    }
    graph_.colour = adjoint_ ? adjoint_matrix(chains) : colour_matrix(graph_.basis, gluons());
  }

  const SubProcess& process_;
  const Model& model_;
  const Parameters& parameters_;
  const VertexTable table_;
  const VertexRules rules_;
  std::vector<int> legs_;  // leaving the diagram
  std::uint32_t body_ = 0;
  bool only_gluons_ = true, adjoint_ = false;
  std::array<bool, kMaxLegs> is_gluon_{};
  std::map<const Tree*, std::vector<CurrentEntry>> of_tree_;
  CurrentKinds kinds_;
  std::vector<std::vector<CurrentEntry>> entries_;
  std::map<Key, std::vector<GraphTerm>> sums_;
  NodeTable node_table_;
  CurrentGraph graph_;
};

}  // namespace

CurrentGraph build_graph(const SelectedProcess& selected, const Model& model, const Parameters& parameters,
                         const std::vector<Vertex>& vertices, int root) {
  return GraphBuilder(selected, model, parameters, vertices, root).all_diagrams();
}

SingleDiagramGraph build_single_diagrams(const DiagramSet& set, const Model& model, const Parameters& parameters,
                                         const std::vector<Vertex>& vertices) {
  const int root = static_cast<int>(set.process.legs()) - 1;
  return GraphBuilder(set, model, parameters, vertices, root).single_diagrams(set.diagrams);
}

}  // namespace thalweg
