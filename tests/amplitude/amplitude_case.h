// An amplitude from its process string, for tests.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "thalweg/amplitude/evaluator.h"
#include "thalweg/kinematics/random_momenta.h"

namespace thalweg::test {

struct AmplitudeCase {
  Model model;
  Parameters parameters;
  std::vector<Vertex> vertices;
  SelectedProcess selected;
  AmplitudeProgram program;

  AmplitudeCase(const std::string& process, const std::string& name, Parameters p)
      : model(name), parameters(std::move(p)), vertices(model.vertices(parameters)) {
    selected = select_processes(parse_process(process, model, default_multiparticles(4)), model, vertices).at(0);
    program = compile(selected, model, parameters, vertices);
  }
  explicit AmplitudeCase(const std::string& process, const std::string& name = "sm")
      : AmplitudeCase(process, name, Model(name).default_parameters()) {}

  std::vector<double> me2(const Momenta& p, std::vector<int> order = {}, Precision precision = Precision::full,
                          std::size_t* rescued = nullptr) const {
    Arena arena;
    if (order.empty()) order = legs_in_order();
    std::vector<double> values(p.size());
    const double alpha_s = parameters.get("alpha_s");
    const std::size_t left = evaluate(program, {p, order, {&alpha_s, 1}, precision}, {values}, arena);
    if (rescued) *rescued = left;
    return values;
  }
  std::vector<int> legs_in_order() const {
    std::vector<int> order(program.legs);
    std::iota(order.begin(), order.end(), 0);
    return order;
  }
  const std::vector<double>& masses() const { return program.leg_masses; }

  // Events in all of phase space, the whole moving, sqrt(s) in [low, high] times the masses plus `offset` GeV.
  Momenta events(Arena& arena, std::size_t n, unsigned seed, double low = 1.5, double high = 5,
                 double offset = 50) const {
    const Momenta p = Momenta::take(arena, program.legs, n);
    const double mass = std::accumulate(masses().begin(), masses().end(), 0.0);
    const RandomMomenta request{masses(), program.incoming, low * mass + offset, high * mass + 10 * offset, 0.5, seed};
    EXPECT_TRUE(random_momenta(request, p));
    return p;
  }
};

// The Standard Model without widths: amplitudes with unstable external particles are gauge invariant.
inline Parameters stable_parameters(const std::string& model = "sm") {
  Parameters p = Model(model).default_parameters();
  for (const std::string& name : p.names())
    if (name.starts_with("width.")) p.set(name, 0);
  return p;
}

inline void expect_close(const std::vector<double>& a, const std::vector<double>& b, double tolerance,
                         const std::string& what = "") {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], tolerance * std::abs(b[i])) << what << " " << i;
}

}  // namespace thalweg::test
