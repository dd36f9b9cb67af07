#include "thalweg/phasespace/channels_from_diagrams.h"

#include <algorithm>
#include <cmath>

#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

// PDG code of the propagator that carries the whole energy; 0 for t-channel and contact diagrams.
int s_channel_propagator(const Diagram& diagram, const SubProcess& process) {
  const std::uint32_t incoming = (1u << process.incoming) - 1;
  const std::uint32_t outgoing = ((1u << process.legs()) - 1) ^ incoming;
  for (const auto& propagator : diagram.propagators())
    if (process.incoming == 2 && (propagator.mask == incoming || propagator.mask == outgoing))
      return std::abs(propagator.pdg);
  return 0;
}

void check_final_masses(const std::vector<DiagramSet>& sets, const Model& model, const Parameters& parameters) {
  auto masses = [&](const SubProcess& p) {
    std::vector<double> m;
    for (std::size_t l = p.incoming; l < p.legs(); ++l) m.push_back(model.mass(p.pdg[l], parameters));
    return m;
  };
  const auto first = masses(sets[0].process);
  if (first.size() != 2)
    request_error("'{}' has {} final particles; phase space is there for two", to_string(sets[0].process, model),
                  first.size());
  for (const DiagramSet& set : sets)
    if (masses(set.process) != first)
      request_error("'{}' and '{}' have final particles of different masses; run them one by one",
                    to_string(sets[0].process, model), to_string(set.process, model));
}

PropagatorMap map_for(int pdg, const Model& model, const Parameters& parameters, double s_min, double s_max) {
  const double mass = pdg ? model.mass(pdg, parameters) : 0;
  const double width = pdg ? model.width(pdg, parameters) : 0;
  const bool inside = mass * mass > s_min && mass * mass < s_max;
  if (inside && !(width > 0))
    request_error(
        "the propagator of {} (mass {} GeV, width 0) has its pole inside of the range {} to {} GeV; give it "
        "a width or cut it out",
        model.particle_name(pdg), mass, std::sqrt(s_min), std::sqrt(s_max));
  if (inside) return PropagatorMap::massive(mass, width, s_min, s_max);
  if (!(s_min > 0))
    request_error(
        "massless final particles and no cut that keeps sqrt(s) away from zero: the cross section diverges; "
        "add a cut such as m_ll = {{ of = \"mass(...)\", min = 15.0 }}");
  return PropagatorMap::massless(kMasslessExponent, s_min, s_max);
}

}  // namespace

ChannelSet channels_from_diagrams(const std::vector<DiagramSet>& sets, const Model& model, const Parameters& parameters,
                                  const Beams& beams, double e_min, double e_max) {
  check_final_masses(sets, model, parameters);
  const SubProcess& front = sets[0].process;
  std::vector<double> masses;
  for (std::size_t l = front.incoming; l < front.legs(); ++l) masses.push_back(model.mass(front.pdg[l], parameters));
  ChannelSet result;
  const double top = std::min(e_max, beams.energy);
  if (!(e_min < top) && !(beams.kind != Beams::Kind::hadrons && e_min <= beams.energy && beams.energy <= e_max))
    request_error("no phase space: final state and cuts need sqrt(s) between {} and {} GeV, but {} GeV are there",
                  e_min, e_max, beams.energy);
  result.s_min = e_min * e_min;
  result.s_max = top * top;
  for (const DiagramSet& set : sets) {
    auto& of = result.channel_of.emplace_back();
    for (const Diagram& diagram : set.diagrams) {
      const int pdg = s_channel_propagator(diagram, set.process);
      const auto found = std::find(result.propagator.begin(), result.propagator.end(), pdg);
      of.push_back(static_cast<std::size_t>(found - result.propagator.begin()));
      if (found != result.propagator.end()) continue;
      result.propagator.push_back(pdg);
      std::optional<PropagatorMap> map;
      if (beams.kind == Beams::Kind::hadrons) map = map_for(pdg, model, parameters, result.s_min, result.s_max);
      result.channels.emplace_back(pdg ? model.particle_name(pdg) : "flat", beams, masses, map);
    }
  }
  return result;
}

}  // namespace thalweg
