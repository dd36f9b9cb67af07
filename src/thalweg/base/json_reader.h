// Values of JSON documents that come from outside: each is checked before it is used, and what is wrong with one is
// told with its place in the document.
#pragma once

#include <cfloat>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace thalweg {

// A value in a document, and where it stands. Every function throws RequestError "<place>: <path>: expected ..., found
// ...<advice>" when the value is another. Whole numbers must be written as such; numbers are finite.
class JsonReader {
 public:
  static constexpr std::uint64_t kMost = std::uint64_t{1} << 53;  // exact in a double

  // `json` must live as long. place: the file; advice: what stands behind each message, such as "; remove it".
  JsonReader(const nlohmann::json& json, std::string place, std::string advice = "");
  JsonReader(const nlohmann::json& json);  // NOLINT: a document without a name

  // A value of an object, an element of a list. They refer to this one.
  JsonReader at(const char* key) const&;
  JsonReader at(std::size_t index) const&;
  JsonReader at(int index) const& { return at(static_cast<std::size_t>(index)); }
  JsonReader at(const char* key) const&& = delete;
  JsonReader at(int index) const&& = delete;
  JsonReader at(std::size_t index) const&& = delete;
  bool contains(const char* key) const;
  std::vector<std::string> keys() const;                                    // of an object
  std::size_t size(std::size_t least = 0, std::size_t most = kMost) const;  // of a list

  bool flag() const;
  std::string text() const;
  double number(double least = -DBL_MAX, double most = DBL_MAX) const;
  double number_or(double instead) const;  // of null, which stands for what is not finite
  std::uint64_t whole(std::uint64_t least = 0, std::uint64_t most = kMost) const;
  // Lists, of `size` elements.
  std::vector<double> numbers(std::size_t size, double least = -DBL_MAX, double most = DBL_MAX) const;
  std::vector<std::size_t> wholes(std::size_t size, std::uint64_t least, std::uint64_t most) const;
  std::vector<std::uint8_t> flags(std::size_t size) const;  // of 0 and 1
  std::vector<std::string> texts() const;

  [[noreturn]] void fail(const std::string& what) const;

 private:
  JsonReader(const nlohmann::json& json, const JsonReader& parent, const char* key, std::size_t index);
  std::string path() const;

  const nlohmann::json& json_;
  const JsonReader* parent_ = nullptr;
  const char* key_ = nullptr;  // or
  std::size_t index_ = 0;
  std::string place_, advice_;  // of the root
};

}  // namespace thalweg
