// The JSON documents of a run folder. Their first line says what they are and proves that the rest is whole:
//
//   {"format": 2, "file": "state", "card": "0a1b2c3d", "checksum": "4e5f6071",
//
// format: version of the run folder; file: the name without .json; card: CRC-32 of the card whose run it is
// (card.sampling.toml); checksum: CRC-32 of everything behind the first line. The whole file is JSON.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace thalweg {

inline constexpr int kFolderFormat = 2;  // 1: without checksums

// Eight hexadecimal digits.
std::string crc32_of(std::string_view bytes);

// The text of the file of `json`, an object with an entry or more; json gets the entries of the first line.
std::string sealed(const std::string& name, const std::string& card, nlohmann::json& json, int indent);

// The document in `text`, without the entries of the first line. RequestError that starts with `place` for another
// version, which says how to go on, for a document that is another one or of another card, and for one that is damaged:
// `advice`, such as "remove it to train again". An empty `card` stands for any.
nlohmann::json unsealed(std::string_view text, const std::string& name, const std::string& card,
                        const std::string& place, const std::string& advice);

}  // namespace thalweg
