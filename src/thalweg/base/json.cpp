#include "thalweg/base/json.h"

#include <algorithm>

#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

std::size_t line_of(std::string_view text, std::size_t at) {
  return 1 + static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

// Before the library sees it, which recurses.
void check_depth(std::string_view text, const std::string& place) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxJsonDepth)
        request_error("{}:{}: arrays and objects are nested more than {} deep; is it the right file?", place,
                      line_of(text, i), kMaxJsonDepth);
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
}

}  // namespace

nlohmann::json parse_json(std::string_view text, const std::string& place) {
  check_depth(text, place);
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    const std::size_t at = std::min(error.byte > 0 ? error.byte - 1 : 0, text.size());
    std::string near(text.substr(at, 20));
    near = near.substr(0, near.find('\n'));
    if (at >= text.size()) request_error("{}:{}: not JSON: the text ends too early", place, line_of(text, at));
    request_error("{}:{}: not JSON: did not expect {}", place, line_of(text, at),
                  near.empty() ? "the end of the line" : short_text(near));
  } catch (const nlohmann::json::exception& error) {  // a number out of range
    request_error("{}: not JSON: {}", place, describe(error));
  }
}

std::string to_text(const nlohmann::json& json) {
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string short_text(const nlohmann::json& json) {
  std::string text = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (text.size() <= 40) return text;
  std::size_t end = 37;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // not within a character
  return text.substr(0, end) + "...";
}

std::string describe(const nlohmann::json::exception& error) {
  const std::string_view text = error.what();
  const auto bracket = text.find("] ");
  return std::string(bracket == std::string_view::npos ? text : text.substr(bracket + 2));
}

}  // namespace thalweg
