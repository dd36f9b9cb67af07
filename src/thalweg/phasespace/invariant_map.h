// Maps of a unit random number to an invariant that follow a propagator, or the volume behind it.
#pragma once

namespace thalweg {

// A density on [lo, hi] that integrates to one; lo < hi, GeV^2:
//   massive  g(s) ~ M Gamma / ((s - M^2)^2 + M^2 Gamma^2)     M, Gamma > 0; the pole may lie outside of [lo, hi]
//   power    g(s) ~ (s + shift)^-nu, nu = 1 included          lo + shift > 0 for nu >= 1, >= 0 below
//   volume   of the mass m = sqrt(s) of k + 1 particles in flat phase space (RAMBO on diet, arXiv:1308.2922):
//            z = (k + 1) u^2k - k u^(2k+2),  u = (m - sqrt(lo)) / (sqrt(hi) - sqrt(lo)),  k >= 1
// (Heimel, thesis, eqs. 2.42 to 2.45.) shift = -M^2: a resonance of no width below lo; shift = M^2, s = -t: the
// t-channel. Limits belong to the event. invariant_map-inl.h is the same for vectors.
struct InvariantMap {
  enum class Kind { power, massive, volume };
  Kind kind = Kind::power;
  double m2 = 0, m_gamma = 0;  // massive
  double nu = 0, shift = 0;    // power
  int k = 0;                   // volume

  static InvariantMap massive(double mass, double width) { return {Kind::massive, mass * mass, mass * width}; }
  static InvariantMap power(double nu, double shift = 0) { return {Kind::power, 0, 0, nu, shift}; }
  static InvariantMap volume(int k) { return {Kind::volume, 0, 0, 0, 0, k}; }

  // z in [0,1] -> s in [lo, hi]; a result that rounds past an end is put on it.
  double forward(double z, double lo, double hi) const;
  // s -> z, the inverse of forward; values outside the range give z outside [0,1].
  double inverse(double s, double lo, double hi) const;
  // g(s); 0 outside [lo, hi].
  double density(double s, double lo, double hi) const;
};

}  // namespace thalweg
