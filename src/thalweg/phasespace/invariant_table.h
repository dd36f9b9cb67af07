// Invariants of the final particles of a batch, each once for all channels that ask for it.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "thalweg/kinematics/cut_bounds.h"
#include "thalweg/phasespace/beams.h"
#include "thalweg/phasespace/channel_tree.h"

namespace thalweg {

class InvariantTable {
 public:
  InvariantTable(const Beams& beams, std::vector<double> masses, std::vector<RapidityCut> cuts = {});

  // The row of m^2 of a set of final particles (bit i: particle i), or of -t of the line between beam a and a set on
  // one side and all others on the side of b. GeV^2.
  std::size_t time_like(std::uint32_t set);
  std::size_t minus_t(std::uint32_t side_of_a);
  // The row of the share of the sphere that cuts leave the decay of a pair (TransverseFrame). The same pair has the
  // same cuts always.
  std::size_t decay_volume(const TransverseDecay& cuts, int first, int second);
  std::size_t particles() const { return masses_.size(); }
  std::size_t rows() const { return wanted_.size(); }

  // Any momenta with the x_a, x_b, s_hat and range of u that belong to them; no jacobian.
  PhaseSpacePoints points_of(const Momenta& momenta, Arena& arena) const;
  // out: rows() rows. Each to about rounding where it is of a single pair, or of one particle and a massless beam;
  // larger sets are sums of pairs. x_a, x_b and s_hat belong to the momenta.
  void evaluate(const PhaseSpacePoints& points, const Batch& out, Arena& arena) const;

 private:
  // Row i is constant + sum of pairs: 2 p_i.p_j at i * n + j, i < j; with the beams at n * n + i and n * (n + 1) + i.
  struct Wanted {
    double constant;
    std::vector<std::pair<std::size_t, double>> pairs;
  };
  struct Decay {
    TransverseDecay cuts;
    std::size_t first, second, row;
  };
  Wanted sum_of(std::uint32_t set) const;
  std::size_t add(std::uint32_t key, Wanted wanted);

  Beams beams_;
  std::vector<double> masses_;
  std::vector<RapidityCut> cuts_;
  std::map<std::uint32_t, std::size_t> known_;
  std::vector<Wanted> wanted_;
  std::vector<Decay> decays_;
};

}  // namespace thalweg
