#include "thalweg/kinematics/observables.h"

#include <array>
#include <cmath>
#include <numbers>

#include "thalweg/base/errors.h"
#include "thalweg/base/spelling.h"
#include "thalweg/base/text.h"

namespace thalweg {
namespace {

struct Entry {
  const char* name;
  Observable observable;
  int min_arguments, max_arguments;
  bool energy_unit;
};

constexpr int kAny = 99;
constexpr std::array kEntries = {
    Entry{"pt", Observable::pt, 1, kAny, true},
    Entry{"eta", Observable::eta, 1, kAny, false},
    Entry{"abs_eta", Observable::abs_eta, 1, kAny, false},
    Entry{"rapidity", Observable::rapidity, 1, kAny, false},
    Entry{"abs_rapidity", Observable::abs_rapidity, 1, kAny, false},
    Entry{"phi", Observable::phi, 1, kAny, false},
    Entry{"energy", Observable::energy, 1, kAny, true},
    Entry{"mass", Observable::mass, 1, kAny, true},
    Entry{"mt_particle", Observable::mt_particle, 1, 1, true},
    Entry{"mt_pair", Observable::mt_pair, 2, kAny, true},
    Entry{"cos_theta", Observable::cos_theta, 1, kAny, false},
    Entry{"delta_r", Observable::delta_r, 2, 2, false},
    Entry{"delta_phi", Observable::delta_phi, 2, 2, false},
    Entry{"delta_eta", Observable::delta_eta, 2, 2, false},
    Entry{"transverse_mass", Observable::transverse_mass, 2, 2, true},
    Entry{"ht", Observable::ht, 0, 0, true},
    Entry{"missing_pt", Observable::missing_pt, 0, 0, true},
};

struct Vector {
  double e, x, y, z;
};

Vector sum(const Momenta& p, std::span<const int> legs, std::size_t event) {
  Vector v{0, 0, 0, 0};
  for (int leg : legs) {
    const auto l = static_cast<std::size_t>(leg);
    v.e += p.component(l, 0)[event];
    v.x += p.component(l, 1)[event];
    v.y += p.component(l, 2)[event];
    v.z += p.component(l, 3)[event];
  }
  return v;
}

double pt(const Vector& v) { return std::hypot(v.x, v.y); }
double eta(const Vector& v) { return std::asinh(v.z / pt(v)); }
// ln((E + p_z)/m_T) keeps its digits at large |y|, where E - |p_z| cancels.
double rapidity(const Vector& v) {
  const double mt2 = (v.e - v.z) * (v.e + v.z);
  return std::copysign(std::log((v.e + std::abs(v.z)) / std::sqrt(mt2)), v.z);
}
double mass(const Vector& v) {
  const double m2 = (v.e - v.z) * (v.e + v.z) - v.x * v.x - v.y * v.y;
  return m2 > 0 ? std::sqrt(m2) : 0.0;
}
double delta_phi(const Vector& a, const Vector& b) {
  const double d = std::abs(std::atan2(a.y, a.x) - std::atan2(b.y, b.x));
  return d > std::numbers::pi ? 2 * std::numbers::pi - d : d;
}

double one_object(Observable observable, const Vector& v) {
  switch (observable) {
    case Observable::pt: return pt(v);
    case Observable::eta: return eta(v);
    case Observable::abs_eta: return std::abs(eta(v));
    case Observable::rapidity: return rapidity(v);
    case Observable::abs_rapidity: return std::abs(rapidity(v));
    case Observable::phi: return std::atan2(v.y, v.x);
    case Observable::energy: return v.e;
    case Observable::mass: return mass(v);
    case Observable::mt_particle:
    case Observable::mt_pair: return std::sqrt(std::max(0.0, (v.e - v.z) * (v.e + v.z)));
    default: return v.z / std::sqrt(v.x * v.x + v.y * v.y + v.z * v.z);  // cos_theta
  }
}

// From e_T^2 = (E - p_z)(E + p_z), which is m^2 + p_T^2. For massless particles the difference of the products cancels
// where they fly along each other: there 1 - cos by the cross product keeps the digits.
double transverse_mass(const Vector& a, const Vector& b) {
  const double a2 = (a.e - a.z) * (a.e + a.z), b2 = (b.e - b.z) * (b.e + b.z), dot = a.x * b.x + a.y * b.y;
  const double pa2 = a.x * a.x + a.y * a.y, pb2 = b.x * b.x + b.y * b.y, cross = a.x * b.y - a.y * b.x;
  const double ma2 = std::max(a2 - pa2, 0.0), mb2 = std::max(b2 - pb2, 0.0);
  const double et2 = (pa2 + ma2) * (pb2 + mb2), et = std::sqrt(et2);
  // E_Ta E_Tb - pT_a.pT_b = ((E_Ta E_Tb)^2 - (pT_a.pT_b)^2) / (E_Ta E_Tb + pT_a.pT_b) where the product is positive
  const double above = dot > 0 ? (cross * cross + ma2 * pb2 + mb2 * pa2 + ma2 * mb2) / (et + dot) : et - dot;
  return std::sqrt(ma2 + mb2 + 2 * above);
}

double two_objects(Observable observable, const Vector& a, const Vector& b) {
  switch (observable) {
    case Observable::transverse_mass: return transverse_mass(a, b);
    case Observable::delta_phi: return delta_phi(a, b);
    case Observable::delta_eta: return std::abs(eta(a) - eta(b));
    default: return std::hypot(eta(a) - eta(b), delta_phi(a, b));  // delta_r
  }
}

}  // namespace

ObservableCall parse_observable(std::string_view text) {
  const auto open = text.find('(');
  const std::string name(trim(text.substr(0, open)));
  ObservableCall call;
  const Entry* entry = nullptr;
  std::vector<std::string> names;
  for (const Entry& candidate : kEntries) {
    names.emplace_back(candidate.name);
    if (name == candidate.name) entry = &candidate;
  }
  if (name == "mt")
    request_error(
        "'mt' meant several things: transverse_mass(a, b) is that of a lepton and a neutrino, mt_pair(a, b, ...) is "
        "sqrt(E^2 - p_z^2) of the sum (the 'mt' of before), mt_particle(a) is sqrt(m^2 + p_T^2) of one particle");
  if (!entry)
    request_error("unknown observable '{}'{} Known: {}", name.substr(0, 40), did_you_mean(name, names),
                  comma_list(names));
  call.observable = entry->observable;
  if (open != std::string_view::npos) {
    const auto close = text.rfind(')');
    if (close == std::string_view::npos || close < open || !trim(text.substr(close + 1)).empty())
      request_error("'{}' lacks its closing bracket; expected {}(particle, ...)", text.substr(0, 60), name);
    std::string_view inside = text.substr(open + 1, close - open - 1);
    for (bool more = !trim(inside).empty(); more;) {
      const auto comma = inside.find(',');
      call.arguments.emplace_back(trim(inside.substr(0, comma)));
      if (call.arguments.back().empty())
        request_error("'{}': a particle is missing beside a comma; expected {}(particle, ...)", text.substr(0, 60),
                      name);
      more = comma != std::string_view::npos;
      if (more) inside = inside.substr(comma + 1);
    }
  }
  const int n = static_cast<int>(call.arguments.size());
  if (n < entry->min_arguments || n > entry->max_arguments)
    request_error("'{}' takes {} particles, not {}", name,
                  entry->max_arguments == kAny ? fmt::format("{} or more", entry->min_arguments)
                                               : std::to_string(entry->max_arguments),
                  n);
  return call;
}

bool has_energy_unit(Observable observable) {
  for (const Entry& entry : kEntries)
    if (entry.observable == observable) return entry.energy_unit;
  return false;
}

void evaluate(Observable observable, const Momenta& momenta, std::span<const int> legs, std::span<double> out) {
  for (std::size_t e = 0; e < out.size(); ++e) {
    if (observable == Observable::ht) {
      double total = 0;
      for (int leg : legs) total += one_object(Observable::mt_particle, sum(momenta, {&leg, 1}, e));
      out[e] = total;
    } else if (observable >= Observable::delta_r) {
      out[e] = two_objects(observable, sum(momenta, legs.subspan(0, 1), e), sum(momenta, legs.subspan(1, 1), e));
    } else {
      out[e] = one_object(observable, sum(momenta, legs, e));
    }
  }
}

}  // namespace thalweg
