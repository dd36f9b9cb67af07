#include "thalweg/run/card.h"

#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/base/files.h"
#include "thalweg/base/spelling.h"
#include "thalweg/kinematics/observables.h"
#include "thalweg/model/slha.h"
#include "thalweg/parton/pdf.h"
#include "thalweg/run/card_file.h"
#include "thalweg/run/resolved_card.h"

namespace thalweg {
namespace {

class CardReader : private CardFile {
 public:
  using CardFile::CardFile;

  RunCard read() {
    check_keys();
    RunCard card;
    card.model = at(
        "model", [&](const toml::node& n) { return Model(text(n)); }, [] { return Model("sm"); });
    card.parameters = card.model.default_parameters();
    read_parameters(card);
    if (root().contains("integrand")) {
      read_integrand(card);
    } else {
      read_amplitude(card);
      read_beams(card);
      read_scales(card);
      read_cuts(card);
    }
    read_numbers(card);
    card.resolved = resolved_card(card, true);
    card.resolved_sampling = resolved_card(card, false);
    return card;
  }

 private:
  double parameter(const std::string& name) const { return current_->get(name); }

  // A number, or a text with an expression. `energy` says whether a unit makes sense.
  double number(const toml::node& node, bool energy) const {
    double value = 0;
    if (node.is_integer() || node.is_floating_point()) {
      value = *node.value<double>();
    } else if (node.is_string()) {
      const Expression e(text(node), {}, [&](const std::string& name) { return parameter(name); });
      if (e.has_unit() && !energy) request_error("'{}' has a unit, but this is a pure number", text(node));
      value = e.evaluate(nullptr);
    } else {
      request_error("expected a number or an expression in quotes, such as {}", energy ? "\"13 TeV\"" : "0.5");
    }
    if (!std::isfinite(value)) request_error("expected a finite number, not {}", value);
    return value;
  }

  std::uint64_t whole(const toml::node& node, std::uint64_t least, std::uint64_t most) const {
    const double value = number(node, false);
    if (value != std::floor(value) || value < static_cast<double>(least) || value > static_cast<double>(most))
      request_error("expected a whole number from {} to {}, not {}", least, most, value);
    if (node.is_integer()) return static_cast<std::uint64_t>(*node.value<std::int64_t>());
    return static_cast<std::uint64_t>(value);
  }

  double ranged(const toml::node& node, double least, double most) const {
    const double value = number(node, false);
    if (!(value >= least && value <= most))
      request_error("expected a number from {} to {}, not {}", least, most, value);
    return value;
  }

  // Plug-ins are looked for where the card lies, too; the card that is written down holds the whole path.
  void read_amplitude(RunCard& card) const {
    card.precision = at(
        "precision", [](const toml::node& n) { return precision_of(text(n)); }, [] { return Precision::full; });
    if (const toml::node* node = find("amplitude"))
      with_place(where("amplitude", node), [&] {
        std::filesystem::path path = plugin_path(text(*node));
        if (path.empty()) return;
        if (path.is_relative() && !std::filesystem::exists(path))
          path = std::filesystem::path(place()).parent_path() / path;
        if (!std::filesystem::exists(path)) request_error("the file '{}' is not there", path.string());
        card.amplitude = "plugin:" + std::filesystem::absolute(path).string();
      });
  }

  // [parameters]: an SLHA file, or a table of names with dots, which TOML reads as nested tables.
  void read_parameters(RunCard& card) {
    current_ = &card.parameters;
    const toml::node* node = root().get("parameters");
    if (!node) return;
    if (node->is_string()) {
      with_place(where("parameters", node), [&] { load_slha(text(*node), card); });
    } else if (const toml::table* table = node->as_table()) {
      if (const toml::node* scheme = table->get("scheme"))
        with_place(where("parameters.scheme", scheme), [&] { card.parameters.set_scheme(text(*scheme)); });
      if (const toml::node* scheme = table->get("width_scheme"))
        with_place(where("parameters.width_scheme", scheme), [&] { card.parameters.set_width_scheme(text(*scheme)); });
      if (const toml::node* on = table->get("width_tchannel"))
        with_place(where("parameters.width_tchannel", on), [&] { card.parameters.set_t_channel_widths(boolean(*on)); });
      if (const toml::node* slha = table->get("slha"))
        with_place(where("parameters.slha", slha), [&] { load_slha(text(*slha), card); });
      assign(*table, "", card.parameters);
    } else {
      request_error("{}: expected a table, or the name of an SLHA file in quotes", where("parameters", node));
    }
    with_place(where("parameters", node), [&] { card.parameters.derive(); });
  }

