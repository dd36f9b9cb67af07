// Runs an amplitude program over a batch of events, SIMD lanes across events.
#pragma once

#include <span>

#include "thalweg/amplitude/program.h"
#include "thalweg/kinematics/momenta.h"

namespace thalweg {

// For each event one helicity configuration, with the probability of its part of |M|^2, and one colour flow, with the
// probability of its |amplitude|^2 at leading colour. `helicity_pick` and `flow_pick` in [0, 1) decide.
struct EventChoice {
  std::span<const double> helicity_pick, flow_pick;
  std::span<std::int32_t> configuration;  // index into the program's; -1 - index: its mirror image
  std::span<std::int32_t> flow;           // index into the program's
};

// mixed: currents and amplitudes in float, kinematics, wave functions and the colour sum in double. Events that would
// lose too many digits are computed in double:
//
// * E^2 / |k^2 - m^2| of some propagator above kWorstPropagator, or kWorstWeakPropagator where W and Z couple to each
//   other; E is the sum of the energies of the legs behind it. Rounding of a current grows about as the root of it.
// * The product of E / M over external W and Z above kWorstLongitudinal, where there are two of them or they couple to
//   each other: then large terms cancel by gauge invariance.
//
// What is left agrees with double to 1e-4, and to 2e-6 in the median: measured on 20 000 random points each of twenty
// processes from twice to 600 times their threshold (docs/results.md).
enum class Precision { full, mixed };
// "double" or "mixed"; RequestError.
Precision precision_of(const std::string& name);
std::string to_string(Precision precision);

inline constexpr double kWorstPropagator = 1e4, kWorstWeakPropagator = 30, kWorstLongitudinal = 10;

struct AmplitudeInput {
  const Momenta& momenta;           // incoming first, physical energies, GeV, any frame; on shell and balanced
  std::span<const int> order;       // order[l] is the leg of `momenta` that leg l of the program uses
  std::span<const double> alpha_s;  // one for all events, or one an event
  Precision precision = Precision::full;
};

struct AmplitudeOutput {
  std::span<double> me2;                // one value an event
  Batch helicities{};                   // rows: the part of each configuration (both mirror images where the program
                                        // says parity), or an empty batch
  const EventChoice* choice = nullptr;  // made for every event, or nothing
};

// |M|^2 summed over final and averaged over initial spins (one of a neutrino) and colours, with the identical-particle
// factor, in
// GeV^(2(4-n)) for n legs; not finite where a propagator is on its pole without a width. Returns the number of events
// that mixed precision was left for.
//
// Same bits for any split of the batch. Thread safe.
std::size_t evaluate(const AmplitudeProgram& program, const AmplitudeInput& in, const AmplitudeOutput& out,
                     Arena& arena);

// |M_d|^2 of single diagrams, a row of `out` each; sums and averages as above, always in double. Depends on the gauge,
// here that of polarisation vectors without a time component.
void evaluate(const SingleDiagrams& diagrams, const AmplitudeInput& in, const Batch& out, Arena& arena);

}  // namespace thalweg
