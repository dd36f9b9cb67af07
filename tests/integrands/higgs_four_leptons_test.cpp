#include "thalweg/integrands/higgs_four_leptons.h"

#include <gtest/gtest.h>

#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/base/random.h"
#include "thalweg/base/units.h"

namespace thalweg {
namespace {

Parameters parameters() {
  Parameters p = Parameters::defaults("sm");
  p.set_scheme("gmu");
  p.set("gf", 1.1663787e-5);
  p.set("mass.h", 125);
  p.set("mass.z", 91.1876);
  p.set("width.z", 2.4952);
  p.set("mass.w", 80.379);
  p.derive();
  return p;
}

double product(const double* a, const double* b) { return a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3]; }

struct Points {
  Arena arena;
  Batch y, alpha, records;
  std::vector<double> weight, pick;
  Points(const HiggsFourLeptons& f, std::size_t n, std::uint64_t seed)
      : y(Batch::take(arena, 5, n)),
        alpha(Batch::take(arena, 1, n)),
        records(Batch::take(arena, 16, n)),
        weight(n),
        pick(n) {
    RandomStream random({seed, Phase::integration, 0, 0});
    for (std::size_t i = 0; i < 5; ++i) random.fill({y.row(i), n});
    random.fill(pick);
    f.evaluate(0, y, {.weight = weight, .alpha = alpha, .records = records, .pick = pick}, arena);
  }
};

// Momenta are massless, add up to the Higgs at rest, and have the invariants of the amplitude.
TEST(HiggsFourLeptons, MomentaHaveTheInvariants) {
  const HiggsFourLeptons f(parameters());
  const Points p(f, 2000, 1);
  for (std::size_t e = 0; e < p.weight.size(); ++e) {
    double k[4][4], sum[4] = {}, y[5];
    for (std::size_t i = 0; i < 5; ++i) y[i] = p.y.row(i)[e];
    for (std::size_t r = 0; r < 16; ++r) sum[r % 4] += k[r / 4][r % 4] = p.records.row(r)[e];
    EXPECT_NEAR(sum[0], 125, 1e-10);
    for (std::size_t i = 1; i < 4; ++i) EXPECT_NEAR(sum[i], 0, 1e-10);
    for (const auto& leg : k) EXPECT_NEAR(product(leg, leg), 0, 1e-9);
    const auto s = f.decay().point(y);
    const double expected[] = {s.s12, s.s13, s.s14, s.s23, s.s24, s.s34};
    std::size_t pair = 0;
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t j = i + 1; j < 4; ++j, ++pair)
        EXPECT_NEAR(2 * product(k[i], k[j]), expected[pair], 1e-8) << i + 1 << j + 1;
    EXPECT_NEAR(s.s12 + s.s13 + s.s14 + s.s23 + s.s24 + s.s34, 125.0 * 125.0, 1e-9);
  }
}

// Exchange of both leptons with both antileptons (C), and of muons with electrons.
TEST(HiggsFourLeptons, SymmetriesOfTheAmplitude) {
  const HiggsFourLeptons f(parameters());
  const FourBodyDecay::Point s{.jacobian = 1,
                               .s12 = 8000,
                               .s13 = 1500,
                               .s14 = 2400,
                               .s23 = 1300,
                               .s24 = 1225,
                               .s34 = 1200,
                               .s134 = 0,
                               .s234 = 0};
  auto conjugated = s, exchanged = s;
  std::swap(conjugated.s13, conjugated.s24), std::swap(conjugated.s14, conjugated.s23);
  std::swap(exchanged.s12, exchanged.s34), std::swap(exchanged.s14, exchanged.s23);
  EXPECT_DOUBLE_EQ(f.squared_amplitude(conjugated), f.squared_amplitude(s));
  EXPECT_DOUBLE_EQ(f.squared_amplitude(exchanged), f.squared_amplitude(s));
}

