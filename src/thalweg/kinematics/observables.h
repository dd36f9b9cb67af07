// Observables of final-state particles, by the names that cards use.
//
//   one object, the sum of the listed particles:
//     pt  eta  abs_eta  rapidity  abs_rapidity  phi  energy  mass  mt  cos_theta
//   two objects:   delta_r (in eta and phi)   delta_phi   delta_eta
//   all final particles:   ht (sum of sqrt(m^2 + p_T^2))
//
// pt, energy, mass, mt, ht in GeV; mt^2 = E^2 - p_z^2; phi in (-pi, pi]; delta_phi in [0, pi].
// eta of a particle along the beam is +-infinity, so that a cut removes it. The mass of a light-like
// momentum that rounds to m^2 < 0 is 0.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thalweg/kinematics/momenta.h"

namespace thalweg {

enum class Observable {
  pt,
  eta,
  abs_eta,
  rapidity,
  abs_rapidity,
  phi,
  energy,
  mass,
  mt,
  cos_theta,
  delta_r,
  delta_phi,
  delta_eta,
  ht
};

// "mass(e+, e-)" -> {mass, {"e+", "e-"}}. RequestError on bad grammar, an unknown name or a wrong
// number of arguments. "ht" stands without brackets.
struct ObservableCall {
  Observable observable;
  std::vector<std::string> arguments;
};
ObservableCall parse_observable(std::string_view text);

// Whether the unit of the observable is GeV (else it is a pure number).
bool has_energy_unit(Observable observable);

// The observable of the particles `legs` (indices into `momenta`), one double an event.
void evaluate(Observable observable, const Momenta& momenta, std::span<const int> legs, std::span<double> out);

}  // namespace thalweg
