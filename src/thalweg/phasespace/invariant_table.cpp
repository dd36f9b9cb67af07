#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thalweg/phasespace/invariant_table.cpp"
#include "thalweg/phasespace/invariant_table.h"

#include <bit>

// The order matters.
// clang-format off
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>
#include "thalweg/phasespace/boost_range-inl.h"
#include "thalweg/phasespace/transverse_decay-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {

// 2 p.q without cancellation:  (E_p E_q)^2 - (p.q)^2 = m_p^2 E_q^2 + m_q^2 |p|^2 + |p x q|^2.
HWY_INLINE VD twice_product(const Vector4& p, const Vector4& q, double mp, double mq) {
  const VD ee = hn::Mul(p.e, q.e), pq = hn::MulAdd(p.x, q.x, sum2(p.y, q.y, p.z, q.z));
  const VD cx = difference2(p.y, q.z, p.z, q.y), cy = difference2(p.z, q.x, p.x, q.z),
           cz = difference2(p.x, q.y, p.y, q.x);
  VD top = hn::MulAdd(cx, cx, sum2(cy, cy, cz, cz));
  top = hn::MulAdd(constant(mp * mp), square(q.e), top);
  top = hn::MulAdd(constant(mq * mq), momentum2(p), top);
  const VD value = hn::IfThenElse(hn::Gt(pq, constant(0)), hn::Div(top, hn::Add(ee, pq)), hn::Sub(ee, pq));
  return hn::Mul(constant(2), value);
}

// 2 p_beam.p of a massless beam along +z (sign 1) or -z: its energy times twice E -+ p_z.
HWY_INLINE VD twice_beam(VD energy, const Vector4& p, double mass, double sign) {
  const VD along = hn::Mul(constant(sign), p.z);
  const VD mt2 = hn::MulAdd(p.x, p.x, hn::MulAdd(p.y, p.y, constant(mass * mass)));
  const VD minus = hn::IfThenElse(hn::Gt(along, constant(0)), hn::Div(mt2, hn::Add(p.e, along)), hn::Sub(p.e, along));
  return hn::Mul(hn::Mul(constant(2), energy), minus);
}

void Pairs(const Momenta& momenta, const std::vector<double>& masses, std::size_t incoming, const double* beam_mass,
           const Batch& out) {
  const std::size_t n = masses.size(), lanes = hn::Lanes(D());
  Vector4 p[kMaxFinal];
  for (std::size_t e = 0; e < momenta.size(); e += lanes) {
    const std::size_t left = momenta.size() - e;
    auto leg = [&](std::size_t l) {
      return Vector4{load(momenta.component(l, 0) + e, left), load(momenta.component(l, 1) + e, left),
                     load(momenta.component(l, 2) + e, left), load(momenta.component(l, 3) + e, left)};
    };
    for (std::size_t i = 0; i < n; ++i) p[i] = leg(incoming + i);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = i + 1; j < n; ++j)
        store(twice_product(p[i], p[j], masses[i], masses[j]), out.row(i * n + j) + e, left);
    for (std::size_t b = 0; b < 2 && incoming == 2; ++b) {
      const Vector4 beam = leg(b);
      for (std::size_t i = 0; i < n; ++i)
        store(beam_mass[b] == 0 ? twice_beam(beam.e, p[i], masses[i], b == 0 ? 1 : -1)
                                : twice_product(beam, p[i], beam_mass[b], masses[i]),
              out.row(n * (n + b) + i) + e, left);
    }
  }
}

void DecayVolume(const Momenta& momenta, const TransverseDecay& cuts, std::size_t first, std::size_t second,
                 double* out) {
  for (std::size_t e = 0; e < momenta.size(); e += hn::Lanes(D())) {
    const std::size_t left = momenta.size() - e;
    const Vector4 p = load_vector(momenta, first, e, left), q = load_vector(momenta, second, e, left);
    VD y_cos, y_phi;
    const VD volume = TransverseFrame(cuts, p + q, hn::Sqrt(twice_product(p, q, 0, 0))).inverse(p, y_cos, y_phi);
    store(volume, out + e, left);
  }
}

