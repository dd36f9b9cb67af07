// What a step of the training works on: private to the trainer.
#pragma once

#include <vector>

#include "thalweg/base/worker_team.h"
#include "thalweg/sampling/training_task.h"

namespace thalweg {

inline constexpr std::uint64_t kTrainingReports = 20;
inline constexpr std::size_t kTasksAtOnce = 128;  // each has a gradient: 0.4 MB with 2614 channels

// Memory that stays warm from step to step.
struct NeuralTrainer::Scratch {
  Scratch(const NeuralTrainer& trainer, const Integrand& f, const TrainerState& state)
      : team(trainer.config_.threads), buffer(f, state.weights.has_value()) {}
  WorkerTeam team;
  TapePool pool;
  PointBuffer buffer;
  std::vector<TaskGradients> gradients;    // of the tasks that are worked on at once
  std::vector<AlignedVector<float>> sums;  // of each flow, and of the channel weights
};

// A batch: its points by map, and the tasks that draw them.
struct NeuralTrainer::Step {
  std::uint64_t batch = 0;
  bool first = true, buffered = false;
  bool path = false;  // the gradient follows the path of the points (reverse_kl.h)
  std::vector<TrainingTask> tasks;
  std::vector<double> expected, drawn;  // points of each map: their mean over many batches, and in this one
  double points = 0;
};

}  // namespace thalweg
