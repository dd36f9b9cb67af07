#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thalweg/amplitude/evaluator.cpp"
#include "thalweg/amplitude/evaluator.h"

#include <algorithm>
#include <cmath>

#include "thalweg/amplitude/pick_part.h"
#include "thalweg/base/errors.h"
#include "thalweg/base/spelling.h"
#include "thalweg/base/units.h"

// The order matters.
// clang-format off
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>
#include "thalweg/amplitude/externals-inl.h"
#include "thalweg/amplitude/currents-inl.h"
#include "thalweg/amplitude/colour_sum-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {

template <class T>
Tile<T> take_tile(const AmplitudeProgram& program, Arena& arena) {
  const std::size_t lanes = hn::Lanes(Lanes<T>());
  Tile<T> tile{program, lanes, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr};
  tile.momenta = arena.take<double>(program.momentum_masks.size() * 4 * lanes).data();
  tile.angles = arena.take<double>(program.legs * 6 * lanes).data();
  tile.halves = arena.take<T>(program.momentum_masks.size() * 4 * lanes).data();
  tile.propagators = arena.take<T>(program.propagators.size() * 2 * lanes).data();
  tile.slots = arena.take<T>(program.slots * 8 * lanes).data();
  const auto amplitudes = arena.take<double>(program.amplitudes() * 2 * lanes);
  std::fill(amplitudes.begin(), amplitudes.end(), 0.0);  // those that vanish identically are never written
  tile.amplitudes = amplitudes.data();
  return tile;
}

// Legs of `count` events; a tile that is not full repeats its first event.
template <class T>
void load_legs(const Tile<T>& tile, const AmplitudeInput& in, std::size_t first, std::size_t count) {
  for (std::size_t l = 0; l < tile.program.legs; ++l)
    for (std::size_t mu = 0; mu < 4; ++mu) {
      const double* source = in.momenta.component(static_cast<std::size_t>(in.order[l]), mu) + first;
      double* row = tile.momenta + (l * 4 + mu) * tile.lanes;
      for (std::size_t i = 0; i < tile.lanes; ++i) row[i] = source[i < count ? i : 0];
    }
}

template <class T>
void run_tile(const Tile<T>& tile) {
  const AmplitudeProgram& program = tile.program;
  if (program.powers.size() > 1)  // join_powers has left sums where nothing is written again
    std::fill(tile.amplitudes, tile.amplitudes + program.amplitudes() * 2 * tile.lanes, 0.0);
  kinematics(tile);
  for (const Op& op : program.ops) {
    if (op.kind == OpKind::external)
      external(op, tile);
    else
      run_op(op, tile);
  }
}

// Amplitudes of one configuration at the coupling of each event: sum of the powers of `coupling`, into the first one.
template <class T>
void join_powers(const Tile<T>& tile, double* amplitudes, const double* coupling) {
  const AmplitudeProgram& program = tile.program;
  const std::size_t basis = program.basis, row = basis * 2 * tile.lanes;
  for (std::size_t lane = 0; lane < tile.lanes; ++lane) {
    double power[kMaxLegs];  // powers of one process differ by two
    for (std::size_t q = 0; q < program.powers.size(); ++q)
      power[q] = std::pow(coupling[lane], program.powers[q] - program.powers[0]);
    for (std::size_t i = 0; i < 2 * basis; ++i) {
      double sum = 0;
      for (std::size_t q = 0; q < program.powers.size(); ++q)
        sum += power[q] * amplitudes[q * row + i * tile.lanes + lane];
      amplitudes[i * tile.lanes + lane] = sum;
    }
  }
}

