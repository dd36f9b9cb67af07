// What a fuzzer feeds: each reader takes any bytes and either returns or throws RequestError. Anything
// else (another exception, a crash, a sanitizer's report) is a defect.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace thalweg::fuzz {

struct Target {
  const char* name;
  bool (*read)(std::string_view bytes);  // whether they were taken
  bool json;                             // a document, perhaps with bytes behind a zero
  // Good inputs; none: the files of seeds/<name>. Checksums are made by the targets, so that what lies behind them is
  // reached.
  std::vector<std::string> (*seeds)();
};
const std::vector<Target>& targets();
const Target& target_named(std::string_view name);

bool card(std::string_view text);
bool lhe(std::string_view text);
bool slha(std::string_view text);
bool grid(std::string_view text);
bool info(std::string_view text);
bool process(std::string_view text);
bool points(std::string_view text);  // of evaluate

// LHEH5 files as JSON: {"sets": {name: {"size": [...], "values": [...], "storage": 0 to 5, "type": 0 to 5, "chunk":
// n}}, "links": {name: target}}.
bool lheh5(std::string_view description);
// LHEH5 files as bytes, in a process of its own: the library does not survive everything.
bool lheh5_bytes(std::string_view bytes);
// The documents of a run folder, first line and all; generation: behind a zero the rows of events.partial.
bool state(std::string_view text);
bool generation(std::string_view bytes);
bool training(std::string_view text);
bool result(std::string_view text);
bool folder(std::string_view text);  // the first line as it is
// The document of a sampler file, to its networks.
bool sampler(std::string_view text);
std::vector<std::string> points_seeds();
std::vector<std::string> lheh5_seeds();
std::vector<std::string> lheh5_bytes_seeds();
std::vector<std::string> state_seeds();
std::vector<std::string> generation_seeds();
std::vector<std::string> training_seeds();
std::vector<std::string> result_seeds();
std::vector<std::string> folder_seeds();
std::vector<std::string> sampler_seeds();

}  // namespace thalweg::fuzz
