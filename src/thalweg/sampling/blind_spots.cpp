#include "thalweg/sampling/blind_spots.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "thalweg/base/interrupt.h"
#include "thalweg/base/ordered_pipeline.h"
#include "thalweg/base/random.h"

namespace thalweg {
namespace {

constexpr std::uint64_t kPart = 1024;

// Towards the nearer face: density of the distance t to it, on (kNearestFace, 1/2), two faces.
const double kLogRange = std::log(0.5 / kNearestFace);
double face_density(double y) {
  const double t = std::min(y, 1 - y);
  return t > kNearestFace ? 1 / (2 * t * kLogRange) : 0;
}
double towards_face(double u) {
  const bool upper = u >= 0.5;
  const double t = kNearestFace * std::exp(kLogRange * (upper ? 2 * u - 1 : 2 * u));
  return upper ? 1 - t : t;
}

struct Part {
  double over = 0, far = 0, largest = 0;
  std::uint64_t points = 0;
  std::string where;
};

struct Task {
  std::size_t channel;
  std::uint64_t count, of_channel;
};

Part look(const Integrand& integrand, const CellularMap& map, double w_max, const Task& task, RandomStream random,
          Arena& arena) {
  const std::size_t dim = integrand.dim(), n = task.count;
  const Batch y = Batch::take(arena, dim, n), z = Batch::take(arena, dim, n);
  const auto density = arena.take<double>(n), weight = arena.take<double>(n), log_density = arena.take<double>(n),
             pick = arena.take<double>(n);
  for (std::size_t e = 0; e < n; ++e) {
    // Some coordinates near a face, the others anywhere: a corner, an edge or a face.
    const bool uniform = random.next() < 0.5;
    double product = 1;
    for (std::size_t d = 0; d < dim; ++d) {
      const bool near = !uniform && random.next() < 0.5;
      const double u = random.next();
      y.row(d)[e] = near ? towards_face(u) : u;
      product *= 0.5 + 0.5 * face_density(y.row(d)[e]);
    }
    density[e] = 0.5 + 0.5 * product;
    pick[e] = random.next();
  }
  integrand.evaluate(task.channel, y, {.weight = weight, .pick = pick}, arena);
  map.inverse(y, z, log_density);
  Part part;
  for (std::size_t e = 0; e < n; ++e) {
    const double value = std::abs(weight[e]), most = w_max * std::exp(log_density[e]);
    if (!std::isfinite(value) || !std::isfinite(most) || value <= most) continue;
    const double over = (value - most) / density[e] / static_cast<double>(task.of_channel);
    part.over += over;
    if (value > kFarAbove * most) part.far += over, ++part.points;
    if (over <= part.largest) continue;
    part.largest = over;
    part.where = "channel " + integrand.channel_name(task.channel) + ", y =";
    for (std::size_t d = 0; d < dim; ++d) part.where += fmt::format(" {:.6g}", y.row(d)[e]);
  }
  return part;
}

}  // namespace

BlindSpots find_blind_spots(const Integrand& integrand, const IntegratorState& state, const UnweightingPlan& plan,
                            std::uint64_t points, std::uint64_t seed, int threads) {
  const auto maps = state.maps();
  std::vector<Task> tasks;
  const auto counts = allocate(points, state.sigma, state.active);
  for (std::size_t c = 0; c < counts.size(); ++c)
    for (std::uint64_t left = counts[c]; left > 0; left -= std::min(left, kPart))
      tasks.push_back({c, std::min(left, kPart), counts[c]});
  BlindSpots result;
  double over = 0, far = 0, largest = 0;
  ordered_pipeline<Part>(
      0, tasks.size(), threads,
      [&](std::uint64_t k, Arena& arena) {
        throw_if_interrupted();
        const std::size_t c = tasks[k].channel;
        return look(integrand, maps[c], plan.w_max[c], tasks[k], RandomStream({seed, Phase::trial, 1, k}), arena);
      },
      [&](std::uint64_t k, Part& part) {
        over += part.over, far += part.far;
        result.points += part.points;
        result.evaluations += tasks[k].count;
        if (part.largest > largest) largest = part.largest, result.where = part.where;
        return true;
      });
  double size = 0;
  for (const WeightStatistics& c : state.channels)
    if (c.points() > 0) size += c.absolute_sum() / static_cast<double>(c.points());
  if (over + size > 0) result.share = over / (over + size), result.far = far / (over + size);
  return result;
}

}  // namespace thalweg
