#include "thalweg/model/slha.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <sstream>

#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

std::vector<std::string> words_of(std::string_view line) {
  std::istringstream stream{std::string(line.substr(0, line.find('#')))};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// Locale-independent; Fortran exponents (1.0D+02) are read too.
double number(std::string word) {
  std::replace_if(
      word.begin(), word.end(), [](char c) { return c == 'D' || c == 'd'; }, 'e');
  const char* first = word.data() + (word.starts_with('+') ? 1 : 0);
  double value = 0;
  const auto result = std::from_chars(first, word.data() + word.size(), value);
  if (result.ec != std::errc() || result.ptr != word.data() + word.size() || !std::isfinite(value))
    request_error("'{}' is not a number", word.substr(0, 40));
  return value;
}

int integer(const std::string& word) {
  int value = 0;
  const auto result = std::from_chars(word.data(), word.data() + word.size(), value);
  if (result.ec != std::errc() || result.ptr != word.data() + word.size())
    request_error("'{}' is not a whole number", word.substr(0, 40));
  return value;
}

// The parameter of an entry, "" when the model has none.
std::string parameter_of(const std::string& block, int code, const Model& model) {
  if (block == "SMINPUTS") {
    if (code == 1) return "alpha_em_inverse";
    if (code == 2) return "gf";
    if (code == 3) return "alpha_s";
    return "";
  }
  if (block == "ZPINPUTS") return code == 1 && model.has(32) ? "coupling.zp" : "";
  if (block == "CPINPUTS" && model.name() == "sm_cp")
    return code == 1 ? "cp.angle" : code == 2 ? "cp.even" : code == 3 ? "cp.odd" : "";
  if (!model.has(code)) return "";
  const Particle& p = model.particle(code);
  if (block == "MASS") return p.mass;
  if (block == "DECAY") return p.width;
  if (block == "YUKAWA") return p.spin == Spin::fermion && !p.mass.empty() ? "yukawa" + p.mass.substr(4) : "";
  return "";
}

void assign(const std::string& block, int code, double value, const Model& model, Parameters& parameters) {
  const std::string name = parameter_of(block, code, model);
  if (name == "mass.w" && parameters.scheme() != Scheme::gmu) return;  // derived in this scheme
  if (!name.empty()) {
    parameters.set(name, value);
  } else if ((block == "MASS" || block == "DECAY") && value != 0 && model.has(code) && std::abs(code) < 25) {
    request_error("{} {} = {}: {} is massless and stable in model {}; give 0 or leave the entry out", block, code,
                  value, model.particle_name(code), model.name());
  }
}

}  // namespace

std::vector<std::string> read_slha(std::string_view text, const std::string& place, const Model& model,
                                   Parameters& parameters) {
  static const std::set<std::string> known = {"SMINPUTS", "MASS", "YUKAWA", "ZPINPUTS", "CPINPUTS"};
  std::set<std::string> unused;
  std::string block;
  bool any = false;
  int line_number = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto words = words_of(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    ++line_number;
    if (words.empty()) continue;
    with_place(place + ":" + std::to_string(line_number), [&] {
      const std::string head = upper(words[0]);
      if (head == "BLOCK") {
        if (words.size() < 2) request_error("BLOCK without a name");
        block = upper(words[1]);
        any = true;
        if (!known.count(block)) unused.insert(block);
      } else if (head == "DECAY") {
        if (words.size() < 3) request_error("expected 'DECAY pdg width'");
        block = "DECAY";
        any = true;
        assign(block, integer(words[1]), number(words[2]), model, parameters);
      } else if (block.empty()) {
        request_error("'{}' stands before the first BLOCK; is this an SLHA card?", words[0].substr(0, 40));
      } else if (known.count(block)) {
        if (words.size() < 2) request_error("expected 'code value' in BLOCK {}", block);
        assign(block, integer(words[0]), number(words[1]), model, parameters);
      }
    });
  }
  if (!any) request_error("{}: no BLOCK found; is this an SLHA card?", place);
  return {unused.begin(), unused.end()};
}

std::string write_slha(const Model& model, const Parameters& parameters) {
  std::string text = "BLOCK SMINPUTS\n";
  auto entry = [&](int code, double value, const std::string& comment) {
    text += fmt::format("  {:>6} {:.16e} # {}\n", code, value, comment);
  };
  entry(1, parameters.get("alpha_em_inverse"), "1/alpha");
  entry(2, parameters.get("gf"), "G_F");
  entry(3, parameters.get("alpha_s"), "alpha_s(M_Z)");
  text += "BLOCK MASS\n";
  for (const Particle& p : model.particles()) entry(p.pdg, model.mass(p.pdg, parameters), p.name);
  text += "BLOCK YUKAWA\n";
  for (const Particle& p : model.particles())
    if (p.spin == Spin::fermion && !p.mass.empty()) entry(p.pdg, parameters.get("yukawa" + p.mass.substr(4)), p.name);
  if (parameters.has("coupling.zp")) {
    text += "BLOCK ZPINPUTS\n";
    entry(1, parameters.get("coupling.zp"), "Z' couplings in units of the Z's");
  }
  if (parameters.has("cp.angle")) {
    text += "BLOCK CPINPUTS\n";
    entry(1, parameters.get("cp.angle"), "phase of the top's Yukawa coupling, degrees");
    entry(2, parameters.get("cp.even"), "CP-even strength");
    entry(3, parameters.get("cp.odd"), "CP-odd strength");
  }
  for (const Particle& p : model.particles())
    text += fmt::format("DECAY {:>6} {:.16e} # {}\n", p.pdg, model.width(p.pdg, parameters), p.name);
  return text;
}

}  // namespace thalweg
