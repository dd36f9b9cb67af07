#include "thalweg/run/point_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "thalweg/base/files.h"
#include "thalweg/base/interrupt.h"
#include "thalweg/sampling/unweighting.h"

namespace thalweg {
namespace {

static_assert(std::endian::native == std::endian::little, "the header says so");

// Version 1.0 of the format: magic, length of the text, and the text padded to a multiple of 64 bytes in all.
std::string npy_head(std::uint64_t rows, std::size_t columns) {
  std::string text = fmt::format("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}, {}), }}", rows, columns);
  text.resize((10 + text.size() + 1 + 63) / 64 * 64 - 11, ' ');
  text += '\n';
  std::string head = "\x93NUMPY";
  head += {'\1', '\0', static_cast<char>(text.size() & 0xff), static_cast<char>(text.size() >> 8)};
  return head + text;
}

}  // namespace

void write_point_file(const std::filesystem::path& path, const EventStore& store, std::size_t dim, double unit_weight,
                      const std::function<void(std::uint64_t)>& progress) {
  constexpr std::uint64_t kBlock = 16384;
  AtomicFile file(path);
  file.write(npy_head(store.rows(), dim + 1));
  const std::size_t width = kRowHead + dim;
  for (std::uint64_t first = 0; first < store.rows(); first += kBlock) {
    throw_if_interrupted();
    const std::uint64_t count = std::min(kBlock, store.rows() - first);
    const auto rows = store.read(first, count);
    std::vector<double> out;
    out.reserve(count * (dim + 1));
    for (std::uint64_t i = 0; i < count; ++i) {
      const double* row = rows.data() + i * width;
      out.insert(out.end(), row + kRowHead, row + width);
      out.push_back(unit_weight * row[0]);
    }
    file.write({reinterpret_cast<const char*>(out.data()), out.size() * sizeof(double)});
    progress(first + count);
  }
  file.commit();
}

}  // namespace thalweg
