// Integrands, trainings and their integrals for tests of the neural sampler.
#pragma once

#include <array>
#include <cmath>
#include <functional>
#include <numbers>

#include "thalweg/sampling/integrator.h"
#include "thalweg/sampling/neural_trainer.h"

namespace thalweg {

// f(x) on the cube as one channel.
class Function : public Integrand {
 public:
  using F = std::function<double(const std::vector<double>&)>;
  Function(std::size_t dim, F f) : dim_(dim), f_(std::move(f)) {}
  std::size_t dim() const override { return dim_; }
  std::size_t channels() const override { return 1; }
  std::string channel_name(std::size_t) const override { return "0"; }
  void evaluate(std::size_t, const Batch& y, const Evaluation& out, Arena&) const override {
    std::vector<double> x(dim_);
    for (std::size_t e = 0; e < y.size; ++e) {
      for (std::size_t d = 0; d < dim_; ++d) x[d] = y.row(d)[e];
      out.weight[e] = f_(x);
      set_alpha(out, 0, e, std::array{1.0});
    }
  }

 private:
  std::size_t dim_;
  F f_;
};

// Two peaks on the diagonal (thesis, section 10): a product grid has two false peaks beside them.
inline Function camel(std::size_t dim) {
  const double norm = std::pow(1 / (0.1 * std::sqrt(std::numbers::pi)), static_cast<double>(dim)) / 2;
  return {dim, [norm](const std::vector<double>& x) {
            double sum = 0;
            for (const double c : {1.0 / 3, 2.0 / 3}) {
              double square = 0;
              for (double v : x) square += (v - c) * (v - c);
              sum += std::exp(-square / 0.01);
            }
            return norm * sum;
          }};
}

inline IntegratorConfig integrator_config() {
  IntegratorConfig config;
  config.points = 100'000;
  return config;
}

struct Trained {
  TrainerState training;
  IntegratorState state;
};

inline Trained train(const Integrand& f, TrainerConfig config) {
  const Integrator integrator(f, integrator_config());
  Trained result{{}, integrator.initial_state()};
  integrator.adapt(result.state, [](const IntegratorState&) {});
  const NeuralTrainer trainer(f, config);
  result.training = trainer.initial_state(result.state.grids);
  trainer.train(result.training, [](const TrainerState&) {});
  result.state.flows = NeuralTrainer::averaged(result.training);
  return result;
}

inline double relative_std_dev(const IntegratorState& state) {
  return std::sqrt(state.channels[0].variance()) / state.channels[0].mean();
}

// Trained, and integrated with its weights.
inline Integral integrate(const Integrand& f, const TrainerState& training, IntegratorState& state) {
  state.flows = NeuralTrainer::averaged(training);
  state.active = training.active;
  const WeightedIntegrand weighted = NeuralTrainer::weighted(f, training);
  Integrator(weighted, integrator_config()).integrate(state, [](const IntegratorState&) {});
  return total(state);
}

}  // namespace thalweg
