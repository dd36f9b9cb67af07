// What a card asks for, turned into sub-processes, cuts, channels and amplitudes.
#include <algorithm>
#include <numeric>

#include "thalweg/base/errors.h"
#include "thalweg/run/cross_section.h"

namespace thalweg {
namespace {

// Programs of sub-processes that differ in names only, such as u u~ and c c~.
bool equal(const AmplitudeProgram& a, const AmplitudeProgram& b) {
  return a.ops == b.ops && a.terms == b.terms && a.outputs == b.outputs && a.coefficients == b.coefficients &&
         a.factor == b.factor && a.leg_masses == b.leg_masses && a.momentum_masks == b.momentum_masks &&
         a.propagators == b.propagators && a.powers == b.powers && a.packed_colour == b.packed_colour &&
         a.configurations == b.configurations && a.incoming == b.incoming;
}

// The beams that a card describes; partons have one definite flavour each.
Beams make_beams(const RunCard& card, const ProcessDefinition& definition, const std::vector<DiagramSet>& sets) {
  Beams beams;
  beams.kind = card.beam_kind;
  beams.energy = card.energy;
  const SubProcess& first = sets[0].process;
  if (beams.kind == Beams::Kind::decay) {
    beams.energy = card.model.mass(first.pdg[0], card.parameters);
    if (sets.size() > 1 && definition.choices[0].size() > 1)
      request_error("process '{}': a decay needs one definite particle", definition.text);
  } else if (beams.kind == Beams::Kind::partons) {
    if (definition.choices[0].size() > 1 || definition.choices[1].size() > 1)
      request_error("process '{}' with pdf = \"none\": partons at fixed energy need definite flavours, such as u u~",
                    definition.text);
    beams.mass_a = card.model.mass(first.pdg[0], card.parameters);
    beams.mass_b = card.model.mass(first.pdg[1], card.parameters);
    if (!(beams.energy > beams.mass_a + beams.mass_b))
      request_error("beams.energy = {} GeV is below the masses of the incoming particles, {} GeV", beams.energy,
                    beams.mass_a + beams.mass_b);
  } else {
    for (std::size_t leg = 0; leg < 2; ++leg)
      for (int pdg : definition.choices[leg])
        if (card.model.particle(pdg).colour == 1 && pdg != 22)
          request_error(
              "process '{}': {} is no parton of a proton; set pdf = \"none\" in [beams] for beams of fixed "
              "energy",
              definition.text, card.model.particle_name(pdg));
  }
  return beams;
}

ChannelKinds kinds_of(const RunCard& card) {
  if (card.channels == ChannelWeights::lab) return ChannelKinds::lab;
  if (card.channels == ChannelWeights::rambo) return ChannelKinds::rambo;
  return card.channels == ChannelWeights::sherpa ? ChannelKinds::both : ChannelKinds::diagrams;
}

}  // namespace

CrossSection::CrossSection(const RunCard& card)
    : model_(card.model),
      precision_(card.precision.value_or(Precision::full)),
      weights_(card.channels == ChannelWeights::automatic ? ChannelWeights::propagators : card.channels),
      factorization_(card.factorization),
      renormalization_(card.renormalization),
      alpha_s_fixed_(card.parameters.get("alpha_s")),
      alpha_em_(1 / card.parameters.get("alpha_em_inverse")) {
  const Multiparticles multiparticles = default_multiparticles(card.flavours);
  definition_ = parse_process(card.process, model_, multiparticles);
  const auto vertices = model_.vertices(card.parameters);
  sets_ = diagrams_of(definition_, model_, vertices);
  beams_ = make_beams(card, definition_, sets_);
  if (definition_.labels.size() - definition_.incoming < 2)
    request_error(
        "process '{}' has one final particle, and no phase space but a line; add its decay, such as z > e+ e-",
        definition_.text);
  first_final_ = definition_.incoming;
  final_legs_ = definition_.labels.size() - first_final_;
  for (const DiagramSet& set : sets_) {
    auto& masses = masses_.emplace_back();
    for (int pdg : set.process.pdg) masses.push_back(model_.mass(pdg, card.parameters));
  }
  load_set(card);
  resolve_cuts(card, multiparticles);
  join_mirror_images();
  leg_order_.resize(definition_.labels.size());
  std::iota(leg_order_.begin(), leg_order_.end(), 0);
  has_lab_channels_ = ChannelSet::has_lab(sets_, model_, card.parameters, beams_, cut_bounds());
  channels_.emplace(sets_, model_, card.parameters, beams_, cut_bounds(), kinds_of(card), definition_.labels);
  group_amplitudes(card.parameters, vertices);
  declare_marks();
  make_parts(card.sub_processes);
  if (!card.amplitude.empty()) {
    if (sets_.size() > 1)
      request_error("process '{}' stands for {} sub-processes, a plug-in for one; name it, such as '{}'",
                    definition_.text, sets_.size(), to_string(sets_[0].process, model_));
    plugin_ = std::make_unique<const PluginAmplitude>(plugin_path(card.amplitude), definition_.labels.size(), "");
  }
  if (!pdf_) return;
  if (card.scale_variations || card.pdf_members) {
    std::vector<std::size_t> all(sets_.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    densities_ = densities_of(all, flavour_row_);
  }
  for (Part& part : parts_) part.densities = densities_of(part.sub_processes, part.flavour_row);
  declare_variations(card);
}

// Parton densities and the strong coupling.
void CrossSection::load_set(const RunCard& card) {
  if (beams_.kind != Beams::Kind::hadrons) {
    if (card.running)
      alpha_s_ = with_place("parameters.alpha_s (scales.running = false keeps it fixed)",
                            [&] { return AlphaS::without_set(alpha_s_fixed_, card.parameters.get("mass.z")); });
    return;
  }
  pdf_ = std::make_shared<const PdfSet>(PdfSet::load(card.pdf));
  for (const std::string& note : pdf_->notes) notes_.push_back(pdf_->text() + ": " + note);
  if (card.running) alpha_s_ = pdf_->alpha_s;
  for (const DiagramSet& set : sets_)
    for (std::size_t beam = 0; beam < 2; ++beam)
      if (const int pdg = set.process.pdg[beam]; !pdf_->has_flavour(pdg))
        request_error("process '{}' needs {} in a proton, but the set '{}' has none; {}", definition_.text,
                      model_.particle_name(pdg), pdf_->text(),
                      pdg == 22 ? "choose a set with a photon, such as NNPDF31_nlo_as_0118_luxqed"
                                : "choose another set, or fewer beams.flavours");
}

std::size_t CrossSection::dim() const { return (*channels_)[0].dim(); }

// Protons are alike: u g from both sides is g u from both sides turned round, as long as no cut tells the beams apart.
void CrossSection::join_mirror_images() {
  mirrored_.assign(sets_.size(), 0);
  if (beams_.kind != Beams::Kind::hadrons || cut_bounds().has_direction()) return;
  for (std::size_t p = 0; p < sets_.size(); ++p) {
    std::vector<int> image = sets_[p].process.pdg;
    std::swap(image[0], image[1]);
    if (image == sets_[p].process.pdg) continue;
    for (std::size_t q = p + 1; q < sets_.size(); ++q)
      if (sets_[q].process.pdg == image) {
        mirrored_[p] = 1;
        const auto at = static_cast<std::ptrdiff_t>(q);
        sets_.erase(sets_.begin() + at);
        masses_.erase(masses_.begin() + at);
        mirrored_.erase(mirrored_.begin() + at);
        break;
      }
  }
}

CutBounds CrossSection::cut_bounds() const {
  const auto final = masses_[0].begin() + static_cast<std::ptrdiff_t>(first_final_);
  return {cuts_, first_final_, {final, masses_[0].end()}, beams_.energy, beams_.kind != Beams::Kind::hadrons};
}

void CrossSection::group_amplitudes(const Parameters& parameters, const std::vector<Vertex>& vertices) {
  for (std::size_t p = 0; p < sets_.size(); ++p) {
    AmplitudeProgram program = compile(static_cast<const SelectedProcess&>(sets_[p]), model_, parameters, vertices);
    const auto same = std::find_if(groups_.begin(), groups_.end(), [&](const Group& g) {
      return equal(g.program, program) && g.channel_of == channels_->channel_of()[p];
    });
    group_of_.push_back(static_cast<std::size_t>(same - groups_.begin()));
    if (same != groups_.end()) {
      same->sub_processes.push_back(p);
      continue;
    }
    Group& group = groups_.emplace_back(Group{std::move(program), std::nullopt, channels_->channel_of()[p], {p}});
    if (weights_ == ChannelWeights::diagrams)
      group.single = compile_single_diagrams(sets_[p], model_, parameters, vertices);
  }
}

// The final legs that are neutrinos, for missing_pt.
std::vector<int> CrossSection::neutrinos() const {
  std::vector<int> legs;
  for (std::size_t l = first_final_; l < first_final_ + final_legs_; ++l) {
    const auto& choices = definition_.choices[l];
    const auto count = std::count_if(choices.begin(), choices.end(), [](int pdg) {
      return std::abs(pdg) == 12 || std::abs(pdg) == 14 || std::abs(pdg) == 16;
    });
    if (count == 0) continue;
    if (count != std::ssize(choices))
      request_error("missing_pt: leg {} ('{}') may be a neutrino or something else; name them apart", l + 1,
                    definition_.labels[l]);
    legs.push_back(static_cast<int>(l));
  }
  if (legs.empty())
    request_error("missing_pt: there is no neutrino among the final particles of '{}'", definition_.text);
  return legs;
}

// All final particles together have no transverse momentum: what their direction is, rounding decides.
void CrossSection::refuse_balanced(const Cut& cut, const std::string& text) const {
  const Observable o = cut.observable;
  if (o != Observable::pt && o != Observable::eta && o != Observable::abs_eta && o != Observable::phi &&
      o != Observable::cos_theta)
    return;
  for (const auto& legs : cut.tuples)
    if (legs.size() == final_legs_)
      request_error("'{}' is one of all final particles, whose transverse momenta add up to zero; name fewer", text);
}

void CrossSection::resolve_cuts(const RunCard& card, const Multiparticles& multiparticles) {
  std::vector<Cut> cuts;
  for (const CutRequest& request : card.cuts) {
    with_place(request.place, [&] {
      const ObservableCall call = parse_observable(request.of);
      Cut cut{request.name, call.observable, {{}}, request.min, request.max};
      if (call.observable == Observable::ht) {
        cut.tuples[0].resize(final_legs_);
        std::iota(cut.tuples[0].begin(), cut.tuples[0].end(), static_cast<int>(first_final_));
      } else if (call.observable == Observable::missing_pt) {
        cut.observable = Observable::pt;
        cut.tuples[0] = neutrinos();
      }
      // All choices of distinct legs, each set of legs once.
      for (const std::string& name : call.arguments) {
        const auto known = multiparticles.find(name);
        const std::vector<int> pdgs =
            known != multiparticles.end() ? known->second : std::vector<int>{model_.pdg(name)};
        std::vector<std::vector<int>> longer;
        bool any = false;
        for (std::size_t l = first_final_; l < first_final_ + final_legs_; ++l) {
          const auto& choices = definition_.choices[l];
          const bool all = std::all_of(choices.begin(), choices.end(),
                                       [&](int c) { return std::count(pdgs.begin(), pdgs.end(), c) > 0; });
          const bool some = std::any_of(choices.begin(), choices.end(),
                                        [&](int c) { return std::count(pdgs.begin(), pdgs.end(), c) > 0; });
          if (some && !all)
            request_error("'{}' is some but not all of what leg {} ('{}') may be; name the multiparticle", name, l + 1,
                          definition_.labels[l]);
          if (!all) continue;
          any = true;
          for (auto tuple : cut.tuples) {
            if (std::count(tuple.begin(), tuple.end(), static_cast<int>(l))) continue;
            tuple.push_back(static_cast<int>(l));
            longer.push_back(tuple);
          }
        }
        if (!any) request_error("'{}' is not among the final particles of '{}'", name, definition_.text);
        cut.tuples = longer;
      }
      std::vector<std::vector<int>> unique;
      std::vector<std::vector<int>> seen;
      for (const auto& tuple : cut.tuples) {
        auto sorted = tuple;
        std::sort(sorted.begin(), sorted.end());
        if (std::count(seen.begin(), seen.end(), sorted)) continue;
        seen.push_back(sorted);
        unique.push_back(tuple);
      }
      cut.tuples = unique;
      if (unique.empty())
        request_error("'{}' has no choice of distinct particles in '{}'", request.of, definition_.text);
      refuse_balanced(cut, request.of);
      cuts.push_back(cut);
    });
  }
  cuts_ = Cuts(cuts);
}

}  // namespace thalweg
