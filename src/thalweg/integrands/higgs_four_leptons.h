// The width of h -> Z Z* -> mu+ mu- e+ e- from closed helicity amplitudes, in five coordinates of the four-body phase
// space (Chen, Klimek, Perelstein, SciPost Phys. 10, 023 (2021), sections 3 and 4).
//
// Labels: 1 = mu+, 2 = mu-, 3 = e+, 4 = e-, all massless; s_ij = m_ij^2.
//   |M|^2 = K^2 { [(g+^2)^2 + (g-^2)^2] s_13 s_24 + 2 (g+ g-)^2 s_14 s_23 } / (D(s_12) D(s_34))           (7)
//   K = 2 e^3 M_W / (c_W^2 s_W),  g+ = s_W/c_W,  g- = s_W/c_W - 1/(2 c_W s_W),  D(s) = (s - M_Z^2)^2 + M_Z^2 Gamma_Z^2
//   Gamma = 1/(2 m_h) integral |M|^2 dPhi_4,
//   dPhi_4 = 1/(pi^2 m_h) l(m_h; 0, m_234) l(m_234; 0, m_34) l(m_34; 0, 0) dm_234 dm_34 dc_12 dc_23 dphi / (8 pi),
//   l(M; 0, m) = (M^2 - m^2) / (8 pi M)                                                                    (4, 16)
// Coordinates in [0,1]: m_234 of (0, m_h), m_34 of (0, m_234), cos theta_12 in the (234) frame, cos theta_23 in the
// (34) frame, and the azimuth of 3 about 2 there, from the half plane of 1.
#pragma once

#include "thalweg/event/event_source.h"
#include "thalweg/model/model.h"
#include "thalweg/sampling/integrand.h"

namespace thalweg {

class HiggsFourLeptons : public Integrand, public EventSource {
 public:
  // mass.h, mass.z, width.z, mass.w, alpha_em_inverse. RequestError without a width of the Z or a mass of the Higgs.
  explicit HiggsFourLeptons(const Parameters& parameters);

  // Invariants of a point, GeV^2. They add up to m_h^2.
  struct Invariants {
    double s12, s13, s14, s23, s24, s34;
  };
  Invariants invariants(const double* y) const;
  double squared_amplitude(const Invariants& s) const;  // summed over helicities; GeV^-2

  std::size_t dim() const override { return 5; }
  std::size_t channels() const override { return 1; }
  std::string channel_name(std::size_t) const override { return "nested masses"; }
  std::string unit() const override { return "GeV"; }
  double cost() const override { return 110; }
  // Record: (E, p_x, p_y, p_z) of 1 to 4 in the rest frame of the Higgs, orientation uniform.
  std::size_t record_size() const override { return 16; }
  void evaluate(std::size_t channel, const Batch& points, const Evaluation& out, Arena& arena) const override;

  Event to_event(std::span<const double> record) const override;
  EventFileInfo file_info() const override;

 private:
  double weight(const double* y) const;

  double m_h_, m_z2_, width_term_, same_, opposite_, alpha_em_;
};

}  // namespace thalweg
