#include "thalweg/amplitude/helicity_expansion.h"

#include <algorithm>
#include <bit>
#include <map>

#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

constexpr std::size_t kMaxTerms = 20'000'000;

Half operator|(Half a, Half b) { return static_cast<Half>(int(a) | int(b)); }
Half operator&(Half a, Half b) { return static_cast<Half>(int(a) & int(b)); }
Half swapped(Half h) { return static_cast<Half>((h & kUpper ? kLower : 0) | (h & kLower ? kUpper : 0)); }

class Expander {
 public:
  Expander(const CurrentGraph& graph, const Model& model, const Parameters& parameters)
      : graph_(graph), model_(model), parameters_(parameters) {
    for (std::size_t l = 0; l < graph.process.legs(); ++l) {
      out_.states.push_back(helicity_states(graph.process.pdg[l], model, parameters));
      out_.weight.push_back(static_cast<std::uint32_t>(out_.configurations));
      out_.configurations *= static_cast<std::size_t>(out_.states[l]);
      momentum(1u << l);
    }
  }

  HelicityExpansion run() {
    out_.first.push_back(0);
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
      if (graph_.nodes[n].leg >= 0)
        external(static_cast<int>(n));
      else
        expand(static_cast<int>(n));
      out_.first.push_back(out_.components.size());
    }
    close();
    return std::move(out_);
  }

 private:
  std::uint16_t momentum(std::uint32_t mask) {
    const auto [found, fresh] = momenta_.insert({mask, static_cast<std::uint16_t>(out_.momentum_masks.size())});
    if (fresh) out_.momentum_masks.push_back(mask);
    return found->second;
  }

  Coefficient coefficient(Complex value) {
    if (value == 1.0) return {Sign::plus, 0};
    if (value == -1.0) return {Sign::minus, 0};
    const auto [found, fresh] = coefficient_index_.insert({{value.real(), value.imag()}, out_.coefficients.size()});
    if (fresh) out_.coefficients.push_back(value);
    if (found->second > 0xffff) request_error("more than 65536 different couplings");
    return {value.imag() == 0 ? Sign::real : Sign::complex, static_cast<std::uint16_t>(found->second)};
  }

  void external(int n) {
    const int leg = graph_.nodes[static_cast<std::size_t>(n)].leg;
    const auto l = static_cast<std::size_t>(leg);
    const int pdg = graph_.process.outgoing_pdg(l, model_), count = out_.states[l];
    const bool incoming = l < graph_.process.incoming, fermion = model_.particle(pdg).spin == Spin::fermion;
    for (int digit = 0; digit < count; ++digit) {
      Component c;
      c.node = n;
      c.code = static_cast<std::uint32_t>(digit) * out_.weight[l];
      c.helicity = out_.helicity(l, c.code);
      if (fermion) {
        // u has its helicity's chirality, v the opposite one; a row carries the conjugate in the other half.
        const bool is_u = (pdg > 0) != incoming, left_handed = is_u ? c.helicity < 0 : c.helicity > 0;
        const bool upper = pdg < 0 ? left_handed : !left_handed;
        c.halves = model_.mass(pdg, parameters_) > 0 ? kBoth : upper ? kUpper : kLower;
      }
      out_.components.push_back(c);
    }
  }

  std::span<const Component> of(int node) const {
    const auto n = static_cast<std::size_t>(node);
    return {out_.components.data() + out_.first[n], out_.first[n + 1] - out_.first[n]};
  }

  // The terms of one helicity configuration; spinor couplings fall into their two chiral parts.
  void add_terms(const GraphTerm& g, const Component& a, const Component* b, const Component* c, Component& sum) {
    auto id = [&](const Component* x) { return x ? static_cast<std::int32_t>(x - out_.components.data()) : -1; };
    Term t;
    t.a = id(&a), t.b = id(b), t.c = id(c);
    t.kind = g.kind;
    auto chiral = [&](Half left, Half right, bool crosses) {
      auto put = [&](Half half, Complex value) {
        t.half = half;
        t.coefficient = coefficient(value);
        sum.terms.push_back(t);
        sum.sum_halves = sum.sum_halves | (crosses ? swapped(half) : half);
      };
      if (g.left == 0.0) left = kNeither;
      if (g.right == 0.0) right = kNeither;
      if (left && right && g.left == g.right) {
        put(kBoth, g.left);
      } else {
        if (left) put(left, g.left);
        if (right) put(right, g.right);
      }
    };
    auto swap_if = [](Half h, bool yes) { return yes ? swapped(h) : h; };
    switch (g.kind) {
      case TermKind::row_vector: chiral(a.halves & kLower, a.halves & kUpper, true); return;
      case TermKind::column_vector:
      case TermKind::row_scalar:
      case TermKind::column_scalar:
        chiral(a.halves & kUpper, a.halves & kLower, g.kind == TermKind::column_vector);
        return;
      case TermKind::pair_vector:
      case TermKind::pair_scalar: {
        const bool vector = g.kind == TermKind::pair_vector;
        const Half common = a.halves & swap_if(b->halves, vector);
        chiral(common & (vector ? kLower : kUpper), common & (vector ? kUpper : kLower), false);
        return;
      }
      case TermKind::vvv:
        t.momentum_a = momentum(mask_of(a));
        t.momentum_b = momentum(mask_of(*b));
        break;
      default: break;
    }
    t.coefficient = coefficient(g.left);
    sum.terms.push_back(t);
  }

  std::uint32_t mask_of(const Component& c) const { return graph_.nodes[static_cast<std::size_t>(c.node)].mask; }

  void expand(int n) {
    const GraphNode& node = graph_.nodes[static_cast<std::size_t>(n)];
    std::map<std::uint32_t, Component> sums;
    terms_ += node.terms.size() << std::popcount(node.mask);
    if (terms_ > kMaxTerms)
      request_error(
          "'{}' has more than {} products of currents with all helicities; exclude propagators with '/', limit "
          "QED, or name fewer particles",
          to_string(graph_.process, model_), kMaxTerms);
    for (const GraphTerm& g : node.terms)
      for (const Component& a : of(g.a))
        for (const Component& b : of(g.b)) {
          if (g.c < 0) {
            add_terms(g, a, &b, nullptr, sums[a.code + b.code]);
            continue;
          }
          for (const Component& c : of(g.c)) add_terms(g, a, &b, &c, sums[a.code + b.code + c.code]);
        }
    const bool massive =
        node.propagator >= 0 && graph_.propagators[static_cast<std::size_t>(node.propagator)].mass != 0.0;
    for (auto& [code, c] : sums) {
      if (c.terms.empty()) continue;
      c.node = n;
      c.code = code;
      c.halves = node.propagator < 0 ? c.sum_halves : massive && c.sum_halves ? kBoth : swapped(c.sum_halves);
      out_.components.push_back(std::move(c));
    }
  }

  // Contractions with the wave functions of the root.
  void close() {
    std::vector<int> powers;
    for (const GraphAmplitude& amplitude : graph_.amplitudes) powers.push_back(amplitude.qcd);
    std::sort(powers.begin(), powers.end());
    powers.erase(std::unique(powers.begin(), powers.end()), powers.end());
    out_.powers = powers;
    const auto root = of(static_cast<int>(graph_.root));
    for (const GraphAmplitude& amplitude : graph_.amplitudes) {
      const auto q = std::find(powers.begin(), powers.end(), amplitude.qcd) - powers.begin();
      const auto n = static_cast<std::size_t>(amplitude.node);
      for (std::size_t i = out_.first[n]; i < out_.first[n + 1]; ++i)
        for (const Component& r : root) {
          const Half half = out_.components[i].halves & r.halves;
          if (graph_.nodes[n].shape != Shape::vector && graph_.nodes[n].shape != Shape::scalar && !half) continue;
          Output output;
          output.root = static_cast<std::int32_t>(&r - out_.components.data());
          output.half = half;
          output.coefficient = coefficient(amplitude.factor);
          // for now: power and basis; the configuration is known by the codes
          output.amplitude =
              static_cast<std::int32_t>(static_cast<std::size_t>(q) * graph_.basis.size() + amplitude.basis);
          out_.components[i].outputs.push_back(output);
        }
    }
  }

  const CurrentGraph& graph_;
  const Model& model_;
  const Parameters& parameters_;
  std::size_t terms_ = 0;
  std::map<std::uint32_t, std::uint16_t> momenta_;
  std::map<std::pair<double, double>, std::size_t> coefficient_index_;
  HelicityExpansion out_;
};

}  // namespace

std::int8_t HelicityExpansion::helicity(std::size_t leg, std::uint32_t code) const {
  const int count = states[leg], digit = static_cast<int>(code / weight[leg]) % count;
  return static_cast<std::int8_t>(count == 1 || digit == 2 ? 0 : digit == 0 ? -1 : 1);
}

std::vector<std::int8_t> HelicityExpansion::helicities(std::uint32_t code) const {
  std::vector<std::int8_t> list;
  for (std::size_t l = 0; l < states.size(); ++l) list.push_back(helicity(l, code));
  return list;
}

int helicity_states(int pdg, const Model& model, const Parameters& parameters) {
  const Particle& p = model.particle(pdg);
  if (p.spin == Spin::scalar) return 1;
  return p.spin == Spin::fermion || model.mass(pdg, parameters) == 0 ? 2 : 3;
}

int beam_states(int pdg, int states, const Model& model) {
  const Particle& p = model.particle(pdg);
  return p.spin == Spin::fermion && p.colour == 1 && p.charge3 == 0 && p.mass.empty() ? 1 : states;
}

HelicityExpansion expand_helicities(const CurrentGraph& graph, const Model& model, const Parameters& parameters) {
  return Expander(graph, model, parameters).run();
}

}  // namespace thalweg
