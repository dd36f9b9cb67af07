// Named parameters of a model: inputs with defaults, and what follows from them.
//
// Inputs (masses and widths in GeV): alpha_em_inverse, gf (GeV^-2), alpha_s, mass.*, width.*, yukawa.*,
// for sm_zprime mass.zp, width.zp, coupling.zp (the Z' couplings in units of the Z's), and for sm_cp cp.angle
// (degrees), cp.even, cp.odd:  L = -yukawa.t/v t-bar (cp.even cos + i cp.odd sin gamma5) t h. mass.c and yukawa.c are
// zero by default.
//
// Widths: "fixed" (D = k^2 - m^2 + i m Gamma in every propagator, couplings real) or "complex" (the complex-mass
// scheme: m^2 - i m Gamma in the couplings too); with t_channel_widths(false) space-like propagators have no width.
// Schemes: "alpha_gf_mz" (inputs alpha, G_F, M_Z; M_W follows) or "gmu" (G_F, M_W, M_Z; alpha follows).
#pragma once

#include <map>
#include <string>
#include <vector>

namespace thalweg {

enum class Scheme { alpha_gf_mz, gmu };

class Parameters {
 public:
  // All parameters of a model ("sm", "sm_zprime", "sm_cp") at their defaults.
  static Parameters defaults(const std::string& model);

  // RequestError with the nearest spelling for an unknown name; for a value that is not finite; for a
  // negative mass or width; for mass.w in scheme alpha_gf_mz.
  void set(const std::string& name, double value);
  void set_scheme(const std::string& name);
  void set_width_scheme(const std::string& name);  // "fixed" or "complex"; RequestError
  void set_t_channel_widths(bool on) { t_channel_widths_ = on; }
  bool complex_masses() const { return complex_masses_; }
  bool t_channel_widths() const { return t_channel_widths_; }
  double get(const std::string& name) const;
  bool has(const std::string& name) const { return values_.count(name) > 0; }
  std::vector<std::string> names() const;
  Scheme scheme() const { return scheme_; }
  std::string scheme_name() const;
  const std::map<std::string, double>& values() const { return values_; }

  // Checks that the inputs fit together (0 < sin^2 theta_W < 1) and computes what follows: mass.w or
  // alpha_em_inverse. To be called once after the last set().
  void derive();

  double electric_charge() const;  // e = sqrt(4 pi alpha)
  double sin2_theta_w() const;     // 1 - M_W^2 / M_Z^2

 private:
  std::map<std::string, double> values_;
  Scheme scheme_ = Scheme::alpha_gf_mz;
  bool w_mass_given_ = false, complex_masses_ = false, t_channel_widths_ = true;
};

}  // namespace thalweg