// |M|^2 of each configuration without couplings and averages, [configuration][lanes].
template <class T>
void square(const Tile<T>& tile, const double* coupling, double* squares) {
  const AmplitudeProgram& program = tile.program;
  const Lanes<double> d;
  const std::size_t basis = program.basis;
  for (std::size_t h = 0; h < program.configurations.size(); ++h) {
    double* amplitudes = tile.amplitudes + h * program.powers.size() * basis * 2 * tile.lanes;
    if (program.powers.size() > 1) join_powers(tile, amplitudes, coupling);
    for (std::size_t lane = 0; lane < tile.lanes; lane += hn::Lanes(d))
      hn::Store(colour_sum(amplitudes + lane, tile.lanes, basis, program.packed_colour.data()), d,
                squares + h * tile.lanes + lane);
  }
}

// |M_d|^2 of every diagram without couplings and averages, [diagram][lanes].
void square_diagrams(const Tile<double>& tile, const std::vector<SingleDiagramGraph::Part>& parts,
                     const double* coupling, double* squares) {
  const AmplitudeProgram& program = tile.program;
  const Lanes<double> d;
  const std::size_t basis = program.basis, lanes = tile.lanes;
  std::fill(squares, squares + parts.size() * lanes, 0.0);
  for (std::size_t h = 0; h < program.configurations.size(); ++h) {
    double* amplitudes = tile.amplitudes + h * program.powers.size() * basis * 2 * lanes;
    if (program.powers.size() > 1) join_powers(tile, amplitudes, coupling);
    for (std::size_t k = 0; k < parts.size(); ++k) {
      const auto& part = parts[k];
      Vec<double> sum = hn::Load(d, squares + k * lanes);
      for (std::size_t a = 0; a < part.count; ++a)
        for (std::size_t b = 0; b < part.count; ++b) {
          const double* x = amplitudes + (part.first + a) * 2 * lanes;
          const double* y = amplitudes + (part.first + b) * 2 * lanes;
          const Vec<double> product =
              hn::MulAdd(hn::Load(d, x), hn::Load(d, y), hn::Mul(hn::Load(d, x + lanes), hn::Load(d, y + lanes)));
          sum = hn::MulAdd(hn::Set(d, part.gram[a * part.count + b]), product, sum);
        }
      hn::Store(sum, d, squares + k * lanes);
    }
  }
}

// g_s / sqrt2 of each event of a tile, and what its |M|^2 is multiplied with.
void couplings(const AmplitudeProgram& program, std::span<const double> alpha_s, std::size_t first, std::size_t count,
               std::span<double> coupling, std::span<double> scale) {
  for (std::size_t i = 0; i < coupling.size(); ++i) {
    const double alpha = alpha_s[alpha_s.size() == 1 ? 0 : first + (i < count ? i : 0)];
    coupling[i] = std::sqrt(2 * kPi * alpha);
    scale[i] = program.factor * std::pow(coupling[i], 2 * program.powers[0]) * (program.parity ? 2 : 1);
  }
}

void evaluate_diagrams_target(const SingleDiagrams& diagrams, const AmplitudeInput& in, const Batch& out,
                              Arena& arena) {
  const AmplitudeProgram& program = diagrams.program;
  const Tile<double> tile = take_tile<double>(program, arena);
  const auto squares = arena.take<double>(diagrams.parts.size() * tile.lanes);
  const auto coupling = arena.take<double>(tile.lanes), scale = arena.take<double>(tile.lanes);
  for (std::size_t first = 0; first < out.size; first += tile.lanes) {
    const std::size_t count = std::min(tile.lanes, out.size - first);
    load_legs(tile, in, first, count);
    run_tile(tile);
    couplings(program, in.alpha_s, first, count, coupling, scale);
    square_diagrams(tile, diagrams.parts, coupling.data(), squares.data());
    for (std::size_t k = 0; k < diagrams.parts.size(); ++k)
      for (std::size_t i = 0; i < count; ++i) out.row(k)[first + i] = scale[i] * squares[k * tile.lanes + i];
  }
}

