// Counter-based random numbers: Philox4x64-10 of Random123 (Salmon et al., SC11, doi:10.1145/2063384.2063405).
// A stream is named by (seed, phase, iteration, chunk); its k-th number depends on these alone and
// not on how many threads there are or which of them asks.
#pragma once

#include <cstdint>
#include <span>

namespace thalweg {

// What a stream is used for; part of its name, so that no two uses share numbers.
enum class Phase : std::uint32_t {
  adaptation = 1,
  integration = 2,
  generation = 3,
  initialisation = 4,
  training = 5,
  orientation = 6,
  exploration = 7,
  diagnosis = 8,
  trial = 9
};

struct StreamId {
  std::uint64_t seed = 0;
  Phase phase = Phase::adaptation;
  std::uint32_t iteration = 0;
  std::uint64_t chunk = 0;
};

class RandomStream {
 public:
  explicit RandomStream(const StreamId& id);

  // Uniform doubles in the open interval (0, 1): (k + 1/2) 2^-52 with k of 52 bits.
  void fill(std::span<double> out);
  double next();

 private:
  std::uint64_t next_bits();
  void refill();

  std::uint64_t key_[2];
  std::uint64_t counter_[4];
  std::uint64_t block_[4];
  int left_ = 0;
};

}  // namespace thalweg
