#include "thalweg/sampling/sampler_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "thalweg/base/errors.h"
#include "thalweg/base/files.h"
#include "thalweg/base/json_reader.h"

namespace thalweg {
namespace {

class Constant : public Integrand {
 public:
  explicit Constant(std::size_t channels = 2, std::size_t dim = 2) : channels_(channels), dim_(dim) {}
  std::size_t dim() const override { return dim_; }
  std::size_t channels() const override { return channels_; }
  std::size_t features() const override { return 1; }
  std::string channel_name(std::size_t c) const override { return std::to_string(c); }
  void evaluate(std::size_t channel, const Batch& y, const Evaluation& out, Arena&) const override {
    for (std::size_t e = 0; e < y.size; ++e) {
      out.weight[e] = 1 + y.row(0)[e];
      set_alpha(out, channel, e, std::vector<double>(channels_, 1 / static_cast<double>(channels_)));
      if (out.features.dim) out.features.row(0)[e] = y.row(1)[e];
    }
  }

 private:
  std::size_t channels_, dim_;
};

TrainerConfig config() {
  TrainerConfig c;
  c.batches = 12, c.batch_size = 128, c.flow.hidden = 8, c.flow.bins = 4;
  return c;
}

struct Interruption {};

TEST(SamplerFile, ATrainingGoesOnFromItToTheSameBits) {
  const auto path = std::filesystem::temp_directory_path() / "thalweg_sampler_resume.h5";
  const Constant f;
  const NeuralTrainer trainer(f, config());
  TrainerState straight = trainer.initial_state({});
  trainer.train(straight, [](const TrainerState&) {});
  TrainerState cut = trainer.initial_state({});
  EXPECT_THROW(trainer.train(cut,
                             [&](const TrainerState& s) {
                               save_sampler(path, s, "card");
                               if (s.batches_done == 5) throw Interruption();
                             }),
               Interruption);
  TrainerState back = load_sampler(path, "card", f);
  EXPECT_EQ(back.batches_done, 5U);
  trainer.train(back, [](const TrainerState&) {});
  EXPECT_EQ(straight.flows[0].optimiser.average, back.flows[0].optimiser.average);
  EXPECT_EQ(straight.curve.size(), back.curve.size());
  std::filesystem::remove(path);
}

TEST(SamplerFile, RefusesWhatIsNotItsOwn) {
  const auto path = std::filesystem::temp_directory_path() / "thalweg_sampler_damage.h5";
  const Constant f;
  const TrainerState state = NeuralTrainer(f, config()).initial_state({});
  save_sampler(path, state, "card");
  EXPECT_NO_THROW(load_sampler(path, "card", f));
  EXPECT_THROW(load_sampler(path, "another card", f), RequestError);
  EXPECT_THROW(load_sampler(path, "card", Constant(3, 2)), RequestError);
  EXPECT_THROW(load_sampler(path, "card", Constant(2, 4)), RequestError);

  const std::string image = read_file(path);
  auto load = [&](const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
    return load_sampler(path, "card", f);
  };
  for (std::size_t length = 0; length < image.size(); length += 97)
    EXPECT_THROW(load(image.substr(0, length)), RequestError);
  for (std::size_t i = 0; i < image.size(); i += 13) {
    std::string flipped = image;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
    EXPECT_THROW(load(flipped), RequestError) << i;
  }
  std::string newer = image;
  newer[newer.find("version ") + 8] = '9';
  EXPECT_THROW(load(newer), RequestError);
  std::filesystem::remove(path);
}

TrainerState trained(const Integrand& f, const TrainerConfig& c) {
  const NeuralTrainer trainer(f, c);
  TrainerState state = trainer.initial_state({});
  trainer.train(state, [](const TrainerState&) {});
  return state;
}

// Behind a right checksum.
TEST(SamplerFile, NumbersThatDoNotFitAreRefused) {
  const Constant f;
  const SamplerDocument good = to_document(trained(f, config()), "card");
  const auto json = nlohmann::json::parse(good.state);
  EXPECT_NO_THROW(from_document(json, good.networks, "card", f));
  const std::vector<std::pair<const char*, nlohmann::json>> changes = {{"/shape/dim", 3},
                                                                       {"/shape/dim", -2},
                                                                       {"/shape/bins", 1},
                                                                       {"/shape/bins", 64},
                                                                       {"/shape/hidden", 0},
                                                                       {"/shape/hidden", 512},
                                                                       {"/shape/hidden", 1ULL << 60},
                                                                       {"/shape/layers", 0},
                                                                       {"/shape/layers", 32},
                                                                       {"/shape/conditions", 1},
                                                                       {"/shape/conditions", 100'000},
                                                                       {"/shape/activation", "relu"},
                                                                       {"/shape/activation", 1},
                                                                       {"/shape/exchange", 1},
                                                                       {"/shape/exchange_blocks", 0},
                                                                       {"/weights/outputs", 1},
                                                                       {"/weights/outputs", 1ULL << 60},
                                                                       {"/weights/outputs", 1ULL << 50},
                                                                       {"/weights/conditions", 1ULL << 60},
                                                                       {"/weights/hidden", 1ULL << 60},
                                                                       {"/weights/layers", 0},
                                                                       {"/weights/shift", {0.0, 0.0}},
                                                                       {"/weights/scale", nlohmann::json::array()},
                                                                       {"/flows", 2},
                                                                       {"/flows", 0},
                                                                       {"/maps", 1},
                                                                       {"/maps", 1ULL << 60},
                                                                       {"/active", {1, 2}},
                                                                       {"/active", {0, 0}},
                                                                       {"/active", {1}},
                                                                       {"/mean", {0.1}},
                                                                       {"/mean/0", nullptr},
                                                                       {"/square/1", -1.0},
                                                                       {"/size", 7},
                                                                       {"/tail", {1.0, 2.0, 3.0}},
                                                                       {"/power/0", 0.0},
                                                                       {"/power/0", 2.0},
                                                                       {"/tempered_size", nlohmann::json::array()},
                                                                       {"/integral/0", "x"},
                                                                       {"/rate_factor", -1},
                                                                       {"/batches", 13},
                                                                       {"/batches", -1},
                                                                       {"/planned", 3},
                                                                       {"/planned", 1ULL << 60},
                                                                       {"/settled", 0},
                                                                       {"/curve/0/batch", 0},
                                                                       {"/curve/1/batch", 1},
                                                                       {"/curve", nlohmann::json::array()},
                                                                       {"/optimisers", nlohmann::json::array()},
                                                                       {"/optimisers/0/steps", -1},
                                                                       {"/optimisers/0/norm", nullptr},
                                                                       {"/evaluations", 0.5},
                                                                       {"/events", {1}},
                                                                       {"/cells", {1}},
                                                                       {"/key", 7}};
  for (const auto& [place, value] : changes) {
    nlohmann::json bad = json;
    bad.at(nlohmann::json::json_pointer(place)) = value;
    EXPECT_THROW(from_document(bad, good.networks, "card", f), RequestError) << place << " = " << value;
  }
  for (const auto& entry : json.items()) {
    nlohmann::json bad = json;
    bad.erase(entry.key());
    // A flow needs no network of channel weights, but then there are numbers left over.
    EXPECT_THROW(from_document(bad, good.networks, "card", f), RequestError) << entry.key();
  }
}

TEST(SamplerFile, NetworksAreFiniteAndWhole) {
  const Constant f;
  const SamplerDocument good = to_document(trained(f, config()), "card");
  const auto json = nlohmann::json::parse(good.state);
  for (std::size_t i = 0; i < good.networks.size(); i += 41)
    for (const float value : {NAN, -INFINITY}) {
      auto bad = good.networks;
      bad[i] = value;
      EXPECT_THROW(from_document(json, bad, "card", f), RequestError) << i;
    }
  auto longer = good.networks, shorter = longer;
  longer.push_back(0), shorter.pop_back();
  EXPECT_THROW(from_document(json, longer, "card", f), RequestError);
  EXPECT_THROW(from_document(json, shorter, "card", f), RequestError);
  EXPECT_THROW(from_document(json, {}, "card", f), RequestError);
}

TEST(SamplerFile, AFullyConnectedMapComesBack) {
  const Constant f(1, 2);
  TrainerConfig c = config();
  c.ann = AnnConfig{.dim = 2, .hidden = 8, .layers = 3};
  const TrainerState state = trained(f, c);
  const SamplerDocument good = to_document(state, "card");
  const auto json = nlohmann::json::parse(good.state);
  EXPECT_EQ(from_document(json, good.networks, "card", f).flows[0].optimiser.average, state.flows[0].optimiser.average);
  for (const auto& [place, value] : std::vector<std::pair<const char*, nlohmann::json>>{
           {"/shape/clip", 0}, {"/shape/clip", 1e9}, {"/shape/inputs", "x"}, {"/shape/hidden", 9}}) {
    nlohmann::json bad = json;
    bad.at(nlohmann::json::json_pointer(place)) = value;
    EXPECT_THROW(from_document(bad, good.networks, "card", f), RequestError) << place << " = " << value;
  }
}

}  // namespace
}  // namespace thalweg
