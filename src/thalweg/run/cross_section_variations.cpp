// Weights of events with other scales and parton densities.
#include <cmath>
#include <numeric>

#include "thalweg/run/cross_section.h"

namespace thalweg {
namespace {

constexpr double kFactors[] = {1, 0.5, 2};

std::size_t factor_index(double factor) { return factor == 1 ? 0 : factor < 1 ? 1 : 2; }

}  // namespace

// The seven points leave out factors of four between the two scales. Members keep the nominal scales.
void CrossSection::declare_variations(const RunCard& card) {
  if (card.scale_variations)
    for (const double mu_r : kFactors)
      for (const double mu_f : kFactors)
        if (const double apart = mu_r / mu_f; apart < 3 && apart > 0.3)
          variations_.push_back({mu_r, mu_f, pdf_->lhapdf_id, pdf_->member});
  if (!card.pdf_members) return;
  for (const PdfSet& member : pdf_->all_members()) {
    if (variations_.empty()) variations_.push_back({1, 1, pdf_->lhapdf_id, pdf_->member});
    if (member.member == pdf_->member) continue;
    variations_.push_back({1, 1, member.lhapdf_id, member.member});
    member_densities_.emplace_back(member.grid, densities_->flavours(), continued(member.rules));
  }
}

// |M|^2 with alpha_s at another scale, relative to the nominal one: row of `ratios` by kFactors.
void CrossSection::scale_group(const Group& group, const std::vector<std::size_t>& which,
                               const std::vector<std::span<const double>>& records, const Batch& ratios,
                               Arena& arena) const {
  const std::size_t n = which.size();
  const Momenta momenta = Momenta::take(arena, first_final_ + final_legs_, n);
  std::fill_n(momenta.rows.data, momenta.rows.stride * momenta.rows.dim, 0.0);
  const auto alpha_s = arena.take<double>(n), me2 = arena.take<double>(n), nominal = arena.take<double>(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto record = records[which[i]];
    for (std::size_t b = 0; b < 2; ++b) {
      momenta.component(b, 0)[i] = beams_.energy / 2 * record[1 + b];
      momenta.component(b, 3)[i] = (b == 0 ? 1 : -1) * momenta.component(b, 0)[i];
    }
    for (std::size_t l = 0; l < final_legs_; ++l)
      for (std::size_t mu = 0; mu < 4; ++mu)
        momenta.component(first_final_ + l, mu)[i] = record[kRecordHead + 4 * l + mu];
  }
  for (std::size_t k = 0; k < std::size(kFactors); ++k) {
    for (std::size_t i = 0; i < n; ++i) {
      const auto record = records[which[i]];
      alpha_s[i] = k == 0 || !alpha_s_ ? record[5] : (*alpha_s_)(kFactors[k] * record[4]);
      if (!std::isfinite(alpha_s[i])) alpha_s[i] = AlphaS::kMost;  // half of a scale may be at the Landau pole
    }
    if (plugin_)
      plugin_->evaluate(momenta, alpha_s, me2, arena);
    else
      thalweg::evaluate(group.program, {momenta, leg_order_, alpha_s, precision_}, {me2}, arena);
    if (k == 0) std::copy(me2.begin(), me2.end(), nominal.begin());
    for (std::size_t i = 0; i < n; ++i) ratios.row(k)[which[i]] = nominal[i] != 0 ? me2[i] / nominal[i] : 1;
  }
}

void CrossSection::add_variations(const std::vector<std::span<const double>>& records, std::span<Event> events) const {
  Arena arena;
  const std::size_t n = records.size();
  auto sub_process = [&](std::size_t i) {
    const double named = records[i][0];
    return static_cast<std::size_t>(named < 0 ? -1 - named : named);
  };
  const Batch me2_ratio = Batch::take(arena, std::size(kFactors), n);
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    std::vector<std::size_t> which;
    for (std::size_t i = 0; i < n; ++i)
      if (group_of_[sub_process(i)] == g) which.push_back(i);
    if (!which.empty()) scale_group(groups_[g], which, records, me2_ratio, arena);
  }
  // f_a f_b of the sub-process that the event is
  auto luminosity = [&](const PdfEvaluator& densities, double factor) {
    const auto q2 = arena.take<double>(n), x = arena.take<double>(n), product = arena.take<double>(n);
    const Batch f = Batch::take(arena, densities.flavours().size(), n);
    std::fill(product.begin(), product.end(), 1.0);
    for (std::size_t b = 0; b < 2; ++b) {
      for (std::size_t i = 0; i < n; ++i) {
        x[i] = records[i][1 + b];
        q2[i] = std::pow(factor * records[i][3], 2);
      }
      densities.evaluate(x, q2, f, arena);
      for (std::size_t i = 0; i < n; ++i) product[i] *= f.row(flavour_row_[sub_process(i)][b])[i];
    }
    return product;
  };
  std::span<double> by_factor[std::size(kFactors)];
  for (std::size_t k = 0; k < std::size(kFactors); ++k) by_factor[k] = luminosity(*densities_, kFactors[k]);
  std::size_t member = 0;
  for (const WeightVariation& v : variations_) {
    const bool other = v.member != pdf_->member;
    const auto here = other ? luminosity(member_densities_[member++], 1) : by_factor[factor_index(v.mu_f)];
    for (std::size_t i = 0; i < n; ++i)
      events[i].variations.push_back(events[i].weight * me2_ratio.row(factor_index(v.mu_r))[i] * here[i] /
                                     by_factor[0][i]);
  }
}

}  // namespace thalweg
