// Named parameters of a model: inputs with defaults, and what follows from them.
//
// Inputs (masses and widths in GeV): alpha_em_inverse, gf (GeV^-2), alpha_s, mass.*, width.*, yukawa.*,
// for sm_zprime mass.zp, width.zp, coupling.zp (the Z' couplings in units of the Z's), and for sm_cp cp.angle
// (degrees), cp.even, cp.odd:  L = -yukawa.t/v t-bar (cp.even cos + i cp.odd sin gamma5) t h. mass.c and yukawa.c are
// zero by default.
//
// Quark mixing (ckm.h): Wolfenstein's ckm.lambda, ckm.a, ckm.rhobar, ckm.etabar, or the elements themselves, ckm.ud ...
// ckm.tb with imaginary parts ckm.im_ud ... ckm.im_tb. By default the unit matrix. What is not given of the elements is
// that of the unit matrix; a matrix that is not unitary to 1e-3 is refused unless set_ckm_unitary(false).
//
// Widths: "fixed" (D = k^2 - m^2 + i m Gamma in every propagator, couplings real) or "complex" (the complex-mass
// scheme: m^2 - i m Gamma in the couplings too); with t_channel_widths(false) space-like propagators have no width.
// Schemes: "alpha_gf_mz" (inputs alpha, G_F, M_Z; M_W follows) or "gmu" (G_F, M_W, M_Z; alpha follows).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "thalweg/model/ckm.h"

namespace thalweg {

enum class Scheme { alpha_gf_mz, gmu };

class Parameters {
 public:
  // All parameters of a model ("sm", "sm_zprime", "sm_cp") at their defaults.
  static Parameters defaults(const std::string& model);

  // RequestError with the nearest spelling for an unknown name; for a value that is not finite; for a
  // negative mass or width.
  void set(const std::string& name, double value);
  void set_scheme(const std::string& name);
  void set_width_scheme(const std::string& name);  // "fixed" or "complex"; RequestError
  void set_t_channel_widths(bool on) { t_channel_widths_ = on; }
  void set_ckm_unitary(bool wanted) { ckm_unitary_ = wanted; }
  bool ckm_unitary() const { return ckm_unitary_; }
  bool complex_masses() const { return complex_masses_; }
  bool t_channel_widths() const { return t_channel_widths_; }
  double get(const std::string& name) const;
  bool has(const std::string& name) const { return values_.count(name) > 0; }
  std::vector<std::string> names() const;
  Scheme scheme() const { return scheme_; }
  std::string scheme_name() const;
  const std::map<std::string, double>& values() const { return values_; }

  // That some document has this value, too: derive() refuses it where what follows differs by more than 1e-5 of it.
  // `place` goes in front of the message.
  void expect_w_mass(double value, const std::string& place) { expected_w_ = {value, place}; }

  // Checks that the inputs fit together (0 < sin^2 theta_W < 1) and computes what follows: mass.w or
  // alpha_em_inverse, and the elements of the mixing matrix or nothing. To be called once after the last set(); again
  // after further ones. RequestError for mass.w in scheme alpha_gf_mz and alpha_em_inverse in gmu that differ from what
  // follows by more than 1e-5, for both kinds of ckm.* parameters, and for a mixing matrix that is not unitary.
  void derive();

  double electric_charge() const;  // e = sqrt(4 pi alpha)
  double sin2_theta_w() const;     // 1 - M_W^2 / M_Z^2

  enum class Mixing { none, wolfenstein, elements };
  Mixing mixing() const { return mixing_; }  // what is given of it
  MixingMatrix ckm() const;

 private:
  std::map<std::string, double> values_;
  Scheme scheme_ = Scheme::alpha_gf_mz;
  void derive_electroweak();
  void derive_ckm();

  std::map<std::string, double> given_;  // of what may follow from others
  std::pair<double, std::string> expected_w_{0, ""};
  Mixing mixing_ = Mixing::none;
  bool both_mixings_ = false, ckm_unitary_ = true;
  bool complex_masses_ = false, t_channel_widths_ = true;
};

}  // namespace thalweg
