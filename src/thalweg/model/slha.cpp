#include "thalweg/model/slha.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <complex>
#include <map>
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

constexpr double kSame = 1e-5;

bool same(double a, double b) { return std::abs(a - b) <= kSame * std::abs(b); }

// Entries of a card, checked and put into parameters one by one; what depends on several of them comes at the end.
class CardReader {
 public:
  CardReader(const std::string& place, const Model& model, Parameters& parameters)
      : place_(place), model_(model), parameters_(parameters) {}

  void line(const std::vector<std::string>& words, int number) {
    const std::string head = upper(words[0]);
    if (head == "BLOCK") {
      if (words.size() < 2) request_error("BLOCK without a name");
      block_ = upper(words[1]);
      any_ = true;
      if (!indices(block_)) unused_.insert(block_);
    } else if (head == "DECAY") {
      if (words.size() < 3) request_error("expected 'DECAY pdg width'");
      block_ = "DECAY TABLE";  // the lines that follow are branching ratios
      any_ = true;
      entry("DECAY", {integer(words[1])}, thalweg::number(words[2]), number);
    } else if (block_.empty()) {
      request_error("'{}' stands before the first BLOCK; is this an SLHA card?", words[0].substr(0, 40));
    } else if (const std::size_t n = indices(block_)) {
      if (words.size() < n + 1) request_error("expected '{}value' in BLOCK {}", n == 2 ? "i j " : "code ", block_);
      std::vector<int> code;
      for (std::size_t i = 0; i < n; ++i) code.push_back(integer(words[i]));
      entry(block_, code, thalweg::number(words[n]), number);
    }
  }

  std::vector<std::string> finish() {
    if (!any_) request_error("{}: no BLOCK found; is this an SLHA card?", place_);
    masses();
    mixing();
    if (w_mass_) {  // of the card alone: what is set later may move M_W
      Parameters card = parameters_;
      card.expect_w_mass(w_mass_->value, at(*w_mass_) + ": MASS 24");
      card.derive();
    }
    std::vector<std::string> list(unused_.begin(), unused_.end());
    list.insert(list.end(), remarks_.begin(), remarks_.end());
    return list;
  }

 private:
  struct Entry {
    double value;
    int line;
  };
  using Code = std::vector<int>;

  // Numbers in front of the value; 0: a block that is not read.
  static std::size_t indices(const std::string& block) {
    static const std::set<std::string> one = {"SMINPUTS", "MASS",     "YUKAWA",      "ZPINPUTS",
                                              "CPINPUTS", "CKMBLOCK", "WOLFENSTEIN", "VCKMIN"};
    return one.count(block) ? 1 : block == "VCKM" || block == "IMVCKM" ? 2 : 0;
  }

  std::string at(const Entry& e) const { return place_ + ":" + std::to_string(e.line); }
  const Entry* find(const std::string& block, const Code& code) const {
    const auto found = entries_.find({block, code});
    return found == entries_.end() ? nullptr : &found->second;
  }

  void entry(const std::string& block, const Code& code, double value, int line) {
    const auto [known, fresh] = entries_.insert({{block, code}, {value, line}});
    if (!fresh && !same(value, known->second.value) && value != known->second.value)
      request_error("{} {} = {}, but line {} has {}; leave one out", block, fmt::join(code, " "), value,
                    known->second.line, known->second.value);
    known->second = {value, line};
    if (block == "VCKM" || block == "IMVCKM" || block == "VCKMIN" || block == "CKMBLOCK" || block == "WOLFENSTEIN")
      return element(block, code, value);
    assign(block, code[0], value);
  }

  // The parameter of an entry, "" when the model has none.
  std::string parameter_of(const std::string& block, int code) const {
    if (block == "SMINPUTS") return code == 1 ? "alpha_em_inverse" : code == 2 ? "gf" : code == 3 ? "alpha_s" : "";
    if (block == "ZPINPUTS") return code == 1 && model_.has(32) ? "coupling.zp" : "";
    if (block == "CPINPUTS" && model_.name() == "sm_cp")
      return code == 1 ? "cp.angle" : code == 2 ? "cp.even" : code == 3 ? "cp.odd" : "";
    if (block == "CPINPUTS" || !model_.has(code)) return "";
    const Particle& p = model_.particle(code);
    if (block == "MASS") return p.mass;
    if (block == "DECAY") return p.width;
    if (block == "YUKAWA") return p.spin == Spin::fermion && !p.mass.empty() ? "yukawa" + p.mass.substr(4) : "";
    return "";
  }

  void assign(const std::string& block, int code, double value) {
    const std::string name = parameter_of(block, code);
    const std::string entry = fmt::format("{} {}", block, code);
    if (name == "mass.w" && parameters_.scheme() != Scheme::gmu) {
      w_mass_ = find(block, {code});
    } else if (name == "alpha_em_inverse" && parameters_.scheme() == Scheme::gmu) {
      remarks_.push_back(entry + " (alpha follows from G_F, M_W, M_Z in scheme gmu)");
    } else if (!name.empty()) {
      parameters_.set(name, value);
    } else if (block != "SMINPUTS" && block != "ZPINPUTS" && block != "CPINPUTS" && model_.has(code)) {
      if (value == 0) return;
      const char* what = block == "MASS" ? "mass" : block == "DECAY" ? "width" : "Yukawa coupling";
      request_error("{} = {}: {} has no {} in model {}; give 0 or leave the entry out", entry, value,
                    model_.particle_name(code), what, model_.name());
    } else if (block != "SMINPUTS" || (code != 4 && code != 6 && code != 7)) {
      remarks_.push_back(entry);
    }
  }

