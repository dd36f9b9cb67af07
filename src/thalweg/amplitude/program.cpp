#include "thalweg/amplitude/program.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

enum class Shape { row, column, vector };

struct Current {
  int index = -1;
  Shape shape = Shape::vector;
  bool upper = false, lower = false;  // spinors
  bool zero() const { return index < 0; }
};

// Real operations: complex product 6, complex sum 2.
double cost(const Op& op) {
  const int halves_in = (op.row_upper || op.column_upper) + (op.row_lower || op.column_lower);
  switch (op.kind) {
    case OpKind::vector_current: return 44.0 * halves_in + 24 + (op.mass > 0 && !op.conserved ? 60 : 0);
    case OpKind::row_current:
    case OpKind::column_current: return 2 * 40.0 * halves_in + 16;
    case OpKind::amplitude: return 44.0 * halves_in + 4;
    case OpKind::external_row:
    case OpKind::external_column: return 10;
    case OpKind::external_vector: return 15;
    default: return 8;
  }
}

class Compiler {
 public:
  Compiler(const DiagramSet& set, const Model& model, const Parameters& parameters, const std::vector<Vertex>& vertices)
      : set_(set), model_(model), parameters_(parameters), vertices_(vertices) {}

  AmplitudeProgram run() {
    const SubProcess& process = set_.process;
    program_.legs = process.legs();
    program_.incoming = process.incoming;
    program_.diagrams = set_.diagrams.size();
    for (int pdg : process.pdg) program_.leg_masses.push_back(model_.mass(pdg, parameters_));
    check_vertices();
    program_.factor = colour_factor() / average();
    std::vector<int> helicity(process.legs());
    configurations(helicity, 0);
    for (const Op& op : program_.ops) program_.flops += cost(op);
    program_.flops +=
        22.0 * static_cast<double>(program_.legs) + 12.0 * static_cast<double>(program_.propagators.size());
    return std::move(program_);
  }

 private:
  void check_vertices() const {
    auto check = [&](int v) {
      const Vertex& vertex = vertices_[static_cast<std::size_t>(v)];
      if (vertex.kind == VertexKind::ffv && vertex.qcd == 0) return;
      request_error(
          "'{}' needs the vertex {} {} {}, which this version cannot evaluate: amplitudes are there for "
          "electroweak couplings of fermions to vector bosons",
          to_string(set_.process, model_), model_.particle_name(vertex.lines[0]), model_.particle_name(vertex.lines[1]),
          model_.particle_name(vertex.lines[2]));
    };
    auto walk = [&](auto&& self, const std::shared_ptr<const Tree>& tree) -> void {
      if (!tree->left) return;
      check(tree->vertex);
      self(self, tree->left);
      self(self, tree->right);
    };
    for (const Diagram& d : set_.diagrams) {
      check(d.vertex);
      walk(walk, d.left);
      walk(walk, d.right);
    }
  }

  // One quark line and no gluon: sum over its colour gives N_c. Anything else needs a colour basis.
  double colour_factor() const {
    int coloured = 0;
    for (int pdg : set_.process.pdg) coloured += model_.particle(pdg).colour != 1;
    if (coloured == 0) return 1;
    if (coloured == 2) return 3;
    request_error("'{}' has {} coloured particles; this version evaluates amplitudes with one quark line at most",
                  to_string(set_.process, model_), coloured);
  }

  int states(int pdg) const {
    const Particle& p = model_.particle(pdg);
    if (p.spin == Spin::scalar) return 1;
    return p.spin == Spin::fermion || p.mass.empty() ? 2 : 3;
  }

