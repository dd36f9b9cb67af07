#include "thalweg/amplitude/colour_flow.h"

#include <cmath>
#include <map>

namespace thalweg {

ColourFlow join(const ColourFlow& a, const ColourFlow& b, std::int8_t source, std::int8_t sink) {
  ColourFlow both = a;
  for (std::size_t l = 0; l < kMaxLegs; ++l) both.sink_of[l] = std::int8_t(both.sink_of[l] | b.sink_of[l]);
  both.source = source;
  both.sink = sink;
  return both;
}

void connect(ColourFlow& flow, std::int8_t source, std::int8_t sink) {
  if (source >= 0) flow.sink_of[std::size_t(source)] = std::int8_t(sink + 1);
}

namespace {

// A gluon of U(1) on its own: the line that ends at it goes on from it.
void bypass(ColourFlow& flow, std::size_t gluon, int& loops) {
  const std::int8_t next = flow.sink_of[gluon];
  if (next == std::int8_t(gluon + 1)) {
    ++loops;
  } else {
    for (auto& sink : flow.sink_of)
      if (sink == std::int8_t(gluon + 1)) sink = next;
  }
  flow.sink_of[gluon] = 0;
}

// Closed lines of flow a against the reversed flow b.
int count_loops(const ColourFlow& a, const ColourFlow& b) {
  std::array<std::int8_t, kMaxLegs + 1> source_of{};  // of b: 1 + source, by sink
  for (std::size_t l = 0; l < kMaxLegs; ++l)
    if (b.sink_of[l]) source_of[std::size_t(b.sink_of[l])] = std::int8_t(l + 1);
  std::array<bool, kMaxLegs> seen{};
  int loops = 0;
  for (std::size_t start = 0; start < kMaxLegs; ++start) {
    if (!a.sink_of[start] || seen[start]) continue;
    ++loops;
    for (std::size_t l = start; !seen[l];) {
      seen[l] = true;
      l = std::size_t(source_of[std::size_t(a.sink_of[l])] - 1);
    }
  }
  return loops;
}

}  // namespace

double colour_product(const ColourFlow& a, const ColourFlow& b, std::span<const bool> is_gluon) {
  // The projector of each gluon is 1 - (1/N) |U(1)><U(1)|: sum over the set of gluons that take the second term.
  std::vector<std::size_t> gluons;
  for (std::size_t l = 0; l < is_gluon.size(); ++l)
    if (is_gluon[l]) gluons.push_back(l);
  double sum = 0;  // times N^gluons: whole numbers, no rounding
  for (std::size_t subset = 0; subset < std::size_t{1} << gluons.size(); ++subset) {
    ColourFlow x = a, y = b;
    int power = static_cast<int>(gluons.size()), sign = 1;
    for (std::size_t g = 0; g < gluons.size(); ++g)
      if (subset >> g & 1) {
        bypass(x, gluons[g], power);
        bypass(y, gluons[g], power);
        --power;
        sign = -sign;
      }
    sum += sign * std::pow(kColours, power + count_loops(x, y));
  }
  return sum / std::pow(kColours, static_cast<double>(gluons.size()));
}

namespace {

using Names = std::array<std::int8_t, kMaxLegs>;

// New names of the gluons: in the order in which the lines of `flow` meet them, from the sources of quarks on, then
// along closed lines.
Names names_along(const ColourFlow& flow, std::span<const bool> is_gluon) {
  Names names;
  std::vector<std::int8_t> free;
  for (std::size_t l = 0; l < kMaxLegs; ++l) {
    names[l] = std::int8_t(l);
    if (l < is_gluon.size() && is_gluon[l]) free.push_back(std::int8_t(l));
  }
  auto next = free.begin();
  std::array<bool, kMaxLegs> seen{};
  auto follow = [&](std::size_t l) {
    while (!seen[l]) {
      seen[l] = true;
      if (l < is_gluon.size() && is_gluon[l]) names[l] = *next++;
      if (!flow.sink_of[l]) return;
      l = std::size_t(flow.sink_of[l] - 1);
    }
  };
  for (const bool gluons : {false, true})
    for (std::size_t l = 0; l < is_gluon.size(); ++l)
      if (is_gluon[l] == gluons) follow(l);
  return names;
}

ColourFlow renamed(const ColourFlow& flow, const Names& names) {
  ColourFlow result;
  for (std::size_t l = 0; l < kMaxLegs; ++l)
    if (flow.sink_of[l]) connect(result, names[l], names[std::size_t(flow.sink_of[l] - 1)]);
  return result;
}

}  // namespace

std::vector<double> colour_matrix(std::span<const ColourVector> basis, std::span<const bool> is_gluon) {
  const std::size_t n = basis.size();
  std::vector<double> matrix(n * n);
  std::map<std::pair<ColourFlow, ColourFlow>, double> known;
  auto product = [&](const ColourFlow& a, const ColourFlow& b) {
    const Names names = names_along(a, is_gluon);
    const std::pair key{renamed(a, names), renamed(b, names)};
    const auto [found, fresh] = known.insert({key, 0});
    if (fresh) found->second = colour_product(key.first, key.second, is_gluon);
    return found->second;
  };
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = i; j < n; ++j) {
      double sum = 0;
      for (const auto& [a, x] : basis[i].terms)
        for (const auto& [b, y] : basis[j].terms) sum += x * y * product(a, b);
      matrix[i * n + j] = matrix[j * n + i] = sum;
    }
  return matrix;
}

std::vector<double> adjoint_matrix(std::span<const std::vector<std::int8_t>> chains) {
  const std::size_t n = chains.size();
  std::vector<double> matrix(n * n);
  std::map<std::vector<std::int8_t>, double> known;
  const std::array<bool, kMaxLegs> no_projection{};  // commutators have no U(1) part
  std::vector<std::int8_t> place(chains[0].size()), relative(chains[0].size());
  const std::vector<ColourVector> straight = {adjoint_vector(chains[0])};
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < place.size(); ++k) place[std::size_t(chains[i][k])] = chains[0][k];
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t k = 0; k < place.size(); ++k) relative[k] = place[std::size_t(chains[j][k])];
      const auto [found, fresh] = known.insert({relative, 0});
      if (fresh)
        for (const auto& [a, x] : straight[0].terms)
          for (const auto& [b, y] : adjoint_vector(relative).terms)
            found->second += x * y * colour_product(a, b, no_projection);
      matrix[i * n + j] = found->second;
    }
  }
  return matrix;
}

ColourVector adjoint_vector(std::span<const std::int8_t> chain) {
  // [T_2, [T_3, ... T_n]]: each T stands left of the rest with +, right of it with -.
  ColourVector vector;
  const std::size_t n = chain.size(), inner = n - 2;
  for (std::size_t right = 0; right < std::size_t{1} << inner; ++right) {
    std::vector<std::int8_t> order = {chain[0]}, after;
    double sign = 1;
    for (std::size_t i = 0; i < inner; ++i)
      if (right >> i & 1) {
        after.push_back(chain[i + 1]);
        sign = -sign;
      } else {
        order.push_back(chain[i + 1]);
      }
    order.push_back(chain[n - 1]);
    order.insert(order.end(), after.rbegin(), after.rend());
    ColourFlow flow;
    for (std::size_t i = 0; i < n; ++i) connect(flow, order[i], order[(i + 1) % n]);
    vector.terms.emplace_back(flow, sign);
  }
  return vector;
}

}  // namespace thalweg
