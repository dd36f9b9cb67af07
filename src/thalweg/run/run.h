// The stages of a run, each of which goes on from what the run folder holds:
// adaptation -> integration -> unweighted events -> event files.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "thalweg/base/progress.h"
#include "thalweg/diagnostics/map_diagnosis.h"
#include "thalweg/run/cross_section.h"
#include "thalweg/run/generation.h"
#include "thalweg/run/run_folder.h"
#include "thalweg/sampling/drop_channels.h"
#include "thalweg/sampling/foam_builder.h"
#include "thalweg/sampling/neural_trainer.h"
#include "thalweg/sampling/training_budget.h"
#include "thalweg/sampling/unweighting.h"

namespace thalweg {

struct RunOptions {
  int threads = 1;
  Verbosity verbosity = Verbosity::normal;
  std::filesystem::path folder;                 // empty: ./<card name>.run
  std::optional<std::filesystem::path> output;  // one event file with the format of its ending
  double train_seconds = 0;                     // 0: as many batches as the card says or as pay
};

inline constexpr int kNotUsable = 3;  // exit code: the map is folded or does not cover the cube

class Run {
 public:
  Run(const RunCard& card, const RunOptions& options);

  void train();
  void integrate();
  void generate();
  // Writes diagnosis.json and returns it. RequestError without a trained sampler.
  nlohmann::json diagnose(std::uint64_t points, std::uint64_t reference_points);

  // The document of result.json as far as the stages that ran.
  const nlohmann::json& result() const { return result_; }
  // 0, or kNotUsable, or 4 when fewer events or less accuracy were reached than asked for.
  int exit_code() const { return exit_code_; }

 private:
  IntegratorConfig integrator_config() const;
  // What a short adaptation of channels promises.
  struct Trial {
    double spread, efficiency, cost;
  };
  void choose_channels();
  void use_channels(ChannelWeights channels, const std::string& reason);
  std::pair<ChannelWeights, std::string> better_channels() const;
  Trial try_channels(const Integrand& integrand) const;
  void use_integrand(std::unique_ptr<Integrand> integrand);
  std::uint64_t adaptation_points() const;
  DroppedChannels adapt(const Integrand& integrand, const IntegratorConfig& config, IntegratorState& state,
                        const Integrator::Report& report) const;
  void drop_channels();
  void leave_out_dropped();
  void load_state();
  void load_result();
  void read_training(const nlohmann::json& training, const std::optional<TrainerState>& from_file);
  void choose_precision();
  TrainerConfig trainer_config() const;
  void train_sampler();
  void adapt_grids();
  void note_tempered();
  void decide_training(const std::optional<TrainerState>& from_file);
  TrainingDecision budget(double efficiency, double spread) const;
  void set_batches(std::uint64_t batches, const std::string& reason);
  bool reconsider_training();
  void refuse_divergence();
  void look_for_blind_spots();
  double tried_efficiency();
  void clock_adaptation(std::size_t iterations_before, double seconds);
  void train_flows(TrainerState& trained);
  void use_flows(const TrainerState& trained);
  std::optional<IterationResult> seen_by_grids() const;
  bool has_diverged(const TrainerState& trained) const;
  void give_up_training(std::optional<TrainerState>& trained);
  void examine_maps();
  void refuse_folds() const;
  void check_coverage();
  void explore_cells(std::optional<TrainerState>& trained);
  Exploration explore_maps(std::uint64_t cells);
  double points_needed(double spread, double efficiency) const;
  void note(const std::string& line);
  std::uint64_t batches_for(double seconds) const;
  void write_cards() const;
  void report_integral(const IntegratorState& state);
  void make_events(const UnweightingPlan& plan, Generation& g);
  void write_files(const Generation& g);
  void write_event_files(const Generation& g, const EventStore& store);
  void save_result();
  std::vector<std::filesystem::path> output_files() const;
  void check_outputs() const;
  std::map<std::string, std::uint64_t> events_by_file() const;
  void refuse_to_replace() const;
  Generation begin_generation();
  void add_time(const std::string& stage, double seconds);
  void note_time_budget();
  void note_marks();
  nlohmann::json integral_json() const;

  RunCard card_;
  const std::uint64_t cells_of_card_;  // before the decision
  RunOptions options_;
  std::unique_ptr<Integrand> integrand_;
  std::unique_ptr<WeightedIntegrand> sampled_;  // with trained weights or without dropped channels; or null
  const Integrand& sampled() const { return sampled_ ? static_cast<const Integrand&>(*sampled_) : *integrand_; }
  const EventSource* event_source_;  // the integrand, if it makes events
  RunFolder folder_;
  Progress progress_;
  IntegratorState state_;
  struct Tried {
    std::uint64_t cells;
    std::vector<std::uint8_t> active;
    Exploration found;
  };
  std::optional<Tried> tried_;  // in front of the grids, for the decision whether to train
  double seconds_per_cost_ = 0;  // wall clock of a counted second, as the adaptation was; 0: not known
  nlohmann::json training_;     // what was decided: batches, reason, cells; and how the training went
  nlohmann::json result_;
  int exit_code_ = 0;
};

}  // namespace thalweg
