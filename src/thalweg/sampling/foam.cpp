#include "thalweg/sampling/foam.h"

#include <algorithm>
#include <cfloat>
#include <cmath>

#include "thalweg/base/json_reader.h"

namespace thalweg {

Foam::Foam(std::size_t dim) : dim_(dim), parents_{-1}, boxes_{std::vector<double>(2 * dim)} {
  std::fill_n(boxes_[0].begin() + static_cast<std::ptrdiff_t>(dim), dim, 1.0);
  set_probabilities(std::vector<double>{1.0});
}

double Foam::volume(std::size_t cell) const {
  double v = 1;
  for (std::size_t d = 0; d < dim_; ++d) v *= high(cell)[d] - low(cell)[d];
  return v;
}

std::size_t Foam::find_by(double Node::*at, const Batch& points, std::size_t e) const {
  std::int64_t next = nodes_.empty() ? -1 : 0;
  while (next >= 0) {
    const Node& node = nodes_[static_cast<std::size_t>(next)];
    next = points.row(node.d)[e] < node.*at ? node.below : node.above;
  }
  return static_cast<std::size_t>(-1 - next);
}

std::size_t Foam::find(const Batch& sample, std::size_t e) const { return find_by(&Node::at, sample, e); }

void Foam::split(std::size_t cell, std::size_t d, double at) {
  const auto self = -1 - static_cast<std::int64_t>(cell), other = -1 - static_cast<std::int64_t>(cells());
  const auto index = static_cast<std::int64_t>(nodes_.size());
  if (parents_[cell] >= 0) {
    Node& parent = nodes_[static_cast<std::size_t>(parents_[cell])];
    (parent.below == self ? parent.below : parent.above) = index;
  }
  nodes_.push_back({cell, d, at, at, self, other});
  parents_[cell] = index;
  parents_.push_back(index);
  boxes_.push_back(boxes_[cell]);
  boxes_[cell][dim_ + d] = boxes_.back()[d] = at;
}

void Foam::set_probabilities(std::span<const double> probability) {
  probability_.assign(probability.begin(), probability.end());
  std::vector<double> sums(nodes_.size());
  auto sum = [&](std::int64_t child) {
    return child < 0 ? probability_[static_cast<std::size_t>(-1 - child)] : sums[static_cast<std::size_t>(child)];
  };
  for (std::size_t n = nodes_.size(); n-- > 0;) sums[n] = sum(nodes_[n].below) + sum(nodes_[n].above);

  // Boxes in the space of the uniform numbers, from the root downwards.
  std::vector<double> unit(2 * dim_, 0.0);
  std::fill(unit.begin() + static_cast<std::ptrdiff_t>(dim_), unit.end(), 1.0);
  std::vector<std::vector<double>> of_node(nodes_.size(), unit), of_cell(cells(), unit);
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    Node& node = nodes_[n];
    const std::vector<double> box = of_node[n];
    auto give = [&](std::int64_t child) -> std::vector<double>& {
      auto& to = child < 0 ? of_cell[static_cast<std::size_t>(-1 - child)] : of_node[static_cast<std::size_t>(child)];
      return to = box;
    };
    const double from = box[node.d], to = box[dim_ + node.d];
    node.at_u = from + (to - from) * (sum(node.below) / sums[n]);
    give(node.below)[dim_ + node.d] = node.at_u;
    give(node.above)[node.d] = node.at_u;
  }
  affine_.assign(cells() * 3 * dim_, 0.0);
  log_jacobian_.assign(cells(), 0.0);
  for (std::size_t c = 0; c < cells(); ++c) {
    double jacobian = 1;
    for (std::size_t d = 0; d < dim_; ++d) {
      const double low_u = of_cell[c][d], ratio = (high(c)[d] - low(c)[d]) / (of_cell[c][dim_ + d] - low_u);
      affine_[(3 * c) * dim_ + d] = low(c)[d];
      affine_[(3 * c + 1) * dim_ + d] = low_u;
      affine_[(3 * c + 2) * dim_ + d] = ratio;
      jacobian *= ratio;
    }
    log_jacobian_[c] = std::log(jacobian);
  }
}

