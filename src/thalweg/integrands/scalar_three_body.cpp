#include "thalweg/integrands/scalar_three_body.h"

#include <array>
#include <bit>

#include "thalweg/base/random.h"

namespace thalweg {

double ScalarThreeBody::squared_amplitude(const ThreeBodyDecay::Point& s) {
  constexpr double m2 = kResonance * kResonance, width2 = m2 * kWidth * kWidth;
  const double off = s.s23 - m2;
  return width2 / (off * off + width2) * kMass * kMass / (s.s12 + kCutoff * kCutoff);
}

void ScalarThreeBody::evaluate(std::size_t, const Batch& points, const Evaluation& out, Arena&) const {
  for (std::size_t e = 0; e < points.size; ++e) {
    const double y[2] = {points.row(0)[e], points.row(1)[e]};
    const ThreeBodyDecay::Point p = decay_.point(y);
    out.weight[e] = p.jacobian > 0 ? squared_amplitude(p) * p.jacobian / (2 * kMass) : 0;
    set_alpha(out, 0, e, std::array{1.0});
    if (out.weight[e] == 0 || !out.records.dim) continue;
    RandomStream random({std::bit_cast<std::uint64_t>(out.pick[e]), Phase::orientation, 0, 0});
    const double u = random.next(), v = random.next(), w = random.next();
    std::array<FourMomentum, 3> k;
    decay_.momenta(y, k);
    turn(k, u, v, w);
    for (std::size_t l = 0; l < 3; ++l)
      for (std::size_t i = 0; i < 4; ++i) out.records.row(4 * l + i)[e] = k[l][i];
  }
}

}  // namespace thalweg
