// What the currents that meet at a vertex contribute to the current behind it: spin structure, sign, and colour lines.
#pragma once

#include "thalweg/amplitude/current_graph.h"
#include "thalweg/amplitude/vertex_table.h"

namespace thalweg {

// A multiple of a node of the graph, as seen from outside: which particle leaves the rest of the diagram, with which
// colour lines and power of g_s.
struct CurrentEntry {
  int pdg;
  ColourFlow flow;
  int qcd;
  int node;
  Complex factor;
};

// One term of the new current: its colour lines and power of g_s.
struct VertexTerm {
  ColourFlow flow;
  int qcd;
  GraphTerm term;
};

class VertexRules {
 public:
  VertexRules(const SubProcess& process, const Model& model, const std::vector<Vertex>& vertices);

  Shape shape(int pdg) const;

  // Parity of bringing the fermions among two sets of legs, each in rising order, into rising order. A current stands
  // for its legs in rising order; a pair of fermions for row, then column.
  double merge_sign(std::uint32_t first, std::uint32_t second) const;

  // Two or three currents of these sets of legs at the vertex of `m`. Colour: a gluon off a quark line comes as one of
  // U(3), with open lines, and one of U(1), with the factor -1/N; gluons among themselves take all orders of a chain.
  std::vector<VertexTerm> meet(const Meeting& m, const CurrentEntry& a, std::uint32_t a_legs, const CurrentEntry& b,
                               std::uint32_t b_legs) const;
  std::vector<VertexTerm> meet(const Meeting& m, std::array<const CurrentEntry*, 3> e,
                               std::array<std::uint32_t, 3> legs) const;

 private:
  std::vector<VertexTerm> fermion_pair(const Vertex& vertex, const CurrentEntry& row, const CurrentEntry& column,
                                       double sign) const;
  std::vector<VertexTerm> fermion_line(const Vertex& vertex, const CurrentEntry& fermion, const CurrentEntry& boson,
                                       double sign) const;

  const Model& model_;
  const std::vector<Vertex>& vertices_;
  std::uint32_t fermions_ = 0;  // legs
};

}  // namespace thalweg
