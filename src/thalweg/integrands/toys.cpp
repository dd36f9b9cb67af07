#include "thalweg/integrands/toys.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "thalweg/base/errors.h"
#include "thalweg/base/spelling.h"
#include "thalweg/integrands/user_library.h"

namespace thalweg {
namespace {

using std::numbers::pi;

constexpr std::size_t kMaxDim = 64;
constexpr double kCallCost = 20;  // nanoseconds of an exponential, a tangent or a logarithm

double cauchy(double x, double centre, double half_width) {
  return half_width / pi / ((x - centre) * (x - centre) + half_width * half_width);
}
// The quantile. Near y = 1/2 +- 1/2 the point is far away, where a function with Gaussian tails is 0.
double cauchy_point(double y, double centre, double half_width) {
  return centre + half_width * std::tan(pi * (y - 0.5));
}
double gaussian(double x, double centre, double sigma) {
  const double t = (x - centre) / sigma;
  return std::exp(-0.5 * t * t) / (std::sqrt(2 * pi) * sigma);
}

class Camel final : public ToyIntegrand {
 public:
  explicit Camel(std::size_t dim)
      : ToyIntegrand(false), dim_(dim), norm_(0.5 * std::pow(0.1 * std::sqrt(pi), -static_cast<double>(dim))) {}
  std::size_t dim() const override { return dim_; }
  std::size_t channels() const override { return 1; }
  std::string channel_name(std::size_t) const override { return "cube"; }
  double cost(std::size_t) const override { return 2 * kCallCost + 2 * static_cast<double>(dim_); }

 private:
  double value(const double* x) const override {
    double near = 0, far = 0;
    for (std::size_t i = 0; i < dim_; ++i) {
      near += (x[i] - 1.0 / 3) * (x[i] - 1.0 / 3);
      far += (x[i] - 2.0 / 3) * (x[i] - 2.0 / 3);
    }
    return norm_ * (std::exp(-100 * near) + std::exp(-100 * far));
  }
  std::size_t dim_;
  double norm_;
};

class CamelBack final : public ToyIntegrand {
 public:
  CamelBack(double cut, bool optimal_prior) : ToyIntegrand(optimal_prior), cut_(cut) {}
  std::size_t dim() const override { return 1; }
  std::size_t channels() const override { return 2; }
  std::string channel_name(std::size_t c) const override { return c == 0 ? "peak at 2" : "peak at 5"; }
  double cost(std::size_t) const override { return 3 * kCallCost; }

 private:
  static constexpr double kMu[] = {2, 5}, kSigma[] = {0.5, 0.1}, kShare[] = {0.35, 0.65};
  static double half_width(std::size_t c) { return std::numbers::sqrt2 * kSigma[c]; }
  double value(const double* x) const override {
    if (*x < cut_) return 0;
    return kShare[0] * gaussian(*x, kMu[0], kSigma[0]) + kShare[1] * gaussian(*x, kMu[1], kSigma[1]);
  }
  void map(std::size_t c, const double* y, double* x) const override { *x = cauchy_point(*y, kMu[c], half_width(c)); }
  double density(std::size_t c, const double* x) const override { return cauchy(*x, kMu[c], half_width(c)); }
  double cut_;
};

class CrossedRing final : public ToyIntegrand {
 public:
  CrossedRing(std::vector<std::string> channels, bool optimal_prior)
      : ToyIntegrand(optimal_prior), channels_(std::move(channels)) {}
  std::size_t dim() const override { return 2; }
  std::size_t channels() const override { return channels_.size(); }
  std::string channel_name(std::size_t c) const override { return channels_[c]; }
  double cost(std::size_t) const override { return (4 + 2 * static_cast<double>(channels())) * kCallCost; }

 private:
  static constexpr double kRadius = 1, kRing = 0.05, kLong = 3, kNarrow = 0.05;
  static double gamma(double sigma) { return std::sqrt(40.0) * sigma; }  // (5.36)
  static double c0() { return std::atan(kRadius / gamma(kRing)) / pi; }
  static double omega0() { return (1 + 2 * c0()) / 2; }

