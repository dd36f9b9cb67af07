// Scales and alpha_s of a batch, and the points for which they mean nothing or leave the parton densities' grid.
#include <algorithm>
#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/run/cross_section.h"

namespace thalweg {
namespace {

// A scale that is none makes events without a weight: more than this share of the cross section is not lost in silence.
constexpr double kMostUndefined = 1e-4;
// Below a grid densities are continued by a rule of thumb.
constexpr double kMostBelow = 0.01;

bool good(double mu) { return mu > 0 && std::isfinite(mu); }

std::string text_of(const Expression& e) {
  const std::string& toml = e.toml();
  return toml.starts_with('"') ? toml.substr(1, toml.size() - 2) : toml;
}

}  // namespace

void CrossSection::declare_marks() {
  for (const Group& group : groups_) couples_ = couples_ || group.program.powers.back() > 0;
  const std::string f = text_of(factorization_), r = text_of(renormalization_);
  auto undefined = [](const char* key, const std::string& text) {
    return Mark{std::string(key) + "_undefined",
                fmt::format("scales.{} = {} is zero, negative or not a number", key, text),
                fmt::format("write an expression that is positive for all events, such as scales.{} = \"max({}, 10)\"",
                            key, text),
                true, kMostUndefined};
  };
  marks_ = {undefined("factorization", f), undefined("renormalization", r),
            Mark{"alpha_s_undefined",
                 fmt::format("alpha_s at scales.renormalization = {} is beyond {}, at or below the Landau pole", r,
                             AlphaS::kMost),
                 fmt::format("choose a larger scale, such as scales.renormalization = \"max({}, 2)\"", r), true,
                 kMostUndefined}};
  if (pdf_) {
    const auto& grids = pdf_->grid.subgrids;
    q_min_ = grids.front().q.front(), q_max_ = grids.back().q.back(), x_max_ = 1;
    for (const SubGrid& grid : grids)
      x_min_ = std::max(x_min_, grid.x.front()), x_max_ = std::min(x_max_, grid.x.back());
    const bool refused = pdf_->rules.extrapolator == Extrapolator::error;
    const std::string hint = refused ? "the set's Extrapolator is 'error'; choose a set that reaches there" : "";
    auto outside = [&](const char* name, std::string what, std::string more, double most) {
      return Mark{name, std::move(what), refused ? hint : std::move(more), refused, refused ? kMostUndefined : most};
    };
    marks_.push_back(outside(
        "factorization_below_grid",
        fmt::format("scales.factorization = {} lies below the grid of '{}', which begins at {} GeV", f, pdf_->text(),
                    q_min_),
        fmt::format("choose a larger scale, such as scales.factorization = \"max({}, {})\"", f, q_min_), kMostBelow));
    marks_.push_back(outside("factorization_above_grid",
                             fmt::format("scales.factorization = {} lies above the grid of '{}', which ends at {} GeV",
                                         f, pdf_->text(), q_max_),
                             "", 1));
    marks_.push_back(outside(
        "x_outside_grid",
        fmt::format("x lies outside of the grid of '{}', which reaches from {} to {}", pdf_->text(), x_min_, x_max_),
        "", 1));
    if (alpha_s_ && alpha_s_->lowest() > 0)
      marks_.push_back(
          {"renormalization_below_table",
           fmt::format("scales.renormalization = {} lies below the table of alpha_s of '{}', which begins at "
                       "{:.6g} GeV",
                       r, pdf_->text(), alpha_s_->lowest()),
           fmt::format("choose a larger scale, such as scales.renormalization = \"max({}, {:.3g})\"", r,
                       1.001 * alpha_s_->lowest()),
           false, kMostBelow});
  }
  for (std::size_t k = 0; k < marks_.size(); ++k) undefined_ |= static_cast<std::uint8_t>(marks_[k].undefined << k);
  check_fixed_scales();
}

// A scale that is one number is all right or wrong for all events.
void CrossSection::check_fixed_scales() const {
  auto refuse = [&](MarkPlace k) { request_error("{}; {}", marks_[k].what, marks_[k].hint); };
  if (!renormalization_.depends_on_event() && alpha_s_) {
    const double mu = renormalization_.evaluate(nullptr);
    if (couples_ && !std::isfinite((*alpha_s_)(mu))) refuse(kAlphaS);
    if (couples_ && pdf_ && mu < alpha_s_->lowest() * (1 - 1e-9)) refuse(kBelowTable);
  }
  if (!factorization_.depends_on_event() && pdf_) {
    const double mu = factorization_.evaluate(nullptr);
    if (mu < q_min_) refuse(kBelowGrid);
    if (mu > q_max_ && marks_[kAboveGrid].undefined) refuse(kAboveGrid);
  }
}

// Undefined points have the weight that they would have at sqrt(s_hat), which tells how much is lost with them.
void CrossSection::scales(Survivors& s, Arena& arena) const {
  s.mu_f = arena.take<double>(s.count);
  s.mu_r = arena.take<double>(s.count);
  s.alpha_s = arena.take<double>(s.count);
  s.marks = arena.take<std::uint8_t>(s.count);
  const bool dynamic = factorization_.depends_on_event() || renormalization_.depends_on_event();
  const double lowest = alpha_s_ ? alpha_s_->lowest() * (1 - 1e-9) : 0;
  double last_mu = -1, last_alpha = alpha_s_fixed_;
  for (std::size_t e = 0; e < s.count; ++e) {
    double variables[5] = {0, std::sqrt(s.points.s_hat[e]), 0, 0, 1};
    for (std::size_t l = first_final_; dynamic && l < first_final_ + final_legs_; ++l) {
      auto p = [&](std::size_t mu) { return s.points.momenta.component(l, mu)[e]; };
      const double pt2 = p(1) * p(1) + p(2) * p(2), mt = std::sqrt(masses_[0][l] * masses_[0][l] + pt2);
      variables[0] += mt;
      variables[2] += p(0) * std::sqrt(pt2 / (pt2 + p(3) * p(3)));
      variables[3] += std::sqrt(pt2);
      variables[4] *= mt;
    }
    variables[4] = std::pow(variables[4], 1.0 / static_cast<double>(final_legs_));
    unsigned marks = 0;
    auto mark = [&](MarkPlace k, bool on) { marks |= static_cast<unsigned>(on) << k; };
    double mu_f = factorization_.evaluate(variables), mu_r = renormalization_.evaluate(variables);
    mark(kFactorization, !good(mu_f));
    mark(kRenormalization, !good(mu_r));
    if (!good(mu_f)) mu_f = variables[1];
    if (!good(mu_r)) mu_r = variables[1];
    s.mu_f[e] = mu_f;
    s.mu_r[e] = mu_r;
    if (alpha_s_ && mu_r != last_mu) {
      last_mu = mu_r;
      last_alpha = (*alpha_s_)(mu_r);
    }
    mark(kAlphaS, couples_ && !std::isfinite(last_alpha));
    s.alpha_s[e] = std::isfinite(last_alpha) ? last_alpha : alpha_s_fixed_;
    if (pdf_) {
      const double xa = s.points.x_a[e], xb = s.points.x_b[e];
      mark(kBelowGrid, mu_f < q_min_);
      mark(kAboveGrid, mu_f > q_max_);
      mark(kOutsideX, xa < x_min_ || xb < x_min_ || xa > x_max_ || xb > x_max_);
      mark(kBelowTable, couples_ && mu_r < lowest);
    }
    // A point is lost once: of its reasons the first counts.
    if (const unsigned none = marks & undefined_) marks = none & (~none + 1);
    s.marks[e] = static_cast<std::uint8_t>(marks);
  }
}

}  // namespace thalweg
