#include "thalweg/sampling/foam_builder.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "thalweg/base/interrupt.h"
#include "thalweg/base/random.h"
#include "thalweg/base/worker_team.h"
#include "thalweg/sampling/foam_cell.h"

namespace thalweg {
namespace {

constexpr std::size_t kSteps = 2, kStepPoints = 64;
constexpr double kNearest = 1.0 / 400;  // of the side of a cell: steps are that long to a whole side
constexpr std::uint64_t kProbes = 2;
constexpr double kOutlier = 4;  // times the mean waste

class Explorer {
 public:
  Explorer(const Integrand& integrand, const std::vector<const Mapping*>& maps, const std::vector<std::uint8_t>& active,
           const FoamConfig& config, const std::function<void(std::uint64_t)>& report)
      : integrand_(integrand),
        maps_(maps),
        config_(config),
        report_(report),
        dim_(integrand.dim()),
        team_(config.threads),
        channels_of_(maps.size()),
        foams_(maps.size(), Foam(dim_)) {
    for (std::size_t c = 0; c < integrand.channels(); ++c)
      if (active[c]) channels_of_[integrand.map_of(c)].push_back(c);
  }

  Exploration run() {
    for (std::size_t m = 0; m < maps_.size(); ++m)
      if (!channels_of_[m].empty()) cells_.push_back({.map = m});
    std::vector<std::size_t> fresh(cells_.size());
    std::iota(fresh.begin(), fresh.end(), std::size_t{0});
    look(fresh, kFirstLook * config_.cell_points);
    for (std::uint64_t i = 1; i <= kProbes; ++i) {
      cut_until(config_.cells * i / kProbes, 0);
      settle();
      probe(config_.cells * config_.cell_points);
      // What was found last would be drawn in vain all over its cell: a few cells more than asked for.
      cut_until(config_.cells * i / kProbes + config_.cells / 5, kOutlier);
    }
    const double efficiency = settle();
    return {std::move(foams_), evaluations_, efficiency};
  }

 private:
  // |w| at latent points of a channel's map.
  std::span<const double> weigh(std::size_t channel, const Batch& z, RandomStream& random, Arena& arena) const {
    const Batch x = Batch::take(arena, dim_, z.size);
    const auto log_jacobian = arena.take<double>(z.size), weight = arena.take<double>(z.size);
    maps_[integrand_.map_of(channel)]->forward(z, x, log_jacobian);
    const auto pick = arena.take<double>(z.size);
    for (double& p : pick) p = random.next();
    integrand_.evaluate(channel, x, {.weight = weight, .pick = pick}, arena);
    for (std::size_t e = 0; e < z.size; ++e) {
      const double w = weight[e] == 0 ? 0 : std::abs(weight[e]) * std::exp(log_jacobian[e]);
      weight[e] = std::isfinite(w) ? w : 0;
    }
    return weight;
  }

  std::vector<double> row(const Batch& z, std::size_t e, double weight) const {
    std::vector<double> result;
    for (std::size_t d = 0; d < dim_; ++d) result.push_back(z.row(d)[e]);
    result.push_back(weight);
    return result;
  }

  void cut_until(std::uint64_t cells, double least) {
    for (std::vector<std::size_t> fresh;
         cells_.size() < cells && !(fresh = cut_worst(cells - cells_.size(), least)).empty();)
      look(fresh, config_.cell_points);
  }

  // Cuts at most `room` of the cells, those that waste most and more than `least` times the mean; returns both parts of
  // each.
  std::vector<std::size_t> cut_worst(std::size_t room, double least) {
    double waste = 0;
    for (const FoamCell& c : cells_) waste += c.waste() / static_cast<double>(cells_.size());
    std::vector<std::size_t> order;
    for (std::size_t k = 0; k < cells_.size(); ++k)
      if (cells_[k].cut.gain > 0 && cells_[k].waste() > least * waste) order.push_back(k);
    const std::size_t n = std::min({order.size(), room, cells_.size() / 3 + 1});
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(n), order.end(),
                      [&](std::size_t a, std::size_t b) { return cells_[a].waste() > cells_[b].waste(); });
    std::vector<std::size_t> fresh;
    for (std::size_t i = 0; i < n; ++i) {
      fresh.insert(fresh.end(), {order[i], cells_.size()});
      cells_.push_back(cut_cell(cells_[order[i]], foams_[cells_[order[i]].map]));
    }
    return fresh;
  }

