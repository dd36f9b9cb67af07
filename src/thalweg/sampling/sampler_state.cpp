// A training as a JSON document and floats, and back.
#include <algorithm>
#include <cfloat>
#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/base/json_reader.h"
#include "thalweg/sampling/sampler_file.h"

namespace thalweg {
namespace {

nlohmann::json shape_json(const TrainableMap& map) {
  if (const auto* ann = dynamic_cast<const AnnMap*>(&map)) {
    const AnnConfig& c = ann->layout().config;
    return {{"dim", c.dim},       {"hidden", c.hidden},
            {"layers", c.layers}, {"activation", name_of(c.activation)},
            {"clip", c.clip},     {"inputs", kAnnInputNames[static_cast<std::size_t>(c.inputs)]}};
  }
  const FlowConfig& c = dynamic_cast<const CouplingFlow&>(map).layout().config;
  return {{"dim", c.dim},
          {"conditions", c.conditions},
          {"bins", c.bins},
          {"hidden", c.hidden},
          {"layers", c.layers},
          {"activation", name_of(c.activation)},
          {"exchange", c.permutation == Permutation::exchange},
          {"exchange_blocks", c.exchange_blocks}};
}

nlohmann::json weights_json(const ChannelWeightNetwork& network) {
  const MlpConfig& c = network.layout().config;
  return {{"hidden", c.hidden},     {"layers", c.layers},         {"outputs", c.outputs},
          {"shift", network.shift}, {"conditions", c.conditions}, {"scale", network.scale}};
}

void append(std::span<const float> parameters, const GuardedAdam& o, std::vector<float>& floats, nlohmann::json& json) {
  json.push_back({{"steps", o.adam.steps}, {"norm", o.norm}});
  for (const std::span<const float> part :
       {parameters, std::span<const float>(o.average), std::span<const float>(o.adam.first),
        std::span<const float>(o.adam.second)})
    floats.insert(floats.end(), part.begin(), part.end());
}

// Sizes are compared with what is there before memory is taken for them.
void need(const JsonReader& json, std::size_t parameters, std::span<const float> floats) {
  if (parameters > floats.size() / 4)
    json.fail(fmt::format("a network of {} parameters, for which {} numbers are too few", parameters, floats.size()));
}

Activation activation_from(const JsonReader& json) {
  const std::string name = json.text();
  for (const Activation a : {Activation::leaky_relu, Activation::elu, Activation::silu})
    if (name == name_of(a)) return a;
  json.fail(fmt::format("unknown activation '{}'", name));
}

// Of so many maps.
std::unique_ptr<TrainableMap> map_from(const JsonReader& j, std::size_t dim, std::size_t maps,
                                       std::span<const float> floats) {
  const std::size_t hidden = j.at("hidden").whole(1, kMaxHidden), layers = j.at("layers").whole(1, kMaxLayers);
  const Activation activation = activation_from(j.at("activation"));
  if (j.contains("clip")) {
    const std::string inputs = j.at("inputs").text();
    if (inputs != kAnnInputNames[0] && inputs != kAnnInputNames[1]) j.fail(fmt::format("unknown inputs '{}'", inputs));
    if (dim > kMaxAnnDim) j.fail(fmt::format("a fully connected map in {} dimensions", dim));
    const AnnConfig config{dim,
                           hidden,
                           layers,
                           activation,
                           j.at("clip").number(1, 1000),
                           inputs == kAnnInputNames[0] ? AnnInputs::cube : AnnInputs::stretched};
    need(j, AnnLayout(config).sizes.parameters(), floats);
    return std::make_unique<AnnMap>(config, 0);
  }
  const FlowConfig config{dim,
                          j.at("conditions").whole(maps, maps),
                          j.at("bins").whole(2, kMaxBins),
                          hidden,
                          layers,
                          activation,
                          j.at("exchange").flag() ? Permutation::exchange : Permutation::logarithmic,
                          j.at("exchange_blocks").whole(1, 64)};
  need(j, FlowLayout(config).sizes.parameters(), floats);
  return std::make_unique<CouplingFlow>(config, 0);
}

ChannelWeightNetwork weights_from(const JsonReader& j, Activation activation, const Integrand& integrand,
                                  std::span<const float> floats) {
  std::size_t largest = 1;
  for (std::size_t c = 0; c < integrand.channels(); ++c) largest = std::max(largest, integrand.part_of(c).size);
  const MlpConfig config{.inputs = integrand.features(),
                         .outputs = j.at("outputs").whole(largest, largest),
                         .hidden = j.at("hidden").whole(1, kMaxHidden),
                         .layers = j.at("layers").whole(1, kMaxLayers),
                         .activation = activation,
                         .conditions = j.at("conditions").whole(integrand.parts(), integrand.parts())};
  if (config.inputs == 0) j.fail("trained channel weights for an integrand without features");
  need(j, MlpLayout(config).sizes.parameters(), floats);
  ChannelWeightNetwork network(config, 0);
  network.shift = j.at("shift").numbers(config.inputs);
  network.scale = j.at("scale").numbers(config.inputs);
  return network;
}

GuardedAdam take(std::span<float> parameters, std::span<const float>& floats, const JsonReader& json) {
  const std::size_t n = parameters.size();
  GuardedAdam o(parameters);
  need(json, n, floats);
  for (float* to : {parameters.data(), o.average.data(), o.adam.first.data(), o.adam.second.data()}) {
    std::copy_n(floats.begin(), n, to);
    // A second moment may have grown beyond all floats, and what it stops stays where it is.
    const bool second = to == o.adam.second.data();
    if (!std::all_of(to, to + n, [&](float x) { return second ? x >= 0 : std::isfinite(x); }))
      json.fail("a network with parameters that are not finite");
    floats = floats.subspan(n);
  }
  o.adam.steps = json.at("steps").whole();
  o.norm = json.at("norm").number(0);
  return o;
}

CurvePoint curve_point(const JsonReader& p, std::uint64_t after, std::uint64_t done) {
  return {p.at("batch").whole(after + 1, done),
          p.at("value").number_or(INFINITY),
          p.at("relative_std_dev").number_or(INFINITY),
          p.at("learning_rate").number(0),
          p.at("loss").number_or(INFINITY),
          p.at("gradient").number_or(INFINITY)};
}

}  // namespace

nlohmann::json curve_json(const TrainerState& state) {
  nlohmann::json curve = nlohmann::json::array();
  for (const CurvePoint& p : state.curve)
    curve.push_back({{"batch", p.batch},
                     {"value", p.value},
                     {"relative_std_dev", p.relative_std_dev},
                     {"learning_rate", p.learning_rate},
                     {"loss", p.loss},
                     {"gradient", p.gradient}});
  return {{"curve", curve},
          {"events", state.events},
          {"clipped", state.clipped},
          {"undone", state.undone},
          {"last_undone", state.last_undone},
          {"evaluations", state.evaluations},
          {"batches", state.batches_done},
          {"non_finite", state.non_finite}};
}

SamplerDocument to_document(const TrainerState& state, const std::string& key) {
  SamplerDocument document;
  std::vector<float>& floats = document.networks;
  nlohmann::json json = curve_json(state);
  json["key"] = key;
  json["shape"] = shape_json(*state.flows.at(0).flow);
  json["maps"] = state.mean.size(), json["flows"] = state.flows.size();
  json["integral"] = state.integral, json["active"] = state.active;
  json["mean"] = state.mean, json["square"] = state.square, json["size"] = state.size;
  json["tail"] = state.tail;
  json["power"] = state.power, json["tempered_size"] = state.tempered_size;
  json["rate_factor"] = state.rate_factor;
  json["planned"] = state.batches_planned, json["settled"] = state.settled;
  json["cells"] = nlohmann::json::array();
  for (const Foam& foam : state.cells) json["cells"].push_back(foam.to_json());
  for (const TrainedFlow& f : state.flows)
    append(std::as_const(*f.flow).parameters(), f.optimiser, floats, json["optimisers"]);
  if (state.weights) {
    const ChannelWeightNetwork& network = state.weights->network;
    json["weights"] = weights_json(network);
    append(network.parameters(), state.weights->optimiser, floats, json["optimisers"]);
  }
  document.state = json.dump();
  return document;
}

TrainerState from_document(const JsonReader& json, std::span<const float> networks, const std::string& key,
                           const Integrand& integrand) {
  constexpr std::uint64_t kMostBatches = 1'000'000'000;
  const JsonReader shape = json.at("shape"), optimisers = json.at("optimisers"), cells = json.at("cells"),
                   curve = json.at("curve");
  const std::size_t channels = integrand.channels(), dim = integrand.dim(), maps = integrand.maps();
  if (json.at("key").text() != key || shape.at("dim").whole() != dim || json.at("active").size() != channels ||
      json.at("maps").whole() != maps)
    json.fail("it was trained for another card");

  TrainerState state;
  const std::size_t flows = json.at("flows").whole(1, maps);
  if (flows != (shape.contains("clip") ? maps : 1)) json.fail(fmt::format("{} networks for {} maps", flows, maps));
  const bool weights = json.contains("weights");
  optimisers.size(flows + weights, flows + weights);
  for (std::size_t f = 0; f < flows; ++f) {
    std::unique_ptr<TrainableMap> map = map_from(shape, dim, maps, networks);
    GuardedAdam optimiser = take(map->parameters(), networks, optimisers.at(f));
    state.flows.push_back({std::move(map), std::move(optimiser)});
  }
  if (weights) {
    ChannelWeightNetwork network =
        weights_from(json.at("weights"), activation_from(shape.at("activation")), integrand, networks);
    GuardedAdam optimiser = take(network.parameters(), networks, optimisers.at(flows));
    state.weights.emplace(TrainedWeights{std::move(network), std::move(optimiser)});
  }
  if (!networks.empty()) json.fail(fmt::format("{} numbers more than the networks have", networks.size()));
  state.batches_planned = json.at("planned").whole(0, kMostBatches);
  state.batches_done = json.at("batches").whole(0, state.batches_planned);
  state.settled = json.at("settled").flag();
  for (std::size_t m = 0; m < cells.size(); ++m) state.cells.push_back(Foam::from_json(cells.at(m)));
  if (!fit(state.cells, maps, dim)) cells.fail("cells of another sampler");
  state.mean = json.at("mean").numbers(maps);
  state.square = json.at("square").numbers(maps, 0);
  state.size = json.at("size").numbers(maps, 0);
  state.tail = json.at("tail").numbers(maps, 0);
  state.power = json.at("power").numbers(maps, DBL_MIN, 1);
  state.tempered_size = json.at("tempered_size").numbers(maps, 0);
  state.integral = json.at("integral").numbers(channels);
  state.active = json.at("active").flags(channels);
  if (std::count(state.active.begin(), state.active.end(), 1) == 0) json.fail("no channel is active");
  state.rate_factor = json.at("rate_factor").number(0, 1);
  state.events = json.at("events").texts();
  state.clipped = json.at("clipped").whole();
  state.undone = json.at("undone").whole();
  state.last_undone = json.at("last_undone").whole(0, state.batches_planned);
  state.non_finite = json.at("non_finite").whole();
  state.evaluations = json.at("evaluations").whole();
  for (std::size_t k = 0; k < curve.size(); ++k)
    state.curve.push_back(curve_point(curve.at(k), k > 0 ? state.curve.back().batch : 0, state.batches_done));
  if (state.batches_done > 0 && state.curve.empty()) json.fail("a training without a curve");
  return state;
}

}  // namespace thalweg
