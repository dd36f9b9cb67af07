// Parton densities x f(x, Q) of one member of an LHAPDF set, interpolated as LHAPDF 6 does.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "thalweg/base/aligned.h"
#include "thalweg/parton/alpha_s.h"
#include "thalweg/parton/grid_file.h"

namespace thalweg {

// How densities are read off the grid.
enum class Interpolator { logcubic, cubic, log, linear };  // in log x and log Q^2, or in x and Q^2
enum class Extrapolator { continuation, nearest, error };  // error: not a number outside of the grid
struct GridRules {
  Interpolator interpolator = Interpolator::logcubic;
  Extrapolator extrapolator = Extrapolator::continuation;
  int force_positive = 0;  // 1: negative values are 0; 2: all are 1e-10 at least
};

// A loaded set. The default on a machine without LHAPDF data is a leading-order set that the Python
// package pythia8mc brings along as bare grid; what its .info file would say is kept in known_sets.
struct PdfSet {
  std::string name;
  int member = 0;
  int lhapdf_id = 0;  // of the member; 0 when it is not known
  std::filesystem::path file;
  GridFile grid;
  GridRules rules;
  AlphaS alpha_s;
  std::vector<std::string> notes;  // what had to be assumed, and what the user should know

  // "NAME", "NAME@member" or "NAME/member", looked for in search_path(). RequestError when it is not
  // there (lists what was found and where) or broken, or not of a proton. Metadata are honoured or refused: Particle,
  // Format, Flavors, Interpolator, Extrapolator, ForcePositive, DataVersion (notes) and those of alpha_s; the limits of
  // the grid are those of its knots, and all else is a description.
  static PdfSet load(const std::string& name);
  bool has_flavour(int pdg) const;  // in the grid, and among the set's Flavors
  std::string text() const;         // "NAME@member"
  // Members 0, 1, ... of the set, as far as they are there without a gap.
  std::vector<PdfSet> all_members() const;

 private:
  void read(const SetInfo& info, const std::string& place);
  std::vector<int> listed_;  // the set's Flavors
};

inline constexpr const char* kDefaultPdfSet = "NNPDF31_lo_as_0118";

// Folders in the order they are searched: THALWEG_PDF_PATH, LHAPDF_DATA_PATH (both lists with ':'), the
// grids of the project's pythia8mc, PYTHIA8DATA/../pdfdata.
std::vector<std::filesystem::path> search_path();
// Names of the sets in a folder.
std::vector<std::string> sets_in(const std::filesystem::path& folder);

// Interpolation for a fixed list of flavours.
//
// Log-bicubic, the default of `rules`: cubic Hermite in log x with slopes that are means of the neighbouring difference
// quotients (one-sided at the edges of a sub-grid), then the same in log Q^2 (arXiv:1412.7420,
// section 4.1); bilinear where a sub-grid has fewer than four knots in Q. The others do the same in x and Q^2, or
// bilinearly. Q on a threshold belongs to the
// sub-grid above. Outside of the grid the values are continued: in x below the first knot by a power law
// (linear where values are not positive), above the last Q likewise, below the first Q by
// x f(Q_min) (Q^2/Q_min^2)^(a Q^2/Q_min^2 + 1 - Q^2/Q_min^2) with the logarithmic slope a at Q_min, cut off
// at -2.5 (the MSTW continuation); or, by `rules`, the values at the nearest edge, or NaN. Flavours that the set lacks
// are zero.
class PdfEvaluator {
 public:
  PdfEvaluator(const GridFile& grid, std::vector<int> flavours, const GridRules& rules = {});

  const std::vector<int>& flavours() const { return flavours_; }

  // out.row(k)[e] = x f of flavours()[k] at x[e], Q^2 = q2[e] (GeV^2), 0 < x <= 1, Q^2 > 0. Where x and Q
  // leave the grid is counted into *extrapolated. Thread safe; same bits for any split of a batch.
  void evaluate(std::span<const double> x, std::span<const double> q2, const Batch& out, Arena& arena,
                std::uint64_t* extrapolated = nullptr) const;

  // Cubic coefficients in x of one sub-grid, packed for the kernel: [x interval][Q knot][power][flavour].
  struct Table {
    std::vector<double> log_x, log_q2;  // of the knots
    std::vector<double> at_x, at_q2;    // the same, or x and Q^2: what the interpolation is in
    AlignedVector<double> coefficients;
    std::vector<int> hint;  // first interval of a bucket uniform in log x
    double hint_scale = 0;
  };

 private:
  void point(double log_x, double log_q2, double* out) const;
  void outside(double x, double q2, double* out) const;
  void inside_x(double log_x, double log_q2, double* out) const;
  double coordinate(double logarithm) const;  // x or Q^2 as the interpolation takes it

  std::vector<int> flavours_;
  GridRules rules_;
  bool logarithmic_ = true, cubic_ = true;
  std::size_t width_ = 0;  // flavours padded to 8
  std::vector<Table> tables_;
};

}  // namespace thalweg
