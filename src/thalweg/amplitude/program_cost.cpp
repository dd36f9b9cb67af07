#include "thalweg/amplitude/program_cost.h"

namespace thalweg {
namespace {

constexpr double kProduct = 8;  // complex multiply-add
constexpr double kHalf = 4 * kProduct;

double halves(Half h) { return h == kBoth ? 2 : h == kNeither ? 0 : 1; }

double cost(const Term& t) {
  const double scale = t.coefficient.sign == Sign::complex ? 24 : t.coefficient.sign == Sign::real ? 8 : 0;
  switch (t.kind) {
    case TermKind::row_vector:
    case TermKind::column_vector: return kHalf * halves(t.half) + scale;
    case TermKind::row_scalar:
    case TermKind::column_scalar: return 2 * kProduct * halves(t.half) + scale;
    case TermKind::pair_vector: return (kHalf + 16) * halves(t.half) + scale;
    case TermKind::pair_scalar: return 2 * kProduct * halves(t.half) + scale;
    case TermKind::vvv:
      return 12 * kProduct + 2 * 24 + 24 + 24 + scale;  // A.B and two products, k.A, k.B, k (A.B), sums of k
    case TermKind::vvvv: return 24 * kProduct + 4 + scale;
    case TermKind::vv: return 4 * kProduct + 2 + scale;
    case TermKind::vs: return 4 * kProduct + scale;
    case TermKind::vvs: return 5 * kProduct + 2 + scale;
    case TermKind::vss: return 5 * kProduct + scale;
    default: return 2 * kProduct + scale;
  }
}

double propagate(const Op& op, const Propagator& p) {
  const bool massive = p.mass != 0.0, real = p.mass2.imag() == 0;
  switch (op.shape) {
    case Shape::row:
    case Shape::column:
      return halves(op.halves) * (24 + (massive ? 8 : 0)) + (massive ? 2 : halves(op.halves)) * (real ? 4 : 16);
    case Shape::vector: return (real ? 8 : 32) + (massive && !op.transverse ? 48 : 0);
    default: return real ? 2 : 8;
  }
}

}  // namespace

double cost(const AmplitudeProgram& program) {
  double flops = 22.0 * static_cast<double>(program.legs) + 12.0 * static_cast<double>(program.propagators.size());
  for (const Term& t : program.terms) flops += cost(t);
  for (const Op& op : program.ops) {
    if (op.kind == OpKind::external) flops += 12;
    if (op.kind == OpKind::propagate)
      flops += propagate(op, program.propagators[static_cast<std::size_t>(op.propagator)]);
    if (op.kind == OpKind::close)
      for (std::size_t o = 0; o < op.outputs; ++o)
        flops += op.shape == Shape::vector   ? 4 * kProduct
                 : op.shape == Shape::scalar ? kProduct
                                             : 2 * kProduct * halves(program.outputs[op.first_output + o].half);
  }
  const double basis = static_cast<double>(program.basis), powers = static_cast<double>(program.powers.size());
  return flops + static_cast<double>(program.configurations.size()) *
                     (2 * basis * (basis + 1) + 4 * basis + (powers > 1 ? 4 * powers * basis : 0));
}

}  // namespace thalweg
