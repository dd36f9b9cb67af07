// Writes the seeds that are made by code: fuzz_seeds FOLDER puts them into FOLDER/<target>/.
#include <filesystem>
#include <fstream>

#include "targets.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  for (const auto& target : thalweg::fuzz::targets()) {
    const std::filesystem::path folder = std::filesystem::path(argv[1]) / target.name;
    std::filesystem::create_directories(folder);
    int k = 0;
    if (target.seeds)
      for (const std::string& seed : target.seeds())
        std::ofstream(folder / ("seed" + std::to_string(k++)), std::ios::binary) << seed;
  }
  return 0;
}
