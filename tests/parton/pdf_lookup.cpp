// {"set": NAME, "x": [...], "q2": [...], "flavours": [...]} on stdin -> [[x f, ...] for each flavour];
// {"set": NAME, "alpha_s": [Q, ...]} -> [alpha_s, ...] with null where it is infinite, and the notes of the set on
// stderr.
#include <iostream>
#include <nlohmann/json.hpp>

#include "thalweg/base/errors.h"
#include "thalweg/parton/pdf.h"

int main() try {
  const auto request = nlohmann::json::parse(std::cin);
  const auto set = thalweg::PdfSet::load(request["set"].get<std::string>());
  for (const std::string& note : set.notes) std::cerr << note << "\n";
  if (request.contains("alpha_s")) {
    nlohmann::json values = nlohmann::json::array();
    for (const auto& q : request["alpha_s"]) values.push_back(set.alpha_s(q.get<double>()));
    std::cout << values << "\n";
    return 0;
  }
  const thalweg::PdfEvaluator pdf(set.grid, request["flavours"].get<std::vector<int>>(), set.rules);
  const auto x = request["x"].get<std::vector<double>>(), q2 = request["q2"].get<std::vector<double>>();
  thalweg::Arena arena;
  const auto out = thalweg::Batch::take(arena, pdf.flavours().size(), x.size());
  pdf.evaluate(x, q2, out, arena);
  nlohmann::json rows = nlohmann::json::array();
  for (std::size_t k = 0; k < out.dim; ++k) rows.push_back(std::vector<double>(out.row(k), out.row(k) + x.size()));
  std::cout << rows << "\n";
} catch (const thalweg::Error& error) {
  std::cerr << "error: " << error.what() << "\n";
  return error.exit_code();
}
