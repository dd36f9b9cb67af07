// Arithmetic expressions of cards: numbers with units, parameters, event variables, + - * / ^ ( ), sqrt of one value,
// max and min of any number; these two ignore what is not a number.
//   "13 TeV"   "mass.z / 2"   "0.5 * (mass.t + mass.h)"   "max(ht - 400, 10)"
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace thalweg {

class Expression {
 public:
  // Names are event variables when they stand in `variables`, else they are given to `parameter`, which
  // throws for names it does not know. Units: eV, keV, MeV, GeV, TeV; values are in GeV. RequestError
  // with the place in the text for bad grammar or an unknown unit.
  Expression(std::string_view text, const std::vector<std::string>& variables,
             const std::function<double(const std::string&)>& parameter);
  static Expression constant(double value);

  // The expression as a value in a card: its text in quotes, or the number.
  const std::string& toml() const { return toml_; }
  bool depends_on_event() const { return depends_; }
  bool has_unit() const { return has_unit_; }
  // variables[i] is the value of the i-th variable name. May be infinite or NaN where the arithmetic is.
  double evaluate(const double* variables) const;

 private:
  struct Step {
    enum class Kind { constant, variable, add, subtract, multiply, divide, power, negate, max, min, sqrt } kind;
    double value = 0;
    std::size_t index = 0;
  };
  friend class ExpressionParser;
  Expression() = default;
  std::vector<Step> steps_;
  bool depends_ = false, has_unit_ = false;
  std::string toml_;
};

}  // namespace thalweg
