// Gaussian peaks in the plane and channels that each fit one: for tests of several channels.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include "thalweg/sampling/integrand.h"

namespace thalweg {

// f = N(x; c_1) + N(x; c_2) with c = -+1 on the diagonal, width 0.3; channel i draws each coordinate of x by a Cauchy
// density at centre(i). Channels 0 and 1 sit on the peaks, further ones far off at 4 + i. Flat priors. The integral
// is 2.
class TwoPeaks : public Integrand {
 public:
  explicit TwoPeaks(std::size_t channels = 2) : channels_(channels) {}
  std::size_t dim() const override { return 2; }
  std::size_t channels() const override { return channels_; }
  std::string channel_name(std::size_t c) const override { return std::to_string(c); }
  std::size_t features() const override { return 2; }
  void evaluate(std::size_t channel, const Batch& y, const Evaluation& out, Arena&) const override {
    for (std::size_t e = 0; e < y.size; ++e) {
      double x[2], density = 1;
      for (std::size_t i = 0; i < 2; ++i) {
        const double t = std::tan(std::numbers::pi * (y.row(i)[e] - 0.5));
        x[i] = centre(channel) + kWidth * t;
        density /= std::numbers::pi * kWidth * (1 + t * t);
      }
      out.weight[e] = value(x) / density;
      for (std::size_t i = 0; i < out.features.dim; ++i) out.features.row(i)[e] = x[i];
      std::vector<double> alpha(channels_);
      double sum = 0;
      for (std::size_t c = 0; c < channels_; ++c) sum += alpha[c] = prior(c, x);
      for (double& a : alpha) a /= sum;
      set_alpha(out, channel, e, alpha);
    }
  }

 protected:
  virtual double prior(std::size_t, const double*) const { return 1; }
  static double centre(std::size_t c) { return c == 0 ? -1 : c == 1 ? 1 : 4 + static_cast<double>(c); }

 private:
  static constexpr double kWidth = 0.3;
  static double value(const double* x) {
    double sum = 0;
    for (const double c : {-1.0, 1.0}) {
      const double r2 = ((x[0] - c) * (x[0] - c) + (x[1] - c) * (x[1] - c)) / (kWidth * kWidth);
      sum += std::exp(-r2 / 2) / (2 * std::numbers::pi * kWidth * kWidth);
    }
    return sum;
  }
  std::size_t channels_;
};

}  // namespace thalweg
