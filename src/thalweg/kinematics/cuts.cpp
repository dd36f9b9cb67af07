#include "thalweg/kinematics/cuts.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace thalweg {

namespace {

bool of_two(Observable observable) {
  return observable == Observable::delta_r || observable == Observable::delta_phi ||
         observable == Observable::delta_eta;
}

// Pseudorapidity and azimuth of each particle, once for all pairs.
class Directions {
 public:
  Directions(const Momenta& momenta, Arena& arena) : momenta_(momenta), arena_(arena), known_(momenta.legs()) {}

  void separation(Observable observable, int a, int b, std::span<double> out) {
    const Direction &p = of(a), &q = of(b);
    for (std::size_t e = 0; e < out.size(); ++e) {
      const double eta = p.eta[e] - q.eta[e], turn = std::abs(p.phi[e] - q.phi[e]);
      const double phi = turn > std::numbers::pi ? 2 * std::numbers::pi - turn : turn;
      out[e] = observable == Observable::delta_eta   ? std::abs(eta)
               : observable == Observable::delta_phi ? phi
                                                     : std::sqrt(eta * eta + phi * phi);
    }
  }

 private:
  struct Direction {
    std::span<double> eta, phi;
  };
  const Direction& of(int leg) {
    Direction& d = known_[static_cast<std::size_t>(leg)];
    if (d.eta.empty()) {
      d = {arena_.take<double>(momenta_.size()), arena_.take<double>(momenta_.size())};
      evaluate(Observable::eta, momenta_, {&leg, 1}, d.eta);
      evaluate(Observable::phi, momenta_, {&leg, 1}, d.phi);
    }
    return d;
  }

  const Momenta& momenta_;
  Arena& arena_;
  std::vector<Direction> known_;
};

}  // namespace

void Cuts::apply(const Momenta& momenta, Arena& arena, std::span<std::uint8_t> pass) const {
  std::fill(pass.begin(), pass.end(), std::uint8_t{1});
  if (cuts_.empty()) return;
  const auto values = arena.take<double>(pass.size());
  Directions directions(momenta, arena);
  for (const Cut& cut : cuts_)
    for (const auto& legs : cut.tuples) {
      if (of_two(cut.observable))
        directions.separation(cut.observable, legs[0], legs[1], values);
      else
        evaluate(cut.observable, momenta, legs, values);
      for (std::size_t e = 0; e < pass.size(); ++e)
        pass[e] &= static_cast<std::uint8_t>(values[e] >= cut.min && values[e] <= cut.max);
    }
}

}  // namespace thalweg
