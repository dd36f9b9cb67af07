#include "thalweg/amplitude/program.h"

#include <algorithm>
#include <bit>
#include <map>

#include "thalweg/amplitude/program_cost.h"
#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

constexpr std::size_t kMaxTerms = 20'000'000;

// A node with one helicity for each of its legs. Terms name other components.
struct Component {
  int node;
  std::uint32_t code;          // helicities as digits
  Half halves = kNeither;      // of the finished spinor
  Half sum_halves = kNeither;  // before the propagator
  std::int8_t helicity = 0;    // external
  std::vector<Term> terms;
  std::vector<Output> outputs;  // of amputated ones; `root` names a component
  bool needed = false;
};

Half operator|(Half a, Half b) { return static_cast<Half>(int(a) | int(b)); }
Half operator&(Half a, Half b) { return static_cast<Half>(int(a) & int(b)); }
Half swapped(Half h) { return static_cast<Half>((h & kUpper ? kLower : 0) | (h & kLower ? kUpper : 0)); }

class Expander {
 public:
  Expander(const CurrentGraph& graph, const Model& model, const Parameters& parameters, const CompileOptions& options)
      : graph_(graph), model_(model), parameters_(parameters), options_(options) {
    const SubProcess& process = graph.process;
    program_.legs = process.legs();
    program_.incoming = process.incoming;
    program_.propagators = graph.propagators;
    program_.basis = graph.basis;
    program_.colour = graph.colour;
    if (!graph.colour.empty()) program_.packed_colour = pack_colour(graph.colour, graph.basis.size());
    program_.all_configurations = 1;
    for (std::size_t l = 0; l < process.legs(); ++l) {
      program_.leg_masses.push_back(model.mass(process.pdg[l], parameters));
      weight_.push_back(static_cast<std::uint32_t>(program_.all_configurations));
      program_.all_configurations *= static_cast<std::size_t>(states(process.pdg[l]));
      momentum(1u << l);
    }
    program_.factor = 1 / average();
    for (std::size_t l = 0; l < process.legs(); ++l)
      if (massive_vector(graph.nodes[l])) program_.massive_vector_legs.push_back(l);
    for (const GraphNode& node : graph.nodes)
      for (const GraphTerm& t : node.terms) {
        bool massive = massive_vector(node.leg < 0 && node.propagator < 0 ? graph.nodes[graph.root] : node);
        for (int x : {t.a, t.b, t.c})
          massive = massive || (x >= 0 && massive_vector(graph.nodes[static_cast<std::size_t>(x)]));
        program_.weak_self_couplings = program_.weak_self_couplings || (massive && t.kind >= TermKind::vvv);
      }
  }

