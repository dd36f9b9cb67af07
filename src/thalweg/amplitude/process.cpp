#include "thalweg/amplitude/process.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <sstream>

#include "thalweg/amplitude/colour_flow.h"
#include "thalweg/base/errors.h"
#include "thalweg/base/spelling.h"

namespace thalweg {
namespace {

std::vector<int> lookup(const std::string& word, const Model& model, const Multiparticles& multiparticles) {
  if (const auto found = multiparticles.find(word); found != multiparticles.end()) return found->second;
  if (model.has_name(word)) return {model.pdg(word)};
  std::vector<std::string> names = model.particle_names();
  for (const auto& [name, list] : multiparticles) names.push_back(name);
  request_error("unknown particle '{}' in model {}{} Known: {}", word.substr(0, 40), model.name(),
                did_you_mean(word, names), comma_list(names));
}

// "QCD=2" or "QCD<=2" -> at most order 2 of QCD. False when the word is no order.
bool read_order(const std::string& word, ProcessDefinition& definition) {
  const auto equals = word.find('=');
  if (equals == std::string::npos) return false;
  std::string name = word.substr(0, equals);
  if (name.ends_with('<')) name.pop_back();
  int value = -1;
  const char* end = word.data() + word.size();
  const auto result = std::from_chars(word.data() + equals + 1, end, value);
  std::optional<int>* limit = name == "QCD"        ? &definition.max_qcd
                              : name == "QED"      ? &definition.max_qed
                              : name == "WEIGHTED" ? &definition.max_weighted
                                                   : nullptr;
  if (!limit || result.ec != std::errc() || result.ptr != end || value < 0)
    request_error("'{}' is no coupling order; expected QCD=n, QED=n or WEIGHTED=n (QCD + 2 QED) with n >= 0",
                  word.substr(0, 40));
  *limit = value;
  return true;
}

}  // namespace

Multiparticles default_multiparticles(int flavours) {
  if (flavours < 1 || flavours > 5) request_error("flavours must be 1 to 5, not {}", flavours);
  std::vector<int> partons = {21};
  for (int q : {2, 1, 3, 4, 5})
    if (q <= flavours || (q == 2 && flavours >= 2)) partons.push_back(q);
  const std::size_t quarks = partons.size();
  for (std::size_t i = 1; i < quarks; ++i) partons.push_back(-partons[i]);
  return {{"p", partons},   {"j", partons},       {"l+", {-11, -13}},
          {"l-", {11, 13}}, {"vl", {12, 14, 16}}, {"vl~", {-12, -14, -16}}};
}

ProcessDefinition parse_process(std::string_view text, const Model& model, const Multiparticles& multiparticles) {
  ProcessDefinition definition;
  definition.text = std::string(text);
  if (text.size() > 500)
    request_error("a process string of {} characters? Expected one like 'p p > e+ e-'", text.size());
  std::istringstream stream{definition.text};
  bool after_arrow = false, excluding = false;
  for (std::string word; stream >> word;) {
    if (word == ">") {
      if (after_arrow)
        request_error("process '{}': a second '>' (required propagators) is not known; use '/' to exclude particles",
                      text);
      after_arrow = true;
      definition.incoming = definition.labels.size();
    } else if (word == "/") {
      excluding = true;
    } else if (word == "$" || word == "$$" || word == "," || word == "[" || word.starts_with("@")) {
      request_error("process '{}': '{}' is not known; expected particles, '>', '/' and orders like QED=2", text, word);
    } else if (read_order(word, definition)) {
      excluding = false;
    } else if (excluding) {
      for (int pdg : lookup(word, model, multiparticles)) {
        definition.excluded.push_back(pdg);
        definition.excluded.push_back(model.anti(pdg));
      }
    } else {
      definition.choices.push_back(lookup(word, model, multiparticles));
      definition.labels.push_back(word);
    }
  }
  const std::size_t legs = definition.labels.size();
  if (!after_arrow) request_error("process '{}' has no '>'; expected one like 'p p > e+ e-'", text);
  if (definition.incoming < 1 || definition.incoming > 2)
    request_error("process '{}' has {} incoming particles; expected two, or one for a decay", text,
                  definition.incoming);
  if (legs < 3)
    request_error("process '{}' has {} outgoing particles; expected {} or more", text, legs - definition.incoming,
                  3 - definition.incoming);
  if (legs > kMaxLegs) request_error("process '{}' has {} particles; at most {} can be handled", text, legs, kMaxLegs);
  return definition;
}

std::vector<SubProcess> expand(const ProcessDefinition& definition, const Model& model) {
  std::size_t combinations = 1;
  for (const auto& choice : definition.choices) combinations *= choice.size();
  if (combinations > 2'000'000)
    request_error(
        "process '{}' stands for {} assignments of particles; name fewer multiparticles or lower [beams] "
        "flavours",
        definition.text, combinations);
  std::vector<SubProcess> result;
  std::set<std::vector<int>> seen;
  const std::size_t legs = definition.labels.size();
  for (std::size_t k = 0; k < combinations; ++k) {
    SubProcess process;
    process.incoming = definition.incoming;
    process.pdg.resize(legs);
    std::size_t rest = k;
    for (std::size_t l = legs; l-- > 0;) {
      const auto& choice = definition.choices[l];
      process.pdg[l] = choice[rest % choice.size()];
      rest /= choice.size();
    }
    int charge = 0;
    for (std::size_t l = 0; l < legs; ++l) charge += model.charge3(process.outgoing_pdg(l, model));
    if (charge != 0) continue;
    std::vector<int> key = process.pdg;
    std::sort(key.begin() + static_cast<std::ptrdiff_t>(definition.incoming), key.end());
    if (seen.insert(key).second) result.push_back(process);
  }
  return result;
}

std::string to_string(const SubProcess& process, const Model& model) {
  std::string text;
  for (std::size_t l = 0; l < process.legs(); ++l) {
    if (l == process.incoming) text += "> ";
    text += model.particle_name(process.pdg[l]) + (l + 1 < process.legs() ? " " : "");
  }
  return text;
}

}  // namespace thalweg
