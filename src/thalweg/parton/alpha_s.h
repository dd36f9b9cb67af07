// The strong coupling, as a PDF set gives it or by its own running.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "thalweg/parton/set_info.h"

namespace thalweg {

class AlphaS {
 public:
  // Above it a coupling means nothing: the Landau pole is at hand (LHAPDF's bound).
  static constexpr double kMost = 2;

  // LHAPDF's type `ipol`: cubic Hermite interpolation of alpha_s in log Q^2 between knots, with a new
  // piece at repeated knots (arXiv:1412.7420, section 3.4). Below the first knot a power law through
  // the first two, above the last knot its value.
  static AlphaS from_table(std::vector<double> q, std::vector<double> values);

  // LHAPDF's type `ode`: d alpha_s / d log Q^2 = -sum_k b_k alpha_s^(k + 2), k = 0 ... order (up to four loops, PDG
  // review of QCD, eq. 9.3), from value = alpha_s(scale). There are three flavours, and one more above each
  // threshold (c, b, t), but never fewer than `least` nor more than `most`: both equal in a fixed scheme. At a
  // threshold the two couplings are matched to the order of the running with the MSbar mass m(m) (arXiv:hep-ph/9706430,
  // up to the third power); where mass and threshold agree they differ from the second power on. Fourth-order
  // Runge-Kutta in log Q^2; between 1 GeV and 10^6 GeV from a table of values and slopes, cubic in between, with a
  // deviation below 1e-11.
  struct Running {
    double value = 0.118, scale = 91.1876;
    int order = 0;  // 0: one loop
    std::array<double, 3> thresholds{1.51, 4.92, 172.5}, masses = thresholds;
    int least = 3, most = 6;
  };
  static AlphaS from_running(const Running& running);

  // LHAPDF's type `analytic`: the expansion in 1 / log(Q^2 / Lambda^2) up to four loops (PDG review of QCD, eq. 9.5 of
  // 2013), lambda by number of flavours without a gap; as many flavours as thresholds say, within those that have a
  // lambda and up to `most`.
  static AlphaS from_lambdas(std::map<int, double> lambda, int order, const std::array<double, 3>& thresholds,
                             int least, int most);

  // What the keys of a set ask for (CONFIGFLAGS of LHAPDF). Sentences about what had to be assumed, and about what does
  // not fit together, are added to `notes`. RequestError with the key for what cannot be.
  static AlphaS from_info(const SetInfo& info, const std::string& place, std::vector<std::string>& notes);

  // What is known without a PDF set: MadGraph's running, at two loops from alpha_s(m_z) with five flavours, four below
  // 4.7 GeV and three below 1.42 GeV.
  static AlphaS without_set(double value, double m_z);

  // alpha_s(Q), Q in GeV, Q > 0; infinity where it would be above kMost, as at and below the Landau pole.
  double operator()(double q) const;

  double lowest() const;  // where a table begins, GeV; below it is extrapolated. 0 for a running

 private:
  // A stretch of the running with equal steps in log Q^2.
  struct Stretch {
    double from, step;
    std::vector<double> values, slopes;
    double at(double log_q2) const;
    double end() const { return from + step * static_cast<double>(values.size() - 1); }
  };
  // Where the number of flavours changes from `below` to `below` + 1.
  struct Threshold {
    double scale, mass;
    int below;
  };
  double value(double q) const;
  double interpolate(double q) const;
  double run(double q, bool above = false) const;  // above: on a threshold the coupling above it
  double match(double a, const Threshold& threshold, bool up) const;
  double expand(double q) const;
  int flavours(double q) const;
  void tabulate();

  std::vector<double> log_q2_, values_;  // table
  std::map<int, double> lambda_;         // analytic
  Running running_;
  std::vector<Threshold> thresholds_;
  std::vector<Stretch> stretches_;
};

}  // namespace thalweg
