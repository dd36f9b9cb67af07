// A phase-space channel: a bijection of the unit hypercube onto beam fractions and final momenta.
#pragma once

#include <string>

#include "thalweg/phasespace/beams.h"

namespace thalweg {

class Channel {
 public:
  explicit Channel(std::string name) : name_(std::move(name)) {}
  virtual ~Channel() = default;

  const std::string& name() const { return name_; }
  // 3 n - 4 for n final particles, and two more for hadrons.
  virtual std::size_t dim() const = 0;
  // y: dim() rows of numbers in [0,1]. Momenta are on shell (each to rounding of its own energy) and balance (to
  // rounding of the largest). Thread safe; the same bits for any split of the batch.
  virtual void forward(const Batch& y, const PhaseSpacePoints& points) const = 0;
  // Any momenta, incoming first -> coordinates and density g = 1/volume; density 0 where the channel does not reach,
  // and then coordinates mean nothing. Never an error.
  virtual void inverse(const Momenta& momenta, const Batch& y, std::span<double> density) const = 0;
  // The density alone, of points with x_a, x_b, s_hat and the rows of the InvariantTable of the channel.
  virtual void density(const PhaseSpacePoints& points, const Batch& invariants, std::span<double> out) const = 0;

 private:
  std::string name_;
};

}  // namespace thalweg
