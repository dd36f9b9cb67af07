// LHEH5 files that others wrote, or that are damaged.
#include "thalweg/event/lheh5.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <functional>

#include "event/lheh5_builder.h"
#include "thalweg/base/errors.h"
#include "thalweg/base/files.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;

class Lheh5File : public ::testing::Test {
 protected:
  void TearDown() override {
    fs::remove(path);
    fs::remove(other);
  }
  EventFileInfo read(const BuiltFile& f) {
    build(path, f);
    return read_lheh5(path, [](const Event&) { return true; });
  }
  // Is refused with the file's name and `what`.
  void refuse(const std::function<void(BuiltFile&)>& change, const std::string& what) {
    BuiltFile f = good_lheh5();
    change(f);
    try {
      read(f);
      ADD_FAILURE() << what;
    } catch (const RequestError& error) {
      const std::string message = error.what();
      EXPECT_NE(message.find(what), std::string::npos) << message;
      EXPECT_NE(message.find(path.string()), std::string::npos) << message;
    }
  }
  const fs::path path = fs::temp_directory_path() / ("thalweg_lheh5_" + std::to_string(getpid()) + ".h5");
  const fs::path other = fs::temp_directory_path() / ("thalweg_lheh5_other_" + std::to_string(getpid()) + ".h5");
};

TEST_F(Lheh5File, GoodOnesAreRead) {
  for (const Storage storage : {Storage::contiguous, Storage::compact, Storage::chunked, Storage::deflated}) {
    BuiltFile f = good_lheh5();
    f.sets["events"].storage = f.sets["particles"].storage = storage;
    build(path, f);
    std::vector<Event> events;
    const EventFileInfo info = read_lheh5(path, [&](const Event& e) {
      events.push_back(e);
      return true;
    });
    EXPECT_EQ(info.events, 2U);
    EXPECT_EQ(info.legs, 3U);
    EXPECT_EQ(info.cross_section, 4.5);
    EXPECT_EQ(info.sum_trials, 4);
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0].particles.size(), 2U);
    EXPECT_EQ(events[1].particles.size(), 3U);
    EXPECT_EQ(events[1].weight, -0.5);
    EXPECT_EQ(events[1].variations, std::vector<double>{2.25});
    EXPECT_EQ(events[1].particles[2].e, 4);
  }
}

TEST_F(Lheh5File, EventsNeedNotLieInOrder) {
  BuiltFile f = good_lheh5();
  f.sets["events"].values[2] = 4, f.sets["events"].values[13] = 0;
  EXPECT_EQ(read(f).events, 2U);
  f.sets["events"].size[0] = 0, f.sets["events"].values.clear();
  EXPECT_EQ(read(f).events, 0U);
}

// Programs that do not know trials or scales write NaN.
TEST_F(Lheh5File, WhatIsNotKnownIsSaidAsSuch) {
  BuiltFile f = good_lheh5();
  f.sets["events"].values[3] = f.sets["events"].values[5] = f.sets["events"].values[6] = NAN;
  EXPECT_TRUE(std::isnan(read(f).sum_trials));
}

TEST_F(Lheh5File, NumbersThatCannotBeAreRefused) {
  auto event = [&](std::size_t column, double value, const std::string& what) {
    refuse([&](BuiltFile& f) { f.sets["events"].values[11 + column] = value; }, what);
  };
  event(0, 0.5, "row 1, column 0: 0.5 is not a whole number");
  event(0, 1e300, "whole");
  event(1, NAN, "number of particles");
  event(1, 2.5, "number of particles");
  event(1, -1, "number of particles");
  event(1, 1e6, "number of particles");
  event(1, 4, "event 1 claims particles 3 to 7 of 6");
  event(2, NAN, "claims particles");
  event(2, -1, "claims particles");
  event(2, 1e300, "claims particles");
  event(3, -1, "number of trials");
  event(3, INFINITY, "finite");
  event(5, INFINITY, "finite");
  event(7, NAN, "finite");
  event(9, NAN, "'events', row 1, column 9: nan is not finite");
  event(9, -INFINITY, "finite");
  event(10, NAN, "column 10");
  for (const std::size_t column : {0, 1, 2, 3, 4, 5})
    refuse([&](BuiltFile& f) { f.sets["particles"].values[13 * 4 + column] = 0.5; }, "'particles', row 4, column");
  for (const std::size_t column : {6, 7, 8, 9, 10, 11, 12})
    refuse([&](BuiltFile& f) { f.sets["particles"].values[13 * 4 + column] = NAN; }, "is not finite");
  for (const std::size_t i : {0, 2, 6}) refuse([&](BuiltFile& f) { f.sets["init"].values[i] = NAN; }, "'init'");
  refuse([&](BuiltFile& f) { f.sets["init"].values[1] = 1e300; }, "whole");
  for (const std::size_t i : {1, 3, 4}) refuse([&](BuiltFile& f) { f.sets["procInfo"].values[i] = NAN; }, "'procInfo'");
}

