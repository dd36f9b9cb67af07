#include "thalweg/phasespace/channel_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "thalweg/base/errors.h"
#include "uniform_points.h"

namespace thalweg {
namespace {

using test::uniform_points;

const Beams kHadrons{Beams::Kind::hadrons, 13000, 0, 0};

struct Process {
  explicit Process(const std::string& text, const Beams& incoming = kHadrons, double pt = 20, double dr = 0.4)
      : beams(incoming) {
    parameters.set("width.t", 0);
    const auto definition = parse_process(text, model, default_multiparticles(4));
    sets = diagrams_of(definition, model, model.vertices(parameters));
    const SubProcess& p = sets[0].process;
    for (std::size_t l = p.incoming; l < p.legs(); ++l) masses.push_back(model.mass(p.pdg[l], parameters));
    for (std::size_t k = 0; k < masses.size(); ++k) {
      if (masses[k] > 0) continue;
      const int leg = static_cast<int>(k + p.incoming);
      if (pt > 0) cuts.push_back({"pt", Observable::pt, {{leg}}, pt});
      for (std::size_t l = 0; l < k; ++l)
        if (masses[l] == 0 && dr > 0)
          cuts.push_back({"dr", Observable::delta_r, {{static_cast<int>(l + p.incoming), leg}}, dr});
    }
  }
  ChannelSet channels(ChannelKinds kinds) const {
    const CutBounds bounds(Cuts(cuts), beams.incoming(), masses, beams.energy);
    return ChannelSet(sets, model, parameters, beams, bounds, kinds);
  }
  Model model{"sm"};
  Parameters parameters = Parameters::defaults("sm");
  Beams beams;
  std::vector<DiagramSet> sets;
  std::vector<double> masses;
  std::vector<Cut> cuts;
};

// The counts of the thesis, Tab. 5.3.
TEST(ChannelSet, ChannelsAndGroups) {
  for (const auto& [text, channels, groups] : {std::tuple{"u d~ > w+ w+ w-", 16u, 8u},
                                               {"u c > w+ w+ d s QCD=99 QED=99", 30u, 15u},
                                               {"g g > w+ d u~ g", 48u, 24u},
                                               {"g g > t t~ g g", 105u, 35u}}) {
    const ChannelSet set = Process(text).channels(ChannelKinds::diagrams);
    EXPECT_EQ(set.size(), channels) << text;
    EXPECT_EQ(set.groups(), groups) << text;
  }
}

// The same coordinates give the same momenta, up to a permutation of final particles, and the same volume.
TEST(ChannelSet, ChannelsOfAGroupShareTheirCoordinates) {
  for (const ChannelKinds kinds : {ChannelKinds::diagrams, ChannelKinds::lab})
    for (const char* text : {"g g > w+ d u~ g", "g g > t t~ g g", "u d~ > w+ w+ w-"}) {
      const Process process(text);
      const ChannelSet set = process.channels(kinds);
      const std::size_t n = process.masses.size();
      Arena arena;
      const Batch y = uniform_points(arena, set[0].dim(), 20, 3);
      std::size_t compared = 0;
      for (std::size_t c = 0; c < set.size(); ++c) {
        std::size_t first = 0;
        while (set.group_of(first) != set.group_of(c)) ++first;
        if (first == c) continue;
        const auto a = PhaseSpacePoints::take(arena, 2 + n, 20), b = PhaseSpacePoints::take(arena, 2 + n, 20);
        set[first].forward(y, a);
        set[c].forward(y, b);
        for (std::size_t e = 0; e < 20; ++e) {
          ASSERT_NEAR(a.jacobian[e], b.jacobian[e], 1e-9 * a.jacobian[e]) << set[c].name();
          if (a.jacobian[e] == 0) continue;
          std::vector<double> pa, pb;
          for (std::size_t l = 2; l < 2 + n; ++l) {
            pa.push_back(a.momenta.component(l, 0)[e]);
            pb.push_back(b.momenta.component(l, 0)[e]);
          }
          std::sort(pa.begin(), pa.end());
          std::sort(pb.begin(), pb.end());
          for (std::size_t i = 0; i < n; ++i) ASSERT_NEAR(pa[i], pb[i], 1e-7 * pa[n - 1]);
        }
        ++compared;
      }
      // d, u~ and g are three kinds of particles in the collider frame
      EXPECT_EQ(compared > 0, kinds == ChannelKinds::diagrams || std::string(text) != "g g > w+ d u~ g") << text;
    }
}

// Every channel reaches what another one makes, cuts passed: what a density misses would be lost.
TEST(ChannelSet, EveryChannelCoversThePhaseSpace) {
  for (const char* text :
       {"g g > t t~ g g", "g g > w+ d u~ g g", "u u~ > z g g g", "g u > e+ e- g g u / a", "u d~ > w+ w+ w-"}) {
    Process process(text);
    if (std::string(text).find("e+") != std::string::npos)
      process.cuts.push_back({"m", Observable::mass, {{2, 3}}, 66, 116});
    const ChannelSet trees = process.channels(ChannelKinds::diagrams), lab = process.channels(ChannelKinds::lab);
    const Cuts cuts(process.cuts);
    for (std::size_t from = 0; from < lab.size(); ++from) {
      Arena arena;
      const std::size_t n = 2000, legs = 2 + process.masses.size();
      const Batch y = uniform_points(arena, lab[0].dim(), n, 4 + static_cast<unsigned>(from));
      const auto points = PhaseSpacePoints::take(arena, legs, n);
      lab[from].forward(y, points);
      std::vector<std::uint8_t> pass(n);
      cuts.apply(points.momenta, arena, pass);
      for (const ChannelSet* set : {&trees, &lab}) {
        const Batch table = Batch::take(arena, set->invariants().rows(), n);
        set->invariants().evaluate(points, table, arena);
        const auto density = arena.take<double>(n);
        for (std::size_t c = 0; c < set->size(); ++c) {
          (*set)[c].density(points, table, density);
          for (std::size_t e = 0; e < n; ++e)
            if (pass[e] && points.jacobian[e] > 0) {
              ASSERT_GT(density[e], 0) << text << ": " << (*set)[c].name();
            }
        }
      }
    }
  }
}

TEST(ChannelSet, DivergencesAreExplained) {
  auto refused = [](const Process& p) {
    try {
      p.channels(ChannelKinds::diagrams);
      return std::string();
    } catch (const RequestError& error) {
      return std::string(error.what());
    }
  };
  EXPECT_NE(refused(Process("p p > j j", kHadrons, 0, 0)), "");
  EXPECT_NE(refused(Process("p p > z j", kHadrons, 0, 0)).find("pt"), std::string::npos);
  EXPECT_NE(refused(Process("g g > t t~ g", kHadrons, 0, 0)), "");
  EXPECT_NE(refused(Process("g g > w+ d u~ g", kHadrons, 20, 0)).find("delta_r"), std::string::npos);
  EXPECT_NE(refused(Process("p p > e+ e-", kHadrons, 0, 0)), "");
  EXPECT_NE(refused(Process("e+ e- > e+ e-", {Beams::Kind::partons, 200, 0, 0}, 0, 0)), "");
  EXPECT_NE(refused(Process("p p > t t~", {Beams::Kind::hadrons, 300, 0, 0})).find("phase space"), std::string::npos);
  EXPECT_EQ(refused(Process("p p > j j", kHadrons, 20, 0)), "");
  EXPECT_EQ(refused(Process("p p > t t~", kHadrons, 0, 0)), "");
  EXPECT_EQ(refused(Process("p p > z z", kHadrons, 0, 0)), "");
  EXPECT_EQ(refused(Process("u d~ > w+ w+ w-", kHadrons, 0, 0)), "");
  EXPECT_EQ(refused(Process("g g > t t~ g", kHadrons, 20, 0)), "");
}

// Lists of lab channels: one for each blob that may balance the others; none where one resonance makes everything.
TEST(ChannelSet, LabChannels) {
  EXPECT_EQ(Process("g g > t t~ g").channels(ChannelKinds::lab).size(), 3u);
  EXPECT_THROW(Process("p p > e+ e-", kHadrons, 20, 0).channels(ChannelKinds::lab), RequestError);
  // Photon and Z, or one for both where the cuts keep away from the pole of the photon.
  EXPECT_EQ(Process("g u > e+ e- u", kHadrons, 20, 0.4).channels(ChannelKinds::lab).size(), 2u);
  EXPECT_EQ(Process("g u > e+ e- u", kHadrons, 60, 1).channels(ChannelKinds::lab).size(), 1u);
  EXPECT_THROW(Process("e+ e- > mu+ mu-", {Beams::Kind::partons, 200, 0, 0}).channels(ChannelKinds::lab), RequestError);
}

}  // namespace
}  // namespace thalweg