  AmplitudeProgram run() {
    first_.push_back(0);
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
      if (graph_.nodes[n].leg >= 0)
        external(static_cast<int>(n));
      else
        expand(static_cast<int>(n));
      first_.push_back(components_.size());
    }
    close();
    choose_configurations();
    emit();
    return std::move(program_);
  }

 private:
  int states(int pdg) const {
    const Particle& p = model_.particle(pdg);
    if (p.spin == Spin::scalar) return 1;
    return p.spin == Spin::fermion || model_.mass(pdg, parameters_) == 0 ? 2 : 3;
  }

  bool massive_vector(const GraphNode& node) const {
    if (node.shape != Shape::vector) return false;
    if (node.leg >= 0) return program_.leg_masses[static_cast<std::size_t>(node.leg)] > 0;
    return node.propagator >= 0 && graph_.propagators[static_cast<std::size_t>(node.propagator)].mass != 0.0;
  }

  double average() const {
    const SubProcess& process = graph_.process;
    double result = 1;
    std::map<int, int> identical;
    for (std::size_t l = 0; l < process.legs(); ++l) {
      if (l < process.incoming)
        result *= states(process.pdg[l]) * model_.particle(process.pdg[l]).colour;
      else
        result *= ++identical[process.pdg[l]];
    }
    return result;
  }

  std::uint16_t momentum(std::uint32_t mask) {
    const auto [found, fresh] = momenta_.insert({mask, static_cast<std::uint16_t>(program_.momentum_masks.size())});
    if (fresh) program_.momentum_masks.push_back(mask);
    return found->second;
  }

  Coefficient coefficient(Complex value) {
    if (value == 1.0) return {Sign::plus, 0};
    if (value == -1.0) return {Sign::minus, 0};
    const auto [found, fresh] = coefficient_index_.insert({{value.real(), value.imag()}, program_.coefficients.size()});
    if (fresh) program_.coefficients.push_back(value);
    if (found->second > 0xffff) request_error("more than 65536 different couplings");
    return {value.imag() == 0 ? Sign::real : Sign::complex, static_cast<std::uint16_t>(found->second)};
  }

  void external(int n) {
    const int leg = graph_.nodes[static_cast<std::size_t>(n)].leg;
    const auto l = static_cast<std::size_t>(leg);
    const int pdg = graph_.process.outgoing_pdg(l, model_), count = states(pdg);
    const bool incoming = l < graph_.process.incoming, fermion = model_.particle(pdg).spin == Spin::fermion;
    for (int digit = 0; digit < count; ++digit) {
      Component c;
      c.node = n;
      c.code = static_cast<std::uint32_t>(digit) * weight_[l];
      c.helicity = static_cast<std::int8_t>(count == 1 || digit == 2 ? 0 : digit == 0 ? -1 : 1);
      if (fermion) {
        // u has its helicity's chirality, v the opposite one; a row carries the conjugate in the other half.
        const bool is_u = (pdg > 0) != incoming, left_handed = is_u ? c.helicity < 0 : c.helicity > 0;
        const bool upper = pdg < 0 ? left_handed : !left_handed;
        c.halves = program_.leg_masses[l] > 0 ? kBoth : upper ? kUpper : kLower;
      }
      components_.push_back(c);
    }
  }

  std::span<const Component> of(int node) const {
    const auto n = static_cast<std::size_t>(node);
    return {components_.data() + first_[n], first_[n + 1] - first_[n]};
  }

  // The terms of one helicity configuration; spinor couplings fall into their two chiral parts.
  void add_terms(const GraphTerm& g, const Component& a, const Component* b, const Component* c, Component& sum) {
    auto id = [&](const Component* x) { return x ? static_cast<std::int32_t>(x - components_.data()) : -1; };
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
        node.propagator >= 0 && program_.propagators[static_cast<std::size_t>(node.propagator)].mass != 0.0;
    for (auto& [code, c] : sums) {
      if (c.terms.empty()) continue;
      c.node = n;
      c.code = code;
      c.halves = node.propagator < 0 ? c.sum_halves : massive && c.sum_halves ? kBoth : swapped(c.sum_halves);
      components_.push_back(std::move(c));
    }
  }

  // Contractions with the wave functions of the root.
  void close() {
    std::vector<int> powers;
    for (const GraphAmplitude& amplitude : graph_.amplitudes) powers.push_back(amplitude.qcd);
    std::sort(powers.begin(), powers.end());
    powers.erase(std::unique(powers.begin(), powers.end()), powers.end());
    program_.powers = powers;
    const auto root = of(static_cast<int>(graph_.root));
    for (const GraphAmplitude& amplitude : graph_.amplitudes) {
      const auto q = std::find(powers.begin(), powers.end(), amplitude.qcd) - powers.begin();
      const auto n = static_cast<std::size_t>(amplitude.node);
      for (std::size_t i = first_[n]; i < first_[n + 1]; ++i)
        for (const Component& r : root) {
          const Half half = components_[i].halves & r.halves;
          if (graph_.nodes[n].shape != Shape::vector && graph_.nodes[n].shape != Shape::scalar && !half) continue;
          Output output;
          output.root = static_cast<std::int32_t>(&r - components_.data());
          output.half = half;
          output.coefficient = coefficient(amplitude.factor);
          // for now: power and basis; the configuration is known by the codes
          output.amplitude =
              static_cast<std::int32_t>(static_cast<std::size_t>(q) * program_.basis.size() + amplitude.basis);
          components_[i].outputs.push_back(output);
        }
    }
  }

  std::vector<std::int8_t> helicities(std::uint32_t code) const {
    std::vector<std::int8_t> list;
    for (std::size_t l = 0; l < program_.legs; ++l) {
      const int count = states(graph_.process.pdg[l]);
      const int digit = static_cast<int>(code / weight_[l]) % count;
      list.push_back(static_cast<std::int8_t>(count == 1 || digit == 2 ? 0 : digit == 0 ? -1 : 1));
    }
    return list;
  }

  // Couplings and propagators are real and treat both chiralities alike: |M(h)|^2 = |M(-h)|^2.
  bool parity_holds() const {
    for (const Propagator& p : graph_.propagators)
      if (p.mass2.imag() != 0) return false;
    for (const GraphNode& node : graph_.nodes)
      for (const GraphTerm& t : node.terms) {
        const bool fermion = t.kind <= TermKind::pair_scalar;
        if (t.left.imag() != 0 || (fermion && t.left != t.right)) return false;
      }
    return std::all_of(graph_.amplitudes.begin(), graph_.amplitudes.end(),
                       [](const GraphAmplitude& a) { return a.factor.imag() == 0; });
  }

  void mark(Component& c) {
    if (c.needed) return;
    c.needed = true;
    for (const Term& t : c.terms)
      for (std::int32_t x : {t.a, t.b, t.c})
        if (x >= 0) mark(components_[static_cast<std::size_t>(x)]);
  }

  // Marks what the configurations with digit 0 (negative helicity) of `leg`, or all of them, need.
  double select(int leg, bool commit) {
    for (Component& c : components_) c.needed = false;
    codes_.clear();
    for (Component& c : components_) {
      std::vector<Output> kept;
      for (const Output& o : c.outputs) {
        const Component& root = components_[static_cast<std::size_t>(o.root)];
        const std::uint32_t code = c.code + root.code;
        const auto l = static_cast<std::size_t>(leg);
        if (leg >= 0 && code / weight_[l] % 2) continue;
        if (!options_.skip.empty() && std::binary_search(options_.skip.begin(), options_.skip.end(), helicities(code)))
          continue;
        kept.push_back(o);
        codes_.insert({code, 0});
        mark(components_[static_cast<std::size_t>(o.root)]);
      }
      if (!kept.empty()) mark(c);
      if (commit) c.outputs = kept;
    }
    double size = 0;
    for (const Component& c : components_)
      if (c.needed) size += static_cast<double>(c.terms.size() + c.outputs.size());
    return size;
  }

  void choose_configurations() {
    int best = -1;
    program_.parity = options_.parity && parity_holds();
    if (program_.parity) {
      double least = 0;
      for (std::size_t l = 0; l < program_.legs; ++l) {
        // a digit that can be read off the code without the digits above it
        if (states(graph_.process.pdg[l]) != 2) continue;
        const double size = select(static_cast<int>(l), false);
        if (best < 0 || size < least) {
          best = static_cast<int>(l);
          least = size;
        }
      }
      program_.parity = best >= 0;
    }
    select(best, true);
    std::size_t number = 0;
    for (auto& [code, index] : codes_) {
      index = number++;
      program_.configurations.push_back(helicities(code));
    }
  }

  // Depth first from the closing operations, so that what a colour order alone needs lives shortly.
  void order(int n, std::vector<int>& list, std::vector<bool>& done) const {
    if (done[static_cast<std::size_t>(n)]) return;
    done[static_cast<std::size_t>(n)] = true;
    for (const GraphTerm& t : graph_.nodes[static_cast<std::size_t>(n)].terms)
      for (int x : {t.a, t.b, t.c})
        if (x >= 0) order(x, list, done);
    list.push_back(n);
  }

  void emit() {
    std::vector<int> list;
    std::vector<bool> done(graph_.nodes.size());
    order(static_cast<int>(graph_.root), list, done);
    for (const GraphAmplitude& amplitude : graph_.amplitudes) order(amplitude.node, list, done);
    std::vector<std::size_t> last_use(graph_.nodes.size(), 0);
    for (std::size_t i = 0; i < list.size(); ++i)
      for (const GraphTerm& t : graph_.nodes[static_cast<std::size_t>(list[i])].terms)
        for (int x : {t.a, t.b, t.c})
          if (x >= 0) last_use[static_cast<std::size_t>(x)] = i;
    last_use[graph_.root] = list.size();
    slot_.assign(components_.size(), -1);
    for (std::size_t i = 0; i < list.size(); ++i) {
      const auto n = static_cast<std::size_t>(list[i]);
      for (std::size_t c = first_[n]; c < first_[n + 1]; ++c)
        if (components_[c].needed) emit(components_[c], c);
      for (const GraphTerm& t : graph_.nodes[n].terms)
        for (int x : {t.a, t.b, t.c})
          if (x >= 0 && last_use[static_cast<std::size_t>(x)] == i) release(static_cast<std::size_t>(x));
    }
  }

  void release(std::size_t n) {
    for (std::size_t c = first_[n]; c < first_[n + 1]; ++c)
      if (slot_[c] >= 0) {
        free_.push_back(slot_[c]);
        slot_[c] = -1;
      }
  }

  void emit(const Component& c, std::size_t id) {
    const GraphNode& node = graph_.nodes[static_cast<std::size_t>(c.node)];
    Op op{.kind = node.leg >= 0          ? OpKind::external
                  : node.propagator >= 0 ? OpKind::propagate
                                         : OpKind::close,
          .shape = node.shape};
    op.halves = c.sum_halves;
    op.transverse = node.transverse;
    op.helicity = c.helicity;
    op.leg = static_cast<std::int8_t>(node.leg);
    op.propagator = node.propagator;
    op.first = static_cast<std::uint32_t>(program_.terms.size());
    op.count = static_cast<std::uint32_t>(c.terms.size());
    for (Term t : c.terms) {
      for (std::int32_t* x : {&t.a, &t.b, &t.c})
        if (*x >= 0) *x = slot_[static_cast<std::size_t>(*x)];
      program_.terms.push_back(t);
    }
    if (op.kind == OpKind::close) {
      op.first_output = static_cast<std::uint32_t>(program_.outputs.size());
      op.outputs = static_cast<std::uint32_t>(c.outputs.size());
      for (Output o : c.outputs) {
        const auto root = static_cast<std::size_t>(o.root);
        const std::size_t configuration = codes_.at(c.code + components_[root].code);
        o.root = slot_[root];
        o.amplitude += static_cast<std::int32_t>(configuration * program_.powers.size() * program_.basis.size());
        program_.outputs.push_back(o);
      }
    } else {
      if (free_.empty()) free_.push_back(static_cast<std::int32_t>(program_.slots++));
      op.out = slot_[id] = free_.back();
      free_.pop_back();
    }
    program_.currents += op.kind == OpKind::propagate;
    program_.ops.push_back(op);
  }

  const CurrentGraph& graph_;
  const Model& model_;
  const Parameters& parameters_;
  const CompileOptions& options_;
  std::size_t terms_ = 0;
  std::vector<std::uint32_t> weight_;  // of the digit of each leg
  std::vector<Component> components_;
  std::vector<std::size_t> first_;  // component of each node
  std::map<std::uint32_t, std::uint16_t> momenta_;
  std::map<std::pair<double, double>, std::size_t> coefficient_index_;
  std::map<std::uint32_t, std::size_t> codes_;  // configurations
  std::vector<std::int32_t> slot_, free_;
  AmplitudeProgram program_;
};

}  // namespace

