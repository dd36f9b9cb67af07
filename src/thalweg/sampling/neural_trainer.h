// Online training of one coupling flow a channel on an integrand (thesis, sections 5.1 and 8.1 to 8.3).
//
// A batch draws N_i points of channel i from its flow, weighs them, w = alpha_i f / g_i, and follows the gradient of a
// loss in log g_i at fixed points. A coupling flow has the same inputs in both directions, so that the gradient
// needs no second pass.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "thalweg/flow/adam.h"
#include "thalweg/sampling/integrand.h"
#include "thalweg/sampling/vegas_start.h"

namespace thalweg {

// kl:         -sum_i <|w| log g_i>/I_i       (3.36)
// variance:   sum_i sigma_i^2 N/N_i / I^2    (5.13)
// stratified: (sum_i sigma_i)^2 / I^2        (5.20)
// madnis:     kl in the first third, which starts faster, then stratified
enum class Loss { kl, variance, stratified, madnis };

struct TrainerConfig {
  std::uint64_t seed = 1;
  int threads = 1;
  FlowConfig flow;  // dim is the integrand's
  std::uint64_t batches = 1000;
  std::uint64_t batch_size = 1024;
  double learning_rate = 1e-3, final_learning_rate = 1e-5;
  Schedule schedule = Schedule::cosine;
  Loss loss = Loss::madnis;
  double uniform_fraction = 0.1;  // r: the share of a batch that is spread evenly, the rest ~ sigma_i
  // Against large single weights: the share of training points that is drawn near a face of the latent cube (the
  // sums are weighted accordingly), and the strength of <w^6> beside <w^2> in the last third.
  double face_share = 0.5, tail = 10;
};

// A point of the training curve: means over the batches since the last one.
struct CurvePoint {
  std::uint64_t batch = 0;
  double value = 0, relative_std_dev = 0, learning_rate = 0;
};

struct ChannelFlow {
  CouplingFlow flow;
  Adam adam;
  AlignedVector<float> average;  // running mean of the parameters: what is used in the end
};

struct TrainerState {
  std::uint64_t batches_done = 0;
  std::vector<ChannelFlow> channels;
  std::vector<double> mean, square, size;  // running means of w, w^2, |w| of each channel
  std::vector<double> norm;                // running mean of the gradient's norm of each channel
  std::vector<double> power;               // of the integrand that each channel is trained on (tempering.h)
  std::vector<double> tempered_size;       // mean of |F|^power / g in the last batch, where power < 1
  double rate_factor = 1;                  // halved by the divergence guard
  std::uint64_t clipped = 0, undone = 0, non_finite = 0, evaluations = 0;
  std::vector<CurvePoint> curve;
  std::vector<std::string> events;  // what the guard did
};

class NeuralTrainer {
 public:
  NeuralTrainer(const Integrand& integrand, const TrainerConfig& config);
  // grids: of the channels, from an adaptation, to start from; or none.
  TrainerState initial_state(const std::vector<VegasGrid>& grids, const std::vector<double>& power = {}) const;

  // Goes on from `state` to config.batches; `report` is called twenty times, for checkpoints and progress.
  // RunError when more than 1 in 100 weights of a batch are not finite.
  using Report = std::function<void(const TrainerState&)>;
  void train(TrainerState& state, const Report& report) const;
  // The flows with averaged parameters.
  static std::vector<CouplingFlow> averaged(const TrainerState& state);

 private:
  struct Task;
  struct TaskResult;
  struct Scales;
  struct Scratch;
  TaskResult run_task(const TrainerState& state, const Task& task, const Scales& scales, Arena& arena,
                      Scratch& scratch) const;
  std::vector<std::uint64_t> counts(const TrainerState& state) const;
  void step(TrainerState& state, CurvePoint& sums, Scratch& scratch) const;

  const Integrand& integrand_;
  TrainerConfig config_;
};

}  // namespace thalweg
