// A libFuzzer program of the target THALWEG_FUZZ_TARGET.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "json_mutation.h"
#include "targets.h"

namespace {

const thalweg::fuzz::Target& target() {
  static const thalweg::fuzz::Target& found = thalweg::fuzz::target_named(THALWEG_FUZZ_TARGET);
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  target().read({reinterpret_cast<const char*>(data), size});
  return 0;
}

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

// Bytes of a document seldom make another document: its values are exchanged, three times of four.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
  std::mt19937_64 random(seed);
  if (!target().json || random() % 4 == 0) return LLVMFuzzerMutate(data, size, most);
  const std::string text = thalweg::fuzz::mutate_json({reinterpret_cast<const char*>(data), size}, random);
  if (text.size() > most) return LLVMFuzzerMutate(data, size, most);
  std::memcpy(data, text.data(), text.size());
  return text.size();
}
