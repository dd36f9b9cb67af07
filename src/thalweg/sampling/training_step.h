// What a step of the training works on: private to the trainer.
#pragma once

#include <algorithm>
#include <vector>

#include "thalweg/base/worker_team.h"
#include "thalweg/sampling/training_task.h"

namespace thalweg {

inline constexpr std::uint64_t kTrainingReports = 20;

// Online batches of a cycle; `reuse` - 1 times as many buffered ones follow.
inline std::uint64_t online_batches(std::uint64_t batches, std::uint64_t reuse) {
  constexpr std::uint64_t kBufferBatches = 50;
  return std::clamp<std::uint64_t>(batches / kTrainingReports / reuse, 1, kBufferBatches);
}

// Memory that stays warm from step to step.
struct NeuralTrainer::Scratch {
  Scratch(const NeuralTrainer& trainer, const Integrand& f, const TrainerState& state)
      : team(trainer.config_.threads), buffer(f, state.weights.has_value()) {}
  WorkerTeam team;
  TapePool pool;
  PointBuffer buffer;
  std::vector<TaskGradients> gradients;    // by task
  std::vector<AlignedVector<float>> sums;  // of each flow, and of the channel weights
};

// A batch: its points by map, and the tasks that draw them.
struct NeuralTrainer::Step {
  std::uint64_t batch = 0;
  bool first = true, buffered = false, storing = false;
  std::vector<TrainingTask> tasks;
  std::vector<double> expected, drawn;  // points of each map: their mean over many batches, and in this one
  double points = 0;
};

}  // namespace thalweg
