// Training of coupling flows or fully connected maps, and of channel weights, on an integrand (thesis, sections 5.1 and
// 8.1 to 8.5).
//
// A batch draws N_i points of channel i from its flow, weighs them, w = alpha_i f / g_i, and follows the gradient of a
// loss in log g_i and log alpha_i at fixed points. A coupling flow has the same inputs in both directions, so that the
// gradient needs no second pass. All maps share one coupling flow, whose networks have biases of
// each: what is learned in one serves the others (decision 0014). Channels that share a map (Integrand::map_of) share
// its N_i and one sigma_i. A fully connected map knows no conditions, so that each map has its own.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "thalweg/base/cloned.h"
#include "thalweg/flow/ann_map.h"
#include "thalweg/flow/coupling_flow.h"
#include "thalweg/sampling/channel_weights.h"
#include "thalweg/sampling/foam.h"
#include "thalweg/sampling/guarded_adam.h"
#include "thalweg/sampling/integrand.h"
#include "thalweg/sampling/vegas_start.h"

namespace thalweg {

struct LossScales;
struct TaskResult;
struct TrainingTask;

// kl:         -sum_i <|w| log g_i>/I_i       (3.36); channel weights by `stratified`
// variance:   sum_i sigma_i^2 N/N_i / I^2    (5.13)
// stratified: (sum_i sigma_i)^2 / I^2        (5.20)
// madnis:     kl or, for a fully connected map, reverse_kl, whose gradients have the least noise; in the last quarter
//             stratified
// reverse_kl: <log g_i - log |alpha_i f|> along the path of the points (reverse_kl.h); channel weights stay as they are
enum class Loss { kl, variance, stratified, madnis, reverse_kl };
inline const std::vector<std::string> kLossNames = {"kl", "variance", "stratified", "madnis", "reverse_kl"};

// A training whose integral is not within this factor of that of the grids has diverged.
inline constexpr double kAstray = 2;

struct TrainerConfig {
  std::uint64_t seed = 1;
  int threads = 1;
  FlowConfig flow{};               // dim is the integrand's
  std::optional<AnnConfig> ann{};  // instead of the flow; dim likewise
  bool vegas_start = true;         // whether a flow starts as the VEGAS grids of its maps, or as the identity
  std::uint64_t batches = 1000;
  std::uint64_t batch_size = 1024;
  double learning_rate = 3e-3, final_learning_rate = 1e-5;
  Schedule schedule = Schedule::cosine;
  Loss loss = Loss::madnis;
  double uniform_fraction = 0.1;  // r: the share of a batch that is spread evenly, the rest ~ sigma_i
  // Against large single weights: the share of training points that is drawn near a face of the latent cube (the
  // sums are weighted accordingly; not for reverse_kl), and the strength of <w^8> beside <w^2> in the last quarter.
  double face_share = 0.5, tail = 3;
  // Longer gradients of reverse_kl are shortened to it; 0, and of other losses: to a few times their running mean.
  double gradient_limit = 0;
  // The share of the training in which reverse_kl raises the power of the integrand that it follows from 0 to 1: the
  // image first fills the cube, and then finds all peaks.
  double anneal = 0.2;
  // Whether reverse_kl drives the determinants of points that are folded over back through zero, instead of away from
  // it.
  bool unfold = true;
  // When a twentieth of `batches` lowers the loss by less than this, the training ends; one with the loss `madnis` goes
  // over to its last quarter. 0: never.
  double settle = 0;
  // reverse_kl with one channel: C and a / I of the term that pulls the integral (reverse_kl.h).
  double integral_term = 0, integral_width = 0.1;
  double reference_integral = 0;  // I, as the grids have it; 0: not known
  // R_@: batches for each one that evaluates the integrand; the others train on points of up to 50 batches before, or
  // 64 MB of them.
  std::uint64_t reuse = 1;
  // Channel weights, where the integrand has several channels and features, and all maps see it (power 1): the network
  // would lower large weights by moving the integral to channels whose own are not known.
  bool train_weights = true;
  std::size_t weight_hidden = 64, weight_layers = 3;
  double drop = 1e-3;  // channels whose integrals add up to this share at most are given up for the others
};

// A point of the training curve: means over the batches since the last one. loss: <-log w> over points of all maps with
// w > 0, which is the reverse KL divergence up to the logarithm of the integral; gradient: length before it is
// shortened.
struct CurvePoint {
  std::uint64_t batch = 0;
  double value = 0, relative_std_dev = 0, learning_rate = 0, loss = 0, gradient = 0;
};

struct TrainedFlow {
  Cloned<TrainableMap> flow;
  GuardedAdam optimiser;
};
struct TrainedWeights {
  ChannelWeightNetwork network;
  GuardedAdam optimiser;
};

struct TrainerState {
  std::uint64_t batches_done = 0, batches_planned = 0;
  bool settled = false;            // the loss did, and the plan was shortened
  std::vector<TrainedFlow> flows;  // one, or by map
  std::size_t flow_of(std::size_t map) const { return flows.size() == 1 ? 0 : map; }
  std::size_t condition_of(std::size_t map) const { return flows.size() == 1 ? map : 0; }
  // By map, as all that follows up to tempered_size: running means of w, w^2, |w|, w^2 t^3 (training_task.h); w times
  // the channels that share the map.
  std::vector<double> mean, square, size, tail;
  double deviation(std::size_t map) const;  // of its weights
  double spread() const;                    // sum of deviations / |sum of means|
  std::vector<double> power;                // of the integrand that each flow is trained on (tempering.h)
  std::vector<double> tempered_size;        // mean of |F|^power / g in the last batch, where power < 1
  std::optional<TrainedWeights> weights;
  std::vector<double> integral;      // of each channel, running mean
  std::vector<std::uint8_t> active;  // by channel; 0: dropped
  double rate_factor = 1;            // halved by steps that are undone one after another
  std::uint64_t last_undone = 0;     // batch
  std::uint64_t clipped = 0, undone = 0, non_finite = 0, evaluations = 0;
  std::vector<CurvePoint> curve;
  CurvePoint last_tenth() const;  // value and deviation: medians over the last tenth of the curve, which is not empty
  // The smallest median deviation of a tenth of the curve.
  double best_tenth() const;
  std::vector<std::string> events;  // what the guard did, and which channels were dropped
  std::vector<Foam> cells;          // by map, in front of the finished flows; or none
};

class NeuralTrainer {
 public:
  NeuralTrainer(const Integrand& integrand, const TrainerConfig& config);
  // grids, power: of the maps, from an adaptation, to start from; or none. active: by channel, 0 for those that are
  // dropped already; or none. Evaluates a few points where features have to be scaled.
  TrainerState initial_state(const std::vector<VegasGrid>& grids, const std::vector<double>& power = {},
                             const std::vector<std::uint8_t>& active = {}) const;

