// The off-shell-current program of a sub-process: a straight list of operations on currents, one for each helicity
// configuration of the legs that a current holds. A current of k legs is computed once for each of its own helicities
// and serves all colour orders, diagrams and total helicities that contain it.
//
// Chirality is followed at compile time (massless fermions fill half of a spinor, currents that vanish identically are
// never computed), configurations that vanish for all momenta are found numerically and dropped, and where parity
// relates two configurations one of them is computed. Slots of dead currents are used again.
//
// Spinors: chiral basis, upper half left-handed. Vectors: V0+V3, V0-V3, V1+iV2, V1-iV2.
#pragma once

#include "thalweg/amplitude/current_graph.h"

namespace thalweg {

// Halves of spinors, as bits.
enum Half : std::uint8_t { kNeither = 0, kUpper = 1, kLower = 2, kBoth = 3 };

// Coefficients: +1 and -1 cost nothing.
enum class Sign : std::uint8_t { plus, minus, real, complex };
struct Coefficient {
  Sign sign = Sign::plus;
  std::uint16_t index = 0;  // into AmplitudeProgram::coefficients for real and complex ones
  bool operator==(const Coefficient&) const = default;
};

struct Term {
  std::int32_t a = -1, b = -1, c = -1;  // slots
  TermKind kind = TermKind::sss;
  Half half = kNeither;  // fermion terms: the halves of the spinor (of the row, for pairs) that take part
  Coefficient coefficient;
  std::uint16_t momentum_a = 0, momentum_b = 0;  // vvv
  bool operator==(const Term&) const = default;
};

enum class OpKind : std::uint8_t { external, propagate, close };

struct Op {
  OpKind kind;
  Shape shape;
  Half halves = kNeither;    // spinors: what the sum of the terms fills, before the propagator
  bool transverse = false;   // vectors: no k k / M^2
  std::int8_t helicity = 0;  // external
  std::int8_t leg = -1;      // external
  std::int32_t out = -1;     // slot written (external, propagate)
  std::int32_t propagator = -1;
  std::uint32_t first = 0, count = 0;           // terms
  std::uint32_t first_output = 0, outputs = 0;  // close
  bool operator==(const Op&) const = default;
};

// amplitudes[amplitude] = coefficient * (sum of the terms . wave function of the root)
struct Output {
  std::int32_t root = -1;  // slot
  std::int32_t amplitude = -1;
  Half half = kNeither;
  Coefficient coefficient;
  bool operator==(const Output&) const = default;
};

// A flow of the leading colours: what an event of a shower needs. Squared and summed over colours all flows of a
// process count alike. Its amplitude is the sum of terms (basis, factor).
struct LeadingFlow {
  ColourFlow flow;
  std::vector<std::pair<std::size_t, double>> terms;
};

struct AmplitudeProgram {
  std::vector<Op> ops;
  std::vector<Term> terms;
  std::vector<Output> outputs;
  std::vector<Complex> coefficients;
  // Sums of momenta, outgoing legs plus, incoming ones minus; the legs themselves come first.
  std::vector<std::uint32_t> momentum_masks;
  std::vector<Propagator> propagators;
  std::vector<std::uint16_t> propagator_momentum;
  std::vector<double> leg_masses;
  std::size_t legs = 0, incoming = 0, slots = 0;

  // Amplitudes are numbered [configuration][power of g_s][colour basis].
  std::vector<std::vector<std::int8_t>> configurations;  // helicities of all legs
  std::vector<int> powers;                               // of g_s, rising
  std::size_t basis = 0;                                 // vectors of the colour basis
  std::vector<double> packed_colour;                     // their matrix, for the kernel (pack_colour)
  std::vector<LeadingFlow> flows;
  bool parity = false;  // every configuration stands for its mirror image too

  std::vector<std::size_t> massive_vector_legs;
  bool weak_self_couplings = false;  // W, Z and h among themselves or with photons

  // For tests of gauge invariance: the polarisation vectors of this leg are its momentum over its energy.
  int ward_leg = -1;

  std::size_t all_configurations = 0;  // of the external particles, vanishing ones included
  std::size_t currents = 0;            // off-shell currents computed, helicities counted
  double factor = 1;                   // 1 / (average over initial states * identical particles)
  double flops = 0;                    // floating-point operations a point, a multiply-add counted two

  std::size_t amplitudes() const { return configurations.size() * powers.size() * basis; }
};

struct CompileOptions {
  bool parity = true;                          // use it where it holds
  std::vector<std::vector<std::int8_t>> skip;  // configurations known to vanish
};

inline constexpr std::size_t kColourRows = 8;

// The upper triangle in blocks of kColourRows rows, column by column, what is off the diagonal counted twice; filled up
// with zeros.
std::vector<double> pack_colour(const std::vector<double>& matrix, std::size_t size);

AmplitudeProgram compile(const CurrentGraph& graph, const Model& model, const Parameters& parameters,
                         const CompileOptions& options = {});

// The whole way from the process: graph, program, and what vanishes at random momenta dropped.
AmplitudeProgram compile(const SelectedProcess& selected, const Model& model, const Parameters& parameters,
                         const std::vector<Vertex>& vertices);

// The same for the diagrams of a set one by one.
struct SingleDiagrams {
  AmplitudeProgram program;
  std::vector<SingleDiagramGraph::Part> parts;  // one a diagram
};
SingleDiagrams compile_single_diagrams(const DiagramSet& set, const Model& model, const Parameters& parameters,
                                       const std::vector<Vertex>& vertices);

}  // namespace thalweg