  void load_slha(const std::string& name, RunCard& card) const {
    std::filesystem::path path = name;
    if (path.is_relative() && !std::filesystem::exists(path))
      path = std::filesystem::path(place()).parent_path() / path;
    read_slha(read_file(path, 1 << 24), path.string(), card.model, card.parameters);
  }

  void assign(const toml::table& table, const std::string& prefix, Parameters& parameters) const {
    for (const auto& [key, node] : table) {
      const std::string name = prefix + std::string(key.str());
      if (name == "scheme" || name == "slha" || name == "width_scheme" || name == "width_tchannel") continue;
      if (const toml::table* inner = node.as_table()) {
        assign(*inner, name + ".", parameters);
        continue;
      }
      const auto& value = node;
      const std::string key_name = "parameters." + name;
      with_place(where(key_name, &value), [&] { parameters.set(name, number(value, true)); });
    }
  }

  // [integrand]: a function instead of a process.
  void read_integrand(RunCard& card) const {
    IntegrandRequest& request = card.integrand;
    request.name = at("integrand.name", text, [&]() -> std::string {
      request_error("{}: 'integrand.name' is missing; known: {}", place(), fmt::join(kIntegrandNames, ", "));
    });
    for (const char* key : {"process", "model", "parameters", "beams", "scales", "cuts"})
      if (const toml::node* node = root().get(key); node && !(card.has_particles() && key == std::string("parameters")))
        request_error("{}: the integrand '{}' has no {}; leave it out", where(key, node), request.name, key);
    auto only_for = [&](const char* key, std::initializer_list<std::string_view> names) {
      const std::string path = std::string("integrand.") + key;
      if (const toml::node* node = find(path);
          node && std::find(names.begin(), names.end(), request.name) == names.end())
        request_error("{}: the integrand '{}' has no such key; it belongs to {}", where(path, node), request.name,
                      fmt::join(names, ", "));
    };
    only_for("dimension", {"camel"});
    only_for("cut", {"camel_back"});
    only_for("prior", {"camel_back", "crossed_ring"});
    only_for("channels", {"crossed_ring"});
    only_for("library", {"library"});
    only_for("cost", {"library"});
    only_for("angles", {"higgs_four_leptons"});
    request.symmetric_angles = choice("integrand.angles", "frames", {"frames", "symmetric"}) == "symmetric";
    request.dimension = at(
        "integrand.dimension", [&](const toml::node& n) { return whole(n, 1, 64); }, [&] { return request.dimension; });
    request.cut = at(
        "integrand.cut", [&](const toml::node& n) { return number(n, false); }, [&] { return request.cut; });
    request.optimal_prior = at(
        "integrand.prior",
        [&](const toml::node& n) {
          if (text(n) != "optimal" && text(n) != "flat")
            request_error("unknown prior '{}'. Known: optimal, flat", text(n));
          return text(n) == "optimal";
        },
        [] { return true; });
    request.channels = at(
        "integrand.channels", [&](const toml::node& n) { return texts(n); }, [&] { return request.channels; });
    request.cost = at(
        "integrand.cost", [&](const toml::node& n) { return ranged(n, 1e-3, 1e9); }, [&] { return request.cost; });
    if (request.name == "library") {
      request.library = at("integrand.library", text, [&]() -> std::string {
        request_error("{}: 'integrand.library' is missing; expected a shared library, such as \"./f.so\"", place());
      });
      const std::filesystem::path beside = std::filesystem::path(place()).parent_path() / request.library;
      if (!std::filesystem::exists(request.library) && std::filesystem::exists(beside))
        request.library = beside.string();
    }
    with_place(where("integrand", root().get("integrand")), [&] { make_named_integrand(request, card.parameters); });
  }

  static std::vector<std::string> texts(const toml::node& node) {
    if (!node.is_array()) return {text(node)};
    std::vector<std::string> list;
    for (const auto& n : *node.as_array()) list.push_back(text(n));
    return list;
  }

