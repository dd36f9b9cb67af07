// Models as data: a table of particles and a table of vertices. Adding a particle or a coupling
// touches this room only, not the amplitude engine.
#pragma once

#include <array>
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

enum class VertexKind { ffv, ffs, vvv, vvs, sss };

// An elementary vertex: the three particles that leave it, so that their charges add up to zero.
// ffv: lines[0] is the outgoing fermion (row spinor), lines[1] the outgoing antifermion, lines[2] the
// vector, and the Lagrangian term is  psi-bar gamma^mu (left P_L + right P_R) psi V_mu.
// The other kinds take part in diagrams only; their couplings are not evaluated.
struct Vertex {
  VertexKind kind;
  std::array<int, 3> lines;
  double left = 0, right = 0;
  int qcd = 0, qed = 0;  // coupling orders
};

class Model {
 public:
  // "sm" or "sm_zprime"; RequestError otherwise.
  explicit Model(const std::string& name);

  const std::string& name() const { return name_; }
  Parameters default_parameters() const { return Parameters::defaults(name_ == "sm_zprime"); }
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

  // All vertices, with their couplings at these parameters.
  std::vector<Vertex> vertices(const Parameters& parameters) const;

 private:
  std::string name_;
  std::vector<Particle> particles_;
};

}  // namespace thalweg
