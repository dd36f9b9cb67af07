// Some points of a training batch: their weights, and their part of the gradients.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <vector>

#include "thalweg/sampling/neural_trainer.h"
#include "thalweg/sampling/point_buffer.h"
#include "thalweg/sampling/tempering.h"

namespace thalweg {

// Factors of the gradient, which takes everything else from the running means of TrainerState, so that a task needs
// nothing of the others in its batch. By map, with t = w^2 / <w^2>:
//   d loss / d log g     = -linear (|w| - <|w|>) - quadratic (w^2 - <w^2> + tail (w^2 t^3 - <w^2 t^3>))
//   d loss / d log alpha = weights (2 w (w - <w>) + 8/7 tail (w^2 t^3 - <w^2 t^3> w / <w>))
// The means that are subtracted change no expectation, since <d log g> = 0, but where weights are nearly equal they
// are almost all of the noise. For alpha they keep the integrals of the channels from drifting.
struct LossScales {
  std::vector<double> linear, quadratic, weights;
  double tail = 0;
  bool path = false;  // reverse_kl
  double power = 1;   // of the integrand
  double pull = 0;    // its: kappa of reverse_kl.h
};

struct TrainingTask {
  std::size_t channel, map, condition, part;  // condition: of the flow; part: of the integrand
  double multiplicity;                        // channels of the map: a weight stands for all of them
  std::uint64_t count, batch, number;
  bool buffered, stored;  // drawn from the buffer, kept for it
};

struct TaskResult {
  // Over all points: of share, and of share times w, w^2, |w|, w^2 t^3.
  double share = 0, sum = 0, square = 0, size = 0, tail = 0;
  double log_sum = 0, log_share = 0;  // of share times log|w|, and of share, where w is not 0
  std::uint64_t non_finite = 0;
  std::array<EffectivePoints, 2> tempered;
  std::vector<double> stored;           // rows for the buffer
  void merge(const TaskResult& other);  // all but `stored`
};
struct TaskGradients {
  AlignedVector<float> flow, weights;
};

// Tapes that stay warm from step to step.
class TapePool {
 public:
  struct Tapes {
    std::unique_ptr<MapTape> flow;
    std::optional<MlpTape> weights;
  };
  std::unique_ptr<Tapes> borrow(const TrainerState& state);
  void give_back(std::unique_ptr<Tapes> tapes);

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Tapes>> free_;
};

// Points of a task: enough tasks for many threads, few enough gradients to add up.
inline std::uint64_t task_points(std::uint64_t batch_size) {
  return std::clamp<std::uint64_t>(batch_size / 32 / kFlowTile * kFlowTile, 2 * kFlowTile, 8 * kFlowTile);
}

// `gradients` is overwritten; null: none are asked for.
TaskResult run_task(const Integrand& integrand, const TrainerConfig& config, const TrainerState& state,
                    const TrainingTask& task, const LossScales& scales, const PointBuffer& buffer, Arena& arena,
                    TapePool& pool, TaskGradients* gradients);

}  // namespace thalweg