template <class T>
void choose(const Tile<T>& tile, const double* squares, std::size_t first, std::size_t count,
            const EventChoice& choice) {
  const AmplitudeProgram& program = tile.program;
  const std::size_t basis = program.basis, lanes = tile.lanes;
  for (std::size_t i = 0; i < count; ++i) {
    double pick = choice.helicity_pick[first + i];
    const std::size_t h =
        pick_part(program.configurations.size(), pick, [&](std::size_t k) { return squares[k * lanes + i]; });
    const auto index = static_cast<std::int32_t>(h);
    choice.configuration[first + i] = program.parity && pick < 0.5 ? -1 - index : index;
    const double* amplitudes = tile.amplitudes + h * program.powers.size() * basis * 2 * lanes;
    double flow_pick = choice.flow_pick[first + i];
    choice.flow[first + i] = static_cast<std::int32_t>(pick_part(program.flows.size(), flow_pick, [&](std::size_t k) {
      double re = 0, im = 0;
      for (const auto& [b, factor] : program.flows[k].terms) {
        re += factor * amplitudes[b * 2 * lanes + i];
        im += factor * amplitudes[(b * 2 + 1) * lanes + i];
      }
      return re * re + im * im;
    }));
  }
}

// Whether event `lane` keeps its digits in mixed precision.
template <class T>
bool well_conditioned(const Tile<T>& tile, std::size_t lane) {
  const AmplitudeProgram& program = tile.program;
  auto energy = [&](std::size_t leg) { return tile.momenta[leg * 4 * tile.lanes + lane]; };
  const double worst = program.weak_self_couplings ? kWorstWeakPropagator : kWorstPropagator;
  for (std::size_t i = 0; i < program.propagators.size(); ++i) {
    double sum = 0;
    for (std::size_t l = 0; l < program.legs; ++l)
      if (program.propagators[i].mask >> l & 1) sum += energy(l);
    const T* p = tile.propagators + i * 2 * tile.lanes + lane;
    if (!(sum * sum * std::hypot(double(p[0]), double(p[tile.lanes])) <= worst)) return false;
  }
  if (!program.weak_self_couplings && program.massive_vector_legs.size() < 2) return true;
  double longitudinal = 1;
  for (std::size_t l : program.massive_vector_legs) longitudinal *= energy(l) / program.leg_masses[l];
  return longitudinal <= kWorstLongitudinal;
}

// `left`, where it is not empty, says which events mixed precision is not good enough for.
template <class T>
void evaluate_target(const AmplitudeProgram& program, const AmplitudeInput& in, const AmplitudeOutput& out,
                     std::span<std::uint8_t> left, Arena& arena) {
  const Tile<T> tile = take_tile<T>(program, arena);
  const auto squares = arena.take<double>(program.configurations.size() * tile.lanes);
  const auto coupling = arena.take<double>(tile.lanes), scale = arena.take<double>(tile.lanes);
  for (std::size_t first = 0; first < out.me2.size(); first += tile.lanes) {
    const std::size_t count = std::min(tile.lanes, out.me2.size() - first);
    load_legs(tile, in, first, count);
    run_tile(tile);
    couplings(program, in.alpha_s, first, count, coupling, scale);
    square(tile, coupling.data(), squares.data());
    if (out.choice) choose(tile, squares.data(), first, count, *out.choice);
    for (std::size_t i = 0; i < count; ++i) {
      double sum = 0;
      for (std::size_t h = 0; h < program.configurations.size(); ++h) sum += squares[h * tile.lanes + i];
      out.me2[first + i] = scale[i] * sum;
      for (std::size_t h = 0; h < out.helicities.dim; ++h)
        out.helicities.row(h)[first + i] = scale[i] * squares[h * tile.lanes + i];
      if (!left.empty()) left[first + i] = !well_conditioned(tile, i) || !std::isfinite(out.me2[first + i]);
    }
  }
}