  void read_beams(RunCard& card) const {
    card.flavours = at(
        "beams.flavours", [&](const toml::node& n) { return static_cast<int>(whole(n, 1, 5)); }, [] { return 4; });
    card.process = at("process", text, [&]() -> std::string {
      request_error("{}: 'process' is missing; expected a line such as process = \"p p > e+ e-\"", place());
    });
    const auto definition = with_place(where("process", find("process")), [&] {
      return parse_process(card.process, card.model, default_multiparticles(card.flavours));
    });
    if (definition.decay()) {
      card.beam_kind = Beams::Kind::decay;
      if (const toml::node* node = root().get("beams"); node && !node->as_table()->empty())
        request_error("{}: a decay has no beams; leave [beams] out", where("beams", node));
      card.pdf = "none";
      return;
    }
    card.energy = at(
        "beams.energy",
        [&](const toml::node& n) {
          const double e = number(n, true);
          if (!(e > 0 && e < 1e9)) request_error("expected an energy above zero, not {} GeV", e);
          return e;
        },
        [&]() -> double {
          request_error(
              "{}: 'beams.energy' is missing; expected the centre-of-mass energy, such as energy = \"13 TeV\"",
              place());
        });
    card.pdf = at("beams.pdf", text, [] { return std::string(kDefaultPdfSet); });
    card.beam_kind = card.pdf == "none" ? Beams::Kind::partons : Beams::Kind::hadrons;
  }

  Expression scale(const std::string& key, const RunCard& card) const {
    return at(
        key,
        [&](const toml::node& n) {
          const Expression e = n.is_string() ? Expression(text(n), kScaleVariables,
                                                          [&](const std::string& name) { return parameter(name); })
                                             : Expression::constant(number(n, true));
          if (!e.depends_on_event() && !(e.evaluate(nullptr) > 0 && std::isfinite(e.evaluate(nullptr))))
            request_error("a scale must be positive, not {} GeV", e.evaluate(nullptr));
          return e;
        },
        [&] { return Expression::constant(card.parameters.get("mass.z")); });
  }

  void read_scales(RunCard& card) const {
    card.factorization = scale("scales.factorization", card);
    card.renormalization = scale("scales.renormalization", card);
    card.running = at("scales.running", boolean, [] { return true; });
  }

  void read_cuts(RunCard& card) const {
    const toml::node* node = root().get("cuts");
    if (!node) return;
    if (!node->is_table()) request_error("{}: expected a table [cuts]", where("cuts", node));
    for (const auto& [key, entry] : *node->as_table()) {
      CutRequest cut;
      cut.name = std::string(key.str());
      cut.place = where("cuts." + cut.name, &entry);
      const auto& value = entry;
      with_place(cut.place, [&] { read_cut(value, cut); });
      card.cuts.push_back(cut);
    }
  }

  void read_cut(const toml::node& node, CutRequest& cut) const {
    const toml::table* table = node.as_table();
    if (!table) request_error("expected {{ of = \"mass(e+, e-)\", min = 15.0 }}");
    for (const auto& [key, value] : *table)
      if (const std::string name(key.str()); name != "of" && name != "min" && name != "max")
        request_error("unknown key '{}'{} Known: of, min, max", name, did_you_mean(name, {"of", "min", "max"}));
    if (!table->contains("of")) request_error("'of' is missing: the observable, such as of = \"pt(e+)\"");
    cut.of = text(*table->get("of"));
    const bool energy = has_energy_unit(parse_observable(cut.of).observable);
    if (const toml::node* n = table->get("min")) cut.min = number(*n, energy);
    if (const toml::node* n = table->get("max")) cut.max = number(*n, energy);
    if (!table->contains("min") && !table->contains("max")) request_error("neither min nor max is given");
    if (!(cut.min < cut.max)) request_error("min = {} is not below max = {}; nothing could pass", cut.min, cut.max);
  }

