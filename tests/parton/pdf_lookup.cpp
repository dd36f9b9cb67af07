// {"set": NAME, "x": [...], "q2": [...], "flavours": [...]} on stdin -> [[x f, ...] for each flavour].
#include <iostream>
#include <nlohmann/json.hpp>

#include "thalweg/parton/pdf.h"

int main() {
  const auto request = nlohmann::json::parse(std::cin);
  const auto set = thalweg::PdfSet::load(request["set"].get<std::string>());
  const thalweg::PdfEvaluator pdf(set.grid, request["flavours"].get<std::vector<int>>());
  const auto x = request["x"].get<std::vector<double>>(), q2 = request["q2"].get<std::vector<double>>();
  thalweg::Arena arena;
  const auto out = thalweg::Batch::take(arena, pdf.flavours().size(), x.size());
  pdf.evaluate(x, q2, out, arena);
  nlohmann::json rows = nlohmann::json::array();
  for (std::size_t k = 0; k < out.dim; ++k) rows.push_back(std::vector<double>(out.row(k), out.row(k) + x.size()));
  std::cout << rows << "\n";
}
