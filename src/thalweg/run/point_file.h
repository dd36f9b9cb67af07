// Unweighted points of an integrand as a NumPy file: a table of doubles, a row a point, the coordinates and then the
// weight. The weights add up to the integral.
#pragma once

#include <filesystem>
#include <functional>

#include "thalweg/run/event_store.h"

namespace thalweg {

// `dim`: coordinates in a row of the store behind kRowHead. The file has its name only when it is complete; RunError
// when it cannot be written. `progress` gets the points done.
void write_point_file(const std::filesystem::path& path, const EventStore& store, std::size_t dim, double unit_weight,
                      const std::function<void(std::uint64_t)>& progress);

}  // namespace thalweg