void Foam::forward(const Batch& in, const Batch& out, std::span<double> log_jacobian) const {
  for (std::size_t e = 0; e < in.size; ++e) {
    const std::size_t c = find_by(&Node::at_u, in, e);
    const double* a = affine_.data() + 3 * c * dim_;
    for (std::size_t d = 0; d < dim_; ++d)
      out.row(d)[e] = std::min(a[d] + (in.row(d)[e] - a[dim_ + d]) * a[2 * dim_ + d], boxes_[c][dim_ + d]);
    log_jacobian[e] = log_jacobian_[c];
  }
}

void Foam::inverse(const Batch& in, const Batch& out, std::span<double> log_jacobian) const {
  for (std::size_t e = 0; e < in.size; ++e) {
    const std::size_t c = find_by(&Node::at, in, e);
    const double* a = affine_.data() + 3 * c * dim_;
    for (std::size_t d = 0; d < dim_; ++d)
      out.row(d)[e] = std::min(a[dim_ + d] + (in.row(d)[e] - a[d]) / a[2 * dim_ + d], 1.0);
    log_jacobian[e] = -log_jacobian_[c];
  }
}

bool fit(const std::vector<Foam>& cells, std::size_t maps, std::size_t dim) {
  return cells.empty() || (cells.size() == maps &&
                           std::all_of(cells.begin(), cells.end(), [&](const Foam& f) { return f.dim() == dim; }));
}

void CellularMap::forward(const Batch& in, const Batch& out, std::span<double> log_jacobian) const {
  if (!cells_) return map_->forward(in, out, log_jacobian);
  std::vector<double> of_cells(in.size);
  cells_->forward(in, out, of_cells);
  map_->forward(out, out, log_jacobian);
  for (std::size_t e = 0; e < in.size; ++e) log_jacobian[e] += of_cells[e];
}

void CellularMap::inverse(const Batch& in, const Batch& out, std::span<double> log_jacobian) const {
  map_->inverse(in, out, log_jacobian);
  if (!cells_) return;
  std::vector<double> of_cells(in.size);
  cells_->inverse(out, out, of_cells);
  for (std::size_t e = 0; e < in.size; ++e) log_jacobian[e] += of_cells[e];
}

nlohmann::json Foam::to_json() const {
  nlohmann::json splits = nlohmann::json::array();
  for (const Node& node : nodes_) splits.push_back({node.cell, node.d, node.at});
  return {{"dim", dim_}, {"splits", splits}, {"probability", probability_}};
}

Foam Foam::from_json(const JsonReader& json) {
  Foam foam(json.at("dim").whole(1, 64));
  const JsonReader splits = json.at("splits"), probability = json.at("probability");
  probability.size(splits.size() + 1, splits.size() + 1);
  for (std::size_t i = 0; i < splits.size(); ++i) {
    const JsonReader split = splits.at(i);
    split.size(3, 3);
    const std::size_t cell = split.at(0).whole(0, foam.cells() - 1), d = split.at(1).whole(0, foam.dim_ - 1);
    const double at = split.at(2).number();
    if (!(foam.low(cell)[d] < at && at < foam.high(cell)[d])) split.fail("a cell that is cut outside of itself");
    foam.split(cell, d, at);
  }
  foam.set_probabilities(probability.numbers(foam.cells(), DBL_MIN));
  // Densities of cells that are too narrow, or too unlikely, for a double.
  for (const double value : foam.affine_)
    if (!std::isfinite(value)) json.fail("a cell without width");
  for (std::size_t c = 0; c < foam.cells(); ++c)
    if (!std::isfinite(foam.log_jacobian_[c])) json.fail("a cell without volume");
  return foam;
}

}  // namespace thalweg
