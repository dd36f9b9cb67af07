// Finding and loading sets.
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <set>
#include <sstream>

#include "thalweg/base/errors.h"
#include "thalweg/base/files.h"
#include "thalweg/base/spelling.h"
#include "thalweg/parton/known_sets.h"
#include "thalweg/parton/pdf.h"

namespace thalweg {
namespace fs = std::filesystem;
namespace {

void add_list(std::vector<fs::path>& folders, const char* variable) {
  const char* value = std::getenv(variable);
  if (!value) return;
  std::istringstream stream{std::string(value)};
  for (std::string folder; std::getline(stream, folder, ':');)
    if (!folder.empty()) folders.emplace_back(folder);
}

// The grid file of a member in a folder, in LHAPDF's layout or bare; empty when it is not there.
fs::path find_in(const fs::path& folder, const std::string& name, int member) {
  const std::string file = fmt::format("{}_{:04}.dat", name, member);
  std::error_code code;
  for (const fs::path& candidate : {folder / name / file, folder / file})
    if (fs::is_regular_file(candidate, code)) return candidate;
  if (member == 0 && fs::is_regular_file(folder / (name + ".dat"), code)) return folder / (name + ".dat");
  return {};
}

[[noreturn]] void not_found(const std::string& name) {
  std::vector<std::string> all;
  std::string places;
  for (const fs::path& folder : search_path()) {
    const auto sets = sets_in(folder);
    all.insert(all.end(), sets.begin(), sets.end());
    places += fmt::format("\n  {}: {}", folder.string(), sets.empty() ? "no sets" : comma_list(sets));
  }
  request_error("PDF set '{}' not found{} Looked in (set THALWEG_PDF_PATH or LHAPDF_DATA_PATH to add folders):{}", name,
                did_you_mean(name, all), places.empty() ? " nowhere" : places);
}

// A set from another program's name space has no path separators in its name.
void check_name(const std::string& name) {
  const bool odd = name.empty() || name.size() > 200 || name == "." || name == ".." ||
                   name.find_first_of(std::string("/\\\0", 3)) != std::string::npos;
  if (odd) request_error("'{}' is no PDF set name; expected one like {}", name.substr(0, 60), kDefaultPdfSet);
}

}  // namespace

std::vector<fs::path> search_path() {
  std::vector<fs::path> folders;
  add_list(folders, "THALWEG_PDF_PATH");
  add_list(folders, "LHAPDF_DATA_PATH");
  folders.emplace_back(fs::path(THALWEG_VENV) / "share/Pythia8/pdfdata");
  if (const char* data = std::getenv("PYTHIA8DATA")) folders.emplace_back(fs::path(data) / "../pdfdata");
  return folders;
}

std::vector<std::string> sets_in(const fs::path& folder) {
  std::set<std::string> names;
  std::error_code code;
  for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
    const std::string file = it->path().filename().string();
    if (fs::is_directory(it->path(), code) && fs::exists(it->path() / (file + ".info"), code)) names.insert(file);
    if (file.ends_with("_0000.dat")) names.insert(file.substr(0, file.size() - 9));
  }
  return {names.begin(), names.end()};
}

PdfSet PdfSet::load(const std::string& text) {
  PdfSet set;
  const auto separator = text.find_first_of("@/");
  set.name = text.substr(0, separator);
  check_name(set.name);
  if (separator != std::string::npos) {
    const char* end = text.data() + text.size();
    const auto result = std::from_chars(text.data() + separator + 1, end, set.member);
    if (result.ec != std::errc() || result.ptr != end || set.member < 0 || set.member > 9999)
      request_error("'{}': the member must be a number from 0 to 9999, as in {}@0", text.substr(0, 60), kDefaultPdfSet);
  }
  for (const fs::path& folder : search_path()) {
    set.file = find_in(folder, set.name, set.member);
    if (!set.file.empty()) break;
  }
  if (set.file.empty()) not_found(text);
  set.grid = read_grid_file(read_file(set.file), set.file.string());

  auto info = set.grid.header;
  const fs::path info_file = set.file.parent_path() / (set.name + ".info");
  std::error_code code;
  if (fs::is_regular_file(info_file, code)) info.merge(read_info(read_file(info_file), info_file.string()));
  if (const KnownSet* known = find_known_set(set.name); known && !info.count("AlphaS_MZ")) {
    info["AlphaS_MZ"] = fmt::format("{}", known->alpha_s_mz);
    info["AlphaS_OrderQCD"] = fmt::format("{}", known->order);
    info["SetIndex"] = fmt::format("{}", known->lhapdf_id);
  }
  set.alpha_s = AlphaS::from_info(info, set.file.string());
  set.lhapdf_id = std::atoi(info["SetIndex"].c_str());
  if (set.lhapdf_id > 0) set.lhapdf_id += set.member;
  return set;
}

std::vector<PdfSet> PdfSet::all_members() const {
  std::vector<PdfSet> members;
  const auto folders = search_path();
  auto there = [&](int m) {
    return std::any_of(folders.begin(), folders.end(), [&](const fs::path& f) { return !find_in(f, name, m).empty(); });
  };
  for (int m = 0; there(m); ++m) members.push_back(load(fmt::format("{}@{}", name, m)));
  return members;
}

}  // namespace thalweg
