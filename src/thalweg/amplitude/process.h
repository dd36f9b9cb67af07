// Process strings in MadGraph's manner, and the sub-processes they stand for.
//
//   "p p > e+ e-"            multiparticles p, j (gluon and `flavours` quarks), l+, l-, vl, vl~
//   "p p > e+ e- / a zp"     propagators excluded
//   "u u~ > e+ e- QED=2"     upper limits on coupling orders, also QED<=2; 99 means none; WEIGHTED is QCD + 2 QED
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "thalweg/model/model.h"

namespace thalweg {

// What the string says, multiparticles as lists of PDG codes in the order of their definition.
struct ProcessDefinition {
  std::string text;
  std::vector<std::string> labels;        // one word a leg, incoming first
  std::vector<std::vector<int>> choices;  // PDG codes a leg may have
  std::size_t incoming = 0;               // 1 (a decay) or 2
  std::vector<int> excluded;              // propagators, both particle and antiparticle
  std::optional<int> max_qcd, max_qed, max_weighted;
  bool names_orders() const { return max_qcd || max_qed || max_weighted; }
  bool decay() const { return incoming == 1; }
};

// One assignment of particles to legs.
struct SubProcess {
  std::vector<int> pdg;  // incoming first
  std::size_t incoming = 0;

  std::size_t legs() const { return pdg.size(); }
  // PDG code of leg l when every particle is counted as leaving the diagram.
  int outgoing_pdg(std::size_t l, const Model& model) const { return l < incoming ? model.anti(pdg[l]) : pdg[l]; }
};

using Multiparticles = std::map<std::string, std::vector<int>>;

// p, j, l+, l-, vl, vl~ with the gluon and the first `flavours` quarks (1 to 5).
Multiparticles default_multiparticles(int flavours);

// RequestError (unknown particle, no '>', too few or too many legs, syntax that is not known).
ProcessDefinition parse_process(std::string_view text, const Model& model, const Multiparticles& multiparticles);

// All assignments that conserve charge, with final states that differ by a permutation counted once.
std::vector<SubProcess> expand(const ProcessDefinition& definition, const Model& model);

std::string to_string(const SubProcess& process, const Model& model);

}  // namespace thalweg
