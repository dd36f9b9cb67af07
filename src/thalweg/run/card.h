// Run cards (TOML): what a user asks for, checked as far as it can be without computing anything.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "thalweg/amplitude/plugin.h"
#include "thalweg/integrands/named_integrand.h"
#include "thalweg/phasespace/beams.h"
#include "thalweg/run/expression.h"
#include "thalweg/sampling/neural_trainer.h"

namespace thalweg {

// automatic: propagators or lab, whichever a short adaptation likes better.
enum class ChannelWeights { automatic, diagrams, propagators, sherpa, flat, lab, rambo };
inline const std::vector<std::string> kChannelWeightNames = {"auto", "diagrams", "propagators", "sherpa",
                                                             "flat", "lab",      "rambo"};

// Whether a point is one of all sub-processes, or of those with one amplitude; automatic: by the cost of amplitudes.
enum class SubProcesses { automatic, summed, separate };
inline const std::vector<std::string> kSubProcessesNames = {"auto", "summed", "separate"};

// One entry of [cuts].
struct CutRequest {
  std::string name, of, place;
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
};

struct RunCard {
  std::string name;  // of the card file, without ending: names the run folder
  std::string process;
  IntegrandRequest integrand;  // instead of a process, if it has a name
  bool has_process() const { return integrand.name.empty(); }
  bool has_particles() const { return has_process() || integrand.name == "higgs_four_leptons"; }
  std::string title() const { return has_process() ? process : integrand.name; }
  Model model{"sm"};
  Parameters parameters = Parameters::defaults("sm");
  std::vector<std::string> remarks;  // on the input, for the log
  // Whether alpha_s is that of the PDF set: [parameters] has then no say in it.
  bool alpha_s_of_set() const { return has_process() && beam_kind == Beams::Kind::hadrons && running; }
  bool alpha_s_from_slha = false;

  std::string amplitude;               // "plugin:FILE": the matrix element of a shared library; empty: our own
  std::optional<Precision> precision;  // of amplitudes; none: by their costs (run_precision.cpp)
  std::string precision_reason;

  Beams::Kind beam_kind = Beams::Kind::hadrons;
  double energy = 0;  // GeV, centre of mass
  std::string pdf;
  int flavours = 4;

  Expression factorization = Expression::constant(0), renormalization = Expression::constant(0);
  bool running = true;

  std::vector<CutRequest> cuts;

  double accuracy = 1e-3;
  std::uint64_t points = 0;
  std::string sampler = "neural";  // neural, ann, vegas or flat
  bool trains() const { return sampler == "neural" || sampler == "ann"; }
  bool baseline = false;  // preset = "madnis-baseline"
  ChannelWeights channels = ChannelWeights::automatic;
  std::string channels_reason;  // a comment of the resolved card
  SubProcesses sub_processes = SubProcesses::automatic;
  std::uint64_t vegas_bins = 64, adaptation_iterations = 7;
  std::uint64_t adaptation_points = 0;  // a map and iteration; 0: by the number of maps
  double vegas_damping = 0.7;
  double overweight_budget = 1e-3;
  // batches 0: as many as pay, or 20 000 for a fully connected map; batch_size, reuse 0: usual_batch, usual_reuse.
  // Seed, threads and dimension are left to the run.
  TrainerConfig neural{.batches = 0};
  std::string batches_reason;  // a comment of the resolved card
  std::uint64_t cells = 0;     // in front of grids or flows (foam_builder.h); 0: by the points still to come, 1: none
  std::uint64_t cell_points = 250;

  std::uint64_t events = 10'000;
  std::vector<std::string> formats{"lhe.gz"};          // "lhe", "lhe.gz", "hdf5"; "npy" for points of an integrand
  bool scale_variations = false, pdf_members = false;  // weights of events
  std::uint64_t seed = 1;

  // Writes what the run decided into `resolved`; `resolved_sampling` stays what was asked.
  void write_decisions();

  // The card with every value written out: `sampling` determines what is sampled (all but [output]).
  std::string resolved, resolved_sampling;
};

// Event variables that scales may use, in the order in which Expression gets them; sums are over all final particles:
// ht of sqrt(m^2 + p_T^2), et of E p_T / |p|, pt_sum of p_T; mt_mean is the geometric mean of sqrt(m^2 + p_T^2).
inline const std::vector<std::string> kScaleVariables = {"ht", "sqrt_s_hat", "et", "pt_sum", "mt_mean"};

// `set`: KEY=VALUE overrides in order, dotted keys. RequestError with file, line and key for anything
// that is not understood.
RunCard load_card(const std::filesystem::path& path, const std::vector<std::string>& set);
RunCard parse_card(std::string_view text, const std::string& place, const std::vector<std::string>& set);

}  // namespace thalweg
