// Colour in the flow basis (Maltoni, Paul, Stelzer, Willenbrock, hep-ph/0209271).
//
// Every line leaves the diagram. A quark or gluon that leaves has a colour index, the source of a colour line; an
// antiquark or gluon has an anticolour index, where a colour line ends, a sink. With generators T = sqrt2 T^a,
// Tr(T T) = 1, and the coupling g_s/sqrt2, a diagram is a sum of flows: products of Kronecker deltas that connect
// sources to sinks. A gluon between two quark lines is delta delta - (1/N) delta delta: the second term is a gluon of
// U(1) that couples to quarks only and carries no colour line.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace thalweg {

inline constexpr std::size_t kMaxLegs = 10;
inline constexpr int kColours = 3;

// The colour lines of a set of legs; at most one source and one sink are still open, as an off-shell line has them.
struct ColourFlow {
  std::array<std::int8_t, kMaxLegs> sink_of{};  // 1 + leg whose anticolour the colour of a leg meets; 0: none or open
  std::int8_t source = -1, sink = -1;           // legs that are open

  auto operator<=>(const ColourFlow&) const = default;
};

// Both sets of lines side by side; open ends are taken from the arguments `source` and `sink`.
ColourFlow join(const ColourFlow& a, const ColourFlow& b, std::int8_t source, std::int8_t sink);

// The colour line from leg `source` ends at leg `sink`; both -1 do nothing.
void connect(ColourFlow& flow, std::int8_t source, std::int8_t sink);

// sum over all colours of flow a times the conjugate of flow b, each gluon (`is_gluon`, by leg) projected on SU(3):
// N^loops for pairs of flows without gluons.
double colour_product(const ColourFlow& a, const ColourFlow& b, std::span<const bool> is_gluon);

// A vector of the colour basis: one flow, or a sum of flows with signs.
struct ColourVector {
  std::vector<std::pair<ColourFlow, double>> terms;
};

// Symmetric matrix of the products of basis vectors, row by row. A product does not depend on the names of the gluons:
// of pairs that are equal but for these one is computed.
std::vector<double> colour_matrix(std::span<const ColourVector> basis, std::span<const bool> is_gluon);

// Of n gluons: the flow 0 -> 1 -> ... in the order of `chain`, closed, is the trace of T in this order. The vector of
// the adjoint basis (Del Duca, Dixon, Maltoni, hep-ph/9910563, eq. 2.9) that goes with the ordered amplitude
// A(chain): Tr(T_1 [T_2, [T_3, ... T_n]]), the first and the last gluon fixed.
ColourVector adjoint_vector(std::span<const std::int8_t> chain);

// The matrix of their products, which depend on the relative permutation alone.
std::vector<double> adjoint_matrix(std::span<const std::vector<std::int8_t>> chains);

}  // namespace thalweg
