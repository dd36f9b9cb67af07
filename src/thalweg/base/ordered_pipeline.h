// A thread pool that produces numbered items in parallel and consumes them in the order of their
// numbers, so that sums and files do not depend on the number of threads.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "thalweg/base/aligned.h"

namespace thalweg {

// Arenas whose memory stays for the next pipeline.
class ArenaPool {
 public:
  static std::unique_ptr<Arena> take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return std::make_unique<Arena>();
    auto arena = std::move(free_.back());
    free_.pop_back();
    return arena;
  }
  static void give(std::unique_ptr<Arena> arena) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(arena));
  }

 private:
  static inline std::mutex mutex_;
  static inline std::vector<std::unique_ptr<Arena>> free_;
};
struct PooledArena {
  std::unique_ptr<Arena> arena = ArenaPool::take();
  PooledArena() = default;
  PooledArena(const PooledArena&) = delete;
  PooledArena& operator=(const PooledArena&) = delete;
  ~PooledArena() { ArenaPool::give(std::move(arena)); }
};

// Runs produce(k, arena) for k = first, first + 1, ... below `last` on `threads` workers, each with
// its own arena (reset before every item), and calls consume(k, item) on the calling thread in
// order of k. consume returns false to stop; items that were produced beyond are thrown away. At
// most a few items per thread wait to be consumed. The first exception of either side is rethrown.
template <class Item>
void ordered_pipeline(std::uint64_t first, std::uint64_t last, int threads,
                      const std::function<Item(std::uint64_t, Arena&)>& produce,
                      const std::function<bool(std::uint64_t, Item&)>& consume) {
  if (threads <= 1) {
    const PooledArena pooled;
    Arena& arena = *pooled.arena;
    for (std::uint64_t k = first; k < last; ++k) {
      arena.reset();
      Item item = produce(k, arena);
      if (!consume(k, item)) return;
    }
    return;
  }
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::uint64_t, Item> ready;
  std::exception_ptr failure;
  std::uint64_t next_to_make = first, next_to_use = first;
  bool stop = false;
  const std::uint64_t window = 4 * static_cast<std::uint64_t>(threads);

  auto work = [&] {
    const PooledArena pooled;
    Arena& arena = *pooled.arena;
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return stop || next_to_make >= last || next_to_make < next_to_use + window; });
      if (stop || next_to_make >= last) return;
      const std::uint64_t k = next_to_make++;
      lock.unlock();
      try {
        arena.reset();
        Item item = produce(k, arena);
        lock.lock();
        ready.emplace(k, std::move(item));
      } catch (...) {
        lock.lock();
        if (!failure) failure = std::current_exception();
        stop = true;
      }
      changed.notify_all();
    }
  };
  std::vector<std::jthread> workers;
  for (int t = 0; t < threads; ++t) workers.emplace_back(work);

  std::unique_lock lock(mutex);
  auto finish = [&] {
    stop = true;
    changed.notify_all();
  };
  while (next_to_use < last) {
    changed.wait(lock, [&] { return failure || ready.count(next_to_use); });
    if (failure) break;
    Item item = std::move(ready.extract(next_to_use).mapped());
    lock.unlock();
    bool go_on = false;
    try {
      go_on = consume(next_to_use, item);
    } catch (...) {
      lock.lock();
      failure = std::current_exception();
      break;
    }
    lock.lock();
    ++next_to_use;
    changed.notify_all();
    if (!go_on) break;
  }
  finish();
  lock.unlock();
  workers.clear();  // joins
  if (failure) std::rethrow_exception(failure);
}

}  // namespace thalweg
