// Which set-ups are integrated and which are refused.
#include "thalweg/phasespace/divergences.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "thalweg/base/errors.h"
#include "thalweg/phasespace/channel_set.h"
#include "uniform_points.h"

namespace thalweg {
namespace {

constexpr double kAny = std::numeric_limits<double>::infinity();
constexpr double kHadrons = -13000;  // an energy below zero: of hadrons

// Of each of these legs (from 1, as errors count them), or of all together.
Cut each(Observable o, std::vector<int> legs, double min, double max = kAny) {
  Cut cut{"c", o, {}, min, max};
  for (const int l : legs) cut.tuples.push_back({l - 1});
  return cut;
}
Cut all(Observable o, std::vector<int> legs, double min, double max = kAny) {
  for (int& l : legs) --l;
  return {"c", o, {legs}, min, max};
}
Cut pt(std::vector<int> legs, double min) { return each(Observable::pt, legs, min); }
Cut energy(std::vector<int> legs, double min) { return each(Observable::energy, legs, min); }
Cut mass(std::vector<int> legs, double min, double max = kAny) { return all(Observable::mass, legs, min, max); }
Cut delta_r(std::vector<int> legs, double min) {
  Cut cut{"c", Observable::delta_r, {}, min};
  for (std::size_t i = 0; i < legs.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) cut.tuples.push_back({legs[j] - 1, legs[i] - 1});
  return cut;
}

struct Job {
  const char* process;
  double energy;
  std::vector<Cut> cuts;
  std::vector<std::pair<const char*, double>> parameters{};
  const char* model = "sm";
};

// The error, or nothing. Channels of what is accepted make points with finite weights.
std::string refused(const Job& job) {
  const Model model(job.model);
  Parameters parameters = model.default_parameters();
  for (const auto& [name, value] : job.parameters) parameters.set(name, value);
  const auto sets =
      diagrams_of(parse_process(job.process, model, default_multiparticles(4)), model, model.vertices(parameters));
  const SubProcess& p = sets[0].process;
  Beams beams{Beams::Kind::partons, job.energy, 0, 0};
  if (job.energy < 0) beams = {Beams::Kind::hadrons, -job.energy, 0, 0};
  if (p.incoming == 1) beams = {Beams::Kind::decay, model.mass(p.pdg[0], parameters), 0, 0};
  if (beams.kind == Beams::Kind::partons)
    beams.mass_a = model.mass(p.pdg[0], parameters), beams.mass_b = model.mass(p.pdg[1], parameters);
  std::vector<double> masses;
  for (std::size_t l = p.incoming; l < p.legs(); ++l) masses.push_back(model.mass(p.pdg[l], parameters));
  const CutBounds bounds(Cuts(job.cuts), p.incoming, masses, beams.energy, beams.kind != Beams::Kind::hadrons);
  try {
    const ChannelSet set(sets, model, parameters, beams, bounds, ChannelKinds::both);
    for (std::size_t c = 0; c < set.size(); ++c) {
      Arena arena;
      const auto points = PhaseSpacePoints::take(arena, p.legs(), 200);
      set[c].forward(test::uniform_points(arena, set[c].dim(), 200, 5), points);
      double sum = 0;
      for (std::size_t e = 0; e < 200; ++e) sum += points.jacobian[e];
      EXPECT_TRUE(std::isfinite(sum) && sum > 0) << job.process << ": " << set[c].name();
    }
    return "";
  } catch (const RequestError& error) {
    return error.what();
  }
}

const Observable kEta = Observable::abs_eta, kCosine = Observable::cos_theta;

TEST(Divergences, FiniteSetUpsAreAccepted) {
  const std::vector<Job> list = {
      {"p p > e+ ve mu- vm~", kHadrons, {pt({3, 5}, 20)}},
      {"p p > e+ ve mu- vm~", kHadrons, {}},
      {"p p > e+ ve mu+ mu-", kHadrons, {pt({3, 5, 6}, 20), mass({5, 6}, 10)}},
      {"p p > e+ ve mu+ mu-", kHadrons, {pt({3, 5, 6}, 20), delta_r({3, 5, 6}, 0.2)}},
      {"p p > e+ e- vm vm~", kHadrons, {pt({3, 4}, 20), mass({3, 4}, 10)}},
      {"p p > b e+ ve b~ mu- vm~", kHadrons, {}},
      {"u u > d d e+ ve mu+ vm QCD=0", 3000, {pt({3, 4}, 20), delta_r({3, 4}, 0.4), pt({5, 7}, 20)}},
      {"e+ e- > u d~ mu- vm~", 200, {}},
      {"e+ e- > e- ve~ u d~", 200, {pt({3}, 5)}},
      {"e+ e- > vm vm~ a", 200, {pt({5}, 5)}},
      {"e+ e- > vm vm~ a", 200, {energy({5}, 5), each(kEta, {5}, -kAny, 2)}},
      {"e+ e- > vm vm~ a", 200, {all(Observable::pt, {3, 4}, 5)}},
      {"e+ e- > vm vm~ a a", 200, {pt({5, 6}, 5)}},
      {"e+ e- > vm vm~ mu+ mu-", 200, {mass({5, 6}, 5)}},
      {"e+ e- > ve ve~", 200, {}},
      {"e+ e- > t t~ vm vm~", 1000, {}},
      {"e+ e- > b mu+ vm b~ d u~ QCD=0", 500, {}},
      {"w+ > e+ ve mu+ mu-", 0, {mass({4, 5}, 5)}},
      {"z > mu- vm~ u d~", 0, {}},
      {"h > b b~ e+ ve mu- vm~", 0, {}},
      {"h > e+ e- mu+ mu-", 0, {}},
      {"t > b e+ ve", 0, {}},
      {"t > b w+ g", 0, {energy({4}, 5)}},
      {"w+ > e+ ve a", 0, {energy({4}, 5), delta_r({2, 4}, 0.2)}},
      {"w+ > e+ ve a", 0, {mass({2, 4}, 5)}},
      {"e- a > e- a", 100, {each(kCosine, {4}, -0.9, 0.9)}},
      {"e- a > e- a", 100, {each(kCosine, {4}, -1, 0.9)}},  // no line where the photon goes on
      {"a a > w+ w-", 500, {}},
      {"t a > t a", 500, {}},
      {"t t~ > w+ w-", 500, {}},
      {"b b~ > b b~", 1000, {pt({3}, 20)}},
      {"b b~ > b b~", 1000, {each(kEta, {4}, -kAny, 3)}},
      {"b b~ > b b~ h QCD=0 QED=3", 1000, {}},
      {"e+ e- > t t~ g", 500, {energy({5}, 5)}},
      {"e+ e- > t t~ g", 500, {mass({3, 5}, 180)}},
      {"e+ e- > t t~ g", 500, {mass({3, 4}, 0, 400)}},
      {"p p > ve ve~ j", kHadrons, {all(Observable::pt, {3, 4}, 200), mass({3, 4}, 60, 120)}},
      {"p p > ve ve~", kHadrons, {}},
      {"p p > h j j QCD=0", kHadrons, {}},
      {"p p > j j", kHadrons, {all(Observable::ht, {3, 4}, 100)}},
      {"u u~ > e+ e- a", 5000, {mass({3, 4}, 50), pt({5}, 10), delta_r({3, 5}, 0.4), delta_r({4, 5}, 0.4)}},
      {"e+ e- > u u~ g", 500, {energy({5}, 20), delta_r({3, 4, 5}, 0.4)}},
      {"e+ e- > u u~ g", 500, {mass({3, 5}, 20), mass({4, 5}, 20)}},
      {"p p > e+ e-", kHadrons, {mass({3, 4}, 66, 116)}, {{"width.zp", 0}}, "sm_zprime"},
      {"p p > t t~ h", kHadrons, {}, {{"cp.angle", 45}}, "sm_cp"},
  };
  for (const Job& s : list) EXPECT_EQ(refused(s), "") << s.process << " with " << s.cuts.size() << " cuts";
}

TEST(Divergences, DivergentSetUpsAreRefused) {
  const std::vector<std::pair<Job, const char*>> list = {
      {{"b b~ > b b~", 1000, {}}, "forward"},
      {{"ta+ ta- > ta+ ta-", 1000, {}}, "forward"},
      {{"t t~ > t t~", 1000, {}}, "forward"},
      {{"w+ w- > w+ w-", 1000, {}}, "forward"},
      {{"t b > t b", 1000, {each(Observable::energy, {3}, 1)}}, "forward"},
      {{"t e- > t e-", 500, {}}, "particle 4 (e-)"},
      {{"e+ e- > t t~ g", 500, {}}, "energy"},
      {{"e+ e- > t t~ g", 500, {delta_r({3, 4, 5}, 0.4), pt({3, 4}, 20)}}, "hides"},
      {{"e+ e- > t t~ g", 500, {}, {{"width.t", 0.1}}}, "t (mass 173 GeV)"},
      {{"e+ e- > t t~ g", 500, {mass({3, 5}, 170)}}, "energy"},
      {{"e+ e- > w+ w- a", 500, {each(kEta, {5}, -kAny, 2)}}, "particle 5 (a)"},
      {{"t > w+ b g", 0, {}}, "particle 4 (g)"},
      {{"w+ > e+ ve a", 0, {}}, "(e+ a)"},
      {{"w+ > e+ ve a", 0, {energy({4}, 5)}}, "(e+ a)"},
      {{"w+ > e+ ve a", 0, {delta_r({2, 4}, 0.4)}}, "energy"},
      {{"h > b b~ g", 0, {}}, "particle 4 (g)"},
      {{"z > e+ e- mu+ mu-", 0, {}}, "run along"},
      {{"z > b b~ a", 0, {mass({2, 3}, 1)}}, "particle 4 (a)"},
      {{"e- a > e- a", 100, {}}, "beam"},
      {{"a a > e+ e-", 200, {mass({3, 4}, 10)}}, "beam"},
      {{"e+ e- > e- ve~ u d~", 200, {pt({5}, 10)}}, "particle 3 (e-)"},
      {{"e- a > e- vm vm~", 300, {}}, "particle 3 (e-)"},
      {{"e+ e- > vm vm~ a", 200, {energy({5}, 5)}}, "beam"},
      {{"e+ e- > vm vm~ a", 200, {each(kEta, {5}, -kAny, 2)}}, "energy"},
      {{"e+ e- > u u~ g", 500, {energy({5}, 20)}}, "particles 3,5 (u g)"},
      {{"e+ e- > u u~ g", 500, {energy({5}, 20), delta_r({3, 5}, 0.4)}}, "particles 4,5 (u~ g)"},
      {{"e+ e- > u u~ g", 500, {delta_r({3, 4, 5}, 0.4)}}, "energy"},
      {{"e+ e- > u u~ d d~", 500, {pt({3, 4, 5, 6}, 10)}}, "run along"},
      {{"w+ e- > ve ve~ w+ e- / a", 600, {}}, "decay"},
      {{"p p > e+ e-", kHadrons, {}}, "s_hat"},
      {{"p p > e+ e-", kHadrons, {energy({3, 4}, 20)}}, "s_hat"},
      {{"p p > j j", kHadrons, {mass({3, 4}, 100)}}, "beam"},
      {{"p p > z j j", kHadrons, {pt({4, 5}, 20)}}, "delta_r"},
      {{"p p > z j j", kHadrons, {mass({4, 5}, 20)}}, "beam"},
      {{"p p > e+ e- mu+ mu-", kHadrons, {pt({3, 4, 5, 6}, 20)}}, "run along"},
      {{"p p > t t~ j", kHadrons, {mass({3, 5}, 200), mass({4, 5}, 200)}}, "beam"},
      {{"p p > e+ ve a", kHadrons, {pt({5}, 10)}}, "(e+ a)"},
      {{"p p > e+ e-", kHadrons, {mass({3, 4}, 300, 500)}, {{"width.zp", 0}}, "sm_zprime"}, "width 0"},
      {{"g g > t t~ h g", kHadrons, {}, {{"cp.angle", 45}}, "sm_cp"}, "g"},
  };
  for (const auto& [s, words] : list) {
    const std::string error = refused(s);
    EXPECT_NE(error.find(words), std::string::npos) << s.process << " with " << s.cuts.size() << " cuts: " << error;
  }
}

// Narrow windows that random points hardly meet do not hide an open region, nor do cuts that only together close one.
TEST(Divergences, CutsCountTogether) {
  EXPECT_NE(
      refused({"p p > e+ e- j", kHadrons, {mass({3, 4}, 91, 91.001), pt({3, 4}, 20), each(kEta, {3, 4}, -kAny, 0.1)}}),
      "");
  EXPECT_EQ(
      refused({"p p > e+ e- j", kHadrons, {mass({3, 4}, 91, 91.001), pt({5}, 20), each(kEta, {3, 4}, -kAny, 0.1)}}),
      "");
  // the pair in the other direction has a mass that a soft gluon does not leave
  EXPECT_EQ(refused({"e+ e- > u u~ g", 500, {mass({3, 4}, 20, 400), delta_r({3, 4, 5}, 0.4), pt({3, 4}, 20)}}), "");
  EXPECT_NE(refused({"e+ e- > u u~ g", 500, {mass({3, 4}, 20), delta_r({3, 4, 5}, 0.4), pt({3, 4}, 20)}}), "");
  // one distance of ten is missing, beside two resonances in windows
  std::vector<Cut> many = {mass({3, 4}, 91, 91.2),     mass({5, 6}, 91, 91.2),
                           pt({3, 4, 5, 6, 7}, 20),    each(kEta, {3, 4, 5, 6, 7}, -kAny, 2.5),
                           delta_r({3, 4, 5, 6}, 0.4), delta_r({3, 7}, 0.4),
                           delta_r({4, 7}, 0.4),       delta_r({5, 7}, 0.4)};
  EXPECT_NE(refused({"u u~ > e+ e- mu+ mu- a", 1000, many}).find("(mu- a)"), std::string::npos);
  EXPECT_NE(refused({"p p > e+ e- mu+ mu- a", kHadrons, many}).find("(mu- a)"), std::string::npos);
  many.push_back(delta_r({6, 7}, 0.4));
  EXPECT_EQ(refused({"u u~ > e+ e- mu+ mu- a", 1000, many}), "");
  // the same with jets
  std::vector<Cut> jets = {pt({3, 5, 6, 7}, 20),         each(kEta, {3, 5, 6, 7}, -kAny, 2.5),
                           all(Observable::pt, {4}, 30), mass({3, 4}, 80, 81),
                           delta_r({3, 5, 6}, 0.4),      delta_r({5, 7}, 0.4),
                           delta_r({3, 7}, 0.4)};
  EXPECT_NE(refused({"g u > e+ ve d g g", 3000, jets}).find("run along"), std::string::npos);
  jets.push_back(delta_r({6, 7}, 0.4));
  EXPECT_EQ(refused({"g u > e+ ve d g g", 3000, jets}), "");
  // p_T of the jet by those of the leptons
  EXPECT_EQ(
      refused({"p p > e+ e- j", kHadrons, {mass({3, 4}, 66, 116), pt({3}, 60), each(Observable::pt, {4}, 0, 20)}}), "");
}

}  // namespace
}  // namespace thalweg
