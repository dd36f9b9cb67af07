#include "thalweg/model/slha.h"

#include <gtest/gtest.h>

#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

TEST(Slha, WrittenCardsReadBack) {
  for (const std::string& name : Model::names()) {
    const Model model(name);
    Parameters p = model.default_parameters();
    double value = 1.0 / 3;
    for (const std::string& parameter : p.names())
      if (parameter != "mass.w" && parameter != "mass.z" && parameter != "gf" && parameter != "alpha_em_inverse")
        p.set(parameter, value *= 1.1);
    Parameters q = model.default_parameters();
    read_slha(write_slha(model, p), "card", model, q);
    q.derive();
    EXPECT_EQ(p.values(), q.values()) << name;
  }
}

TEST(Slha, ReadsCommentsCaseAndFortranExponents) {
  const Model model("sm");
  Parameters p = model.default_parameters();
  const auto unused = read_slha(
      "# a card\nBlock mass # masses\n 6 1.725D+02 # top\n\nblock OTHER\n 1 2 3\nDECAY 23 2.5\n", "card", model, p);
  EXPECT_EQ(p.get("mass.t"), 172.5);
  EXPECT_EQ(p.get("width.z"), 2.5);
  EXPECT_EQ(unused, std::vector<std::string>{"OTHER"});
}

TEST(Slha, ErrorsNameTheLine) {
  const Model model("sm");
  for (const char* bad :
       {"", "hello", "1 2 3\n", "BLOCK\n", "BLOCK MASS\n 6\n", "BLOCK MASS\n 6 abc\n", "BLOCK MASS\n x 1\n",
        "BLOCK MASS\n 6 -1\n", "BLOCK MASS\n 6 inf\n", "DECAY 6\n", "BLOCK MASS\n 11 0.0005\n"}) {
    Parameters p = model.default_parameters();
    EXPECT_THROW(read_slha(bad, "card", model, p), RequestError) << bad;
  }
  try {
    Parameters p = model.default_parameters();
    read_slha("BLOCK MASS\n\n 6 abc\n", "card", model, p);
  } catch (const RequestError& error) {
    EXPECT_NE(std::string(error.what()).find("card:3"), std::string::npos);
  }
}

}  // namespace
}  // namespace thalweg
