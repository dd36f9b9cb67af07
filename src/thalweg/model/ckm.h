// The quark mixing matrix V: L = g/sqrt2 V_ij u-bar_i gamma^mu P_L d_j W+_mu + h.c., so that V stands where a W+ is
// absorbed or a W- emitted by a down quark, and V^* in the vertices with quarks and antiquarks exchanged.
#pragma once

#include <array>
#include <complex>
#include <string>

namespace thalweg {

using MixingMatrix = std::array<std::array<std::complex<double>, 3>, 3>;  // rows u, c, t; columns d, s, b

// "us" for i = 0, j = 1.
std::string mixing_name(std::size_t i, std::size_t j);

// The matrix of Wolfenstein's parameters, unitary to all orders (PDG review, CKM quark-mixing matrix, 12.3 to 12.5; the
// inputs of SLHA2, arXiv:0801.0045, block VCKMIN): s12 = lambda, s23 = A lambda^2,
// rho-bar + i eta-bar = -(V_ud V_ub^*) / (V_cd V_cb^*). RequestError for parameters that belong to no angles.
MixingMatrix wolfenstein_matrix(double lambda, double a, double rho_bar, double eta_bar);

// What counts as unitary: matrices that are given with four digits are.
inline constexpr double kUnitary = 1e-3;
// The largest element of |V V^+ - 1| and |V^+ V - 1|.
double non_unitarity(const MixingMatrix& v);

}  // namespace thalweg
