// The flow in plain scalar doubles, one event at a time: checks the kernel.
#pragma once

#include <span>
#include <vector>

#include "thalweg/flow/flow_layout.h"

namespace thalweg {

// Data x -> latent; returns log |d latent / d data|. Parameters as laid out by `layout`.
double reference_density(const FlowLayout& layout, std::span<const double> parameters, std::size_t condition,
                         std::vector<double>& x);

}  // namespace thalweg
