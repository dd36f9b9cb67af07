// Memory for SoA batches: 64-byte aligned vectors, and an arena for the scratch of one chunk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <vector>

namespace thalweg {

inline constexpr std::size_t kAlignment = 64;  // one cache line, one AVX-512 register

template <class T>
struct AlignedAllocator {
  using value_type = T;
  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>&) {}
  T* allocate(std::size_t n) { return static_cast<T*>(::operator new (n * sizeof(T), std::align_val_t{kAlignment})); }
  void deallocate(T* p, std::size_t) { ::operator delete (p, std::align_val_t{kAlignment}); }
  template <class U>
  bool operator==(const AlignedAllocator<U>&) const {
    return true;
  }
};

template <class T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

// Rounds a count of doubles up to full cache lines, so that kernels may run over the edge of a row.
constexpr std::size_t padded(std::size_t n) { return (n + 7) / 8 * 8; }

// Bump allocator of one worker thread: everything handed out lives until reset(), which a worker
// calls before each chunk. Memory is kept from chunk to chunk. Not thread safe. Trivial types only.
class Arena {
 public:
  // n elements, 64-byte aligned, uninitialised; padded to full cache lines.
  template <class T>
  std::span<T> take(std::size_t n) {
    static_assert(std::is_trivially_destructible_v<T>);
    const std::size_t bytes = (n * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment;
    return {reinterpret_cast<T*>(allocate(bytes)), n};
  }
  void reset() { rewind({}); }
  // What was handed out after mark() is free again after rewind().
  struct Mark {
    std::size_t block = 0, used = 0;
  };
  Mark mark() const { return {block_, used_}; }
  void rewind(Mark mark) {
    block_ = mark.block;
    used_ = mark.used;
  }

 private:
  std::byte* allocate(std::size_t bytes) {
    while (block_ < blocks_.size() && used_ + bytes > blocks_[block_].size()) {
      ++block_;
      used_ = 0;
    }
    if (block_ == blocks_.size()) {
      blocks_.emplace_back(bytes > kBlock ? bytes : kBlock);
      used_ = 0;
    }
    std::byte* start = blocks_[block_].data() + used_;
    used_ += bytes;
    return start;
  }
  static constexpr std::size_t kBlock = std::size_t{1} << 20;
  std::vector<AlignedVector<std::byte>> blocks_;
  std::size_t block_ = 0;
  std::size_t used_ = 0;
};

// A batch of n points of `dim` doubles in SoA layout: coordinate d of point e is row(d)[e].
// Rows are 64-byte aligned and padded; a view owns nothing.
struct Batch {
  double* data = nullptr;
  std::size_t stride = 0;  // doubles from one row to the next, a multiple of 8
  std::size_t dim = 0;
  std::size_t size = 0;

  double* row(std::size_t d) const { return data + d * stride; }
  static Batch take(Arena& arena, std::size_t dim, std::size_t size) {
    const std::size_t stride = padded(size);
    return {arena.take<double>(dim * stride).data(), stride, dim, size};
  }
};

}  // namespace thalweg
