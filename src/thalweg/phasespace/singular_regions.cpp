#include "thalweg/phasespace/singular_regions.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <map>

namespace thalweg {
namespace {

using Kind = SingularRegion::Kind;

class RegionFinder {
 public:
  RegionFinder(const DiagramSet& process, const Model& model, const Parameters& parameters, const Beams& beams,
               const CutBounds& bounds)
      : process_(process),
        model_(model),
        parameters_(parameters),
        beams_(beams),
        bounds_(bounds),
        incoming_(static_cast<unsigned>(process.process.incoming)),
        legs_((1u << process.process.legs()) - 1),
        initial_((1u << incoming_) - 1) {
    for (std::size_t l = 0; l < process.process.legs(); ++l)
      if (leg_mass(l) == 0) massless_legs_ |= 1u << l;
  }

  std::vector<SingularRegion> run() {
    for (diagram_ = 0; diagram_ < process_.diagrams.size(); ++diagram_) {
      lines_ = process_.diagrams[diagram_].propagators();
      bool all_massless = true;
      for (const auto& line : lines_) {
        all_massless = all_massless && massless(line.pdg);
        for (const std::uint32_t side : {line.mask, legs_ ^ line.mask}) look_at(line.pdg, side);
      }
      if (beams_.kind == Beams::Kind::hadrons && all_massless && massless_legs_ == legs_)
        add(Kind::energy, final(legs_), lines_.empty() ? 0 : lines_[0].pdg);
      look_at_vertices(process_.diagrams[diagram_].body, true);
    }
    std::vector<SingularRegion> result;
    for (const auto& [key, region] : found_) result.push_back(region);
    return result;
  }

 private:
  void add(Kind kind, std::uint32_t set, int pdg) {
    found_.insert({{kind, set}, SingularRegion{kind, set, diagram_, pdg}});
  }
  bool massless(int pdg) const { return model_.mass(pdg, parameters_) == 0; }
  double leg_mass(std::size_t l) const { return model_.mass(process_.process.pdg[l], parameters_); }
  std::uint32_t final(std::uint32_t mask) const { return mask >> incoming_; }

  // Whether all lines behind one that ends in these legs are massless, as they are themselves.
  bool massless_side(std::uint32_t side) const {
    if ((side & massless_legs_) != side) return false;
    for (const auto& line : lines_)
      for (const std::uint32_t s : {line.mask, legs_ ^ line.mask})
        if ((s & side) == s && s != side && !massless(line.pdg)) return false;
    return true;
  }

  void look_at(int pdg, std::uint32_t side) {
    const std::uint32_t beams = side & initial_;
    if (beams == initial_) return;  // the other side of a time-like line
    if (beams == 0) return time_like(pdg, side);
    // One beam of two.
    if (massless(pdg) && massless_side(side)) add(beams == 1 ? Kind::beam_a : Kind::beam_b, final(side), pdg);
    if (beams != 1) return;
    const std::uint32_t other = legs_ ^ side;
    const bool pairs = std::popcount(side) == 2 && std::popcount(other) == 2;
    if (massless(pdg) && pairs && keeps_its_mass(side) && keeps_its_mass(other) && leg_mass(0) > 0 && leg_mass(1) > 0)
      add(Kind::forward, final(side), pdg);
    else if (has_no_width(pdg) && beam_decays(pdg, final(side)))
      add(Kind::decay, final(side), pdg);
  }

  void time_like(int pdg, std::uint32_t side) {
    const bool whole = final(side) == final(legs_);
    if (massless(pdg)) {
      if (!whole && massless_side(side)) add(Kind::collinear, final(side), pdg);
      return;
    }
    if (!has_no_width(pdg)) return;
    const double pole = model_.mass(pdg, parameters_);
    const std::uint32_t set = final(side), rest = final(legs_) & ~set;
    double least = bounds_.least_mass(set),
           most = std::min(bounds_.most_mass(set), beams_.energy - bounds_.least_mass(rest));
    if (whole && beams_.kind != Beams::Kind::hadrons) least = most = beams_.energy;
    if (whole && beams_.kind == Beams::Kind::hadrons) least = std::max(least, bounds_.least_energy());
    const bool threshold = pole == least && (whole || (side & massless_legs_) == 0);
    if ((pole > least && pole < most) || threshold) add(Kind::resonance, set, pdg);
  }

