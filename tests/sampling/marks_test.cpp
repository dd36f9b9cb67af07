#include "thalweg/sampling/marks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "thalweg/base/errors.h"
#include "thalweg/base/json_reader.h"
#include "thalweg/sampling/channel_weights.h"
#include "thalweg/sampling/integrator.h"

namespace thalweg {
namespace {

// 2 x in two equal channels; x < lost has no weight, x < low is marked beside it.
class Ramp : public Integrand {
 public:
  Ramp(double lost, double low, double most = 1e-4) : lost_(lost), low_(low), most_(most) {}
  std::size_t dim() const override { return 1; }
  std::size_t channels() const override { return 2; }
  std::string channel_name(std::size_t c) const override { return std::to_string(c); }
  std::vector<Mark> marks() const override {
    return {{"lost", "x = 2 is lost", "write 3", true, most_}, {"low", "x is low", "", false, 1}};
  }
  void evaluate(std::size_t c, const Batch& y, const Evaluation& out, Arena&) const override {
    for (std::size_t e = 0; e < y.size; ++e) {
      const double x = y.row(0)[e];
      out.weight[e] = 2 * x;
      set_alpha(out, c, e, std::array{0.5, 0.5});
      if (!out.marks.empty())
        out.marks[e] = static_cast<std::uint8_t>(x < lost_ ? 1 : x < low_ ? 2 : 0);
      else if (x < lost_)
        out.weight[e] = 0;
    }
  }

 private:
  double lost_, low_, most_;
};

IntegratorConfig config(int threads = 1) {
  IntegratorConfig c;
  c.threads = threads;
  c.points = 400'000;
  c.adaptation_points = 5000;
  return c;
}

IntegratorState integrate(const Integrand& f, const IntegratorConfig& c = config()) {
  const Integrator integrator(f, c);
  IntegratorState state = integrator.initial_state();
  integrator.integrate(state, [](const IntegratorState&) {});
  return state;
}

// x^2 of the integral lies below x. Shares to five standard deviations, with at most 5e-3 for sqrt(p / n).
TEST(Marks, SharesAreThoseOfTheIntegral) {
  const Ramp f(0.1, 0.5, 1);
  const IntegratorState state = integrate(f);
  EXPECT_NEAR(total(state).value, 1 - 0.01, 5 * total(state).error);
  const auto shares = mark_shares(f.marks(), state.channels);
  EXPECT_NEAR(shares[0].of_integral, 0.01, 0.001);
  EXPECT_NEAR(shares[1].of_integral, 0.25 - 0.01, 0.005);
  EXPECT_GT(shares[1].points, shares[0].points);
  EXPECT_GT(shares[0].of_points, 0);
  EXPECT_LT(shares[0].of_points + shares[1].of_points, 1);
}

TEST(Marks, NothingMarkedIsNoShare) {
  const Ramp f(0, 0);
  for (const MarkShare& share : mark_shares(f.marks(), integrate(f).channels)) {
    EXPECT_EQ(share.points, 0u);
    EXPECT_EQ(share.of_integral, 0);
  }
  EXPECT_EQ(mark_shares(f.marks(), {})[0].of_integral, 0);
}

TEST(Marks, TooMuchIsAFailureWithASentence) {
  try {
    integrate(Ramp(0.3, 0.3));
    FAIL();
  } catch (const RunError& error) {
    for (const char* part : {"x = 2 is lost", "9", "0.01 %", "write 3"})
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
  EXPECT_THROW(integrate(Ramp(0.03, 0)), RunError);      // 9e-4, seen in the integration
  EXPECT_NO_THROW(integrate(Ramp(0.003, 0)));            // 9e-6
  EXPECT_THROW(integrate(Ramp(1.1, 0, 0.5)), RunError);  // everything
}

TEST(Marks, SameForAnyNumberOfThreadsAndAfterACheckpoint) {
  const Ramp f(0.005, 0.2);
  const Integrator one(f, config());
  std::vector<std::string> checkpoints;
  IntegratorState state = one.initial_state();
  one.integrate(state, [&](const IntegratorState& s) { checkpoints.push_back(s.to_json().dump()); });
  EXPECT_GT(mark_shares(f.marks(), state.channels)[0].points, 0u);
  EXPECT_EQ(integrate(f, config(3)).to_json().dump(), state.to_json().dump());
  for (const std::string& text : checkpoints) {
    const nlohmann::json json = nlohmann::json::parse(text);
    IntegratorState resumed = IntegratorState::from_json(json);
    one.integrate(resumed, [](const IntegratorState&) {});
    EXPECT_EQ(resumed.to_json().dump(), state.to_json().dump());
  }
}

TEST(Marks, PassThroughOtherChannelWeights) {
  const Ramp f(0.1, 0.5, 1);
  const WeightedIntegrand weighted(f, {1, 0}, std::nullopt);
  EXPECT_EQ(weighted.marks().size(), 2u);
  IntegratorState state = Integrator(weighted, config()).initial_state();
  state.active = {1, 0};
  Integrator(weighted, config()).integrate(state, [](const IntegratorState&) {});
  EXPECT_NEAR(mark_shares(f.marks(), state.channels)[1].of_integral, 0.24, 0.005);
}

}  // namespace
}  // namespace thalweg
