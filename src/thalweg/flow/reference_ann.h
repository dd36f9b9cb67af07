// The fully connected map in plain scalar doubles, one event at a time: checks the kernel.
#pragma once

#include <span>
#include <vector>

#include "thalweg/flow/ann_kernel.h"

namespace thalweg {

struct AnnPoint {
  std::vector<double> y;
  double log_jacobian, sign;  // of det dy/dx
};
// Parameters as laid out by `layout`.
AnnPoint reference_ann(const AnnLayout& layout, std::span<const double> parameters, const std::vector<double>& x);

double reference_soft_clip(double p, double z);
double reference_soft_clip_inverse(double p, double y);

}  // namespace thalweg
