// The evaluation of a batch.
#include "thalweg/run/cross_section.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "thalweg/base/units.h"

namespace thalweg {

double CrossSection::flux(double s_hat) const {
  const double energy = std::sqrt(s_hat);
  switch (beams_.kind) {
    case Beams::Kind::hadrons: return kPicobarnPerInverseGeV2 / (2 * s_hat);
    case Beams::Kind::partons:
      return kPicobarnPerInverseGeV2 / (4 * energy * two_body_momentum(energy, beams_.mass_a, beams_.mass_b));
    default: return 1 / (2 * energy);
  }
}

double CrossSection::cost() const {
  // Calibrated on one core with 256-bit vectors (benchmarks): FLOP a nanosecond, and nanoseconds.
  constexpr double kAmplitudeRate = 13, kDensities = 75, kMaps = 300;
  double flops = 0;
  for (const Group& group : groups_) flops += group.program.flops;
  return kMaps + flops / kAmplitudeRate + (densities_ ? kDensities : 0);
}

// Cuts, and the survivors in dense arrays.
void CrossSection::select(const PhaseSpacePoints& all, Survivors& s, Arena& arena) const {
  const std::size_t n = all.momenta.size();
  const auto pass = arena.take<std::uint8_t>(n);
  cuts_.apply(all.momenta, arena, pass);
  s.index = arena.take<std::size_t>(n);
  for (std::size_t e = 0; e < n; ++e)
    if (pass[e] && all.jacobian[e] > 0) s.index[s.count++] = e;
  if (s.count == n) {
    s.points = all;
    return;
  }
  s.points = PhaseSpacePoints::take(arena, all.momenta.legs(), s.count);
  auto pack = [&](const double* from, double* to) {
    for (std::size_t i = 0; i < s.count; ++i) to[i] = from[s.index[i]];
  };
  for (std::size_t r = 0; r < all.momenta.rows.dim; ++r) pack(all.momenta.rows.row(r), s.points.momenta.rows.row(r));
  pack(all.x_a.data(), s.points.x_a.data());
  pack(all.x_b.data(), s.points.x_b.data());
  pack(all.s_hat.data(), s.points.s_hat.data());
  pack(all.jacobian.data(), s.points.jacobian.data());
}

void CrossSection::scales(Survivors& s, Arena& arena) const {
  s.mu_f = arena.take<double>(s.count);
  s.mu_r = arena.take<double>(s.count);
  s.alpha_s = arena.take<double>(s.count);
  const bool dynamic = factorization_.depends_on_event() || renormalization_.depends_on_event();
  const auto ht = arena.take<double>(s.count);
  if (dynamic) {
    std::vector<int> legs(final_legs_);
    std::iota(legs.begin(), legs.end(), static_cast<int>(first_final_));
    thalweg::evaluate(Observable::ht, s.points.momenta, legs, ht);
  }
  double last_mu = -1, last_alpha = alpha_s_fixed_;
  for (std::size_t e = 0; e < s.count; ++e) {
    const double variables[] = {dynamic ? ht[e] : 0.0, std::sqrt(s.points.s_hat[e])};
    s.mu_f[e] = factorization_.evaluate(variables);
    s.mu_r[e] = renormalization_.evaluate(variables);
    if (running_ && pdf_ && s.mu_r[e] != last_mu) {
      last_mu = s.mu_r[e];
      last_alpha = last_mu > 0 ? pdf_->alpha_s(last_mu) : std::nan("");
    }
    s.alpha_s[e] = last_alpha;
  }
}

namespace {

// Helicities and colours are chosen with the low bits of the number whose high bits choose the sub-process.
EventChoice make_choice(std::span<const double> pick, Arena& arena) {
  const std::size_t n = pick.size();
  const auto helicity = arena.take<double>(n), flow = arena.take<double>(n);
  for (std::size_t e = 0; e < n; ++e) {
    double whole;
    helicity[e] = std::modf(pick[e] * 0x1p17, &whole);
    flow[e] = std::modf(pick[e] * 0x1p35, &whole);
  }
  return {helicity, flow, arena.take<std::int32_t>(n), arena.take<std::int32_t>(n)};
}

}  // namespace

// With the helicities and colours of events where records are wanted. A plug-in brings |M|^2 alone: colours are then
// those of our amplitude.
void CrossSection::squared_amplitude(const Group& group, const AmplitudeInput& in, Survivors& s, std::span<double> me2,
                                     Arena& arena) const {
  if (s.pick.empty()) {
    if (!plugin_) thalweg::evaluate(group.program, in, {me2}, arena);
  } else {
    const EventChoice choice = make_choice(s.pick, arena);
    s.configuration.push_back(choice.configuration);
    s.flow.push_back(choice.flow);
    thalweg::evaluate(group.program, in, {me2, {}, &choice}, arena);
  }
  if (plugin_) plugin_->evaluate(in.momenta, in.alpha_s, me2, arena);
}

void CrossSection::amplitudes(Survivors& s, Arena& arena) const {
  const std::size_t n = s.count;
  Batch fa, fb;
  if (densities_) {
    const auto q2 = arena.take<double>(n);
    for (std::size_t e = 0; e < n; ++e) q2[e] = s.mu_f[e] * s.mu_f[e];
    fa = Batch::take(arena, densities_->flavours().size(), n);
    fb = Batch::take(arena, densities_->flavours().size(), n);
    densities_->evaluate(s.points.x_a.first(n), q2, fa, arena);
    densities_->evaluate(s.points.x_b.first(n), q2, fb, arena);
  }
  std::vector<int> order(definition_.labels.size());
  std::iota(order.begin(), order.end(), 0);
  const auto me2 = arena.take<double>(n), luminosity = arena.take<double>(n);
  s.contributions = Batch::take(arena, sets_.size(), n);
  s.alpha = Batch::take(arena, channels(), n);
  std::fill(s.weight.begin(), s.weight.end(), 0.0);
  for (std::size_t c = 0; c < channels(); ++c) std::fill_n(s.alpha.row(c), n, 0.0);
  const AmplitudeInput in{s.points.momenta, order, s.alpha_s, precision_};
  for (const Group& group : groups_) {
    squared_amplitude(group, in, s, me2, arena);
    std::fill(luminosity.begin(), luminosity.end(), 0.0);
    for (std::size_t p : group.sub_processes) {
      double* row = s.contributions.row(p);
      const double* a = densities_ ? fa.row(flavour_row_[p][0]) : nullptr;
      const double* b = densities_ ? fb.row(flavour_row_[p][1]) : nullptr;
      for (std::size_t e = 0; e < n; ++e) {
        const double ff = a ? a[e] * b[e] / (s.points.x_a[e] * s.points.x_b[e]) : 1.0;
        luminosity[e] += ff;
        row[e] = ff * me2[e];
        s.weight[e] += row[e];
      }
    }
    if (!group.single) continue;
    const Batch diagrams = Batch::take(arena, group.single->parts.size(), n);
    thalweg::evaluate(*group.single, in, diagrams, arena);
    for (std::size_t d = 0; d < diagrams.dim; ++d)
      for (std::size_t e = 0; e < n; ++e) s.alpha.row(group.channel_of[d])[e] += luminosity[e] * diagrams.row(d)[e];
  }
  for (std::size_t e = 0; e < n; ++e) s.weight[e] *= flux(s.points.s_hat[e]) * s.points.jacobian[e];
}

void CrossSection::channel_weights(Survivors& s) const {
  for (std::size_t e = 0; e < s.count; ++e) {
    double sum = 0;
    for (std::size_t c = 0; c < channels(); ++c) {
      double& alpha = s.alpha.row(c)[e];
      if (weights_ == ChannelWeights::propagators) {
        const double m = channel_mass_[c], d = s.points.s_hat[e] - m * m, w = m * channel_width_[c];
        alpha = 1 / (d * d + w * w);
      } else if (weights_ == ChannelWeights::sherpa) {
        alpha = channels_.channels[c].density(s.points.s_hat[e]);
      } else if (weights_ == ChannelWeights::flat) {
        alpha = 1;
      }
      sum += alpha;
    }
    // A density of exactly zero or below (parton densities may be negative) leaves no preference.
    for (std::size_t c = 0; c < channels(); ++c) {
      double& alpha = s.alpha.row(c)[e];
      alpha = sum > 0 || sum < 0 ? alpha / sum : 1.0 / static_cast<double>(channels());
    }
  }
}

CrossSection::Survivors CrossSection::compute(std::size_t channel, const Batch& points, std::span<const double> pick,
                                              Arena& arena) const {
  const auto all = PhaseSpacePoints::take(arena, definition_.labels.size(), points.size);
  channels_.channels[channel].forward(points, all);
  Survivors s;
  select(all, s, arena);
  s.weight = arena.take<double>(s.count);
  if (!pick.empty()) {
    s.pick = arena.take<double>(s.count);
    for (std::size_t i = 0; i < s.count; ++i) s.pick[i] = pick[s.index[i]];
  }
  scales(s, arena);
  amplitudes(s, arena);
  channel_weights(s);
  return s;
}

void CrossSection::evaluate(std::size_t channel, const Batch& points, const Evaluation& out, Arena& arena) const {
  const std::span<const double> pick =
      out.records.dim ? std::span<const double>(out.pick).first(points.size) : std::span<const double>();
  const Survivors s = compute(channel, points, pick, arena);
  std::fill(out.weight.begin(), out.weight.end(), 0.0);
  for (std::size_t i = 0; i < s.count; ++i) {
    const std::size_t e = s.index[i];
    out.weight[e] = s.weight[i];
    for (std::size_t c = 0; c < channels(); ++c) out.alpha.row(c)[e] = s.alpha.row(c)[i];
  }
  if (out.features.dim) write_features(s, out.features, arena);
  if (out.records.dim) write_records(s, out);
}

void CrossSection::write_features(const Survivors& s, const Batch& features, Arena& arena) const {
  constexpr double kFar = 30;  // a particle along the beam has no finite features
  const auto value = arena.take<double>(s.count);
  std::size_t row = 0;
  for (std::size_t l = 0; l < final_legs_; ++l) {
    const int leg = static_cast<int>(first_final_ + l);
    for (const Observable what : {Observable::pt, Observable::eta, Observable::phi}) {
      thalweg::evaluate(what, s.points.momenta, {&leg, 1}, value);
      for (std::size_t i = 0; i < s.count; ++i)
        features.row(row)[s.index[i]] = std::clamp(what == Observable::pt ? std::log(value[i]) : value[i], -kFar, kFar);
      ++row;
    }
  }
  for (std::size_t i = 0; i < s.count; ++i) features.row(row)[s.index[i]] = 0.5 * std::log(s.points.s_hat[i]);
}

void CrossSection::write_records(const Survivors& s, const Evaluation& out) const {
  for (std::size_t i = 0; i < s.count; ++i) {
    const std::size_t e = s.index[i];
    double total = 0;
    double size = 0;
    for (std::size_t p = 0; p < sets_.size(); ++p) {
      total += s.contributions.row(p)[i];
      size += std::abs(s.contributions.row(p)[i]);
    }
    double left = out.pick[e] * size;
    std::size_t chosen = 0;
    for (std::size_t p = 0; p < sets_.size(); ++p) {
      const double part = std::abs(s.contributions.row(p)[i]);
      if (part == 0) continue;
      chosen = p;
      if (left < part) break;
      left -= part;
    }
    // Parton densities may be negative: a sub-process is chosen by size and brings its sign.
    if (size != std::abs(total) && total != 0)
      out.weight[e] *= std::copysign(size, s.contributions.row(chosen)[i]) / total;
    const std::size_t group = group_of_[chosen];
    const double head[kRecordHead] = {static_cast<double>(chosen),
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

void set_helicities(const AmplitudeProgram& program, int configuration, Event& event) {
  const bool mirrored = configuration < 0;
  const auto& helicities =
      program.configurations[static_cast<std::size_t>(mirrored ? -1 - configuration : configuration)];
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

}  // namespace

Event CrossSection::to_event(std::span<const double> record) const {
  const auto p = static_cast<std::size_t>(record[0]);
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
  if (!plugin_) set_helicities(program, static_cast<int>(record[6]), event);
  set_colours(program.flows[static_cast<std::size_t>(record[7])].flow, first_final_, event);
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
  return info;
}

}  // namespace thalweg
