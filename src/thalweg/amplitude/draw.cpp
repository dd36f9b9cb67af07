#include "thalweg/amplitude/draw.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

namespace thalweg {
namespace {

constexpr double kWidth = 220, kHeight = 150, kMargin = 34;

struct Point {
  double x = 0, y = 0;
};

// A line of a diagram; the particle runs from `from` to `to`.
struct Line {
  std::size_t from, to;
  int pdg;
  bool external;
};

// Nodes 0 .. legs-1 are the ends of external lines, the others vertices.
struct Graph {
  std::vector<Point> nodes;
  std::vector<Line> lines;
};

std::size_t add_tree(const TreePtr& tree, Graph& graph) {
  if (tree->is_leg()) return static_cast<std::size_t>(__builtin_ctz(tree->mask));
  graph.nodes.emplace_back();
  const std::size_t vertex = graph.nodes.size() - 1;
  for (const TreePtr& child : tree->parts) {
    const std::size_t end = add_tree(child, graph);
    graph.lines.push_back({vertex, end, child->pdg, child->is_leg()});
  }
  return vertex;
}

// External ends stand in two columns, every vertex at the mean of its neighbours (Tutte's embedding).
Graph layout(const Diagram& diagram, const SubProcess& process, const Model& model) {
  const std::size_t n = process.legs();
  Graph graph;
  graph.nodes.resize(n + 1);
  for (const TreePtr& child : diagram.body->parts) {
    const std::size_t end = add_tree(child, graph);
    graph.lines.push_back({n, end, child->pdg, child->is_leg()});
  }
  graph.lines.push_back({n, n - 1, process.outgoing_pdg(n - 1, model), true});
  for (std::size_t l = 0; l < n; ++l) {
    const bool in = l < process.incoming;
    const double count = static_cast<double>(in ? process.incoming : n - process.incoming);
    const double rank = static_cast<double>(in ? l : l - process.incoming);
    graph.nodes[l] = {in ? kMargin : kWidth - kMargin, 16 + (kHeight - 50) * (count > 1 ? rank / (count - 1) : 0.5)};
  }
  for (std::size_t v = n; v < graph.nodes.size(); ++v) graph.nodes[v] = {kWidth / 2, kHeight / 2};
  for (int round = 0; round < 200; ++round)
    for (std::size_t v = n; v < graph.nodes.size(); ++v) {
      Point sum;
      double count = 0;
      for (const Line& line : graph.lines)
        if (line.from == v || line.to == v) {
          const Point& other = graph.nodes[line.from == v ? line.to : line.from];
          sum.x += other.x, sum.y += other.y, ++count;
        }
      graph.nodes[v] = {sum.x / count, sum.y / count};
    }
  // Incoming particles run towards their vertex.
  for (Line& line : graph.lines)
    if (line.external && line.to < process.incoming) {
      std::swap(line.from, line.to);
      line.pdg = model.anti(line.pdg);
    }
  return graph;
}

std::string path(const Point& a, const Point& b, const Particle& particle, int pdg) {
  const double dx = b.x - a.x, dy = b.y - a.y, length = std::hypot(dx, dy);
  if (length < 1) return "";
  const double ux = dx / length, uy = dy / length;
  if (particle.spin != Spin::vector) {
    std::string text =
        fmt::format("<path class=\"l\" {}d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\"/>",
                    particle.spin == Spin::scalar ? "stroke-dasharray=\"4 3\" " : "", a.x, a.y, b.x, b.y);
    if (particle.spin == Spin::fermion) {  // the arrow shows fermion flow
      const double s = pdg > 0 ? 1 : -1, mx = (a.x + b.x) / 2 + 4 * s * ux, my = (a.y + b.y) / 2 + 4 * s * uy;
      text += fmt::format("<path d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}L{:.1f} {:.1f}Z\"/>", mx, my, mx - s * 8 * ux - 3 * uy,
                          my - s * 8 * uy + 3 * ux, mx - s * 8 * ux + 3 * uy, my - s * 8 * uy - 3 * ux);
    }
    return text;
  }
  const bool gluon = particle.colour == 8;
  const double periods = std::max(2.0, std::round(length / (gluon ? 8 : 12)));
  std::string d = fmt::format("M{:.1f} {:.1f}", a.x, a.y);
  const int steps = static_cast<int>(periods) * 16;
  for (int i = 1; i <= steps; ++i) {
    const double t = static_cast<double>(i) / steps, phase = 2 * std::numbers::pi * periods * t;
    const double along = t * length + (gluon ? 4 * std::sin(phase) : 0);
    const double side = gluon ? 4 * (1 - std::cos(phase)) : 4 * std::sin(phase);
    d += fmt::format("L{:.1f} {:.1f}", a.x + along * ux - side * uy, a.y + along * uy + side * ux);
  }
  return "<path class=\"l\" d=\"" + d + "\"/>";
}

std::string draw_one(const Diagram& diagram, const SubProcess& process, const Model& model) {
  const Graph graph = layout(diagram, process, model);
  std::string text;
  for (const Line& line : graph.lines) {
    const Point &a = graph.nodes[line.from], &b = graph.nodes[line.to];
    text += path(a, b, model.particle(line.pdg), line.pdg);
    if (!line.external)
      text += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>", (a.x + b.x) / 2,
                          (a.y + b.y) / 2 - 9, model.particle_name(line.pdg));
  }
  for (std::size_t l = 0; l < process.legs(); ++l) {
    const bool in = l < process.incoming;
    text +=
        fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>", graph.nodes[l].x + (in ? -5 : 5),
                    graph.nodes[l].y + 4, in ? "end" : "start", model.particle_name(process.pdg[l]));
  }
  for (std::size_t v = process.legs(); v < graph.nodes.size(); ++v)
    text += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2\"/>", graph.nodes[v].x, graph.nodes[v].y);
  return text;
}

}  // namespace

std::string draw_diagrams(const std::vector<DiagramSet>& sets, const Model& model, std::size_t limit) {
  constexpr std::size_t kColumns = 4;
  std::string body;
  std::size_t drawn = 0;
  for (const DiagramSet& set : sets)
    for (std::size_t d = 0; d < set.diagrams.size() && drawn < limit; ++d, ++drawn) {
      const std::size_t row = drawn / kColumns, column = drawn % kColumns;
      const double x = kWidth * static_cast<double>(column), y = kHeight * static_cast<double>(row);
      std::string caption = fmt::format("{}   diagram {}", to_string(set.process, model), d + 1);
      for (std::size_t at = 0; (at = caption.find('>', at)) != std::string::npos; at += 4)
        caption.replace(at, 1, "&gt;");
      body += fmt::format(
          "<g transform=\"translate({} {})\">{}<text x=\"{}\" y=\"{}\" text-anchor=\"middle\" "
          "class=\"c\">{}</text></g>\n",
          x, y, draw_one(set.diagrams[d], set.process, model), kWidth / 2, kHeight - 8, caption);
    }
  const std::size_t rows = (drawn + kColumns - 1) / kColumns;
  return fmt::format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\">\n"
             "<style>.l{{fill:none;stroke:#222;stroke-width:1.3}}text{{font:11px sans-serif}}.c{{fill:#777}}</style>\n"
             "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
             kWidth * static_cast<double>(std::min(drawn, kColumns)), kHeight * static_cast<double>(rows)) +
         body + "</svg>\n";
}

}  // namespace thalweg
