// A toy of the three-body phase space: a scalar of mass m decays into three massless particles with one resonance,
// which lies along a coordinate, and one soft and collinear pole, which does not.
//   |M|^2 = M^2 Gamma^2 / ((s_23 - M^2)^2 + M^2 Gamma^2)  m^2 / (s_12 + mu^2)
//   Gamma_X = 1/(2 m) integral |M|^2 dPhi_3,  m = 100, M = 60, Gamma = 1, mu = 1 GeV
// over the coordinates of ThreeBodyDecay (phasespace/nested_decay.h).
#pragma once

#include "thalweg/phasespace/nested_decay.h"
#include "thalweg/sampling/integrand.h"

namespace thalweg {

class ScalarThreeBody : public Integrand {
 public:
  static constexpr double kMass = 100, kResonance = 60, kWidth = 1, kCutoff = 1;  // GeV

  std::size_t dim() const override { return 2; }
  std::size_t channels() const override { return 1; }
  std::string channel_name(std::size_t) const override { return "nested masses"; }
  std::string unit() const override { return "GeV"; }
  double cost(std::size_t) const override { return 60; }
  // Record: (E, p_x, p_y, p_z) of 1 to 3 in the rest frame of the scalar, orientation uniform.
  std::size_t record_size() const override { return 12; }
  void evaluate(std::size_t channel, const Batch& points, const Evaluation& out, Arena& arena) const override;

  static double squared_amplitude(const ThreeBodyDecay::Point& s);

 private:
  ThreeBodyDecay decay_{kMass, {0, 0, 0}};
};

}  // namespace thalweg
