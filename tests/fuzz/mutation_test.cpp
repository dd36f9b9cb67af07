// The readers under random mutations of good files: a short, repeatable form of the fuzzers.
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "fuzz/json_mutation.h"
#include "fuzz/targets.h"
#include "thalweg/base/files.h"

namespace thalweg {
namespace {

constexpr int kMutations = 3000;

std::string mutate(std::string text, std::mt19937_64& random) {
  static const char* const kPieces[] = {"nan",      "inf",   "-1",      "1e999", "99999999999999999999",
                                        "\0",       "[[",    "]]>",     "\"",    "{",
                                        "\n",       "---\n", "<event>", "= ",    "0",
                                        "\xff\xfe", "....",  "()",      ">",     "BLOCK "};
  const int rounds = 1 + static_cast<int>(random() % 4);
  for (int r = 0; r < rounds && !text.empty(); ++r) {
    const std::size_t at = random() % text.size(), length = random() % 20;
    switch (random() % 5) {
      case 0: text[at] = static_cast<char>(random()); break;
      case 1: text.erase(at, length); break;
      case 2: text.insert(at, kPieces[random() % std::size(kPieces)]); break;
      case 3: text.insert(at, text.substr(random() % text.size(), length)); break;
      default: text.resize(at); break;
    }
  }
  return text;
}

std::vector<std::string> seeds_of(const fuzz::Target& target) {
  if (target.seeds) return target.seeds();
  std::vector<std::string> seeds;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(THALWEG_SOURCE "/tests/fuzz/seeds/") + target.name))
    seeds.push_back(read_file(entry.path()));
  return seeds;
}

class Mutations : public ::testing::TestWithParam<const char*> {};

TEST_P(Mutations, AreTakenOrRefused) {
  const fuzz::Target& target = fuzz::target_named(GetParam());
  const std::vector<std::string> seeds = seeds_of(target);
  ASSERT_FALSE(seeds.empty());
  std::mt19937_64 random(1);
  int taken = 0;
  for (const std::string& seed : seeds) taken += target.read(seed);
  EXPECT_GT(taken, 0) << "the seeds are good ones";
  const int mutations = target.seeds ? kMutations / 10 : kMutations;  // files, and large documents
  for (int i = 0; i < mutations; ++i) {
    const std::string& seed = seeds[random() % seeds.size()];
    target.read(target.json && i % 4 > 0 ? fuzz::mutate_json(seed, random) : mutate(seed, random));
  }
}

INSTANTIATE_TEST_SUITE_P(Readers, Mutations,
                         ::testing::Values("card", "lhe", "slha", "grid", "info", "process", "points", "lheh5", "lheh5_bytes",
                                           "folder", "state", "generation", "training", "result", "sampler"),
                         [](const auto& reader) { return std::string(reader.param); });

}  // namespace
}  // namespace thalweg