  double value(const double* x) const override {
    const double along = (x[0] - x[1]) / std::numbers::sqrt2, across = (x[0] + x[1]) / std::numbers::sqrt2;
    const double line = gaussian(along, 0, kLong) * gaussian(across, 0, kNarrow);
    const double ring = gaussian(std::hypot(x[0], x[1]), kRadius, kRing) / (2 * pi * kRadius);
    return 0.5 * (ring + line);
  }
  void map(std::size_t c, const double* y, double* x) const override {
    if (channels_[c] == "flat") {
      for (int i = 0; i < 2; ++i) x[i] = std::log(y[i] / (1 - y[i]));
    } else if (channels_[c] == "line") {
      const double along = cauchy_point(y[0], 0, gamma(kLong)), across = cauchy_point(y[1], 0, gamma(kNarrow));
      x[0] = (across + along) / std::numbers::sqrt2;
      x[1] = (across - along) / std::numbers::sqrt2;
    } else {
      const double r = kRadius + gamma(kRing) * std::tan(pi * (omega0() * y[0] - c0()));
      x[0] = r * std::cos(2 * pi * y[1]);
      x[1] = r * std::sin(2 * pi * y[1]);
    }
  }
  double density(std::size_t c, const double* x) const override {
    if (channels_[c] == "flat") {
      double product = 1;
      for (int i = 0; i < 2; ++i) {
        const double e = std::exp(-std::abs(x[i]));
        product *= e / ((1 + e) * (1 + e));
      }
      return product;
    }
    if (channels_[c] == "line")
      return cauchy((x[0] - x[1]) / std::numbers::sqrt2, 0, gamma(kLong)) *
             cauchy((x[0] + x[1]) / std::numbers::sqrt2, 0, gamma(kNarrow));
    const double r = std::hypot(x[0], x[1]);
    return cauchy(r, kRadius, gamma(kRing)) / (omega0() * 2 * pi * r);
  }
  std::vector<std::string> channels_;
};

class UserFunction final : public ToyIntegrand {
 public:
  UserFunction(const std::string& path, double cost) : ToyIntegrand(false), library_(path), cost_(1000 * cost) {}
  std::size_t dim() const override { return library_.dim(); }
  std::size_t channels() const override { return 1; }
  std::string channel_name(std::size_t) const override { return "cube"; }
  double cost(std::size_t) const override { return cost_; }

 private:
  double value(const double* x) const override { return library_.value(x); }
  UserLibrary library_;
  double cost_;
};

}  // namespace

void ToyIntegrand::map(std::size_t, const double* y, double* x) const { std::copy_n(y, dim(), x); }
double ToyIntegrand::density(std::size_t, const double*) const { return 1; }

void ToyIntegrand::evaluate(std::size_t channel, const Batch& points, const Evaluation& out, Arena&) const {
  const std::size_t n = channels(), d = dim();
  double y[kMaxDim], x[kMaxDim];
  std::vector<double> alpha(n);
  for (std::size_t e = 0; e < points.size; ++e) {
    for (std::size_t i = 0; i < d; ++i) y[i] = points.row(i)[e];
    map(channel, y, x);
    for (std::size_t i = 0; i < out.records.dim; ++i) out.records.row(i)[e] = x[i];
    for (std::size_t i = 0; i < out.features.dim; ++i) out.features.row(i)[e] = std::asinh(x[i]);
    const double own = density(channel, x), f = value(x);
    out.weight[e] = f == 0 ? 0 : f / own;
    double sum = 0;
    for (std::size_t c = 0; c < n; ++c) sum += alpha[c] = optimal_prior_ ? density(c, x) : 1;
    for (double& a : alpha) a /= sum;
    set_alpha(out, channel, e, alpha);
  }
}

std::unique_ptr<ToyIntegrand> make_toy(const IntegrandRequest& request) {
  if (request.name == "camel") {
    if (request.dimension < 1 || request.dimension > kMaxDim)
      request_error("camel has 1 to {} dimensions, not {}", kMaxDim, request.dimension);
    return std::make_unique<Camel>(request.dimension);
  }
  if (request.name == "camel_back") return std::make_unique<CamelBack>(request.cut, request.optimal_prior);
  if (request.name == "crossed_ring") {
    if (request.channels.empty() || request.channels.size() > 8)
      request_error("crossed_ring has 1 to 8 channels, not {}", request.channels.size());
    for (const std::string& c : request.channels)
      if (std::find(kRingChannels.begin(), kRingChannels.end(), c) == kRingChannels.end())
        request_error("crossed_ring has no channel '{}'{} Known: ring, line, flat", c, did_you_mean(c, kRingChannels));
    return std::make_unique<CrossedRing>(request.channels, request.optimal_prior);
  }
  if (request.name == "library") return std::make_unique<UserFunction>(request.library, request.cost);
  request_error("unknown integrand '{}'{} Known: {}", request.name, did_you_mean(request.name, kIntegrandNames),
                comma_list(kIntegrandNames));
}

}  // namespace thalweg