  void element(const std::string& block, const Code& code, double value) {
    const bool matrix = code.size() == 2;
    const int most = matrix ? 3 : block == "CKMBLOCK" ? 1 : 4;
    for (const int i : code)
      if (i < 1 || i > most) request_error("{} {}: expected 1 to {}", block, fmt::join(code, " "), most);
    if (block == "WOLFENSTEIN" && value != 0)
      request_error(
          "WOLFENSTEIN {} = {}: its matrix is unitary to third order alone; give BLOCK VCKMIN (lambda, A, rho-bar, "
          "eta-bar) or VCKM",
          code[0], value);
  }

  // Pole masses of SMINPUTS.
  void masses() {
    for (const auto& [code, pdg] : {std::pair{4, 23}, {6, 6}, {7, 15}}) {
      const Entry* input = find("SMINPUTS", {code});
      if (!input) continue;
      const Entry* mass = find("MASS", {pdg});
      if (mass && !same(input->value, mass->value))
        request_error("{}: SMINPUTS {} = {}, but MASS {} = {} (line {}); give both the same value, or one", at(*input),
                      code, input->value, pdg, mass->value, mass->line);
      if (!mass) with_place(at(*input), [&] { parameters_.set(model_.particle(pdg).mass, input->value); });
    }
  }

  void mixing() {
    static const std::vector<std::string> inputs = {"ckm.lambda", "ckm.a", "ckm.rhobar", "ckm.etabar"};
    bool wolfenstein = false, elements = false;
    for (int i = 1; i <= 4; ++i)
      if (const Entry* e = find("VCKMIN", {i})) {
        parameters_.set(inputs[static_cast<std::size_t>(i - 1)], e->value);
        wolfenstein = true;
      }
    if (const Entry* cabibbo = find("CKMBLOCK", {1}); cabibbo && cabibbo->value != 0) {
      if (wolfenstein) request_error("{}: CKMBLOCK beside VCKMIN; give one of them", at(*cabibbo));
      const double c = std::cos(cabibbo->value), s = std::sin(cabibbo->value);
      for (const auto& [name, value] : {std::pair{"ckm.ud", c}, {"ckm.us", s}, {"ckm.cd", -s}, {"ckm.cs", c}})
        parameters_.set(name, value);
      elements = true;
    }
    const MixingMatrix expected = wolfenstein ? given_matrix() : MixingMatrix{};
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 3; ++j) {
        const Code code = {static_cast<int>(i + 1), static_cast<int>(j + 1)};
        const Entry *re = find("VCKM", code), *im = find("IMVCKM", code);
        const Entry* any = re ? re : im;
        if (!any) continue;
        const std::complex<double> value(re ? re->value : 0, im ? im->value : 0);
        if (wolfenstein) {
          compare(std::abs(value), std::abs(expected[i][j]), mixing_name(i, j), *any, "VCKMIN");
        } else if (elements) {
          compare(std::abs(value), std::abs(parameters_.ckm()[i][j]), mixing_name(i, j), *any, "CKMBLOCK");
        } else {
          parameters_.set("ckm." + mixing_name(i, j), value.real());
          parameters_.set("ckm.im_" + mixing_name(i, j), value.imag());
        }
      }
    // What a card says of the matrix is taken as it is.
    if (!wolfenstein && non_unitarity(parameters_.ckm()) > kUnitary) parameters_.set_ckm_unitary(false);
  }

  MixingMatrix given_matrix() const {
    return wolfenstein_matrix(parameters_.get("ckm.lambda"), parameters_.get("ckm.a"), parameters_.get("ckm.rhobar"),
                              parameters_.get("ckm.etabar"));
  }

  // Phases of quarks are a choice: sizes alone can be compared.
  void compare(double given, double expected, const std::string& name, const Entry& e, const char* other) const {
    if (std::abs(given - expected) > kUnitary)
      request_error("{}: |V_{}| = {:.6g} in VCKM, but {:.6g} by {}; give one of the two blocks", at(e), name, given,
                    expected, other);
  }

  const std::string& place_;
  const Model& model_;
  Parameters& parameters_;
  std::string block_;
  bool any_ = false;
  std::map<std::pair<std::string, Code>, Entry> entries_;
  const Entry* w_mass_ = nullptr;
  std::set<std::string> unused_;
  std::vector<std::string> remarks_;
};

}  // namespace

std::vector<std::string> read_slha(std::string_view text, const std::string& place, const Model& model,
                                   Parameters& parameters) {
  CardReader reader(place, model, parameters);
  int line_number = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto words = words_of(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    ++line_number;
    if (!words.empty()) with_place(place + ":" + std::to_string(line_number), [&] { reader.line(words, line_number); });
  }
  return reader.finish();
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
  if (parameters.mixing() == Parameters::Mixing::wolfenstein) {
    text += "BLOCK VCKMIN\n";
    entry(1, parameters.get("ckm.lambda"), "lambda");
    entry(2, parameters.get("ckm.a"), "A");
    entry(3, parameters.get("ckm.rhobar"), "rho-bar");
    entry(4, parameters.get("ckm.etabar"), "eta-bar");
  } else if (parameters.mixing() == Parameters::Mixing::elements) {
    const MixingMatrix v = parameters.ckm();
    for (const bool imaginary : {false, true}) {
      text += imaginary ? "BLOCK IMVCKM\n" : "BLOCK VCKM\n";
      for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < 3; ++j)
          text += fmt::format("  {} {} {:.16e} # V_{}\n", i + 1, j + 1, imaginary ? v[i][j].imag() : v[i][j].real(),
                              mixing_name(i, j));
    }
  }
  for (const Particle& p : model.particles())
    text += fmt::format("DECAY {:>6} {:.16e} # {}\n", p.pdg, model.width(p.pdg, parameters), p.name);
  return text;
}

}  // namespace thalweg
