// Reader of LHAPDF 6 grid files, format `lhagrid1` (arXiv:1412.7420, section 3.3).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "thalweg/parton/set_info.h"

namespace thalweg {

// One rectangular grid between flavour thresholds: x f(x, Q) at the knots.
struct SubGrid {
  std::vector<double> x;      // ascending, in (0, 1], at least 4
  std::vector<double> q;      // ascending, GeV, at least 2
  std::vector<int> flavours;  // PDG codes; 0 is read as the gluon, 21
  std::vector<double> xf;     // [x][q][flavour]
  double value(std::size_t ix, std::size_t iq, std::size_t fl) const {
    return xf[(ix * q.size() + iq) * flavours.size() + fl];
  }
};

struct GridFile {
  SetInfo header;
  std::vector<SubGrid> subgrids;  // ascending in Q, touching at the thresholds, same flavours
};

// RequestError with `place` and the line for anything that is not a complete, monotonic, finite grid.
GridFile read_grid_file(std::string_view text, const std::string& place);

}  // namespace thalweg
