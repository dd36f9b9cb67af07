#include "thalweg/run/resolved_card.h"

#include <fmt/format.h>
#include <zlib.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "thalweg/base/files.h"
#include "thalweg/run/card.h"

namespace thalweg {
namespace {

// JSON's escapes are those of a basic string in TOML.
std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// A library that was built anew is another integrand.
std::string checksum(const std::string& library) {
  const std::string bytes = read_file(library);
  return fmt::format("crc32 {:08x}", crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::string number(double value) {
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string resolved_parameters(const RunCard& card) {
  std::string text = fmt::format("\n[parameters]\nscheme = \"{}\"\nwidth_scheme = \"{}\"\nwidth_tchannel = {}\n",
                                 card.parameters.scheme_name(), card.parameters.complex_masses() ? "complex" : "fixed",
                                 card.parameters.t_channel_widths());
  const bool gmu = card.parameters.scheme() == Scheme::gmu;
  if (!card.parameters.ckm_unitary()) text += "ckm.unitary = false\n";
  for (const auto& [name, value] : card.parameters.values()) {
    if (name.starts_with("ckm.")) {
      const bool element = name.size() == 6 || name.starts_with("ckm.im_");
      if (card.parameters.mixing() == Parameters::Mixing::none) continue;  // the unit matrix
      if (element != (card.parameters.mixing() == Parameters::Mixing::elements)) continue;
    }
    if (name == (gmu ? "alpha_em_inverse" : "mass.w")) text += "# follows: ";
    if (name == "alpha_s" && card.alpha_s_of_set()) {
      text += "# alpha_s: of the PDF set, at the renormalization scale\n";
      continue;
    }
    text += name + " = " + number(value) + "\n";
  }
  return text;
}

std::string resolved_process(const RunCard& card) {
  std::string text =
      fmt::format("process = {}\nmodel = \"{}\"\nprecision = \"{}\"{}\nseed = {}\n", quoted(card.process),
                  card.model.name(), card.precision ? to_string(*card.precision) : "auto",
                  card.precision_reason.empty() ? "" : "  # " + card.precision_reason, card.seed);
  if (!card.amplitude.empty())
    text += fmt::format("amplitude = {}  # {}\n", quoted(card.amplitude), checksum(plugin_path(card.amplitude)));
  text += resolved_parameters(card);
  if (card.beam_kind != Beams::Kind::decay)
    text += fmt::format("\n[beams]\nenergy = {}\npdf = {}\nflavours = {}\n", number(card.energy), quoted(card.pdf),
                        card.flavours);
  text += fmt::format("\n[scales]\nfactorization = {}\nrenormalization = {}\nrunning = {}\n", card.factorization.toml(),
                      card.renormalization.toml(), card.running);
  text += "\n[cuts]\n";
  for (const CutRequest& cut : card.cuts) {
    text += fmt::format("{} = {{ of = {}", quoted(cut.name), quoted(cut.of));
    if (std::isfinite(cut.min)) text += ", min = " + number(cut.min);
    if (std::isfinite(cut.max)) text += ", max = " + number(cut.max);
    text += " }\n";
  }
  return text;
}

// A library that changed is another integrand.
std::string resolved_integrand(const RunCard& card) {
  const IntegrandRequest& request = card.integrand;
  std::string text = fmt::format("seed = {}\n\n[integrand]\nname = {}\n", card.seed, quoted(request.name));
  if (request.name == "camel") text += fmt::format("dimension = {}\n", request.dimension);
  if (request.name == "camel_back") text += "cut = " + number(request.cut) + "\n";
  if (request.name == "camel_back" || request.name == "crossed_ring")
    text += fmt::format("prior = \"{}\"\n", request.optimal_prior ? "optimal" : "flat");
  if (request.name == "crossed_ring") text += fmt::format("channels = {}\n", nlohmann::json(request.channels).dump());
  if (request.name == "higgs_four_leptons")
    text += fmt::format("angles = \"{}\"\n", request.symmetric_angles ? "symmetric" : "frames");
  if (request.name == "library") {
    text += fmt::format("library = {}  # {}\ncost = {}\n", quoted(request.library), checksum(request.library),
                        number(request.cost));
  }
  if (card.has_particles()) text += resolved_parameters(card);
  return text;
}

}  // namespace

std::string resolved_card(const RunCard& card, bool with_output) {
  std::string text = card.has_process() ? resolved_process(card) : resolved_integrand(card);
  text += "\n[integration]\n";
  if (card.points) text += fmt::format("points = {}\n", card.points);
  text += "accuracy = " + number(card.accuracy) + "\n";
  text += fmt::format(
      "\n[sampling]\npreset = \"{}\"\nsampler = \"{}\"\nchannels = \"{}\"{}\nsub_processes = \"{}\"\nvegas_bins = {}\n"
      "vegas_damping = {}\nadaptation_iterations = {}\nadaptation_points = {}\noverweight_budget = {}\ncells = "
      "{}\ncell_points = {}\n",
      card.baseline ? "madnis-baseline" : "none", card.sampler,
      kChannelWeightNames[static_cast<std::size_t>(card.channels)],
      card.channels_reason.empty() ? "" : "  # " + card.channels_reason,
      kSubProcessesNames[static_cast<std::size_t>(card.sub_processes)], card.vegas_bins, number(card.vegas_damping),
      card.adaptation_iterations, card.adaptation_points, number(card.overweight_budget), card.cells, card.cell_points);
  if (card.trains()) {
    const TrainerConfig& c = card.neural;
    if (c.ann)
      text +=
          fmt::format("inputs = \"{}\"\nclip = {}\nintegral_term = {}\nintegral_width = {}\nunfold = {}\nanneal = {}\n",
                      kAnnInputNames[static_cast<std::size_t>(c.ann->inputs)], number(c.ann->clip),
                      number(c.integral_term), number(c.integral_width), c.unfold, number(c.anneal));
    else
      text += fmt::format("bins = {}\nvegas_start = {}\n", c.flow.bins, c.vegas_start);
    text += fmt::format(
        "batches = {}{}\nbatch_size = {}\nhidden = {}\nlayers = {}\nlearning_rate = {}\nschedule = "
        "\"{}\"\nloss = \"{}\"\n"
        "activation = \"{}\"\nreuse = {}\nweights = \"{}\"\nweight_hidden = {}\nweight_layers = {}\ndrop = {}\n"
        "face_share = {}\ntail = {}\ngradient_limit = {}\nsettle = {}\n",
        c.batches, card.batches_reason.empty() ? "" : "  # " + card.batches_reason, c.batch_size,
        c.ann ? c.ann->hidden : c.flow.hidden, c.ann ? c.ann->layers : c.flow.layers, number(c.learning_rate),
        kScheduleNames[static_cast<std::size_t>(c.schedule)], kLossNames[static_cast<std::size_t>(c.loss)],
        name_of(c.ann ? c.ann->activation : c.flow.activation), c.reuse, c.train_weights ? "trained" : "prior",
        c.weight_hidden, c.weight_layers, number(c.drop), number(c.face_share), number(c.tail),
        number(c.gradient_limit), number(c.settle));
  }
  if (with_output) {
    std::vector<std::string> variations;
    if (card.scale_variations) variations.emplace_back("scales");
    if (card.pdf_members) variations.emplace_back("members");
    text += fmt::format("\n[output]\nevents = {}\nformat = {}\n", card.events, nlohmann::json(card.formats).dump());
    if (!variations.empty()) text += fmt::format("variations = {}\n", nlohmann::json(variations).dump());
  }
  return text;
}

}  // namespace thalweg
