#include "thalweg/amplitude/plugin.h"

#include <thread>

#include "amplitude_case.h"
#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

using test::AmplitudeCase;

std::string example(int broken) { return fmt::format(THALWEG_UMAMI_FOLDER "/libumami_example_{}.so", broken); }

TEST(Plugin, GivesTheValuesOfItsLibrary) {
  const AmplitudeCase c("e+ e- > mu+ mu- / z");
  const PluginAmplitude plugin(example(0), 4, "");
  Arena arena;
  const Momenta p = c.events(arena, 203, 1);
  std::vector<double> values(p.size());
  const double alpha_s = 0.118;
  plugin.evaluate(p, {&alpha_s, 1}, values, arena);
  test::expect_close(values, c.me2(p), 1e-9);
}

TEST(Plugin, ThreadsHaveHandlesOfTheirOwn) {
  const AmplitudeCase c("e+ e- > mu+ mu- / z");
  const PluginAmplitude plugin(example(0), 4, "");
  Arena points;
  const Momenta p = c.events(points, 1000, 2);
  std::vector<std::vector<double>> values(4, std::vector<double>(p.size()));
  std::vector<std::thread> threads;
  for (auto& list : values)
    threads.emplace_back([&] {
      Arena arena;
      const double alpha_s = 0.118;
      for (int k = 0; k < 20; ++k) plugin.evaluate(p, {&alpha_s, 1}, list, arena);
    });
  for (auto& thread : threads) thread.join();
  for (const auto& list : values) EXPECT_EQ(list, values[0]);
}

TEST(Plugin, BrokenOnesAreRefused) {
  const std::pair<int, const char*> cases[] = {
      {2, "3 particles"}, {3, "processor"}, {5, "does not start"}, {6, "input 6"}, {7, "umami_matrix_element"}};
  for (const auto& [broken, word] : cases) {
    try {
      const PluginAmplitude plugin(example(broken), 4, "");
      ADD_FAILURE() << broken;
    } catch (const RequestError& error) {
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
    }
  }
  EXPECT_THROW(PluginAmplitude("/nowhere/at/all.so", 4, ""), RequestError);
  EXPECT_THROW(PluginAmplitude(THALWEG_SOURCE "/README.md", 4, ""), RequestError);
}

TEST(Plugin, ErrorsAndNaNs) {
  const AmplitudeCase c("e+ e- > mu+ mu- / z");
  Arena arena;
  const Momenta p = c.events(arena, 50, 3);
  std::vector<double> values(p.size());
  const double alpha_s = 0.118;
  EXPECT_THROW(PluginAmplitude(example(4), 4, "").evaluate(p, {&alpha_s, 1}, values, arena), RunError);
  PluginAmplitude(example(1), 4, "").evaluate(p, {&alpha_s, 1}, values, arena);
  EXPECT_GT(std::count_if(values.begin(), values.end(), [](double v) { return std::isnan(v); }), 0);
}

TEST(Plugin, NamesOfAmplitudes) {
  EXPECT_EQ(plugin_path(""), "");
  EXPECT_EQ(plugin_path("plugin:a/b.so"), "a/b.so");
  EXPECT_THROW(plugin_path("plugin:"), RequestError);
  EXPECT_THROW(plugin_path("b.so"), RequestError);
}

}  // namespace
}  // namespace thalweg
