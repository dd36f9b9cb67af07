#include "thalweg/base/shared_library.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

// libfmt is there wherever this program runs.
std::string some_library() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    if (const auto slash = line.find('/'); slash != std::string::npos && line.find("libfmt.so") != std::string::npos)
      return line.substr(slash);
  return "";
}

TEST(SharedLibrary, CutAtAnyPlaceItIsRefused) {
  const std::string whole = some_library();
  ASSERT_FALSE(whole.empty());
  EXPECT_NO_THROW(SharedLibrary{whole});
  const auto folder = std::filesystem::temp_directory_path() / "thalweg_shared_library_test";
  std::filesystem::create_directories(folder);
  const auto size = std::filesystem::file_size(whole);
  const auto cut = folder / "cut.so";
  for (const std::uintmax_t left :
       {std::uintmax_t{0}, std::uintmax_t{3}, std::uintmax_t{63}, std::uintmax_t{70}, size / 4, size / 2, size - 1}) {
    std::filesystem::copy_file(whole, cut, std::filesystem::copy_options::overwrite_existing);
    std::filesystem::resize_file(cut, left);
    EXPECT_THROW(SharedLibrary{cut.string()}, RequestError) << left;
  }
  std::ofstream(cut) << "no library at all, but long enough to hold a header of 64 bytes and some more";
  EXPECT_THROW(SharedLibrary{cut.string()}, RequestError);
  EXPECT_THROW(SharedLibrary{folder.string()}, RequestError);
  EXPECT_THROW(SharedLibrary{"/nowhere/x.so"}, RequestError);
  std::filesystem::remove_all(folder);
}

TEST(SharedLibrary, FindsFunctions) {
  const SharedLibrary library(some_library());
  EXPECT_EQ(library.find("no_such_function"), nullptr);
}

}  // namespace
}  // namespace thalweg
