#include "thalweg/run/expression.h"

#include <gtest/gtest.h>

#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

double parameter(const std::string& name) {
  if (name == "mass.z") return 91;
  request_error("unknown parameter '{}'", name);
}
Expression parse(const std::string& text) { return Expression(text, {"ht"}, parameter); }

TEST(Expression, Values) {
  const double ht = 10;
  const std::pair<const char*, double> cases[] = {{"1", 1},
                                                  {"13 TeV", 13000},
                                                  {"2.5e2MeV", 0.25},
                                                  {"1 + 2 * 3", 7},
                                                  {"(1 + 2) * 3", 9},
                                                  {"2 ^ 3 ^ 2", 512},
                                                  {"-2 ^ 2", -4},
                                                  {"10 / 4 / 5", 0.5},
                                                  {"mass.z / 2", 45.5},
                                                  {"ht/2", 5},
                                                  {"1 - -1", 2},
                                                  {"0.5 * (ht + mass.z)", 50.5},
                                                  {"max(ht - 400, 10)", 10},
                                                  {"max(ht, 3)", 10},
                                                  {"min(ht, 3, 2 + 2)", 3},
                                                  {"2 * sqrt(ht * 10)", 20},
                                                  {"max (1, 2, 3) ^ 2", 9},
                                                  {"max((ht - 400)^0.5, 10)", 10},
                                                  {"min(max(ht, 2), mass.z)", 10},
                                                  {"max(7)", 7}};
  for (const auto& [text, value] : cases) EXPECT_DOUBLE_EQ(parse(text).evaluate(&ht), value) << text;
  EXPECT_TRUE(parse("ht/2").depends_on_event());
  EXPECT_FALSE(parse("mass.z").depends_on_event());
  EXPECT_TRUE(parse("3 GeV").has_unit());
}

TEST(Expression, WrongTextsAreRefused) {
  for (const char* bad :
       {"",     " ",     "1 +", "(1",    "1)",    "13 TeVV", "13 fb", "mass.y",     "1 2",  "* 2",        "1..2",
        "a(b)", "1e999", "2 ^", "max()", "max(1", "max(1,)", "max 1", "sqrt(1, 2)", "sqrt", "maxi(1, 2)", "max(,1)"})
    EXPECT_THROW(parse(bad), RequestError) << bad;
  EXPECT_THROW(parse(std::string(100'000, '(')), RequestError);
  EXPECT_THROW(parse(std::string(900, '-') + "1"), RequestError);
}

}  // namespace
}  // namespace thalweg
