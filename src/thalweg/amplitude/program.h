// The off-shell-current program of a sub-process: a straight list of operations on currents.
//
// A current is a spinor or vector of four complex numbers that belongs to a set of legs, with one
// helicity for each of these legs. Equal currents are computed once and serve every diagram and every
// total helicity that contains them (hash-consing). Chirality is followed at compile time: massless
// fermions fill half of a spinor, and currents that vanish identically are never computed.
//
// Conventions: chiral basis (upper half left-handed), every line leaving the diagram; i from a vertex
// and -i(g - kk/M^2)/D or i(p-slash + m)/D from a propagator with D = k^2 - m^2 + i m Gamma are
// combined to +1 (vector) and -1 (fermion), which leaves M without the overall i.
#pragma once

#include <cstdint>
#include <vector>

#include "thalweg/amplitude/diagram.h"

namespace thalweg {

enum class OpKind : std::uint8_t {
  external_row,     // u-bar of an outgoing fermion, v-bar of an incoming antifermion
  external_column,  // u of an incoming fermion, v of an outgoing antifermion
  external_vector,  // epsilon of an incoming, epsilon* of an outgoing vector
  vector_current,   // row, column -> vector with propagator
  row_current,      // row, vector -> row with propagator
  column_current,   // column, vector -> column with propagator
  amplitude,        // row, vector, column -> number, of one diagram
  helicity_sum      // squares: what was added up for one helicity configuration is added to |M|^2
};

struct Op {
  OpKind kind;
  int out = -1;                // current written
  int a = -1, b = -1, c = -1;  // currents read: row, vector, column in this order where present
  int leg = -1;                // external lines
  int helicity = 0;            // external lines: -1, 0, 1
  bool incoming = false;
  int momentum = -1;           // index of the momentum sum of the line with a propagator
  int propagator = -1;         // index of that propagator
  bool conserved = false;      // vector_current of massless external fermions: k.J = 0
  int diagram = -1;            // amplitude
  double left = 0, right = 0;  // couplings
  double mass = 0;
  // Halves of spinors that are not zero: of the inputs (row, column) and of the output.
  bool row_upper = false, row_lower = false, column_upper = false, column_lower = false;
};

// 1 / (k^2 - m^2 + i m Gamma), computed once for all currents that need it.
struct Propagator {
  int momentum;
  double mass, width;
  bool operator==(const Propagator&) const = default;
};

// Signs: momentum sums count outgoing legs plus, incoming ones minus.
struct AmplitudeProgram {
  std::vector<Op> ops;
  int currents = 0;
  std::vector<std::uint32_t> momentum_masks;
  std::vector<Propagator> propagators;
  std::vector<double> leg_masses;
  std::size_t legs = 0, incoming = 0, diagrams = 0;
  int helicities = 0;      // configurations that do not vanish
  int all_helicities = 0;  // all configurations
  double factor = 1;       // colour factor / (average * identical particles)
  double flops = 0;        // floating-point operations a point
};

// RequestError when a diagram needs a vertex or a colour structure that cannot be evaluated.
AmplitudeProgram compile(const DiagramSet& set, const Model& model, const Parameters& parameters,
                         const std::vector<Vertex>& vertices);

}  // namespace thalweg
