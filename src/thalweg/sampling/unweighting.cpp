#include "thalweg/sampling/unweighting.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "thalweg/base/random.h"
#include "thalweg/base/time_budget.h"

namespace thalweg {

double UnweightingPlan::sum() const { return std::accumulate(w_max.begin(), w_max.end(), 0.0); }

UnweightingPlan UnweightingPlan::from_budget(const std::vector<WeightStatistics>& channels, double budget,
                                             const std::vector<double>& cost, bool leave_one_out) {
  std::vector<std::vector<WeightStatistics::Tail>> tails;
  double size = 0, dearest = 0;
  for (const WeightStatistics& c : channels) {
    tails.push_back(c.tail());
    if (c.points() > 0) size += c.absolute_sum() / static_cast<double>(c.points());
  }
  for (const double c : cost) dearest = std::max(dearest, c);
  // With the share p of points above the maximum of the dearest channel.
  auto with_share = [&](double p) {
    UnweightingPlan plan;
    for (std::size_t c = 0; c < channels.size(); ++c) {
      const double here = cost.empty() ? p : p * cost[c] / dearest;
      auto last = std::upper_bound(tails[c].begin(), tails[c].end(), here,
                                   [](double share, const WeightStatistics::Tail& t) { return share < t.share; });
      plan.w_max.push_back(std::prev(last)->w_max);
      // A point above the maximum meets the one that the others give, which is a point lower; and the largest of all
      // meets the second.
      const double above = std::prev(last)->share, one = 1 / static_cast<double>(channels[c].points());
      while (leave_one_out && last != tails[c].end() && last->share < std::max(above, one) + 0.5 * one) ++last;
      if (size > 0) plan.over += (leave_one_out && last != tails[c].end() ? last : std::prev(last))->over / size;
    }
    return plan;
  };
  constexpr double kLeastShare = 1e-12;
  double low = kLeastShare, high = 1;
  for (int i = 0; i < 60; ++i) {
    const double middle = std::sqrt(low * high);
    (with_share(middle).over <= budget ? low : high) = middle;
  }
  UnweightingPlan plan = with_share(low);
  if (leave_one_out && budget > 0 && plan.over > budget) plan.raise(channels, budget);
  return plan;
}

// All maxima alike: which channels have a far largest weight is chance.
void UnweightingPlan::raise(const std::vector<WeightStatistics>& channels, double budget) {
  auto expected = [&](double factor) {
    double above = 0, size = 0;
    for (const WeightStatistics& c : channels) {
      if (c.points() == 0) continue;
      above += std::max(c.maximum() - factor * c.second(), 0.0) / static_cast<double>(c.points());
      size += c.absolute_sum() / static_cast<double>(c.points());
    }
    return above / size;
  };
  if (expected(kMostRaised) > budget) return;
  double low = 1, high = kMostRaised;
  for (int i = 0; i < 20; ++i) {
    const double middle = (low + high) / 2;
    (expected(middle) > budget ? low : high) = middle;
  }
  for (std::size_t c = 0; c < channels.size(); ++c) w_max[c] = high * channels[c].maximum();
  over = expected(high);
}

double negative_share(const std::vector<WeightStatistics>& channels) {
  double size = 0, value = 0;
  for (const WeightStatistics& c : channels) {
    if (c.points() == 0) continue;
    size += c.absolute_sum() / static_cast<double>(c.points());
    value += c.mean();
  }
  constexpr double kRounding = 1e-12;
  const double share = size > 0 ? (1 - value / size) / 2 : 0;
  return share < kRounding ? 0 : share;
}

Efficiencies efficiencies(const std::vector<WeightStatistics>& channels, const UnweightingPlan& plan) {
  Efficiencies result;
  double integral = 0, size = 0, trials = 0;
  std::uint64_t points = 0, non_zero = 0;
  for (const WeightStatistics& c : channels) {
    integral += c.mean();
    points += c.points();
    non_zero += c.non_zero();
    result.relative_std_dev += std::sqrt(c.variance());
  }
  result.relative_std_dev /= integral;
  result.cut = static_cast<double>(non_zero) / static_cast<double>(points);
  result.bootstrap_draws = std::max<std::uint64_t>(non_zero / 10, 1);
  result.overweight_share = plan.over;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const WeightStatistics& c = channels[i];
    if (c.non_zero() == 0) continue;
    const double share = c.mean() / integral, mean = c.absolute_sum() / static_cast<double>(c.non_zero());
    const double replica = c.bootstrap_maximum(std::max<std::uint64_t>(c.non_zero() / 10, 1));
    result.unweighting += share * mean / c.maximum();
    result.bootstrap += share * std::min(mean / replica, 1.0);  // the median of a few may lie below their mean
    const double points_here = static_cast<double>(c.points());
    size += c.absolute_sum() / points_here;
    trials += plan.w_max[i] * static_cast<double>(c.non_zero()) / points_here;
  }
  result.budget = size * (1 - plan.over) / trials;
  return result;
}

