#include "thalweg/flow/reference_flow.h"

#include <algorithm>
#include <cmath>

namespace thalweg {
namespace {

double activated(Activation kind, double x) {
  switch (kind) {
    case Activation::leaky_relu: return x > 0 ? x : static_cast<double>(kLeakySlope) * x;
    case Activation::elu: return x > 0 ? x : std::expm1(x);
    default: return x / (1 + std::exp(-x));
  }
}

std::vector<double> network(const FlowLayout& layout, const CouplingBlock& block, std::span<const double> p,
                            std::size_t condition, const std::vector<double>& x) {
  std::vector<double> in;
  for (std::size_t d : block.conditioning) in.push_back(2 * x[d] - 1);
  for (std::size_t l = 0; l < block.layers.size(); ++l) {
    const LinearLayer& layer = block.layers[l];
    std::vector<double> out(layer.out);
    for (std::size_t o = 0; o < layer.out; ++o) {
      out[o] = p[layer.bias + condition * layout.sizes.biases + o];
      for (std::size_t i = 0; i < layer.in; ++i) out[o] += p[layer.weights + o * layer.stride + i] * in[i];
      if (l + 1 < block.layers.size()) out[o] = activated(layout.config.activation, out[o]);
    }
    in = out;
  }
  return in;
}

std::vector<double> softmax(std::span<const double> t) {
  const double largest = *std::max_element(t.begin(), t.end());
  std::vector<double> share;
  double sum = 0;
  for (double v : t) sum += share.emplace_back(std::exp(v - largest));
  for (double& v : share) v = (1 - static_cast<double>(t.size()) * kBinFloor) * v / sum + kBinFloor;
  return share;
}

double softplus_derivative(double t) {
  return kDerivativeFloor +
         (1 - kDerivativeFloor) * (std::max(t, 0.0) + std::log1p(std::exp(-std::abs(t)))) / std::log(2);
}

}  // namespace

double reference_density(const FlowLayout& layout, std::span<const double> parameters, std::size_t condition,
                         std::vector<double>& x) {
  const std::size_t bins = layout.config.bins;
  double log_density = 0;
  for (const CouplingBlock& block : layout.blocks) {
    const auto theta = network(layout, block, parameters, condition, x);
    for (std::size_t i = 0; i < block.transformed.size(); ++i) {
      const std::span<const double> t(theta.data() + i * (3 * bins + 1), 3 * bins + 1);
      const auto w = softmax(t.first(bins)), h = softmax(t.subspan(bins, bins));
      double& value = x[block.transformed[i]];
      double left = 0, height = 0;
      std::size_t k = 0;
      while (k + 1 < bins && value >= left + w[k]) left += w[k], height += h[k], ++k;
      const double dm = softplus_derivative(t[2 * bins + k]), dp = softplus_derivative(t[2 * bins + k + 1]);
      const double s = h[k] / w[k], xi = (value - left) / w[k], eta = 1 - xi;
      const double den = s + (dm + dp - 2 * s) * xi * eta;
      value = height + h[k] * (s * xi * xi + dm * xi * eta) / den;
      log_density += std::log(s * s * (dp * xi * xi + 2 * s * xi * eta + dm * eta * eta) / (den * den));
    }
  }
  return log_density;
}

}  // namespace thalweg
