// The files of a run folder.
#include <algorithm>
#include <array>

#include "guarded.h"
#include "scratch.h"
#include "targets.h"
#include "thalweg/base/json.h"
#include "thalweg/base/json_reader.h"
#include "thalweg/run/earlier_run.h"
#include "thalweg/sampling/sampler_file.h"
#include "thalweg/sampling/unweighting.h"

namespace thalweg::fuzz {
namespace {

// Two parts of two channels each, three maps, channel weights that a network may change.
class Small : public Integrand {
 public:
  std::size_t dim() const override { return 2; }
  std::size_t channels() const override { return 4; }
  std::size_t maps() const override { return 3; }
  std::size_t map_of(std::size_t c) const override { return c == 3 ? 2 : c; }
  std::size_t parts() const override { return 2; }
  ChannelPart part_of(std::size_t c) const override { return {c / 2, c / 2 * 2, 2}; }
  std::size_t features() const override { return 2; }
  std::string channel_name(std::size_t c) const override { return std::to_string(c); }
  void evaluate(std::size_t c, const Batch& y, const Evaluation& out, Arena&) const override {
    for (std::size_t e = 0; e < y.size; ++e) {
      const double a = y.row(0)[e], b = y.row(1)[e];
      out.weight[e] = a < 0.1 ? 0 : 1 + a * b - (b > 0.9 ? 3 : 0);
      set_alpha(out, c % 2, e, std::array{0.25, 0.75});
      for (std::size_t f = 0; f < out.features.dim; ++f) out.features.row(f)[e] = y.row(f)[e];
    }
  }
};

const Small kSmall;

IntegratorState small_state() {
  IntegratorConfig config;
  config.points = 60, config.adaptation_iterations = 2, config.adaptation_points = 30, config.vegas_bins = 4;
  const Integrator integrator(kSmall, config);
  IntegratorState state = integrator.initial_state();
  integrator.adapt(state, [](const IntegratorState&) {});
  Foam foam(2);
  foam.split(0, 0, 0.25), foam.split(1, 1, 0.5);
  foam.set_probabilities(std::vector{0.2, 0.5, 0.3});
  state.cells = {foam, Foam(2), foam};
  integrator.integrate(state, [](const IntegratorState&) {});
  return state;
}

void draw(const std::vector<CellularMap>& maps) {
  Arena arena;
  for (const CellularMap& map : maps) {
    const Batch z = Batch::take(arena, map.dim(), 3), y = Batch::take(arena, map.dim(), 3);
    const auto log_jacobian = arena.take<double>(3);
    for (std::size_t d = 0; d < z.dim; ++d)
      for (std::size_t e = 0; e < 3; ++e) z.row(d)[e] = 0.2 + 0.3 * static_cast<double>(e);
    map.forward(z, y, log_jacobian);
  }
}

}  // namespace

bool state(std::string_view text) {
  return taken([&] {
    const nlohmann::json json = opened(text, "state");
    const IntegratorState state = IntegratorState::from_json(json);
    draw(state.maps());
    total(state);
    efficiencies(state.channels, UnweightingPlan::from_budget(state.channels, 1e-3));
  });
}

std::vector<std::string> state_seeds() { return {small_state().to_json().dump()}; }

bool training(std::string_view text) {
  static const RunCard plain = [] {
    RunCard card;
    card.sampler = "neural";
    return card;
  }();
  static const RunCard given = [] {
    RunCard card = plain;
    card.neural.batches = 40;
    return card;
  }();
  return taken([&] {
    const nlohmann::json json = opened(text, "training");
    TrainerState sampler;
    sampler.batches_planned = 40;
    const bool first = taken([&] { earlier_training(json, plain, nullptr); });
    earlier_training(json, given, first ? nullptr : &sampler);
  });
}

std::vector<std::string> training_seeds() {
  return {R"({"batches": 40, "batch_size": 128, "reuse": 5, "reason": "40 batches: as the card says", "cells": 8,
"evaluations": 5122, "explored": 7418, "folded": 0.1, "reference": {"value": 1.5, "error": 0.1}})"};
}

bool result(std::string_view text) {
  return taken([&] { check_result(opened(text, "result")); });
}

std::vector<std::string> result_seeds() {
  return {R"({"events": 60, "weights": {"overweight_share": 0.1}, "time": {"train": 0.5}, "cpu": {"output": 1}})"};
}

bool folder(std::string_view text) {
  return taken([&] {
    unsealed(text, "state", "0badc0de", "'state.json'", "remove it");
    unsealed(text, "state", "", "'state.json'", "remove it");
  });
}

std::vector<std::string> folder_seeds() {
  nlohmann::json json = {{"a", {1, 2.5, "x"}}};
  return {sealed("state", "0badc0de", json, -1), sealed("state", "0badc0de", json, 2),
          sealed("result", "0badc0de", json, 2), R"({"active": [1, 1]})"};
}

namespace {

const SamplerDocument& small_sampler() {
  static const SamplerDocument document = [] {
    TrainerConfig config;
    config.batches = 3, config.batch_size = 64;
    config.flow.hidden = 4, config.flow.bins = 2, config.flow.layers = 2;
    config.weight_hidden = 4, config.weight_layers = 2;
    const NeuralTrainer trainer(kSmall, config);
    TrainerState state = trainer.initial_state({});
    trainer.train(state, [](const TrainerState&) {});
    state.cells = small_state().cells;
    return to_document(state, "card");
  }();
  return document;
}

}  // namespace

bool sampler(std::string_view text) {
  return taken([&] {
    const nlohmann::json json = parse_json(text, "sampler.h5");
    IntegratorState state = Integrator(kSmall, {}).initial_state();
    const TrainerState trained = from_document(json, small_sampler().networks, "card", kSmall);
    state.flows = NeuralTrainer::averaged(trained);
    state.cells = trained.cells;
    draw(state.maps());
    const WeightedIntegrand weighted = NeuralTrainer::weighted(kSmall, trained);
    Arena arena;
    const Batch y = Batch::take(arena, 2, 3);
    for (std::size_t e = 0; e < 3; ++e) y.row(0)[e] = y.row(1)[e] = 0.3;
    for (std::size_t c = 0; c < kSmall.channels(); ++c)
      weighted.evaluate(c, y, {.weight = arena.take<double>(3)}, arena);
  });
}

std::vector<std::string> sampler_seeds() { return {small_sampler().state}; }

}  // namespace thalweg::fuzz