void PartonsOf(const Beams& beams, const std::vector<double>& masses, const std::vector<RapidityCut>& cuts,
               const PhaseSpacePoints& points) {
  const std::size_t lanes = hn::Lanes(D()), n = masses.size();
  for (std::size_t e = 0; e < points.momenta.size(); e += lanes) {
    const std::size_t left = points.momenta.size() - e;
    Vector4 final[kMaxFinal];
    for (std::size_t i = 0; i < n; ++i) final[i] = load_vector(points.momenta, beams.incoming() + i, e, left);
    const Partons partons = partons_of(beams, final, masses.data(), n);
    store(partons.s_hat, points.s_hat.data() + e, left);
    store(partons.x_a, points.x_a.data() + e, left);
    store(partons.x_b, points.x_b.data() + e, left);
    if (beams.kind != Beams::Kind::hadrons) continue;
    const VD s = constant(beams.energy * beams.energy), half = constant(0.5);
    const BoostRange u = boost_range(cuts, hn::Log(D(), hn::Div(partons.s_hat, s)), final, masses.data(),
                                     hn::Mul(half, hn::Log(D(), hn::Div(partons.x_a, partons.x_b))));
    store(u.low, points.u_low.data() + e, left);
    store(u.range, points.u_range.data() + e, left);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thalweg {
HWY_EXPORT(Pairs);
HWY_EXPORT(DecayVolume);
HWY_EXPORT(PartonsOf);

InvariantTable::InvariantTable(const Beams& beams, std::vector<double> masses, std::vector<RapidityCut> cuts)
    : beams_(beams), masses_(std::move(masses)), cuts_(std::move(cuts)) {}

InvariantTable::Wanted InvariantTable::sum_of(std::uint32_t set) const {
  Wanted wanted{0, {}};
  const std::size_t n = masses_.size();
  for (std::size_t i = 0; i < n; ++i) {
    if (!(set >> i & 1)) continue;
    wanted.constant += masses_[i] * masses_[i];
    for (std::size_t j = i + 1; j < n; ++j)
      if (set >> j & 1) wanted.pairs.push_back({i * n + j, 1.0});
  }
  return wanted;
}

std::size_t InvariantTable::add(std::uint32_t key, Wanted wanted) {
  const auto [found, fresh] = known_.insert({key, wanted_.size()});
  if (fresh) wanted_.push_back(std::move(wanted));
  return found->second;
}

std::size_t InvariantTable::time_like(std::uint32_t set) { return add(set, sum_of(set)); }

// -(p - sum)^2 = -m^2 - m_S^2 + sum of 2 p.p_i, from the side with fewer particles.
std::size_t InvariantTable::minus_t(std::uint32_t side_of_a) {
  const std::size_t n = masses_.size();
  const std::uint32_t side_of_b = ((1u << n) - 1) & ~side_of_a;
  const bool a = std::popcount(side_of_a) <= std::popcount(side_of_b);
  const std::uint32_t set = a ? side_of_a : side_of_b;
  Wanted wanted = sum_of(set);
  wanted.constant += a ? beams_.mass_a * beams_.mass_a : beams_.mass_b * beams_.mass_b;
  wanted.constant = -wanted.constant;
  for (auto& pair : wanted.pairs) pair.second = -1;
  for (std::size_t i = 0; i < n; ++i)
    if (set >> i & 1) wanted.pairs.push_back({n * (n + (a ? 0 : 1)) + i, 1.0});
  return add(1u << 31 | side_of_a, std::move(wanted));
}

std::size_t InvariantTable::decay_volume(const TransverseDecay& cuts, int first, int second) {
  const std::size_t row = add(1u << 30 | 1u << first | 1u << second, {0, {}});
  const std::size_t incoming = beams_.incoming();
  if (decays_.empty() || decays_.back().row < row)
    decays_.push_back(
        {cuts, incoming + static_cast<std::size_t>(first), incoming + static_cast<std::size_t>(second), row});
  return row;
}

PhaseSpacePoints InvariantTable::points_of(const Momenta& momenta, Arena& arena) const {
  const std::size_t n = momenta.size();
  const PhaseSpacePoints points{momenta,
                                arena.take<double>(n),
                                arena.take<double>(n),
                                arena.take<double>(n),
                                arena.take<double>(n),
                                arena.take<double>(n),
                                {}};
  HWY_DYNAMIC_DISPATCH(PartonsOf)(beams_, masses_, cuts_, points);
  return points;
}

void InvariantTable::evaluate(const PhaseSpacePoints& points, const Batch& out, Arena& arena) const {
  const std::size_t n = masses_.size(), events = points.momenta.size();
  const Batch pairs = Batch::take(arena, n * (n + 2), events);
  const double beam_mass[2] = {beams_.mass_a, beams_.mass_b};
  HWY_DYNAMIC_DISPATCH(Pairs)(points.momenta, masses_, beams_.incoming(), beam_mass, pairs);
  for (std::size_t r = 0; r < wanted_.size(); ++r) {
    double* row = out.row(r);
    for (std::size_t e = 0; e < events; ++e) row[e] = wanted_[r].constant;
    for (const auto& [pair, factor] : wanted_[r].pairs) {
      const double* from = pairs.row(pair);
      if (factor > 0)
        for (std::size_t e = 0; e < events; ++e) row[e] += from[e];
      else
        for (std::size_t e = 0; e < events; ++e) row[e] -= from[e];
    }
  }
  for (const Decay& decay : decays_)
    HWY_DYNAMIC_DISPATCH(DecayVolume)(points.momenta, decay.cuts, decay.first, decay.second, out.row(decay.row));
}

}  // namespace thalweg
#endif
