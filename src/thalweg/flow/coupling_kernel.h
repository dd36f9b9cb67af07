// A tile of 64 events through all blocks of a coupling flow: networks in float, splines in double, SIMD lanes
// across events, activations as [feature][event]. The same bits for any split of a batch into tiles.
#pragma once

#include <vector>

#include "thalweg/base/aligned.h"
#include "thalweg/flow/mlp.h"
#include "thalweg/flow/trainable_map.h"

namespace thalweg {

// What a pass leaves behind for its gradient. Reused from tile to tile. A tape of one block serves passes
// without gradient; its memory stays in L1/L2.
class FlowTape : public MapTape {
 public:
  FlowTape(const FlowLayout& layout, bool gradient);

  struct Block : LayerTape {       // the last rows: exponentials of the outputs
    AlignedVector<double> spline;  // [feature][kSplineDoubles][event]
    AlignedVector<float> bins;     // [feature][kSplineFloats][event]
  };
  static constexpr std::size_t kSplineDoubles = 5;  // xi, w_k, h_k, d_-, d_+
  // k, 1/sum of exponentials and their share left of the bin for widths and heights, slopes of d_- and d_+
  static constexpr std::size_t kSplineFloats = 7;

  bool gradient() const { return gradient_; }
  Block& block(std::size_t b) { return blocks_[gradient_ ? b : 0]; }
  AlignedVector<float> delta, delta_next;  // scratch of the backward pass
  AlignedVector<double> adjoint;           // [dim][event]

 private:
  bool gradient_;
  std::vector<Block> blocks_;
};

enum class Direction { sample, density };  // latent -> data, data -> latent

// x: [dim][64] doubles in [0,1], replaced by the image. log_density: log |d latent / d data| of each event, the
// same in both directions. `condition`: index of the one-hot condition of all 64 events.
void flow_tile(Direction direction, const FlowLayout& layout, const float* parameters, std::size_t condition, double* x,
               double* log_density, FlowTape& tape);

// Adds sum_e factor[e] d log_density(x_e) / d parameters, at fixed data x_e, to `gradient`
// (LayerSizes::gradient(), whatever the condition). The tape is that
// of a pass in either direction: a coupling block sees the same inputs in both, so that points which were
// just sampled need no second pass.
void flow_tile_backward(const FlowLayout& layout, const float* parameters, const double* factor, FlowTape& tape,
                        float* gradient);

}  // namespace thalweg
