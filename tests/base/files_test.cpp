#include "thalweg/base/files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <set>

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

TEST_F(Files, OnlyRegularFilesAreReplaced) {
  write_file(folder_ / "a", "old");
  fs::create_symlink("a", folder_ / "link");
  fs::create_symlink("nowhere", folder_ / "dangling");
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  fs::create_directory(folder_ / "folder");
  for (const char* name : {"link", "dangling", "pipe", "folder"})
    EXPECT_THROW(write_file(folder_ / name, "new"), RequestError) << name;
  EXPECT_THROW(AtomicFile("/dev/null"), RequestError);
  EXPECT_EQ(special_kind(folder_ / "link"), "a symbolic link");
  EXPECT_EQ(special_kind(folder_ / "a"), "");
  EXPECT_EQ(special_kind(folder_ / "none"), "");
  EXPECT_EQ(read_file(folder_ / "a"), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 5);
}

TEST_F(Files, TwoWritersOfOneNameDoNotMeet) {
  AtomicFile one(folder_ / "a"), two(folder_ / "a");
  one.write("one");
  two.write("two");
  remove_stale_parts(folder_, {"a"});  // both are at work
  two.commit();
  EXPECT_EQ(read_file(folder_ / "a"), "two");
  one.commit();
  EXPECT_EQ(read_file(folder_ / "a"), "one");
}

TEST_F(Files, StalePartsGoAndNothingElse) {
  for (const char* name : {"a.part1", "a.part23", "a.part", "a.part2b", "b.part1", "a.part1.part"})
    write_file(folder_ / name, "x");
  fs::create_symlink("a.part", folder_ / "a.part4");
  remove_stale_parts(folder_, {"a"});
  std::set<std::string> left;
  for (const auto& entry : fs::directory_iterator(folder_)) left.insert(entry.path().filename().string());
  EXPECT_EQ(left, (std::set<std::string>{"a.part", "a.part2b", "a.part4", "b.part1", "a.part1.part"}));
}

TEST_F(Files, ANameInUseByADeadProgramIsFree) {
  const std::string part = "a.part" + std::to_string(::getpid());
  write_file(folder_ / part, "x");
  write_file(folder_ / "a", "new");
  EXPECT_EQ(read_file(folder_ / "a"), "new");
  EXPECT_FALSE(fs::exists(folder_ / part));
}

// As a disk that is full for a moment: what was not written then is missing.
TEST_F(Files, AFailureIsKeptUntilCommit) {
  write_file(folder_ / "a", "old");
  const auto limit = [](rlim_t bytes) {
    struct rlimit now = {};
    ::getrlimit(RLIMIT_FSIZE, &now);
    now.rlim_cur = std::min(bytes, now.rlim_max);
    ::setrlimit(RLIMIT_FSIZE, &now);
  };
  ::signal(SIGXFSZ, SIG_IGN);
  {
    AtomicFile file(folder_ / "a");
    const std::string text(1000, 'x');
    file.write_at(0, text.data(), 100);
    limit(500);
    file.write_at(100, text.data(), 900);
    limit(RLIM_INFINITY);
    file.write_at(500, text.data(), 500);
    EXPECT_TRUE(file.failed());
    EXPECT_THROW(file.check(), RunError);
    EXPECT_THROW(file.commit(), RunError);
  }
  EXPECT_EQ(read_file(folder_ / "a"), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(Files, AFileThatHoldsTheTextIsLeftAlone) {
  write_file(folder_ / "a", "text");
  const auto inode = [&] {
    struct stat status = {};
    ::stat((folder_ / "a").c_str(), &status);
    return status.st_ino;
  };
  const auto first = inode();
  write_file_if_new(folder_ / "a", "text");
  EXPECT_EQ(inode(), first);
  write_file_if_new(folder_ / "a", "test");
  EXPECT_EQ(read_file(folder_ / "a"), "test");
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
