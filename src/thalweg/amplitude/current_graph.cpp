#include "thalweg/amplitude/current_graph.h"

#include <algorithm>
#include <bit>
#include <map>
#include <tuple>

#include "thalweg/amplitude/vertex_table.h"
#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

constexpr int kGluon = 21;
constexpr std::size_t kMaxNodes = 200'000, kMaxBasis = 800;

// A multiple of a node, as seen from outside: what particle it is, with which colour lines and power of g_s.
struct Entry {
  int pdg;
  ColourFlow flow;
  int qcd;
  int node;
  Complex factor;
};

// What the sum of sub-diagrams is kept apart by.
struct Key {
  CurrentKind kind;
  ColourFlow flow;
  auto operator<=>(const Key&) const = default;
};

std::tuple<double, double, double, double> numbers(const GraphTerm& t) {
  return {t.left.real(), t.left.imag(), t.right.real(), t.right.imag()};
}
std::tuple<int, int, int, int> operands(const GraphTerm& t) { return {static_cast<int>(t.kind), t.a, t.b, t.c}; }

// One spelling for equal terms: symmetric operands in rising order.
void sort_operands(GraphTerm& t) {
  switch (t.kind) {
    case TermKind::vvv:
      if (t.a > t.b) {
        std::swap(t.a, t.b);
        t.left = -t.left;
      }
      break;
    case TermKind::vvvv:
      if (t.a > t.c) std::swap(t.a, t.c);
      break;
    case TermKind::vv:
    case TermKind::ss:
    case TermKind::vvs:
      if (t.a > t.b) std::swap(t.a, t.b);
      break;
    case TermKind::vss:
      if (t.b > t.c) std::swap(t.b, t.c);
      break;
    case TermKind::sss:
      if (t.a > t.b) std::swap(t.a, t.b);
      if (t.b > t.c) std::swap(t.b, t.c);
      if (t.a > t.b) std::swap(t.a, t.b);
      break;
    default: break;
  }
}

