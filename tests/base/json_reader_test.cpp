#include "thalweg/base/json_reader.h"

#include <gtest/gtest.h>

#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

std::string message(auto&& body) {
  try {
    body();
  } catch (const RequestError& error) {
    return error.what();
  }
  return "";
}

TEST(JsonReader, NamesThePlaceAndTheValue) {
  const auto json = nlohmann::json::parse(R"({"a": {"b": [1, -2, 2.5, null, "x"]}, "big": 36893488147419103232})");
  const JsonReader root(json, "f.json is damaged", "; remove it");
  const JsonReader a = root.at("a"), b = a.at("b");
  EXPECT_EQ(b.at(0).whole(), 1U);
  EXPECT_EQ(b.at(1).number(), -2);
  EXPECT_EQ(message([&] { b.at(1).whole(0, 9); }),
            "f.json is damaged: a.b[1]: expected a whole number from 0 to 9, found -2; remove it");
  EXPECT_EQ(message([&] { b.at(2).whole(0, 9); }),
            "f.json is damaged: a.b[2]: expected a whole number from 0 to 9, found 2.5; remove it");
  EXPECT_EQ(message([&] { b.at(3).number(); }),
            "f.json is damaged: a.b[3]: expected a finite number, found null; remove it");
  EXPECT_EQ(message([&] { b.numbers(5); }),
            "f.json is damaged: a.b[3]: expected a finite number, found null; remove it");
  EXPECT_EQ(message([&] { b.numbers(4); }), "f.json is damaged: a.b: expected 4 elements, found 5; remove it");
  EXPECT_EQ(message([&] { b.at(2).number(3, 4); }),
            "f.json is damaged: a.b[2]: expected a number from 3 to 4, found 2.5; remove it");
  EXPECT_EQ(message([&] { root.at("c"); }), "f.json is damaged: there is no 'c'; remove it");
  EXPECT_EQ(message([&] { b.at(9); }), "f.json is damaged: a.b: 5 elements, more are needed; remove it");
  EXPECT_EQ(message([&] { a.flag(); }), "f.json is damaged: a: expected true or false, found an object; remove it");
  EXPECT_NE(message([&] { root.at("big").whole(); }), "");
  EXPECT_EQ(b.at(3).number_or(7), 7);
  EXPECT_EQ(root.keys(), (std::vector<std::string>{"a", "big"}));
}

}  // namespace
}  // namespace thalweg