  double average() const {
    const SubProcess& process = set_.process;
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

  void configurations(std::vector<int>& helicity, std::size_t leg) {
    if (leg == helicity.size()) {
      ++program_.all_helicities;
      bool any = false;
      for (std::size_t d = 0; d < set_.diagrams.size(); ++d) any |= add_amplitude(d, helicity);
      if (any) {
        ++program_.helicities;
        program_.ops.push_back({.kind = OpKind::helicity_sum});
      }
      return;
    }
    const int n = states(set_.process.pdg[leg]);
    for (int h : {-1, 1, 0}) {
      if (h == 0 && n != 3) continue;
      helicity[leg] = h;
      configurations(helicity, leg + 1);
    }
  }

  bool add_amplitude(std::size_t d, const std::vector<int>& helicity) {
    const Diagram& diagram = set_.diagrams[d];
    const Current pieces[] = {current(diagram.left, helicity), current(diagram.right, helicity),
                              external(set_.process.legs() - 1, helicity)};
    Op op{.kind = OpKind::amplitude};
    for (const Current& piece : pieces) {
      if (piece.zero()) return false;
      assign(op, piece);
    }
    couple(op, diagram.vertex);
    // left couples row lower to column upper, right row upper to column lower
    const bool l = op.left != 0 && op.row_lower && op.column_upper;
    const bool r = op.right != 0 && op.row_upper && op.column_lower;
    if (!l && !r) return false;
    op.left *= diagram.fermion_sign;
    op.right *= diagram.fermion_sign;
    op.diagram = static_cast<int>(d);
    program_.ops.push_back(op);
    return true;
  }

  void assign(Op& op, const Current& piece) const {
    switch (piece.shape) {
      case Shape::row: op.a = piece.index, op.row_upper = piece.upper, op.row_lower = piece.lower; break;
      case Shape::column: op.c = piece.index, op.column_upper = piece.upper, op.column_lower = piece.lower; break;
      case Shape::vector: op.b = piece.index; break;
    }
  }

  void couple(Op& op, int vertex) const {
    op.left = vertices_[static_cast<std::size_t>(vertex)].left;
    op.right = vertices_[static_cast<std::size_t>(vertex)].right;
  }

  Current external(std::size_t leg, const std::vector<int>& helicity) {
    const int pdg = set_.process.outgoing_pdg(leg, model_);
    const bool incoming = leg < set_.process.incoming;
    const int h = helicity[leg];
    Op op{.kind = OpKind::external_vector};
    op.leg = static_cast<int>(leg);
    op.helicity = h;
    op.incoming = incoming;
    op.mass = program_.leg_masses[leg];
    Current current;
    if (model_.particle(pdg).spin == Spin::fermion) {
      current.shape = pdg > 0 ? Shape::row : Shape::column;
      op.kind = pdg > 0 ? OpKind::external_row : OpKind::external_column;
      // u has its helicity's chirality, v the opposite one; a row carries the conjugate in the other half.
      const bool is_u = (pdg > 0) != incoming;
      const bool left_handed = is_u ? h < 0 : h > 0;
      const bool upper = current.shape == Shape::column ? left_handed : !left_handed;
      current.upper = op.mass > 0 || upper;
      current.lower = op.mass > 0 || !upper;
    }
    return intern(op, current, Key{static_cast<int>(op.kind), op.leg, h, 0, 0, -1});
  }

  Current current(const std::shared_ptr<const Tree>& tree, const std::vector<int>& helicity) {
    if (!tree->left) return external(static_cast<std::size_t>(__builtin_ctz(tree->mask)), helicity);
    Op op{.kind = OpKind::vector_current};
    for (const Current& piece : {current(tree->left, helicity), current(tree->right, helicity)}) {
      if (piece.zero()) return {};
      assign(op, piece);
    }
    couple(op, tree->vertex);
    op.mass = model_.mass(tree->pdg, parameters_);
    Current result;
    if (op.a >= 0 && op.c >= 0) {
      if (!((op.left != 0 && op.row_lower && op.column_upper) || (op.right != 0 && op.row_upper && op.column_lower)))
        return {};
    } else if (op.a >= 0) {
      op.kind = OpKind::row_current;
      result.shape = Shape::row;
      // after the vertex: upper from row lower (left), lower from row upper (right); p-slash swaps them
      const bool up = op.left != 0 && op.row_lower, low = op.right != 0 && op.row_upper;
      result.lower = up || (op.mass > 0 && low);
      result.upper = low || (op.mass > 0 && up);
      if (!up && !low) return {};
    } else {
      op.kind = OpKind::column_current;
      result.shape = Shape::column;
      const bool low = op.left != 0 && op.column_upper, up = op.right != 0 && op.column_lower;
      result.upper = low || (op.mass > 0 && up);
      result.lower = up || (op.mass > 0 && low);
      if (!up && !low) return {};
    }
    op.momentum = momentum(tree->mask);
    op.propagator = propagator({op.momentum, op.mass, model_.width(tree->pdg, parameters_)});
    op.conserved = op.kind == OpKind::vector_current && massless_leg(tree->left) && massless_leg(tree->right);
    return intern(op, result, Key{static_cast<int>(op.kind), op.a, op.b, op.c, tree->vertex, tree->pdg});
  }

  bool massless_leg(const std::shared_ptr<const Tree>& tree) const {
    return !tree->left && program_.leg_masses[static_cast<std::size_t>(__builtin_ctz(tree->mask))] == 0;
  }

  int propagator(const Propagator& wanted) {
    auto& list = program_.propagators;
    const auto index = std::find(list.begin(), list.end(), wanted) - list.begin();
    if (index == std::ssize(list)) list.push_back(wanted);
    return static_cast<int>(index);
  }

  int momentum(std::uint32_t mask) {
    auto& masks = program_.momentum_masks;
    const auto index = std::find(masks.begin(), masks.end(), mask) - masks.begin();
    if (index == std::ssize(masks)) masks.push_back(mask);
    return static_cast<int>(index);
  }

  using Key = std::tuple<int, int, int, int, int, int>;

  Current intern(Op op, Current current, const Key& key) {
    const auto found = known_.find(key);
    if (found != known_.end()) return found->second;
    op.out = current.index = program_.currents++;
    program_.ops.push_back(op);
    known_[key] = current;
    return current;
  }

  const DiagramSet& set_;
  const Model& model_;
  const Parameters& parameters_;
  const std::vector<Vertex>& vertices_;
  AmplitudeProgram program_;
  std::map<Key, Current> known_;
};

}  // namespace

AmplitudeProgram compile(const DiagramSet& set, const Model& model, const Parameters& parameters,
                         const std::vector<Vertex>& vertices) {
  return Compiler(set, model, parameters, vertices).run();
}

}  // namespace thalweg
