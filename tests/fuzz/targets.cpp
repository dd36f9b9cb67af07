#include "targets.h"

#include "thalweg/amplitude/diagram.h"
#include "thalweg/base/errors.h"
#include "thalweg/event/lhe.h"
#include "thalweg/model/slha.h"
#include "thalweg/parton/pdf.h"
#include "thalweg/run/card.h"

namespace thalweg::fuzz {
namespace {

template <class Body>
void guarded(const Body& body) {
  try {
    body();
  } catch (const RequestError&) {
  }
}

}  // namespace

void card(std::string_view text) {
  guarded([&] {
    const RunCard card = parse_card(text, "fuzz.toml", {});
    parse_card(card.resolved, "fuzz.toml", {});  // what we write we can read
  });
}

void lhe(std::string_view text) {
  guarded([&] { parse_lhe(text, "fuzz.lhe", [](const Event&) { return true; }); });
}

void slha(std::string_view text) {
  guarded([&] {
    const Model model("sm_zprime");
    Parameters parameters = model.default_parameters();
    read_slha(text, "fuzz.dat", model, parameters);
    parameters.derive();
  });
}

void grid(std::string_view text) {
  guarded([&] {
    const GridFile file = read_grid_file(text, "fuzz.dat");
    const PdfEvaluator pdf(file, {2, 21});
    Arena arena;
    const Batch out = Batch::take(arena, 2, 2);
    const double x[] = {1e-3, 0.5}, q2[] = {10, 1e4};
    pdf.evaluate(x, q2, out, arena);
  });
}

void process(std::string_view text) {
  guarded([&] {
    static const Model model("sm");
    static const auto vertices = model.vertices(model.default_parameters());
    const auto definition = parse_process(text, model, default_multiparticles(4));
    if (definition.labels.size() <= 5) diagrams_of(definition, model, vertices);
  });
}

}  // namespace thalweg::fuzz