std::vector<double> pack_colour(const std::vector<double>& matrix, std::size_t size) {
  std::vector<double> packed;
  for (std::size_t first = 0; first < size; first += kColourRows)
    for (std::size_t column = first; column < size; ++column)
      for (std::size_t row = first; row < first + kColourRows; ++row)
        packed.push_back(row > column || row >= size ? 0 : (row == column ? 1 : 2) * matrix[row * size + column]);
  return packed;
}

namespace {

std::vector<LeadingFlow> leading_flows(const CurrentGraph& graph) {
  std::map<ColourFlow, LeadingFlow> flows;
  for (std::size_t b = 0; b < graph.basis.size(); ++b)
    for (const auto& [flow, factor] : graph.basis[b].terms) {
      LeadingFlow& entry = flows[flow];
      entry.flow = flow;
      entry.weight = graph.basis[b].terms.size() == 1 ? graph.colour[b * graph.basis.size() + b] : 1;
      entry.terms.emplace_back(b, factor);
    }
  std::vector<LeadingFlow> list;
  for (auto& [flow, entry] : flows) list.push_back(std::move(entry));
  return list;
}

}  // namespace

AmplitudeProgram compile(const CurrentGraph& graph, const Model& model, const Parameters& parameters,
                         const CompileOptions& options) {
  AmplitudeProgram program = Expander(graph, model, parameters, options).run();
  for (const Propagator& p : program.propagators) {
    auto& masks = program.momentum_masks;
    const auto found = std::find(masks.begin(), masks.end(), p.mask);
    program.propagator_momentum.push_back(static_cast<std::uint16_t>(found - masks.begin()));
    if (found == masks.end()) masks.push_back(p.mask);
  }
  if (!graph.colour.empty()) program.flows = leading_flows(graph);
  program.flops = cost(program);
  return program;
}

SingleDiagrams compile_single_diagrams(const DiagramSet& set, const Model& model, const Parameters& parameters,
                                       const std::vector<Vertex>& vertices) {
  SingleDiagramGraph graph = build_single_diagrams(set, model, parameters, vertices);
  return {compile(graph.graph, model, parameters), std::move(graph.parts)};
}

}  // namespace thalweg
