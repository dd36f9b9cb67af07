#include "thalweg/kinematics/momenta.h"

#include <cmath>

namespace thalweg {

double two_body_momentum(double mass, double m1, double m2) {
  const double product = (mass - m1 - m2) * (mass + m1 + m2) * (mass - m1 + m2) * (mass + m1 - m2);
  return mass > m1 + m2 ? std::sqrt(product) / (2 * mass) : 0.0;
}

}  // namespace thalweg
