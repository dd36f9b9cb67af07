#include <zlib.h>

#include <charconv>
#include <cmath>
#include <memory>
#include <vector>

#include "thalweg/base/errors.h"
#include "thalweg/base/interrupt.h"
#include "thalweg/base/text.h"
#include "thalweg/event/lhe.h"

namespace thalweg {
namespace {

constexpr int kMaxParticles = 10'000;

// Lines of a text, or of a plain or gzip file, with their numbers.
class Lines {
 public:
  Lines(std::string_view text, std::string place) : rest_(text), place_(std::move(place)) {}
  explicit Lines(const std::string& path) : place_(path), file_(gzopen(path.c_str(), "rb"), gzclose) {
    throw_if_interrupted();  // opening a pipe waits
    if (!file_) request_error("cannot read '{}'", path);
    gzbuffer(file_.get(), 1 << 17);
  }

  bool next(std::string_view& line) {
    throw_if_interrupted();
    ++number_;
    if (!file_) {
      if (rest_.empty()) return false;
      const auto end = rest_.find('\n');
      line = rest_.substr(0, end);
      rest_ = end == std::string_view::npos ? std::string_view{} : rest_.substr(end + 1);
      return true;
    }
    throw_if_interrupted();
    buffer_.clear();
    char piece[4096];
    while (gzgets(file_.get(), piece, sizeof piece)) {
      buffer_ += piece;
      if (buffer_.ends_with('\n') || buffer_.size() > (1 << 20)) break;
    }
    int code = 0;
    const char* message = gzerror(file_.get(), &code);
    throw_if_interrupted();  // which may have cut short a read
    if (code != Z_OK && code != Z_STREAM_END) fail(fmt::format("damaged gzip data ({})", message));
    if (buffer_.empty()) return false;
    if (buffer_.ends_with('\n')) buffer_.pop_back();
    line = buffer_;
    return true;
  }
  [[noreturn]] void fail(const std::string& what) const {
    request_error("{}:{}: {}; expected a Les Houches event file. Is it complete?", place_, number_, what);
  }

 private:
  std::string_view rest_;
  std::string place_;
  std::unique_ptr<gzFile_s, int (*)(gzFile)> file_{nullptr, gzclose};
  std::string buffer_;
  int number_ = 0;
};

// The numbers of a line; a trailing comment after '#' is dropped.
std::vector<double> numbers(const Lines& lines, std::string_view line, std::size_t least) {
  std::vector<double> values;
  line = line.substr(0, line.find('#'));
  const char* p = line.data();
  const char* end = p + line.size();
  while (true) {
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r')) ++p;
    if (p == end) break;
    if (*p == '+') ++p;
    double value = 0;
    const auto result = std::from_chars(p, end, value);
    if (result.ec != std::errc()) lines.fail(fmt::format("'{}' is not a number", line.substr(0, 40)));
    if (!std::isfinite(value)) lines.fail("a number is not finite");
    values.push_back(value);
    p = result.ptr;
  }
  if (values.size() < least) lines.fail(fmt::format("{} numbers in a line that needs {}", values.size(), least));
  return values;
}

int whole(const Lines& lines, double value) {
  if (value != std::floor(value) || std::abs(value) > 2e9)
    lines.fail(fmt::format("{} should be a whole number", value));
  return static_cast<int>(value);
}

std::string_view need(Lines& lines, const char* what) {
  std::string_view line;
  do {
    if (!lines.next(line)) lines.fail(fmt::format("the file ends within {}", what));
    line = trim(line);
  } while (line.empty() || line.front() == '#');
  return line;
}

void read_init(Lines& lines, EventFileInfo& info) {
  const auto head = numbers(lines, need(lines, "<init>"), 10);
  for (std::size_t b = 0; b < 2; ++b) {
    info.beam_pdg[b] = whole(lines, head[b]);
    info.beam_energy[b] = head[2 + b];
    info.pdf_id[b] = whole(lines, head[6 + b]);
  }
  const int processes = whole(lines, head[9]);
  if (processes < 1 || processes > 100'000) lines.fail(fmt::format("NPRUP = {}", processes));
  double error2 = 0;
  for (int i = 0; i < processes; ++i) {
    const auto row = numbers(lines, need(lines, "<init>"), 4);
    info.cross_section += row[0];
    error2 += row[1] * row[1];
    info.largest_weight = std::max(info.largest_weight, row[2]);
  }
  info.error = std::sqrt(error2);
}

Event read_event(Lines& lines) {
  const auto head = numbers(lines, need(lines, "<event>"), 6);
  const int n = whole(lines, head[0]);
  if (n < 1 || n > kMaxParticles) lines.fail(fmt::format("an event of {} particles", n));
  Event event;
  event.process_id = whole(lines, head[1]);
  event.weight = head[2];
  event.scale = event.renormalization_scale = head[3];
  event.alpha_em = head[4];
  event.alpha_s = head[5];
  for (int i = 0; i < n; ++i) {
    const auto v = numbers(lines, need(lines, "<event>"), 13);
    EventParticle p;
    p.pdg = whole(lines, v[0]);
    p.status = whole(lines, v[1]);
    p.mothers = {whole(lines, v[2]), whole(lines, v[3])};
    p.colours = {whole(lines, v[4]), whole(lines, v[5])};
    for (int m : p.mothers)
      if (m < 0 || m > n) lines.fail(fmt::format("mother {} in an event of {} particles", m, n));
    p.px = v[6], p.py = v[7], p.pz = v[8], p.e = v[9], p.m = v[10], p.lifetime = v[11], p.spin = v[12];
    event.particles.push_back(p);
  }
  while (need(lines, "<event>") != "</event>") {
  }
  return event;
}

EventFileInfo read(Lines& lines, const std::function<bool(const Event&)>& use) {
  EventFileInfo info;
  std::string_view line;
  bool opened = false, init = false, closed = false;
  while (!closed && lines.next(line)) {
    line = trim(line);
    if (line.starts_with("<LesHouchesEvents"))
      opened = true;
    else if (!opened && !line.empty() && !line.starts_with("<?xml"))
      lines.fail("no <LesHouchesEvents> at the start");
    else if (line == "<init>")
      read_init(lines, info), init = true;
    else if (line == "<event>" || line.starts_with("<event ")) {
      if (!init) lines.fail("an <event> before <init>");
      const Event event = read_event(lines);
      ++info.events;
      info.legs = event.particles.size();
      if (!use(event)) return info;
    } else if (line.starts_with("</LesHouchesEvents>")) {
      closed = true;
    }
  }
  if (!opened) lines.fail("no <LesHouchesEvents>");
  if (!init) lines.fail("no <init>");
  if (!closed) lines.fail("no </LesHouchesEvents> at the end");
  return info;
}

}  // namespace

EventFileInfo parse_lhe(std::string_view text, const std::string& place, const std::function<bool(const Event&)>& use) {
  Lines lines(text, place);
  return read(lines, use);
}

EventFileInfo read_lhe(const std::string& path, const std::function<bool(const Event&)>& use) {
  Lines lines(path);
  return read(lines, use);
}

}  // namespace thalweg
