#include "thalweg/parton/alpha_s.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/base/units.h"

namespace thalweg {
namespace {

// d alpha / d log Q^2 at `order` + 1 loops with nf flavours (PDG review of QCD, eq. 9.3).
double beta(double a, int nf, int order) {
  const double b0 = (33 - 2 * nf) / (12 * kPi);
  const double b1 = (153 - 19 * nf) / (24 * kPi * kPi);
  const double b2 = (2857 - 5033.0 / 9 * nf + 325.0 / 27 * nf * nf) / (128 * kPi * kPi * kPi);
  double sum = b0;
  if (order >= 1) sum += b1 * a;
  if (order >= 2) sum += b2 * a * a;
  return -a * a * sum;
}

double evolve(double a, double log_from, double log_to, int nf, int order) {
  const int steps = std::max(8, static_cast<int>(std::abs(log_to - log_from) * 32));
  const double h = (log_to - log_from) / steps;
  for (int i = 0; i < steps; ++i) {
    const double k1 = beta(a, nf, order), k2 = beta(a + h / 2 * k1, nf, order);
    const double k3 = beta(a + h / 2 * k2, nf, order), k4 = beta(a + h * k3, nf, order);
    a += h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
  }
  return a;
}

std::vector<double> number_list(const std::string& text, const std::string& place) {
  std::vector<double> values;
  const char* p = text.data();
  const char* end = p + text.size();
  while (p < end) {
    if (*p == '[' || *p == ']' || *p == ',' || *p == ' ') {
      ++p;
      continue;
    }
    double value = 0;
    const auto result = std::from_chars(p, end, value);
    if (result.ec != std::errc()) request_error("{}: '{}' is not a list of numbers", place, text.substr(0, 40));
    values.push_back(value);
    p = result.ptr;
  }
  return values;
}

}  // namespace

AlphaS AlphaS::from_table(std::vector<double> q, std::vector<double> values) {
  if (q.size() != values.size() || q.size() < 2)
    request_error("alpha_s table with {} scales and {} values; expected equally many, two or more", q.size(),
                  values.size());
  AlphaS a;
  for (std::size_t i = 0; i < q.size(); ++i) {
    if (!(q[i] > 0) || (i > 0 && q[i] < q[i - 1]) || !(values[i] > 0) || (i > 1 && q[i] == q[i - 2]))
      request_error("alpha_s table: scales must ascend and values be positive, but Q = {}, alpha_s = {}", q[i],
                    values[i]);
    a.log_q2_.push_back(2 * std::log(q[i]));
  }
  if (q[0] == q[1] || q[q.size() - 1] == q[q.size() - 2]) request_error("alpha_s table: a threshold at its end");
  a.values_ = std::move(values);
  return a;
}

AlphaS AlphaS::from_running(double at_mz, double m_z, int order, double m_charm, double m_bottom, double m_top) {
  if (!(at_mz > 0 && at_mz < 1) || order < 0 || order > 2)
    request_error("alpha_s(M_Z) = {} at {} loops cannot be run; expected 0 < alpha_s < 1 and 1 to 3 loops", at_mz,
                  order + 1);
  AlphaS a;
  a.at_mz_ = at_mz;
  a.m_z_ = m_z;
  a.order_ = order;
  a.thresholds_ = {m_charm, m_bottom, m_top};
  a.tabulate();
  return a;
}

AlphaS AlphaS::from_info(const std::map<std::string, std::string>& info, const std::string& place) {
  auto text = [&](const char* key) {
    const auto found = info.find(key);
    return found == info.end() ? std::string() : found->second;
  };
  auto number = [&](const char* key, double fallback) {
    const auto list = number_list(text(key), place + ": " + key);
    return list.empty() ? fallback : list[0];
  };
  return with_place(place, [&] {
    if (!text("AlphaS_Qs").empty())
      return from_table(number_list(text("AlphaS_Qs"), place), number_list(text("AlphaS_Vals"), place));
    return from_running(number("AlphaS_MZ", 0.118), number("MZ", 91.1876),
                        static_cast<int>(number("AlphaS_OrderQCD", number("OrderQCD", 0))), number("MCharm", 1.51),
                        number("MBottom", 4.92), number("MTop", 172.5));
  });
}

double AlphaS::operator()(double q) const {
  if (!values_.empty()) return interpolate(q);
  const double t = 2 * std::log(q);
  for (const Stretch& stretch : running_)
    if (t >= stretch.from && t <= stretch.end()) return stretch.at(t);
  return run(q);
}

// Cubic Hermite.
double AlphaS::Stretch::at(double log_q2) const {
  const double position = (log_q2 - from) / step;
  const auto i = std::min(static_cast<std::size_t>(position), values.size() - 2);
  const double u = position - static_cast<double>(i), v = 1 - u;
  return v * v * ((1 + 2 * u) * values[i] + u * step * slopes[i]) +
         u * u * ((1 + 2 * v) * values[i + 1] - v * step * slopes[i + 1]);
}

// Pieces begin and end at thresholds and at M_Z.
void AlphaS::tabulate() {
  constexpr double kLeast = 1, kMost = 1e6, kStep = 0.02;
  std::vector<double> borders{kLeast, m_z_, kMost};
  for (const double m : thresholds_)
    if (m > kLeast && m < kMost) borders.push_back(m);
  std::sort(borders.begin(), borders.end());
  for (std::size_t b = 0; b + 1 < borders.size(); ++b) {
    const double from = 2 * std::log(borders[b]), to = 2 * std::log(borders[b + 1]);
    if (!(to > from)) continue;
    const auto steps = static_cast<std::size_t>(std::ceil((to - from) / kStep));
    Stretch stretch{from, (to - from) / static_cast<double>(steps), {}, {}};
    const double middle = std::sqrt(borders[b] * borders[b + 1]);
    const int nf = 3 + static_cast<int>(
                           std::count_if(thresholds_.begin(), thresholds_.end(), [&](double m) { return middle > m; }));
    for (std::size_t i = 0; i <= steps; ++i) {
      const double t = from + stretch.step * static_cast<double>(i);
      // at a border itself rounding must not choose the wrong side of it
      const double value = i == 0 ? run(borders[b]) : i == steps ? run(borders[b + 1]) : run(std::exp(t / 2));
      stretch.values.push_back(value);
      stretch.slopes.push_back(beta(value, nf, order_));
    }
    running_.push_back(std::move(stretch));
  }
}

double AlphaS::interpolate(double q) const {
  const double t = 2 * std::log(q);
  const auto& l = log_q2_;
  const std::size_t n = l.size();
  if (t < l[0]) return values_[0] * std::exp((t - l[0]) * std::log(values_[1] / values_[0]) / (l[1] - l[0]));
  if (t >= l[n - 1]) return values_[n - 1];
  const auto i = static_cast<std::size_t>(std::upper_bound(l.begin(), l.end(), t) - l.begin()) - 1;
  const double h = l[i + 1] - l[i];
  auto slope = [&](std::size_t k) { return (values_[k + 1] - values_[k]) / (l[k + 1] - l[k]); };
  const bool left_edge = i == 0 || l[i - 1] == l[i], right_edge = i + 2 >= n || l[i + 2] == l[i + 1];
  const double here = slope(i);
  const double d0 = left_edge ? here : (slope(i - 1) + here) / 2, d1 = right_edge ? here : (here + slope(i + 1)) / 2;
  const double u = (t - l[i]) / h, u2 = u * u, u3 = u2 * u;
  return (2 * u3 - 3 * u2 + 1) * values_[i] + (u3 - 2 * u2 + u) * h * d0 + (3 * u2 - 2 * u3) * values_[i + 1] +
         (u3 - u2) * h * d1;
}

double AlphaS::run(double q) const {
  const double target = 2 * std::log(q);
  double at = 2 * std::log(m_z_), a = at_mz_;
  int nf = 5;
  while (nf > 3 && q < thresholds_[static_cast<std::size_t>(nf - 4)]) {
    const double border = 2 * std::log(thresholds_[static_cast<std::size_t>(nf - 4)]);
    a = evolve(a, at, border, nf, order_);
    at = border;
    --nf;
  }
  if (q > thresholds_[2]) {
    const double border = 2 * std::log(thresholds_[2]);
    a = evolve(a, at, border, 5, order_);
    at = border;
    nf = 6;
  }
  return evolve(a, at, target, nf, order_);
}

}  // namespace thalweg
