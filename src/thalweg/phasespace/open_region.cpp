// Whether cuts leave anything of a region.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "thalweg/phasespace/divergences.h"
#include "thalweg/phasespace/region_points.h"

namespace thalweg {
namespace {

using Kind = SingularRegion::Kind;

constexpr double kDistance = 1e-12;
constexpr std::size_t kPopulation = 256, kBest = 48;
constexpr int kGenerations = 200, kPatience = 20;

bool kept_out(const SingularRegion& region, const CutBounds& bounds) {
  const std::size_t n = bounds.size();
  const bool beam = region.kind == Kind::beam_a || region.kind == Kind::beam_b;
  for (std::size_t i = 0; i < n; ++i) {
    if (!(region.set >> i & 1)) continue;
    if (region.kind == Kind::soft && bounds.least_energy_of(i) > 0) return true;
    if ((region.kind == Kind::soft || beam) && bounds.least_pt(i) > 0) return true;
    for (std::size_t j = 0; j < i; ++j)
      if (region.kind == Kind::collinear && (region.set >> j & 1) && bounds.least_delta_r(i, j) > 0) return true;
  }
  if (beam && bounds.least_pt_of_set(region.set) > 0) return true;
  if (region.kind == Kind::collinear && bounds.least_mass(region.set) > 0) return true;
  return region.kind == Kind::energy && bounds.least_energy() > 0;
}

// A population of points that moves to where the cuts are less violated.
class Search {
 public:
  Search(const RegionPoints& points, const CutBounds& bounds, std::size_t legs)
      : points_(points),
        bounds_(bounds),
        momenta_(Momenta::take(arena_, legs, kPopulation)),
        value_(kPopulation),
        where_(kPopulation, std::vector<double>(points.dim())),
        violation_(kPopulation),
        order_(kPopulation) {}

  bool run() {
    std::uniform_real_distribution<double> uniform(0, 1);
    for (auto& x : where_)
      for (double& u : x) u = uniform(random_);
    double best = 1e300;
    int stuck = 0;
    for (int generation = 0; generation < kGenerations && stuck < kPatience; ++generation) {
      look();
      const double now = violation_[order_[0]];
      if (now == 0) return true;
      stuck = now < 0.99 * best ? 0 : stuck + 1;
      best = std::min(best, now);
      move();
    }
    return false;
  }

 private:
  // How far each point is from passing: each cut by its relative distance, 1 where it has no value.
  void look() {
    std::fill(violation_.begin(), violation_.end(), 0.0);
    for (std::size_t e = 0; e < kPopulation; ++e)
      if (!points_.make(where_[e], momenta_, e)) {
        violation_[e] = 1e6;
        for (std::size_t r = 0; r < momenta_.rows.dim; ++r) momenta_.rows.row(r)[e] = 1;
      }
    for (const Cut& cut : bounds_.cuts().list())
      for (const auto& legs : cut.tuples) {
        evaluate(cut.observable, momenta_, legs, value_);
        for (std::size_t e = 0; e < kPopulation; ++e) {
          const double v = value_[e], off = v < cut.min ? cut.min - v : v - cut.max;
          if (v >= cut.min && v <= cut.max) continue;
          const double limit = v < cut.min ? cut.min : cut.max, share = off / (std::abs(v) + std::abs(limit));
          violation_[e] += std::isfinite(share) ? share : 1;
        }
      }
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::stable_sort(order_.begin(), order_.end(),
                     [&](std::size_t a, std::size_t b) { return violation_[a] < violation_[b]; });
  }

  // The best ones stay; the others start from one of them, by steps of all sizes in some coordinates or along the
  // difference of two.
  void move() {
    std::uniform_real_distribution<double> uniform(0, 1);
    std::normal_distribution<double> normal;
    std::uniform_int_distribution<std::size_t> parent(0, kBest - 1);
    for (std::size_t k = kBest; k < kPopulation; ++k) {
      std::vector<double>& x = where_[order_[k]];
      const auto &from = where_[order_[parent(random_)]], &one = where_[order_[parent(random_)]],
                 &other = where_[order_[parent(random_)]];
      const double size = std::pow(10.0, -5 * uniform(random_)), share = 2 / (1.0 + static_cast<double>(x.size()));
      const bool along = uniform(random_) < 0.4;
      for (std::size_t i = 0; i < x.size(); ++i) {
        double u = from[i];
        if (along)
          u += 0.7 * (one[i] - other[i]);
        else if (uniform(random_) < std::max(share, 0.15))
          u += size * normal(random_);
        u = std::abs(u);
        if (u > 1) u = std::max(0.0, 2 - u);
        x[i] = u;
      }
    }
  }

  const RegionPoints& points_;
  const CutBounds& bounds_;
  Arena arena_;
  Momenta momenta_;
  std::mt19937_64 random_{1};
  std::vector<double> value_;
  std::vector<std::vector<double>> where_;
  std::vector<double> violation_;
  std::vector<std::size_t> order_;
};

}  // namespace

bool cuts_leave(const SingularRegion& region, const Beams& beams, const CutBounds& bounds) {
  if (region.kind == Kind::resonance || region.kind == Kind::decay) return true;
  if (kept_out(region, bounds)) return false;
  std::vector<double> masses;
  for (std::size_t i = 0; i < bounds.size(); ++i) masses.push_back(bounds.mass(i));
  const RegionPoints points(beams, masses, bounds.least_energy(), region.kind, region.set, kDistance);
  return Search(points, bounds, beams.incoming() + bounds.size()).run();
}

}  // namespace thalweg