  // Fills cells up to `points`, goes on from the largest weight to larger ones, and finds the next cuts.
  void look(const std::vector<std::size_t>& which, std::uint64_t points) {
    ++round_;
    std::vector<std::uint64_t> made(which.size());
    team_.run(which.size(), [&](std::size_t k, Arena& arena) {
      throw_if_interrupted();
      FoamCell& cell = cells_[which[k]];
      RandomStream random({config_.seed, Phase::exploration, round_, k});
      const auto& channels = channels_of_[cell.map];
      const std::uint64_t seen = cell.points.size() / (dim_ + 1), wanted = points - std::min(points, seen);
      for (std::size_t i = 0; i < channels.size(); ++i)
        made[k] +=
            draw(cell, channels[i], wanted * (i + 1) / channels.size() - wanted * i / channels.size(), random, arena);
      for (std::size_t i = 0; i < kSteps; ++i) made[k] += step(cell, channels[i % channels.size()], random, arena);
      cell.cut = best_cut(cell, foams_[cell.map]);
    });
    count(std::accumulate(made.begin(), made.end(), std::uint64_t{0}));
  }

  void count(std::uint64_t evaluations) {
    evaluations_ += evaluations;
    if (report_) report_(evaluations_);
  }

  std::uint64_t draw(FoamCell& cell, std::size_t channel, std::uint64_t n, RandomStream& random, Arena& arena) const {
    if (n == 0) return 0;
    const Batch z = Batch::take(arena, dim_, n);
    const auto low = foams_[cell.map].low(cell.number), high = foams_[cell.map].high(cell.number);
    for (std::size_t e = 0; e < n; ++e)
      for (std::size_t d = 0; d < dim_; ++d) z.row(d)[e] = low[d] + (high[d] - low[d]) * random.next();
    const auto weight = weigh(channel, z, random, arena);
    for (std::size_t e = 0; e < n; ++e) cell.add(row(z, e, weight[e]).data(), dim_, true);
    return n;
  }

  // Points around that of the largest weight, at distances of all orders; the best of them is kept.
  std::uint64_t step(FoamCell& cell, std::size_t channel, RandomStream& random, Arena& arena) const {
    if (!(cell.largest > 0)) return 0;
    const double* best = cell.points.data();
    for (const double* p = best; p != cell.points.data() + cell.points.size(); p += dim_ + 1)
      if (p[dim_] > best[dim_]) best = p;
    const Batch z = Batch::take(arena, dim_, kStepPoints);
    const auto low = foams_[cell.map].low(cell.number), high = foams_[cell.map].high(cell.number);
    for (std::size_t e = 0; e < z.size; ++e) {
      const double distance = std::pow(kNearest, random.next());
      for (std::size_t d = 0; d < dim_; ++d) {
        const double side = high[d] - low[d], at = best[d] + distance * side * (2 * random.next() - 1);
        z.row(d)[e] = std::clamp(at, low[d] + 1e-9 * side, high[d] - 1e-9 * side);
      }
    }
    const auto weight = weigh(channel, z, random, arena);
    const auto largest = static_cast<std::size_t>(std::max_element(weight.begin(), weight.end()) - weight.begin());
    if (weight[largest] > cell.largest) cell.add(row(z, largest, weight[largest]).data(), dim_, false);
    return z.size;
  }

  struct Task {
    std::size_t channel;
    std::uint64_t count;
  };
  // About n points, as many of each channel as its map has of the density.
  std::vector<Task> probe_tasks(std::uint64_t n) const {
    constexpr std::uint64_t kPart = 1024;
    std::vector<double> size(maps_.size());
    for (const FoamCell& c : cells_) size[c.map] += c.volume * c.height();
    const double total = std::accumulate(size.begin(), size.end(), 0.0);
    std::vector<Task> tasks;
    for (std::size_t m = 0; m < maps_.size() && total > 0; ++m)
      for (const std::size_t c : channels_of_[m]) {
        const double share = size[m] / total / static_cast<double>(channels_of_[m].size());
        for (auto left = static_cast<std::uint64_t>(share * static_cast<double>(n)); left > 0;
             left -= std::min(left, kPart))
          tasks.push_back({c, std::min(left, kPart)});
      }
    return tasks;
  }

