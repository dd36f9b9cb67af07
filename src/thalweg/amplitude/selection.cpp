#include "thalweg/amplitude/selection.h"

#include <algorithm>
#include <bit>

#include "thalweg/base/errors.h"

namespace thalweg {

bool DiagramSelection::excludes(int pdg) const {
  return std::find(excluded.begin(), excluded.end(), pdg) != excluded.end();
}

CurrentKinds current_kinds(const SelectedProcess& selected, std::size_t root, const Model& model,
                           const std::vector<Vertex>& vertices, const VertexTable& table) {
  const SubProcess& process = selected.process;
  const DiagramSelection& selection = selected.selection;
  const std::uint32_t body = ((1u << process.legs()) - 1) ^ (1u << root);
  const int root_pdg = process.outgoing_pdg(root, model);
  CurrentKinds all, useful;
  for (std::size_t l = 0; l < process.legs(); ++l)
    if (l != root) all[1u << l].insert({process.outgoing_pdg(l, model), 0});
  // visit(kind, parts...) for all ways to make a current of `mask` of smaller ones
  auto step = [&](std::uint32_t mask, auto&& visit) {
    auto meet = [&](const std::vector<Meeting>& meetings, int qcd, auto&&... parts) {
      for (const Meeting& m : meetings) {
        if (mask == body ? m.pdg != root_pdg : selection.excludes(m.pdg)) continue;
        const CurrentKind kind{model.anti(m.pdg), qcd + vertices[static_cast<std::size_t>(m.vertex)].qcd};
        if (selection.allows(kind.qcd, std::popcount(mask) - 1 - kind.qcd)) visit(kind, parts...);
      }
    };
    for_each_pair(mask, [&](std::uint32_t l, std::uint32_t r) {
      for (const CurrentKind& a : all[l])
        for (const CurrentKind& b : all[r])
          meet(table.find(a.pdg, b.pdg), a.qcd + b.qcd, std::pair{l, a}, std::pair{r, b});
    });
    for_each_triple(mask, [&](std::uint32_t x, std::uint32_t y, std::uint32_t z) {
      for (const CurrentKind& a : all[x])
        for (const CurrentKind& b : all[y])
          for (const CurrentKind& c : all[z])
            meet(table.find(a.pdg, b.pdg, c.pdg), a.qcd + b.qcd + c.qcd, std::pair{x, a}, std::pair{y, b},
                 std::pair{z, c});
    });
  };
  auto is_set = [&](std::uint32_t mask) { return (mask & ~body) == 0 && std::popcount(mask) > 1; };
  for (std::uint32_t mask = 1; mask <= body; ++mask)
    if (is_set(mask)) step(mask, [&](const CurrentKind& kind, auto&&...) { all[mask].insert(kind); });
  useful[body] = all[body];
  for (std::uint32_t mask = body; mask > 0; --mask) {
    if (!is_set(mask) || useful[mask].empty()) continue;
    step(mask, [&](const CurrentKind& kind, auto&&... parts) {
      if (useful[mask].count(kind)) (useful[parts.first].insert(parts.second), ...);
    });
  }
  return useful;
}

std::vector<SelectedProcess> select_processes(const ProcessDefinition& definition, const Model& model,
                                              const std::vector<Vertex>& vertices) {
  const VertexTable table(vertices);
  DiagramSelection selection;
  selection.excluded = definition.excluded;
  selection.max_qcd = definition.max_qcd.value_or(99);
  selection.max_qed = definition.max_qed.value_or(99);
  // every tree has QCD + QED = legs - 2
  if (definition.max_weighted)
    selection.max_qed =
        std::min(selection.max_qed, *definition.max_weighted + 2 - static_cast<int>(definition.labels.size()));
  std::vector<SelectedProcess> result;
  std::vector<int> most_qcd;
  const auto candidates = expand(definition, model);
  for (const SubProcess& process : candidates) {
    const SelectedProcess selected{process, selection};
    const std::size_t root = process.legs() - 1;
    const auto kinds = current_kinds(selected, root, model, vertices, table);
    const auto found = kinds.find((1u << root) - 1);
    if (found == kinds.end() || found->second.empty()) continue;
    result.push_back(selected);
    most_qcd.push_back(found->second.rbegin()->qcd);
  }
  if (result.empty()) {
    if (candidates.empty()) request_error("process '{}' does not conserve electric charge", definition.text);
    const bool free = definition.excluded.empty() && !definition.names_orders();
    request_error("process '{}' has no tree-level diagram in model {}{}", definition.text, model.name(),
                  free ? "; if it exists, it needs a loop" : "; the exclusions and orders may be too strict");
  }
  if (definition.names_orders()) return result;
  const int most = *std::max_element(most_qcd.begin(), most_qcd.end());
  std::vector<SelectedProcess> kept;
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (most_qcd[i] < most) continue;
    result[i].selection.max_qed = static_cast<int>(result[i].process.legs()) - 2 - most;
    kept.push_back(result[i]);
  }
  return kept;
}

SelectedProcess select_process(const ProcessDefinition& definition, const Model& model,
                               const std::vector<Vertex>& vertices) {
  const auto all = select_processes(definition, model, vertices);
  if (all.size() != 1)
    request_error("process '{}' stands for {} sub-processes; name one, such as '{}'", definition.text, all.size(),
                  to_string(all[0].process, model));
  return all[0];
}

}  // namespace thalweg
