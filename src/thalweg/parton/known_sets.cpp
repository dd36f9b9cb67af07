#include "thalweg/parton/known_sets.h"

#include <array>

namespace thalweg {
namespace {

// From the LHAPDF set index; alpha_s(M_Z) and order are part of the sets' names and publications.
constexpr std::array kKnown = {
    KnownSet{"NNPDF23_lo_as_0119_qed", 246800, 0.119, 0},
    KnownSet{"NNPDF23_lo_as_0130_qed", 247000, 0.130, 0},
    KnownSet{"NNPDF23_nlo_as_0119_qed", 0, 0.119, 1},
    KnownSet{"NNPDF23_nnlo_as_0119_qed", 0, 0.119, 2},
    KnownSet{"NNPDF31_lo_as_0118", 315000, 0.118, 0},
    KnownSet{"NNPDF31_lo_as_0130", 315200, 0.130, 0},
    KnownSet{"NNPDF31_nlo_as_0118_luxqed", 324900, 0.118, 1},
    KnownSet{"NNPDF31_nnlo_as_0118_luxqed", 325100, 0.118, 2},
    KnownSet{"CT14qed_proton", 0, 0.118, 1},
};

}  // namespace

const KnownSet* find_known_set(const std::string& name) {
  for (const KnownSet& set : kKnown)
    if (name == set.name) return &set;
  return nullptr;
}

}  // namespace thalweg
