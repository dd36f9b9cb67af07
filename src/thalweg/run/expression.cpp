#include "thalweg/run/expression.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "thalweg/base/errors.h"
#include "thalweg/base/spelling.h"

namespace thalweg {

class ExpressionParser {
 public:
  ExpressionParser(std::string_view text, const std::vector<std::string>& variables,
                   const std::function<double(const std::string&)>& parameter)
      : text_(text), variables_(variables), parameter_(parameter) {}

  Expression run() {
    sum();
    skip();
    if (at_ < text_.size()) fail("did not expect this");
    return std::move(result_);
  }

 private:
  using Kind = Expression::Step::Kind;

  [[noreturn]] void fail(const std::string& what) const {
    request_error("in '{}' at '{}': {}", text_.substr(0, 60), text_.substr(std::min(at_, text_.size()), 20), what);
  }
  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  bool take(char c) {
    skip();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void push(Kind kind, double value = 0, std::size_t index = 0) { result_.steps_.push_back({kind, value, index}); }

  void sum() {
    if (++depth_ > 50) fail("brackets are nested too deeply");
    product();
    while (true) {
      if (take('+'))
        product(), push(Kind::add);
      else if (take('-'))
        product(), push(Kind::subtract);
      else
        break;
    }
    --depth_;
  }
  void product() {
    power();
    while (true) {
      if (take('*'))
        power(), push(Kind::multiply);
      else if (take('/'))
        power(), push(Kind::divide);
      else
        break;
    }
  }
  void power() {
    if (++depth_ > 50) fail("too deeply nested");
    if (take('-')) {
      power();
      push(Kind::negate);
    } else {
      atom();
      if (take('^')) power(), push(Kind::power);
    }
    --depth_;
  }
  void atom() {
    skip();
    if (take('(')) {
      sum();
      if (!take(')')) fail("expected ')'");
      return;
    }
    if (at_ < text_.size() && (std::isdigit(static_cast<unsigned char>(text_[at_])) || text_[at_] == '.'))
      return number();
    const std::string name = word();
    if (name.empty()) fail("expected a number, a parameter or '('");
    if (take('(')) return call(name);
    const auto found = std::find(variables_.begin(), variables_.end(), name);
    if (found != variables_.end()) {
      push(Kind::variable, 0, static_cast<std::size_t>(found - variables_.begin()));
      result_.depends_ = true;
    } else {
      push(Kind::constant, parameter_(name));
    }
  }
  void call(const std::string& name) {
    static const std::map<std::string, Kind> functions = {{"max", Kind::max}, {"min", Kind::min}, {"sqrt", Kind::sqrt}};
    const auto function = functions.find(name);
    if (function == functions.end())
      fail("unknown function '" + name + "'" + did_you_mean(name, {"max", "min", "sqrt"}) +
           " Expected max, min or sqrt");
    sum();
    if (function->second == Kind::sqrt)
      push(Kind::sqrt);
    else
      while (take(',')) sum(), push(function->second);
    if (!take(')')) fail("expected ')'");
  }
  void number() {
    double value = 0;
    const auto result = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (result.ec != std::errc()) fail("is not a number");
    at_ = static_cast<std::size_t>(result.ptr - text_.data());
    skip();
    const std::size_t before = at_;
    const std::string unit = word();
    if (!unit.empty()) {
      static const std::map<std::string, double> units = {
          {"eV", 1e-9}, {"keV", 1e-6}, {"MeV", 1e-3}, {"GeV", 1}, {"TeV", 1e3}};
      const auto found = units.find(unit);
      if (found == units.end()) {
        at_ = before;
        fail("unknown unit '" + unit + "'" + did_you_mean(unit, {"eV", "keV", "MeV", "GeV", "TeV"}) +
             " Expected eV, keV, MeV, GeV or TeV");
      }
      value *= found->second;
      result_.has_unit_ = true;
    }
    push(Kind::constant, value);
  }
  std::string word() {
    const std::size_t begin = at_;
    auto good = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.'; };
    if (at_ < text_.size() && std::isalpha(static_cast<unsigned char>(text_[at_])))
      while (at_ < text_.size() && good(text_[at_])) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  std::string_view text_;
  const std::vector<std::string>& variables_;
  const std::function<double(const std::string&)>& parameter_;
  std::size_t at_ = 0;
  int depth_ = 0;
  Expression result_;
};

Expression::Expression(std::string_view text, const std::vector<std::string>& variables,
                       const std::function<double(const std::string&)>& parameter) {
  if (text.size() > 1000) request_error("an expression of {} characters", text.size());
  *this = ExpressionParser(text, variables, parameter).run();
  toml_ = '"' + std::string(text) + '"';  // the grammar has no quotes or backslashes
}

Expression Expression::constant(double value) {
  Expression e;
  e.steps_.push_back({Step::Kind::constant, value, 0});
  e.toml_ = fmt::format("{:#}", value);
  return e;
}

double Expression::evaluate(const double* variables) const {
  double stack[128];
  std::size_t n = 0;
  for (const Step& step : steps_) {
    switch (step.kind) {
      case Step::Kind::constant: stack[n++] = step.value; break;
      case Step::Kind::variable: stack[n++] = variables[step.index]; break;
      case Step::Kind::negate: stack[n - 1] = -stack[n - 1]; break;
      case Step::Kind::add: --n, stack[n - 1] += stack[n]; break;
      case Step::Kind::subtract: --n, stack[n - 1] -= stack[n]; break;
      case Step::Kind::multiply: --n, stack[n - 1] *= stack[n]; break;
      case Step::Kind::divide: --n, stack[n - 1] /= stack[n]; break;
      case Step::Kind::max: --n, stack[n - 1] = std::fmax(stack[n - 1], stack[n]); break;
      case Step::Kind::min: --n, stack[n - 1] = std::fmin(stack[n - 1], stack[n]); break;
      case Step::Kind::sqrt: stack[n - 1] = std::sqrt(stack[n - 1]); break;
      case Step::Kind::power: --n, stack[n - 1] = std::pow(stack[n - 1], stack[n]); break;
    }
  }
  return stack[0];
}

}  // namespace thalweg
