// Trained channel weights (thesis, 5.8):
//   alpha_i(x) = Softmax_i[ log alpha_i^prior(x) + Delta_i(x) ] over the channels in use,
// Delta of a fully connected network of the integrand's features; 0 at the start, so that training starts from the
// prior. A channel whose prior vanishes at a point stays out there. The network has an output for each channel of a
// part of the integrand, and the part as a condition: a bias in its first layer.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "thalweg/base/mapping.h"
#include "thalweg/flow/mlp.h"
#include "thalweg/sampling/integrand.h"

namespace thalweg {

class ChannelWeightNetwork {
 public:
  ChannelWeightNetwork(const MlpConfig& config, std::uint64_t seed);

  const MlpLayout& layout() const { return layout_; }
  std::span<float> parameters() { return parameters_; }
  std::span<const float> parameters() const { return parameters_; }
  // Features enter as (feature - shift) * scale.
  std::vector<double> shift, scale;
  // Mean 0 and deviation 1 for these points; those of weight 0 do not count.
  void standardise(const Batch& features, std::span<const double> weight);

  // Turns the priors of up to 64 points from `first` on into trained weights, where `weight` is not zero.
  void apply_tile(std::size_t part, const Batch& features, std::span<const double> weight, std::size_t first,
                  const Batch& alpha, MlpTape& tape) const;
  // With the tape of apply_tile for points of the channel at `place` in the part: adds the gradient of
  // sum_e factor[e] log alpha_place(x_e).
  void backward_tile(std::size_t place, std::span<const double> factor, std::size_t first, const Batch& alpha,
                     MlpTape& tape, float* gradient) const;

 private:
  MlpLayout layout_;
  AlignedVector<float> parameters_;
};

// Channels of a part in use: the weights of the others are 0, and those in use add up to 1 again.
void use_channels(std::span<const std::uint8_t> active, std::span<const double> weight, const Batch& alpha);

// Whether there are points of the channel, among those that `map` makes of 1024 random ones (of up to 8192, until 16
// see the integrand), where the priors of all others in use vanish: without the channel they would be lost. active: by
// channel.
bool reaches_alone(const Integrand& integrand, std::size_t channel, std::span<const std::uint8_t> active,
                   const Mapping& map, std::uint64_t seed);

// An integrand with other channel weights: its integral is the same.
class WeightedIntegrand : public Integrand {
 public:
  // `active`: one flag a channel, or empty for all. No network: priors. `prior` must live as long.
  WeightedIntegrand(const Integrand& prior, std::vector<std::uint8_t> active,
                    std::optional<ChannelWeightNetwork> network);

  std::size_t dim() const override { return prior_.dim(); }
  std::size_t channels() const override { return prior_.channels(); }
  std::string channel_name(std::size_t channel) const override { return prior_.channel_name(channel); }
  std::size_t maps() const override { return prior_.maps(); }
  std::size_t map_of(std::size_t channel) const override { return prior_.map_of(channel); }
  std::string unit() const override { return prior_.unit(); }
  std::size_t parts() const override { return prior_.parts(); }
  ChannelPart part_of(std::size_t channel) const override { return prior_.part_of(channel); }
  double cost(std::size_t channel) const override { return prior_.cost(channel); }
  std::size_t record_size() const override { return prior_.record_size(); }
  std::size_t features() const override { return prior_.features(); }
  std::vector<Mark> marks() const override { return prior_.marks(); }
  void evaluate(std::size_t channel, const Batch& points, const Evaluation& out, Arena& arena) const override;

 private:
  const Integrand& prior_;
  std::span<const std::uint8_t> active_of(const ChannelPart& part) const;

  std::vector<std::uint8_t> active_;
  std::optional<ChannelWeightNetwork> network_;
};

}  // namespace thalweg
