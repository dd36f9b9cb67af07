// Models as data: a table of particles and a table of vertices. Adding a particle or a coupling
// touches this room only, not the amplitude engine.
#pragma once

#include <array>
#include <complex>
#include <string>
#include <vector>

#include "thalweg/model/parameters.h"

namespace thalweg {

enum class Spin { scalar, fermion, vector };

struct Particle {
  int pdg = 0;  // PDG code of the particle; the antiparticle has the opposite sign
  std::string name, antiname;
  Spin spin = Spin::scalar;
  int colour = 1;           // dimension of the SU(3) representation: 1, 3 or 8
  int charge3 = 0;          // three times the electric charge in units of e
  std::string mass, width;  // names of parameters; empty: zero

  bool self_conjugate() const { return name == antiname; }
};

enum class VertexKind { ffv, ffs, vvv, vvs, sss, vvvv, vvss, ssss };

// An elementary vertex: the particles that leave it, so that their charges add up to zero, and the term of the
// Lagrangian with its fields taken as the wave functions of these particles (all derivatives applied, momenta k
// leaving, one term for each way to put identical particles into the fields):
//
//   ffv   psi-bar gamma^mu (left P_L + right P_R) psi V_mu      lines: outgoing fermion (row), antifermion, vector
//   ffs   psi-bar (left P_L + right P_R) psi phi                 the same with a scalar
//   vvv   left [(1.2) (k1-k2).3 + cyclic]         totally antisymmetric
//   vvs   left (1.2)
//   sss   left
//   vvvv  left [2 (1.2)(3.4) - (1.3)(2.4) - (1.4)(2.3)]
//   vvss  left (1.2)
//   ssss  left
//
// Couplings are in units of g_s^qcd. Vertices of gluons carry their whole colour structure: g_s T^a with
// Tr(T^a T^b) = 1/2, and all terms with f^{abc} and f f of the Yang-Mills Lagrangian with D = d - i g_s T.A.
struct Vertex {
  VertexKind kind;
  std::array<int, 4> lines{};  // the last one is 0 at a vertex of three lines
  std::complex<double> left, right;
  int qcd = 0, qed = 0;  // coupling orders

  std::size_t legs() const { return lines[3] ? 4 : 3; }
};

class Model {
 public:
  // "sm", "sm_zprime" (a Z' with the couplings of the Z times coupling.zp) or "sm_cp" (a CP-violating Yukawa coupling
  // of the top); RequestError otherwise.
  explicit Model(const std::string& name);

  const std::string& name() const { return name_; }
  static std::vector<std::string> names() { return {"sm", "sm_zprime", "sm_cp"}; }
  Parameters default_parameters() const { return Parameters::defaults(name_); }
  const std::vector<Particle>& particles() const { return particles_; }

  // The entry of a particle or antiparticle. RequestError if there is none.
  const Particle& particle(int pdg) const;
  bool has(int pdg) const;
  // PDG code of the antiparticle (itself for self-conjugate particles).
  int anti(int pdg) const;
  // "e+" -> -11. RequestError with the nearest spelling.
  int pdg(const std::string& name) const;
  bool has_name(const std::string& name) const;
  std::string particle_name(int pdg) const;
  std::vector<std::string> particle_names() const;
  int charge3(int pdg) const;
  double mass(int pdg, const Parameters& parameters) const;
  double width(int pdg, const Parameters& parameters) const;

  // Mass in numerators and couplings: sqrt(m^2 - i m Gamma) in the complex-mass scheme, else m.
  std::complex<double> complex_mass(int pdg, const Parameters& parameters) const;

  // All vertices whose coupling is not zero at these parameters.
  std::vector<Vertex> vertices(const Parameters& parameters) const;

 private:
  std::string name_;
  std::vector<Particle> particles_;
};

}  // namespace thalweg
