#include "thalweg/model/parameters.h"

#include <algorithm>
#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/base/spelling.h"
#include "thalweg/base/units.h"

namespace thalweg {
namespace {

constexpr double kSameMass = 1e-5;

const std::vector<std::string> kWolfenstein = {"ckm.lambda", "ckm.a", "ckm.rhobar", "ckm.etabar"};

bool differ(double a, double b) { return std::abs(a - b) > kSameMass * std::abs(b); }

// For messages: the 18 elements in short.
std::string known_names(const std::vector<std::string>& names) {
  std::vector<std::string> list;
  for (const std::string& name : names)
    if (!name.starts_with("ckm.")) list.push_back(name);
  list.insert(list.end(), kWolfenstein.begin(), kWolfenstein.end());
  return comma_list(list) + ", ckm.{u,c,t}{d,s,b}, ckm.im_{u,c,t}{d,s,b}";
}

}  // namespace

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
  for (const std::string& name : kWolfenstein) p.values_[name] = 0.0;
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) {
      p.values_["ckm." + mixing_name(i, j)] = i == j ? 1.0 : 0.0;
      p.values_["ckm.im_" + mixing_name(i, j)] = 0.0;
    }
  p.derive();
  return p;
}

void Parameters::set(const std::string& name, double value) {
  if (!has(name))
    request_error("unknown parameter '{}'{} Known: {}", name.substr(0, 60), did_you_mean(name, names()),
                  known_names(names()));
  if (!std::isfinite(value)) request_error("parameter '{}' must be a finite number, not {}", name, value);
  const bool is_scale = name.starts_with("mass.") || name.starts_with("width.");
  if (is_scale && value < 0) request_error("parameter '{}' must not be negative, but is {}", name, value);
  if ((name == "alpha_em_inverse" || name == "gf" || name == "alpha_s" || name == "mass.z") && value <= 0)
    request_error("parameter '{}' must be positive, but is {}", name, value);
  values_[name] = value;
  // alpha counts where it follows; what was set before the scheme was, is that of the other one
  if (name == "mass.w" || (name == "alpha_em_inverse" && scheme_ == Scheme::gmu)) given_[name] = value;
  if (!name.starts_with("ckm.")) return;
  const bool wolfenstein = std::find(kWolfenstein.begin(), kWolfenstein.end(), name) != kWolfenstein.end();
  const Mixing kind = wolfenstein ? Mixing::wolfenstein : Mixing::elements;
  both_mixings_ = both_mixings_ || (mixing_ != Mixing::none && mixing_ != kind);
  mixing_ = kind;
}

void Parameters::set_scheme(const std::string& name) {
  if (name == "alpha_gf_mz") {
    scheme_ = Scheme::alpha_gf_mz;
  } else if (name == "gmu") {
    scheme_ = Scheme::gmu;
    if (!given_.count("mass.w")) values_["mass.w"] = 80.419;
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
  derive_electroweak();
  derive_ckm();
}

void Parameters::derive_electroweak() {
  const double mz2 = std::pow(get("mass.z"), 2);
  auto refuse_other = [&](const char* name, const char* remedy) {
    if (const auto given = given_.find(name); given != given_.end() && differ(given->second, get(name)))
      request_error("{} = {} is given, but follows from the others in scheme {}: {:.10g}; {}", name, given->second,
                    scheme_name(), get(name), remedy);
  };
  if (scheme_ == Scheme::alpha_gf_mz) {
    // M_W^2 = M_Z^2/2 + sqrt(M_Z^4/4 - pi alpha M_Z^2 / (sqrt2 G_F))
    const double root = mz2 * mz2 / 4 - kPi / get("alpha_em_inverse") * mz2 / (std::sqrt(2.0) * get("gf"));
    if (!(root >= 0))
      request_error("alpha_em_inverse = {}, gf = {}, mass.z = {} leave no real W mass", get("alpha_em_inverse"),
                    get("gf"), get("mass.z"));
    values_["mass.w"] = std::sqrt(mz2 / 2 + std::sqrt(root));
    refuse_other("mass.w", "leave it out, or set scheme = \"gmu\" (inputs G_F, M_W, M_Z)");
    if (expected_w_.first > 0 && differ(expected_w_.first, get("mass.w")))
      request_error(
          "{} = {}, but M_W = {:.10g} follows from alpha_em_inverse, gf and mass.z in scheme alpha_gf_mz; set "
          "scheme = \"gmu\" in [parameters] to use it, or give that value or none",
          expected_w_.second, expected_w_.first, get("mass.w"));
  } else {
    if (!(get("mass.w") > 0 && get("mass.w") < get("mass.z")))
      request_error("scheme gmu needs 0 < mass.w < mass.z, but mass.w = {} and mass.z = {}", get("mass.w"),
                    get("mass.z"));
    const double mw2 = std::pow(get("mass.w"), 2);
    values_["alpha_em_inverse"] = kPi / (std::sqrt(2.0) * get("gf") * mw2 * (1 - mw2 / mz2));
    refuse_other("alpha_em_inverse", "leave it out, or set scheme = \"alpha_gf_mz\"");
  }
}

void Parameters::derive_ckm() {
  if (mixing_ == Mixing::none) return;
  if (both_mixings_)
    request_error(
        "ckm.lambda, ckm.a, ckm.rhobar and ckm.etabar determine the elements ckm.ud ... ckm.tb; give one or "
        "the other");
  if (mixing_ == Mixing::wolfenstein) {
    const MixingMatrix v = wolfenstein_matrix(get("ckm.lambda"), get("ckm.a"), get("ckm.rhobar"), get("ckm.etabar"));
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 3; ++j) {
        values_["ckm." + mixing_name(i, j)] = v[i][j].real() + 0.0;  // no -0
        values_["ckm.im_" + mixing_name(i, j)] = v[i][j].imag() + 0.0;
      }
  } else if (const double off = non_unitarity(ckm()); ckm_unitary_ && !(off <= kUnitary)) {
    request_error(
        "the mixing matrix ckm.* is not unitary, |V V^+ - 1| = {:.2g} with at most {} allowed; give all elements "
        "(those "
        "of the unit matrix stand for what is left out), or ckm.lambda, ckm.a, ckm.rhobar, ckm.etabar, or set "
        "ckm.unitary = false",
        off, kUnitary);
  }
}

MixingMatrix Parameters::ckm() const {
  MixingMatrix v;
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) v[i][j] = {get("ckm." + mixing_name(i, j)), get("ckm.im_" + mixing_name(i, j))};
  return v;
}

double Parameters::electric_charge() const { return std::sqrt(4 * kPi / get("alpha_em_inverse")); }

double Parameters::sin2_theta_w() const { return 1 - std::pow(get("mass.w") / get("mass.z"), 2); }

}  // namespace thalweg
