#include "thalweg/run/sealed_json.h"

#include <gtest/gtest.h>

#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

nlohmann::json document() {
  return {{"sums", {0.1, 1.0 / 3, -2e-300}}, {"done", 7}, {"reason", "as the card says \"so\""}, {"complete", true}};
}

std::string refusal(std::string_view text, const std::string& name = "state", const std::string& card = "0badc0de") {
  try {
    unsealed(text, name, card, "'r/state.json'", "remove it to adapt again");
  } catch (const RequestError& error) {
    EXPECT_EQ(std::string(error.what()).find("'r/state.json'"), 0U) << error.what();
    return error.what();
  }
  return "";
}

class Sealed : public ::testing::TestWithParam<int> {
 protected:
  std::string text() const {
    nlohmann::json json = document();
    return sealed("state", "0badc0de", json, GetParam());
  }
};

TEST_P(Sealed, ComesBack) {
  EXPECT_EQ(unsealed(text(), "state", "0badc0de", "f", ""), document());
  EXPECT_EQ(unsealed(text(), "state", "", "f", ""), document());
  nlohmann::json whole = document();
  const std::string again = sealed("state", "0badc0de", whole, GetParam());
  EXPECT_EQ(nlohmann::json::parse(again), whole) << "what is returned is what is in the file";
  EXPECT_EQ(sealed("state", "0badc0de", whole, GetParam()), again) << "and may be sealed again";
}

TEST_P(Sealed, EveryFlippedBitIsRefused) {
  const std::string good = text();
  for (std::size_t i = 0; i < 8 * good.size(); ++i) {
    std::string bad = good;
    bad[i / 8] = static_cast<char>(bad[i / 8] ^ (1 << (i % 8)));
    EXPECT_NE(refusal(bad), "") << i;
  }
}

TEST_P(Sealed, EveryTruncationAndWhateverIsAddedIsRefused) {
  const std::string good = text();
  for (std::size_t length = 0; length < good.size(); ++length) EXPECT_NE(refusal(good.substr(0, length)), "") << length;
  for (const char* more : {"\n", " ", "{}", "x"}) EXPECT_NE(refusal(good + more), "");
}

INSTANTIATE_TEST_SUITE_P(Indents, Sealed, ::testing::Values(-1, 2));

TEST(SealedJson, SaysWhatIsWrong) {
  nlohmann::json json = document();
  const std::string good = sealed("state", "0badc0de", json, 2);
  auto says = [](const std::string& message, const char* what) {
    EXPECT_NE(message.find(what), std::string::npos) << message;
  };
  says(refusal(document().dump()), "has version 1 of the run folder, this program reads version 2");
  std::string newer = good;
  newer.replace(newer.find(": 2,"), 4, ": 17,");
  says(refusal(newer), "has version 17 of the run folder");
  says(refusal(good, "generation"), "is a 'state.json' under another name");
  says(refusal(good, "state", "11111111"), "belongs to the run of another card");
  says(refusal(good.substr(0, good.size() - 9)), "its checksum does not fit; remove it to adapt again");
  says(refusal("{\"grids\": ["), "is damaged");
  says(refusal(""), "is damaged");
  says(refusal(std::string(100'000, '[')), "is damaged");
}

}  // namespace
}  // namespace thalweg
