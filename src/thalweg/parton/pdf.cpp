// Kernel: one event at a time, SIMD lanes across flavours, so that all loads are contiguous. For k
// flavours an event costs 16 k multiply-adds and 128 k bytes from the table.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thalweg/parton/pdf.cpp"
#include "thalweg/parton/pdf.h"

// The order matters.
// clang-format off
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>
// clang-format on

#ifndef THALWEG_PDF_ROWS
#define THALWEG_PDF_ROWS
namespace thalweg {

// The rows of the table that a value of Q needs, with their weights.
struct QRows {
  std::size_t first = 0, count = 0;
  double weight[4] = {0, 0, 0, 0};
};

}  // namespace thalweg
#endif

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// values[e][f] = sum_r weight_r sum_k t_e^k c[r][k][f] for n events with equal Q; an event without an
// interval (outside of the grid) is left alone.
void combine(const double* const* intervals, const double* t, std::size_t n, const QRows& rows, std::size_t width,
             double* values) {
  const hn::ScalableTag<double> d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t e = 0; e < n; ++e) {
    if (!intervals[e]) continue;
    const auto vt = hn::Set(d, t[e]);
    for (std::size_t f = 0; f < width; f += lanes) {
      auto sum = hn::Zero(d);
      for (std::size_t r = 0; r < rows.count; ++r) {
        const double* c = intervals[e] + (rows.first + r) * 4 * width + f;
        auto value = hn::Load(d, c + 3 * width);
        value = hn::MulAdd(value, vt, hn::Load(d, c + 2 * width));
        value = hn::MulAdd(value, vt, hn::Load(d, c + width));
        value = hn::MulAdd(value, vt, hn::Load(d, c));
        sum = hn::MulAdd(hn::Set(d, rows.weight[r]), value, sum);
      }
      hn::Store(sum, d, values + e * width + f);
    }
  }
}

