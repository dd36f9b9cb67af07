// The currents of a graph with helicities: one component for each helicity of the legs that a current holds.
#pragma once

#include "thalweg/amplitude/program.h"

namespace thalweg {

// A node with one helicity for each of its legs. Terms name other components.
struct Component {
  int node;
  std::uint32_t code;          // helicities as digits
  Half halves = kNeither;      // of the finished spinor
  Half sum_halves = kNeither;  // before the propagator
  std::int8_t helicity = 0;    // external
  std::vector<Term> terms;
  std::vector<Output> outputs;  // of amputated ones; `root` names a component
  bool needed = false;          // by the configurations that are computed
};

struct HelicityExpansion {
  std::vector<Component> components;
  std::vector<std::size_t> first;  // components of node n: first[n] to first[n + 1]
  std::vector<Complex> coefficients;
  std::vector<std::uint32_t> momentum_masks;  // the legs first
  std::vector<int> powers;                    // of g_s, rising
  std::vector<int> states;                    // of each leg
  std::vector<std::uint32_t> weight;          // of the digit of each leg in a code
  std::size_t configurations = 1;

  // Helicity -1, 1, 0 of a leg; 0 of a scalar.
  std::int8_t helicity(std::size_t leg, std::uint32_t code) const;
  std::vector<std::int8_t> helicities(std::uint32_t code) const;
};

// Helicity states of a particle: 1, 2 or 3.
int helicity_states(int pdg, const Model& model, const Parameters& parameters);
// Of them, those that a beam of the particle is made of: one for neutrinos, which are left-handed alone.
int beam_states(int pdg, int states, const Model& model);

// Outputs of amputated components name amplitudes of one configuration: power * size of the basis + basis vector.
// RequestError when there are more terms than memory is meant for.
HelicityExpansion expand_helicities(const CurrentGraph& graph, const Model& model, const Parameters& parameters);

}  // namespace thalweg
