// Finding and loading sets.
#include <algorithm>
#include <charconv>
#include <cmath>
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
  if (const std::string set = name.substr(0, name.find_first_of("@/")); std::count(all.begin(), all.end(), set))
    request_error("PDF set '{}' has no grid file of this member beside the others, such as {}_0000.dat. Looked in:{}",
                  name, set, places);
  request_error("PDF set '{}' not found{} Looked in (set THALWEG_PDF_PATH or LHAPDF_DATA_PATH to add folders):{}", name,
                did_you_mean(name, all), places.empty() ? " nowhere" : places);
}

// A set from another program's name space has no path separators in its name.
void check_name(const std::string& name) {
  const bool odd = name.empty() || name.size() > 200 || name == "." || name == ".." ||
                   name.find_first_of(std::string("/\\\0", 3)) != std::string::npos;
  if (odd) request_error("'{}' is no PDF set name; expected one like {}", name.substr(0, 60), kDefaultPdfSet);
}

constexpr int kProton = 2212;

const std::vector<std::string> kAlphaSKeys = [] {
  std::vector<std::string> keys = {"AlphaS_MZ",      "AlphaS_OrderQCD", "AlphaS_FlavorScheme", "AlphaS_NumFlavors",
                                   "AlphaS_Type",    "AlphaS_Qs",       "AlphaS_Vals",         "AlphaS_Lambda3",
                                   "AlphaS_Lambda4", "AlphaS_Lambda5",  "AlphaS_Reference",    "AlphaS_MassReference"};
  for (const char* quark : {"Down", "Up", "Strange", "Charm", "Bottom", "Top"})
    for (const char* head : {"AlphaS_M", "AlphaS_Threshold"}) keys.push_back(std::string(head) + quark);
  return keys;
}();

// What the .info file of a set would say that comes without it.
bool add_known(SetInfo& info, const std::string& name) {
  const KnownSet* known = find_known_set(name);
  if (!known) return false;
  SetInfo more;
  const std::string place = "known set " + name;
  more.set("AlphaS_Type", "ode", place);
  more.set("AlphaS_MZ", fmt::format("{}", known->alpha_s_mz), place);
  more.set("AlphaS_OrderQCD", fmt::format("{}", known->order), place);
  more.set("AlphaS_NumFlavors", "5", place);
  more.set("MCharm", "1.51", place);
  more.set("MBottom", "4.92", place);
  more.set("MTop", "172.5", place);
  more.set("SetIndex", fmt::format("{}", known->lhapdf_id), place);
  info.add(more);
  return true;
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

  SetInfo info = set.grid.header;
  const fs::path info_file = set.file.parent_path() / (set.name + ".info");
  std::error_code code;
  const bool with_info = fs::is_regular_file(info_file, code);
  if (with_info) {
    const SetInfo of_set = SetInfo::parse(read_file(info_file, SetInfo::kMostBytes), info_file.string());
    of_set.choice("Format", {"lhagrid1"});
    info.add(of_set);
  } else if (!add_known(info, set.name) && !info.has("AlphaS_Type")) {
    set.notes.push_back(fmt::format("there is no file '{}'", info_file.string()));
  }
  set.read(info, with_info ? info_file.string() : set.file.string());
  return set;
}

void PdfSet::read(const SetInfo& info, const std::string& place) {
  if (const auto particle = info.whole("Particle", -2147483647, 2147483647); particle.value_or(kProton) != kProton)
    request_error("{}: the set is of particle {}; beams are protons, {}", info.place_of("Particle"), *particle,
                  kProton);
  if (const auto kind = info.choice("Interpolator", {"logcubic", "cubic", "log", "linear"}))
    rules.interpolator = static_cast<Interpolator>(*kind);
  if (const auto kind = info.choice("Extrapolator", {"continuation", "nearest", "error"}))
    rules.extrapolator = static_cast<Extrapolator>(*kind);
  rules.force_positive = info.whole("ForcePositive", 0, 2).value_or(0);
  if (const auto version = info.whole("DataVersion", -2147483647, 2147483647); version && *version <= 0)
    notes.push_back(fmt::format("DataVersion {}: its authors call the set preliminary", *version));
  if (const auto flavours = info.numbers("Flavors"))
    for (const double f : *flavours) {
      if (f != std::floor(f) || std::abs(f) > 1e9)
        request_error("{}: '{}' is no particle; expected numbers such as [-1, 1, 21]", info.place_of("Flavors"), f);
      listed_.push_back(f == 0 ? 21 : static_cast<int>(f));
    }
  lhapdf_id = info.whole("SetIndex", -2147483647, 2147480000).value_or(0);
  if (lhapdf_id > 0) lhapdf_id += member;
  alpha_s = AlphaS::from_info(info, place, notes);
  for (const std::string& key : info.keys())
    if (key.starts_with("AlphaS_") && std::find(kAlphaSKeys.begin(), kAlphaSKeys.end(), key) == kAlphaSKeys.end())
      notes.push_back(fmt::format("{} is no key that LHAPDF knows, and has no effect{}", info.place_of(key),
                                  did_you_mean(key, {kAlphaSKeys.begin(), kAlphaSKeys.end()})));
}

bool PdfSet::has_flavour(int pdg) const {
  const auto& there = grid.subgrids[0].flavours;
  return std::count(there.begin(), there.end(), pdg) > 0 &&
         (listed_.empty() || std::count(listed_.begin(), listed_.end(), pdg) > 0);
}

std::string PdfSet::text() const { return member == 0 ? name : fmt::format("{}@{}", name, member); }

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
