#include "thalweg/model/ckm.h"

#include <algorithm>
#include <cmath>

#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

using Complex = std::complex<double>;

}  // namespace

std::string mixing_name(std::size_t i, std::size_t j) { return {"uct"[i], "dsb"[j]}; }

MixingMatrix wolfenstein_matrix(double lambda, double a, double rho_bar, double eta_bar) {
  const double s12 = lambda, s23 = a * lambda * lambda, s23_2 = s23 * s23;
  auto refuse = [&](const char* reason) {
    request_error("ckm.lambda = {}, ckm.a = {}, ckm.rhobar = {}, ckm.etabar = {} are no mixing angles: {}", lambda, a,
                  rho_bar, eta_bar, reason);
  };
  if (!(std::abs(s12) < 1)) refuse("lambda must lie between -1 and 1");
  if (!(std::abs(s23) < 1)) refuse("A lambda^2 must lie between -1 and 1");
  const Complex apex(rho_bar, eta_bar);
  const Complex s13 = s23 * s12 * apex * std::sqrt(1 - s23_2) / (std::sqrt(1 - s12 * s12) * (1.0 - s23_2 * apex));
  if (!(std::abs(s13) < 1)) refuse("|V_ub| would be above 1");
  const double c12 = std::sqrt(1 - s12 * s12), c23 = std::sqrt(1 - s23_2), c13 = std::sqrt(1 - std::norm(s13));
  return {{{c12 * c13, s12 * c13, std::conj(s13)},
           {-s12 * c23 - c12 * s23 * s13, c12 * c23 - s12 * s23 * s13, s23 * c13},
           {s12 * s23 - c12 * c23 * s13, -c12 * s23 - s12 * c23 * s13, c23 * c13}}};
}

double non_unitarity(const MixingMatrix& v) {
  double worst = 0;
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) {
      Complex rows = i == j ? -1.0 : 0.0, columns = rows;
      for (std::size_t k = 0; k < 3; ++k) {
        rows += v[i][k] * std::conj(v[j][k]);
        columns += v[k][i] * std::conj(v[k][j]);
      }
      worst = std::max({worst, std::abs(rows), std::abs(columns)});
    }
  return worst;
}

}  // namespace thalweg
