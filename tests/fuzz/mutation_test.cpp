// The readers under random mutations of good files: a short, repeatable form of the fuzzers.
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

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

void run(const char* reader, void (*target)(std::string_view)) {
  std::vector<std::string> seeds;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(THALWEG_SOURCE "/tests/fuzz/seeds/") + reader))
    seeds.push_back(read_file(entry.path()));
  ASSERT_FALSE(seeds.empty());
  std::mt19937_64 random(1);
  for (const std::string& seed : seeds) target(seed);
  for (int i = 0; i < kMutations; ++i) target(mutate(seeds[random() % seeds.size()], random));
}

TEST(Mutations, Card) { run("card", fuzz::card); }
TEST(Mutations, Lhe) { run("lhe", fuzz::lhe); }
TEST(Mutations, Slha) { run("slha", fuzz::slha); }
TEST(Mutations, Grid) { run("grid", fuzz::grid); }
TEST(Mutations, Process) { run("process", fuzz::process); }

}  // namespace
}  // namespace thalweg