class GraphBuilder {
 public:
  // The root is chosen here when it is given as -1.
  GraphBuilder(const SelectedProcess& selected, const Model& model, const Parameters& parameters,
               const std::vector<Vertex>& vertices, int root)
      : process_(selected.process), model_(model), parameters_(parameters), vertices_(vertices), table_(vertices) {
    graph_.process = process_;
    for (std::size_t l = 0; l < process_.legs(); ++l) {
      legs_.push_back(process_.outgoing_pdg(l, model));
      const Particle& p = model.particle(legs_[l]);
      if (p.spin == Spin::fermion) fermions_ |= 1u << l;
      only_gluons_ = only_gluons_ && p.pdg == kGluon;
    }
    graph_.root = root < 0 ? choose_root() : static_cast<std::size_t>(root);
    body_ = ((1u << process_.legs()) - 1) ^ (1u << graph_.root);
    kinds_ = current_kinds(selected, graph_.root, model, vertices, table_);
    for (std::size_t l = 0; l < process_.legs(); ++l) {
      GraphNode node;
      node.leg = static_cast<int>(l);
      node.mask = 1u << l;
      node.shape = shape_of(legs_[l]);
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
      for (const Entry& e : entries_of(diagram.body)) {
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
  Shape shape_of(int pdg) const {
    switch (model_.particle(pdg).spin) {
      case Spin::fermion: return pdg > 0 ? Shape::row : Shape::column;
      case Spin::vector: return Shape::vector;
      default: return Shape::scalar;
    }
  }
  bool massless(std::size_t leg) const { return model_.mass(legs_[leg], parameters_) == 0; }

  // The work at the level of whole helicity configurations is divided by the states of the root: a massive leg; a
  // fermion closes its line after all splittings are summed up.
  std::size_t choose_root() const {
    std::size_t best = 0;
    int most = -1;
    for (std::size_t l = 0; l < legs_.size(); ++l) {
      const Spin spin = model_.particle(legs_[l]).spin;
      int score = spin == Spin::fermion ? 2 : spin == Spin::vector ? 1 : 0;
      if (!massless(l) && spin != Spin::scalar) score += 3;
      if (score >= most) {
        most = score;
        best = l;
      }
    }
    return best;
  }

  Entry external(std::size_t leg) const { return {legs_[leg], external_flow(leg), 0, static_cast<int>(leg), 1.0}; }

  ColourFlow external_flow(std::size_t leg) const {
    ColourFlow flow;
    const int colour = model_.particle(legs_[leg]).colour;
    if (colour == 8 || (colour == 3 && legs_[leg] > 0)) flow.source = static_cast<std::int8_t>(leg);
    if (colour == 8 || (colour == 3 && legs_[leg] < 0)) flow.sink = static_cast<std::int8_t>(leg);
    return flow;
  }

  // Parity of bringing the fermions of two sets, each in rising order, into rising order.
  double merge_sign(std::uint32_t first, std::uint32_t second) const {
    int inversions = 0;
    for (std::uint32_t rest = second & fermions_; rest; rest &= rest - 1)
      inversions += std::popcount((first & fermions_) >> std::countr_zero(rest) >> 1);
    return inversions & 1 ? -1 : 1;
  }

  void build(std::uint32_t mask) {
    if (kinds_[mask].empty()) return;
    sums_.clear();
    for_each_pair(mask, [&](std::uint32_t l, std::uint32_t r) {
      for (const Entry& a : entries_[l])
        for (const Entry& b : entries_[r])
          for (const Meeting& m : table_.find(a.pdg, b.pdg)) meet(mask, m, a, l, b, r);
    });
    if (table_.has_quartic())
      for_each_triple(mask, [&](std::uint32_t x, std::uint32_t y, std::uint32_t z) {
        for (const Entry& a : entries_[x])
          for (const Entry& b : entries_[y])
            for (const Entry& c : entries_[z])
              for (const Meeting& m : table_.find(a.pdg, b.pdg, c.pdg))
                meet(mask, m, {&a, &b, &c}, merge_sign(x, y) * merge_sign(x | y, z));
      });
    for (auto& [key, terms] : sums_) intern(mask, key, terms, entries_[mask]);
    if (graph_.nodes.size() > kMaxNodes)
      request_error(
          "'{}' has more than {} off-shell currents, helicities not counted; exclude propagators with '/', "
          "limit QED, or name fewer particles",
          to_string(process_, model_), kMaxNodes);
  }

  // The multiples of nodes that one sub-diagram alone is.
  const std::vector<Entry>& entries_of(const TreePtr& tree) {
    auto [found, fresh] = of_tree_.insert({tree.get(), {}});
    if (!fresh) return found->second;
    if (tree->is_leg()) return found->second = {external(static_cast<std::size_t>(std::countr_zero(tree->mask)))};
    std::vector<std::vector<Entry>> parts;
    for (const TreePtr& part : tree->parts) parts.push_back(entries_of(part));
    std::vector<std::uint32_t> masks;
    for (const TreePtr& part : tree->parts) masks.push_back(part->mask);
    sums_.clear();
    for (const Entry& a : parts[0])
      for (const Entry& b : parts[1]) {
        if (parts.size() == 2) {
          meet(tree->mask, tree->meeting, a, masks[0], b, masks[1]);
          continue;
        }
        const double sign = merge_sign(masks[0], masks[1]) * merge_sign(masks[0] | masks[1], masks[2]);
        for (const Entry& c : parts[2]) meet(tree->mask, tree->meeting, {&a, &b, &c}, sign);
      }
    std::vector<Entry> result;
    for (auto& [key, terms] : sums_) intern(tree->mask, key, terms, result);
    return of_tree_[tree.get()] = result;
  }

  // Adds a term to the current of `mask`, if that current is wanted.
  void add(std::uint32_t mask, const Meeting& m, int qcd, const ColourFlow& flow, GraphTerm term) {
    const CurrentKind kind{model_.anti(m.pdg), qcd + vertices_[static_cast<std::size_t>(m.vertex)].qcd};
    if (mask == body_ && m.pdg != legs_[graph_.root]) return;
    if (!kinds_[mask].count(kind)) return;
    if (mask == body_ && adjoint_ && flow.sink != 0) return;  // adjoint basis: chains that begin with the first
    sort_operands(term);
    sums_[{kind, flow}].push_back(term);
  }

  void meet(std::uint32_t mask, const Meeting& m, const Entry& a, std::uint32_t a_mask, const Entry& b,
            std::uint32_t b_mask) {
    const Vertex& vertex = vertices_[static_cast<std::size_t>(m.vertex)];
    const int qcd = a.qcd + b.qcd;
    const Complex factor = a.factor * b.factor;
    if (vertex.kind == VertexKind::ffv || vertex.kind == VertexKind::ffs) {
      meet_fermions(mask, m, a, a_mask, b, b_mask);
      return;
    }
    const double sign = merge_sign(a_mask, b_mask);
    if (vertex.kind == VertexKind::vvv && vertex.qcd) {
      if (a.flow.source < 0 || b.flow.source < 0) return;  // gluons of U(1) do not couple to gluons
      for (const auto& [x, y] : {std::pair{&a, &b}, std::pair{&b, &a}}) {
        ColourFlow flow = join(x->flow, y->flow, y->flow.source, x->flow.sink);
        connect(flow, x->flow.source, y->flow.sink);
        add(mask, m, qcd, flow, {TermKind::vvv, x->node, y->node, -1, sign * factor * vertex.left, 0});
      }
      return;
    }
    const ColourFlow flow = join(a.flow, b.flow, -1, -1);
    const Complex c = sign * factor * vertex.left;
    if (vertex.kind == VertexKind::vvv) {  // the lines of the vertex in cyclic order: next, after next, out
      const bool forward = vertex.lines[static_cast<std::size_t>((m.line + 1) % 3)] == a.pdg;
      add(mask, m, qcd, flow, {TermKind::vvv, forward ? a.node : b.node, forward ? b.node : a.node, -1, c, 0});
    } else if (vertex.kind == VertexKind::sss) {
      add(mask, m, qcd, flow, {TermKind::ss, a.node, b.node, -1, c, 0});
    } else if (m.line == 2) {
      add(mask, m, qcd, flow, {TermKind::vv, a.node, b.node, -1, c, 0});
    } else {
      const bool vector_first = shape_of(a.pdg) == Shape::vector;
      add(mask, m, qcd, flow, {TermKind::vs, vector_first ? a.node : b.node, vector_first ? b.node : a.node, -1, c, 0});
    }
  }

  void meet_fermions(std::uint32_t mask, const Meeting& m, const Entry& a, std::uint32_t a_mask, const Entry& b,
                     std::uint32_t b_mask) {
    const Vertex& vertex = vertices_[static_cast<std::size_t>(m.vertex)];
    const bool vector = vertex.kind == VertexKind::ffv;
    const int qcd = a.qcd + b.qcd;
    const Complex factor = a.factor * b.factor;
    if (m.line == 2) {
      const bool row_first = shape_of(a.pdg) == Shape::row;
      const Entry &row = row_first ? a : b, &column = row_first ? b : a;
      const Complex f = factor * (row_first ? merge_sign(a_mask, b_mask) : merge_sign(b_mask, a_mask));
      const GraphTerm term{vector ? TermKind::pair_vector : TermKind::pair_scalar,
                           row.node,
                           column.node,
                           -1,
                           f * vertex.left,
                           f * vertex.right};
      ColourFlow closed = join(row.flow, column.flow, -1, -1);
      connect(closed, row.flow.source, column.flow.sink);
      if (!vertex.qcd) {
        add(mask, m, qcd, closed, term);
        return;
      }
      add(mask, m, qcd, join(row.flow, column.flow, row.flow.source, column.flow.sink), term);
      if (mask == body_) return;  // an external gluon is projected on SU(3) in the colour matrix
      GraphTerm abelian = term;
      abelian.left /= -kColours;
      abelian.right /= -kColours;
      add(mask, m, qcd, closed, abelian);
      return;
    }
    const bool fermion_first = model_.particle(a.pdg).spin == Spin::fermion;
    const Entry &fermion = fermion_first ? a : b, &boson = fermion_first ? b : a;
    const Complex f = factor * merge_sign(a_mask, b_mask);
    const bool row = shape_of(fermion.pdg) == Shape::row;
    ColourFlow flow = join(fermion.flow, boson.flow, fermion.flow.source, fermion.flow.sink);
    if (boson.flow.source >= 0) {
      if (row) {
        connect(flow, fermion.flow.source, boson.flow.sink);
        flow.source = boson.flow.source;
      } else {
        connect(flow, boson.flow.source, fermion.flow.sink);
        flow.sink = boson.flow.sink;
      }
    }
    const TermKind kind = row ? (vector ? TermKind::row_vector : TermKind::row_scalar)
                              : (vector ? TermKind::column_vector : TermKind::column_scalar);
    add(mask, m, qcd, flow, {kind, fermion.node, boson.node, -1, f * vertex.left, f * vertex.right});
  }

  void meet(std::uint32_t mask, const Meeting& m, std::array<const Entry*, 3> e, double sign) {
    const Vertex& vertex = vertices_[static_cast<std::size_t>(m.vertex)];
    const int qcd = e[0]->qcd + e[1]->qcd + e[2]->qcd;
    const Complex c = sign * e[0]->factor * e[1]->factor * e[2]->factor * vertex.left;
    ColourFlow flow = join(join(e[0]->flow, e[1]->flow, -1, -1), e[2]->flow, -1, -1);
    if (vertex.kind == VertexKind::vvvv && vertex.qcd) {
      for (const Entry* x : e)
        if (x->flow.source < 0) return;
      std::sort(e.begin(), e.end());
      do {
        ColourFlow chain = flow;
        chain.source = e[2]->flow.source;
        chain.sink = e[0]->flow.sink;
        connect(chain, e[0]->flow.source, e[1]->flow.sink);
        connect(chain, e[1]->flow.source, e[2]->flow.sink);
        add(mask, m, qcd, chain, {TermKind::vvvv, e[0]->node, e[1]->node, e[2]->node, c, 0});
      } while (std::next_permutation(e.begin(), e.end()));
      return;
    }
    // Brings the partner of the line that is left (0 and 1, 2 and 3 are pairs) to the given place.
    auto partner_to = [&](std::size_t place) {
      const int partner = vertex.lines[static_cast<std::size_t>(m.line ^ 1)];
      for (std::size_t i = 0; i < 3; ++i)
        if (e[i]->pdg == partner) {
          std::swap(e[i], e[place]);
          return;
        }
    };
    TermKind kind = TermKind::sss;
    if (vertex.kind == VertexKind::vvvv) {
      kind = TermKind::vvvv;
      partner_to(1);
    } else if (vertex.kind == VertexKind::vvss) {
      kind = m.line < 2 ? TermKind::vss : TermKind::vvs;
      partner_to(m.line < 2 ? 0 : 2);
    }
    add(mask, m, qcd, flow, {kind, e[0]->node, e[1]->node, e[2]->node, c, 0});
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

  void intern(std::uint32_t mask, const Key& key, std::vector<GraphTerm>& terms, std::vector<Entry>& entries) {
    std::sort(terms.begin(), terms.end(), [](const GraphTerm& x, const GraphTerm& y) {
      return std::tuple(operands(x), numbers(x)) < std::tuple(operands(y), numbers(y));
    });
    std::vector<GraphTerm> merged;
    for (const GraphTerm& t : terms) {
      if (!merged.empty() && operands(merged.back()) == operands(t)) {
        merged.back().left += t.left;
        merged.back().right += t.right;
      } else {
        merged.push_back(t);
      }
    }
    std::erase_if(merged, [](const GraphTerm& t) { return t.left == 0.0 && t.right == 0.0; });
    if (merged.empty()) return;
    const Complex factor = merged[0].left != 0.0 ? merged[0].left : merged[0].right;
    for (GraphTerm& t : merged) {
      t.left = t.left == factor ? Complex(1) : t.left == -factor ? Complex(-1) : t.left / factor;
      t.right = t.right == factor ? Complex(1) : t.right == -factor ? Complex(-1) : t.right / factor;
    }
    GraphNode node;
    node.mask = mask;
    node.shape = shape_of(key.kind.pdg);
    node.propagator = mask == body_ ? -1 : propagator(mask, key.kind.pdg);
    node.terms = merged;
    node.transverse = std::all_of(merged.begin(), merged.end(), [&](const GraphTerm& t) {
      auto light = [&](int n) {
        const int leg = graph_.nodes[static_cast<std::size_t>(n)].leg;
        return leg >= 0 && massless(static_cast<std::size_t>(leg));
      };
      return t.kind == TermKind::pair_vector && light(t.a) && light(t.b);
    });
    std::vector<std::tuple<int, int, int, int>> what = {{node.propagator, static_cast<int>(node.shape), 0, 0}};
    std::vector<std::tuple<double, double, double, double>> how;
    for (const GraphTerm& t : merged) {
      what.push_back(operands(t));
      how.push_back(numbers(t));
    }
    const auto [found, fresh] = known_.insert({{what, how}, static_cast<int>(graph_.nodes.size())});
    if (fresh) graph_.nodes.push_back(std::move(node));
    entries.push_back({key.kind.pdg, key.flow, key.kind.qcd, found->second, factor});
  }

  // The flow of all legs once the current meets the root.
  ColourFlow closed_flow(const Entry& e) const {
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
    const double sign = legs_[graph_.root] > 0 ? merge_sign(root_bit, body_) : merge_sign(body_, root_bit);
    for (const Entry& e : entries_[body_]) {
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
      auto& chain = chains.emplace_back(1, std::int8_t(0));
      while (chain.size() < legs_.size())
        chain.push_back(static_cast<std::int8_t>(flow.sink_of[static_cast<std::size_t>(chain.back())] - 1));
      graph_.basis.push_back(adjoint_vector(chain));
    }
    graph_.colour = adjoint_ ? adjoint_matrix(chains) : colour_matrix(graph_.basis, gluons());
  }

  const SubProcess& process_;
  const Model& model_;
  const Parameters& parameters_;
  const std::vector<Vertex>& vertices_;
  const VertexTable table_;
  std::vector<int> legs_;  // leaving the diagram
  std::uint32_t fermions_ = 0, body_ = 0;
  bool only_gluons_ = true, adjoint_ = false;
  std::array<bool, kMaxLegs> is_gluon_{};
  std::map<const Tree*, std::vector<Entry>> of_tree_;
  CurrentKinds kinds_;
  std::vector<std::vector<Entry>> entries_;
  std::map<Key, std::vector<GraphTerm>> sums_;
  std::map<
      std::pair<std::vector<std::tuple<int, int, int, int>>, std::vector<std::tuple<double, double, double, double>>>,
      int>
      known_;
  CurrentGraph graph_;
};

}  // namespace

CurrentGraph build_graph(const SelectedProcess& selected, const Model& model, const Parameters& parameters,
                         const std::vector<Vertex>& vertices) {
  return GraphBuilder(selected, model, parameters, vertices, -1).all_diagrams();
}

SingleDiagramGraph build_single_diagrams(const DiagramSet& set, const Model& model, const Parameters& parameters,
                                         const std::vector<Vertex>& vertices) {
  const int root = static_cast<int>(set.process.legs()) - 1;
  return GraphBuilder(set, model, parameters, vertices, root).single_diagrams(set.diagrams);
}

}  // namespace thalweg
