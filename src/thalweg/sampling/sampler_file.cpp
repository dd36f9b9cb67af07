#include "thalweg/sampling/sampler_file.h"

#include <fmt/format.h>
#include <zlib.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "thalweg/base/errors.h"
#include "thalweg/base/files.h"
#include "thalweg/base/hdf5_handle.h"

namespace thalweg {
namespace {

constexpr int kVersion = 6;
constexpr std::size_t kLargest = std::size_t{1} << 31;
constexpr const char* kAdvice = "; remove it to train again";

nlohmann::json shape_json(const TrainableMap& map) {
  if (const auto* ann = dynamic_cast<const AnnMap*>(&map)) {
    const AnnConfig& c = ann->layout().config;
    return {{"dim", c.dim},       {"hidden", c.hidden},
            {"layers", c.layers}, {"activation", name_of(c.activation)},
            {"clip", c.clip},     {"inputs", kAnnInputNames[static_cast<std::size_t>(c.inputs)]}};
  }
  const FlowConfig& c = dynamic_cast<const CouplingFlow&>(map).layout().config;
  return {{"dim", c.dim},
          {"conditions", c.conditions},
          {"bins", c.bins},
          {"hidden", c.hidden},
          {"layers", c.layers},
          {"activation", name_of(c.activation)},
          {"exchange", c.permutation == Permutation::exchange},
          {"exchange_blocks", c.exchange_blocks}};
}

std::unique_ptr<TrainableMap> map_from(const nlohmann::json& j) {
  const Activation activation = activation_named(j.at("activation"));
  if (j.contains("clip"))
    return std::make_unique<AnnMap>(
        AnnConfig{j.at("dim"), j.at("hidden"), j.at("layers"), activation, j.at("clip"),
                  j.at("inputs") == kAnnInputNames[0] ? AnnInputs::cube : AnnInputs::stretched},
        0);
  return std::make_unique<CouplingFlow>(
      FlowConfig{j.at("dim"), j.at("conditions"), j.at("bins"), j.at("hidden"), j.at("layers"), activation,
                 j.at("exchange").get<bool>() ? Permutation::exchange : Permutation::logarithmic,
                 j.at("exchange_blocks")},
      0);
}

// The user block in front of the HDF5 superblock: what the file is, and the checksum of all that follows. HDF5 is never
// given bytes that have not passed it.
constexpr std::size_t kHeader = 512;
constexpr std::string_view kMagic = "thalweg sampler, version ";

std::string header(std::string_view image) {
  const uLong crc = crc32_z(0, reinterpret_cast<const Bytef*>(image.data()), image.size());
  std::string text = fmt::format("{}{}, crc32 {:08x}\n", kMagic, kVersion, crc);
  text.resize(kHeader, '\0');
  return text;
}

// The HDF5 part of a whole and undamaged file.
std::string checked_image(const std::filesystem::path& path) {
  std::string bytes = read_file(path, kLargest);
  const std::string name = path.string();
  if (bytes.size() <= kHeader || !bytes.starts_with(kMagic)) request_error("'{}' is no sampler file{}", name, kAdvice);
  const int version = std::atoi(bytes.c_str() + kMagic.size());
  if (version != kVersion)
    request_error("'{}' has version {} of the sampler file; this program knows version {}{}", name, version, kVersion,
                  kAdvice);
  std::string image = bytes.substr(kHeader);
  if (!bytes.starts_with(header(image)))
    request_error("'{}' is damaged or cut off: its checksum does not fit{}", name, kAdvice);
  return image;
}

// A file in memory, so that writing has one place and one kind of failure.
Hdf5Id memory_access() {
  prepare_hdf5();
  Hdf5Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fapl_core(access, std::size_t{1} << 20, false);
  return access;
}

void good(bool fine) {
  if (!fine) run_error("HDF5: the sampler file could not be built in memory");
}

void put(hid_t file, const char* name, hid_t type, std::size_t n, const void* data) {
  const hsize_t size = n;
  const Hdf5Id space(H5Screate_simple(1, &size, nullptr), H5Sclose);
  const Hdf5Id properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(properties, false);
  const Hdf5Id set(H5Dcreate2(file, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT), H5Dclose);
  good(set >= 0 && H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
}

template <class T>
bool get(hid_t file, const char* name, hid_t type, std::vector<T>& values) {
  const Hdf5Id set(H5Dopen2(file, name, H5P_DEFAULT), H5Dclose);
  if (set < 0) return false;
  const Hdf5Id space(H5Dget_space(set), H5Sclose);
  hsize_t n = 0;
  if (H5Sget_simple_extent_ndims(space) != 1) return false;
  H5Sget_simple_extent_dims(space, &n, nullptr);
  if (n > kLargest / sizeof(T)) return false;
  values.resize(n);
  return H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0;
}

nlohmann::json weights_json(const ChannelWeightNetwork& network) {
  const MlpConfig& c = network.layout().config;
  return {{"hidden", c.hidden},     {"layers", c.layers},         {"outputs", c.outputs},
          {"shift", network.shift}, {"conditions", c.conditions}, {"scale", network.scale}};
}

ChannelWeightNetwork weights_from(const nlohmann::json& j, Activation activation) {
  ChannelWeightNetwork network({.inputs = j.at("shift").size(),
                                .outputs = j.at("outputs"),
                                .hidden = j.at("hidden"),
                                .layers = j.at("layers"),
                                .activation = activation,
                                .conditions = j.at("conditions")},
                               0);
  j.at("shift").get_to(network.shift);
  j.at("scale").get_to(network.scale);
  return network;
}

void append(std::span<const float> parameters, const GuardedAdam& o, std::vector<float>& floats, nlohmann::json& json) {
  json.push_back({{"steps", o.adam.steps}, {"norm", o.norm}});
  for (const std::span<const float> part :
       {parameters, std::span<const float>(o.average), std::span<const float>(o.adam.first),
        std::span<const float>(o.adam.second)})
    floats.insert(floats.end(), part.begin(), part.end());
}

GuardedAdam take(std::span<float> parameters, std::span<const float>& floats, const nlohmann::json& json) {
  const std::size_t n = parameters.size();
  GuardedAdam o(parameters);
  if (floats.size() < 4 * n) request_error("the sampler file holds too few parameters{}", kAdvice);
  for (float* to : {parameters.data(), o.average.data(), o.adam.first.data(), o.adam.second.data()}) {
    std::copy_n(floats.begin(), n, to);
    floats = floats.subspan(n);
  }
  json.at("steps").get_to(o.adam.steps);
  json.at("norm").get_to(o.norm);
  return o;
}

}  // namespace

nlohmann::json curve_json(const TrainerState& state) {
  nlohmann::json curve = nlohmann::json::array();
  for (const CurvePoint& p : state.curve)
    curve.push_back({{"batch", p.batch},
                     {"value", p.value},
                     {"relative_std_dev", p.relative_std_dev},
                     {"learning_rate", p.learning_rate},
                     {"loss", p.loss},
                     {"gradient", p.gradient}});
  return {{"curve", curve},
          {"events", state.events},
          {"clipped", state.clipped},
          {"undone", state.undone},
          {"last_undone", state.last_undone},
          {"evaluations", state.evaluations},
          {"batches", state.batches_done},
          {"non_finite", state.non_finite}};
}

void save_sampler(const std::filesystem::path& path, const TrainerState& state, const std::string& key) {
  nlohmann::json json = curve_json(state);
  json["key"] = key;
  json["shape"] = shape_json(*state.flows.at(0).flow);
  json["maps"] = state.mean.size(), json["flows"] = state.flows.size();
  json["integral"] = state.integral, json["active"] = state.active;
  json["mean"] = state.mean, json["square"] = state.square, json["size"] = state.size;
  json["tail"] = state.tail;
  json["power"] = state.power, json["tempered_size"] = state.tempered_size;
  json["rate_factor"] = state.rate_factor;
  json["planned"] = state.batches_planned, json["settled"] = state.settled;
  json["cells"] = nlohmann::json::array();
  for (const Foam& foam : state.cells) json["cells"].push_back(foam.to_json());
  std::vector<float> floats;
  for (const TrainedFlow& f : state.flows)
    append(std::as_const(*f.flow).parameters(), f.optimiser, floats, json["optimisers"]);
  if (state.weights) {
    const ChannelWeightNetwork& network = state.weights->network;
    json["weights"] = weights_json(network);
    append(network.parameters(), state.weights->optimiser, floats, json["optimisers"]);
  }
  const std::string text = json.dump();

  const Hdf5Id access = memory_access();
  const Hdf5Id file(H5Fcreate("sampler", H5F_ACC_TRUNC, H5P_DEFAULT, access), H5Fclose);
  good(file >= 0);
  put(file, "state", H5T_NATIVE_UINT8, text.size(), text.data());
  put(file, "networks", H5T_NATIVE_FLOAT, floats.size(), floats.data());
  good(H5Fflush(file, H5F_SCOPE_GLOBAL) >= 0);
  const auto size = H5Fget_file_image(file, nullptr, 0);
  good(size > 0);
  std::string image(static_cast<std::size_t>(size), '\0');
  good(H5Fget_file_image(file, image.data(), image.size()) >= 0);
  write_file(path, header(image) + image);
}

TrainerState load_sampler(const std::filesystem::path& path, const std::string& key, std::size_t channels,
                          std::size_t dim) {
  const std::string name = path.string();
  std::string image = checked_image(path);
  const Hdf5Id access = memory_access();
  H5Pset_file_image(access, image.data(), image.size());
  const Hdf5Id file(H5Fopen("sampler", H5F_ACC_RDONLY, access), H5Fclose);
  std::vector<char> bytes;
  std::vector<float> floats;
  if (file < 0 || !get(file, "state", H5T_NATIVE_CHAR, bytes) || !get(file, "networks", H5T_NATIVE_FLOAT, floats))
    request_error("'{}' holds no sampler{}", name, kAdvice);
  const std::string text(bytes.begin(), bytes.end());
  const auto json = nlohmann::json::parse(text);
  const nlohmann::json& shape = json.at("shape");
  if (json.at("key") != key || shape.at("dim") != dim || json.at("active").size() != channels)
    request_error("'{}' was trained for another card{}", name, kAdvice);

  TrainerState state;
  std::span<const float> left = floats;
  const auto& optimisers = json.at("optimisers");
  const std::size_t maps = json.at("maps"), flows = json.at("flows");
  for (std::size_t f = 0; f < flows; ++f) {
    std::unique_ptr<TrainableMap> map = map_from(shape);
    GuardedAdam optimiser = take(map->parameters(), left, optimisers.at(f));
    state.flows.push_back({std::move(map), std::move(optimiser)});
  }
  if (json.contains("weights")) {
    ChannelWeightNetwork network = weights_from(json["weights"], activation_named(shape.at("activation")));
    GuardedAdam optimiser = take(network.parameters(), left, optimisers.at(flows));
    state.weights.emplace(TrainedWeights{std::move(network), std::move(optimiser)});
  }
  json.at("batches").get_to(state.batches_done);
  json.at("planned").get_to(state.batches_planned);
  json.at("settled").get_to(state.settled);
  for (const auto& foam : json.at("cells")) state.cells.push_back(Foam::from_json(foam));
  if (!fit(state.cells, maps, dim)) request_error("'{}' holds cells of another sampler{}", name, kAdvice);
  json.at("mean").get_to(state.mean);
  json.at("square").get_to(state.square);
  json.at("size").get_to(state.size);
  json.at("tail").get_to(state.tail);
  json.at("integral").get_to(state.integral);
  json.at("active").get_to(state.active);
  json.at("power").get_to(state.power);
  json.at("tempered_size").get_to(state.tempered_size);
  json.at("rate_factor").get_to(state.rate_factor);
  json.at("events").get_to(state.events);
  json.at("clipped").get_to(state.clipped);
  json.at("undone").get_to(state.undone);
  json.at("last_undone").get_to(state.last_undone);
  json.at("non_finite").get_to(state.non_finite);
  json.at("evaluations").get_to(state.evaluations);
  for (const auto& p : json.at("curve"))
    state.curve.push_back({p.at("batch"), p.at("value"), p.at("relative_std_dev"), p.at("learning_rate"), p.at("loss"),
                           p.at("gradient")});
  return state;
}

}  // namespace thalweg
