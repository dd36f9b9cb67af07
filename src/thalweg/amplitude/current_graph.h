// The off-shell currents of a process before helicities: which there are, and how each is made of smaller ones.
//
// A current is the sum of all sub-diagrams in which a set of legs ends in one off-shell line of a given particle, with
// one way of connecting colour lines (colour_flow.h) and one power of g_s. Currents are built from small sets to large
// ones (Berends and Giele, Nucl. Phys. B306 (1988) 759), so that each is computed once for all diagrams and colour
// orders that contain it. Two currents that are multiples of each other, such as J(1,2) = -J(2,1), are one node.
//
// Conventions: every line leaves the diagram; i from each vertex and i (scalar), i (p-slash + m) (fermion) or
// -i (g - k k / M^2) (vector) over D = k^2 - m^2 + i m Gamma from each propagator leave -1, -1 and +1. The amplitude
// is M without the overall i. Spin structures are those of model.h; gluons couple with 1, so that M has still to be
// multiplied by (g_s / sqrt2)^qcd.
#pragma once

#include <complex>
#include <cstdint>
#include <vector>

#include "thalweg/amplitude/colour_flow.h"
#include "thalweg/amplitude/diagram.h"

namespace thalweg {

using Complex = std::complex<double>;

enum class Shape : std::uint8_t { row, column, vector, scalar };

enum class TermKind : std::uint8_t {
  row_vector,     // psi-bar V-slash (left P_L + right P_R)
  row_scalar,     // psi-bar (left P_L + right P_R) phi
  column_vector,  // V-slash (left P_L + right P_R) psi
  column_scalar,  // (left P_L + right P_R) psi phi
  pair_vector,    // psi-bar gamma^mu (left P_L + right P_R) psi
  pair_scalar,    // psi-bar (left P_L + right P_R) psi
  vvv,            // (A.B)(kA - kB) + (2 kB + kA).A B - (2 kA + kB).B A
  vvvv,           // 2 (A.C) B - (A.B) C - (C.B) A
  vv,             // A.B
  vs,             // A phi
  ss,             // phi phi'
  vvs,            // (A.B) phi
  vss,            // A phi phi'
  sss             // phi phi' phi''
};

// Nodes a, b, c in the order of the formula, times left (and right where there is one).
struct GraphTerm {
  TermKind kind;
  int a = -1, b = -1, c = -1;
  Complex left, right;
};

struct GraphNode {
  Shape shape = Shape::scalar;
  std::uint32_t mask = 0;
  int leg = -1;             // external line, or
  int propagator = -1;      // index of the propagator; -1: amputated
  bool transverse = false;  // k.J = 0 whatever the momenta: the k k / M^2 term drops out
  std::vector<GraphTerm> terms;
};

// 1 / (k^2 - m^2 + i m Gamma) for k the sum of the momenta of `mask`. `mass` stands in numerators too.
struct Propagator {
  std::uint32_t mask;
  Complex mass2;  // m^2 - i m Gamma
  Complex mass;
  bool operator==(const Propagator&) const = default;
};

// factor * (node contracted with the root leg) is one term of M along basis vector `basis` at order `qcd`.
struct GraphAmplitude {
  int node;
  std::size_t basis;
  int qcd;
  Complex factor;
};

struct CurrentGraph {
  SubProcess process;
  std::size_t root = 0;          // the leg that closes the diagrams
  std::vector<GraphNode> nodes;  // children first
  std::vector<Propagator> propagators;
  std::vector<GraphAmplitude> amplitudes;
  std::vector<ColourVector> basis;
  std::vector<double> colour;  // matrix of the basis
};

// All diagrams of the selection. |M|^2 does not depend on the root, the work does; -1: chosen here. RequestError when
// there are none, or more currents than memory is meant for.
CurrentGraph build_graph(const SelectedProcess& selected, const Model& model, const Parameters& parameters,
                         const std::vector<Vertex>& vertices, int root = -1);

// The diagrams of a set one by one, with the currents that they share. Diagram d is the sum over its pieces, amplitudes
// of basis vectors first .. first + count - 1 (one, or three where gluons meet at a four-point vertex), and
// |M_d|^2 = sum_ab gram[a, b] A_a A_b^*.
struct SingleDiagramGraph {
  CurrentGraph graph;  // without a colour matrix
  struct Part {
    std::size_t first, count;
    std::vector<double> gram;
  };
  std::vector<Part> parts;
};
SingleDiagramGraph build_single_diagrams(const DiagramSet& set, const Model& model, const Parameters& parameters,
                                         const std::vector<Vertex>& vertices);

}  // namespace thalweg
