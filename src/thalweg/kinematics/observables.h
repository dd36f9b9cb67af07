// Observables of final-state particles, by the names that cards use.
//
//   one object, the sum of the listed particles:
//     pt  eta  abs_eta  rapidity  abs_rapidity  phi  energy  mass  cos_theta
//   one particle:  mt_particle = sqrt(m^2 + p_T^2)
//   the sum of two or more:   mt_pair = sqrt(E^2 - p_z^2) = sqrt(m^2 + p_T^2) of the sum
//   two particles:   delta_r (in eta and phi)   delta_phi   delta_eta
//     transverse_mass: M_T^2 = m_a^2 + m_b^2 + 2 (E_Ta E_Tb - pT_a . pT_b) with E_T^2 = m^2 + p_T^2, which is
//     2 p_Ta p_Tb (1 - cos delta_phi) where both are massless; never above the mass of the pair
//   no arguments:   ht (sum of sqrt(m^2 + p_T^2) of all final particles)
//                   missing_pt (p_T of the sum of all neutrinos; a cut on it is one on pt of these legs)
//
// pt, energy, masses, ht in GeV; phi in (-pi, pi]; delta_phi in [0, pi].
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
  mt_particle,
  mt_pair,
  cos_theta,
  delta_r,
  delta_phi,
  delta_eta,
  transverse_mass,
  ht,
  missing_pt
};

// "mass(e+, e-)" -> {mass, {"e+", "e-"}}. RequestError on bad grammar, an unknown name or a wrong
// number of arguments. "ht" and "missing_pt" stand without brackets.
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
