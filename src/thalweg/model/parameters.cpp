#include "thalweg/model/parameters.h"

#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/base/spelling.h"
#include "thalweg/base/units.h"

namespace thalweg {

Parameters Parameters::defaults(const std::string& model) {
  Parameters p;
  // The defaults of MadGraph5_aMC@NLO's model `sm`.
  p.values_ = {
      {"alpha_em_inverse", 132.507},
      {"gf", 1.16639e-5},
      {"alpha_s", 0.118},
      {"mass.z", 91.188},
      {"mass.w", 0.0},
      {"mass.t", 173.0},
      {"mass.b", 4.7},
      {"mass.c", 0.0},
      {"mass.h", 125.0},
      {"mass.tau", 1.777},
      {"width.z", 2.441404},
      {"width.w", 2.0476},
      {"width.t", 1.4915},
      {"width.h", 0.006382339},
      {"width.tau", 0.0},
      {"yukawa.t", 173.0},
      {"yukawa.b", 4.7},
      {"yukawa.c", 0.0},
      {"yukawa.tau", 1.777},
  };
  if (model == "sm_zprime") {
    p.values_["mass.zp"] = 400.0;
    p.values_["width.zp"] = 0.5;
    p.values_["coupling.zp"] = 1.0;
  }
  if (model == "sm_cp") {
    // the values that leave gg -> h as it is (matrix element method for the CP phase, eq. 6.2)
    p.values_["cp.angle"] = 0.0;
    p.values_["cp.even"] = 1.0;
    p.values_["cp.odd"] = 2.0 / 3;
  }
  p.derive();
  return p;
}

void Parameters::set(const std::string& name, double value) {
  if (!has(name))
    request_error("unknown parameter '{}'{} Known: {}", name, did_you_mean(name, names()), comma_list(names()));
  if (!std::isfinite(value)) request_error("parameter '{}' must be a finite number, not {}", name, value);
  const bool is_scale = name.starts_with("mass.") || name.starts_with("width.");
  if (is_scale && value < 0) request_error("parameter '{}' must not be negative, but is {}", name, value);
  if ((name == "alpha_em_inverse" || name == "gf" || name == "mass.z") && value <= 0)
    request_error("parameter '{}' must be positive, but is {}", name, value);
  values_[name] = value;
  if (name == "mass.w") w_mass_given_ = true;
}

void Parameters::set_scheme(const std::string& name) {
  if (name == "alpha_gf_mz") {
    scheme_ = Scheme::alpha_gf_mz;
  } else if (name == "gmu") {
    scheme_ = Scheme::gmu;
    if (!w_mass_given_) values_["mass.w"] = 80.419;
  } else {
    request_error("unknown scheme '{}'{} Expected alpha_gf_mz (inputs alpha, G_F, M_Z) or gmu (G_F, M_W, M_Z)", name,
                  did_you_mean(name, {"alpha_gf_mz", "gmu"}));
  }
}

void Parameters::set_width_scheme(const std::string& name) {
  if (name != "fixed" && name != "complex")
    request_error("unknown width_scheme '{}'{} Expected fixed or complex", name,
                  did_you_mean(name, {"fixed", "complex"}));
  complex_masses_ = name == "complex";
}

std::string Parameters::scheme_name() const { return scheme_ == Scheme::gmu ? "gmu" : "alpha_gf_mz"; }

double Parameters::get(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) request_error("unknown parameter '{}'{}", name, did_you_mean(name, names()));
  return found->second;
}

std::vector<std::string> Parameters::names() const {
  std::vector<std::string> result;
  for (const auto& [name, value] : values_) result.push_back(name);
  return result;
}

void Parameters::derive() {
  const double mz2 = std::pow(get("mass.z"), 2);
  if (scheme_ == Scheme::alpha_gf_mz) {
    if (w_mass_given_)
      request_error(
          "mass.w follows from alpha_em_inverse, gf and mass.z in scheme alpha_gf_mz; leave it out, or "
          "set scheme = \"gmu\"");
    // M_W^2 = M_Z^2/2 + sqrt(M_Z^4/4 - pi alpha M_Z^2 / (sqrt2 G_F))
    const double root = mz2 * mz2 / 4 - kPi / get("alpha_em_inverse") * mz2 / (std::sqrt(2.0) * get("gf"));
    if (!(root >= 0))
      request_error("alpha_em_inverse = {}, gf = {}, mass.z = {} leave no real W mass", get("alpha_em_inverse"),
                    get("gf"), get("mass.z"));
    values_["mass.w"] = std::sqrt(mz2 / 2 + std::sqrt(root));
  } else {
    if (!(get("mass.w") > 0 && get("mass.w") < get("mass.z")))
      request_error("scheme gmu needs 0 < mass.w < mass.z, but mass.w = {} and mass.z = {}", get("mass.w"),
                    get("mass.z"));
    const double mw2 = std::pow(get("mass.w"), 2);
    values_["alpha_em_inverse"] = kPi / (std::sqrt(2.0) * get("gf") * mw2 * (1 - mw2 / mz2));
  }
}

double Parameters::electric_charge() const { return std::sqrt(4 * kPi / get("alpha_em_inverse")); }

double Parameters::sin2_theta_w() const { return 1 - std::pow(get("mass.w") / get("mass.z"), 2); }

}  // namespace thalweg
