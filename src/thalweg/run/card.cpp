#include "thalweg/run/card.h"

#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/base/files.h"
#include "thalweg/base/spelling.h"
#include "thalweg/kinematics/observables.h"
#include "thalweg/model/slha.h"
#include "thalweg/parton/pdf.h"
#include "thalweg/run/card_sampling.h"
#include "thalweg/run/resolved_card.h"

namespace thalweg {
namespace {

// A value of alpha_s that no SLHA card has: whether it is still there tells whether a card gave one.
constexpr double kUnlikely = 0.123456789012345;

class CardReader : private SamplingKeys {
 public:
  using SamplingKeys::SamplingKeys;

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
    read_sampling(card);
    card.resolved = resolved_card(card, true);
    card.resolved_sampling = resolved_card(card, false);
    return card;
  }

 private:
  // Plug-ins are looked for where the card lies, too; the card that is written down holds the whole path.
  void read_amplitude(RunCard& card) const {
    if (const std::string name = choice("precision", "auto", {"auto", "double", "mixed"}); name != "auto")
      card.precision = precision_of(name);
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
    if (const double off = non_unitarity(card.parameters.ckm()); off > kUnitary)
      card.remarks.push_back(fmt::format(
          "the mixing matrix is not unitary, |V V^+ - 1| = {:.2g}; it is used as it is, with elements of the "
          "unit matrix where none are given",
          off));
  }

  void load_slha(const std::string& name, RunCard& card) const {
    std::filesystem::path path = name;
    if (path.is_relative() && !std::filesystem::exists(path))
      path = std::filesystem::path(place()).parent_path() / path;
    const std::string text = read_file(path, 1 << 24);
    Parameters other = card.parameters;
    other.set("alpha_s", kUnlikely);
    const auto unused = read_slha(text, path.string(), card.model, card.parameters);
    if (!unused.empty())
      card.remarks.push_back(fmt::format("{}: not used: {}", path.string(), fmt::join(unused, ", ")));
    read_slha(text, path.string(), card.model, other);
    card.alpha_s_from_slha = other.get("alpha_s") != kUnlikely;
  }

  void assign(const toml::table& table, const std::string& prefix, Parameters& parameters) const {
    for (const auto& [key, node] : table) {
      const std::string name = prefix + std::string(key.str());
      if (name == "scheme" || name == "slha" || name == "width_scheme" || name == "width_tchannel") continue;
      if (name == "ckm.unitary") {
        const auto& wanted = node;
        with_place(where("parameters." + name, &node), [&] { parameters.set_ckm_unitary(boolean(wanted)); });
        continue;
      }
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
    if (!card.alpha_s_of_set()) return;
    if (const toml::node* node = find("parameters.alpha_s"))
      request_error(
          "{}: has no effect with pdf = \"{}\", whose alpha_s is taken at the renormalization scale; leave it out, or "
          "set scales.running = false to have this value at every scale",
          where("parameters.alpha_s", node), card.pdf);
    if (!card.alpha_s_from_slha) return;
    card.remarks.push_back(
        fmt::format("alpha_s = {} of the SLHA card has no effect: that of '{}' is taken at the renormalization scale; "
                    "scales.running = false takes the card's",
                    card.parameters.get("alpha_s"), card.pdf));
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
