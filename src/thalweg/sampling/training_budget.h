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
};

// ns of a point through a flow: its multiply-adds at kNetworkRate, splines included.
double network_cost(const FlowLayout& layout);
inline constexpr double kNetworkRate = 40;  // FLOP a nanosecond; one core with 256-bit vectors

// 1 - efficiency after `batches`, a model: it falls with the square root of the training from that of VEGAS, down to
// kReachable.
double expected_efficiency(double vegas_efficiency, std::uint64_t batches);
inline constexpr double kReachable = 0.9, kHalfway = 150;
// The spread falls by the same law, down to kLeastSpread: 2.6 to 0.24 after 2000 batches for h -> 4 leptons, where the
// law says 0.69; 0.16 to 0.05 for Drell-Yan, where it says 0.04.
double expected_spread(double vegas_spread, std::uint64_t batches);
inline constexpr double kLeastSpread = 0.03;

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
inline constexpr double kExplored = 0.2;
inline constexpr std::uint64_t kMostCells = 1000, kFewestCells = 20;

}  // namespace thalweg
