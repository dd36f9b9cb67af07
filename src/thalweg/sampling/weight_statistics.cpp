#include "thalweg/sampling/weight_statistics.h"

#include <algorithm>
#include <bit>
#include <cfloat>
#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/base/json_reader.h"

namespace thalweg {
namespace {

// Exponent and eight bits of mantissa of a positive double: ascending, exact.
std::int64_t bin_of(double weight) { return static_cast<std::int64_t>(std::bit_cast<std::uint64_t>(weight) >> 44); }
double lower_edge(std::int64_t bin) { return std::bit_cast<double>(static_cast<std::uint64_t>(bin) << 44); }

}  // namespace

void WeightStatistics::add(double weight) {
  ++points_;
  const double delta = weight - mean_;
  mean_ += delta / static_cast<double>(points_);
  m2_ += delta * (weight - mean_);
  if (weight == 0) return;
  ++non_zero_;
  const double size = std::abs(weight);
  absolute_sum_ += size;
  Bin& bin = histogram_[bin_of(size)];
  ++bin.count;
  bin.sum += size;
  if (top_.size() < kTop || size > top_.back()) {
    top_.insert(std::upper_bound(top_.begin(), top_.end(), size, std::greater<>()), size);
    if (top_.size() > kTop) top_.pop_back();
  }
}

void WeightStatistics::add_marks(std::uint8_t marks, double size) {
  for (std::size_t k = 0; k < kMostMarks; ++k)
    if (marks >> k & 1) ++marked_[k].points, marked_[k].sum += std::abs(size);
}

void WeightStatistics::merge(const WeightStatistics& other) {
  const double n = static_cast<double>(points_), m = static_cast<double>(other.points_);
  if (other.points_ > 0) {
    const double delta = other.mean_ - mean_;
    mean_ += delta * m / (n + m);
    m2_ += other.m2_ + delta * delta * n * m / (n + m);
  }
  points_ += other.points_;
  non_zero_ += other.non_zero_;
  non_finite_ += other.non_finite_;
  absolute_sum_ += other.absolute_sum_;
  for (std::size_t k = 0; k < kMostMarks; ++k) {
    marked_[k].points += other.marked_[k].points;
    marked_[k].sum += other.marked_[k].sum;
  }
  for (const auto& [key, bin] : other.histogram_) {
    histogram_[key].count += bin.count;
    histogram_[key].sum += bin.sum;
  }
  std::vector<double> all(top_.size() + other.top_.size());
  std::merge(top_.begin(), top_.end(), other.top_.begin(), other.top_.end(), all.begin(), std::greater<>());
  all.resize(std::min(all.size(), kTop));
  top_ = std::move(all);
}

double WeightStatistics::variance() const { return points_ > 1 ? m2_ / static_cast<double>(points_ - 1) : 0; }
double WeightStatistics::error2() const { return points_ > 1 ? variance() / static_cast<double>(points_) : 0; }

double WeightStatistics::variance_of_variance() const {
  if (points_ < 2) return 0;
  double sum = static_cast<double>(points_ - non_zero_) * std::pow(mean_, 4);
  for (const auto& [key, bin] : histogram_) {
    const auto count = static_cast<double>(bin.count);
    sum += count * std::pow(bin.sum / count - std::abs(mean_), 4);
  }
  const auto n = static_cast<double>(points_);
  return std::max(sum / n - variance() * variance(), 0.0) / n;
}

double WeightStatistics::bootstrap_maximum(std::uint64_t draws) const {
  if (top_.empty()) return 0;
  // P(maximum < k-th largest) = (1 - k/n)^draws; the median is where it passes 1/2
  const double n = static_cast<double>(non_zero_), log_half = std::log(0.5);
  for (std::size_t k = 1; k <= top_.size(); ++k) {
    const double rest = 1 - static_cast<double>(k) / n;
    if (rest <= 0 || static_cast<double>(draws) * std::log(rest) <= log_half) return top_[k - 1];
  }
  return top_.back();
}

std::vector<WeightStatistics::Tail> WeightStatistics::tail() const {
  std::vector<Tail> result = {{maximum(), 0, 0}};
  const auto points = static_cast<double>(points_);
  double count = 0, sum = 0;
  for (auto it = histogram_.rbegin(); it != histogram_.rend(); ++it) {
    count += static_cast<double>(it->second.count);
    sum += it->second.sum;
    const double edge = lower_edge(it->first);
    result.push_back({edge, count / points, std::max(sum - count * edge, 0.0) / points});
  }
  return result;
}

nlohmann::json WeightStatistics::to_json() const {
  nlohmann::json bins = nlohmann::json::array();
  for (const auto& [key, bin] : histogram_) bins.push_back({key, bin.count, bin.sum});
  nlohmann::json marks = nlohmann::json::array();
  for (std::size_t k = 0; k < kMostMarks; ++k)
    if (marked_[k].points > 0) marks.push_back({k, marked_[k].points, marked_[k].sum});
  return {{"points", points_},
          {"marks", marks},
          {"non_zero", non_zero_},
          {"non_finite", non_finite_},
          {"mean", mean_},
          {"absolute_sum", absolute_sum_},
          {"m2", m2_},
          {"top", top_},
          {"histogram", bins}};
}

WeightStatistics WeightStatistics::from_json(const JsonReader& json) {
  WeightStatistics s;
  s.points_ = json.at("points").whole();
  s.non_finite_ = json.at("non_finite").whole(0, s.points_);
  s.non_zero_ = json.at("non_zero").whole(0, s.points_ - s.non_finite_);
  s.mean_ = json.at("mean").number();
  s.m2_ = json.at("m2").number(0);
  s.absolute_sum_ = json.at("absolute_sum").number(0);
  s.top_ = json.at("top").numbers(std::min<std::uint64_t>(s.non_zero_, kTop), DBL_MIN * DBL_EPSILON);
  const JsonReader marks = json.at("marks");
  for (std::size_t i = 0; i < marks.size(0, kMostMarks); ++i) {
    const JsonReader mark = marks.at(i);
    mark.size(3, 3);
    s.marked_[mark.at(0).whole(0, kMostMarks - 1)] = {mark.at(1).whole(1, s.points_), mark.at(2).number(0)};
  }
  const JsonReader bins = json.at("histogram");
  for (std::size_t i = 0; i < bins.size(); ++i) {
    const JsonReader bin = bins.at(i);
    bin.size(3, 3);
    const auto key = static_cast<std::int64_t>(bin.at(0).whole(0, static_cast<std::uint64_t>(bin_of(DBL_MAX))));
    if (!s.histogram_.empty() && key <= s.histogram_.rbegin()->first) bin.fail("the bins do not ascend");
    s.histogram_[key] = {bin.at(1).whole(1, s.non_zero_), bin.at(2).number(0)};
  }
  s.check(json);
  return s;
}

// The sums say the same thing in several ways; rounding apart.
void WeightStatistics::check(const JsonReader& json) const {
  constexpr double kRounding = 1e-6;
  std::uint64_t count = 0;
  double sum = 0, squares = 0;
  for (const auto& [key, bin] : histogram_) {
    const auto n = static_cast<double>(bin.count);
    if (bin.sum < n * lower_edge(key) * (1 - kRounding) || bin.sum > n * lower_edge(key + 1) * (1 + kRounding))
      json.fail(fmt::format("a bin of 'histogram' with {} weights of sum {}, which lie elsewhere", bin.count, bin.sum));
    count += bin.count;
    sum += bin.sum;
    squares += bin.sum * (bin.sum / n);
  }
  if (count != non_zero_) json.fail(fmt::format("{} weights in 'histogram', but non_zero = {}", count, non_zero_));
  if (std::abs(sum - absolute_sum_) > kRounding * sum)
    json.fail(fmt::format("absolute_sum = {}, but that of 'histogram' is {}", absolute_sum_, sum));
  if (!std::is_sorted(top_.rbegin(), top_.rend()) || (!top_.empty() && bin_of(top_[0]) != histogram_.rbegin()->first))
    json.fail("'top' are not the largest weights of 'histogram' in their order");
  // Points that are not finite count as zeros in the first and leave the second as it is.
  const auto all = static_cast<double>(points_), finite = static_cast<double>(points_ - non_finite_);
  if (finite > 0 && std::abs(mean_) * finite > sum * (1 + kRounding))
    json.fail(fmt::format("mean = {}, but that of the sizes is {}", mean_, sum / finite));
  // A bin is narrower than 1/256 of its weights.
  constexpr double kWidth = 1.0 / 256;
  const double seen = m2_ + all * mean_ * mean_, slack = (kRounding + kWidth * kWidth) * squares;
  if (non_finite_ == 0 && std::isfinite(squares) && std::abs(seen - squares) > slack)
    json.fail(
        fmt::format("m2 = {} and mean = {} give a sum of squares of {}, but it is {}", m2_, mean_, seen, squares));
}

}  // namespace thalweg
