// The strong coupling that the metadata of a set ask for. LHAPDF documents AlphaS_OrderQCD as 0 for LO, 1 for NLO and
// so on, which we follow; its own solvers take it for the number of loops.
#include <algorithm>
#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/parton/alpha_s.h"

namespace thalweg {
namespace {

// lhapdf.conf
constexpr double kMZ = 91.1876, kAlphaS = 0.118;
constexpr std::array<const char*, 3> kQuarks = {"Charm", "Bottom", "Top"};
constexpr std::array<double, 3> kMasses = {1.29, 4.19, 172.9};
constexpr double kApart = 0.01;  // of two values of one coupling: more is said

// Not negative.
std::optional<double> scale_of(const SetInfo& info, const std::string& key) {
  const auto value = info.number(key);
  if (value && *value < 0) request_error("{}: must not be negative, but is {}", info.place_of(key), *value);
  return value;
}

// The first of some keys that is there.
double first_of(const SetInfo& info, std::initializer_list<std::string> keys, double otherwise) {
  for (const std::string& key : keys)
    if (const auto value = scale_of(info, key)) return *value;
  return otherwise;
}

struct Scheme {
  std::array<double, 3> thresholds{}, masses{};
  int least = 3, most = 5;
};

Scheme scheme_of(const SetInfo& info) {
  Scheme scheme;
  for (std::size_t k = 0; k < 3; ++k) {
    const std::string quark = kQuarks[k];
    scheme.masses[k] = first_of(info, {"AlphaS_M" + quark, "M" + quark}, kMasses[k]);
    scheme.thresholds[k] = first_of(info, {"AlphaS_Threshold" + quark, "Threshold" + quark}, scheme.masses[k]);
  }
  // Light quarks are always there, as they are in LHAPDF above these.
  for (const std::string& quark : {std::string("Down"), std::string("Up"), std::string("Strange")})
    for (const std::string& key : {"AlphaS_Threshold" + quark, "Threshold" + quark})
      if (const auto value = scale_of(info, key); value && *value > 1)
        request_error("{}: {} GeV; light quarks have their thresholds below 1 GeV", info.place_of(key), *value);
  const bool own = info.has("AlphaS_FlavorScheme");
  const auto kind = info.choice(own ? "AlphaS_FlavorScheme" : "FlavorScheme", {"variable", "fixed"});
  const auto number =
      info.has("AlphaS_NumFlavors") ? info.whole("AlphaS_NumFlavors", 3, 6) : info.whole("NumFlavors", 3, 6);
  scheme.most = number.value_or(5);
  if (kind == 1u) scheme.least = scheme.most;
  return scheme;
}

AlphaS table(const SetInfo& info, const std::string& place) {
  const auto q = info.numbers("AlphaS_Qs"), values = info.numbers("AlphaS_Vals");
  if (!q || !values)
    request_error("{}: alpha_s by a table needs AlphaS_Qs and AlphaS_Vals; {} is missing", place,
                  q ? "AlphaS_Vals" : "AlphaS_Qs");
  return with_place(info.place_of("AlphaS_Vals"), [&] { return AlphaS::from_table(*q, *values); });
}

AlphaS analytic(const SetInfo& info, int order, const std::string& place, std::vector<std::string>& notes) {
  std::map<int, double> lambda;
  for (int nf = 3; nf <= 5; ++nf)
    if (const auto value = info.number(fmt::format("AlphaS_Lambda{}", nf))) lambda[nf] = *value;
  const Scheme scheme = scheme_of(info);
  auto make = [&](int loops) {
    return with_place(
        place, [&] { return AlphaS::from_lambdas(lambda, loops - 1, scheme.thresholds, scheme.least, scheme.most); });
  };
  const auto at_mz = info.number("AlphaS_MZ");
  const double m_z = info.number("MZ").value_or(kMZ);
  auto agrees = [&](const AlphaS& a) { return std::abs(a(m_z) / *at_mz - 1) < kApart; };
  AlphaS a = make(order + 1);
  // Sets were made with LHAPDF's solver as well as by its documentation: alpha_s(M_Z) tells.
  if (at_mz && order > 0 && !agrees(a))
    if (AlphaS other = make(order); agrees(other)) {
      notes.push_back(fmt::format(
          "AlphaS_OrderQCD: {} is taken for the number of loops, with which AlphaS_Lambda gives AlphaS_MZ", order));
      return other;
    }
  return a;
}

AlphaS solved(const SetInfo& info, int order, const std::string& place, std::vector<std::string>& notes) {
  const Scheme scheme = scheme_of(info);
  AlphaS::Running running{kAlphaS, kMZ, order, scheme.thresholds, scheme.masses, scheme.least, scheme.most};
  if (info.has("AlphaS_Reference") != info.has("AlphaS_MassReference"))
    request_error("{}: AlphaS_Reference and AlphaS_MassReference belong together; one is missing", place);
  if (const auto reference = info.number("AlphaS_Reference")) {
    running.value = *reference;
    running.scale = *info.number("AlphaS_MassReference");
  } else {
    running.value = info.number("AlphaS_MZ").value_or(kAlphaS);
    running.scale = info.number("MZ").value_or(kMZ);
    if (!info.has("AlphaS_MZ"))
      notes.push_back(
          fmt::format("the set gives no alpha_s: taken is alpha_s({} GeV) = {}, running at {} {} with {}{} flavours",
                      running.scale, running.value, order + 1, order == 0 ? "loop" : "loops",
                      scheme.least == scheme.most ? "" : "up to ", scheme.most));
  }
  return with_place(place, [&] { return AlphaS::from_running(running); });
}

enum class Type { ipol, ode, analytic };

Type type_of(const SetInfo& info, std::vector<std::string>& notes) {
  if (const auto given = info.choice("AlphaS_Type", {"ipol", "ode", "analytic"})) return static_cast<Type>(*given);
  if (info.has("AlphaS_Qs") && info.has("AlphaS_Vals")) {
    notes.push_back("no AlphaS_Type: alpha_s is taken from AlphaS_Qs and AlphaS_Vals");
    return Type::ipol;
  }
  const bool lambda = info.has("AlphaS_Lambda3") || info.has("AlphaS_Lambda4") || info.has("AlphaS_Lambda5");
  if (lambda && !info.has("AlphaS_MZ") && !info.has("AlphaS_Reference")) {
    notes.push_back("no AlphaS_Type: alpha_s is taken from AlphaS_Lambda");
    return Type::analytic;
  }
  if (info.has("AlphaS_MZ") || info.has("AlphaS_Reference"))
    notes.push_back("no AlphaS_Type: alpha_s runs from AlphaS_MZ or AlphaS_Reference ('ode')");
  return Type::ode;
}

}  // namespace

AlphaS AlphaS::from_info(const SetInfo& info, const std::string& place, std::vector<std::string>& notes) {
  const Type type = type_of(info, notes);
  int order = 0;
  if (type != Type::ipol) {
    const auto given = info.whole(info.has("AlphaS_OrderQCD") ? "AlphaS_OrderQCD" : "OrderQCD", 0, 3);
    if (!given) notes.push_back("no AlphaS_OrderQCD: alpha_s runs at one loop");
    order = given.value_or(0);
  }
  if (type == Type::ode) return solved(info, order, place, notes);
  AlphaS a = type == Type::ipol ? table(info, place) : analytic(info, order, place, notes);
  const double m_z = info.number("MZ").value_or(kMZ);
  if (const auto at_mz = info.number("AlphaS_MZ"); at_mz && !(std::abs(a(m_z) / *at_mz - 1) < kApart))
    notes.push_back(fmt::format("alpha_s({} GeV) is {:.5g} by {}, not AlphaS_MZ = {}", m_z, a(m_z),
                                type == Type::ipol ? "AlphaS_Vals" : "AlphaS_Lambda", *at_mz));
  return a;
}

}  // namespace thalweg