  bool has_no_width(int pdg) const { return model_.width(pdg, parameters_) == 0; }

  // A beam and one particle of the same mass.
  bool keeps_its_mass(std::uint32_t side) const {
    const auto beam = static_cast<std::size_t>(std::countr_zero(side & initial_)),
               leg = static_cast<std::size_t>(std::countr_zero(side & ~initial_));
    return leg_mass(beam) == leg_mass(leg);
  }

  // Whether t = (p_a - p_side)^2 reaches the pole of a line from both sides: at cos = 1 for some masses of the two.
  bool beam_decays(int pdg, std::uint32_t set) const {
    if (beams_.kind != Beams::Kind::partons || (beams_.mass_a == 0 && beams_.mass_b == 0)) return false;
    const double m = model_.mass(pdg, parameters_), e = beams_.energy, a2 = std::pow(beams_.mass_a, 2),
                 b2 = std::pow(beams_.mass_b, 2);
    const double least_1 = bounds_.least_mass(set), least_2 = bounds_.least_mass(final(legs_) & ~set);
    const double p_a = two_body_momentum(e, beams_.mass_a, beams_.mass_b), e_a = (e * e + a2 - b2) / (2 * e);
    constexpr int steps = 64;
    const bool fixed_1 = std::popcount(set) == 1, fixed_2 = std::popcount(final(legs_) & ~set) == 1;
    for (int i = 0; i <= (fixed_1 ? 0 : steps); ++i)
      for (int j = 0; j <= (fixed_2 ? 0 : steps); ++j) {
        const double room = std::max(e - least_1 - least_2, 0.0), m1 = least_1 + room * i / steps,
                     m2 = least_2 + (room - room * i / steps) * j / steps;
        const double p1 = two_body_momentum(e, m1, m2), e1 = std::hypot(p1, m1);
        if (a2 + m1 * m1 - 2 * (e_a * e1 - p_a * p1) > m * m + 1e-9 * e * e) return true;
      }
    return false;
  }

  // The three sides of each vertex of three lines: does one leave an external leg as it is?
  void look_at_vertices(const TreePtr& tree, bool body) {
    if (tree->is_leg()) return;
    if (tree->parts.size() == 2) {
      const std::uint32_t rest = legs_ ^ tree->mask;
      const int outside = body ? process_.process.pdg.back() : tree->pdg;
      const std::array<std::pair<std::uint32_t, int>, 3> sides = {
          {{tree->parts[0]->mask, tree->parts[0]->pdg}, {tree->parts[1]->mask, tree->parts[1]->pdg}, {rest, outside}}};
      for (std::size_t i = 0; i < 3; ++i)
        for (const std::size_t j : {(i + 1) % 3, (i + 2) % 3}) emission(sides[i], sides[j], sides[3 - i - j]);
    }
    for (const TreePtr& part : tree->parts) look_at_vertices(part, false);
  }

  void emission(std::pair<std::uint32_t, int> boson, std::pair<std::uint32_t, int> leg,
                std::pair<std::uint32_t, int> line) {
    if ((boson.first & initial_) || std::popcount(leg.first) != 1 || std::popcount(line.first) == 1) return;
    if (!massless(boson.second) || model_.particle(boson.second).spin == Spin::fermion) return;
    if (!massless_side(boson.first)) return;
    const double mass = leg_mass(static_cast<std::size_t>(std::countr_zero(leg.first)));
    if (model_.mass(line.second, parameters_) == mass) add(Kind::soft, final(boson.first), line.second);
  }

  const DiagramSet& process_;
  const Model& model_;
  const Parameters& parameters_;
  const Beams& beams_;
  const CutBounds& bounds_;
  const unsigned incoming_;
  const std::uint32_t legs_, initial_;
  std::uint32_t massless_legs_ = 0;
  std::size_t diagram_ = 0;
  std::vector<Diagram::Propagator> lines_;
  std::map<std::pair<Kind, std::uint32_t>, SingularRegion> found_;
};

}  // namespace

std::vector<SingularRegion> singular_regions(const DiagramSet& process, const Model& model,
                                             const Parameters& parameters, const Beams& beams,
                                             const CutBounds& bounds) {
  return RegionFinder(process, model, parameters, beams, bounds).run();
}

}  // namespace thalweg
