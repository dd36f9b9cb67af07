// Runs an amplitude program over a batch of events, SIMD lanes across events.
#pragma once

#include <span>

#include "thalweg/amplitude/program.h"
#include "thalweg/kinematics/momenta.h"

namespace thalweg {

// |M|^2 summed over final and averaged over initial spins and colours, with the identical-particle
// factor, in GeV^(2(4-n)) for n legs.
//
//   momenta   incoming first, physical energies, GeV, any frame; on shell and balanced
//   order     order[l] is the leg of `momenta` that leg l of the program uses
//   me2       one value an event
//   diagrams  rows of |M_d|^2 (same sums, one diagram alone), or an empty batch
//
// Same bits for any split of the batch. Thread safe.
void evaluate(const AmplitudeProgram& program, const Momenta& momenta, std::span<const int> order,
              std::span<double> me2, const Batch& diagrams, Arena& arena);

}  // namespace thalweg
