#include "thalweg/base/json.h"

#include <gtest/gtest.h>

#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

std::string error_of(const std::string& text) {
  try {
    parse_json(text, "p.json");
  } catch (const RequestError& error) {
    return error.what();
  }
  return "";
}

TEST(Json, ErrorsAreOursWithFileAndLine) {
  const std::pair<const char*, const char*> cases[] = {{"", "ends too early"},
                                                       {"{\"a\": [1,\n2,", "p.json:2"},
                                                       {"{}\n x", "p.json:2: not JSON: did not expect \"x\""},
                                                       {"[1e999]", "overflow"},
                                                       {"[\"\xff\"]", "p.json:1"}};
  for (const auto& [text, words] : cases) {
    const std::string message = error_of(text);
    EXPECT_NE(message.find(words), std::string::npos) << message;
    EXPECT_EQ(message.find("exception"), std::string::npos) << message;
  }
}

TEST(Json, DeepNestingIsRefusedBeforeAnythingRecurses) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(error_of(nested(kMaxJsonDepth)), "");
  EXPECT_NE(error_of(nested(kMaxJsonDepth + 1)).find("nested"), std::string::npos);
  EXPECT_NE(error_of(std::string(10'000'000, '[')).find("nested"), std::string::npos);
  EXPECT_EQ(error_of("[\"" + std::string(1000, '[') + "\\\"[\"]"), "");  // within a text
}

TEST(Json, AnyBytesCanBeWritten) {
  EXPECT_EQ(to_text(nlohmann::json("\xff")), "\"\xef\xbf\xbd\"");
  EXPECT_LE(short_text(nlohmann::json(std::string(1000, 'x'))).size(), 40u);
  EXPECT_EQ(short_text(nlohmann::json("a")), "\"a\"");
}

}  // namespace
}  // namespace thalweg
