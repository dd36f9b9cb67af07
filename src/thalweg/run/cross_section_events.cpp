// Records of points, and events made of them.
#include <algorithm>
#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/run/cross_section.h"

namespace thalweg {

// Parton densities may be negative: a sub-process is chosen by size and brings its sign.
CrossSection::Choice CrossSection::choose(const Survivors& s, std::size_t i, double pick) const {
  double total = 0, size = 0;
  for (std::size_t p = 0; p < s.contributions.dim; ++p) {
    total += s.contributions.row(p)[i];
    size += std::abs(s.contributions.row(p)[i]);
  }
  Choice choice;
  double left = pick * size;
  for (std::size_t p = 0; p < s.contributions.dim; ++p) {
    const double term = std::abs(s.contributions.row(p)[i]);
    if (term == 0) continue;
    choice.row = p;
    if (left < term) break;
    left -= term;
  }
  const double chosen = s.contributions.row(choice.row)[i];
  choice.place = left / std::abs(chosen);
  if (size != std::abs(total) && total != 0) choice.factor = std::copysign(size, chosen) / total;
  return choice;
}

void CrossSection::write_records(const Survivors& s, const Evaluation& out) const {
  const std::vector<std::size_t>& sub_processes = s.part->sub_processes;
  for (std::size_t i = 0; i < s.count; ++i) {
    const std::size_t e = s.index[i];
    const auto [row, place, factor] = choose(s, i, out.pick[e]);
    out.weight[e] *= factor;
    const std::size_t chosen = sub_processes[row];
    const auto group = static_cast<std::size_t>(
        std::find(s.part->groups.begin(), s.part->groups.end(), group_of_[chosen]) - s.part->groups.begin());
    const auto named = static_cast<double>(chosen);
    const double head[kRecordHead] = {mirrored_[chosen] && place < 0.5 ? -1 - named : named,
                                      s.points.x_a[i],
                                      s.points.x_b[i],
                                      s.mu_f[i],
                                      s.mu_r[i],
                                      s.alpha_s[i],
                                      static_cast<double>(s.configuration[group][i]),
                                      static_cast<double>(s.flow[group][i])};
    for (std::size_t r = 0; r < kRecordHead; ++r) out.records.row(r)[e] = head[r];
    for (std::size_t l = 0; l < final_legs_; ++l)
      for (std::size_t mu = 0; mu < 4; ++mu)
        out.records.row(kRecordHead + 4 * l + mu)[e] = s.points.momenta.component(first_final_ + l, mu)[i];
  }
}

namespace {

void set_helicities(const AmplitudeProgram& program, std::size_t configuration, bool mirrored, Event& event) {
  const auto& helicities = program.configurations[configuration];
  for (std::size_t l = 0; l < event.particles.size(); ++l)
    event.particles[l].spin = mirrored ? -helicities[l] : helicities[l];
}

// A colour line leaves a final particle by its colour, an incoming one by its anticolour.
void set_colours(const ColourFlow& flow, std::size_t incoming, Event& event) {
  int line = 501;
  for (std::size_t source = 0; source < event.particles.size(); ++source) {
    if (!flow.sink_of[source]) continue;
    const auto sink = static_cast<std::size_t>(flow.sink_of[source] - 1);
    event.particles[source].colours[source < incoming ? 1 : 0] = line;
    event.particles[sink].colours[sink < incoming ? 0 : 1] = line;
    ++line;
  }
}

// Half a turn about the x axis: helicities stay, and colours with their particles.
void exchange_beams(Event& event) {
  for (EventParticle& particle : event.particles) {
    particle.py = -particle.py;
    particle.pz = -particle.pz;
  }
  std::swap(event.particles[0], event.particles[1]);
}

}  // namespace

namespace {

// A number of a record that names one of `size` things; -1 - k stands for k, too.
std::size_t place_of(double value, std::size_t size, const char* what) {
  const double place = value < 0 ? -1 - value : value;
  if (!(place < static_cast<double>(size)) || place != std::floor(place))
    request_error(
        "an event of {} {}, but there are {}: events.partial is damaged, or of another program; remove "
        "generation.json beside it to make the events again",
        what, value, size);
  return static_cast<std::size_t>(place);
}

}  // namespace

Event CrossSection::to_event(std::span<const double> record) const {
  const bool exchanged = record[0] < 0;
  const std::size_t p = place_of(record[0], sets_.size(), "sub-process");
  const SubProcess& process = sets_[p].process;
  Event event;
  event.scale = record[3];
  event.renormalization_scale = record[4];
  event.alpha_s = record[5];
  event.alpha_em = alpha_em_;
  for (std::size_t l = 0; l < process.legs(); ++l) {
    EventParticle particle;
    particle.pdg = process.pdg[l];
    particle.m = masses_[p][l];
    if (l < first_final_) {
      particle.status = -1;
      if (beams_.kind == Beams::Kind::hadrons) {
        particle.e = beams_.energy / 2 * record[1 + l];
        particle.pz = l == 0 ? particle.e : -particle.e;
      } else if (beams_.kind == Beams::Kind::partons) {
        const double q = two_body_momentum(beams_.energy, beams_.mass_a, beams_.mass_b);
        particle.e = std::hypot(particle.m, q);
        particle.pz = l == 0 ? q : -q;
      } else {
        particle.e = beams_.energy;
      }
    } else {
      particle.status = 1;
      particle.mothers = {1, static_cast<int>(first_final_)};
      const double* k = record.data() + kRecordHead + 4 * (l - first_final_);
      particle.e = k[0], particle.px = k[1], particle.py = k[2], particle.pz = k[3];
    }
    event.particles.push_back(particle);
  }
  const AmplitudeProgram& program = groups_[group_of_[p]].program;
  if (!plugin_)
    set_helicities(program, place_of(record[6], program.configurations.size(), "configuration"), record[6] < 0, event);
  set_colours(program.flows[place_of(record[7], program.flows.size(), "colour flow")].flow, first_final_, event);
  if (exchanged) exchange_beams(event);
  return event;
}

EventFileInfo CrossSection::file_info() const {
  EventFileInfo info;
  info.process = definition_.text;
  const SubProcess& front = sets_[0].process;
  for (std::size_t b = 0; b < 2; ++b) {
    info.beam_pdg[b] = beams_.kind == Beams::Kind::hadrons ? 2212 : b < front.incoming ? front.pdg[b] : 0;
    info.beam_energy[b] = beams_.kind == Beams::Kind::decay ? 0 : beams_.energy / 2;
    info.pdf_id[b] = pdf_ ? pdf_->lhapdf_id : 0;
  }
  info.legs = front.legs();
  info.variations = variations_;
  return info;
}

}  // namespace thalweg
