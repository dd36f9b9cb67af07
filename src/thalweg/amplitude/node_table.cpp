#include "thalweg/amplitude/node_table.h"

#include <algorithm>

namespace thalweg {
namespace {

std::tuple<double, double, double, double> numbers(const GraphTerm& t) {
  return {t.left.real(), t.left.imag(), t.right.real(), t.right.imag()};
}
std::tuple<int, int, int, int> operands(const GraphTerm& t) { return {static_cast<int>(t.kind), t.a, t.b, t.c}; }

// One spelling for equal terms: symmetric operands in rising order.
void sort_operands(GraphTerm& t) {
  switch (t.kind) {
    case TermKind::vvv:
      if (t.a > t.b) {
        std::swap(t.a, t.b);
        t.left = -t.left;
      }
      break;
    case TermKind::vvvv:
      if (t.a > t.c) std::swap(t.a, t.c);
      break;
    case TermKind::vv:
    case TermKind::ss:
    case TermKind::vvs:
      if (t.a > t.b) std::swap(t.a, t.b);
      break;
    case TermKind::vss:
      if (t.b > t.c) std::swap(t.b, t.c);
      break;
    case TermKind::sss:
      if (t.a > t.b) std::swap(t.a, t.b);
      if (t.b > t.c) std::swap(t.b, t.c);
      if (t.a > t.b) std::swap(t.a, t.b);
      break;
    default: break;
  }
}

}  // namespace

Complex normalise(std::vector<GraphTerm>& terms) {
  for (GraphTerm& t : terms) sort_operands(t);
  std::sort(terms.begin(), terms.end(), [](const GraphTerm& x, const GraphTerm& y) {
    return std::tuple(operands(x), numbers(x)) < std::tuple(operands(y), numbers(y));
  });
  std::vector<GraphTerm> merged;
  for (const GraphTerm& t : terms) {
    if (!merged.empty() && operands(merged.back()) == operands(t)) {
      merged.back().left += t.left;
      merged.back().right += t.right;
    } else {
      merged.push_back(t);
    }
  }
  std::erase_if(merged, [](const GraphTerm& t) { return t.left == 0.0 && t.right == 0.0; });
  terms = std::move(merged);
  if (terms.empty()) return 1;
  const Complex factor = terms[0].left != 0.0 ? terms[0].left : terms[0].right;
  // exactly one where it is one: such coefficients cost nothing
  auto divide = [&](Complex c) { return c == factor ? Complex(1) : c == -factor ? Complex(-1) : c / factor; };
  for (GraphTerm& t : terms) {
    t.left = divide(t.left);
    t.right = divide(t.right);
  }
  return factor;
}

int NodeTable::find_or_add(const GraphNode& node, std::vector<GraphNode>& nodes) {
  std::vector<Operands> what = {{node.propagator, static_cast<int>(node.shape), 0, 0}};
  std::vector<Numbers> how;
  for (const GraphTerm& t : node.terms) {
    what.push_back(operands(t));
    how.push_back(numbers(t));
  }
  const auto [found, fresh] = known_.insert({{std::move(what), std::move(how)}, static_cast<int>(nodes.size())});
  if (fresh) nodes.push_back(node);
  return found->second;
}

}  // namespace thalweg