  // Points as they will be drawn: cells learn of weights larger than those they know.
  void probe(std::uint64_t n) {
    ++round_;
    std::vector<std::vector<std::size_t>> index(maps_.size());  // of a cell, by map and number
    for (std::size_t m = 0; m < maps_.size(); ++m) index[m].resize(foams_[m].cells());
    for (std::size_t k = 0; k < cells_.size(); ++k) index[cells_[k].map][cells_[k].number] = k;
    struct Found {
      std::size_t cell;
      std::vector<double> row;
    };
    const std::vector<Task> tasks = probe_tasks(n);
    std::vector<std::vector<Found>> found(tasks.size());
    team_.run(tasks.size(), [&](std::size_t k, Arena& arena) {
      throw_if_interrupted();
      const std::size_t m = integrand_.map_of(tasks[k].channel);
      RandomStream random({config_.seed, Phase::exploration, round_, k});
      const Batch z = Batch::take(arena, dim_, tasks[k].count);
      for (std::size_t d = 0; d < dim_; ++d) random.fill({z.row(d), z.size});
      foams_[m].forward(z, z, arena.take<double>(z.size));
      const auto weight = weigh(tasks[k].channel, z, random, arena);
      for (std::size_t e = 0; e < z.size; ++e)
        if (const std::size_t cell = index[m][foams_[m].find(z, e)]; weight[e] > cells_[cell].largest)
          found[k].push_back({cell, row(z, e, weight[e])});
    });
    std::vector<std::size_t> touched;
    for (const auto& of_task : found)
      for (const Found& f : of_task) {
        FoamCell& cell = cells_[f.cell];
        cell.add(f.row.data(), dim_, false);  // chosen for its weight: it may not count in the mean
        cell.largest_drawn = std::max(cell.largest_drawn, f.row[dim_]);
        touched.push_back(f.cell);
      }
    std::sort(touched.begin(), touched.end());
    touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
    team_.run(touched.size(), [&](std::size_t k, Arena&) {
      FoamCell& cell = cells_[touched[k]];
      cell.cut = best_cut(cell, foams_[cell.map]);
    });
    for (const Task& task : tasks) count(task.count);
  }

  // Gives the cells their probabilities; returns the efficiency that is left.
  double settle() {
    double kept = 0, total = 0;
    for (std::size_t m = 0; m < maps_.size(); ++m) {
      std::vector<const FoamCell*> cells;
      for (const FoamCell& c : cells_)
        if (c.map == m) cells.push_back(&c);
      // Where there is no weight, a hundredth of the mean keeps all of the cube within reach.
      double mean = 0;
      for (const FoamCell* c : cells) mean += c->volume * c->mean();
      const double least = std::max(common_height(cells), 0.01 * mean);
      if (!(least > 0)) continue;
      std::vector<double> probability(cells.size());
      for (const FoamCell* c : cells) total += probability[c->number] = c->volume * std::max(c->height(), least);
      kept += mean;
      foams_[m].set_probabilities(probability);
    }
    return total > 0 ? kept / total : 0;
  }

  const Integrand& integrand_;
  const std::vector<const Mapping*>& maps_;
  FoamConfig config_;
  const std::function<void(std::uint64_t)>& report_;
  std::size_t dim_;
  WorkerTeam team_;
  std::vector<std::vector<std::size_t>> channels_of_;
  std::vector<Foam> foams_;
  std::vector<FoamCell> cells_;
  std::uint32_t round_ = 0;
  std::uint64_t evaluations_ = 0;
};

}  // namespace

Exploration explore(const Integrand& integrand, const std::vector<const Mapping*>& maps,
                    const std::vector<std::uint8_t>& active, const FoamConfig& config,
                    const std::function<void(std::uint64_t)>& report) {
  return Explorer(integrand, maps, active, config, report).run();
}

}  // namespace thalweg
