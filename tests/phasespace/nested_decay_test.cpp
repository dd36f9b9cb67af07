// Momenta on shell and conserved, invariants, round trips, volumes against closed forms and one-dimensional integrals.
#include "thalweg/phasespace/nested_decay.h"

#include <gtest/gtest.h>

#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/base/random.h"
#include "thalweg/base/units.h"
#include "thalweg/kinematics/momenta.h"

namespace thalweg {
namespace {

constexpr double kMass = 125;
const std::vector<std::array<double, 4>> kMasses = {{0, 0, 0, 0}, {1, 2, 3, 4}, {0, 40, 0, 60}, {91, 0, 5, 0}};

double product(const FourMomentum& a, const FourMomentum& b) {
  return a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3];
}
double squared_sum(const FourMomentum& a, const FourMomentum& b) {
  return product(a, a) + product(b, b) + 2 * product(a, b);
}

template <std::size_t N>
void expect_physical(const std::array<FourMomentum, N>& k, std::span<const double> masses) {
  FourMomentum sum{};
  for (std::size_t i = 0; i < N; ++i) {
    EXPECT_NEAR(product(k[i], k[i]), masses[i] * masses[i], 1e-8);
    EXPECT_GE(k[i][0], 0);
    for (std::size_t mu = 0; mu < 4; ++mu) sum[mu] += k[i][mu];
  }
  EXPECT_NEAR(sum[0], kMass, 1e-9);
  for (std::size_t mu = 1; mu < 4; ++mu) EXPECT_NEAR(sum[mu], 0, 1e-9);
}

TEST(NestedDecay, BracketIsTheMomentumOfATwoBodyDecay) {
  EXPECT_DOUBLE_EQ(bracket_momentum(3, 20, 5), two_body_momentum(20, 3, 5));
  // (14) itself, with the daughter 5 at rest.
  const double a = 20 * 20, b = 5 * 5, c = 3 * 3;
  EXPECT_NEAR(std::pow(bracket_momentum(20, 5, 3), 2), (a * a + b * b + c * c - 2 * (a * b + b * c + a * c)) / (4 * b),
              1e-9);
}

TEST(NestedDecay, FourBodies) {
  for (const auto& masses : kMasses)
    for (const Angles angles : {Angles::frames, Angles::symmetric}) {
      const FourBodyDecay decay(kMass, masses, angles);
      RandomStream random({1, Phase::integration, 0, 0});
      int points = 0;
      for (int trial = 0; trial < 500; ++trial) {
        double y[5], back[5];
        random.fill(y);
        const FourBodyDecay::Point p = decay.point(y);
        if (p.jacobian == 0) continue;
        ++points;
        std::array<FourMomentum, 4> k;
        decay.momenta(y, trial % 2 == 0, k);
        expect_physical(k, masses);
        const double expected[] = {p.s12, p.s13, p.s14, p.s23, p.s24, p.s34};
        for (std::size_t i = 0, pair = 0; i < 4; ++i)
          for (std::size_t j = i + 1; j < 4; ++j, ++pair)
            EXPECT_NEAR(squared_sum(k[i], k[j]), expected[pair], 1e-7) << i + 1 << j + 1;
        const double masses2 =
            masses[0] * masses[0] + masses[1] * masses[1] + masses[2] * masses[2] + masses[3] * masses[3];
        EXPECT_NEAR(p.s12 + p.s13 + p.s14 + p.s23 + p.s24 + p.s34, kMass * kMass + 2 * masses2, 1e-8);
        EXPECT_NEAR(squared_sum({k[2][0] + k[3][0], k[2][1] + k[3][1], k[2][2] + k[3][2], k[2][3] + k[3][3]}, k[0]),
                    p.s134, 1e-7);
        EXPECT_NEAR(k[0][1] * k[0][1] + k[0][2] * k[0][2], 0, 1e-9);  // 1 along z, 2 in the x-z plane
        EXPECT_NEAR(k[1][2], 0, 1e-9);
        EXPECT_GE(k[1][1], -1e-9);
        if (angles == Angles::symmetric) {
          EXPECT_EQ(k[2][2] >= 0, trial % 2 == 0);
        }
        turn(k, 0.3, 0.8, 0.6);
        decay.coordinates(k, back);
        for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(back[i], y[i], 1e-7) << i;
      }
      EXPECT_GT(points, angles == Angles::frames ? 499 : 150);
    }
}

TEST(NestedDecay, ThreeBodies) {
  const std::array<double, 3> masses = {1, 20, 30};
  const ThreeBodyDecay decay(kMass, masses);
  RandomStream random({2, Phase::integration, 0, 0});
  for (int trial = 0; trial < 500; ++trial) {
    double y[2], back[2];
    random.fill(y);
    const ThreeBodyDecay::Point p = decay.point(y);
    std::array<FourMomentum, 3> k;
    decay.momenta(y, k);
    expect_physical(k, masses);
    EXPECT_NEAR(squared_sum(k[0], k[1]), p.s12, 1e-8);
    EXPECT_NEAR(squared_sum(k[0], k[2]), p.s13, 1e-8);
    EXPECT_NEAR(squared_sum(k[1], k[2]), p.s23, 1e-8);
    turn(k, 0.1, 0.5, 0.9);
    decay.coordinates(k, back);
    for (std::size_t i = 0; i < 2; ++i) EXPECT_NEAR(back[i], y[i], 1e-9);
  }
}

// (2 pi)^(4 - 3 n) (pi/2)^(n - 1) m^(2 n - 4) / ((n - 1)! (n - 2)!) (Kleiss, Stirling, Ellis, CPC 40 (1986) 359).
double massless_volume(int n) {
  return std::pow(2 * kPi, 4 - 3 * n) * std::pow(kPi / 2, n - 1) * std::pow(kMass, 2 * n - 4) /
         (std::tgamma(n) * std::tgamma(n - 1));
}

struct Mean {
  double value, error;
};
Mean mean_jacobian(std::size_t dim, int n, const auto& jacobian) {
  RandomStream random({3, Phase::integration, 0, 0});
  double sum = 0, square = 0, y[5];
  for (int i = 0; i < n; ++i) {
    random.fill({y, dim});
    const double w = jacobian(y);
    sum += w, square += w * w;
  }
  return {sum / n, std::sqrt((square / n - sum / n * sum / n) / n)};
}

TEST(NestedDecay, VolumesOfMasslessBodies) {
  const ThreeBodyDecay three(kMass, {0, 0, 0});
  const Mean v3 = mean_jacobian(2, 400'000, [&](const double* y) { return three.point(y).jacobian; });
  EXPECT_NEAR(v3.value, massless_volume(3), 5 * v3.error);  // false alarm 6e-7, as below
  EXPECT_LT(v3.error, 1e-3 * v3.value);
  for (const Angles angles : {Angles::frames, Angles::symmetric}) {
    const FourBodyDecay four(kMass, {0, 0, 0, 0}, angles);
    const Mean v4 = mean_jacobian(5, 1'000'000, [&](const double* y) { return four.point(y).jacobian; });
    EXPECT_NEAR(v4.value, massless_volume(4), 5 * v4.error);
    // The square of D^-1/2 has no integral: its errors are larger and fall more slowly.
    EXPECT_LT(v4.error, (angles == Angles::frames ? 2e-3 : 2e-2) * v4.value);
  }
}

// The nested two-body volumes by a fine sum over the masses.
TEST(NestedDecay, VolumeOfMassiveBodies) {
  const std::array<double, 4> m = {10, 20, 5, 15};
  auto two = [](double mass, double a, double b) { return bracket_momentum(a, mass, b) / (4 * kPi * mass); };
  double exact = 0;
  const int n = 2000;
  const double least = m[1] + m[2] + m[3], range = kMass - least - m[0];
  for (int i = 0; i < n; ++i) {
    const double m234 = least + range * (i + 0.5) / n, inner = m234 - least;
    for (int j = 0; j < n; ++j) {
      const double m34 = m[2] + m[3] + inner * (j + 0.5) / n;
      exact += two(kMass, m[0], m234) * two(m234, m[1], m34) * two(m34, m[2], m[3]) * m234 * m34 / (kPi * kPi) * range *
               inner / (n * n);
    }
  }
  for (const Angles angles : {Angles::frames, Angles::symmetric}) {
    const FourBodyDecay decay(kMass, m, angles);
    const Mean v = mean_jacobian(5, 1'000'000, [&](const double* y) { return decay.point(y).jacobian; });
    EXPECT_NEAR(v.value, exact, 5 * v.error + 1e-5 * exact);
  }
}

// The same distribution from both ways of the angles: a smooth function of invariants that no symmetry makes trivial.
TEST(NestedDecay, SymmetricAnglesGiveTheSameIntegral) {
  Mean means[2];
  for (const Angles angles : {Angles::frames, Angles::symmetric}) {
    const FourBodyDecay decay(kMass, {1, 2, 3, 4}, angles);
    means[static_cast<int>(angles)] = mean_jacobian(5, 1'000'000, [&](const double* y) {
      const auto p = decay.point(y);
      return p.jacobian > 0 ? p.jacobian * p.s13 * p.s13 * p.s24 : 0;
    });
  }
  EXPECT_NEAR(means[0].value, means[1].value, 5 * std::hypot(means[0].error, means[1].error));
}

TEST(NestedDecay, FacesAreZeroAndImpossibleMassesAreRefused) {
  const FourBodyDecay decay(kMass, {0, 0, 0, 0});
  for (std::size_t i = 0; i < 2; ++i)
    for (const double edge : {0.0, 1.0}) {
      double y[5] = {0.5, 0.5, 0.5, 0.5, 0.5};
      y[i] = edge;
      EXPECT_EQ(decay.point(y).jacobian, 0);
    }
  EXPECT_THROW(FourBodyDecay(100, {50, 50, 0, 0}), RequestError);
  EXPECT_THROW(FourBodyDecay(100, {-1, 0, 0, 0}), RequestError);
  EXPECT_THROW(ThreeBodyDecay(0, {0, 0, 0}), RequestError);
}

}  // namespace
}  // namespace thalweg
