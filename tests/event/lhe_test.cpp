#include "thalweg/event/lhe.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "thalweg/base/errors.h"
#include "thalweg/base/files.h"
#include "thalweg/event/lheh5.h"

namespace thalweg {
namespace {

EventFileInfo info() {
  EventFileInfo i;
  i.process = "p p > e+ e- with ]]> inside";
  i.beam_energy = {6500, 6500};
  i.pdf_id = {315000, 315000};
  i.cross_section = 1.0 / 3;
  i.error = 0.001;
  i.largest_weight = 0.5;
  i.card = "a = 1 # ]]>\n";
  i.slha = "BLOCK MASS\n";
  i.events = 3;
  return i;
}

std::vector<Event> events() {
  std::vector<Event> list;
  for (int k = 0; k < 3; ++k) {
    Event e;
    e.weight = 1.0 / (3 + k);
    e.scale = 91.188;
    e.renormalization_scale = 45.594;
    e.alpha_em = 1 / 132.507;
    e.alpha_s = 0.118;
    e.trials = 2 + k;
    e.channel = k;
    e.particles = {{2, -1, {0, 0}, {501, 0}, 0, 0, 100.0 / 3, 100.0 / 3, 0, 0, 9},
                   {-2, -1, {0, 0}, {0, 501}, 0, 0, -50, 50, 0, 0, 9},
                   {-11, 1, {1, 2}, {0, 0}, 1e-17, -2.5, 3, 4, 0, 0, 9},
                   {11, 1, {1, 2}, {0, 0}, -1e-17, 2.5, -3, 5, 0, 0, 9}};
    list.push_back(e);
  }
  return list;
}

void expect_equal(const Event& a, const Event& b) {
  EXPECT_EQ(a.weight, b.weight);
  EXPECT_EQ(a.scale, b.scale);
  EXPECT_EQ(a.alpha_em, b.alpha_em);
  EXPECT_EQ(a.alpha_s, b.alpha_s);
  ASSERT_EQ(a.particles.size(), b.particles.size());
  for (std::size_t i = 0; i < a.particles.size(); ++i) {
    const auto &p = a.particles[i], &q = b.particles[i];
    EXPECT_EQ(p.pdg, q.pdg);
    EXPECT_EQ(p.status, q.status);
    EXPECT_EQ(p.mothers, q.mothers);
    EXPECT_EQ(p.colours, q.colours);
    EXPECT_EQ(std::tie(p.px, p.py, p.pz, p.e, p.m, p.spin), std::tie(q.px, q.py, q.pz, q.e, q.m, q.spin));
  }
}

std::string whole_file() { return lhe_head(info()) + lhe_events(events()) + lhe_tail(); }

TEST(Lhe, WrittenFilesReadBackToTheLastDigit) {
  const auto expected = events();
  std::size_t n = 0;
  const EventFileInfo i = parse_lhe(whole_file(), "text", [&](const Event& e) {
    expect_equal(e, expected[n++]);
    return true;
  });
  EXPECT_EQ(n, 3u);
  EXPECT_EQ(i.cross_section, info().cross_section);
  EXPECT_EQ(i.beam_energy, info().beam_energy);
  EXPECT_EQ(i.pdf_id, info().pdf_id);
}

TEST(Lhe, GzipMembersMakeOneFile) {
  const std::string path = ::testing::TempDir() + "thalweg_" + std::to_string(getpid()) + ".lhe.gz";
  write_file(path, gzip_member(lhe_head(info())) + gzip_member(lhe_events(events())) + gzip_member(lhe_tail()));
  EXPECT_EQ(read_lhe(path, [](const Event&) { return true; }).events, 3u);
  const std::string damaged = read_file(path).substr(0, read_file(path).size() / 2);
  write_file(path, damaged);
  EXPECT_THROW(read_lhe(path, [](const Event&) { return true; }), RequestError);
  std::filesystem::remove(path);
}

TEST(Lhe, EveryTruncationIsAnError) {
  const std::string text = whole_file();
  const std::size_t end = text.find("</LesHouchesEvents>") + std::string("</LesHouchesEvents>").size();
  for (std::size_t n = 0; n < end; n += 11)
    EXPECT_THROW(parse_lhe(text.substr(0, n), "text", [](const Event&) { return true; }), RequestError) << n;
}

TEST(Lhe, DamageIsAnErrorWithItsLine) {
  const std::string text = whole_file();
  for (const auto& [from, to] : {std::pair{"<event>\n4 1", "<event>\n5 1"},
                                 {"<event>\n4 1", "<event>\n-4 1"},
                                 {"<event>\n4 1", "<event>\n4.5 1"},
                                 {"-11 1 1 2", "-11 1 1 99"},
                                 {"2 -1 0 0 501", "x -1 0 0 501"},
                                 {"<init>", "<inti>"},
                                 {"<event>\n4 1", "<event>\nnan 1"},
                                 {" -4 1\n", " -4 0\n"}}) {
    std::string copy = text;
    copy.replace(copy.find(from), std::string(from).size(), to);
    try {
      parse_lhe(copy, "text", [](const Event&) { return true; });
      ADD_FAILURE() << from;
    } catch (const RequestError& error) {
      EXPECT_NE(std::string(error.what()).find("text:"), std::string::npos);
    }
  }
}

TEST(Lheh5, WrittenFilesReadBackToTheLastDigit) {
  const std::filesystem::path path = ::testing::TempDir() + "thalweg_" + std::to_string(getpid()) + ".h5";
  const auto expected = events();
  {
    Lheh5Writer writer(path, info(), 0.25);
    writer.write(lheh5_rows(std::span(expected).first(2), info(), 0), 0);
    writer.write(lheh5_rows(std::span(expected).subspan(2), info(), 2), 2);
    writer.commit();
  }
  std::size_t n = 0;
  const EventFileInfo i = read_lheh5(path, [&](const Event& e) {
    expect_equal(e, expected[n]);
    EXPECT_EQ(e.trials, expected[n++].trials);
    return true;
  });
  EXPECT_EQ(i.events, 3u);
  EXPECT_EQ(i.cross_section, info().cross_section);
  EXPECT_TRUE(is_hdf5(path));
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  EXPECT_THROW(read_lheh5(path, {}), RequestError);
  std::filesystem::remove(path);
}

// Writes fail for a while, at the beginning of the file or later: either none was missing or there is no file.
TEST(Lheh5, AWriteThatFailedLeavesNoFile) {
  const std::filesystem::path path = ::testing::TempDir() + "thalweg_" + std::to_string(getpid()) + ".h5";
  const auto expected = events();
  struct rlimit unlimited = {};
  ::getrlimit(RLIMIT_FSIZE, &unlimited);
  ::signal(SIGXFSZ, SIG_IGN);
  const auto limit = [&](bool small) {
    struct rlimit now = unlimited;
    if (small) now.rlim_cur = 50;
    ::setrlimit(RLIMIT_FSIZE, &now);
  };
  std::string whole;
  for (int from = 4; from >= 0; --from)
    for (int to = from; to <= 4; ++to) {
      int step = 0;
      const auto next = [&] { limit(from <= step && step < to), ++step; };
      const auto write = [&] {
        next();
        Lheh5Writer writer(path, info(), 0.25);
        next();
        writer.write(lheh5_rows(std::span(expected).first(2), info(), 0), 0);
        next();
        writer.write(lheh5_rows(std::span(expected).subspan(2), info(), 2), 2);
        next();
        writer.commit();
      };
      bool failed = false;
      try {
        write();
      } catch (const RunError& error) {
        failed = true;
        EXPECT_NE(std::string(error.what()).find("File too large"), std::string::npos) << error.what();
      }
      limit(false);
      EXPECT_EQ(std::filesystem::exists(path), !failed);
      if (from == to) {
        EXPECT_FALSE(failed);
        whole = read_file(path);
      } else if (!failed) {
        EXPECT_EQ(read_file(path), whole);
      }
      if (to == 4 && from < 4) {
        EXPECT_TRUE(failed) << from;
      }
      std::filesystem::remove(path);
    }
}

TEST(Lheh5, AFileThatCannotBeMadeIsAnError) {
  EXPECT_THROW(Lheh5Writer("/nowhere/x.h5", info(), 1), RunError);
  EXPECT_THROW(read_lheh5("/nowhere/x.h5", {}), RequestError);
}

}  // namespace
}  // namespace thalweg
