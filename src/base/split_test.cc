#include "base/split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <vector>

namespace centavo {
namespace {

using Parts = std::vector<Int128>;

Parts split(Int128 amount, const Parts& weights, Int128 unit = 1) {
  Parts parts(weights.size());
  const auto done = split_amount(amount, weights, unit, parts);
  EXPECT_TRUE(done) << (done ? "" : done.error().message);
  return parts;
}

Int128 sum(const Parts& parts) { return std::accumulate(parts.begin(), parts.end(), Int128{0}); }

// Every digit of 10^38 may be there.
Int128 random_amount(std::mt19937_64& random) {
  Int128 out = 0;
  const int digits = static_cast<int>(random() % 38) + 1;
  for (int i = 0; i < digits; ++i) out = out * 10 + static_cast<Int128>(random() % 10);
  return random() % 2 == 0 ? out : -out;
}

TEST(Split, GivesTheRestToThoseWhoLostMost) {
  EXPECT_THAT(split(100, {1, 1, 1}), testing::ElementsAre(34, 33, 33));
  EXPECT_THAT(split(10, {6, 3, 1}), testing::ElementsAre(6, 3, 1));
  EXPECT_THAT(split(101, {50, 30, 20}), testing::ElementsAre(51, 30, 20));
  EXPECT_THAT(split(3, {1, 7, 7}), testing::ElementsAre(0, 2, 1));
}

TEST(Split, OfACreditIsThatOfTheCostTurnedRound) {
  EXPECT_THAT(split(-100, {1, 1, 1}), testing::ElementsAre(-34, -33, -33));
}

TEST(Split, KeepsWholeUnitsAndLosesNothingBelowThem) {
  EXPECT_THAT(split(1007, {1, 1}, 100), testing::ElementsAre(507, 500));
  EXPECT_THAT(split(7, {1, 2, 3}, 100), testing::ElementsAre(7, 0, 0));
  EXPECT_THAT(split(-7, {0, 2, 3}, 100), testing::ElementsAre(0, -7, 0));
}

TEST(Split, GivesNothingToWhoHasNoWeight) {
  EXPECT_THAT(split(5, {0, 3, 0, 1}), testing::ElementsAre(0, 4, 0, 1));
  EXPECT_THAT(split(0, {0, 3}), testing::ElementsAre(0, 0));
}

TEST(Split, RefusesWhatHasNoAnswer) {
  Parts parts(2);
  EXPECT_FALSE(split_amount(1, Parts{0, 0}, 1, parts));
  EXPECT_FALSE(split_amount(1, Parts{2, -1}, 1, parts));
  EXPECT_FALSE(split_amount(1, Parts{1}, 1, parts));
  EXPECT_FALSE(split_amount(1, Parts{1, 1}, 0, parts));
  EXPECT_FALSE(split_amount(1, Parts{}, 1, std::span<Int128>{}));
  const Int128 huge = Int128{1} << 126;
  EXPECT_FALSE(split_amount(1, Parts{huge, huge + 1}, 1, parts));
  EXPECT_FALSE(split_step(huge, huge, Parts{1, 1}, 1, parts));
}

TEST(Split, PartsAddUpToTheWholeWhateverItIs) {
  std::mt19937_64 random(20261121);
  for (int round = 0; round < 20000; ++round) {
    const Int128 amount = random_amount(random);
    Parts weights(random() % 12 + 1);
    Int128 total = 0;
    for (auto& weight : weights) {
      weight = random() % 5 == 0 ? 0 : random_amount(random) / (Int128{1} << (random() % 60 + 4));
      weight = weight < 0 ? -weight : weight;
      total += weight;
    }
    if (total == 0) weights.front() = total = 1;
    Int128 unit = 1;
    for (auto i = random() % 22; i > 0; --i) unit *= 10;
    const Parts parts = split(amount, weights, unit);
    ASSERT_EQ(sum(parts), amount) << "round " << round;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      // Within two units of its share: one of whole units, one of what is below them. Seen in floating point, which is
      // enough to find a part that is off by more than a digit.
      const long double share =
          static_cast<long double>(amount) * static_cast<long double>(weights[i]) / static_cast<long double>(total);
      const long double slack = static_cast<long double>(unit) * 2.000001L + std::abs(share) * 1e-17L;
      ASSERT_LE(std::abs(static_cast<long double>(parts[i]) - share), slack) << "round " << round << " part " << i;
      ASSERT_TRUE(weights[i] != 0 || parts[i] == 0);
    }
  }
}

TEST(Split, AgreesWithPlainDivisionWhereThatFits) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 20000; ++round) {
    // The same numbers, once small enough to multiply, once all weights times 2^60, which takes the long way.
    const auto amount = static_cast<Int128>(random() >> 1) * static_cast<Int128>(random() % 1000 + 1);
    Parts small(random() % 6 + 2), large;
    for (auto& weight : small) weight = static_cast<Int128>(random() % 100000 + 1);
    for (const auto weight : small) large.push_back(weight << 60);
    ASSERT_EQ(split(amount, small), split(amount, large)) << "round " << round;
  }
}

TEST(Split, StepsAddUpToTheSplitOfTheWhole) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 2000; ++round) {
    Parts weights(random() % 9 + 1);
    for (auto& weight : weights) weight = static_cast<Int128>(random() % 1000 + 1);
    Parts added(weights.size(), 0);
    Int128 before = 0;
    for (auto steps = random() % 10 + 1; steps > 0; --steps) {
      const Int128 amount = static_cast<Int128>(random() % 2000000) - 900000;
      Parts parts(weights.size());
      ASSERT_TRUE(split_step(before, amount, weights, 100, parts));
      ASSERT_EQ(sum(parts), amount);
      for (std::size_t i = 0; i < parts.size(); ++i) added[i] += parts[i];
      before += amount;
    }
    ASSERT_EQ(added, split(before, weights, 100));
  }
}

}  // namespace
}  // namespace centavo
