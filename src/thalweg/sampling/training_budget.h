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
  std::uint64_t least_points = 0;  // of an integration that `accuracy` ends
  std::uint64_t batch_size = 1024;
  std::uint64_t reuse = 1;
  std::size_t maps = 1, dim = 7;
};

// ns of a point through a flow: its multiply-adds at kNetworkRate, splines included.
double network_cost(const FlowLayout& layout);
inline constexpr double kNetworkRate = 120;  // FLOP a nanosecond; one core with 256-bit vectors reaches 50 to 160

// Models of what a training on n points reaches: gain = 1 + 5 (10 / dim)^1.5 x (1 + x)^-0.7, x = (n - kFirstPoints
// maps) / (kLearned sqrt(maps)), divides 1/efficiency - 1, and gain^0.3 the spread; none for fewer points. Measured
// gains at 256k, 1M and 4M points, and the model's:
//                                   1/efficiency - 1                   spread
//   gg -> t t~ g (3 maps, dim 7)    10, 22, 36      (6, 12, 20)        2.2, 3.7, 5.3   (1.7, 2.1, 2.4)
//   gg -> W d u~ g (4, 10)          3.5, 6, 9       (4, 7, 12)         1.6, 1.9, 2.2   (1.5, 1.8, 2.1)
//   VBS (15, 10)                    1.3, 8, 20      (2.5, 6, 10)       1.3, 1.9, 2.5   (1.3, 1.7, 2.0)
//   p p -> W j j j (160, 10)        0.8, 4.5, 13    (1, 1.7, 6)        1.1, 1.7, 2.1   (1, 1.2, 1.7)
double training_gain(double points, std::size_t maps, std::size_t dim);
inline constexpr double kLearned = 125'000, kFirstPoints = 5000;
double expected_efficiency(double vegas_efficiency, double gain);
double expected_spread(double vegas_spread, double gain);

// Points of a batch, where the card does not say: more for many maps, a tile of each of which has to come often enough.
std::uint64_t usual_batch(std::size_t maps);
// Batches for each one that evaluates the integrand (TrainerConfig::reuse), where the card does not say: as many as
// make evaluations about as dear as the network.
std::uint64_t usual_reuse(double point, double network);

// ns of a point beside the integrand: its random numbers, its grid, its statistics.
inline constexpr double kBookkeeping = 200;

struct TrainingDecision {
  std::uint64_t batches = 0;
  double vegas_seconds = 0, neural_seconds = 0;  // on one core
  double efficiency = 0, spread = 0;             // expected of what was decided
  std::string reason;                            // one line
};
// The number of batches, from none to kMostDecided (thesis, Tab. A.6), with the smallest time to integral and events. Where
// that leaves an efficiency below kWantedEfficiency, as many more as reach it, if the run then takes no longer than
// kPatience seconds and kMostLonger times the smallest time, or kLonger times that, kMuchLonger times below
// kPoorEfficiency: the tail of the weights
// is never quite known beforehand, least of all where few points make it, and a sampler serves later runs, too.
inline constexpr std::uint64_t kMostDecided = 88'000;
inline constexpr std::uint64_t kAnnBatches = 20'000;  // of fully connected maps
inline constexpr double kLeastBatches = 200;  // fewer leave seeds apart
inline constexpr double kWantedEfficiency = 0.75, kPatience = 3, kMostLonger = 10, kLonger = 1.5;
inline constexpr double kPoorEfficiency = 0.1, kMuchLonger = 3;
TrainingDecision decide_training(const TrainingCosts& costs);

// How many cells (foam_builder.h) of all maps may be explored where `points` points are still to be drawn, from
// kExplored of them: at most kMostCells and 100 MB of points; 1, none, where it would be fewer than kFewestCells a map.
// 32 a map make 10^6 events of p p -> e+ e- j j (90 maps) cost 31 s of processor time instead of 27.
std::uint64_t affordable_cells(double points, std::size_t maps, std::size_t dim, std::uint64_t cell_points);
inline constexpr double kExplored = 0.3;
inline constexpr std::uint64_t kMostCells = 3000, kFewestCells = 50;

}  // namespace thalweg
