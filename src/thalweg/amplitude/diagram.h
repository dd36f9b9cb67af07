// Tree-level Feynman diagrams, enumerated from the vertex table of a model.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "thalweg/amplitude/process.h"

namespace thalweg {

// A piece of a diagram: a leg, or two pieces that meet at a vertex. `pdg` is the particle that leaves
// the rest of the diagram and ends in the legs of `mask` (bit l: leg l).
struct Tree {
  int pdg = 0;
  std::uint32_t mask = 0;
  int vertex = -1;  // index into the vertex list; -1: an external leg
  std::shared_ptr<const Tree> left, right;
  int qcd = 0, qed = 0;
};

// A whole diagram: `left`, `right` and the last leg meet at `vertex`.
struct Diagram {
  int vertex = -1;
  std::shared_ptr<const Tree> left, right;
  int fermion_sign = 1;  // parity of the permutation of external fermions that its fermion lines make
  int qcd = 0, qed = 0;

  // Internal lines: the particle and the legs on its far side.
  struct Propagator {
    int pdg;
    std::uint32_t mask;
  };
  std::vector<Propagator> propagators() const;
};

// All diagrams of a sub-process without the excluded propagators and within the orders given.
std::vector<Diagram> enumerate_diagrams(const SubProcess& process, const Model& model,
                                        const std::vector<Vertex>& vertices, const ProcessDefinition& definition);

// A sub-process that has diagrams, with them.
struct DiagramSet {
  SubProcess process;
  std::vector<Diagram> diagrams;
};

// All sub-processes of a definition that have diagrams. With no order named, only the diagrams with
// the smallest QCD + 2 QED of the whole process are kept (MadGraph's rule). RequestError if none is left.
std::vector<DiagramSet> diagrams_of(const ProcessDefinition& definition, const Model& model,
                                    const std::vector<Vertex>& vertices);

// "[1 2] z [3 4]"-like description of the internal lines, equal for diagrams with equal propagators.
std::string describe(const Diagram& diagram, const SubProcess& process, const Model& model);

}  // namespace thalweg
