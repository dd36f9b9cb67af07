#include "thalweg/model/model.h"

#include <cmath>
#include <cstdlib>

#include "thalweg/base/errors.h"
#include "thalweg/base/spelling.h"
#include "thalweg/base/units.h"

namespace thalweg {
namespace {

constexpr int kGluon = 21, kPhoton = 22, kZ = 23, kW = 24, kHiggs = 25, kZPrime = 32;

bool is_up_type(int pdg) { return pdg == 2 || pdg == 4 || pdg == 6 || pdg == 12 || pdg == 14 || pdg == 16; }

}  // namespace

Model::Model(const std::string& name) : name_(name) {
  if (name != "sm" && name != "sm_zprime")
    request_error("unknown model '{}'{} Known: sm, sm_zprime", name, did_you_mean(name, {"sm", "sm_zprime"}));
  const auto f = Spin::fermion;
  const auto v = Spin::vector;
  particles_ = {
      {1, "d", "d~", f, 3, -1, "", ""},
      {2, "u", "u~", f, 3, 2, "", ""},
      {3, "s", "s~", f, 3, -1, "", ""},
      {4, "c", "c~", f, 3, 2, "", ""},
      {5, "b", "b~", f, 3, -1, "mass.b", ""},
      {6, "t", "t~", f, 3, 2, "mass.t", "width.t"},
      {11, "e-", "e+", f, 1, -3, "", ""},
      {12, "ve", "ve~", f, 1, 0, "", ""},
      {13, "mu-", "mu+", f, 1, -3, "", ""},
      {14, "vm", "vm~", f, 1, 0, "", ""},
      {15, "ta-", "ta+", f, 1, -3, "mass.tau", "width.tau"},
      {16, "vt", "vt~", f, 1, 0, "", ""},
      {kGluon, "g", "g", v, 8, 0, "", ""},
      {kPhoton, "a", "a", v, 1, 0, "", ""},
      {kZ, "z", "z", v, 1, 0, "mass.z", "width.z"},
      {kW, "w+", "w-", v, 1, 3, "mass.w", "width.w"},
      {kHiggs, "h", "h", Spin::scalar, 1, 0, "mass.h", "width.h"},
  };
  if (name == "sm_zprime") particles_.push_back({kZPrime, "zp", "zp", v, 1, 0, "mass.zp", "width.zp"});
}

bool Model::has(int pdg) const {
  for (const Particle& p : particles_)
    if (p.pdg == pdg || (p.pdg == -pdg && !p.self_conjugate())) return true;
  return false;
}

const Particle& Model::particle(int pdg) const {
  for (const Particle& p : particles_)
    if (p.pdg == pdg || (p.pdg == -pdg && !p.self_conjugate())) return p;
  request_error("model {} has no particle with PDG code {}", name_, pdg);
}

int Model::anti(int pdg) const { return particle(pdg).self_conjugate() ? pdg : -pdg; }

int Model::pdg(const std::string& name) const {
  for (const Particle& p : particles_) {
    if (p.name == name) return p.pdg;
    if (p.antiname == name) return -p.pdg;
  }
  request_error("unknown particle '{}' in model {}{} Known: {}", name, name_, did_you_mean(name, particle_names()),
                comma_list(particle_names()));
}

bool Model::has_name(const std::string& name) const {
  for (const Particle& p : particles_)
    if (p.name == name || p.antiname == name) return true;
  return false;
}

std::string Model::particle_name(int pdg) const {
  const Particle& p = particle(pdg);
  return pdg > 0 ? p.name : p.antiname;
}

std::vector<std::string> Model::particle_names() const {
  std::vector<std::string> names;
  for (const Particle& p : particles_) {
    names.push_back(p.name);
    if (!p.self_conjugate()) names.push_back(p.antiname);
  }
  return names;
}

int Model::charge3(int pdg) const { return particle(pdg).charge3 * (pdg > 0 ? 1 : -1); }

double Model::mass(int pdg, const Parameters& parameters) const {
  const std::string& name = particle(pdg).mass;
  return name.empty() ? 0.0 : parameters.get(name);
}

double Model::width(int pdg, const Parameters& parameters) const {
  const std::string& name = particle(pdg).width;
  return name.empty() ? 0.0 : parameters.get(name);
}

std::vector<Vertex> Model::vertices(const Parameters& parameters) const {
  const double e = parameters.electric_charge();
  const double sw2 = parameters.sin2_theta_w();
  const double sw = std::sqrt(sw2), cw = std::sqrt(1 - sw2);
  const double gs = std::sqrt(4 * kPi * parameters.get("alpha_s"));
  std::vector<Vertex> list;
  for (const Particle& p : particles_) {
    if (p.spin != Spin::fermion) continue;
    const int id = p.pdg;
    const double charge = p.charge3 / 3.0;
    const double isospin = is_up_type(id) ? 0.5 : -0.5;
    const double z_left = e * (isospin - charge * sw2) / (sw * cw), z_right = -e * charge * sw / cw;
    if (p.colour == 3) list.push_back({VertexKind::ffv, {id, -id, kGluon}, gs, gs, 1, 0});
    if (p.charge3 != 0) list.push_back({VertexKind::ffv, {id, -id, kPhoton}, e * charge, e * charge, 0, 1});
    list.push_back({VertexKind::ffv, {id, -id, kZ}, z_left, z_right, 0, 1});
    if (has(kZPrime)) {
      const double k = parameters.get("coupling.zp");
      list.push_back({VertexKind::ffv, {id, -id, kZPrime}, k * z_left, k * z_right, 0, 1});
    }
    if (is_up_type(id)) {
      const int partner = id - 1;  // CKM matrix 1: d u, s c, b t, e- ve, ...
      const double w = e / (std::sqrt(2.0) * sw);
      list.push_back({VertexKind::ffv, {id, -partner, -kW}, w, 0, 0, 1});
      list.push_back({VertexKind::ffv, {partner, -id, kW}, w, 0, 0, 1});
    }
    if (!p.mass.empty()) list.push_back({VertexKind::ffs, {id, -id, kHiggs}, 0, 0, 0, 1});
  }
  list.push_back({VertexKind::vvv, {kGluon, kGluon, kGluon}, 0, 0, 1, 0});
  list.push_back({VertexKind::vvv, {kW, -kW, kPhoton}, 0, 0, 0, 1});
  list.push_back({VertexKind::vvv, {kW, -kW, kZ}, 0, 0, 0, 1});
  list.push_back({VertexKind::vvs, {kW, -kW, kHiggs}, 0, 0, 0, 1});
  list.push_back({VertexKind::vvs, {kZ, kZ, kHiggs}, 0, 0, 0, 1});
  list.push_back({VertexKind::sss, {kHiggs, kHiggs, kHiggs}, 0, 0, 0, 1});
  return list;
}

}  // namespace thalweg
