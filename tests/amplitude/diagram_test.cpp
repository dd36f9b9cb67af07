#include "thalweg/amplitude/diagram.h"

#include <gtest/gtest.h>

#include "thalweg/amplitude/draw.h"
#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

std::vector<DiagramSet> sets(const std::string& process, const std::string& name = "sm", int flavours = 4) {
  const Model model(name);
  return diagrams_of(parse_process(process, model, default_multiparticles(flavours)), model,
                     model.vertices(model.default_parameters()));
}

// Numbers of tree diagrams that can be counted by hand.
TEST(Diagrams, Counts) {
  const std::pair<const char*, std::size_t> cases[] = {
      {"e+ e- > mu+ mu-", 2}, {"e+ e- > e+ e-", 4},    {"u d~ > e+ ve", 1},      {"e+ e- > a a", 2},
      {"u u~ > z z", 2},      {"e+ e- > w+ w-", 3},    {"g g > t t~", 3},        {"u u~ > t t~", 1},
      {"u u~ > e+ e- a", 8},  {"u u~ > e+ e- / z", 1}, {"u u~ > u u~ QED=0", 2}, {"u u~ > u u~ QED=99 QCD=99", 6},
      {"z > e+ e-", 1},       {"t > b e+ ve", 1},
  };
  for (const auto& [process, count] : cases) EXPECT_EQ(sets(process).at(0).diagrams.size(), count) << process;
  EXPECT_EQ(sets("u u~ > e+ e-", "sm_zprime").at(0).diagrams.size(), 3u);
}

TEST(Diagrams, SubProcessesOfTheProton) {
  EXPECT_EQ(sets("p p > e+ e-").size(), 8u);  // u d s c, either order
  EXPECT_EQ(sets("p p > e+ e-", "sm", 5).size(), 10u);
  EXPECT_EQ(sets("p p > e+ ve").size(), 4u);
  EXPECT_EQ(sets("p p > l+ l-").size(), 16u);
}

TEST(Diagrams, OrdersPickTheLargestCoupling) {
  const auto strong = sets("u u~ > d d~");
  for (const Diagram& d : strong.at(0).diagrams) EXPECT_EQ(d.qed, 0);
  EXPECT_GT(sets("u u~ > d d~ QED=99").at(0).diagrams.size(), strong.at(0).diagrams.size());
  EXPECT_EQ(sets("u u~ > d d~ WEIGHTED<=2").at(0).diagrams.size(), strong.at(0).diagrams.size());
  EXPECT_EQ(sets("u u~ > d d~ WEIGHTED=4").at(0).diagrams.size(), sets("u u~ > d d~ QED<=2").at(0).diagrams.size());
}

TEST(Diagrams, PropagatorsCarryTheRightParticle) {
  const auto set = sets("u u~ > e+ e-").at(0);
  EXPECT_EQ(set.diagrams[0].propagators().size(), 1u);
  EXPECT_EQ(set.diagrams[0].propagators()[0].mask, 3u);
  EXPECT_EQ(describe(set.diagrams[1], set.process, Model("sm")), "z(1,2)");
}

TEST(Process, Errors) {
  for (const char* bad : {"",
                          ">",
                          "p p",
                          "p p >",
                          "p p > e+",
                          "p p > e+ e- e",
                          "p p > e+ > e-",
                          "a b c > d e",
                          "p p > e+ e- QCD=x",
                          "p p > e+ e- QCD=-1",
                          "p p > e+ e- QCD>=1",
                          "u u~ > d d~ WEIGHTED=1",
                          "p p > e+ e- @1",
                          "p p > e+ e- / qq",
                          "p p > p p p p p p p p p",
                          "> e+ e-",
                          "e+ e- > e+ e+",
                          "e+ e- > mu+ e-",
                          "a a > ve ve~ QED=2",
                          "p p > e+ e- / a z"})
    EXPECT_THROW(sets(bad), RequestError) << bad;
}

TEST(Draw, IsOneSvgWithEveryDiagram) {
  const auto all = sets("p p > e+ e-", "sm_zprime");
  const std::string svg = draw_diagrams(all, Model("sm_zprime"), 10);
  EXPECT_TRUE(svg.starts_with("<svg"));
  EXPECT_TRUE(svg.ends_with("</svg>\n"));
  std::size_t pictures = 0;
  for (std::size_t at = 0; (at = svg.find("<g ", at)) != std::string::npos; ++at) ++pictures;
  EXPECT_EQ(pictures, 10u);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
}

}  // namespace
}  // namespace thalweg
