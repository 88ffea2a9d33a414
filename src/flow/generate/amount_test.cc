#include "flow/generate/amount.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace centavo::generate {
namespace {

TEST(Amount, PrintsTheShortestText) {
  EXPECT_EQ(text_of(Amount{0}), "0");
  EXPECT_EQ(text_of(Amount{-75'000'000'000}), "-7.5");
  EXPECT_EQ(text_of(Amount{1}), "0.0000000001");
  EXPECT_EQ(text_of(Amount{-1}), "-0.0000000001");
  EXPECT_EQ(text_of(1234 * kOne), "1234");
  EXPECT_EQ(text_of(0.0000166667_amount), "0.0000166667");
  EXPECT_EQ(text_of(INT64_MAX), "922337203.6854775807");
}

TEST(Amount, LiteralsAreExact) {
  EXPECT_EQ(0.0965_amount, 965'000'000);
  EXPECT_EQ(14_amount, 140'000'000'000);
}

TEST(Amount, TimesRoundsHalfAwayFromZero) {
  EXPECT_EQ(times(24_amount, 0.153_amount), 3.672_amount);
  EXPECT_EQ(times(Amount{1}, kOne / 2), Amount{1});     // 0.00000000005
  EXPECT_EQ(times(Amount{-1}, kOne / 2), Amount{-1});
  EXPECT_EQ(times(Amount{1}, kOne / 2 - 1), Amount{0});
}

}  // namespace
}  // namespace centavo::generate