void logarithms(const double* in, double* out, std::size_t n) {
  const hn::ScalableTag<double> d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t i = 0; i < n; i += lanes) hn::Store(hn::Log(d, hn::Load(d, in + i)), d, out + i);
}

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace thalweg {

HWY_EXPORT(combine);
HWY_EXPORT(logarithms);

namespace {

constexpr std::size_t kBuckets = 1024;
constexpr std::size_t kMaxWidth = 32;

// log(v^power), rounded as evaluate() rounds its arguments, so that Q on a knot is on the knot.
std::vector<double> logs(const std::vector<double>& values, int power) {
  std::vector<double> result;
  for (double v : values) result.push_back(std::log(power == 2 ? v * v : v));
  return result;
}

PdfEvaluator::Table make_table(const SubGrid& grid, const std::vector<int>& flavours, std::size_t width,
                               bool logarithmic, bool cubic) {
  PdfEvaluator::Table table;
  table.log_x = logs(grid.x, 1);
  table.log_q2 = logs(grid.q, 2);
  table.at_x = logarithmic ? table.log_x : grid.x;
  table.at_q2 = table.log_q2;
  if (!logarithmic)
    for (std::size_t i = 0; i < grid.q.size(); ++i) table.at_q2[i] = grid.q[i] * grid.q[i];
  const std::size_t nx = grid.x.size(), nq = grid.q.size();
  table.coefficients.assign((nx - 1) * nq * 4 * width, 0.0);
  const bool linear = nq < 4 || !cubic;
  for (std::size_t k = 0; k < flavours.size(); ++k) {
    const auto found = std::find(grid.flavours.begin(), grid.flavours.end(), flavours[k]);
    if (found == grid.flavours.end()) continue;
    const auto fl = static_cast<std::size_t>(found - grid.flavours.begin());
    for (std::size_t iq = 0; iq < nq; ++iq) {
      auto value = [&](std::size_t ix) { return grid.value(ix, iq, fl); };
      auto slope = [&](std::size_t ix) { return (value(ix + 1) - value(ix)) / (table.at_x[ix + 1] - table.at_x[ix]); };
      auto derivative = [&](std::size_t ix) {
        if (ix == 0) return slope(0);
        if (ix == nx - 1) return slope(nx - 2);
        return (slope(ix - 1) + slope(ix)) / 2;
      };
      for (std::size_t ix = 0; ix + 1 < nx; ++ix) {
        const double h = table.at_x[ix + 1] - table.at_x[ix];
        const double p0 = value(ix), p1 = value(ix + 1), m0 = h * derivative(ix), m1 = h * derivative(ix + 1);
        double* c = table.coefficients.data() + (ix * nq + iq) * 4 * width + k;
        c[0] = p0;
        c[width] = linear ? p1 - p0 : m0;
        c[2 * width] = linear ? 0 : 3 * (p1 - p0) - 2 * m0 - m1;
        c[3 * width] = linear ? 0 : 2 * (p0 - p1) + m0 + m1;
      }
    }
  }
  table.hint_scale = kBuckets / (table.log_x.back() - table.log_x.front());
  std::size_t ix = 0;
  for (std::size_t b = 0; b < kBuckets; ++b) {
    const double start = table.log_x.front() + static_cast<double>(b) / table.hint_scale;
    while (ix + 2 < nx && table.log_x[ix + 1] <= start) ++ix;
    table.hint.push_back(static_cast<int>(ix));
  }
  return table;
}

std::size_t interval_of(const PdfEvaluator::Table& table, double log_x) {
  const double position = (log_x - table.log_x.front()) * table.hint_scale;
  const auto bucket = static_cast<std::size_t>(std::clamp(position, 0.0, kBuckets - 1.0));
  auto ix = static_cast<std::size_t>(table.hint[bucket]);
  while (ix > 0 && log_x < table.log_x[ix]) --ix;  // a bucket border may round either way
  while (ix + 2 < table.log_x.size() && log_x >= table.log_x[ix + 1]) ++ix;
  return ix;
}

QRows rows_of(const std::vector<double>& l, double t, bool cubic) {
  const std::size_t n = l.size();
  auto i = static_cast<std::size_t>(std::upper_bound(l.begin(), l.end(), t) - l.begin());
  i = std::clamp<std::size_t>(i, 1, n - 1) - 1;
  const double h = l[i + 1] - l[i], u = (t - l[i]) / h;
  QRows rows;
  if (n < 4 || !cubic) {
    rows = {i, 2, {1 - u, u, 0, 0}};
    return rows;
  }
  const double u2 = u * u, u3 = u2 * u;
  const double h00 = 2 * u3 - 3 * u2 + 1, h10 = u3 - 2 * u2 + u, h01 = 3 * u2 - 2 * u3, h11 = u3 - u2;
  const bool lower = i == 0, upper = i + 2 == n;
  // slopes: mean of the neighbouring difference quotients, one-sided at the edges
  const double r0 = lower ? 0 : h / (l[i] - l[i - 1]), r2 = upper ? 0 : h / (l[i + 2] - l[i + 1]);
  const double a = lower ? 1 : 0.5, b = upper ? 1 : 0.5;
  const double w[4] = {-0.5 * r0 * h10, h00 + h10 * (0.5 * r0 - a) - b * h11, h01 + a * h10 + h11 * (b - 0.5 * r2),
                       0.5 * r2 * h11};
  rows.first = lower ? 0 : i - 1;
  const std::size_t skip = lower ? 1 : 0;
  rows.count = 4 - skip - (upper ? 1 : 0);
  for (std::size_t r = 0; r < rows.count; ++r) rows.weight[r] = w[r + skip];
  return rows;
}

const PdfEvaluator::Table& table_of(const std::vector<PdfEvaluator::Table>& tables, double log_q2) {
  std::size_t s = 0;
  while (s + 1 < tables.size() && log_q2 >= tables[s + 1].log_q2.front()) ++s;
  return tables[s];
}

double power_law(double t, double t0, double t1, double v0, double v1) {
  const double u = (t - t0) / (t1 - t0);
  if (v0 > 1e-3 && v1 > 1e-3) return v0 * std::exp(u * std::log(v1 / v0));
  return v0 + u * (v1 - v0);
}

}  // namespace

PdfEvaluator::PdfEvaluator(const GridFile& grid, std::vector<int> flavours, const GridRules& rules)
    : flavours_(std::move(flavours)),
      rules_(rules),
      logarithmic_(rules.interpolator == Interpolator::logcubic || rules.interpolator == Interpolator::log),
      cubic_(rules.interpolator == Interpolator::logcubic || rules.interpolator == Interpolator::cubic),
      width_(padded(flavours_.size())) {
  for (const SubGrid& sub : grid.subgrids) tables_.push_back(make_table(sub, flavours_, width_, logarithmic_, cubic_));
}

double PdfEvaluator::coordinate(double logarithm) const { return logarithmic_ ? logarithm : std::exp(logarithm); }

void PdfEvaluator::point(double log_x, double log_q2, double* out) const {
  const Table& table = table_of(tables_, log_q2);
  const QRows rows = rows_of(table.at_q2, coordinate(log_q2), cubic_);
  const std::size_t ix = interval_of(table, log_x);
  const double t = (coordinate(log_x) - table.at_x[ix]) / (table.at_x[ix + 1] - table.at_x[ix]);
  const double* interval = table.coefficients.data() + ix * table.log_q2.size() * 4 * width_;
  HWY_DYNAMIC_DISPATCH(combine)(&interval, &t, 1, rows, width_, out);
}

void PdfEvaluator::outside(double x, double q2, double* out) const {
  const auto& first = tables_.front();
  const auto& last = tables_.back();
  const double log_x = std::log(x), log_q2 = std::log(q2);
  if (rules_.extrapolator == Extrapolator::error) {
    std::fill_n(out, width_, std::numeric_limits<double>::quiet_NaN());
    return;
  }
  if (rules_.extrapolator == Extrapolator::nearest) {
    const double q = std::clamp(log_q2, first.log_q2.front(), last.log_q2.back());
    const Table& table = table_of(tables_, q);
    return point(std::clamp(log_x, table.log_x.front(), table.log_x.back()), q, out);
  }
  alignas(64) double a[kMaxWidth], b[kMaxWidth];
  if (log_q2 < first.log_q2.front()) {
    const double at = first.log_q2.front(), ratio = q2 / std::exp(at);
    inside_x(log_x, at, a);
    inside_x(log_x, at + std::log(1.01), b);
    for (std::size_t k = 0; k < width_; ++k) {
      const double slope = std::abs(a[k]) >= 1e-5 ? std::max(-2.5, (b[k] - a[k]) / a[k] / 0.01) : 1.0;
      out[k] = a[k] * std::pow(ratio, slope * ratio + 1 - ratio);
    }
  } else if (log_q2 > last.log_q2.back()) {
    const std::size_t n = last.log_q2.size();
    inside_x(log_x, last.log_q2[n - 1], a);
    inside_x(log_x, last.log_q2[n - 2], b);
    for (std::size_t k = 0; k < width_; ++k)
      out[k] = power_law(log_q2, last.log_q2[n - 1], last.log_q2[n - 2], a[k], b[k]);
  } else {
    inside_x(log_x, log_q2, out);
  }
}

void PdfEvaluator::inside_x(double log_x, double log_q2, double* out) const {
  const Table& table = table_of(tables_, log_q2);
  const double x0 = table.log_x[0], x1 = table.log_x[1];
  if (log_x >= x0) return point(std::min(log_x, table.log_x.back()), log_q2, out);
  alignas(64) double a[kMaxWidth], b[kMaxWidth];
  point(x0, log_q2, a);
  point(x1, log_q2, b);
  for (std::size_t k = 0; k < width_; ++k) out[k] = power_law(log_x, x0, x1, a[k], b[k]);
}

void PdfEvaluator::evaluate(std::span<const double> x, std::span<const double> q2, const Batch& out, Arena& arena,
                            std::uint64_t* extrapolated) const {
  const std::size_t n = x.size(), room = padded(n);
  double* xs = arena.take<double>(room).data();
  double* log_x = arena.take<double>(room).data();
  double* t = arena.take<double>(room).data();
  const double** intervals = arena.take<const double*>(n).data();
  double* values = arena.take<double>(n * width_).data();
  for (std::size_t e = 0; e < room; ++e) xs[e] = e < n ? x[e] : 1.0;
  HWY_DYNAMIC_DISPATCH(logarithms)(xs, log_x, room);
  // Runs of events with equal Q: a fixed scale is one run.
  for (std::size_t first = 0, last; first < n; first = last) {
    for (last = first + 1; last < n && q2[last] == q2[first];) ++last;
    const double log_q2 = std::log(q2[first]);
    const Table& table = table_of(tables_, log_q2);
    const bool q_inside = log_q2 >= table.log_q2.front() && log_q2 <= table.log_q2.back();
    const std::size_t interval_size = table.log_q2.size() * 4 * width_;
    for (std::size_t e = first; e < last; ++e) {
      intervals[e] = nullptr;
      if (q_inside && log_x[e] >= table.log_x.front() && log_x[e] <= table.log_x.back()) {
        const std::size_t ix = interval_of(table, log_x[e]);
        t[e] = ((logarithmic_ ? log_x[e] : x[e]) - table.at_x[ix]) / (table.at_x[ix + 1] - table.at_x[ix]);
        intervals[e] = table.coefficients.data() + ix * interval_size;
      } else {
        outside(x[e], q2[e], values + e * width_);
        if (extrapolated) ++*extrapolated;
      }
    }
    const QRows rows = q_inside ? rows_of(table.at_q2, logarithmic_ ? log_q2 : q2[first], cubic_) : QRows{};
    HWY_DYNAMIC_DISPATCH(combine)(intervals + first, t + first, last - first, rows, width_, values + first * width_);
  }
  for (std::size_t k = 0; k < flavours_.size(); ++k)
    for (std::size_t e = 0; e < n; ++e) out.row(k)[e] = values[e * width_ + k];
  if (rules_.force_positive == 0) return;
  const double least = rules_.force_positive == 1 ? 0 : 1e-10;
  for (std::size_t k = 0; k < flavours_.size(); ++k)
    for (std::size_t e = 0; e < n; ++e)
      if (out.row(k)[e] < least) out.row(k)[e] = least;
}

}  // namespace thalweg
#endif
