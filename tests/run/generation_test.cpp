#include "thalweg/run/generation.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "thalweg/base/errors.h"
#include "thalweg/base/files.h"
#include "thalweg/sampling/integrator.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;

// A store of rows of four numbers: relative weight, channel, trials, x.
class GenerationFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::remove(path);
    EventStore store(path, 4);
    for (int i = 0; i < 40; ++i) {
      const std::vector<double> row = {i % 7 == 0   ? 1.25
                                       : i % 3 == 0 ? -1.0
                                                    : 1.0,
                                       static_cast<double>(i % 2), static_cast<double>(1 + i), 0.1 * i};
      store.append(row);
      store.append({});  // a chunk without events
      made.count(row.data());
    }
    store.sync();
    made.requested = 100, made.events = 40, made.chunks = 1;
    made.carry = kChunk - 40 * 41 / 2;
    made.rows = store.checksum();
  }
  void TearDown() override { fs::remove(path); }

  // As a run that goes on does.
  Generation resume(const nlohmann::json& json, std::size_t channels = 2) const {
    Generation g = Generation::from_json(json);
    const EventStore store(path, 4, g.events, g.rows);
    g.restore(store, channels);
    return g;
  }
  // Rows with a right checksum.
  nlohmann::json with_row(std::size_t i, const std::vector<double>& row) {
    std::string bytes = read_file(path);
    bytes.replace(i * sizeof(double) * 4, sizeof(double) * 4, reinterpret_cast<const char*>(row.data()),
                  sizeof(double) * 4);
    fs::remove(path);
    EventStore store(path, 4);
    std::vector<double> rows(bytes.size() / sizeof(double));
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(rows.data()));
    store.append(rows);
    nlohmann::json json = made.to_json();
    json["rows"] = store.checksum();
    return json;
  }

  const fs::path path = fs::temp_directory_path() / ("thalweg_generation" + std::to_string(getpid()));
  Generation made;
};

TEST_F(GenerationFiles, SumsComeBackToTheLastBit) {
  const Generation back = resume(nlohmann::json::parse(made.to_json().dump()));
  EXPECT_EQ(back.weight_sum, made.weight_sum);
  EXPECT_EQ(back.absolute_sum, made.absolute_sum);
  EXPECT_EQ(back.over_sum, made.over_sum);
  EXPECT_EQ(back.trials, made.trials);
  EXPECT_EQ(back.largest, made.largest);
  EXPECT_EQ(back.to_json(), made.to_json());
}

TEST_F(GenerationFiles, EveryFlippedBitAndTruncationOfTheRowsIsRefused) {
  const std::string good = read_file(path);
  const nlohmann::json json = made.to_json();
  auto put = [&](const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; };
  for (std::size_t i = 0; i < 8 * good.size(); i += 101) {
    std::string bad = good;
    bad[i / 8] = static_cast<char>(bad[i / 8] ^ (1 << (i % 8)));
    put(bad);
    EXPECT_THROW(resume(json), RequestError) << i;
  }
  for (std::size_t length = 0; length < good.size(); length += 61) {
    put(good.substr(0, length));
    EXPECT_THROW(resume(json), RequestError) << length;
  }
  put(good + "what came after the checkpoint");
  EXPECT_NO_THROW(resume(json));
  EXPECT_EQ(read_file(path), good) << "is cut off";
}

TEST_F(GenerationFiles, ARefusedStoreStaysAsItIs) {
  std::string bad = read_file(path) + "more";
  bad[3] ^= 1;
  std::ofstream(path, std::ios::binary) << bad;
  EXPECT_THROW(resume(made.to_json()), RequestError);
  EXPECT_EQ(read_file(path), bad);
}

// Behind a right checksum.
TEST_F(GenerationFiles, RowsThatNoUnweightingMakesAreRefused) {
  for (const auto& row : std::vector<std::vector<double>>{{0.5, 0, 4, 0},
                                                          {NAN, 0, 4, 0},
                                                          {1, 2, 4, 0},
                                                          {1, -1, 4, 0},
                                                          {1, 0.5, 4, 0},
                                                          {1, NAN, 4, 0},
                                                          {1, 1e300, 4, 0},
                                                          {1, 0, 0, 0},
                                                          {1, 0, 3.5, 0},
                                                          {1, 0, 5, 0},  // one trial more than the chunks have
                                                          {1, 0, 4, INFINITY}}) {
    SetUp();
    const nlohmann::json json = with_row(3, row);
    EXPECT_THROW(resume(json), RequestError) << nlohmann::json(row);
  }
  SetUp();
  EXPECT_NO_THROW(resume(with_row(3, {1, 0, 4, 0})));
}

TEST_F(GenerationFiles, NumbersThatDoNotFitAreRefused) {
  const nlohmann::json good = made.to_json();
  for (const auto& [key, value] : std::vector<std::pair<std::string, nlohmann::json>>{{"requested", 39},
                                                                                      {"requested", -1},
                                                                                      {"requested", 1e300},
                                                                                      {"events", 41},
                                                                                      {"events", 101},
                                                                                      {"events", nullptr},
                                                                                      {"chunks", 0},
                                                                                      {"chunks", 2},
                                                                                      {"chunks", 1ULL << 60},
                                                                                      {"carry", 7},
                                                                                      {"carry", 5000},
                                                                                      {"non_finite", 5000},
                                                                                      {"rows", "00000000"},
                                                                                      {"rows", 0}}) {
    nlohmann::json json = good;
    json[key] = value;
    EXPECT_THROW(resume(json), RequestError) << key << " = " << value;
    json.erase(key);
    EXPECT_THROW(resume(json), RequestError) << key;
  }
  EXPECT_THROW(resume(good, 1), RequestError) << "one channel";
}

}  // namespace
}  // namespace thalweg
