// The loss of the fully connected map (Chen, Klimek, Perelstein, SciPost Phys. 10, 023 (2021), 2 and 13), whose
// gradient follows the points along their path:
//   L_KL  = <log g - log f> over points of the map                      sum: 1 for each point
//   L_int = -C exp(-(I_MC - I)^2 / (2 a^2)), I_MC = <f / g>              adds -kappa w
//   d(L_KL + L_int) = <(1 - kappa w) d(log g - log f)>,  kappa = C exp(...) (I_MC - I) / a^2
#pragma once

#include "thalweg/sampling/integrand.h"
#include "thalweg/sampling/neural_trainer.h"

namespace thalweg {

// d log|alpha_channel f| / dx at up to 64 points by central differences, into [dim][64]; 0 where a weight is 0 or
// not finite. With the channel weights of `state`; `tape` is for their network, if there is one.
void log_gradient(const Integrand& integrand, const TrainerState& state, std::size_t channel, const Batch& x,
                  std::span<const double> weight, double* by_sample, Arena& arena, MlpTape* tape);

// The kappa of one map, per weight.
double integral_pull(const TrainerConfig& config, double mean);

}  // namespace thalweg
