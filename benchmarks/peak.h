// What one core can do at most, measured in the same run.
#pragma once

#include <benchmark/benchmark.h>

namespace thalweg::bench {

// Double multiply-adds on registers, FLOP/s (a multiply-add counts two).
double peak_flops();
// Reading an array that lies in L2 (256 kB), bytes/s.
double peak_l2_bytes();

// items_per_second, and the share of the peak that `flops` or `bytes` an item amount to.
void report(benchmark::State& state, double items_per_iteration, double flops_per_item, double bytes_per_item);

}  // namespace thalweg::bench
