// The float ceiling of small matrix products, measured in the same run.
#pragma once

#include <benchmark/benchmark.h>

namespace thalweg::bench {

// FLOP/s of 32 x 32 layers on tiles of 64 events in L1, best of 50.
double matrix_peak_flops();
// items_per_second, and the share of that ceiling that `flops` an item amount to.
void report_float(benchmark::State& state, double items_per_iteration, double flops_per_item);

}  // namespace thalweg::bench
