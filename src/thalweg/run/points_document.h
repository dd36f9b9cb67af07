// The points that `thalweg evaluate` reads: {"points": [{"momenta": [[E, px, py, pz], ...], "alpha_s": x}, ...]}, with
// "process", "model" and "parameters" beside them if they like. RequestError for whatever is wrong.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thalweg/kinematics/momenta.h"
#include "thalweg/model/model.h"

namespace thalweg {

// The document in `text`, for this process and model; place: the file, in front of messages.
nlohmann::json read_points(std::string_view text, const std::string& place, const std::string& process,
                           const std::string& model);
// Those that the document names.
void read_parameters(const nlohmann::json& document, Parameters& parameters);
// Checks shape, mass shells and balance of one point, and puts it into column `index` of `momenta`, and its alpha_s, if
// it has one, into alpha_s[index].
void read_point(const nlohmann::json& point, const std::vector<double>& masses, std::size_t incoming,
                const Momenta& momenta, std::span<double> alpha_s, std::size_t index);

}  // namespace thalweg
