#include "thalweg/run/sealed_json.h"

#include <fmt/format.h>
#include <zlib.h>

#include "thalweg/base/errors.h"
#include "thalweg/base/json.h"

namespace thalweg {
namespace {

constexpr const char* kFirstLine[] = {"format", "file", "card", "checksum"};

std::string first_line(const std::string& name, const std::string& card, std::string_view rest) {
  return fmt::format(R"({{"format": {}, "file": "{}", "card": "{}", "checksum": "{}",)", kFolderFormat, name, card,
                     crc32_of(rest));
}

// What a first line says of `key`; nothing where it does not.
std::string_view said(std::string_view line, std::string_view key) {
  const auto at = line.find(key);
  if (at == std::string_view::npos) return {};
  const std::string_view value = line.substr(at + key.size());
  return value.substr(0, value.find_first_of("\","));
}

// Of a file whose first line is not the one expected.
[[noreturn]] void refuse(std::string_view text, std::string_view line, std::string_view rest, const std::string& name,
                         const std::string& card, const std::string& place, const std::string& advice) {
  const std::string_view format = said(line, R"({"format": )"), file = said(line, R"("file": ")");
  const bool ours = !format.empty() && format.size() < 10 && format.find_first_not_of("0123456789") == format.npos;
  // Files of version 1 have no such line.
  if (!ours) {
    nlohmann::json old;
    try {
      old = parse_json(text, place);
    } catch (const RequestError&) {
    }
    if (!old.is_object() || old.empty() || old.contains("checksum")) request_error("{} is damaged; {}", place, advice);
  }
  if (!ours || format != std::to_string(kFolderFormat))
    request_error(
        "{} has version {} of the run folder, this program reads version {}: go on with the program that made it, or "
        "choose another folder with --run; what the folder holds can be removed to start again",
        place, ours ? format : "1", kFolderFormat);
  if (file != name && said(line, R"("checksum": ")") == crc32_of(rest))
    request_error("{} is a '{}.json' under another name; {}", place, file, advice);
  if (!card.empty() && said(line, R"("card": ")") != card &&
      line == first_line(name, std::string(said(line, R"("card": ")")), rest))
    request_error("{} belongs to the run of another card; {}", place, advice);
  request_error("{} is damaged: its checksum does not fit; {}", place, advice);
}

}  // namespace

std::string crc32_of(std::string_view bytes) {
  return fmt::format("{:08x}", crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::string sealed(const std::string& name, const std::string& card, nlohmann::json& json, int indent) {
  for (const char* key : kFirstLine) json.erase(key);
  // A file name need not be UTF-8.
  std::string rest = json.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  rest.erase(0, indent < 0 ? 1 : 2);  // the bracket, and the end of its line
  const std::string line = first_line(name, card, rest);
  json["format"] = kFolderFormat, json["file"] = name, json["card"] = card, json["checksum"] = crc32_of(rest);
  return line + "\n" + rest;
}

nlohmann::json unsealed(std::string_view text, const std::string& name, const std::string& card,
                        const std::string& place, const std::string& advice) {
  const std::string_view line = text.substr(0, text.find('\n'));
  const std::string_view rest = line.size() < text.size() ? text.substr(line.size() + 1) : std::string_view{};
  const std::string expected = first_line(name, card.empty() ? std::string(said(line, R"("card": ")")) : card, rest);
  if (line != expected) refuse(text, line, rest, name, card, place, advice);
  nlohmann::json json = parse_json(text, place);
  for (const char* key : kFirstLine) json.erase(key);
  return json;
}

}  // namespace thalweg
