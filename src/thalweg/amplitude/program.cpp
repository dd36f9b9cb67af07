#include "thalweg/amplitude/program.h"

#include <algorithm>
#include <map>

#include "thalweg/amplitude/helicity_expansion.h"
#include "thalweg/amplitude/program_cost.h"

namespace thalweg {
namespace {

// Chooses the configurations to compute and writes the operations that they need.
class ProgramWriter {
 public:
  ProgramWriter(const CurrentGraph& graph, const Model& model, const Parameters& parameters,
                const CompileOptions& options)
      : graph_(graph), model_(model), options_(options), expansion_(expand_helicities(graph, model, parameters)) {
    const SubProcess& process = graph.process;
    program_.legs = process.legs();
    program_.incoming = process.incoming;
    program_.propagators = graph.propagators;
    program_.basis = graph.basis.size();
    if (!graph.colour.empty()) program_.packed_colour = pack_colour(graph.colour, graph.basis.size());
    program_.all_configurations = expansion_.configurations;
    program_.momentum_masks = expansion_.momentum_masks;
    program_.coefficients = expansion_.coefficients;
    program_.powers = expansion_.powers;
    for (int pdg : process.pdg) program_.leg_masses.push_back(model.mass(pdg, parameters));
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
    choose_configurations();
    emit();
    return std::move(program_);
  }

 private:
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
        result *= beam_states(process.pdg[l], expansion_.states[l], model_) * model_.particle(process.pdg[l]).colour;
      else
        result *= ++identical[process.pdg[l]];
    }
    return result;
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
        if (x >= 0) mark(expansion_.components[static_cast<std::size_t>(x)]);
  }

  // Marks what the configurations with digit 0 (negative helicity) of `leg`, or all of them, need.
  double select(int leg, bool commit) {
    for (Component& c : expansion_.components) c.needed = false;
    codes_.clear();
    for (Component& c : expansion_.components) {
      std::vector<Output> kept;
      for (const Output& o : c.outputs) {
        const Component& root = expansion_.components[static_cast<std::size_t>(o.root)];
        const std::uint32_t code = c.code + root.code;
        const auto l = static_cast<std::size_t>(leg);
        if (leg >= 0 && expansion_.helicity(l, code) > 0) continue;
        if (!options_.skip.empty() &&
            std::binary_search(options_.skip.begin(), options_.skip.end(), expansion_.helicities(code)))
          continue;
        kept.push_back(o);
        codes_.insert({code, 0});
        mark(expansion_.components[static_cast<std::size_t>(o.root)]);
      }
      if (!kept.empty()) mark(c);
      if (commit) c.outputs = kept;
    }
    double size = 0;
    for (const Component& c : expansion_.components)
      if (c.needed) size += static_cast<double>(c.terms.size() + c.outputs.size());
    return size;
  }

  void choose_configurations() {
    int best = -1;
    program_.parity = options_.parity && parity_holds();
    if (program_.parity) {
      double least = 0;
      for (std::size_t l = 0; l < program_.legs; ++l) {
        if (expansion_.states[l] != 2) continue;
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
      program_.configurations.push_back(expansion_.helicities(code));
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
    slot_.assign(expansion_.components.size(), -1);
    for (std::size_t i = 0; i < list.size(); ++i) {
      const auto n = static_cast<std::size_t>(list[i]);
      for (std::size_t c = expansion_.first[n]; c < expansion_.first[n + 1]; ++c)
        if (expansion_.components[c].needed) emit(expansion_.components[c], c);
      for (const GraphTerm& t : graph_.nodes[n].terms)
        for (int x : {t.a, t.b, t.c})
          if (x >= 0 && last_use[static_cast<std::size_t>(x)] == i) release(static_cast<std::size_t>(x));
    }
  }

  void release(std::size_t n) {
    for (std::size_t c = expansion_.first[n]; c < expansion_.first[n + 1]; ++c)
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
        const std::size_t configuration = codes_.at(c.code + expansion_.components[root].code);
        o.root = slot_[root];
        o.amplitude += static_cast<std::int32_t>(configuration * program_.powers.size() * program_.basis);
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
  const CompileOptions& options_;
  HelicityExpansion expansion_;
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
      entry.terms.emplace_back(b, factor);
    }
  std::vector<LeadingFlow> list;
  for (auto& [flow, entry] : flows) list.push_back(std::move(entry));
  return list;
}

}  // namespace

AmplitudeProgram compile(const CurrentGraph& graph, const Model& model, const Parameters& parameters,
                         const CompileOptions& options) {
  AmplitudeProgram program = ProgramWriter(graph, model, parameters, options).run();
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
