// Multi-channel adaptive integration (Heimel, thesis, sections 2.2.2 to 2.2.4).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "thalweg/sampling/foam.h"
#include "thalweg/sampling/integrand.h"
#include "thalweg/sampling/vegas.h"
#include "thalweg/sampling/weight_statistics.h"

namespace thalweg {

inline constexpr std::uint64_t kChunk = 4096;  // points that go through the whole chain together

struct IntegratorConfig {
  std::uint64_t seed = 1;
  int threads = 1;
  std::size_t vegas_bins = 64;
  double vegas_damping = 0.7;
  bool adapt_grids = true;  // false: flat sampling of every channel
  int adaptation_iterations = 7;
  std::uint64_t adaptation_points = 20'000;      // a map and iteration
  bool follow_sigma = false;                     // most of them where sigma_i is large, from the third iteration on
  double accuracy = 1e-3;                        // relative error at which integration ends ...
  std::uint64_t points = 0;                      // ... unless this is set: then exactly that many points
  std::uint64_t minimum_points = 200'000;        // so that error and maxima mean something
  std::uint64_t maximum_points = 4'000'000'000;  // or until it is clear that these are not enough
};

struct IterationResult {
  bool adaptation = false;
  std::uint64_t points = 0;
  double value = 0, error = 0;
};

// Of one channel over iterations with P_k points in all channels and N_k in this one: sum P_k m_k and sum P_k^2 / N_k.
// N_k follows from earlier weights, so means pooled by N_k would be biased: a channel that has shown a large weight
// gets more points, which outvote that weight. P_k does not.
struct ChannelSum {
  double means = 0, squares = 0;
};

// Everything that an interrupted integration needs to go on, and all of its result.
struct IntegratorState {
  std::vector<VegasGrid> grids;  // by map (Integrand::map_of)
  // By map, of a trained sampler, or none; they live in the sampler file, not in the JSON.
  std::vector<std::shared_ptr<const Mapping>> flows;
  std::vector<Foam> cells;    // by map, in front of grid or flow; or none. Those of flows live in the sampler file, too
  std::vector<double> power;  // of the integrand that each grid was adapted to last (tempering.h); 1 is all of it
  std::vector<std::size_t> map_of;   // by channel, as all that follows
  std::vector<std::uint8_t> active;  // 0: a channel that training gave up
  std::vector<double> sigma;         // standard deviation of one weight, for the allocation of points
  std::vector<double> integral;      // in the last adaptation
  double adapted_efficiency = 0;     // of unweighting, 0.1 % of the integral above the maximum, in the last adaptation
  int adaptations_done = 0;
  int integrations_done = 0;
  std::vector<IterationResult> iterations;
  std::vector<WeightStatistics> channels;  // of the integration iterations
  std::vector<ChannelSum> sums;            // of the same
  bool complete = false;
  std::string first_non_finite;  // a point that shows it

  // What samples each channel: the flows where there are some, else the grids, behind the cells where there are some.
  // Valid as long as the state is.
  std::vector<CellularMap> maps() const;

  // Forgets the integration and the cells, and keeps the adaptation.
  void restart_integration();

  nlohmann::json to_json() const;
  // RequestError for numbers that are out of range or do not fit each other.
  static IntegratorState from_json(const JsonReader& json);
};

// Means of the integration iterations, weighted by their points. chi2: of the iterations against the total.
// error_spread: relative variance of error^2. Above kErrorSpread a few large weights make the error, larger ones are to
// be expected, and value and error are rather too small (the criterion of MCNP: its manual, LA-UR-03-1987, chapter 2).
inline constexpr double kErrorSpread = 0.1;
struct Integral {
  double value = 0, error = 0, chi2_per_dof = 0, error_spread = 0;
  std::uint64_t points = 0, non_zero = 0, non_finite = 0;
};
Integral total(const IntegratorState& state);
Integral of_channel(const IntegratorState& state, std::size_t channel);  // without chi2_per_dof
// sum_i sigma_i / |I| at the end of the adaptation: the relative deviation of weights with the best N_i.
double spread(const IntegratorState& state);

std::vector<double> costs(const Integrand& integrand);  // by channel
// Mean cost of a point with points proportional to sigma_i.
double mean_cost(const Integrand& integrand, const IntegratorState& state);

// Points of `total` for each channel: nine tenths proportional to `need`, which is sigma_i / sqrt(cost_i) (eq. 2.55,
// and the best for a given time) as far as it is known, the rest evenly; none for channels that are not active. They
// add up to at least `total`.
std::vector<std::uint64_t> allocate(std::uint64_t total, const std::vector<double>& need,
                                    const std::vector<std::uint8_t>& active);

class Integrator {
 public:
  Integrator(const Integrand& integrand, IntegratorConfig config);

  // Called after every iteration with the state as it is then: checkpoints and progress.
  using Report = std::function<void(const IntegratorState&)>;
  // Goes on from `state` (a new one: from the start): adaptation alone, or integration to the end too.
  // RunError when all weights vanish, more than 1 in 10^4 is not finite, or too many are marked (marks.h).
  void adapt(IntegratorState& state, const Report& report) const;
  void integrate(IntegratorState& state, const Report& report) const;
  IntegratorState initial_state() const;

 private:
  struct ChunkResult;
  std::vector<WeightStatistics> iterate(IntegratorState& state, bool adaptation,
                                        const std::vector<std::uint64_t>& counts) const;
  std::vector<std::uint64_t> adaptation_counts(const IntegratorState& state) const;
  ChunkResult run_chunk(const IntegratorState& state, std::size_t channel, std::uint64_t count, bool adaptation,
                        std::uint32_t iteration, std::uint64_t chunk, Arena& arena) const;
  bool is_hopeless(const IntegratorState& state) const;
  void check_non_finite(const IntegratorState& state, std::uint64_t points, std::uint64_t lost) const;

  const Integrand& integrand_;
  IntegratorConfig config_;
  std::vector<Mark> marks_;
};

}  // namespace thalweg
