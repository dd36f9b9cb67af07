#include "thalweg/amplitude/vertex_table.h"

#include <algorithm>

namespace thalweg {

VertexTable::VertexTable(const std::vector<Vertex>& vertices) {
  for (std::size_t v = 0; v < vertices.size(); ++v) {
    const std::size_t legs = vertices[v].legs();
    has_quartic_ |= legs == 4;
    for (std::size_t out = 0; out < legs; ++out) {
      std::vector<int> others;
      for (std::size_t l = 0; l < legs; ++l)
        if (l != out) others.push_back(vertices[v].lines[l]);
      std::sort(others.begin(), others.end());
      auto& list = table_[others];
      const Meeting meeting{static_cast<int>(v), static_cast<int>(out), vertices[v].lines[out]};
      const bool known = std::any_of(list.begin(), list.end(), [&](const Meeting& m) {
        return m.vertex == meeting.vertex && m.pdg == meeting.pdg;
      });
      if (!known) list.push_back(meeting);
    }
  }
}

const std::vector<Meeting>& VertexTable::look_up(std::vector<int> lines) const {
  std::sort(lines.begin(), lines.end());
  const auto found = table_.find(lines);
  return found == table_.end() ? none_ : found->second;
}

}  // namespace thalweg
