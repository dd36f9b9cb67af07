#include "thalweg/run/cross_section.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "thalweg/base/errors.h"
#include "thalweg/base/units.h"

namespace thalweg {
namespace {

// Programs of sub-processes that differ in names only, such as u u~ and c c~.
bool equal(const AmplitudeProgram& a, const AmplitudeProgram& b) {
  auto same = [](const Op& x, const Op& y) {
    return x.kind == y.kind && x.out == y.out && x.a == y.a && x.b == y.b && x.c == y.c && x.leg == y.leg &&
           x.helicity == y.helicity && x.incoming == y.incoming && x.momentum == y.momentum &&
           x.diagram == y.diagram && x.left == y.left && x.right == y.right && x.mass == y.mass && x.width == y.width;
  };
  return a.factor == b.factor && a.leg_masses == b.leg_masses && a.momentum_masks == b.momentum_masks &&
         std::equal(a.ops.begin(), a.ops.end(), b.ops.begin(), b.ops.end(), same);
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
          request_error("process '{}': {} is no parton of a proton; set pdf = \"none\" in [beams] for beams of fixed "
                        "energy", definition.text, card.model.particle_name(pdg));
  }
  return beams;
}

}  // namespace

CrossSection::CrossSection(const RunCard& card)
    : model_(card.model),
      weights_(card.channels),
      factorization_(card.factorization),
      renormalization_(card.renormalization),
      running_(card.running),
      alpha_s_fixed_(card.parameters.get("alpha_s")),
      alpha_em_(1 / card.parameters.get("alpha_em_inverse")) {
  const Multiparticles multiparticles = default_multiparticles(card.flavours);
  definition_ = parse_process(card.process, model_, multiparticles);
  const auto vertices = model_.vertices(card.parameters);
  sets_ = diagrams_of(definition_, model_, vertices);
  beams_ = make_beams(card, definition_, sets_);
  first_final_ = definition_.incoming;
  final_legs_ = definition_.labels.size() - first_final_;
  for (const DiagramSet& set : sets_) {
    auto& masses = masses_.emplace_back();
    for (int pdg : set.process.pdg) masses.push_back(model_.mass(pdg, card.parameters));
  }
  resolve_cuts(card, multiparticles);
  const std::vector<double> final_masses(masses_[0].begin() + static_cast<std::ptrdiff_t>(first_final_), masses_[0].end());
  channels_ = channels_from_diagrams(sets_, model_, card.parameters, beams_,
                                     cuts_.minimal_energy(static_cast<int>(first_final_), final_masses),
                                     cuts_.maximal_energy(final_legs_));
  for (int pdg : channels_.propagator) {
    channel_mass_.push_back(pdg ? model_.mass(pdg, card.parameters) : 0);
    channel_width_.push_back(pdg ? model_.width(pdg, card.parameters) : 0);
  }
  group_amplitudes(card.parameters, vertices);
  if (beams_.kind != Beams::Kind::hadrons) return;
  pdf_ = std::make_shared<const PdfSet>(PdfSet::load(card.pdf));
  std::vector<int> flavours;
  for (const DiagramSet& set : sets_) {
    std::array<std::size_t, 2> rows{};
    for (std::size_t beam = 0; beam < 2; ++beam) {
      const auto found = std::find(flavours.begin(), flavours.end(), set.process.pdg[beam]);
      rows[beam] = static_cast<std::size_t>(found - flavours.begin());
      if (found == flavours.end()) flavours.push_back(set.process.pdg[beam]);
    }
    flavour_row_.push_back(rows);
  }
  densities_.emplace(pdf_->grid, flavours);
}

std::size_t CrossSection::dim() const { return channels_.channels[0].dim(); }

void CrossSection::group_amplitudes(const Parameters& parameters, const std::vector<Vertex>& vertices) {
  for (std::size_t p = 0; p < sets_.size(); ++p) {
    AmplitudeProgram program = compile(sets_[p], model_, parameters, vertices);
    const auto same = std::find_if(groups_.begin(), groups_.end(), [&](const Group& g) {
      return equal(g.program, program) && g.channel_of == channels_.channel_of[p];
    });
    if (same != groups_.end()) same->sub_processes.push_back(p);
    else groups_.push_back({std::move(program), channels_.channel_of[p], {p}});
  }
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
      }
      // All choices of distinct legs, each set of legs once.
      for (const std::string& name : call.arguments) {
        const auto known = multiparticles.find(name);
        const std::vector<int> pdgs = known != multiparticles.end() ? known->second : std::vector<int>{model_.pdg(name)};
        std::vector<std::vector<int>> longer;
        bool any = false;
        for (std::size_t l = first_final_; l < first_final_ + final_legs_; ++l) {
          const auto& choices = definition_.choices[l];
          const bool all = std::all_of(choices.begin(), choices.end(), [&](int c) { return std::count(pdgs.begin(), pdgs.end(), c) > 0; });
          const bool some = std::any_of(choices.begin(), choices.end(), [&](int c) { return std::count(pdgs.begin(), pdgs.end(), c) > 0; });
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
      if (unique.empty()) request_error("'{}' has no choice of distinct particles in '{}'", request.of, definition_.text);
      cuts.push_back(cut);
    });
  }
  cuts_ = Cuts(cuts);
}

