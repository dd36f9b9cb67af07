// Equal currents are one node of the graph.
#pragma once

#include <map>
#include <tuple>

#include "thalweg/amplitude/current_graph.h"

namespace thalweg {

// Brings a sum into one form: symmetric operands in rising order, equal terms added up, sorted, the first
// coefficient 1. Returns what was divided out; the list is empty when everything cancels.
Complex normalise(std::vector<GraphTerm>& terms);

class NodeTable {
 public:
  // Index of the node with this propagator and these (normalised) terms; it is appended when there is none.
  int find_or_add(const GraphNode& node, std::vector<GraphNode>& nodes);

 private:
  using Operands = std::tuple<int, int, int, int>;
  using Numbers = std::tuple<double, double, double, double>;
  std::map<std::pair<std::vector<Operands>, std::vector<Numbers>>, int> known_;
};

}  // namespace thalweg
