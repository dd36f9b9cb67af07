// A fully connected network as a map of the unit cube (Chen, Klimek, Perelstein, SciPost Phys. 10, 023 (2021), section
// 2), with its Jacobian by forward mode: tiles of 64 points, the network in float, all of dim x dim in double.
//
//   cube       y = SC_p(N(x))            of the paper
//   stretched  y = SC_p(N(u)), u = SC_p^-1(x)
//   SC_p(z)    = log((1 + e^(p z)) / (1 + e^(p (z - 1)))) / p, about z for 0 < z < 1, never outside of [0,1]
// A bijection only as far as training makes it one. The image of the cube ends where training leaves it, short of faces
// where the integrand vanishes; that of stretched inputs, which have no bounds, misses less than can be measured.
// N gets 2 x - 1 or 2 u - 1. With z = N, T = dz/dx or dz/du:
//   log |det dy/dx| = log |det T| + sum_i log SC_p'(z_i) [- sum_i log SC_p'(u_i)]
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "thalweg/flow/flow_layout.h"
#include "thalweg/flow/trainable_map.h"

namespace thalweg {

enum class AnnInputs { cube, stretched };
inline const std::vector<std::string> kAnnInputNames = {"cube", "stretched"};
inline constexpr std::size_t kMaxAnnDim = 16;

struct AnnConfig {
  std::size_t dim = 1;      // 1 to kMaxAnnDim
  std::size_t hidden = 64;  // nodes of a hidden layer
  std::size_t layers = 7;   // linear layers: hidden ones and the output
  Activation activation = Activation::elu;
  double clip = 50;  // p of the soft clipping, 1 to 1000
  AnnInputs inputs = AnnInputs::cube;
  bool operator==(const AnnConfig&) const = default;
};

struct AnnLayout {
  explicit AnnLayout(const AnnConfig& config);  // RequestError for a shape out of range
  AnnConfig config;
  std::vector<LinearLayer> layers;
  LayerSizes sizes;
};

// Weights uniform in +-sqrt(6 / (in + out)), output biases 1/2, all others 0: the image is a small region in the
// middle, which training unfolds.
AlignedVector<float> initial_parameters(const AnnLayout& layout, std::uint64_t seed);

// What a pass leaves behind for its gradient; one without gradient keeps two layers only, which stay in the cache.
class AnnTape : public MapTape {
 public:
  AnnTape(const AnnLayout& layout, bool gradient);

  bool gradient() const { return gradient_; }
  // Layer l's input (or the outputs, after the last), its tangents by each coordinate, slopes of the activation that
  // made it and ratios of second to first derivative; [row][64], tangents [coordinate][row][64].
  struct Rows {
    AlignedVector<float> value, tangent, slope, ratio;
  };
  Rows& rows(std::size_t l) { return rows_[gradient_ || l == 0 ? l : 1 + l % 2]; }

  AlignedVector<double> u, z;                              // [dim][64]
  AlignedVector<double> log_slope_u, log_slope_z;          // log SC_p'
  AlignedVector<double> curvature_u, curvature_z;          // d log SC_p' / d argument
  AlignedVector<double> inverse;                           // of T, [row][column][64]; with gradient only
  AlignedVector<double> log_jacobian, sign;                // of det dy/dx: log of the size, +1 or -1; [64]
  AlignedVector<double> by_det, adjoint;                   // scratch of the backward pass: [64], [dim][64]
  AlignedVector<float> delta, delta_next;                  // by values, [row][64]
  AlignedVector<float> delta_tangent, delta_tangent_next;  // by tangents, [coordinate][row][64]
  std::size_t tangent_rows = 0;                            // rows of a coordinate in the tangents

 private:
  bool gradient_;
  std::vector<Rows> rows_;
};

// x: [dim][64] doubles in [0,1], replaced by the image. Fills tape.log_jacobian (-inf where det = 0) and tape.sign.
void ann_tile(const AnnLayout& layout, const float* parameters, double* x, AnnTape& tape);

// Adds sum_e (by_log_jacobian[e] d log|det dy/dx|_e + sum_i by_image[i][e] dy_i(e)) / d parameters at fixed x.
// by_image may be null. Points whose determinant vanishes add nothing.
void ann_tile_backward(const AnnLayout& layout, const float* parameters, const double* by_log_jacobian,
                       const double* by_image, AnnTape& tape, float* gradient);

// Adds sum_e factor[e] d log g(y_e) / d parameters at fixed y_e, g = 1 / |det dy/dx|, for a map that is a bijection
// about the point: x moves by -J^-1 dy, and log g with it.
void ann_tile_density_backward(const AnnLayout& layout, const float* parameters, const double* factor, AnnTape& tape,
                               float* gradient);

}  // namespace thalweg
