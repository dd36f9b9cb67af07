// The sampler file: an HDF5 file with a training as far as it went. A finished one is, with program and card, all
// that another machine needs to make events.
//
// Version 6: a user block of 512 bytes, "thalweg sampler, version 6, crc32 <8 hexadecimal digits>\n" and zeros, with
// the checksum of all that follows; then two data sets: `state`, bytes of a JSON document with the networks' shapes,
// counters, running means, the training curve and the cells; `networks`, floats: for the flow that all maps share, or
// each fully connected map, and last for the channel weights if they are trained, parameters, their running mean, first
// and second moments of Adam.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

#include "thalweg/sampling/neural_trainer.h"

namespace thalweg {

class JsonReader;

// `key` names what was trained (the card); another key is refused by load.
void save_sampler(const std::filesystem::path& path, const TrainerState& state, const std::string& key);
// RequestError for a file of another kind, version, key or integrand (numbers of channels, maps, dimensions, features),
// or that is damaged.
TrainerState load_sampler(const std::filesystem::path& path, const std::string& key, const Integrand& integrand);

// The two data sets.
struct SamplerDocument {
  std::string state;
  std::vector<float> networks;
};
SamplerDocument to_document(const TrainerState& state, const std::string& key);
// RequestError for numbers that are out of range, or do not fit each other or the integrand.
TrainerState from_document(const JsonReader& json, std::span<const float> networks, const std::string& key,
                           const Integrand& integrand);

// The training curve as a document of its own.
nlohmann::json curve_json(const TrainerState& state);

}  // namespace thalweg
