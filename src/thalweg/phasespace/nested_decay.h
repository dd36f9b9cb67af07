// Decays of one particle into three or four in nested masses and angles, as maps of the unit cube (Chen, Klimek,
// Perelstein, SciPost Phys. 10, 023 (2021), section 3, appendices A and B).
//
//   four bodies   X -> 1 (234), (234) -> 2 (34), (34) -> 3 4
//     y_0 -> m_234 and y_1 -> m_34, evenly over their ranges                                                    (5)
//     y_2 -> cos theta_12 = 2 y_2 - 1 in the frame of (234), y_3 -> c_23 = 2 y_3 - 1 in that of (34)
//     Angles::frames     y_4 -> phi = 2 pi y_4: azimuth of 3 about 2 in the frame of (34), from the half plane of 1
//     Angles::symmetric  y_4 -> c_13 = 2 y_4 - 1 in the frame of (34); dphi = 2 dc_13 / sqrt(D), D the determinant
//     (24);
//                        points with D <= 0 are none. 3 lies on one side of the plane of 1 and 2 or on the other
//   three bodies  X -> 1 (23), (23) -> 2 3:  y_0 -> m_23, y_1 -> cos theta_12 = 2 y_1 - 1 in the frame of (23)
// Volumes are those of dPhi_n = prod d^3p/((2 pi)^3 2 E) (2 pi)^4 delta^4, all orientations included. In GeV.
#pragma once

#include <array>
#include <span>

namespace thalweg {

// sqrt [A,B,C] (14, 15): momentum of A and C in the rest frame of B, which is their mother or, with an absolute value,
// a daughter. b > 0.
double bracket_momentum(double a, double b, double c);

using FourMomentum = std::array<double, 4>;  // E, p_x, p_y, p_z

enum class Angles { frames, symmetric };

class FourBodyDecay {
 public:
  // RequestError unless 0 <= sum of the masses < mass.
  FourBodyDecay(double mass, const std::array<double, 4>& masses, Angles angles = Angles::frames);

  struct Point {
    double jacobian;  // dPhi_4 / dy in GeV^4; 0 where there is no point, and then nothing else is defined
    double s12, s13, s14, s23, s24, s34, s134, s234;  // GeV^2
  };
  Point point(const double* y) const;
  // In the rest frame of X; 1 along z, 2 in the half plane of positive x. `side`: of 3, y >= 0 where true; looked at
  // with Angles::symmetric alone.
  void momenta(const double* y, bool side, std::span<FourMomentum, 4> k) const;
  // Momenta in the rest frame of X -> the point's coordinates. Never an error; not finite where angles are undefined.
  void coordinates(std::span<const FourMomentum, 4> k, double* y) const;

 private:
  struct Frames;
  double mass_;
  std::array<double, 4> m_;
  Angles angles_;
};

class ThreeBodyDecay {
 public:
  ThreeBodyDecay(double mass, const std::array<double, 3>& masses);
  struct Point {
    double jacobian;  // dPhi_3 / dy in GeV^2; as above
    double s12, s13, s23;
  };
  Point point(const double* y) const;
  void momenta(const double* y, std::span<FourMomentum, 3> k) const;
  void coordinates(std::span<const FourMomentum, 3> k, double* y) const;

 private:
  double mass_;
  std::array<double, 3> m_;
};

// Turned in space, all orientations alike, by three uniform numbers.
void turn(std::span<FourMomentum> k, double u, double v, double w);

}  // namespace thalweg
