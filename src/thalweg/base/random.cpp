#include "thalweg/base/random.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <Random123/philox.h>
#pragma GCC diagnostic pop

namespace thalweg {
namespace {

// 52 bits and a half step: the largest value is 1 - 2^-53, which is a double below 1.
double to_unit(std::uint64_t bits) { return (static_cast<double>(bits >> 12) + 0.5) * 0x1p-52; }

}  // namespace

RandomStream::RandomStream(const StreamId& id)
    : key_{id.seed, (static_cast<std::uint64_t>(id.phase) << 32) | id.iteration},
      counter_{0, id.chunk, 0, 0},
      block_{} {}

void RandomStream::refill() {
  r123::Philox4x64 generator;
  const r123::Philox4x64::ctr_type counter = {{counter_[0], counter_[1], counter_[2], counter_[3]}};
  const r123::Philox4x64::key_type key = {{key_[0], key_[1]}};
  const r123::Philox4x64::ctr_type result = generator(counter, key);
  for (int i = 0; i < 4; ++i) block_[i] = result[i];
  ++counter_[0];
  left_ = 4;
}

std::uint64_t RandomStream::next_bits() {
  if (left_ == 0) refill();
  return block_[4 - left_--];
}

double RandomStream::next() { return to_unit(next_bits()); }

void RandomStream::fill(std::span<double> out) {
  for (double& x : out) x = next();
}

}  // namespace thalweg
