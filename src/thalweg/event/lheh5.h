// Events in HDF5, the LHEH5 layout version 2.0.1 that Sherpa 3, Pythia 8 (LHAHDF5v2) and pylhe read
// (arXiv:2309.13154).
//
//   version (3) int; init (10); procInfo (P, 6); events (N, 9 + weights: NOMINAL, then variations); particles (N npLO,
//   13); xml/header, generators: strings. Columns are found by position by Sherpa and Pythia, by the attribute
//   `properties` by pylhe. Event i owns the rows i npLO to (i + 1) npLO - 1 of particles.
//
// Weights follow the convention of these readers: sum of NOMINAL / sum of trials is the cross section in
// pb; trials are true counts.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>

#include "thalweg/event/event.h"

namespace thalweg {

inline constexpr std::size_t kLheh5EventColumns = 10, kLheh5ParticleColumns = 13;

// Rows of a block of events, made on any thread.
struct Lheh5Block {
  std::vector<double> events, particles;
  std::vector<int> channels;
};
// first: number of the block's first event in the file.
Lheh5Block lheh5_rows(std::span<const Event> events, const EventFileInfo& info, std::uint64_t first);

class Lheh5Writer {
 public:
  // The size of the file is known from info.events. It has its name after commit() alone. RunError when it cannot be
  // written.
  Lheh5Writer(const std::filesystem::path& path, const EventFileInfo& info, double unit_weight);
  ~Lheh5Writer();
  void write(const Lheh5Block& block, std::uint64_t first);
  void commit();

 private:
  struct Handles;
  std::unique_ptr<Handles> handles_;
};

// Summary and events of a file; RequestError for what is no LHEH5.
EventFileInfo read_lheh5(const std::filesystem::path& path, const std::function<bool(const Event&)>& use);
bool is_hdf5(const std::filesystem::path& path);

}  // namespace thalweg
