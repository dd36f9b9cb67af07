#include "thalweg/flow/reference_ann.h"

#include <cmath>
#include <utility>

namespace thalweg {
namespace {

double sigma(double t) { return 1 / (1 + std::exp(-t)); }

// Value and slope of an activation.
std::pair<double, double> activated(Activation kind, double x) {
  const double leak = static_cast<double>(kLeakySlope);
  switch (kind) {
    case Activation::leaky_relu: return x > 0 ? std::pair(x, 1.0) : std::pair(leak * x, leak);
    case Activation::elu: return x > 0 ? std::pair(x, 1.0) : std::pair(std::expm1(x), std::exp(x));
    default: return {x * sigma(x), sigma(x) * (1 + x * (1 - sigma(x)))};
  }
}

double log_slope(double p, double z) {
  return std::log(sigma(p * z)) + std::log(sigma(p * (1 - z))) + std::log1p(-std::exp(-p));
}

// log|det| and sign, by elimination with pivots.
std::pair<double, double> determinant(std::vector<std::vector<double>> a) {
  double log_det = 0, sign = 1;
  for (std::size_t c = 0; c < a.size(); ++c) {
    std::size_t best = c;
    for (std::size_t r = c; r < a.size(); ++r)
      if (std::abs(a[r][c]) > std::abs(a[best][c])) best = r;
    if (best != c) std::swap(a[best], a[c]), sign = -sign;
    if (a[c][c] < 0) sign = -sign;
    log_det += std::log(std::abs(a[c][c]));
    for (std::size_t r = c + 1; r < a.size(); ++r)
      for (std::size_t k = a.size(); k-- > c;) a[r][k] -= a[r][c] / a[c][c] * a[c][k];
  }
  return {log_det, sign};
}

}  // namespace

double reference_soft_clip(double p, double z) {
  auto softplus = [](double t) { return std::max(t, 0.0) + std::log1p(std::exp(-std::abs(t))); };
  return (softplus(p * z) - softplus(p * (z - 1))) / p;
}

double reference_soft_clip_inverse(double p, double y) {
  return y + (std::log(-std::expm1(-p * y)) - std::log(-std::expm1(-p * (1 - y)))) / p;
}

AnnPoint reference_ann(const AnnLayout& layout, std::span<const double> parameters, const std::vector<double>& x) {
  const AnnConfig& c = layout.config;
  const bool stretched = c.inputs == AnnInputs::stretched;
  std::vector<double> u = x, h(c.dim);
  std::vector<std::vector<double>> tangents(c.dim, std::vector<double>(c.dim));  // [row][coordinate]
  for (std::size_t i = 0; i < c.dim; ++i) {
    if (stretched) u[i] = reference_soft_clip_inverse(c.clip, x[i]);
    h[i] = 2 * u[i] - 1;
    tangents[i][i] = 2;
  }
  for (std::size_t l = 0; l < layout.layers.size(); ++l) {
    const LinearLayer& layer = layout.layers[l];
    std::vector<double> next(layer.out);
    std::vector<std::vector<double>> next_tangents(layer.out, std::vector<double>(c.dim));
    for (std::size_t o = 0; o < layer.out; ++o) {
      next[o] = parameters[layer.bias + o];
      for (std::size_t i = 0; i < layer.in; ++i) {
        const double w = parameters[layer.weights + o * layer.stride + i];
        next[o] += w * h[i];
        for (std::size_t k = 0; k < c.dim; ++k) next_tangents[o][k] += w * tangents[i][k];
      }
      if (l + 1 == layout.layers.size()) continue;
      const auto [value, slope] = activated(c.activation, next[o]);
      next[o] = value;
      for (double& t : next_tangents[o]) t *= slope;
    }
    h = std::move(next);
    tangents = std::move(next_tangents);
  }
  AnnPoint point{std::vector<double>(c.dim), 0, 1};
  double slopes = 0;
  for (std::size_t i = 0; i < c.dim; ++i) {
    point.y[i] = reference_soft_clip(c.clip, h[i]);
    slopes += log_slope(c.clip, h[i]) - (stretched ? log_slope(c.clip, u[i]) : 0);
  }
  const auto [log_det, sign] = determinant(tangents);
  point.log_jacobian = log_det + slopes;
  point.sign = sign;
  return point;
}

}  // namespace thalweg
