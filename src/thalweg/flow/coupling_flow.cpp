#include "thalweg/flow/coupling_flow.h"

#include "thalweg/base/random.h"

namespace thalweg {

CouplingFlow::CouplingFlow(const FlowConfig& config, std::uint64_t seed)
    : layout_(config), parameters_(layout_.sizes.parameters()) {
  RandomStream random({seed, Phase::initialisation, 0, 0});
  for (const CouplingBlock& block : layout_.blocks)
    draw_hidden_layers(block.layers, layout_.sizes, random, parameters_);
}

void CouplingFlow::forward(const Batch& in, const Batch& out, std::span<double> log_jacobian) const {
  sample(0, in, out, log_jacobian);
}
void CouplingFlow::inverse(const Batch& in, const Batch& out, std::span<double> log_jacobian) const {
  density(0, in, out, log_jacobian);
}

void CouplingFlow::sample_tile(std::size_t condition, double* x, double* log_density, MapTape& tape) const {
  flow_tile(Direction::sample, layout_, parameters_.data(), condition, x, log_density, static_cast<FlowTape&>(tape));
}
void CouplingFlow::density_tile(std::size_t condition, double* x, double* log_density, MapTape& tape) const {
  flow_tile(Direction::density, layout_, parameters_.data(), condition, x, log_density, static_cast<FlowTape&>(tape));
}
void CouplingFlow::backward_tile(const double* factor, MapTape& tape, float* gradient) const {
  flow_tile_backward(layout_, parameters_.data(), factor, static_cast<FlowTape&>(tape), gradient);
}

}  // namespace thalweg
