// Functions with known integrals, and functions of users: integrands without beams and particles.
//
//   camel         f(x) = sum_{c = 1/3, 2/3} exp(-|x - c|^2 / 0.1^2) / (2 (0.1 sqrt(pi))^d)  on [0,1]^d, one channel;
//                 integral 1 but for tails of relative size 2.4e-6 d
//   camel_back    f(x) = 0.35 N(x; 2, 0.5) + 0.65 N(x; 5, 0.1) on the line, 0 below `cut`; channels g_1, g_2: Cauchy
//                 densities at the two peaks of half width sqrt(2) sigma (Heimel, thesis, 5.24-5.28). Integral 1
//                 without cut, 0.705529 with cut = 2.5
//   crossed_ring  f(x) = (f_ring + f_line) / 2 in the plane, radius 1, widths 0.05 and 3 x 0.05 (5.29); channels
//                 "ring", "line" (5.30-5.36, with the density g_4 / r of a ring) and "flat", x = log(y / (1 - y));
//                 integral 1
//   library       a shared library of the user with `int thalweg_dim(void);` (1 to 64) and
//                 `double thalweg_integrand(const double* x);` on [0,1]^d, called from several threads at once
#pragma once

#include "thalweg/integrands/named_integrand.h"

namespace thalweg {

// Points of [0,1]^d go to x; record of an event: x. No unit.
class ToyIntegrand : public Integrand {
 public:
  std::size_t record_size() const override { return dim(); }
  std::size_t features() const override { return channels() > 1 ? dim() : 0; }
  void evaluate(std::size_t channel, const Batch& points, const Evaluation& out, Arena& arena) const override;

 protected:
  explicit ToyIntegrand(bool optimal_prior) : optimal_prior_(optimal_prior) {}

 private:
  virtual double value(const double* x) const = 0;
  // y of [0,1]^d to x; identity for integrands of one channel on the cube.
  virtual void map(std::size_t channel, const double* y, double* x) const;
  virtual double density(std::size_t channel, const double* x) const;

  bool optimal_prior_;
};

// RequestError for a name, dimension, channel or library that is not there.
std::unique_ptr<ToyIntegrand> make_toy(const IntegrandRequest& request);

}  // namespace thalweg
