// Where in phase space the cross section of a process diverges if no cut forbids it, by counting powers.
//
// Momenta go into a region as lambda -> 0. There |M|^2 dPhi ~ lambda^degree dlambda / lambda: the integral is finite
// where the degree is above zero. Volume of phase space, beside a hard rest that takes the recoil:
//
//   collinear  final particles C run along each other, p_T ~ lambda             lambda^(2 |C| - 2)
//   beam       final particles C run along a massless beam                      lambda^(2 |C|)
//   soft       final particles S have energies ~ lambda                         lambda^(2 |S|)
//   forward    two beams with masses go on, each as a particle of its own mass  lambda^2
//
// (all particles of C and S massless: a mass ends each of them). The amplitude of a diagram:
//
//   collinear, beam   By dimension, since a splitting knows no scale but lambda: each vertex among the particles gives
//                     lambda, each massless line lambda^-2 with the numerator of a fermion or, by gauge invariance, of
//                     a vector counted at the vertex, a line with a mass 1. So each line whose far side lies in C (with
//                     the beam) gives -1 or +1, and there are at most |C| - 1 (|C|) of them, the whole C being one. The
//                     degree is 0, a logarithm, where all these lines are there and massless; a line with a mass among
//                     them makes it 4 or more, a missing one 2 or more.
//   soft              An external leg e that emits a massless boson, or massless particles by way of a massless boson,
//                     and stays what it is, has a line with (p_e + k)^2 - m_e^2 = 2 p_e.k + k^2 ~ lambda, with a vertex
//                     of order 1. All that follows the boson is massless: lambda^-|S| in all, degree 0. A line with a
//                     mass inside, a soft fermion (lambda^1/2 by its wave function) or a boson that leaves no external
//                     leg makes it 1 or more. A width of the line of e does not count: e is external, on its mass
//                     shell, and so is the line as lambda -> 0. The width only hides the pole.
//   forward           1 / t with t ~ lambda^2 and a numerator of order 1 (charges do not change): degree -2, and
//                     at most 0 for a fermion.
//
// Interference of two diagrams has the mean of their degrees, so the worst diagram decides; products of regions have
// the sum. Degrees are above zero beside those listed: the regions below are all that have to be kept out by cuts. Two
// more poles are no matter of powers and are found from the limits of the invariants:
//
//   resonance   a time-like line of mass M > 0 and no width, with M inside of the range of its mass, or at a threshold
//               of massive particles: 1 / (s - M^2)^2 does not integrate
//   decay       a beam that may decay into particles of one side and a line without width between the beams
//   energy      the partons of hadrons with s_hat -> 0: sigma ~ 1 / s_hat, unless each diagram has a line with a mass,
//               which makes it ~ s_hat
//
// A test scales momenta of all subsets into the amplitudes of many processes and finds these degrees.
#pragma once

#include <cstdint>
#include <vector>

#include "thalweg/amplitude/diagram.h"
#include "thalweg/kinematics/cut_bounds.h"
#include "thalweg/phasespace/beams.h"

namespace thalweg {

struct SingularRegion {
  enum class Kind { collinear, beam_a, beam_b, soft, forward, resonance, decay, energy };
  Kind kind;
  std::uint32_t set;    // of final particles, bit i: particle i; forward, decay: those on the side of beam a
  std::size_t diagram;  // one that diverges there,
  int pdg;              // and its line
  auto operator<=>(const SingularRegion&) const = default;
};

// The regions of all diagrams, each kind and set once. Cuts count only for `resonance` and `decay`, by the limits that
// `bounds` knows.
std::vector<SingularRegion> singular_regions(const DiagramSet& process, const Model& model,
                                             const Parameters& parameters, const Beams& beams, const CutBounds& bounds);

}  // namespace thalweg