  void read_numbers(RunCard& card) const {
    card.seed = at(
        "seed", [&](const toml::node& n) { return whole(n, 0, 1ull << 62); }, [] { return 1ull; });
    card.accuracy = at(
        "integration.accuracy", [&](const toml::node& n) { return ranged(n, 1e-7, 0.5); }, [] { return 1e-3; });
    card.points = at(
        "integration.points", [&](const toml::node& n) { return whole(n, 1000, 1'000'000'000'000); },
        [] { return 0ull; });
    card.sampler = at(
        "sampling.sampler",
        [&](const toml::node& n) {
          const std::string name = text(n);
          const std::vector<std::string> known = {"neural", "ann", "vegas", "flat"};
          if (std::find(known.begin(), known.end(), name) == known.end())
            request_error("unknown sampler '{}'{} Known: {}", name, did_you_mean(name, known), fmt::join(known, ", "));
          return name;
        },
        [] { return std::string("neural"); });
    card.channels = at(
        "sampling.channels",
        [&](const toml::node& n) {
          const std::string name = text(n);
          if (name == "diagrams") return ChannelWeights::diagrams;
          if (name == "propagators") return ChannelWeights::propagators;
          if (name == "sherpa") return ChannelWeights::sherpa;
          if (name == "flat") return ChannelWeights::flat;
          request_error("unknown channel weights '{}'{} Known: diagrams, propagators, sherpa, flat", name,
                        did_you_mean(name, {"diagrams", "propagators", "sherpa", "flat"}));
        },
        [] { return ChannelWeights::diagrams; });
    card.vegas_bins = at(
        "sampling.vegas_bins", [&](const toml::node& n) { return whole(n, 2, 10'000); }, [] { return 64ull; });
    card.vegas_damping = at(
        "sampling.vegas_damping", [&](const toml::node& n) { return ranged(n, 0, 2); }, [] { return 0.7; });
    card.adaptation_iterations = at(
        "sampling.adaptation_iterations", [&](const toml::node& n) { return whole(n, 1, 1000); }, [] { return 7ull; });
    card.adaptation_points = at(
        "sampling.adaptation_points", [&](const toml::node& n) { return whole(n, 100, 1'000'000'000); },
        [] { return 20'000ull; });
    card.overweight_budget = at(
        "sampling.overweight_budget", [&](const toml::node& n) { return ranged(n, 0, 0.5); }, [] { return 1e-3; });
    read_network(card);
    card.events = at(
        "output.events", [&](const toml::node& n) { return whole(n, 0, 1'000'000'000'000); }, [] { return 10'000ull; });
    card.formats = at(
        "output.format", [&](const toml::node& n) { return formats(n, !card.has_particles()); },
        [&] { return std::vector<std::string>{card.has_particles() ? "lhe.gz" : "npy"}; });
  }

  std::string choice(const char* key, const std::string& otherwise, const std::vector<std::string>& known) const {
    return at(
        key,
        [&](const toml::node& n) {
          const std::string name = text(n);
          if (std::find(known.begin(), known.end(), name) == known.end())
            request_error("'{}' is not known{} Known: {}", name, did_you_mean(name, known), fmt::join(known, ", "));
          return name;
        },
        [&] { return otherwise; });
  }

  // An enumeration whose names are `known`, in order.
  template <class Enum>
  void pick(const char* key, Enum& value, const std::vector<std::string>& known) const {
    const std::string name = choice(key, known[static_cast<std::size_t>(value)], known);
    value = static_cast<Enum>(std::find(known.begin(), known.end(), name) - known.begin());
  }

  void read_network(RunCard& card) const {
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
    count("sampling.batch_size", c.batch_size, 64, 10'000'000);
    count("sampling.bins", c.flow.bins, 2, 64);
    count("sampling.hidden", ann ? c.ann->hidden : c.flow.hidden, 1, kMaxHidden);
    count("sampling.layers", ann ? c.ann->layers : c.flow.layers, 1, kMaxLayers);
    count("sampling.weight_hidden", c.weight_hidden, 1, kMaxHidden);
    count("sampling.weight_layers", c.weight_layers, 1, kMaxLayers);
    count("sampling.reuse", c.reuse, 1, 100);
    share("sampling.learning_rate", c.learning_rate, 1e-8, 1);
    share("sampling.drop", c.drop, 0, 0.1);
    share("sampling.face_share", c.face_share, 0, 0.9);
    share("sampling.tail", c.tail, 0, 1000);
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

  static std::vector<std::string> formats(const toml::node& node, bool points) {
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

  const Parameters* current_ = nullptr;
};

}  // namespace

RunCard parse_card(std::string_view text, const std::string& place, const std::vector<std::string>& set) {
  RunCard card = CardReader(text, place, set).read();
  card.name = std::filesystem::path(place).stem().string();
  return card;
}

void RunCard::write_decisions() { resolved = resolved_card(*this, true); }

RunCard load_card(const std::filesystem::path& path, const std::vector<std::string>& set) {
  return parse_card(read_file(path, 1 << 24), path.string(), set);
}

}  // namespace thalweg