TEST_F(Lheh5File, OtherVersionsAndShapesAreRefused) {
  refuse([](BuiltFile& f) { f.sets["version"].values[0] = 9; },
         "LHEH5 version 9.0.1, but this program reads version 2");
  refuse([](BuiltFile& f) { f.sets["version"].values[0] = 1; }, "version 1.0.1");
  refuse([](BuiltFile& f) { f.sets["version"] = {{1, 3}, {2, 0, 1}}; }, "three numbers");
  refuse([](BuiltFile& f) { f.sets["version"].type = H5T_NATIVE_DOUBLE; }, "whole numbers");
  for (const char* name : {"version", "init", "procInfo", "events", "particles"})
    refuse([&](BuiltFile& f) { f.sets.erase(name); }, fmt::format("data set '{}': there is none", name));
  for (const char* name : {"init", "procInfo", "events", "particles"}) {
    for (const hid_t type : {H5T_NATIVE_INT, H5T_NATIVE_INT64})
      refuse([&](BuiltFile& f) { f.sets[name].type = type; }, "its elements are no floating-point numbers");
    refuse([&](BuiltFile& f) { f.sets[name].size = {}, f.sets[name].values.resize(1); }, "dimensions");
    refuse([&](BuiltFile& f) { f.sets[name].size = {1, 1, 2}, f.sets[name].values.resize(2); }, "dimensions");
  }
  for (const char* name : {"procInfo", "events", "particles"}) {
    refuse([&](BuiltFile& f) { f.sets[name].size = {f.sets[name].values.size()}; }, "dimensions");
    refuse([&](BuiltFile& f) { f.sets[name].size = {2, 5}, f.sets[name].values.resize(10); }, "columns");
  }
  refuse([](BuiltFile& f) { f.sets["init"].size = {10, 1}; }, "dimensions");
  refuse([](BuiltFile& f) { f.sets["init"].size = {9}, f.sets["init"].values.pop_back(); }, "9 numbers in 'init'");
  refuse([](BuiltFile& f) { f.sets["procInfo"] = {{0, 6}, {}}; }, "0 rows in 'procInfo'");
}

TEST_F(Lheh5File, WhatIsNotInTheFileIsRefused) {
  build(other, good_lheh5());
  for (const char* name : {"version", "init", "procInfo", "events", "particles"}) {
    refuse([&](BuiltFile& f) { f.sets.erase(name), f.external_links[name] = other.string(); }, "external link");
    refuse([&](BuiltFile& f) { f.sets["x"] = f.sets[name], f.sets.erase(name), f.links[name] = "/x"; }, "is a link");
    refuse([&](BuiltFile& f) { f.sets[name].storage = Storage::virtual_set; }, "virtual");
    refuse([&](BuiltFile& f) { f.sets[name].storage = Storage::external; }, "other files");
  }
}

TEST_F(Lheh5File, SizesThatAreClaimedAloneAreRefused) {
  for (const char* name : {"events", "particles"})
    for (const Storage storage : {Storage::chunked, Storage::deflated}) {
      for (const hsize_t rows : {hsize_t{3}, hsize_t{100}, hsize_t{1} << 50, hsize_t{1} << 62})
        refuse(
            [&](BuiltFile& f) {
              f.sets[name].storage = storage;
              f.sets[name].size[0] = f.sets[name].size[0] + rows;
            },
            "was it written to its end?");
      refuse([&](BuiltFile& f) { f.sets[name].storage = storage, f.sets[name].values.clear(); }, "are in the file");
    }
  refuse([](BuiltFile& f) { f.sets["events"].values.clear(); }, "are in the file");
}

TEST_F(Lheh5File, EveryTruncationIsRefused) {
  build(path, good_lheh5());
  const std::string good = read_file(path);
  for (std::size_t length = 1; length < good.size(); length += 1 + length / 50) {
    std::ofstream(path, std::ios::binary) << good.substr(0, length);
    EXPECT_THROW(read_lheh5(path, [](const Event&) { return true; }), RequestError) << length;
  }
}

}  // namespace
}  // namespace thalweg
