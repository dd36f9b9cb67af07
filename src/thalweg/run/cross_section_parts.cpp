// Sub-processes summed or one by one: the parts of the integrand, their channels and costs.
#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "thalweg/base/random.h"
#include "thalweg/run/cross_section.h"

namespace thalweg {

// Separate sub-processes save amplitudes and cost grids and points: where amplitudes are most of the time.
void CrossSection::make_parts(SubProcesses wanted) {
  std::vector<std::size_t> all(groups_.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  if (wanted == SubProcesses::automatic) {
    wanted = amplitude_cost(all) > kSeparateFrom ? SubProcesses::separate : SubProcesses::summed;
  }
  if (wanted == SubProcesses::summed) return add_part(all);
  for (const std::size_t g : all) add_part({g});
}

void CrossSection::add_part(const std::vector<std::size_t>& groups) {
  Part& part = parts_.emplace_back();
  part.groups = groups;
  // Channels that diagrams name belong to their sub-processes, the others to all.
  std::vector<std::uint8_t> named(channels_->size(), 0), here(channels_->size(), 0);
  for (std::size_t p = 0; p < sets_.size(); ++p)
    for (const std::size_t c : channels_->channel_of()[p])
      if (c != ChannelSet::kNone) {
        named[c] = 1;
        if (std::count(groups.begin(), groups.end(), group_of_[p])) here[c] = 1;
      }
  for (const std::size_t g : groups)
    part.sub_processes.insert(part.sub_processes.end(), groups_[g].sub_processes.begin(),
                              groups_[g].sub_processes.end());
  auto serves = [&](std::size_t c) { return here[c] || !named[c]; };
  bool any = false;
  for (std::size_t c = 0; c < channels_->size(); ++c) any = any || serves(c);
  part.first = slots_.size();
  std::map<std::size_t, std::size_t> map_of;  // by group of channels
  for (std::size_t c = 0; c < channels_->size(); ++c) {
    if (any && !serves(c)) continue;  // four-point vertices alone name none
    const auto [map, fresh] = map_of.insert({channels_->group_of(c), maps_});
    maps_ += fresh;
    slots_.push_back({parts_.size() - 1, c, map->second});
  }
  part.size = slots_.size() - part.first;
}

// Points outside of a grid that says 'error' are marked, and have no weight (cross_section_scales.cpp).
GridRules CrossSection::continued(GridRules rules) {
  if (rules.extrapolator == Extrapolator::error) rules.extrapolator = Extrapolator::continuation;
  return rules;
}

// Of the flavours that some sub-processes need, with their rows. Tables have a megabyte: there may be 161 parts.
std::shared_ptr<const PdfEvaluator> CrossSection::densities_of(
    const std::vector<std::size_t>& sub_processes, std::vector<std::array<std::size_t, 2>>& flavour_row) const {
  std::set<int> needed;
  for (const std::size_t p : sub_processes)
    for (std::size_t beam = 0; beam < 2; ++beam) needed.insert(sets_[p].process.pdg[beam]);
  const std::vector<int> flavours(needed.begin(), needed.end());
  for (const std::size_t p : sub_processes) {
    auto row = [&](std::size_t beam) {
      const auto found = std::find(flavours.begin(), flavours.end(), sets_[p].process.pdg[beam]);
      return static_cast<std::size_t>(found - flavours.begin());
    };
    flavour_row.push_back({row(0), row(1)});
  }
  for (const Part& part : parts_)
    if (part.densities && part.densities->flavours() == flavours) return part.densities;
  return std::make_shared<const PdfEvaluator>(pdf_->grid, flavours, continued(pdf_->rules));
}

double CrossSection::flops_of(const std::vector<std::size_t>& groups) const {
  double flops = 0;
  for (const std::size_t g : groups) flops += groups_[g].program.flops;
  return flops;
}

double CrossSection::amplitude_cost(const std::vector<std::size_t>& groups) const {
  return flops_of(groups) / kAmplitudeRate;
}

double CrossSection::amplitude_flops() const {
  double sum = 0;
  for (const Part& part : parts_) sum += static_cast<double>(part.size) * flops_of(part.groups);
  return sum / static_cast<double>(channels());
}

double CrossSection::left_to_double(std::uint64_t seed) const {
  constexpr std::size_t kPoints = 4096, kMostChannels = 64;
  const std::size_t step = (channels() + kMostChannels - 1) / kMostChannels, each = kPoints * step / channels() + 1;
  std::size_t left = 0, all = 0;
  Arena arena;
  for (std::size_t c = 0; c < channels(); c += step) {
    arena.reset();
    const Batch points = Batch::take(arena, dim(), each);
    RandomStream random({seed, Phase::trial, 0, c});
    for (std::size_t d = 0; d < points.dim; ++d) random.fill({points.row(d), each});
    const Survivors s = compute(c, points, {}, arena);
    left += s.left, all += s.amplitudes;
  }
  return all > 0 ? static_cast<double>(left) / static_cast<double>(all) : 1;
}

double CrossSection::cuts_cost() const {
  double cost = 0;
  for (const Cut& cut : cuts_.list())
    cost += static_cast<double>(cut.tuples.size()) * (cut.observable == Observable::delta_r ? kDistanceCost : kCutCost);
  return cost;
}

double CrossSection::cost(std::size_t channel) const {
  const Part& part = parts_[slots_[channel].part];
  const double weight =
      weights_ == ChannelWeights::lab || weights_ == ChannelWeights::sherpa ? kDensityCost : kPropagatorsCost;
  const double maps = kCoordinateCost * static_cast<double>(dim()) + weight * static_cast<double>(part.size - 1);
  return maps + cuts_cost() + amplitude_cost(part.groups) + (part.densities ? kDensitiesCost : 0);
}

std::string CrossSection::channel_name(std::size_t channel) const {
  const Slot& slot = slots_[channel];
  const std::string& name = (*channels_)[slot.channel].name();
  if (parts_.size() == 1) return name;
  return to_string(sets_[parts_[slot.part].sub_processes[0]].process, model_) + ": " + name;
}

}  // namespace thalweg