// Without the amplitude: the volume of four massless bodies (Kleiss, Stirling, Ellis, CPC 40 (1986) 359).
TEST(HiggsFourLeptons, VolumeOfPhaseSpace) {
  const HiggsFourLeptons f(parameters());
  const std::size_t n = 400'000;
  const Points p(f, n, 2);
  double sum = 0, square = 0;
  for (std::size_t e = 0; e < n; ++e) {
    double y[5];
    for (std::size_t i = 0; i < 5; ++i) y[i] = p.y.row(i)[e];
    const double w = 2 * 125 * p.weight[e] / f.squared_amplitude(f.decay().point(y));
    sum += w, square += w * w;
  }
  const double mean = sum / n, error = std::sqrt((square / n - mean * mean) / n);
  // (2 pi)^(4 - 3 n) (pi/2)^(n - 1) m^(2 n - 4) / ((n - 1)! (n - 2)!) for n = 4
  const double volume = std::pow(2 * kPi, -8) * std::pow(kPi / 2, 3) * std::pow(125.0, 4) / (6 * 2);
  EXPECT_NEAR(mean, volume, 5 * error);  // false alarm 6e-7
  EXPECT_LT(error, 3e-3 * volume);
}

// The width of the specification of these coordinates, 2 10^7 uniform points: (2.3687 +- 0.0026) 10^-7 GeV.
TEST(HiggsFourLeptons, Width) {
  const HiggsFourLeptons f(parameters());
  double sum = 0, square = 0, n = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    for (const double w : Points(f, 100'000, seed).weight) sum += w, square += w * w, n += 1;
  const double mean = sum / n, error = std::sqrt((square / n - mean * mean) / n);
  EXPECT_NEAR(mean, 2.3687e-7, 5 * std::hypot(error, 0.0026e-7));
  EXPECT_LT(error, 0.01e-7);
}

// The azimuth and the cosine of each lepton are uniform, and independent of the coordinates: the orientation.
TEST(HiggsFourLeptons, OrientationIsUniform) {
  const HiggsFourLeptons f(parameters());
  const std::size_t n = 100'000;
  const Points p(f, n, 3);
  for (std::size_t l = 0; l < 4; ++l) {
    double cosine = 0, cosine2 = 0, x = 0, y = 0;
    for (std::size_t e = 0; e < n; ++e) {
      const double k = p.records.row(4 * l)[e], c = p.records.row(4 * l + 3)[e] / k;
      cosine += c, cosine2 += c * c, x += p.records.row(4 * l + 1)[e] / k, y += p.records.row(4 * l + 2)[e] / k;
    }
    const double sigma = 1 / std::sqrt(3.0 * n);  // of a mean direction; six of them are a false alarm of 2e-9
    for (const double mean : {cosine / n, x / n, y / n}) EXPECT_LT(std::abs(mean), 6 * sigma);
    EXPECT_NEAR(cosine2 / n, 1.0 / 3, 6 * std::sqrt(4.0 / 45 / n));
  }
}

TEST(HiggsFourLeptons, FacesAreZeroAndImpossibleParametersAreRefused) {
  const HiggsFourLeptons f(parameters());
  Arena arena;
  const Batch y = Batch::take(arena, 5, 1), alpha = Batch::take(arena, 1, 1);
  for (std::size_t i = 0; i < 2; ++i)
    for (const double edge : {0.0, 1.0}) {
      for (std::size_t j = 0; j < 5; ++j) y.row(j)[0] = 0.5;
      y.row(i)[0] = edge;
      double w = -1;
      f.evaluate(0, y, {.weight = {&w, 1}, .alpha = alpha}, arena);
      EXPECT_EQ(w, 0);
    }
  for (const char* name : {"mass.h", "width.z"}) {
    Parameters p = parameters();
    p.set(name, 0);
    EXPECT_THROW(HiggsFourLeptons{p}, RequestError);
  }
}

}  // namespace
}  // namespace thalweg
