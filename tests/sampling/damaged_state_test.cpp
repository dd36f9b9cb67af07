// States that were read back, behind a right checksum: whatever the numbers are, they fit each other or are refused.
#include <gtest/gtest.h>

#include <random>

#include "sampling/trained.h"
#include "thalweg/base/errors.h"
#include "thalweg/base/json_reader.h"
#include "thalweg/sampling/unweighting.h"

namespace thalweg {
namespace {

using Pointer = nlohmann::json::json_pointer;

// Two channels that share a map, cells in front of it; weights of both signs and some that are zero.
class Shared : public Integrand {
 public:
  std::size_t dim() const override { return 2; }
  std::size_t channels() const override { return 3; }
  std::size_t maps() const override { return 2; }
  std::size_t map_of(std::size_t c) const override { return c / 2; }
  std::string channel_name(std::size_t c) const override { return std::to_string(c); }
  void evaluate(std::size_t c, const Batch& y, const Evaluation& out, Arena&) const override {
    for (std::size_t e = 0; e < y.size; ++e) {
      const double a = y.row(0)[e], b = y.row(1)[e];
      out.weight[e] = a < 0.1 ? 0 : 1 + a * b - (b > 0.9 ? 3 : 0);
      set_alpha(out, c, e, std::array{0.2, 0.3, 0.5});
    }
  }
};

nlohmann::json state_json() {
  const Shared f;
  IntegratorConfig config;
  config.points = 20'000, config.adaptation_iterations = 2, config.adaptation_points = 1000, config.vegas_bins = 4;
  const Integrator integrator(f, config);
  IntegratorState state = integrator.initial_state();
  integrator.adapt(state, [](const IntegratorState&) {});
  Foam foam(2);
  foam.split(0, 0, 0.25), foam.split(1, 1, 0.5);
  foam.set_probabilities(std::vector{0.2, 0.5, 0.3});
  state.cells = {foam, Foam(2)};
  integrator.integrate(state, [](const IntegratorState&) {});
  return nlohmann::json::parse(state.to_json().dump());
}

TEST(DamagedState, ANewAndAnAdaptedStateComeBack) {
  const Shared f;
  for (const int iterations : {0, 1}) {
    IntegratorConfig config;
    config.adaptation_iterations = iterations, config.adaptation_points = 1000;
    const Integrator integrator(f, config);
    IntegratorState state = integrator.initial_state();
    integrator.adapt(state, [](const IntegratorState&) {});
    const auto json = nlohmann::json::parse(state.to_json().dump());
    EXPECT_EQ(IntegratorState::from_json(json).to_json(), json);
  }
  EXPECT_EQ(IntegratorState::from_json(state_json()).to_json(), state_json());
}

TEST(DamagedState, NumbersThatDoNotFitAreRefused) {
  const nlohmann::json good = state_json();
  const std::uint64_t points = good["channels"][0]["points"];
  const double sum = good["channels"][0]["absolute_sum"];
  for (const auto& [place, value] :
       std::vector<std::pair<const char*, nlohmann::json>>{{"/map_of", {0, 0, 99}},
                                                           {"/map_of/0", -1},
                                                           {"/map_of", {0, 0}},
                                                           {"/active", {1, 1}},
                                                           {"/active/1", 2},
                                                           {"/active", {0, 0, 0}},
                                                           {"/sigma/0", -1},
                                                           {"/sigma/0", nullptr},
                                                           {"/sigma", {1, 2, 3, 4}},
                                                           {"/integral", {1, 2}},
                                                           {"/power/0", 0},
                                                           {"/power", {1}},
                                                           {"/adapted_efficiency", "much"},
                                                           {"/adaptations_done", -2'000'000'000},
                                                           {"/adaptations_done", 3},
                                                           {"/adaptations_done", 2'000'000'000},
                                                           {"/integrations_done", 0},
                                                           {"/integrations_done", 99},
                                                           {"/complete", 1},
                                                           {"/first_non_finite", 0},
                                                           {"/grids", nlohmann::json::array()},
                                                           {"/grids/0", nlohmann::json::array()},
                                                           {"/grids/0/0", nlohmann::json::array()},
                                                           {"/grids/0/0", 7},
                                                           {"/grids/0/0", {0, 1}},
                                                           {"/grids/0/1/2", -0.5},
                                                           {"/grids/0/1/0", 0.1},
                                                           {"/grids/1", {{0, 0.5, 1}, {0, 0.5, 1}}},
                                                           {"/cells", {1}},
                                                           {"/cells/0/dim", 0},
                                                           {"/cells/0/dim", 3},
                                                           {"/cells/0/dim", -1},
                                                           {"/cells/0/splits/0/0", 5},
                                                           {"/cells/0/splits/0/1", 2},
                                                           {"/cells/0/splits/0/2", 1.5},
                                                           {"/cells/0/splits/0", {0, 0}},
                                                           {"/cells/0/probability", {0.5, 0.5}},
                                                           {"/cells/0/probability/1", 0},
                                                           {"/cells/0/probability", {1e-308, 1e308, 1e-308}},
                                                           {"/channels", nlohmann::json::array()},
                                                           {"/channels/0/points", points + 1},
                                                           {"/channels/0/points", -1},
                                                           {"/channels/0/points", 0},
                                                           {"/channels/0/points", 1e300},
                                                           {"/channels/0/non_zero", points + 1},
                                                           {"/channels/0/non_zero", 1},
                                                           {"/channels/0/non_finite", points},
                                                           {"/channels/0/mean", 1e9},
                                                           {"/channels/0/m2", -1},
                                                           {"/channels/0/m2", 1e9},
                                                           {"/channels/0/m2", 0},
                                                           {"/channels/0/absolute_sum", 0},
                                                           {"/channels/0/absolute_sum", 2 * sum},
                                                           {"/channels/0/top", nlohmann::json::array()},
                                                           {"/channels/0/top/0", 1e9},
                                                           {"/channels/0/top/3", -1},
                                                           {"/channels/0/histogram", nlohmann::json::array()},
                                                           {"/channels/0/histogram/0/0", -1},
                                                           {"/channels/0/histogram/0/0", 1ULL << 40},
                                                           {"/channels/0/histogram/1/0", 0},
                                                           {"/channels/0/histogram/0/1", 0},
                                                           {"/channels/0/histogram/0/1", 1'000'000},
                                                           {"/channels/0/histogram/0/2", 0},
                                                           {"/channels/0/histogram/0", {1, 2}},
                                                           {"/sums", nlohmann::json::array()},
                                                           {"/sums/0", {1}},
                                                           {"/sums/0/0", nullptr},
                                                           {"/sums/0/1", 0},
                                                           {"/iterations", nlohmann::json::array()},
                                                           {"/iterations/0", {true, 1}},
                                                           {"/iterations/0/0", false},
                                                           {"/iterations/2/1", 7},
                                                           {"/iterations/2/3", -1}}) {
    nlohmann::json bad = good;
    bad.at(Pointer(place)) = value;
    EXPECT_THROW(IntegratorState::from_json(bad), RequestError) << place << " = " << value;
  }
  for (const auto& entry : good.items()) {
    nlohmann::json bad = good;
    bad.erase(entry.key());
    EXPECT_THROW(IntegratorState::from_json(bad), RequestError) << entry.key();
  }
}

// Any value of the document by any other: refused, or a state that can be used.
TEST(DamagedState, WhateverIsTakenCanBeUsed) {
  const nlohmann::json good = state_json();
  const nlohmann::json values = {nullptr,
                                 true,
                                 -1,
                                 0,
                                 1,
                                 2,
                                 1e-310,
                                 0.5,
                                 1e9,
                                 1e300,
                                 -1e300,
                                 1ULL << 62,
                                 "x",
                                 "",
                                 {},
                                 {1, 2},
                                 nlohmann::json::object()};
  std::mt19937_64 random(1);
  Arena arena;
  const Shared f;
  int taken = 0;
  for (int i = 0; i < 2000; ++i) {
    nlohmann::json bad = good;
    for (int k = 0; k < 1 + i % 2; ++k) {
      // Down to a leaf, so that few large lists do not take all.
      nlohmann::json* at = &bad;
      while (at->is_structured() && !at->empty() && (at == &bad || random() % 8 > 0)) {
        auto child = at->begin();
        std::advance(child, static_cast<std::ptrdiff_t>(random() % at->size()));
        at = &*child;
      }
      *at = values[random() % values.size()];
    }
    try {
      const IntegratorState state = IntegratorState::from_json(bad);
      ++taken;
      const UnweightingPlan plan = UnweightingPlan::from_budget(state.channels, 1e-3);
      EXPECT_FALSE(std::isnan(total(state).value));
      efficiencies(state.channels, plan);
      if (plan.sum() > 0 && std::isfinite(plan.sum())) unweight_chunk(f, state.maps(), plan, 1, 0, arena);
    } catch (const RequestError&) {
    }
  }
  EXPECT_GT(taken, 10);
  EXPECT_LT(taken, 1000);
}

}  // namespace
}  // namespace thalweg
