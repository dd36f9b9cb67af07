// Tree-level Feynman diagrams, enumerated from the vertex table of a model.
#pragma once

#include <memory>
#include <string>

#include "thalweg/amplitude/selection.h"

namespace thalweg {

// A piece of a diagram: a leg, or two or three pieces that meet at a vertex. `pdg` is the particle that leaves
// the rest of the diagram and ends in the legs of `mask` (bit l: leg l).
struct Tree {
  int pdg = 0;
  std::uint32_t mask = 0;
  Meeting meeting{-1, -1, 0};  // which line of which vertex goes to the rest of the diagram; vertex -1: a leg
  std::vector<std::shared_ptr<const Tree>> parts;
  int qcd = 0;

  bool is_leg() const { return parts.empty(); }
};
using TreePtr = std::shared_ptr<const Tree>;

// A whole diagram: the tree of all legs but the last one, its root line being the last leg.
struct Diagram {
  TreePtr body;
  int qcd = 0, qed = 0;

  // Internal lines: the particle and the legs on its far side.
  struct Propagator {
    int pdg;
    std::uint32_t mask;
  };
  std::vector<Propagator> propagators() const;
  bool has_four_point_vertex() const;
};

// A sub-process with its diagrams.
struct DiagramSet : SelectedProcess {
  std::vector<Diagram> diagrams;
};

// RequestError above 200000 diagrams.
std::vector<Diagram> enumerate_diagrams(const SelectedProcess& selected, const Model& model,
                                        const std::vector<Vertex>& vertices);

// All sub-processes of a definition with all their diagrams.
std::vector<DiagramSet> diagrams_of(const ProcessDefinition& definition, const Model& model,
                                    const std::vector<Vertex>& vertices);

// "z(1,2)  e-(1,2,3)": the internal lines with the legs at their far side.
std::string describe(const Diagram& diagram, const SubProcess& process, const Model& model);

}  // namespace thalweg
