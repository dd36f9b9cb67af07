#include "thalweg/run/card_sampling.h"

#include <algorithm>

namespace thalweg {

void SamplingKeys::read_sampling(RunCard& card) const {
  card.seed = at(
      "seed", [&](const toml::node& n) { return whole(n, 0, 1ull << 62); }, [] { return 1ull; });
  card.accuracy = at(
      "integration.accuracy", [&](const toml::node& n) { return ranged(n, 1e-7, 0.5); }, [] { return 1e-3; });
  card.points = at(
      "integration.points", [&](const toml::node& n) { return whole(n, 1000, 1'000'000'000'000); },
      [] { return 0ull; });
  card.baseline = choice("sampling.preset", "none", {"none", "madnis-baseline"}) == "madnis-baseline";
  if (card.baseline) use_baseline(card);
  card.sampler = at(
      "sampling.sampler",
      [&](const toml::node& n) {
        const std::string name = text(n);
        const std::vector<std::string> known = {"neural", "ann", "vegas", "flat"};
        if (std::find(known.begin(), known.end(), name) == known.end())
          request_error("unknown sampler '{}'{} Known: {}", name, did_you_mean(name, known), fmt::join(known, ", "));
        return name;
      },
      [&] { return card.sampler; });
  pick("sampling.channels", card.channels, kChannelWeightNames);
  pick("sampling.sub_processes", card.sub_processes, kSubProcessesNames);
  card.vegas_bins = at(
      "sampling.vegas_bins", [&](const toml::node& n) { return whole(n, 2, 10'000); }, [&] { return card.vegas_bins; });
  card.vegas_damping = at(
      "sampling.vegas_damping", [&](const toml::node& n) { return ranged(n, 0, 2); },
      [&] { return card.vegas_damping; });
  card.adaptation_iterations = at(
      "sampling.adaptation_iterations", [&](const toml::node& n) { return whole(n, 1, 1000); }, [] { return 7ull; });
  card.adaptation_points = at(
      "sampling.adaptation_points", [&](const toml::node& n) { return whole(n, 0, 1'000'000'000); },
      [&] { return card.adaptation_points; });
  card.overweight_budget = at(
      "sampling.overweight_budget", [&](const toml::node& n) { return ranged(n, 0, 0.5); }, [] { return 1e-3; });
  read_network(card);
  read_variations(card);
  card.events = at(
      "output.events", [&](const toml::node& n) { return whole(n, 0, 1'000'000'000'000); }, [] { return 10'000ull; });
  card.formats = at(
      "output.format", [&](const toml::node& n) { return formats(n, !card.has_particles()); },
      [&] { return std::vector<std::string>{card.has_particles() ? "lhe.gz" : "npy"}; });
}

// The VEGAS settings of the thesis, Tab. A.6, in parentheses; its channels are those of diagrams.
void SamplingKeys::use_baseline(RunCard& card) {
  card.sampler = "vegas";
  card.channels = ChannelWeights::propagators;
  card.sub_processes = SubProcesses::summed;
  card.vegas_bins = 128;
  card.vegas_damping = 0.5;
  card.adaptation_points = 50'000;
}

void SamplingKeys::read_variations(RunCard& card) const {
  const toml::node* node = find("output.variations");
  if (!node) return;
  with_place(where("output.variations", node), [&] {
    const std::vector<std::string> known = {"scales", "members"};
    for (const std::string& name : texts(*node)) {
      if (std::find(known.begin(), known.end(), name) == known.end())
        request_error("unknown variation '{}'{} Known: scales, members", name, did_you_mean(name, known));
      (name == "scales" ? card.scale_variations : card.pdf_members) = true;
    }
    if (!card.has_process() || card.beam_kind != Beams::Kind::hadrons)
      request_error("variations are those of parton densities and their scales; the process has none");
    if (card.scale_variations && !card.running)
      request_error("variations of the scales need scales.running = true: alpha_s of [parameters] does not run");
  });
}

void SamplingKeys::read_network(RunCard& card) const {
  auto count = [&](const char* key, auto& value, std::uint64_t least, std::uint64_t most) {
    value = at(
        key, [&](const toml::node& n) { return whole(n, least, most); }, [&] { return std::uint64_t{value}; });
  };
  auto share = [&](const char* key, double& value, double least, double most) {
    value = at(
        key, [&](const toml::node& n) { return ranged(n, least, most); }, [&] { return value; });
  };
  // VEGAS and flat sampling are what their names say, unless cells are asked for. Those of a fully connected map
  // would spend their points at faces that hardly any point comes near.
  card.cells = card.sampler == "neural" ? 0 : 1;
  count("sampling.cells", card.cells, 0, 100'000);
  count("sampling.cell_points", card.cell_points, 100, 1'000'000);
  TrainerConfig& c = card.neural;
  const bool ann = card.sampler == "ann";
  if (ann) {
    c.ann.emplace();
    c.ann->inputs = AnnInputs::stretched, c.ann->clip = 20;
  }
  count("sampling.batches", c.batches, 0, 100'000'000);
  // 0: left to the run
  if (!ann) c.batch_size = c.reuse = 0;
  count("sampling.batch_size", c.batch_size, c.batch_size ? 64 : 0, 10'000'000);
  count("sampling.bins", c.flow.bins, 2, 64);
  count("sampling.hidden", ann ? c.ann->hidden : c.flow.hidden, 1, kMaxHidden);
  count("sampling.layers", ann ? c.ann->layers : c.flow.layers, 1, kMaxLayers);
  count("sampling.weight_hidden", c.weight_hidden, 1, kMaxHidden);
  count("sampling.weight_layers", c.weight_layers, 1, kMaxLayers);
  count("sampling.reuse", c.reuse, ann, 100);
  share("sampling.learning_rate", c.learning_rate, 1e-8, 1);
  share("sampling.drop", c.drop, 0, 0.1);
  share("sampling.face_share", c.face_share, 0, 0.9);
  share("sampling.tail", c.tail, 0, 1000);
  c.vegas_start = at("sampling.vegas_start", boolean, [&] { return c.vegas_start; });
  Activation& activation = ann ? c.ann->activation : c.flow.activation;
  activation = activation_named(choice("sampling.activation", name_of(activation), {"leaky_relu", "elu", "silu"}));
  pick("sampling.loss", c.loss, kLossNames);
  pick("sampling.schedule", c.schedule, kScheduleNames);
  share("sampling.gradient_limit", c.gradient_limit, 0, 1e30);
  share("sampling.settle", c.settle, 0, 1);
  AnnConfig shape = c.ann.value_or(AnnConfig{});
  pick("sampling.inputs", shape.inputs, kAnnInputNames);
  share("sampling.clip", shape.clip, 1, 1000);
  share("sampling.integral_term", c.integral_term, 0, 1e6);
  share("sampling.integral_width", c.integral_width, 1e-6, 10);
  share("sampling.anneal", c.anneal, 0, 1);
  c.unfold = at("sampling.unfold", boolean, [&] { return c.unfold; });
  if (ann) c.ann = shape;
  for (const char* key : {"inputs", "clip", "unfold", "anneal", "integral_term", "integral_width"})
    if (const std::string path = std::string("sampling.") + key; !ann && find(path))
      request_error("{}: this key is for sampler = \"ann\"", where(path, find(path)));
  if (const char* key = "sampling.vegas_start"; ann && find(key))
    request_error("{}: a fully connected map starts as the identity", where(key, find(key)));
  if (!ann && c.loss == Loss::reverse_kl)
    request_error("{}: reverse_kl needs a gradient along the path of the points, which only sampler = \"ann\" has",
                  where("sampling.loss", find("sampling.loss")));
  if (c.integral_term > 0 && c.loss != Loss::reverse_kl)
    request_error("{}: the term belongs to loss = \"reverse_kl\"",
                  where("sampling.integral_term", find("sampling.integral_term")));
  if (ann && c.reuse > 1)
    request_error("{}: a fully connected map has no inverse, and cannot use points again; leave it out",
                  where("sampling.reuse", find("sampling.reuse")));
  c.train_weights =
      choice("sampling.weights", c.train_weights ? "trained" : "prior", {"trained", "prior"}) == "trained";
}

std::vector<std::string> SamplingKeys::formats(const toml::node& node, bool points) {
  const std::vector<std::string> known =
      points ? std::vector<std::string>{"npy"} : std::vector<std::string>{"lhe", "lhe.gz", "hdf5"};
  std::vector<std::string> list;
  for (const std::string& name : texts(node)) {
    if (name == "hepmc") request_error("format 'hepmc' is not there yet; use lhe, lhe.gz or hdf5");
    if (std::find(known.begin(), known.end(), name) == known.end())
      request_error("unknown format '{}'{} Known for {}: {}", name, did_you_mean(name, known),
                    points ? "points of this [integrand]" : "events", fmt::join(known, ", "));
    if (std::find(list.begin(), list.end(), name) == list.end()) list.push_back(name);
  }
  if (list.empty()) request_error("no format; expected some of {}", fmt::join(known, ", "));
  return list;
}

}  // namespace thalweg
