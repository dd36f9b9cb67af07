// Threads that stay, for short rounds of work that follow each other closely.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "thalweg/base/aligned.h"

namespace thalweg {

class WorkerTeam {
 public:
  // The calling thread is one of the workers.
  explicit WorkerTeam(int threads);
  ~WorkerTeam();
  WorkerTeam(const WorkerTeam&) = delete;
  WorkerTeam& operator=(const WorkerTeam&) = delete;

  // Calls work(k, arena) for every k below `count`, in any order, each worker with its own arena (reset before
  // every call); returns when all are done. The first exception is rethrown, the rest of the round left out.
  using Work = std::function<void(std::size_t, Arena&)>;
  void run(std::size_t count, const Work& work);

 private:
  void serve(std::size_t worker);
  void take_part(std::size_t worker);

  std::vector<Arena> arenas_;
  std::mutex mutex_;
  std::condition_variable begin_, end_;
  std::atomic<std::uint64_t> round_{0};
  std::atomic<std::size_t> busy_{0};
  std::size_t count_ = 0;
  std::atomic<std::size_t> next_{0};
  const Work* work_ = nullptr;
  std::exception_ptr failure_;
  std::atomic<bool> stop_{false};
  bool spinning_;
  std::vector<std::jthread> threads_;  // last: they use all of the above
};

}  // namespace thalweg
