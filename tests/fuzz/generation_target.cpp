// generation.json and events.partial.
#include <fstream>

#include "guarded.h"
#include "scratch.h"
#include "targets.h"
#include "thalweg/run/cross_section.h"
#include "thalweg/run/generation.h"
#include "thalweg/sampling/unweighting.h"

namespace thalweg::fuzz {
namespace {

const CrossSection& small_process() {
  static const CrossSection process(
      parse_card("process = \"u u~ > e+ e-\"\n[beams]\nenergy = 200\npdf = \"none\"\n", "fuzz.toml", {}));
  return process;
}

}  // namespace

bool generation(std::string_view bytes) {
  static const std::filesystem::path path = scratch_file("_rows");
  return taken([&] {
    const auto end = std::min(bytes.find('\0'), bytes.size());
    const std::string_view rows = bytes.substr(std::min(end + 1, bytes.size()));
    nlohmann::json json = opened(bytes.substr(0, end), "generation");
    std::ofstream(path, std::ios::binary) << rows;
    // The checksum of as many rows as the document speaks of.
    const CrossSection& process = small_process();
    const std::size_t row = kRowHead + process.record_size();
    if (json["events"].is_number_unsigned())
      json["rows"] = crc32_of(
          rows.substr(0, std::min<std::uint64_t>(json["events"].get<std::uint64_t>(), 1 << 20) * row * sizeof(double)));
    Generation g = Generation::from_json(json);
    const EventStore store(path, row, g.events, g.rows);
    g.restore(store, process.channels());
    const auto values = store.read(0, g.events);
    for (std::uint64_t i = 0; i < g.events; ++i)
      process.to_event({values.data() + i * row + kRowHead, process.record_size()});
  });
}

std::vector<std::string> generation_seeds() {
  const CrossSection& process = small_process();
  const std::size_t row = kRowHead + process.record_size();
  Generation g;
  g.requested = 9, g.events = 3, g.chunks = 1;
  g.carry = kChunk - 6;
  std::vector<double> rows(3 * row);
  for (std::size_t i = 0; i < 3; ++i) {
    const std::vector<double> head = {
        1, 0, static_cast<double>(i + 1), 0, 1, 1, 91, 91, 0.118, 0, 0, 100, 0, 0, 100, 100, 0, 0, -100};
    std::copy(head.begin(), head.end(), rows.begin() + static_cast<std::ptrdiff_t>(i * row));
  }
  return {g.to_json().dump() + std::string(1, '\0') +
          std::string(reinterpret_cast<const char*>(rows.data()), rows.size() * sizeof(double))};
}

}  // namespace thalweg::fuzz
