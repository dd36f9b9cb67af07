#include "thalweg/amplitude/vertex_rules.h"

#include <algorithm>
#include <bit>

namespace thalweg {

VertexRules::VertexRules(const SubProcess& process, const Model& model, const std::vector<Vertex>& vertices)
    : model_(model), vertices_(vertices) {
  for (std::size_t l = 0; l < process.legs(); ++l)
    if (model.particle(process.pdg[l]).spin == Spin::fermion) fermions_ |= 1u << l;
}

Shape VertexRules::shape(int pdg) const {
  switch (model_.particle(pdg).spin) {
    case Spin::fermion: return pdg > 0 ? Shape::row : Shape::column;
    case Spin::vector: return Shape::vector;
    default: return Shape::scalar;
  }
}

double VertexRules::merge_sign(std::uint32_t first, std::uint32_t second) const {
  int inversions = 0;
  for (std::uint32_t rest = second & fermions_; rest; rest &= rest - 1)
    inversions += std::popcount((first & fermions_) >> std::countr_zero(rest) >> 1);
  return inversions & 1 ? -1 : 1;
}

std::vector<VertexTerm> VertexRules::fermion_pair(const Vertex& vertex, const CurrentEntry& row,
                                                  const CurrentEntry& column, double sign) const {
  const Complex factor = sign * row.factor * column.factor;
  const TermKind kind = vertex.kind == VertexKind::ffv ? TermKind::pair_vector : TermKind::pair_scalar;
  const GraphTerm term{kind, row.node, column.node, -1, factor * vertex.left, factor * vertex.right};
  const int qcd = row.qcd + column.qcd + vertex.qcd;
  ColourFlow closed = join(row.flow, column.flow, -1, -1);
  connect(closed, row.flow.source, column.flow.sink);
  if (!vertex.qcd) return {{closed, qcd, term}};
  GraphTerm abelian = term;
  abelian.left /= -kColours;
  abelian.right /= -kColours;
  return {{join(row.flow, column.flow, row.flow.source, column.flow.sink), qcd, term}, {closed, qcd, abelian}};
}

std::vector<VertexTerm> VertexRules::fermion_line(const Vertex& vertex, const CurrentEntry& fermion,
                                                  const CurrentEntry& boson, double sign) const {
  const Complex factor = sign * fermion.factor * boson.factor;
  const bool row = shape(fermion.pdg) == Shape::row, vector = vertex.kind == VertexKind::ffv;
  ColourFlow flow = join(fermion.flow, boson.flow, fermion.flow.source, fermion.flow.sink);
  if (boson.flow.source >= 0 && row) {
    connect(flow, fermion.flow.source, boson.flow.sink);
    flow.source = boson.flow.source;
  } else if (boson.flow.source >= 0) {
    connect(flow, boson.flow.source, fermion.flow.sink);
    flow.sink = boson.flow.sink;
  }
  const TermKind kind = row ? (vector ? TermKind::row_vector : TermKind::row_scalar)
                            : (vector ? TermKind::column_vector : TermKind::column_scalar);
  return {{flow, fermion.qcd + boson.qcd + vertex.qcd,
           GraphTerm{kind, fermion.node, boson.node, -1, factor * vertex.left, factor * vertex.right}}};
}

std::vector<VertexTerm> VertexRules::meet(const Meeting& m, const CurrentEntry& a, std::uint32_t a_legs,
                                          const CurrentEntry& b, std::uint32_t b_legs) const {
  const Vertex& vertex = vertices_[static_cast<std::size_t>(m.vertex)];
  const int qcd = a.qcd + b.qcd + vertex.qcd;
  const Complex c = merge_sign(a_legs, b_legs) * a.factor * b.factor * vertex.left;
  const ColourFlow both = join(a.flow, b.flow, -1, -1);
  switch (vertex.kind) {
    case VertexKind::ffv:
    case VertexKind::ffs:
      if (m.line == 2)
        return shape(a.pdg) == Shape::row ? fermion_pair(vertex, a, b, merge_sign(a_legs, b_legs))
                                          : fermion_pair(vertex, b, a, merge_sign(b_legs, a_legs));
      return model_.particle(a.pdg).spin == Spin::fermion ? fermion_line(vertex, a, b, merge_sign(a_legs, b_legs))
                                                          : fermion_line(vertex, b, a, merge_sign(a_legs, b_legs));
    case VertexKind::vvv: {
      if (!vertex.qcd) {  // the lines of the vertex in cyclic order: next, after next, out
        const bool forward = vertex.lines[static_cast<std::size_t>((m.line + 1) % 3)] == a.pdg;
        return {{both, qcd, {TermKind::vvv, forward ? a.node : b.node, forward ? b.node : a.node, -1, c, 0}}};
      }
      if (a.flow.source < 0 || b.flow.source < 0) return {};  // gluons of U(1) do not couple to gluons
      std::vector<VertexTerm> terms;
      for (const auto& [x, y] : {std::pair{&a, &b}, std::pair{&b, &a}}) {
        ColourFlow flow = join(x->flow, y->flow, y->flow.source, x->flow.sink);
        connect(flow, x->flow.source, y->flow.sink);
        terms.push_back({flow, qcd, {TermKind::vvv, x->node, y->node, -1, c, 0}});
      }
      return terms;
    }
    case VertexKind::vvs: {
      if (m.line == 2) return {{both, qcd, {TermKind::vv, a.node, b.node, -1, c, 0}}};
      const bool first = shape(a.pdg) == Shape::vector;
      return {{both, qcd, {TermKind::vs, first ? a.node : b.node, first ? b.node : a.node, -1, c, 0}}};
    }
    default: return {{both, qcd, {TermKind::ss, a.node, b.node, -1, c, 0}}};
  }
}

std::vector<VertexTerm> VertexRules::meet(const Meeting& m, std::array<const CurrentEntry*, 3> e,
                                          std::array<std::uint32_t, 3> legs) const {
  const Vertex& vertex = vertices_[static_cast<std::size_t>(m.vertex)];
  const int qcd = e[0]->qcd + e[1]->qcd + e[2]->qcd + vertex.qcd;
  const double sign = merge_sign(legs[0], legs[1]) * merge_sign(legs[0] | legs[1], legs[2]);
  const Complex c = sign * e[0]->factor * e[1]->factor * e[2]->factor * vertex.left;
  const ColourFlow all = join(join(e[0]->flow, e[1]->flow, -1, -1), e[2]->flow, -1, -1);
  if (vertex.kind == VertexKind::vvvv && vertex.qcd) {
    std::vector<VertexTerm> terms;
    std::array<std::size_t, 3> order = {0, 1, 2};
    for (const CurrentEntry* x : e)
      if (x->flow.source < 0) return terms;
    do {
      const CurrentEntry &x = *e[order[0]], &y = *e[order[1]], &z = *e[order[2]];
      ColourFlow chain = all;
      chain.source = z.flow.source;
      chain.sink = x.flow.sink;
      connect(chain, x.flow.source, y.flow.sink);
      connect(chain, y.flow.source, z.flow.sink);
      terms.push_back({chain, qcd, {TermKind::vvvv, x.node, y.node, z.node, c, 0}});
    } while (std::next_permutation(order.begin(), order.end()));
    return terms;
  }
  // Brings the partner of the line that is left (0 and 1, 2 and 3 are pairs) to the given place.
  auto partner_to = [&](std::size_t place) {
    const int partner = vertex.lines[static_cast<std::size_t>(m.line ^ 1)];
    const auto found = std::find_if(e.begin(), e.end(), [&](const CurrentEntry* x) { return x->pdg == partner; });
    std::swap(*found, e[place]);
  };
  TermKind kind = TermKind::sss;
  if (vertex.kind == VertexKind::vvvv) {
    kind = TermKind::vvvv;
    partner_to(1);
  } else if (vertex.kind == VertexKind::vvss) {
    kind = m.line < 2 ? TermKind::vss : TermKind::vvs;
    partner_to(m.line < 2 ? 0 : 2);
  }
  return {{all, qcd, {kind, e[0]->node, e[1]->node, e[2]->node, c, 0}}};
}

}  // namespace thalweg
