#include "thalweg/parton/grid_file.h"

#include <gtest/gtest.h>

#include "parton/test_grid.h"
#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

TEST(GridFile, ReadsWhatIsThere) {
  const GridFile file = read_grid_file(test::toy_grid_text(), "toy");
  ASSERT_EQ(file.subgrids.size(), 2u);
  EXPECT_EQ(file.header.text("Format"), "lhagrid1");
  const SubGrid& g = file.subgrids[1];
  EXPECT_EQ(g.flavours, (std::vector<int>{-2, -1, 1, 2, 21}));
  EXPECT_NEAR(g.value(3, 2, 4), test::toy_density(g.x[3], g.q[2], 21) * 1.05, 1e-9);
}

TEST(GridFile, EveryTruncationIsAnErrorWithItsLine) {
  const std::string text = test::toy_grid_text();
  const std::size_t first_end = text.find("---\n", text.find("---\n") + 4) + 4;  // one whole sub-grid is a grid
  for (std::size_t n = 0; n < text.size() - 4; n += 97) {
    if (n >= first_end - 1 && n <= first_end) continue;
    try {
      read_grid_file(text.substr(0, n), "toy");
      ADD_FAILURE() << n;
    } catch (const RequestError& error) {
      EXPECT_NE(std::string(error.what()).find("toy:"), std::string::npos);
    }
  }
}

TEST(GridFile, DamageIsAnError) {
  const std::string text = test::toy_grid_text();
  auto replaced = [&](const std::string& from, const std::string& to) {
    std::string copy = text;
    copy.replace(copy.find(from), from.size(), to);
    return copy;
  };
  EXPECT_THROW(read_grid_file(replaced("lhagrid1", "lhagrid2"), "toy"), RequestError);
  EXPECT_THROW(read_grid_file(replaced("-2 -1 1 2 21", "-2 -2 1 2 21"), "toy"), RequestError);
  EXPECT_THROW(read_grid_file(replaced("-2 -1 1 2 21", "-2 -1 1 2"), "toy"), RequestError);
  EXPECT_THROW(read_grid_file(replaced("1.000000000000e-06", "1.000000000000e+06"), "toy"), RequestError);
  EXPECT_THROW(read_grid_file(replaced("1.000000000000e-06", "nan"), "toy"), RequestError);
  EXPECT_THROW(read_grid_file(replaced("1.000000000000e-06", "1.0x"), "toy"), RequestError);
  EXPECT_THROW(read_grid_file("", "toy"), RequestError);
}

}  // namespace
}  // namespace thalweg