  // Goes on from `state` to config.batches; `report` is called about twenty times, for checkpoints and progress: a
  // training that goes on from there makes the same steps. RunError when more than 1 in 100 weights of a batch are not
  // finite.
  using Report = std::function<void(const TrainerState&)>;
  void train(TrainerState& state, const Report& report) const;

  // With averaged parameters: the flows by map, and the integrand with trained weights.
  static std::vector<std::shared_ptr<const Mapping>> averaged(const TrainerState& state);
  static WeightedIntegrand weighted(const Integrand& prior, const TrainerState& state);

 private:
  struct Scratch;
  struct Step;
  std::vector<double> expected_points(const TrainerState& state) const;  // by map
  Step plan(const TrainerState& state, Scratch& scratch) const;
  LossScales scales(const TrainerState& state, const Step& step) const;
  void update_means(TrainerState& state, const Step& step, std::vector<TaskResult>& total, CurvePoint& sums) const;
  std::vector<TaskResult> run_tasks(const TrainerState& state, const Step& step, Scratch& scratch) const;
  void sum_gradients(const TrainerState& state, std::span<const TrainingTask> tasks, Scratch& scratch) const;
  double follow_gradients(TrainerState& state, const Step& step, Scratch& scratch, double rate) const;
  void step(TrainerState& state, CurvePoint& sums, Scratch& scratch) const;
  void note(TrainerState& state, GuardedAdam::Step taken, double length, const std::string& what) const;
  void drop_channels(TrainerState& state) const;
  bool has_settled(const TrainerState& state) const;
  std::uint64_t interval(std::uint64_t parts) const;
  std::uint64_t online_batches() const;

  const Integrand& integrand_;
  TrainerConfig config_;
  std::vector<std::vector<std::size_t>> channels_of_;  // of each map
  std::size_t largest_part_ = 1;
};

}  // namespace thalweg
