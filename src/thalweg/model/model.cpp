#include "thalweg/model/model.h"

#include <algorithm>
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
  const auto known = names();
  if (std::find(known.begin(), known.end(), name) == known.end())
    request_error("unknown model '{}'{} Known: {}", name, did_you_mean(name, known), comma_list(known));
  const auto f = Spin::fermion;
  const auto v = Spin::vector;
  particles_ = {
      {1, "d", "d~", f, 3, -1, "", ""},
      {2, "u", "u~", f, 3, 2, "", ""},
      {3, "s", "s~", f, 3, -1, "", ""},
      {4, "c", "c~", f, 3, 2, "mass.c", ""},
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

std::complex<double> Model::complex_mass(int pdg, const Parameters& parameters) const {
  const double m = mass(pdg, parameters), gamma = width(pdg, parameters);
  if (!parameters.complex_masses()) return m;
  return std::sqrt(std::complex<double>(m * m, -m * gamma));
}

namespace {

using Complex = std::complex<double>;

// Electroweak couplings. With complex masses the weak mixing angle is complex, e stays real.
struct Weak {
  double e;
  Complex mw, mz, mh, cos2, sw, cw, g, v;
  Weak(const Model& model, const Parameters& p)
      : e(p.electric_charge()),
        mw(model.complex_mass(kW, p)),
        mz(model.complex_mass(kZ, p)),
        mh(model.complex_mass(kHiggs, p)),
        cos2(p.complex_masses() ? mw * mw / (mz * mz) : Complex(1 - p.sin2_theta_w())),
        sw(std::sqrt(1.0 - cos2)),
        cw(std::sqrt(cos2)),
        g(e / sw),
        v(2.0 * mw / g) {}
};

void fermion_vertices(const Model& model, const Particle& p, const Parameters& parameters, const Weak& weak,
                      std::vector<Vertex>& list) {
  const int id = p.pdg;
  const double charge = p.charge3 / 3.0, isospin = is_up_type(id) ? 0.5 : -0.5;
  const Complex z_left = weak.g / weak.cw * (isospin - charge * weak.sw * weak.sw);
  const Complex z_right = -weak.g / weak.cw * charge * weak.sw * weak.sw;
  if (p.colour == 3) list.push_back({VertexKind::ffv, {id, -id, kGluon}, 1, 1, 1, 0});
  list.push_back({VertexKind::ffv, {id, -id, kPhoton}, weak.e * charge, weak.e * charge, 0, 1});
  list.push_back({VertexKind::ffv, {id, -id, kZ}, z_left, z_right, 0, 1});
  if (model.has(kZPrime)) {
    const double k = parameters.get("coupling.zp");
    list.push_back({VertexKind::ffv, {id, -id, kZPrime}, k * z_left, k * z_right, 0, 1});
  }
  if (is_up_type(id)) {
    const Complex w = weak.g / std::sqrt(2.0);
    auto charged_current = [&](int partner, Complex mixing) {
      const bool one = mixing == 1.0;
      list.push_back({VertexKind::ffv, {id, -partner, -kW}, one ? w : w * mixing, 0, 0, 1});
      list.push_back({VertexKind::ffv, {partner, -id, kW}, one ? w : w * std::conj(mixing), 0, 0, 1});
    };
    if (p.colour == 3) {
      const MixingMatrix v = parameters.ckm();
      for (const int down : {1, 3, 5})
        charged_current(down, v[static_cast<std::size_t>(id / 2 - 1)][static_cast<std::size_t>(down / 2)]);
    } else {
      charged_current(id - 1, 1.0);  // e- ve, ...
    }
  }
  if (p.mass.empty()) return;
  const double yukawa = parameters.get("yukawa" + p.mass.substr(4));
  // With complex masses the coupling follows the mass that the propagator has, as gauge invariance asks.
  const double mass = model.mass(id, parameters);
  const Complex strength = mass > 0 ? yukawa / mass * model.complex_mass(id, parameters) : Complex(yukawa);
  Complex left = -strength / weak.v, right = left;
  if (id == 6 && parameters.has("cp.angle")) {
    const double angle = parameters.get("cp.angle") * kPi / 180;
    const double even = parameters.get("cp.even") * std::cos(angle), odd = parameters.get("cp.odd") * std::sin(angle);
    left *= Complex(even, -odd);
    right *= Complex(even, odd);
  }
  list.push_back({VertexKind::ffs, {id, -id, kHiggs}, left, right, 0, 1});
}

void boson_vertices(const Weak& weak, std::vector<Vertex>& list) {
  const Complex wwz = weak.g * weak.cw, g2 = weak.g * weak.g, ratio = weak.mh * weak.mh / weak.v;
  const double e = weak.e;
  list.push_back({VertexKind::vvv, {kGluon, kGluon, kGluon}, 1, 0, 1, 0});
  list.push_back({VertexKind::vvvv, {kGluon, kGluon, kGluon, kGluon}, 1, 0, 2, 0});
  // The field that turns d into u is called W+ and makes a W- that leaves: hence the order of the lines.
  list.push_back({VertexKind::vvv, {-kW, kW, kPhoton}, e, 0, 0, 1});
  list.push_back({VertexKind::vvv, {-kW, kW, kZ}, wwz, 0, 0, 1});
  list.push_back({VertexKind::vvvv, {kW, kW, -kW, -kW}, g2, 0, 0, 2});
  list.push_back({VertexKind::vvvv, {kW, -kW, kPhoton, kPhoton}, -e * e, 0, 0, 2});
  list.push_back({VertexKind::vvvv, {kW, -kW, kPhoton, kZ}, -e * wwz, 0, 0, 2});
  list.push_back({VertexKind::vvvv, {kW, -kW, kZ, kZ}, -wwz * wwz, 0, 0, 2});
  list.push_back({VertexKind::vvs, {kW, -kW, kHiggs}, weak.g * weak.mw, 0, 0, 1});
  list.push_back({VertexKind::vvs, {kZ, kZ, kHiggs}, weak.g * weak.mz / weak.cw, 0, 0, 1});
  list.push_back({VertexKind::vvss, {kW, -kW, kHiggs, kHiggs}, g2 / 2.0, 0, 0, 2});
  list.push_back({VertexKind::vvss, {kZ, kZ, kHiggs, kHiggs}, g2 / (2.0 * weak.cos2), 0, 0, 2});
  list.push_back({VertexKind::sss, {kHiggs, kHiggs, kHiggs}, -3.0 * ratio, 0, 0, 1});
  list.push_back({VertexKind::ssss, {kHiggs, kHiggs, kHiggs, kHiggs}, -3.0 * ratio / weak.v, 0, 0, 2});
}

}  // namespace

std::vector<Vertex> Model::vertices(const Parameters& parameters) const {
  const Weak weak(*this, parameters);
  std::vector<Vertex> list;
  for (const Particle& p : particles_)
    if (p.spin == Spin::fermion) fermion_vertices(*this, p, parameters, weak, list);
  boson_vertices(weak, list);
  std::erase_if(list, [](const Vertex& v) { return v.left == 0.0 && v.right == 0.0; });
  return list;
}

}  // namespace thalweg
