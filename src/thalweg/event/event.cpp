#include "thalweg/event/event.h"

#include <fmt/format.h>

namespace thalweg {

std::string WeightVariation::name() const { return fmt::format("MUR={:.1f}_MUF={:.1f}_PDF={}", mu_r, mu_f, pdf_id); }

}  // namespace thalweg
