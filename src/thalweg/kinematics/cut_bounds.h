// What cuts imply for every event that passes them: bounds on invariants and transverse momenta of the final particles.
//
// Final particles are numbered from 0; a set of them is a mask. GeV. With pt_i the smallest p_T that cuts leave
// particle i, a the azimuthal and b the pseudorapidity distance of two, R the smallest sqrt(a^2 + b^2):
//
//   p_T     of a set the p_T of all others, since all together have none; >= |p| sin(theta) with |p| from a cut on the
//           energy; in a two-body state of fixed energy |p| is known and either angle is that of the other;
//           p_T,S >= p_T,i - sum of the largest p_T of the others in S
//   pairs   2 p_i.p_j = 2 (E_i E_j - |p_i||p_j|) + 2 |p_i||p_j| (1 - cos) >= 2 pt_i pt_j (cosh b - cos a), since
//           E >= |p|; and cosh b - cos a >= 1 - cos R: at fixed R its derivative by a is a (sin(a)/a - sinh(b)/b) <= 0,
//           so that it is smallest at a = min(R, pi) 2 p_i.p_j >= 2 m_i m_j;   >= m_cut^2 - m_i^2 - m_j^2 where the
//           mass of the pair is cut 2 p_i.p_j >= 2 pt_i (m_T,j - p_T,j) = 2 pt_i m_j^2 / (m_T,j + p_T,j) >= 2 pt_i
//           m_j^2 / (2 E_j) for a massless i, E_j <= (s + m_j^2) / (2 sqrt(s)) in the rest frame of the partons; the
//           same with a cut on E_i in the place of p_T, 2 E_i (E_j - |p_j|), E_j <= (s + m_j^2) / (2 sqrt(s)) in the
//           frame of the collider with the whole event
//   sets    m_S^2 = sum m_i^2 + sum of pairs;   m_S >= m_T + sum of the other masses where the mass of T in S is cut
//           m_ab >= transverse_mass(a, b) where that is cut; mt_particle >= M is p_T^2 >= M^2 - m^2
//   energy  sqrt(s_hat) >= sum m_T,i in the rest frame of the partons, a boost along the beam away, where E_i >= m_T,i;
//           the same with a set whose mass is cut in the place of its particles, and for one particle and all others,
//           whose p_T is the same, or a set whose p_T is cut and all others; >= ht where that is cut
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "thalweg/kinematics/cuts.h"

namespace thalweg {

// min <= (pseudo)rapidity <= max of the sum of a set of final particles. Of one massless particle it is the rapidity.
struct RapidityCut {
  std::uint32_t set;
  bool pseudo;
  double min, max;
};

class CutBounds {
 public:
  // Of the final legs first_leg ... with these masses; `energy`: the largest sqrt(s_hat), or the only one (fixed).
  CutBounds(const Cuts& cuts, std::size_t first_leg, std::vector<double> masses, double energy, bool fixed = false);

  // The same for particles of other names: particle i is the one that was permutation[i].
  CutBounds permuted(const std::vector<std::size_t>& permutation) const;

  std::size_t size() const { return masses_.size(); }
  double mass(std::size_t i) const { return masses_[i]; }
  double least_pt(std::size_t i) const { return least_pt_[i]; }
  double least_pt_of_set(std::uint32_t set) const;                     // of the sum
  double least_energy_of(std::size_t i) const { return least_e_[i]; }  // in the frame of the collider; 0: not cut
  double least_delta_r(std::size_t i, std::size_t j) const { return least_delta_r_[i * size() + j]; }
  double least_mass(std::uint32_t set) const;
  double most_mass(std::uint32_t set) const;  // infinity: not cut
  double least_energy() const;                // sqrt(s_hat)
  // The cuts themselves.
  const Cuts& cuts() const { return cuts_; }
  // Cuts on rapidities, pseudorapidities and polar angles that leave one interval, each set of particles once.
  const std::vector<RapidityCut>& rapidity_cuts() const { return rapidity_cuts_; }
  // Rapidity of every particle of a set lies between these, and so does that of their sum; +-infinity: not cut.
  // |y| <= |eta|, with the same sign.
  std::pair<double, double> rapidity_range(std::uint32_t set) const;
  // Whether some cut tells the two directions of the beam axis apart.
  bool has_direction() const { return has_direction_; }

 private:
  struct MassCut {
    std::uint32_t set;
    double min, max;
  };
  double least_pair(std::size_t i, std::size_t j) const;  // of 2 p_i.p_j
  void add_rapidity_cut(std::uint32_t set, const Cut& cut);

  void bound_transverse_momenta(std::size_t first_leg, bool fixed);

  Cuts cuts_;
  std::vector<double> masses_, least_pt_, least_e_, least_delta_r_;
  std::vector<MassCut> mass_cuts_, pt_cuts_;
  std::vector<RapidityCut> rapidity_cuts_;
  double energy_, least_ht_ = 0;
  bool has_direction_ = false;
};

}  // namespace thalweg
