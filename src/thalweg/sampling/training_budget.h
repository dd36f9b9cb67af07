// How long to train a neural sampler, from counted costs: the same card and seed decide alike on every machine.
#pragma once

#include <cstdint>
#include <string>

#include "thalweg/flow/flow_layout.h"

namespace thalweg {

struct TrainingCosts {
  double point = 1000;       // of the integrand, ns
  double network = 0;        // of a point through the flow, ns
  double efficiency = 0.5;   // of unweighting by the VEGAS grid
  std::uint64_t events = 0;  // asked for
  std::uint64_t batch_size = 1024;
};

// ns of a point through a flow: its multiply-adds at kNetworkRate, splines included.
double network_cost(const FlowLayout& layout);
inline constexpr double kNetworkRate = 40;  // FLOP a nanosecond; one core with 256-bit vectors

// 1 - efficiency after `batches`, a model: it falls with the square root of the training from that of VEGAS, down to
// kReachable.
double expected_efficiency(double vegas_efficiency, std::uint64_t batches);
inline constexpr double kReachable = 0.9, kHalfway = 150;

struct TrainingDecision {
  std::uint64_t batches = 0;
  double vegas_seconds = 0, neural_seconds = 0;  // to the events, on one core
  std::string reason;                            // one line
};
// The number of batches, from none to 88000 (thesis, Tab. A.6), with the smallest time to the events.
TrainingDecision decide_training(const TrainingCosts& costs);

}  // namespace thalweg