UnweightedChunk unweight_chunk(const Integrand& integrand, const std::vector<CellularMap>& maps,
                               const UnweightingPlan& plan, std::uint64_t seed, std::uint64_t chunk, Arena& arena) {
  const std::size_t dim = integrand.dim(), n = kChunk, channels = maps.size(), record = integrand.record_size();
  StageLaps lap;
  RandomStream random({seed, Phase::generation, 0, chunk});
  const Batch numbers = Batch::take(arena, dim + 3, n);  // coordinates, channel, acceptance, pick
  for (std::size_t e = 0; e < n; ++e)
    for (std::size_t d = 0; d < dim + 3; ++d) numbers.row(d)[e] = random.next();
  lap(Stage::random);

  // Sort trials by channel for evaluation; their own order is restored below.
  const double sum = plan.sum();
  std::vector<std::vector<std::size_t>> trials(channels);
  for (std::size_t e = 0; e < n; ++e) {
    double left = numbers.row(dim)[e] * sum;
    std::size_t c = 0;
    while (c + 1 < channels && left >= plan.w_max[c]) left -= plan.w_max[c++];
    while (plan.w_max[c] == 0 && c > 0) --c;  // rounding at the upper end
    trials[c].push_back(e);
  }

  UnweightedChunk result;
  result.trials = n;
  std::vector<std::vector<double>> accepted(n);
  const Arena::Mark mark = arena.mark();
  for (std::size_t c = 0; c < channels; ++c) {
    const std::size_t m = trials[c].size();
    if (m == 0) continue;
    arena.rewind(mark);  // a large amplitude needs megabytes of scratch
    const Batch z = Batch::take(arena, dim, m), y = Batch::take(arena, dim, m);
    const Batch records = Batch::take(arena, record, m);
    const auto weight = arena.take<double>(m), log_jacobian = arena.take<double>(m), pick = arena.take<double>(m);
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t d = 0; d < dim; ++d) z.row(d)[i] = numbers.row(d)[trials[c][i]];
      pick[i] = numbers.row(dim + 2)[trials[c][i]];
    }
    lap(Stage::unweighting);
    maps[c].forward(z, y, log_jacobian);
    lap(Stage::random);
    integrand.evaluate(c, y, {.weight = weight, .records = records, .pick = pick}, arena);
    lap.skip();
    for (std::size_t i = 0; i < m; ++i) {
      const double w = weight[i] == 0 ? 0 : weight[i] * std::exp(log_jacobian[i]);
      if (!std::isfinite(w)) {
        ++result.non_finite;
        continue;
      }
      result.non_zero += w != 0;
      const std::size_t e = trials[c][i];
      if (!(numbers.row(dim + 1)[e] * plan.w_max[c] < std::abs(w))) continue;
      auto& row = accepted[e];
      row.reserve(kRowHead + record);
      row = {std::copysign(std::max(std::abs(w) / plan.w_max[c], 1.0), w), static_cast<double>(c), 0.0};
      for (std::size_t r = 0; r < record; ++r) row.push_back(records.row(r)[i]);
    }
  }
  std::uint64_t since = 0;
  for (auto& row : accepted) {
    ++since;
    if (row.empty()) continue;
    row[2] = static_cast<double>(since);
    since = 0;
    result.rows.insert(result.rows.end(), row.begin(), row.end());
  }
  result.trailing_trials = since;
  lap(Stage::unweighting);
  return result;
}

}  // namespace thalweg
