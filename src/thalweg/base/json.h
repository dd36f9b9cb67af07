// JSON documents of users: read and written with our own words for what is wrong.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace thalweg {

// Arrays and objects within each other. Readers and destructors of JSON call themselves once a level.
inline constexpr int kMaxJsonDepth = 100;

// RequestError "PLACE:LINE: ..." for text that is not one JSON document, or is nested more deeply than kMaxJsonDepth.
nlohmann::json parse_json(std::string_view text, const std::string& place);

// With two blanks a level. Bytes that are no UTF-8 (names of files may hold them) become U+FFFD; it never throws.
std::string to_text(const nlohmann::json& json);

// A value for messages, at most 40 characters.
std::string short_text(const nlohmann::json& json);

// What an exception of the library means, without its name in brackets and its number.
std::string describe(const nlohmann::json::exception& error);

}  // namespace thalweg