void evaluate_full(const AmplitudeProgram& program, const AmplitudeInput& in, const AmplitudeOutput& out,
                   Arena& arena) {
  evaluate_target<double>(program, in, out, {}, arena);
}
void evaluate_mixed(const AmplitudeProgram& program, const AmplitudeInput& in, const AmplitudeOutput& out,
                    std::span<std::uint8_t> left, Arena& arena) {
  evaluate_target<float>(program, in, out, left, arena);
}

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thalweg {
namespace {

HWY_EXPORT(evaluate_full);
HWY_EXPORT(evaluate_mixed);
HWY_EXPORT(evaluate_diagrams_target);

// The events that mixed precision was left for, computed in double and put back.
std::size_t rescue(const AmplitudeProgram& program, const AmplitudeInput& in, const AmplitudeOutput& out,
                   std::span<const std::uint8_t> left, Arena& arena) {
  std::vector<std::size_t> index;
  for (std::size_t e = 0; e < left.size(); ++e)
    if (left[e]) index.push_back(e);
  if (index.empty()) return 0;
  const std::size_t n = index.size();
  auto pack = [&](const auto* from, auto* to) {
    for (std::size_t i = 0; i < n; ++i) to[i] = from[index[i]];
  };
  const Momenta momenta = Momenta::take(arena, in.momenta.legs(), n);
  for (std::size_t r = 0; r < momenta.rows.dim; ++r) pack(in.momenta.rows.row(r), momenta.rows.row(r));
  auto alpha_s = arena.take<double>(in.alpha_s.size() == 1 ? 1 : n);
  alpha_s[0] = in.alpha_s[0];
  if (in.alpha_s.size() > 1) pack(in.alpha_s.data(), alpha_s.data());
  EventChoice choice;
  if (out.choice) {
    const auto helicity_pick = arena.take<double>(n), flow_pick = arena.take<double>(n);
    pack(out.choice->helicity_pick.data(), helicity_pick.data());
    pack(out.choice->flow_pick.data(), flow_pick.data());
    choice = {helicity_pick, flow_pick, arena.take<std::int32_t>(n), arena.take<std::int32_t>(n)};
  }
  const AmplitudeOutput part{arena.take<double>(n), Batch::take(arena, out.helicities.dim, n),
                             out.choice ? &choice : nullptr};
  evaluate(program, {momenta, in.order, alpha_s}, part, arena);
  for (std::size_t i = 0; i < n; ++i) {
    out.me2[index[i]] = part.me2[i];
    for (std::size_t h = 0; h < out.helicities.dim; ++h) out.helicities.row(h)[index[i]] = part.helicities.row(h)[i];
    if (!out.choice) continue;
    out.choice->configuration[index[i]] = choice.configuration[i];
    out.choice->flow[index[i]] = choice.flow[i];
  }
  return n;
}

}  // namespace

Precision precision_of(const std::string& name) {
  if (name == "double") return Precision::full;
  if (name == "mixed") return Precision::mixed;
  request_error("precision '{}'{} Expected double or mixed", name, did_you_mean(name, {"double", "mixed"}));
}

std::string to_string(Precision precision) { return precision == Precision::mixed ? "mixed" : "double"; }

std::size_t evaluate(const AmplitudeProgram& program, const AmplitudeInput& in, const AmplitudeOutput& out,
                     Arena& arena) {
  if (in.precision == Precision::full) {
    HWY_DYNAMIC_DISPATCH(evaluate_full)(program, in, out, arena);
    return 0;
  }
  const auto left = arena.take<std::uint8_t>(out.me2.size());
  HWY_DYNAMIC_DISPATCH(evaluate_mixed)(program, in, out, left, arena);
  return rescue(program, in, out, left, arena);
}

void evaluate(const SingleDiagrams& diagrams, const AmplitudeInput& in, const Batch& out, Arena& arena) {
  HWY_DYNAMIC_DISPATCH(evaluate_diagrams_target)(diagrams, in, out, arena);
}

}  // namespace thalweg
#endif
