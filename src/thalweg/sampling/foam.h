// A binary tree of boxes, the density constant in each: Foam (Jadach, physics/0203033) with boxes, as a Mapping.
//
// Put in front of a grid or flow it changes what these sample: u -> z by the cells, z -> x by the map. Where the
// weights of a map are large only in a corner of its cube, a cell around the corner is drawn more often, and the
// weights there fall by the same factor.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "thalweg/base/mapping.h"

namespace thalweg {

class JsonReader;

class Foam : public Mapping {
 public:
  explicit Foam(std::size_t dim);  // one cell: the identity

  std::size_t dim() const override { return dim_; }
  std::size_t cells() const { return boxes_.size(); }
  // Edges of a cell in sample space: dim() lower ones, dim() upper ones.
  std::span<const double> low(std::size_t cell) const { return {boxes_[cell].data(), dim_}; }
  std::span<const double> high(std::size_t cell) const { return {boxes_[cell].data() + dim_, dim_}; }
  double volume(std::size_t cell) const;
  // The cell of sample point e.
  std::size_t find(const Batch& sample, std::size_t e) const;

  // Cuts a cell across dimension d at `at`, inside of it. The part below keeps the number, the part above gets
  // cells() - 1. Densities are wrong until set_probabilities.
  void split(std::size_t cell, std::size_t d, double at);
  // One positive number a cell, up to a common factor.
  void set_probabilities(std::span<const double> probability);

  // Piecewise affine: forward and inverse are exact up to rounding.
  void forward(const Batch& in, const Batch& out, std::span<double> log_jacobian) const override;
  void inverse(const Batch& in, const Batch& out, std::span<double> log_jacobian) const override;

  nlohmann::json to_json() const;
  // RequestError for a tree that is none.
  static Foam from_json(const JsonReader& json);

 private:
  // Children: the index of a node, or -1 - cell.
  struct Node {
    std::size_t cell, d;  // that was cut
    double at, at_u;      // in sample space, in uniform numbers
    std::int64_t below, above;
  };
  std::size_t find_by(double Node::*at, const Batch& points, std::size_t e) const;

  std::size_t dim_;
  std::vector<Node> nodes_;                 // in the order of the cuts: a node before its children
  std::vector<std::int64_t> parents_;       // of each cell: a node, or -1
  std::vector<std::vector<double>> boxes_;  // of each cell: lower and upper edges in sample space
  std::vector<double> probability_;
  std::vector<double> affine_;  // of each cell: lower edges in sample space, in uniform numbers, ratio of the widths
  std::vector<double> log_jacobian_;
};

// Whether there are none, or one Foam of dimension `dim` for each map.
bool fit(const std::vector<Foam>& cells, std::size_t maps, std::size_t dim);

// Cells in front of a map of the same dimension; both must live as long. No cells: the map alone.
class CellularMap : public Mapping {
 public:
  CellularMap(const Foam* cells, const Mapping& map) : cells_(cells), map_(&map) {}
  std::size_t dim() const override { return map_->dim(); }
  void forward(const Batch& in, const Batch& out, std::span<double> log_jacobian) const override;
  bool has_inverse() const override { return map_->has_inverse(); }
  void inverse(const Batch& in, const Batch& out, std::span<double> log_jacobian) const override;

 private:
  const Foam* cells_;
  const Mapping* map_;
};

}  // namespace thalweg
