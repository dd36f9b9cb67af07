// What an integration leaves for the one that goes on.
#include <algorithm>
#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/base/json_reader.h"
#include "thalweg/sampling/integrator.h"

namespace thalweg {

nlohmann::json IntegratorState::to_json() const {
  nlohmann::json json = {{"map_of", map_of},
                         {"active", active},
                         {"sigma", sigma},
                         {"integral", integral},
                         {"power", power},
                         {"adapted_efficiency", adapted_efficiency},
                         {"adaptations_done", adaptations_done},
                         {"integrations_done", integrations_done},
                         {"complete", complete},
                         {"first_non_finite", first_non_finite}};
  for (const VegasGrid& grid : grids) json["grids"].push_back(grid.to_json());
  json["cells"] = nlohmann::json::array();
  if (flows.empty())
    for (const Foam& foam : cells) json["cells"].push_back(foam.to_json());
  for (const WeightStatistics& c : channels) json["channels"].push_back(c.to_json());
  for (const ChannelSum& sum : sums) json["sums"].push_back({sum.means, sum.squares});
  json["iterations"] = nlohmann::json::array();
  for (const IterationResult& it : iterations)
    json["iterations"].push_back({it.adaptation, it.points, it.value, it.error});
  return json;
}

namespace {

std::vector<IterationResult> iterations_from(const JsonReader& json) {
  std::vector<IterationResult> iterations;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const JsonReader it = json.at(i);
    it.size(4, 4);
    iterations.push_back({it.at(0).flag(), it.at(1).whole(1), it.at(2).number(), it.at(3).number(0)});
  }
  return iterations;
}

void check_counts(const IntegratorState& state, const JsonReader& json) {
  std::uint64_t adaptations = 0, integrations = 0, points = 0, seen = 0;
  for (const IterationResult& it : state.iterations) {
    ++(it.adaptation ? adaptations : integrations);
    if (!it.adaptation) points += it.points;
  }
  if (adaptations != static_cast<std::uint64_t>(state.adaptations_done) ||
      integrations != static_cast<std::uint64_t>(state.integrations_done))
    json.fail(fmt::format("{} adaptations and {} integrations are done, but 'iterations' has {} and {}",
                          state.adaptations_done, state.integrations_done, adaptations, integrations));
  for (const WeightStatistics& c : state.channels) seen += c.points();
  if (seen != points) json.fail(fmt::format("{} points in 'channels', but {} in 'iterations'", seen, points));
  if (state.complete && integrations == 0) json.fail("complete without an iteration");
  for (std::size_t c = 0; c < state.sums.size(); ++c)
    if ((state.channels[c].points() > 0) != (state.sums[c].squares > 0))
      json.fail(fmt::format("'sums' of channel {} without points, or points without sums", c));
  if (std::count(state.active.begin(), state.active.end(), 1) == 0) json.fail("no channel is active");
}

}  // namespace

IntegratorState IntegratorState::from_json(const JsonReader& json) {
  constexpr std::uint64_t kMostIterations = 1'000'000;
  IntegratorState state;
  const JsonReader grids = json.at("grids"), cells = json.at("cells"), channels = json.at("channels"),
                   sums = json.at("sums"), integral = json.at("integral");
  const std::size_t maps = grids.size(1), n = channels.size(1);
  sums.size(n, n);
  state.map_of = json.at("map_of").wholes(n, 0, maps - 1);
  state.active = json.at("active").flags(n);
  state.sigma = json.at("sigma").numbers(n, 0);
  state.integral = integral.numbers(integral.size() == 0 ? 0 : n);
  state.power = json.at("power").numbers(maps, DBL_MIN, 1);
  state.adapted_efficiency = json.at("adapted_efficiency").number(0);
  state.adaptations_done = static_cast<int>(json.at("adaptations_done").whole(0, kMostIterations));
  state.integrations_done = static_cast<int>(json.at("integrations_done").whole(0, kMostIterations));
  state.complete = json.at("complete").flag();
  state.first_non_finite = json.at("first_non_finite").text();
  for (std::size_t m = 0; m < maps; ++m) {
    const JsonReader grid = grids.at(m);
    state.grids.push_back(VegasGrid::from_json(grid));
    if (state.grids[m].dim() != state.grids[0].dim() || state.grids[m].bins() != state.grids[0].bins())
      grid.fail("a grid of another shape than the first one");
  }
  for (std::size_t m = 0; m < cells.size(); ++m) state.cells.push_back(Foam::from_json(cells.at(m)));
  if (!fit(state.cells, maps, state.grids[0].dim())) cells.fail("cells that do not belong to these grids");
  for (std::size_t c = 0; c < n; ++c) {
    state.channels.push_back(WeightStatistics::from_json(channels.at(c)));
    const JsonReader sum = sums.at(c);
    sum.size(2, 2);
    state.sums.push_back({sum.at(0).number(), sum.at(1).number(0)});
  }
  state.iterations = iterations_from(json.at("iterations"));
  check_counts(state, json);
  return state;
}

}  // namespace thalweg
