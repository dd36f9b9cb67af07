#include "thalweg/base/files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "thalweg/base/errors.h"
#include "thalweg/base/spelling.h"

namespace thalweg {
namespace {
namespace fs = std::filesystem;

class Files : public ::testing::Test {
 protected:
  fs::path folder_ = fs::path(::testing::TempDir()) / ("thalweg_files_" + std::to_string(::getpid()));
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }
};

TEST_F(Files, RoundTrip) {
  write_file(folder_ / "a", "text\n");
  EXPECT_EQ(read_file(folder_ / "a"), "text\n");
}

TEST_F(Files, WithoutCommitTheOldFileStaysAndNothingIsLeft) {
  write_file(folder_ / "a", "old");
  {
    AtomicFile file(folder_ / "a");
    file.write("new");
  }
  EXPECT_EQ(read_file(folder_ / "a"), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(Files, ErrorsNameTheFile) {
  EXPECT_THROW(read_file(folder_ / "none"), RequestError);
  EXPECT_THROW(read_file(folder_), RequestError);
  EXPECT_THROW(write_file(folder_ / "none" / "a", "x"), RunError);
  try {
    read_file(folder_ / "none");
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("none"), std::string::npos);
  }
}

TEST_F(Files, TooLargeIsAnError) {
  write_file(folder_ / "a", std::string(100, 'x'));
  EXPECT_THROW(read_file(folder_ / "a", 50), RequestError);
}

TEST(Spelling, NearestWord) {
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(did_you_mean("enrgy", {"energy", "pdf"}), "; did you mean 'energy'?");
  EXPECT_EQ(did_you_mean("xyzzy", {"energy", "pdf"}), ".");
  EXPECT_EQ(did_you_mean(std::string(1'000'000, 'a'), {"energy"}), ".");
}

TEST(Errors, PlacesAreStacked) {
  try {
    with_place("card.toml:3", [] { with_place("energy", [] { request_error("negative"); }); });
    FAIL();
  } catch (const RequestError& error) {
    EXPECT_STREQ(error.what(), "card.toml:3: energy: negative");
    EXPECT_EQ(error.exit_code(), 2);
  }
}

}  // namespace
}  // namespace thalweg
