// What the .info files of sets that come as bare grids would say.
#pragma once

#include <string>

namespace thalweg {

struct KnownSet {
  const char* name;
  int lhapdf_id;
  double alpha_s_mz;
  int order;  // 0: LO, 1: NLO, 2: NNLO
};

// nullptr for a set that is not listed.
const KnownSet* find_known_set(const std::string& name);

}  // namespace thalweg
