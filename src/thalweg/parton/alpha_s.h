// The strong coupling, as the PDF set gives it or by its own running.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

namespace thalweg {

class AlphaS {
 public:
  // LHAPDF's type `ipol`: cubic Hermite interpolation of alpha_s in log Q^2 between knots, with a new
  // piece at repeated knots (arXiv:1412.7420, section 3.4). Below the first knot a power law through
  // the first two, above the last knot its value.
  static AlphaS from_table(std::vector<double> q, std::vector<double> values);
  // Running at `order` + 1 loops (0, 1 or 2) from alpha_s(m_z), five flavours there, fewer below m_b
  // and m_c (continuous), six above m_t. Fourth-order Runge-Kutta in log Q^2.
  static AlphaS from_running(double at_mz, double m_z, int order, double m_charm, double m_bottom, double m_top);
  // Between 1 GeV and 10^6 GeV from a table of values and slopes, cubic in between, with a deviation below 1e-11.
  // Either of the two from the keys of an .info file. RequestError with `place` if they do not fit.
  static AlphaS from_info(const std::map<std::string, std::string>& info, const std::string& place);

  // alpha_s(Q), Q in GeV, Q > 0.
  double operator()(double q) const;

 private:
  // A stretch of the running with equal steps in log Q^2.
  struct Stretch {
    double from, step;
    std::vector<double> values, slopes;
    double at(double log_q2) const;
    double end() const { return from + step * static_cast<double>(values.size() - 1); }
  };
  double interpolate(double q) const;
  double run(double q) const;
  void tabulate();

  std::vector<double> log_q2_, values_;  // table
  double at_mz_ = 0, m_z_ = 0;           // running
  int order_ = 0;
  std::array<double, 3> thresholds_{};
  std::vector<Stretch> running_;
};

}  // namespace thalweg
