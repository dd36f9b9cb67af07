// The width of h -> Z Z* -> mu+ mu- e+ e- from closed helicity amplitudes, in five coordinates of the four-body phase
// space (Chen, Klimek, Perelstein, SciPost Phys. 10, 023 (2021), sections 3 and 4).
//
// Labels: 1 = mu+, 2 = mu-, 3 = e+, 4 = e-, all massless; s_ij = m_ij^2.
//   |M|^2 = K^2 { [(g+^2)^2 + (g-^2)^2] s_13 s_24 + 2 (g+ g-)^2 s_14 s_23 } / (D(s_12) D(s_34))           (7)
//   K = 2 e^3 M_W / (c_W^2 s_W),  g+ = s_W/c_W,  g- = s_W/c_W - 1/(2 c_W s_W),  D(s) = (s - M_Z^2)^2 + M_Z^2 Gamma_Z^2
//   Gamma = 1/(2 m_h) integral |M|^2 dPhi_4,
// over the coordinates of FourBodyDecay (phasespace/nested_decay.h) with X = h.
#pragma once

#include "thalweg/event/event_source.h"
#include "thalweg/model/model.h"
#include "thalweg/phasespace/nested_decay.h"
#include "thalweg/sampling/integrand.h"

namespace thalweg {

class HiggsFourLeptons : public Integrand, public EventSource {
 public:
  // mass.h, mass.z, width.z, mass.w, alpha_em_inverse. RequestError without a width of the Z or a mass of the Higgs.
  explicit HiggsFourLeptons(const Parameters& parameters, Angles angles = Angles::frames);

  const FourBodyDecay& decay() const { return decay_; }
  double squared_amplitude(const FourBodyDecay::Point& s) const;  // summed over helicities; GeV^-2

  std::size_t dim() const override { return 5; }
  std::size_t channels() const override { return 1; }
  std::string channel_name(std::size_t) const override { return "nested masses"; }
  std::string unit() const override { return "GeV"; }
  double cost(std::size_t) const override { return 110; }
  // Record: (E, p_x, p_y, p_z) of 1 to 4 in the rest frame of the Higgs, orientation uniform.
  std::size_t record_size() const override { return 16; }
  void evaluate(std::size_t channel, const Batch& points, const Evaluation& out, Arena& arena) const override;

  Event to_event(std::span<const double> record) const override;
  EventFileInfo file_info() const override;

 private:
  double m_h_;
  FourBodyDecay decay_;
  double m_z2_, width_term_, same_, opposite_, alpha_em_;
};

}  // namespace thalweg
