#include "thalweg/parton/set_info.h"

#include <gtest/gtest.h>

#include "thalweg/base/errors.h"
#include "thalweg/parton/alpha_s.h"

namespace thalweg {
namespace {

std::string error_of(const std::string& text, const char* key = nullptr) {
  try {
    const SetInfo info = SetInfo::parse(text, "set.info");
    if (key) info.numbers(key);
  } catch (const RequestError& error) {
    return error.what();
  }
  return "";
}

TEST(SetInfo, ReadsYamlAsItIsWritten) {
  const std::vector<double> expected = {1, 2.5, -3e-2};
  for (const char* text :
       {"L: [1, 2.5, -3e-2]", "L: [1,\n  2.5,\n  -3e-2]\n", "L:\n- 1\n- 2.5 # the second\n- -3e-2\n",
        "L:\n    - 1\n\n    - '2.5'\n    - \"-3e-2\"\n", "L: [ +1.0 , 2.5,-3.0E-02, ]", "# first\n\nL: 1, 2.5, -0.03\n",
        "---\nL: [1, 2.5, -3e-2]\n...\n", "{L: [1, 2.5, -3e-2], M: x}", "\xEF\xBB\xBFL: [1, 2.5, -3e-2]\r\nM: 1\r\n",
        "a: &l [1, 2.5, -3e-2]\nL: *l\n", "\"L\": [1, 2.5, -3e-2]\n", "? L\n: [1, 2.5, -3e-2]\n"})
    EXPECT_EQ(SetInfo::parse(text, "set.info").numbers("L"), expected) << text;
  const SetInfo info = SetInfo::parse(
      "SetDesc: \"a: text, # with 'marks'\"\nAuthors: M\xfcster\nT: ODE  # the type\nN: 007\nLong: >\n  one\n  "
      "two\nE:\n",
      "set.info");
  EXPECT_EQ(info.text("SetDesc"), "a: text, # with 'marks'");
  EXPECT_EQ(info.choice("T", {"ipol", "ode"}), 1u);
  EXPECT_EQ(info.whole("N", 0, 10), 7);
  EXPECT_EQ(info.text("Long"), "one two");
  EXPECT_FALSE(info.text("Missing").has_value());
  EXPECT_EQ(info.place_of("N"), "set.info:4: N");
  EXPECT_TRUE(SetInfo::parse("", "set.info").keys().empty());
  EXPECT_TRUE(SetInfo::parse("# nothing\n", "set.info").keys().empty());
}

TEST(SetInfo, WhatCannotBeReadIsToldWithLineAndKey) {
  const std::tuple<const char*, const char*, std::vector<std::string>> cases[] = {
      {"A: 1\nL: [1, 2\nB: 3", nullptr, {"set.info:"}},
      {"A: 1\nL: [1, x]", "L", {"set.info:2", "L", "'x'"}},
      {"L: {a: 1}", "L", {"set.info:1", "L", "list"}},
      {"L: [[1], 2]", "L", {"L", "list"}},
      {"L:", "L", {"L", "list"}},
      {"L: ~", "L", {"L", "list"}},
      {"L: []\nL: [1]", nullptr, {"set.info:2", "another value"}},
      {"L: nan", "L", {"'nan'"}},
      {"L: [1, .inf]", "L", {"'.inf'"}},
      {"L: 1e999", "L", {"'1e999'"}},
      {"L: 0x10", "L", {"'0x10'"}},
      {"L: 1.0d0", "L", {"'1.0d0'"}},
      {"- 1\n- 2", nullptr, {"table of keys"}},
      {"just a text", nullptr, {"table of keys"}},
      {"a: 1\n---\nb: 2", nullptr, {"more than one"}},
      {"a: &x {b: 1}\n<<: *x\n", nullptr, {"merge"}},
      {"[1, 2]: 3", nullptr, {"key must be a name"}},
      {"a: 1\n]\nb: 2", nullptr, {"set.info"}},
      {"a: 1\n}\nb: 2", nullptr, {"set.info"}},
      {",p:0", nullptr, {"set.info"}},
      {"---\n---\na: 1\n", nullptr, {"more than one"}},
      {"a: *nowhere", nullptr, {"set.info:1"}},
      {"a: 'open", nullptr, {"set.info:"}},
      {"a: b: c", nullptr, {"set.info:1"}},
      {"a: @x", nullptr, {"set.info:1"}},
      {"\ta: 1", nullptr, {"set.info:"}},
  };
  for (const auto& [text, key, parts] : cases) {
    const std::string message = error_of(text, key);
    EXPECT_FALSE(message.empty()) << text;
    for (const std::string& part : parts) EXPECT_NE(message.find(part), std::string::npos) << text << "\n" << message;
  }
  const SetInfo info = SetInfo::parse("F: yes\nW: 1.5\nL: [1]\nT: odee", "set.info");
  EXPECT_THROW(info.number("F"), RequestError);
  EXPECT_THROW(info.whole("W", 0, 3), RequestError);
  EXPECT_THROW(info.number("L"), RequestError);
  EXPECT_THROW(info.choice("T", {"ode"}), RequestError);
}

// Hostile texts cost neither the stack nor much time.
TEST(SetInfo, HostileTextsAreErrors) {
  EXPECT_NE(error_of("a: " + std::string(100'000, '[')), "");
  EXPECT_NE(error_of(std::string(50'000, '{')), "");
  std::string nested;
  for (int i = 0; i < 3000; ++i) nested += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  error_of(nested.substr(0, SetInfo::kMostBytes));
  EXPECT_NE(error_of(std::string(SetInfo::kMostBytes + 1, '#')), "");
  EXPECT_EQ(error_of("a: " + std::string(SetInfo::kMostBytes - 10, '1')), "");
  EXPECT_NE(error_of("a: " + std::string(SetInfo::kMostBytes - 10, '1'), "a"), "");
  std::string bomb = "l0: &l0 [1, 1, 1, 1, 1, 1, 1, 1]\n";
  for (int i = 1; i < 40; ++i)
    bomb += fmt::format("l{0}: &l{0} [*l{1}, *l{1}, *l{1}, *l{1}, *l{1}, *l{1}, *l{1}]\n", i, i - 1);
  EXPECT_NE(error_of(bomb, "l39"), "");
  EXPECT_NE(error_of("a: &a [*a]", "a"), "");
  EXPECT_NE(error_of(std::string("a: 1\0b", 6) + "\n- x"), "");
}

TEST(SetInfo, TheHeaderOfAMemberGoesFirst) {
  SetInfo member = SetInfo::parse("AlphaS_MZ: 0.12", "member.dat");
  member.add(SetInfo::parse("AlphaS_MZ: 0.118\nMZ: 91", "set.info"));
  EXPECT_EQ(member.number("AlphaS_MZ"), 0.12);
  EXPECT_EQ(member.number("MZ"), 91);
}

AlphaS coupling(const std::string& text, std::vector<std::string>* notes = nullptr) {
  std::vector<std::string> ignored;
  return AlphaS::from_info(SetInfo::parse(text, "set.info"), "set.info", notes ? *notes : ignored);
}

constexpr const char* kTable = "AlphaS_Qs: [1, 10,\n  91.1876, 1000]\nAlphaS_Vals: [0.5, 0.18, 0.118, 0.09]\n";

TEST(AlphaSOfASet, TheTypeSaysWhatCounts) {
  const AlphaS table = AlphaS::from_table({1, 10, 91.1876, 1000}, {0.5, 0.18, 0.118, 0.09});
  EXPECT_EQ(coupling(std::string("AlphaS_Type: ipol\n") + kTable)(300), table(300));
  EXPECT_EQ(coupling(std::string("AlphaS_Type: IPOL\nAlphaS_MZ: 0.2\nAlphaS_OrderQCD: 2\n") + kTable)(300), table(300));
  EXPECT_EQ(coupling(kTable)(300), table(300));
  const AlphaS run =
      AlphaS::from_running({.order = 1, .thresholds = {1.29, 4.19, 172.9}, .masses = {1.29, 4.19, 172.9}, .most = 5});
  EXPECT_EQ(coupling(std::string("AlphaS_Type: ode\nAlphaS_MZ: 0.118\nAlphaS_OrderQCD: 1\n") + kTable)(300), run(300));
  EXPECT_EQ(coupling("AlphaS_MZ: 0.118\nOrderQCD: 1\n")(2), run(2));
  const AlphaS lambda = AlphaS::from_lambdas({{4, 0.3}, {5, 0.2}}, 1, {1.29, 4.19, 172.9}, 3, 5);
  EXPECT_EQ(coupling("AlphaS_Type: analytic\nAlphaS_OrderQCD: 1\nAlphaS_Lambda4: 0.3\nAlphaS_Lambda5: 0.2\n")(300),
            lambda(300));
}

TEST(AlphaSOfASet, SchemeThresholdsAndReferenceAreHeeded) {
  const std::string head = "AlphaS_Type: ode\nAlphaS_OrderQCD: 0\n";
  AlphaS::Running four{0.12, 91.1876};
  four.least = four.most = 4;
  for (const char* scheme :
       {"FlavorScheme: fixed\nNumFlavors: 4\n",
        "FlavorScheme: variable\nNumFlavors: 6\nAlphaS_FlavorScheme: Fixed\nAlphaS_NumFlavors: 4\n"})
    for (const double q : {1.2, 3.0, 500.0})
      EXPECT_NEAR(coupling(head + "AlphaS_MZ: 0.12\n" + scheme)(q), AlphaS::from_running(four)(q), 1e-10);
  AlphaS::Running other{0.3, 3, 0, {1.4, 5, 170}, {1.4, 4.5, 170}, 3, 6};
  EXPECT_EQ(
      coupling(head +
               "AlphaS_Reference: 0.3\nAlphaS_MassReference: 3\nAlphaS_MZ: 0.1\nMCharm: 1.4\nAlphaS_MBottom: 4.5\n"
               "MBottom: 9\nAlphaS_ThresholdBottom: 5\nMTop: 170\nNumFlavors: 6\n")(400),
      AlphaS::from_running(other)(400));
}

TEST(AlphaSOfASet, WhatIsAssumedIsSaid) {
  std::vector<std::string> notes;
  EXPECT_EQ(coupling("MZ: 91.2\n", &notes)(91.2), 0.118);
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_NE(notes[1].find("alpha_s(91.2 GeV) = 0.118"), std::string::npos) << notes[1];
  notes.clear();
  coupling(std::string("AlphaS_Type: ipol\nAlphaS_MZ: 0.13\n") + kTable, &notes);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_NE(notes[0].find("0.13"), std::string::npos);
  notes.clear();
  coupling(std::string("AlphaS_Type: ipol\nAlphaS_MZ: 0.118\n") + kTable, &notes);
  EXPECT_TRUE(notes.empty());
  // the number of loops in the place of the order, as alpha_s(M_Z) tells
  const double at_mz = AlphaS::from_lambdas({{5, 0.165}}, 0, {1.29, 4.19, 172.9}, 3, 5)(91.1876);
  const AlphaS a = coupling(
      fmt::format("AlphaS_Type: analytic\nAlphaS_OrderQCD: 1\nAlphaS_Lambda5: 0.165\nAlphaS_MZ: {:.4f}\n", at_mz),
      &notes);
  EXPECT_NEAR(a(91.1876), at_mz, 1e-12);
  EXPECT_EQ(notes.size(), 1u);
}

TEST(AlphaSOfASet, WhatDoesNotFitIsRefused) {
  for (const char* bad : {"AlphaS_Type: ipol\n",
                          "AlphaS_Type: ipol\nAlphaS_Qs: [1, 2]\n",
                          "AlphaS_Type: spline\n",
                          "AlphaS_Type: ipol\nAlphaS_Qs: [1, 2]\nAlphaS_Vals: [0.3]\n",
                          "AlphaS_Type: ipol\nAlphaS_Qs: [1, x]\nAlphaS_Vals: [1, 2]\n",
                          "AlphaS_Type: ode\nAlphaS_MZ: 0\n",
                          "AlphaS_Type: ode\nAlphaS_MZ: -0.1\n",
                          "AlphaS_Type: ode\nAlphaS_MZ: [0.118, 0.119]\n",
                          "AlphaS_Type: ode\nAlphaS_MZ: large\n",
                          "AlphaS_Type: ode\nAlphaS_OrderQCD: 4\n",
                          "AlphaS_Type: ode\nAlphaS_OrderQCD: 0.5\n",
                          "AlphaS_Type: ode\nFlavorScheme: VFNS\n",
                          "AlphaS_Type: ode\nNumFlavors: 7\n",
                          "AlphaS_Type: ode\nMCharm: -1\n",
                          "AlphaS_Type: ode\nMCharm: 10\n",
                          "AlphaS_Type: ode\nThresholdStrange: 4\n",
                          "AlphaS_Type: ode\nAlphaS_Reference: 0.3\n",
                          "AlphaS_Type: ode\nMZ: 0\n",
                          "AlphaS_Type: analytic\n",
                          "AlphaS_Type: analytic\nAlphaS_Lambda3: 0.3\nAlphaS_Lambda5: 0.2\n",
                          "AlphaS_Type: analytic\nAlphaS_Lambda5: 0\n",
                          "AlphaS_Type: analytic\nAlphaS_Lambda5: 0.2\nFlavorScheme: fixed\nNumFlavors: 4\n"})
    EXPECT_THROW(coupling(bad), RequestError) << bad;
}

}  // namespace
}  // namespace thalweg
