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
  double spread = 0;         // sum_i sigma_i / |I| of the VEGAS grid
  std::uint64_t events = 0;  // asked for
  std::uint64_t points = 0;  // of the integration; 0: as many as `accuracy` needs
  double accuracy = 1e-3;
  std::uint64_t batch_size = 1024;
  std::size_t maps = 1;  // flows, which share the batches
};

// ns of a point through a flow: its multiply-adds at kNetworkRate, splines included.
double network_cost(const FlowLayout& layout);
inline constexpr double kNetworkRate = 80;  // FLOP a nanosecond; one core with 256-bit vectors reaches 50 to 160

// Models of what a training reaches. 1 - efficiency falls as (1 + b / 250)^-0.9 from that of VEGAS, down to
// 1 - kReachable: for h -> 4 leptons 0.97 at the start, 0.35 after 500 batches and 0.15 after 2000, where the model
// says 0.36 and 0.13; faster for Drell-Yan (0.36, 0.012, 0.003).
double expected_efficiency(double vegas_efficiency, std::uint64_t batches);
inline constexpr double kReachable = 0.98;
// The spread falls as (1 + b / 60)^-0.85 down to kLeastSpread: 2.6, 0.28, 0.11 for h -> 4 leptons, where the model says
// 2.6, 0.39, 0.13; 0.16, 0.022, 0.011 for Drell-Yan (0.16, 0.024, 0.008).
double expected_spread(double vegas_spread, std::uint64_t batches);
inline constexpr double kLeastSpread = 0.008;

struct TrainingDecision {
  std::uint64_t batches = 0;
  double vegas_seconds = 0, neural_seconds = 0;  // on one core
  std::string reason;                            // one line
};
// The number of batches, from none to 88000 (thesis, Tab. A.6), with the smallest time to integral and events.
TrainingDecision decide_training(const TrainingCosts& costs);

// How many cells (foam_builder.h) may be explored where `points` points are still to be drawn, from kExplored of them:
// at most kMostCells and 100 MB of points; 1, none, where it would be fewer than kFewestCells.
std::uint64_t affordable_cells(double points, std::size_t dim, std::uint64_t cell_points);
inline constexpr double kExplored = 0.3;
inline constexpr std::uint64_t kMostCells = 3000, kFewestCells = 20;

}  // namespace thalweg
