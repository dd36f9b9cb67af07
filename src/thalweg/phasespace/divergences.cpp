#include "thalweg/phasespace/divergences.h"

#include <fmt/ranges.h>

#include <bit>
#include <map>

#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

using Kind = SingularRegion::Kind;

// How an error speaks of particles.
class Words {
 public:
  Words(const DiagramSet& process, const Model& model, const std::vector<std::string>& labels)
      : process_(process.process), model_(model), labels_(labels) {}

  std::string label(std::size_t i) const {
    const std::size_t leg = i + process_.incoming;
    return labels_.empty() ? model_.particle_name(process_.pdg[leg]) : labels_[leg];
  }
  std::vector<std::string> labels(std::uint32_t set) const {
    std::vector<std::string> names;
    for (std::size_t i = 0; set >> i; ++i)
      if (set >> i & 1) names.push_back(label(i));
    return names;
  }
  // "particle 4 (u)", "particles 4,5 (u u~)"
  std::string particles(std::uint32_t set) const {
    std::vector<std::size_t> numbers;
    std::vector<std::string> names;
    for (std::size_t i = 0; set >> i; ++i)
      if (set >> i & 1) {
        numbers.push_back(i + process_.incoming + 1);
        names.push_back(model_.particle_name(process_.pdg[i + process_.incoming]));
      }
    return fmt::format("particle{} {} ({})", numbers.size() > 1 ? "s" : "", fmt::join(numbers, ","),
                       fmt::join(names, " "));
  }
  std::string first(std::uint32_t set) const { return label(static_cast<std::size_t>(std::countr_zero(set))); }

 private:
  const SubProcess& process_;
  const Model& model_;
  const std::vector<std::string>& labels_;
};

[[noreturn]] void refuse(const SingularRegion& region, const DiagramSet& process, const Model& model,
                         const Parameters& parameters, const Beams& beams, const CutBounds& bounds,
                         const std::vector<std::string>& labels) {
  const Words words(process, model, labels);
  const Particle& particle = model.particle(region.pdg);
  const std::string line = particle.name, them = words.particles(region.set), first = words.first(region.set);
  const double mass = model.mass(region.pdg, parameters);
  const bool one = std::popcount(region.set) == 1;
  switch (region.kind) {
    case Kind::collinear:
      request_error(
          "{} can run along each other, where the massless line of {} that ends in them reaches its pole: the cross "
          "section diverges; add a cut that keeps them apart, such as m = {{ of = \"mass({})\", min = 15.0 }}, or "
          "delta_r of two of them together with pt or energy",
          them, line, fmt::join(words.labels(region.set), ", "));
    case Kind::beam_a:
    case Kind::beam_b:
      request_error(
          "{} can go along the beam, where the massless line of {} in the t-channel reaches its pole: the cross "
          "section "
          "diverges; add a cut such as pt = {{ of = \"pt({})\", min = 20.0 }}{}",
          them, line, one ? first : fmt::format("{}", fmt::join(words.labels(region.set), ", ")),
          one ? ", or on its angle to the beam (abs_eta, cos_theta)" : ", or on pt of one of them");
    case Kind::soft:
      request_error(
          "{} can lose all {} energy, where the line of {} (mass {:.6g} GeV) that emits {} reaches its pole: the cross "
          "section diverges{}; add a cut such as pt = {{ of = \"pt({})\", min = 20.0 }}, or on energy or mass",
          them, one ? "its" : "their", line, mass, one ? "it" : "them",
          model.width(region.pdg, parameters) > 0 ? ", and the width of that line only hides it" : "", first);
    case Kind::forward:
      request_error(
          "the beams exchange a massless line of {} and go on as {} and the other particle, both of unchanged mass: t "
          "<= "
          "0 reaches the pole in the forward direction and the cross section diverges; add a cut such as pt = {{ of = "
          "\"pt({})\", min = 20.0 }}, or cos_theta",
          line, them, first);
    case Kind::resonance:
      request_error(
          "a line of {} of mass {:.6g} GeV and width 0 ends in {} and has its pole inside of the range {:.6g} to "
          "{:.6g} "
          "GeV of their mass: the cross section diverges; give it a width, or cut it out with m = {{ of = "
          "\"mass({})\", min = ... }}",
          line, mass, them, bounds.least_mass(region.set), std::min(bounds.most_mass(region.set), beams.energy),
          fmt::join(words.labels(region.set), ", "));
    case Kind::decay:
      request_error(
          "the beams can decay: with {} on the side of the first one, the line of {} (mass {:.6g} GeV, no width) "
          "between "
          "the beams comes on its mass shell and the cross section diverges; no stable beams can do this",
          them, line, mass);
    case Kind::energy:
      request_error(
          "massless final particles and no cut that keeps sqrt(s_hat) away from zero: the cross section diverges; add "
          "a "
          "cut such as m = {{ of = \"mass({})\", min = 15.0 }}, or on pt",
          fmt::join(words.labels(region.set), ", "));
  }
  std::abort();
}

}  // namespace

void refuse_divergences(const std::vector<DiagramSet>& sets, const Model& model, const Parameters& parameters,
                        const Beams& beams, const CutBounds& bounds, const std::vector<std::string>& labels) {
  std::map<std::pair<Kind, std::uint32_t>, bool> known;
  for (const DiagramSet& set : sets)
    for (const SingularRegion& region : singular_regions(set, model, parameters, beams, bounds)) {
      const auto [at, fresh] = known.insert({{region.kind, region.set}, false});
      if (fresh) at->second = cuts_leave(region, beams, bounds);
      if (!at->second) continue;
      with_place(fmt::format("process '{}', diagram {}", to_string(set.process, model),
                             describe(set.diagrams[region.diagram], set.process, model)),
                 [&] { refuse(region, set, model, parameters, beams, bounds, labels); });
    }
}

}  // namespace thalweg
