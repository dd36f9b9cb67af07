// Maps of a unit random number to an invariant mass squared that follow a propagator.
#pragma once

namespace thalweg {

// A density on [s_min, s_max] (GeV^2):
//   massive (Breit-Wigner)  g(s) ~ M Gamma / ((s - M^2)^2 + M^2 Gamma^2)     needs M, Gamma > 0
//   massless                g(s) ~ s^-nu, nu = 1 included                    needs s_min > 0 for nu >= 1
// (Heimel, thesis, eqs. 2.42 to 2.45.) Both integrate to one; s_min < s_max.
class PropagatorMap {
 public:
  static PropagatorMap massive(double mass, double width, double s_min, double s_max);
  static PropagatorMap massless(double nu, double s_min, double s_max);

  // z in [0,1] -> s in [s_min, s_max]; a result that rounds past an end is put on it.
  double forward(double z) const;
  // s -> z, the inverse of forward; values outside the range give z outside [0,1].
  double inverse(double s) const;
  // g(s) in GeV^-2; 0 outside [s_min, s_max].
  double density(double s) const;

  double s_min() const { return s_min_; }
  double s_max() const { return s_max_; }

 private:
  enum class Kind { massive, massless, logarithmic };
  Kind kind_ = Kind::massless;
  double s_min_ = 0, s_max_ = 0;
  double m2_ = 0, m_gamma_ = 0;  // massive
  double power_ = 1;             // massless: 1 - nu
  double low_ = 0, high_ = 0;    // transformed ends
};

}  // namespace thalweg
