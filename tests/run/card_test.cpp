#include "thalweg/run/card.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

const std::string kCard = R"toml(process = "p p > e+ e-"
model = "sm_zprime"
[parameters]
mass.zp = "0.4 TeV"
width.zp = "mass.zp / 800"
[beams]
energy = "13 TeV"
[scales]
factorization = "ht/2"
[cuts]
m_ee = { of = "mass(e+, e-)", min = 15.0 }
)toml";

std::string error_of(const std::string& text, const std::vector<std::string>& set = {}) {
  try {
    parse_card(text, "cards/test.toml", set);
  } catch (const RequestError& error) {
    return error.what();
  }
  return "";
}

TEST(Card, ReadsUnitsExpressionsAndDefaults) {
  const RunCard card = parse_card(kCard, "cards/test.toml", {});
  EXPECT_EQ(card.name, "test");
  EXPECT_EQ(card.parameters.get("mass.zp"), 400);
  EXPECT_EQ(card.parameters.get("width.zp"), 0.5);
  EXPECT_EQ(card.energy, 13000);
  EXPECT_EQ(card.events, 10'000u);
  EXPECT_EQ(card.cuts.at(0).min, 15);
  EXPECT_TRUE(card.factorization.depends_on_event());
}

TEST(Card, ResolvedCardsReadBackToThemselves) {
  const RunCard card = parse_card(kCard, "cards/test.toml", {"seed=7", "output.format=[\"lhe\",\"hdf5\"]"});
  const RunCard again = parse_card(card.resolved, "cards/test.toml", {});
  EXPECT_EQ(again.resolved, card.resolved);
  EXPECT_EQ(again.resolved_sampling, card.resolved_sampling);
  EXPECT_EQ(parse_card(kCard, "x", {"output.events=5"}).resolved_sampling,
            parse_card(kCard, "x", {}).resolved_sampling);
}

// alpha_s of [parameters] counts where there is no set, or where it does not run.
TEST(Card, AlphaSIsGivenOnlyWhereItCounts) {
  const std::string rest = "[beams]\nenergy = 1000\npdf = \"none\"\n[parameters]\nalpha_s = 0.12\n";
  EXPECT_EQ(parse_card("process = \"g g > t t~\"\n" + rest, "x", {}).parameters.get("alpha_s"), 0.12);
  const RunCard fixed = parse_card(kCard, "x", {"parameters.alpha_s=0.13", "scales.running=false"});
  EXPECT_EQ(fixed.parameters.get("alpha_s"), 0.13);
  EXPECT_NE(fixed.resolved.find("alpha_s = 0.13"), std::string::npos);
  EXPECT_EQ(parse_card(fixed.resolved, "x", {}).resolved, fixed.resolved);
  EXPECT_TRUE(fixed.remarks.empty());
}

TEST(Card, AnyKeyCanBeOverridden) {
  const RunCard card =
      parse_card(kCard, "x",
                 {"beams.pdf=NNPDF40_lo_as_01180", "parameters.mass.zp=1 TeV", "seed=3", "cuts.m_ee.min=20",
                  "cuts.pt={ of = \"pt(e+)\", min = 5 }", "parameters.coupling.zp=0.5"});
  EXPECT_EQ(card.pdf, "NNPDF40_lo_as_01180");
  EXPECT_EQ(card.parameters.get("mass.zp"), 1000);
  EXPECT_EQ(card.parameters.get("coupling.zp"), 0.5);
  EXPECT_EQ(card.cuts.at(0).min, 20);
  EXPECT_EQ(card.cuts.size(), 2u);
}

TEST(Card, ErrorsSayFileLineKeyAndTheNearestSpelling) {
  auto with = [](const std::string& line) { return kCard + line + "\n"; };
  const std::pair<std::string, std::vector<std::string>> cases[] = {
      {error_of(with("[beam]\nenergy = 1")), {"cards/test.toml:12", "beam", "beams"}},
      {error_of(kCard, {"beams.enrgy=1"}), {"--set beams.enrgy", "energy"}},
      {error_of(kCard, {"parameters.mass.zzp=1"}), {"mass.zzp", "mass.zp"}},
      {error_of(kCard, {"beams.energy=13 TeVV"}), {"TeVV", "TeV"}},
      {error_of(kCard, {"beams.energy=-1"}), {"above zero"}},
      {error_of(kCard, {"parameters.alpha_s=0.13"}),
       {"--set parameters.alpha_s", "no effect", "scales.running = false"}},
      {error_of(kCard + "[parameters.alpha_s]\n"), {"alpha_s"}},
      {error_of(kCard, {"parameters.alpha_s=0", "scales.running=false"}), {"alpha_s", "positive"}},
      {error_of(kCard, {"parameters.alpha_s=-0.1", "scales.running=false"}), {"alpha_s", "positive"}},
      {error_of(kCard, {"parameters.alpha_s=nan", "scales.running=false"}), {"alpha_s", "finite"}},
      {error_of(kCard, {"parameters.gf=0"}), {"gf", "positive"}},
      {error_of(kCard, {"scales.factorization=0"}), {"scales.factorization", "positive"}},
      {error_of(kCard, {"scales.factorization=max(ht, 1"}), {"scales.factorization", "')'"}},
      {error_of(kCard, {"scales.factorization=mac(ht, 1)"}), {"mac", "max"}},
      {error_of(kCard, {"beams.flavours=7"}), {"1 to 5"}},
      {error_of(kCard, {"process=p p > e+ ee-"}), {"ee-", "e-"}},
      {error_of(kCard, {"process=3"}), {"text"}},
      {error_of(kCard, {"model=sm_zprim"}), {"sm_zprime"}},
      {error_of(kCard, {"sampling.loss=reverse_kl"}), {"sampling.loss", "ann"}},
      {error_of(kCard, {"sampling.sampler=vega"}), {"vegas"}},
      {error_of(kCard, {"output.format=lh"}), {"lhe"}},
      {error_of(kCard, {"output.events=-5"}), {"whole number"}},
      {error_of(kCard, {"output.events=1.5"}), {"whole number"}},
      {error_of(kCard, {"integration.accuracy=0"}), {"1e-07"}},
      {error_of(kCard, {"cuts.m_ee.of=mas(e+, e-)"}), {"cuts.m_ee", "mass"}},
      {error_of(kCard, {"cuts.m_ee.max=10"}), {"nothing could pass"}},
      {error_of(kCard, {"cuts.m_ee.mim=10"}), {"mim", "min"}},
      {error_of(kCard, {"cuts.x={ of = \"eta(e+)\", min = \"2 GeV\" }"}), {"pure number"}},
      {error_of(kCard, {"scales.factorization=mass.y"}), {"mass.y"}},
      {error_of(kCard, {"scales.factorization=0"}), {"positive"}},
      {error_of(kCard, {"scales.running=1"}), {"true or false"}},
      {error_of(kCard, {"parameters.scheme=x"}), {"alpha_gf_mz"}},
      {error_of(kCard, {"parameters.slha=nowhere.dat"}), {"nowhere.dat"}},
      {error_of(kCard, {"noequals"}), {"KEY=VALUE"}},
      {error_of(kCard, {"process.x=1"}), {"process"}},
      {error_of("process = \"p p > e+ e-\"\n"), {"beams.energy"}},
      {error_of("[beams]\nenergy = 1000.0\n"), {"process"}},
      {error_of("process = \n"), {"cards/test.toml:1"}},
      {error_of("process = \"z > e+ e-\"\n[beams]\nenergy = 1.0\n"), {"decay"}},
      {error_of("beams = 3\nprocess = \"p p > e+ e-\"\n"), {"table"}},
  };
  int number = 0;
  for (const auto& [message, parts] : cases) {
    EXPECT_FALSE(message.empty()) << "case " << number;
    for (const std::string& part : parts)
      EXPECT_NE(message.find(part), std::string::npos) << "case " << number << ": " << message;
    ++number;
  }
}

TEST(Card, CardsOfTheProjectAreValid) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(THALWEG_SOURCE "/cards")) {
    EXPECT_NO_THROW(load_card(entry.path(), {})) << entry.path();
    ++count;
  }
  EXPECT_GE(count, 2);
}

}  // namespace
}  // namespace thalweg
