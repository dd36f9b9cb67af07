#include "thalweg/base/worker_team.h"

#include <hwy/cache_control.h>

#include <algorithm>
#include <chrono>

namespace thalweg {
namespace {

// Rounds follow each other within microseconds, and waking a thread takes tens of them.
constexpr auto kSpin = std::chrono::microseconds(100);

template <class Done>
void spin(bool allowed, const Done& done) {
  if (!allowed) return;
  const auto end = std::chrono::steady_clock::now() + kSpin;
  while (!done() && std::chrono::steady_clock::now() < end) hwy::Pause();
}

}  // namespace

WorkerTeam::WorkerTeam(int threads)
    : arenas_(static_cast<std::size_t>(std::max(threads, 1))),
      spinning_(arenas_.size() <= std::thread::hardware_concurrency()) {
  for (std::size_t w = 1; w < arenas_.size(); ++w) threads_.emplace_back([this, w] { serve(w); });
}

WorkerTeam::~WorkerTeam() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  begin_.notify_all();
}

void WorkerTeam::take_part(std::size_t worker) {
  try {
    for (std::size_t k = next_++; k < count_; k = next_++) {
      arenas_[worker].reset();
      (*work_)(k, arenas_[worker]);
    }
  } catch (...) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::current_exception();
    next_ = count_;
  }
}

void WorkerTeam::serve(std::size_t worker) {
  std::uint64_t seen = 0;
  while (true) {
    spin(spinning_, [&] { return stop_ || round_ != seen; });
    std::unique_lock lock(mutex_);
    begin_.wait(lock, [&] { return stop_ || round_ != seen; });
    if (stop_) return;
    seen = round_;
    lock.unlock();
    take_part(worker);
    lock.lock();
    if (--busy_ == 0) end_.notify_one();
  }
}

void WorkerTeam::run(std::size_t count, const Work& work) {
  {
    const std::lock_guard lock(mutex_);
    work_ = &work, count_ = count, next_ = 0, failure_ = nullptr;
    busy_ = threads_.size();
    ++round_;
  }
  begin_.notify_all();
  take_part(0);
  spin(spinning_, [&] { return busy_ == 0; });
  std::unique_lock lock(mutex_);
  end_.wait(lock, [&] { return busy_ == 0; });
  if (failure_) std::rethrow_exception(failure_);
}

}  // namespace thalweg
