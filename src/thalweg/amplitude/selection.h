// Which diagrams of a process are meant, and which currents take part in them.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "thalweg/amplitude/process.h"
#include "thalweg/amplitude/vertex_table.h"

namespace thalweg {

// Every tree of n legs has QCD + QED = n - 2.
struct DiagramSelection {
  std::vector<int> excluded;  // PDG codes that no propagator may have
  int max_qcd = 99, max_qed = 99;
  bool allows(int qcd, int qed) const { return qcd <= max_qcd && qed <= max_qed; }
  bool excludes(int pdg) const;
};

struct SelectedProcess {
  SubProcess process;
  DiagramSelection selection;
};

// All sub-processes of a definition that have diagrams. With no order named, only those with the smallest
// QCD + 2 QED of the whole process are kept (MadGraph's rule). RequestError if none is left.
std::vector<SelectedProcess> select_processes(const ProcessDefinition& definition, const Model& model,
                                              const std::vector<Vertex>& vertices);

// The same for a process string that stands for one sub-process; RequestError with an example when it is several.
SelectedProcess select_process(const ProcessDefinition& definition, const Model& model,
                               const std::vector<Vertex>& vertices);

// What a line that ends in a set of legs may be: a particle (leaving the rest of the diagram) and a power of g_s.
struct CurrentKind {
  int pdg, qcd;
  auto operator<=>(const CurrentKind&) const = default;
};
using CurrentKinds = std::map<std::uint32_t, std::set<CurrentKind>>;

// By set of legs (bit l: leg l), the kinds that occur in diagrams of the selection; all legs but `root` together stand
// for what meets the root. Empty sets where there is no diagram.
CurrentKinds current_kinds(const SelectedProcess& selected, std::size_t root, const Model& model,
                           const std::vector<Vertex>& vertices, const VertexTable& table);

}  // namespace thalweg
