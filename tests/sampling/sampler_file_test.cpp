#include "thalweg/sampling/sampler_file.h"

#include <gtest/gtest.h>

#include <array>
#include <fstream>

#include "thalweg/base/errors.h"
#include "thalweg/base/files.h"

namespace thalweg {
namespace {

class Constant : public Integrand {
 public:
  std::size_t dim() const override { return 2; }
  std::size_t channels() const override { return 2; }
  std::string channel_name(std::size_t c) const override { return std::to_string(c); }
  void evaluate(std::size_t channel, const Batch& y, const Evaluation& out, Arena&) const override {
    for (std::size_t e = 0; e < y.size; ++e) {
      out.weight[e] = 1 + y.row(0)[e];
      set_alpha(out, channel, e, std::array{0.5, 0.5});
    }
  }
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
  TrainerState back = load_sampler(path, "card", 2, 2);
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
  EXPECT_NO_THROW(load_sampler(path, "card", 2, 2));
  EXPECT_THROW(load_sampler(path, "another card", 2, 2), RequestError);
  EXPECT_THROW(load_sampler(path, "card", 3, 2), RequestError);
  EXPECT_THROW(load_sampler(path, "card", 2, 4), RequestError);

  const std::string image = read_file(path);
  auto load = [&](const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
    return load_sampler(path, "card", 2, 2);
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

}  // namespace
}  // namespace thalweg
