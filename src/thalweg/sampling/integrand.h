// What is integrated: a function on several channels, each a map of the unit hypercube.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "thalweg/base/aligned.h"

namespace thalweg {

// Channels first, ..., first + size - 1 of an integrand: a term of it (part_of).
struct ChannelPart {
  std::size_t index = 0, first = 0, size = 1;
  std::size_t place(std::size_t channel) const { return channel - first; }
};

// Something that may be wrong with a point, told apart by its place k in Integrand::marks(): bit k of
// Evaluation::marks.
struct Mark {
  std::string name;        // in result files
  std::string what;        // a sentence's beginning, "mu = ht - 400 is below zero"
  std::string hint;        // what to do about it
  bool undefined = false;  // the point has no weight; the one it is given only says how much is lost
  double most = 1;         // share of the integral of |w| above which a run fails
};
inline constexpr std::size_t kMostMarks = 8;

// What a batch of points becomes. Batches without rows are not wanted. Weights are 0 where cuts remove a point, and not
// finite where the evaluation failed (counted by the caller).
struct Evaluation {
  std::span<double> weight;  // f / g_i; alpha_i f / g_i where alpha has no rows
  Batch alpha{};             // a row for each channel of the part, defined where weight is not zero, or none
  Batch features{};          // features() rows or none, defined where weight is not zero
  Batch records{};           // record_size() rows or none
  // To read: uniform numbers for choices within an event, with which the weights are those of the events chosen; with
  // records always, without where the weights that events will have are asked for.
  std::span<const double> pick{};
  // To read: a flag for each channel of the part, empty for all. alpha of the others is 0, and that of those in use
  // adds up to 1.
  std::span<const std::uint8_t> active{};
  // To be set to the marks of each point, or none: then the weights of undefined points are 0.
  std::span<std::uint8_t> marks{};
};

// Sets the channel weights of a point whose weight is f / g_i already. place: of the channel in its part.
inline void set_alpha(const Evaluation& out, std::size_t place, std::size_t e, std::span<const double> alpha) {
  double sum = 1;
  if (!out.active.empty()) {
    sum = 0;
    for (std::size_t c = 0; c < alpha.size(); ++c) sum += out.active[c] ? alpha[c] : 0;
  }
  auto used = [&](std::size_t c) {
    return out.active.empty() ? alpha[c] : out.active[c] && sum != 0 ? alpha[c] / sum : 0;
  };
  if (!out.alpha.dim) out.weight[e] *= used(place);
  for (std::size_t c = 0; c < out.alpha.dim; ++c) out.alpha.row(c)[e] = used(c);
}

// I = sum_i integral alpha_i f over channel i:  a point y of channel i stands for the value
// weight(y) = f(x(y)) / g_i(x(y)), and alpha_j are the channel weights there, sum_j alpha_j = 1.
class Integrand {
 public:
  virtual ~Integrand() = default;
  virtual std::size_t dim() const = 0;
  virtual std::size_t channels() const = 0;
  virtual std::string channel_name(std::size_t channel) const = 0;
  // Channels that are equal up to a permutation of momenta share one sampler: map_of < maps().
  virtual std::size_t maps() const { return channels(); }
  virtual std::size_t map_of(std::size_t channel) const { return channel; }
  // The integrand may be a sum of parts: then f is that of the channel's part, and the alpha of each part add up to 1.
  virtual std::size_t parts() const { return 1; }
  virtual ChannelPart part_of(std::size_t) const { return {0, 0, channels()}; }
  virtual std::string unit() const { return ""; }  // of the integral
  // What a point of a channel costs, in nanoseconds on one core: counted, never clocked, so that decisions that rest on
  // it are the same everywhere.
  virtual double cost(std::size_t) const { return 1000; }
  // Doubles that an event is made of; 0 for an integrand without events.
  virtual std::size_t record_size() const { return 0; }
  // At most kMostMarks.
  virtual std::vector<Mark> marks() const { return {}; }
  // Numbers of order one that tell where a point is, whichever channel it came from; 0: channel weights cannot be
  // trained.
  virtual std::size_t features() const { return 0; }
  // points: dim() rows in [0,1]. Thread safe; the same bits for any split of the batch. A choice within an event (such
  // as the sub-process) may change the weight, not its expectation. `arena` gives scratch memory.
  virtual void evaluate(std::size_t channel, const Batch& points, const Evaluation& out, Arena& arena) const = 0;
};

}  // namespace thalweg
