// Which lines can meet: the vertices of a model by the lines that enter from two or three sides.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "thalweg/model/model.h"

namespace thalweg {

struct Meeting {
  int vertex;  // index into the list of vertices
  int line;    // index in Vertex::lines of the line that is left
  int pdg;     // and its code, leaving the vertex
};

class VertexTable {
 public:
  explicit VertexTable(const std::vector<Vertex>& vertices);
  // Vertices at which lines with these codes, leaving the vertex, meet one more line. Any order.
  const std::vector<Meeting>& find(int a, int b) const { return look_up({a, b}); }
  const std::vector<Meeting>& find(int a, int b, int c) const { return look_up({a, b, c}); }
  bool has_quartic() const { return has_quartic_; }

 private:
  const std::vector<Meeting>& look_up(std::vector<int> lines) const;
  std::map<std::vector<int>, std::vector<Meeting>> table_;
  std::vector<Meeting> none_;
  bool has_quartic_ = false;
};

// Calls f(left, right) for every way to split a set of legs in two; the lowest leg is in `left`.
template <class F>
void for_each_pair(std::uint32_t mask, F&& f) {
  const std::uint32_t lowest = mask & -mask;
  for (std::uint32_t left = (mask - 1) & mask; left > 0; left = (left - 1) & mask)
    if (left & lowest) f(left, mask ^ left);
}

// The same in three: the lowest leg is in a, the lowest of the others in b.
template <class F>
void for_each_triple(std::uint32_t mask, F&& f) {
  for_each_pair(mask, [&](std::uint32_t a, std::uint32_t rest) {
    for_each_pair(rest, [&](std::uint32_t b, std::uint32_t c) { f(a, b, c); });
  });
}

}  // namespace thalweg