double CrossSection::flux(double s_hat) const {
  const double energy = std::sqrt(s_hat);
  switch (beams_.kind) {
    case Beams::Kind::hadrons: return kPicobarnPerInverseGeV2 / (2 * s_hat);
    case Beams::Kind::partons:
      return kPicobarnPerInverseGeV2 / (4 * energy * two_body_momentum(energy, beams_.mass_a, beams_.mass_b));
    default: return 1 / (2 * energy);
  }
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
  Momenta momenta = s.points.momenta;
  for (const Group& group : groups_) {
    const bool single = weights_ == ChannelWeights::diagrams;
    const Batch diagrams = single ? Batch::take(arena, group.program.diagrams, n) : Batch{};
    thalweg::evaluate(group.program, momenta, order, me2, diagrams, arena);
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
    if (!single) continue;
    for (std::size_t d = 0; d < group.program.diagrams; ++d)
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

CrossSection::Survivors CrossSection::compute(std::size_t channel, const Batch& points, Arena& arena) const {
  const auto all = PhaseSpacePoints::take(arena, definition_.labels.size(), points.size);
  channels_.channels[channel].forward(points, all);
  Survivors s;
  select(all, s, arena);
  s.weight = arena.take<double>(s.count);
  scales(s, arena);
  amplitudes(s, arena);
  channel_weights(s);
  return s;
}

void CrossSection::evaluate(std::size_t channel, const Batch& points, std::span<double> weight, const Batch& alpha,
                            Arena& arena) const {
  evaluate_records(channel, points, {}, weight, alpha, {}, arena);
}

void CrossSection::evaluate_records(std::size_t channel, const Batch& points, std::span<const double> pick,
                                    std::span<double> weight, const Batch& alpha, const Batch& records,
                                    Arena& arena) const {
  const Survivors s = compute(channel, points, arena);
  std::fill(weight.begin(), weight.end(), 0.0);
  for (std::size_t i = 0; i < s.count; ++i) {
    const std::size_t e = s.index[i];
    weight[e] = s.weight[i];
    for (std::size_t c = 0; c < channels(); ++c) alpha.row(c)[e] = s.alpha.row(c)[i];
    if (!records.dim) continue;
    double total = 0;
    double size = 0;
    for (std::size_t p = 0; p < sets_.size(); ++p) {
      total += s.contributions.row(p)[i];
      size += std::abs(s.contributions.row(p)[i]);
    }
    double left = pick[e] * size;
    std::size_t chosen = 0;
    for (std::size_t p = 0; p < sets_.size(); ++p) {
      const double part = std::abs(s.contributions.row(p)[i]);
      if (part == 0) continue;
      chosen = p;
      if (left < part) break;
      left -= part;
    }
    // Parton densities may be negative: a sub-process is chosen by size and brings its sign.
    if (size != std::abs(total) && total != 0) weight[e] *= std::copysign(size, s.contributions.row(chosen)[i]) / total;
    const double head[kRecordHead] = {static_cast<double>(chosen), s.points.x_a[i], s.points.x_b[i],
                                      s.mu_f[i], s.mu_r[i], s.alpha_s[i]};
    for (std::size_t r = 0; r < kRecordHead; ++r) records.row(r)[e] = head[r];
    for (std::size_t l = 0; l < final_legs_; ++l)
      for (std::size_t mu = 0; mu < 4; ++mu)
        records.row(kRecordHead + 4 * l + mu)[e] = s.points.momenta.component(first_final_ + l, mu)[i];
  }
}

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
    // One quark line at most: its two ends share colour 501.
    if (model_.particle(particle.pdg).colour == 3) particle.colours[particle.pdg > 0 ? 0 : 1] = 501;
    event.particles.push_back(particle);
  }
  return event;
}

}  // namespace thalweg
