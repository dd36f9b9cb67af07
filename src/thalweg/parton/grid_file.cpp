#include "thalweg/parton/grid_file.h"

#include <charconv>
#include <cmath>
#include <set>

#include "thalweg/base/errors.h"
#include "thalweg/base/text.h"

namespace thalweg {
namespace {

class Reader {
 public:
  Reader(std::string_view text, const std::string& place) : text_(text), place_(place) {}

  bool at_end() const { return text_.empty(); }
  std::size_t left() const { return text_.size(); }  // bytes
  std::string_view line() {
    const auto end = text_.find('\n');
    const std::string_view result = trim(text_.substr(0, end));
    text_ = end == std::string_view::npos ? std::string_view{} : text_.substr(end + 1);
    ++number_;
    return result;
  }
  template <class T>
  void numbers(std::string_view line, std::vector<T>& out) const {
    const char* p = line.data();
    const char* end = p + line.size();
    while (true) {
      while (p < end && (*p == ' ' || *p == '\t')) ++p;
      if (p == end) return;
      if (*p == '+') ++p;
      T value{};
      const auto result = std::from_chars(p, end, value);
      if (result.ec != std::errc() || (result.ptr < end && *result.ptr != ' ' && *result.ptr != '\t'))
        fail(fmt::format("'{}' is not a number", std::string_view(p, std::min<std::size_t>(20, end - p))));
      if constexpr (std::is_floating_point_v<T>)
        if (!std::isfinite(value)) fail("a value is not finite");
      out.push_back(value);
      p = result.ptr;
    }
  }
  [[noreturn]] void fail(const std::string& what) const {
    request_error("{}:{}: {}; expected an LHAPDF grid (lhagrid1). Is the file complete?", place_, number_, what);
  }

 private:
  std::string_view text_;
  std::string place_;
  int number_ = 0;
};

void check_ascending(const Reader& reader, const std::vector<double>& knots, std::size_t least, const char* name) {
  if (knots.size() < least)
    reader.fail(fmt::format("{} knots in {}, at least {} are needed", knots.size(), name, least));
  for (std::size_t i = 0; i < knots.size(); ++i)
    if (!(knots[i] > 0) || (i > 0 && !(knots[i] > knots[i - 1])))
      reader.fail(fmt::format("the knots in {} do not ascend from a positive number", name));
}

SubGrid read_subgrid(Reader& reader) {
  SubGrid grid;
  reader.numbers(reader.line(), grid.x);
  check_ascending(reader, grid.x, 4, "x");
  if (grid.x.back() > 1) reader.fail("a knot in x is above 1");
  reader.numbers(reader.line(), grid.q);
  check_ascending(reader, grid.q, 2, "Q");
  reader.numbers(reader.line(), grid.flavours);
  for (int& f : grid.flavours) f = f == 0 ? 21 : f;
  if (grid.flavours.empty()) reader.fail("no flavours");
  if (std::set<int>(grid.flavours.begin(), grid.flavours.end()).size() != grid.flavours.size())
    reader.fail("a flavour is named twice");
  const std::size_t rows = grid.x.size() * grid.q.size(), columns = grid.flavours.size();
  for (std::size_t row = 0; row < rows; ++row) {
    if (reader.at_end()) reader.fail(fmt::format("the file ends after {} of {} rows of a sub-grid", row, rows));
    reader.numbers(reader.line(), grid.xf);
    if (grid.xf.size() != (row + 1) * columns)
      reader.fail(
          fmt::format("a row of {} numbers, expected {} (one a flavour)", grid.xf.size() - row * columns, columns));
  }
  if (reader.at_end() || reader.line() != "---") reader.fail("a sub-grid does not end with '---'");
  return grid;
}

// All lines before the first '---'.
SetInfo read_header(Reader& reader, std::string_view text, const std::string& place) {
  std::size_t size = 0;
  do {
    if (reader.at_end()) reader.fail("no '---' after the header");
    size = text.size() - reader.left();
    if (size > SetInfo::kMostBytes) reader.fail("no '---' after the header");
  } while (reader.line() != "---");
  SetInfo header = SetInfo::parse(text.substr(0, size), place);
  header.choice("Format", {"lhagrid1"});
  return header;
}

}  // namespace

GridFile read_grid_file(std::string_view text, const std::string& place) {
  Reader reader(text, place);
  GridFile file;
  file.header = read_header(reader, text, place);
  while (!reader.at_end()) {
    // blank lines may follow the last sub-grid
    Reader ahead = reader;
    if (ahead.line().empty()) {
      reader = ahead;
      continue;
    }
    file.subgrids.push_back(read_subgrid(reader));
    const auto n = file.subgrids.size();
    if (n > 1) {
      const SubGrid &below = file.subgrids[n - 2], &above = file.subgrids[n - 1];
      if (std::abs(below.q.back() - above.q.front()) > 1e-6 * above.q.front())
        reader.fail(fmt::format("sub-grids do not touch: one ends at Q = {}, the next starts at {}", below.q.back(),
                                above.q.front()));
      if (below.flavours != above.flavours) reader.fail("sub-grids with different flavours");
    }
  }
  if (file.subgrids.empty()) reader.fail("no sub-grid");
  return file;
}

}  // namespace thalweg
