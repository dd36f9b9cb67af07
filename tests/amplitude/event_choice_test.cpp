// Helicities and colour flows of events.
#include <functional>

#include "amplitude_case.h"
#include "test_momenta.h"

namespace thalweg {
namespace {

using test::AmplitudeCase;
using test::stable_parameters;

// Each event gets a configuration and a flow with its share of |M|^2.
TEST(EventChoice, ChoicesFollowTheirShares) {
  for (const char* process : {"g g > t t~ g", "g g > g g", "u u > u u", "u u~ > e+ e-"}) {
    const AmplitudeCase c(process, "sm", stable_parameters());
    Arena arena;
    constexpr std::size_t n = 20000;
    const Momenta one = c.events(arena, 1, 19), p = Momenta::take(arena, c.program.legs, n);
    std::vector<double> helicity_pick(n), flow_pick(n), me2(n);
    for (std::size_t r = 0; r < p.rows.dim; ++r) std::fill_n(p.rows.row(r), n, one.rows.row(r)[0]);
    // evenly spread picks: shares are exact to 1/n, no chance involved
    for (std::size_t i = 0; i < n; ++i) {
      helicity_pick[i] = (static_cast<double>(i) + 0.5) / n;
      flow_pick[i] = std::fmod(0.6180339887498949 * static_cast<double>(i), 1.0);
    }
    std::vector<std::int32_t> configuration(n), flow(n);
    const EventChoice choice{helicity_pick, flow_pick, configuration, flow};
    const Batch parts = Batch::take(arena, c.program.configurations.size(), n);
    const double alpha_s = 0.118;
    const auto order = c.legs_in_order();
    evaluate(c.program, {p, order, {&alpha_s, 1}}, {me2, parts, &choice}, arena);
    std::map<std::int32_t, double> share;
    for (std::int32_t k : configuration) share[k] += 1.0 / n;
    for (std::size_t h = 0; h < parts.dim; ++h) {
      const auto k = static_cast<std::int32_t>(h);
      const double expected = parts.row(h)[0] / me2[0];
      EXPECT_NEAR(share[k] + share[-1 - k], expected, 4.0 / n) << process;
      if (c.program.parity) {
        EXPECT_NEAR(share[k], expected / 2, 4.0 / n) << process;
      }
    }
    for (std::int32_t f : flow) ASSERT_LT(static_cast<std::size_t>(f), c.program.flows.size());
  }
}

// Shares of colour flows that are known in closed form: one gluon exchanged between quark lines of different flavour
// makes the flow of U(3) and, with -1/3, that of U(1); amplitudes of massless gluons and one quark line with at most
// five legs are MHV, and go as the invariants of the neighbours on the lines.
TEST(EventChoice, FlowsHaveTheirShares) {
  struct Case {
    const char* process;
    // weight of a flow at a point, by the legs that its lines connect
    std::function<double(const ColourFlow&, const Momenta&)> weight;
  };
  auto s = [](const Momenta& p, std::size_t a, std::size_t b) {
    return std::abs(test::invariant(p, 0, a, b, (a < 2) == (b < 2) ? 1 : -1));
  };
  auto quarks = [](std::size_t source, std::int8_t sink) {
    return [=](const ColourFlow& flow, const Momenta&) { return flow.sink_of[source] == sink + 1 ? 0.1 : 0.9; };
  };
  // the chain of invariants of neighbours, along the lines
  auto chain = [&](const ColourFlow& flow, const Momenta& p) {
    double product = 1;
    for (std::size_t l = 0; l < p.legs(); ++l)
      if (flow.sink_of[l]) product /= s(p, l, static_cast<std::size_t>(flow.sink_of[l] - 1));
    return product;
  };
  // all legs leave: in u u~ > d d~ the colour of leg 1 (u~) ends at leg 0 (u) or at leg 3 (d~)
  const Case cases[] = {{"u u~ > d d~", quarks(1, 0)}, {"u d > u d", quarks(2, 0)}, {"g g > g g", chain},
                        {"g g > u u~", chain},         {"g g > g g g", chain},      {"g g > u u~ g", chain}};
  for (const Case& c : cases) {
    const AmplitudeCase amplitude(c.process);
    Arena arena;
    constexpr std::size_t n = 20000;
    const Momenta one = amplitude.events(arena, 1, 25), p = Momenta::take(arena, one.legs(), n);
    for (std::size_t r = 0; r < p.rows.dim; ++r) std::fill_n(p.rows.row(r), n, one.rows.row(r)[0]);
    std::vector<double> helicity_pick(n), flow_pick(n), me2(n);
    for (std::size_t i = 0; i < n; ++i) {
      flow_pick[i] = (static_cast<double>(i) + 0.5) / n;
      helicity_pick[i] = std::fmod(0.6180339887498949 * static_cast<double>(i), 1.0);
    }
    std::vector<std::int32_t> configuration(n), flow(n);
    const EventChoice choice{helicity_pick, flow_pick, configuration, flow};
    const double alpha_s = 0.118;
    const auto order = amplitude.legs_in_order();
    evaluate(amplitude.program, {p, order, {&alpha_s, 1}}, {me2, {}, &choice}, arena);
    std::vector<double> share(amplitude.program.flows.size()), expected;
    for (std::int32_t f : flow) share[static_cast<std::size_t>(f)] += 1.0 / n;
    double sum = 0;
    for (const LeadingFlow& f : amplitude.program.flows) sum += expected.emplace_back(c.weight(f.flow, one));
    for (std::size_t f = 0; f < share.size(); ++f) EXPECT_NEAR(share[f], expected[f] / sum, 1e-3) << c.process << f;
  }
}

// Events that mixed precision leaves to double have the parts and choices of double.
TEST(EventChoice, RescuedEventsAreThoseOfDouble) {
  // so high that in float nothing is left of |M|^2, nor of the shares of its parts
  const AmplitudeCase c("u u~ > w+ w- g g");
  Arena arena;
  const std::size_t n = 40;
  const Momenta p = c.events(arena, n, 26, 3000, 9000, 1e5);
  std::vector<double> pick(n);
  for (std::size_t i = 0; i < n; ++i) pick[i] = (static_cast<double>(i) + 0.5) / n;
  const double alpha_s = 0.118;
  const auto order = c.legs_in_order();
  std::vector<double> me2[2];
  std::vector<std::int32_t> configuration[2], flow[2];
  Batch parts[2];
  for (const std::size_t k : {0u, 1u}) {
    me2[k].resize(n), configuration[k].resize(n), flow[k].resize(n);
    parts[k] = Batch::take(arena, c.program.configurations.size(), n);
    const EventChoice choice{pick, pick, configuration[k], flow[k]};
    const Precision precision = k ? Precision::mixed : Precision::full;
    EXPECT_EQ(evaluate(c.program, {p, order, {&alpha_s, 1}, precision}, {me2[k], parts[k], &choice}, arena), k * n);
  }
  EXPECT_EQ(me2[0], me2[1]);
  EXPECT_EQ(configuration[0], configuration[1]);
  EXPECT_EQ(flow[0], flow[1]);
  for (std::size_t h = 0; h < parts[0].dim; ++h)
    for (std::size_t i = 0; i < n; ++i) EXPECT_EQ(parts[0].row(h)[i], parts[1].row(h)[i]);
}

}  // namespace
}  // namespace thalweg
