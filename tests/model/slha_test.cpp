#include "thalweg/model/slha.h"

#include <gtest/gtest.h>

#include <cmath>

#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

TEST(Slha, WrittenCardsReadBack) {
  for (const std::string& name : Model::names()) {
    const Model model(name);
    Parameters p = model.default_parameters();
    double value = 1.0 / 3;
    for (const std::string& parameter : p.names())
      if (!parameter.starts_with("ckm.") && parameter != "mass.w" && parameter != "mass.z" && parameter != "gf" &&
          parameter != "alpha_em_inverse")
        p.set(parameter, value *= 1.1);
    Parameters q = model.default_parameters();
    read_slha(write_slha(model, p), "card", model, q);
    q.derive();
    EXPECT_EQ(p.values(), q.values()) << name;
  }
}

TEST(Slha, MixingMatricesReadBack) {
  const Model model("sm");
  for (const bool wolfenstein : {true, false}) {
    Parameters p = model.default_parameters(), q = p;
    for (const auto& [name, value] :
         {std::pair{"ckm.lambda", 0.225}, {"ckm.a", 1 / 1.3}, {"ckm.rhobar", 0.16}, {"ckm.etabar", 0.35}})
      p.set(name, value);
    p.derive();
    if (!wolfenstein) {
      const Parameters from = p;
      p = model.default_parameters();
      for (const std::string& name : p.names())
        if (name.starts_with("ckm.") && (name.size() == 6 || name.starts_with("ckm.im_"))) p.set(name, from.get(name));
      p.derive();
    }
    EXPECT_TRUE(read_slha(write_slha(model, p), "card", model, q).empty());
    q.derive();
    EXPECT_EQ(p.values(), q.values());
    EXPECT_EQ(p.mixing(), q.mixing());
  }
  EXPECT_EQ(write_slha(model, model.default_parameters()).find("VCKM"), std::string::npos);
}

Parameters read(const std::string& text, const char* scheme = "alpha_gf_mz",
                std::vector<std::string>* unused = nullptr) {
  const Model model("sm");
  Parameters p = model.default_parameters();
  p.set_scheme(scheme);
  const auto list = read_slha(text, "c.dat", model, p);
  p.derive();
  if (unused) *unused = list;
  return p;
}

TEST(Slha, MixingBlocks) {
  std::vector<std::string> unused;
  const Parameters c = read("BLOCK VCKM\n 1 1 0.97\n 1 2 0.22\n", "alpha_gf_mz", &unused);
  EXPECT_EQ(c.ckm()[0][1], 0.22);
  EXPECT_EQ(c.ckm()[1][1], 1.0);
  EXPECT_TRUE(unused.empty());
  EXPECT_FALSE(c.ckm_unitary());  // and used
  const Parameters cabibbo = read("BLOCK CKMBLOCK\n 1 0.2277\n");
  EXPECT_EQ(cabibbo.get("ckm.us"), std::sin(0.2277));
  EXPECT_EQ(read("BLOCK VCKMIN\n 1 0.2265\n 2 0.79\n 3 0.141\n 4 0.357\nBLOCK VCKM\n 1 2 0.2265\n").get("ckm.us"),
            read("BLOCK VCKMIN\n 1 0.2265\n 2 0.79\n 3 0.141\n 4 0.357\n").get("ckm.us"));
  const Parameters complex = read("BLOCK VCKM\n 1 1 0\n 2 2 1\n 3 3 1\nBLOCK IMVCKM\n 1 1 1\n");
  EXPECT_EQ(complex.ckm()[0][0], std::complex<double>(0, 1));
}

TEST(Slha, WhatContradictsIsRefusedAndTheRestIsListed) {
  // M_W = 80.41900... follows
  EXPECT_NO_THROW(read("BLOCK MASS\n 24 80.419002\n"));
  EXPECT_EQ(read("BLOCK MASS\n 24 80.3692\n", "gmu").get("mass.w"), 80.3692);
  EXPECT_EQ(read("BLOCK SMINPUTS\n 4 91.19\n 6 172.0\n 7 1.8\n").get("mass.z"), 91.19);
  EXPECT_EQ(read("BLOCK SMINPUTS\n 4 91.19\n 6 172.0\n 7 1.8\n").get("mass.t"), 172.0);
  std::vector<std::string> unused;
  read(
      "BLOCK MODSEL\n 1 1\nBLOCK SMINPUTS\n 1 132.507\n 5 4.18\nBLOCK MASS\n 1000021 600\n 1 0\nDECAY 1000021 3\n 0.5 "
      "2 1 2\n",
      "gmu", &unused);
  EXPECT_EQ(unused, (std::vector<std::string>{"MODSEL", "SMINPUTS 1 (alpha follows from G_F, M_W, M_Z in scheme gmu)",
                                              "SMINPUTS 5", "MASS 1000021", "DECAY 1000021"}));
  const std::pair<const char*, std::vector<const char*>> cases[] = {
      {"BLOCK MASS\n 24 80.3692\n", {"c.dat:2", "MASS 24", "80.3692", "80.419", "gmu"}},
      {"BLOCK MASS\n 6 172\n 6 173\n", {"c.dat:3", "MASS 6", "172", "173", "line 2"}},
      {"BLOCK MASS\n 23 91.188\nBLOCK SMINPUTS\n 4 91.19\n", {"c.dat:4", "SMINPUTS 4", "91.19", "MASS 23", "91.188"}},
      {"BLOCK YUKAWA\n 13 0.105\n", {"YUKAWA 13", "0.105", "mu-"}},
      {"BLOCK VCKMIN\n 1 0.2265\nBLOCK VCKM\n 1 2 0.24\n", {"c.dat:4", "V_us", "0.24", "0.2265"}},
      {"BLOCK VCKM\n 1 4 0.1\n", {"c.dat:2", "1 to 3"}},
      {"BLOCK VCKM\n 1 0.1\n", {"c.dat:2", "i j"}},
      {"BLOCK VCKMIN\n 1 1.1\n", {"lambda"}},
      {"BLOCK WOLFENSTEIN\n 1 0.2\n", {"VCKMIN"}},
      {"DECAY 5 0.1\n", {"DECAY 5", "width"}}};
  for (const auto& [text, words] : cases) try {
      read(text);
      ADD_FAILURE() << text;
    } catch (const RequestError& error) {
      for (const char* word : words) EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
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
