// A Mapping with parameters, evaluated on tiles of 64 points that leave behind what a gradient needs.
#pragma once

#include <memory>
#include <span>

#include "thalweg/base/mapping.h"
#include "thalweg/flow/flow_layout.h"

namespace thalweg {

// Memory of a pass, reused from tile to tile; made by the map that it serves.
class MapTape {
 public:
  virtual ~MapTape() = default;
};

// Tiles are [dim][64] doubles in [0,1], replaced by their image; log_density is log |d latent / d sample| = log g.
class TrainableMap : public Mapping {
 public:
  virtual std::span<float> parameters() = 0;  // padded to multiples of 16
  std::span<const float> parameters() const { return const_cast<TrainableMap*>(this)->parameters(); }
  virtual std::unique_ptr<TrainableMap> clone() const = 0;
  virtual std::unique_ptr<MapTape> tape(bool gradient) const = 0;

  // condition: of all points of the tile, for maps that know several; else 0.
  virtual void sample_tile(std::size_t condition, double* x, double* log_density, MapTape& tape) const = 0;
  // Sample -> latent; only where has_inverse().
  virtual void density_tile(std::size_t condition, double* x, double* log_density, MapTape& tape) const = 0;

  virtual const LayerSizes& sizes() const = 0;
  // Adds sum_e factor[e] d log g(x_e) / d parameters at fixed sample points to `gradient` (LayerSizes::gradient()),
  // from the tape of a pass.
  virtual void backward_tile(const double* factor, MapTape& tape, float* gradient) const = 0;
  // Adds sum_e (by_log_density[e] log g(x_e) + sum_i by_sample[i][e] x_i(e)) / d parameters at fixed latent points,
  // from the tape of sample_tile; RunError for maps without such a gradient.
  // Signs of det dx/dz of the points of sample_tile, [64]; null where they are +1 by construction.
  virtual const double* signs(const MapTape&) const { return nullptr; }
  virtual void path_backward_tile(const double* by_log_density, const double* by_sample, MapTape& tape,
                                  float* gradient) const;

  // Batches by tiles: forward and inverse of Mapping under a condition.
  void sample(std::size_t condition, const Batch& in, const Batch& out, std::span<double> log_jacobian) const;
  void density(std::size_t condition, const Batch& in, const Batch& out, std::span<double> log_jacobian) const;
};

// A map under one of its conditions.
class ConditionedMap : public Mapping {
 public:
  ConditionedMap(std::shared_ptr<const TrainableMap> map, std::size_t condition)
      : map_(std::move(map)), condition_(condition) {}
  std::size_t dim() const override { return map_->dim(); }
  bool has_inverse() const override { return map_->has_inverse(); }
  void forward(const Batch& in, const Batch& out, std::span<double> log_jacobian) const override {
    map_->sample(condition_, in, out, log_jacobian);
  }
  void inverse(const Batch& in, const Batch& out, std::span<double> log_jacobian) const override {
    map_->density(condition_, in, out, log_jacobian);
  }

 private:
  std::shared_ptr<const TrainableMap> map_;
  std::size_t condition_;
};

// Rows of `batch` from event `first` on as a tile [dim][64], and back; events beyond the end are 0.5.
void load_tile(const Batch& batch, std::size_t first, double* tile);
void store_tile(const double* tile, std::size_t first, const Batch& batch);

}  // namespace thalweg
