// A synthetic grid with two sub-grids, and the text of its file.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <string>

namespace thalweg::test {

inline double toy_density(double x, double q, int flavour) {
  return (1 + 0.1 * flavour) * std::pow(x, -0.2 - 0.02 * std::log(q)) * std::pow(1 - x, 3 + 0.1 * std::log(q));
}

inline std::string toy_grid_text() {
  std::string text = "PdfType: central\nFormat: lhagrid1\n---\n";
  for (int sub = 0; sub < 2; ++sub) {
    const int nx = 30, nq = sub == 0 ? 5 : 8;
    auto x_of = [&](int i) { return i == nx - 1 ? 1.0 : std::pow(10.0, -6 + 6.0 * i / (nx - 1)); };
    auto q_of = [&](int i) { return sub == 0 ? 1.5 * std::pow(5.0 / 1.5, i / 4.0) : 5.0 * std::pow(200.0, i / 7.0); };
    for (int i = 0; i < nx; ++i) text += fmt::format("{:.12e} ", x_of(i));
    text += "\n";
    for (int i = 0; i < nq; ++i) text += fmt::format("{:.12e} ", q_of(i));
    text += "\n-2 -1 1 2 21\n";
    for (int ix = 0; ix < nx; ++ix)
      for (int iq = 0; iq < nq; ++iq) {
        for (int f : {-2, -1, 1, 2, 21})
          text += fmt::format("{:.12e} ", toy_density(x_of(ix), q_of(iq), f) * (1 + 0.05 * sub));
        text += "\n";
      }
    text += "---\n";
  }
  return text;
}

}  // namespace thalweg::test
