#include "thalweg/parton/alpha_s.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "thalweg/base/errors.h"
#include "thalweg/base/units.h"

namespace thalweg {
namespace {

constexpr double kZeta3 = 1.2020569031595942;

// b_0 ... b_3 of d alpha / d log Q^2 with nf flavours.
std::array<double, 4> coefficients(int nf) {
  const double n = nf, pi2 = kPi * kPi;
  return {(33 - 2 * nf) / (12 * kPi), (153 - 19 * nf) / (24 * kPi * kPi),
          (2857 - 5033.0 / 9 * nf + 325.0 / 27 * nf * nf) / (128 * kPi * kPi * kPi),
          (149753.0 / 6 + 3564 * kZeta3 - (1078361.0 / 162 + 6508.0 / 27 * kZeta3) * n +
           (50065.0 / 162 + 6472.0 / 81 * kZeta3) * n * n + 1093.0 / 729 * n * n * n) /
              (256 * pi2 * pi2)};
}

double beta(double a, const std::array<double, 4>& b, int order) {
  double sum = b[0];
  if (order >= 1) sum += b[1] * a;
  if (order >= 2) sum += b[2] * a * a;
  if (order >= 3) sum += b[3] * a * a * a;
  return -a * a * sum;
}

double evolve(double a, double log_from, double log_to, int nf, int order) {
  const auto b = coefficients(nf);
  const int steps = std::max(8, static_cast<int>(std::abs(log_to - log_from) * 32));
  const double h = (log_to - log_from) / steps;
  for (int i = 0; i < steps && a < 1e6; ++i) {
    const double k1 = beta(a, b, order), k2 = beta(a + h / 2 * k1, b, order);
    const double k3 = beta(a + h / 2 * k2, b, order), k4 = beta(a + h * k3, b, order);
    a += h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
  }
  return a;
}

}  // namespace

AlphaS AlphaS::from_table(std::vector<double> q, std::vector<double> values) {
  if (q.size() != values.size() || q.size() < 2)
    request_error("alpha_s table with {} scales and {} values; expected equally many, two or more", q.size(),
                  values.size());
  // A threshold at an end of the table parts nothing.
  while (q.size() > 2 && q[0] == q[1]) q.erase(q.begin()), values.erase(values.begin());
  while (q.size() > 2 && q[q.size() - 1] == q[q.size() - 2]) q.pop_back(), values.pop_back();
  AlphaS a;
  for (std::size_t i = 0; i < q.size(); ++i) {
    if (!(q[i] > 0) || (i > 0 && q[i] < q[i - 1]) || !(values[i] > 0) || (i > 1 && q[i] == q[i - 2]))
      request_error("alpha_s table: scales must ascend and values be positive, but Q = {}, alpha_s = {}", q[i],
                    values[i]);
    a.log_q2_.push_back(2 * std::log(q[i]));
  }
  if (!(a.log_q2_[0] < a.log_q2_[1])) request_error("alpha_s table: two knots at Q = {} alone", q[0]);
  a.values_ = std::move(values);
  return a;
}

AlphaS AlphaS::from_running(const Running& running) {
  if (!(running.value > 0 && running.value < 1) || running.order < 0 || running.order > 3)
    request_error("alpha_s({} GeV) = {} at {} loops cannot be run; expected 0 < alpha_s < 1 and 1 to 4 loops",
                  running.scale, running.value, running.order + 1);
  if (!(running.scale > 0) || !std::isfinite(running.scale))
    request_error("alpha_s = {} at {} GeV; expected a scale above 0", running.value, running.scale);
  const auto& t = running.thresholds;
  if (!(t[0] >= 0 && t[0] <= t[1] && t[1] <= t[2]))
    request_error("thresholds of c, b and t at {}, {} and {} GeV; expected ascending ones", t[0], t[1], t[2]);
  AlphaS a;
  a.running_ = running;
  for (std::size_t k = 0; k < 3; ++k)
    if (const int below = 3 + static_cast<int>(k); below >= running.least && below < running.most)
      a.thresholds_.push_back({t[k], running.masses[k], below});
  a.tabulate();
  return a;
}

AlphaS AlphaS::from_lambdas(std::map<int, double> lambda, int order, const std::array<double, 3>& thresholds, int least,
                            int most) {
  if (order < 0 || order > 3)
    request_error("alpha_s from Lambda at {} loops; the expansion is known for 1 to 4 loops", order + 1);
  int last = 0;
  for (const auto& [nf, value] : lambda) {
    if (!(value > 0)) request_error("Lambda = {} GeV for {} flavours; expected a positive number", value, nf);
    if (last && nf != last + 1) request_error("Lambda for {} and {} flavours, but for none between", last, nf);
    last = nf;
  }
  if (lambda.empty()) request_error("alpha_s from Lambda, but no Lambda for 3, 4 or 5 flavours is given");
  AlphaS a;
  a.running_.order = order;
  a.running_.thresholds = thresholds;
  a.running_.least = std::max(least, lambda.begin()->first);
  a.running_.most = std::min(most, lambda.rbegin()->first);
  if (a.running_.least > a.running_.most)
    request_error("Lambda is given for {} to {} flavours, but {} are asked for", lambda.begin()->first,
                  lambda.rbegin()->first, least == most ? most : std::min(least, most));
  a.lambda_ = std::move(lambda);
  return a;
}

AlphaS AlphaS::without_set(double value, double m_z) {
  Running running{value, m_z, 1};
  running.thresholds = running.masses = {1.42, 4.7, std::numeric_limits<double>::infinity()};
  running.most = 5;
  return from_running(running);
}

double AlphaS::lowest() const { return values_.empty() ? 0 : std::exp(log_q2_[0] / 2); }

double AlphaS::operator()(double q) const {
  const double a = value(q);
  return a > 0 && a < kMost ? a : std::numeric_limits<double>::infinity();
}

double AlphaS::value(double q) const {
  if (!values_.empty()) return interpolate(q);
  if (!lambda_.empty()) return expand(q);
  if (q == running_.scale) return running_.value;
  const double t = 2 * std::log(q);
  for (const Stretch& stretch : stretches_)
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

// Pieces begin and end at thresholds and at the scale where the running begins.
void AlphaS::tabulate() {
  constexpr double kLeast = 1, kGreatest = 1e6, kStep = 0.02;
  std::vector<double> borders{kLeast, running_.scale, kGreatest};
  for (const double m : running_.thresholds)
    if (m > kLeast && m < kGreatest) borders.push_back(m);
  std::sort(borders.begin(), borders.end());
  for (std::size_t b = 0; b + 1 < borders.size(); ++b) {
    const double from = 2 * std::log(borders[b]), to = 2 * std::log(borders[b + 1]);
    if (!(to > from)) continue;
    const auto steps = static_cast<std::size_t>(std::ceil((to - from) / kStep));
    Stretch stretch{from, (to - from) / static_cast<double>(steps), {}, {}};
    const auto coefficients_here = coefficients(flavours(std::sqrt(borders[b] * borders[b + 1])));
    for (std::size_t i = 0; i <= steps; ++i) {
      const double t = from + stretch.step * static_cast<double>(i);
      // at a border itself rounding must not choose the wrong side of it
      const double value = i == 0 ? run(borders[b], true) : i == steps ? run(borders[b + 1]) : run(std::exp(t / 2));
      stretch.values.push_back(value);
      stretch.slopes.push_back(beta(value, coefficients_here, running_.order));
    }
    stretches_.push_back(std::move(stretch));
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

int AlphaS::flavours(double q) const {
  const auto& t = running_.thresholds;
  const auto above = std::count_if(t.begin(), t.end(), [&](double threshold) { return q > threshold; });
  return std::clamp(3 + static_cast<int>(above), running_.least, running_.most);
}

// alpha(nf + 1) from alpha(nf), or the other way round, at a threshold in powers of a = alpha / pi.
double AlphaS::match(double alpha, const Threshold& threshold, bool up) const {
  const double a = alpha / kPi, nl = threshold.below;
  const double l = threshold.mass > 0 && threshold.scale > 0 ? 2 * std::log(threshold.scale / threshold.mass) : 0;
  const double constant = 564731.0 / 124416 - 82043.0 / 27648 * kZeta3 - 2633.0 / 31104 * nl;
  // Powers of a, of alpha(nl) / alpha(nl + 1) = 1 + sum c_k a(nl + 1)^k or of its inverse in a(nl).
  const double c1 = (up ? 1 : -1) * l / 6;
  const double c2 = up ? l * l / 36 + 11.0 / 24 * l - 11.0 / 72 : l * l / 36 - 11.0 / 24 * l + 11.0 / 72;
  const double c3 =
      up ? l * l * l / 216 + (167.0 / 576 + nl / 36) * l * l + (2645.0 / 1728 - 67.0 / 576 * nl) * l - constant
         : -l * l * l / 216 + (53.0 / 576 - nl / 36) * l * l - (955.0 / 576 - 67.0 / 576 * nl) * l + constant;
  double factor = 1;
  if (running_.order >= 1) factor += c1 * a;
  if (running_.order >= 2) factor += c2 * a * a;
  if (running_.order >= 3) factor += c3 * a * a * a;
  return alpha * factor;
}

double AlphaS::run(double q, bool above) const {
  double at = 2 * std::log(running_.scale), a = running_.value;
  int nf = flavours(running_.scale);
  auto move = [&](double to) {
    a = evolve(a, at, 2 * std::log(to), nf, running_.order);
    at = 2 * std::log(to);
  };
  for (std::size_t k = 0; k < thresholds_.size(); ++k) {
    const Threshold& t = thresholds_[k];
    if (nf > t.below || !(above ? q >= t.scale : q > t.scale)) continue;
    move(t.scale);
    a = match(a, t, true);
    nf = t.below + 1;
  }
  for (std::size_t k = thresholds_.size(); k-- > 0;) {
    const Threshold& t = thresholds_[k];
    if (nf <= t.below || !(above ? q < t.scale : q <= t.scale)) continue;
    move(t.scale);
    a = match(a, t, false);
    nf = t.below;
  }
  move(q);
  return a;
}

// With b_k as above and y = 1 / log(Q^2 / Lambda^2), l = -log(y).
double AlphaS::expand(double q) const {
  const int nf = flavours(q);
  const double lambda = lambda_.at(nf);
  if (!(q > lambda)) return std::numeric_limits<double>::infinity();
  const auto b = coefficients(nf);
  const double y = 1 / (2 * std::log(q / lambda)), l = -std::log(y);
  const double r = b[1] / (b[0] * b[0]), s = b[2] / (b[0] * b[0] * b[0]);
  double sum = 1;
  if (running_.order >= 1) sum -= r * y * l;
  if (running_.order >= 2) sum += y * y * (r * r * (l * l - l - 1) + s);
  if (running_.order >= 3)
    sum -= y * y * y *
           (r * r * r * (l * l * l - 2.5 * l * l - 2 * l + 0.5) + 3 * r * s * l - 0.5 * b[3] / std::pow(b[0], 4));
  return y / b[0] * sum;
}

}  // namespace thalweg
