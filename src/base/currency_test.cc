#include "base/currency.h"

#include <gtest/gtest.h>

namespace centavo {
namespace {

Decimal decimal(std::string_view text) { return parse_decimal(text).value(); }

TEST(Currency, SubunitsFollowIso4217) {
  EXPECT_EQ(subunit_digits("USD"), 2);
  EXPECT_EQ(subunit_digits("BRL"), 2);
  EXPECT_EQ(subunit_digits("JPY"), 0);
  EXPECT_EQ(subunit_digits("KWD"), 3);
  EXPECT_EQ(subunit_digits("CLF"), 4);
}

TEST(Currency, AHundredSubunitsAreAlwaysWithinFocusTolerance) {
  EXPECT_EQ(rounding_variance("USD", 0).shortest(), "1");
  EXPECT_EQ(rounding_variance("USD", 40'000).shortest(), "1");
  EXPECT_EQ(rounding_variance("JPY", 1).shortest(), "100");
}

TEST(Currency, ManyRowsMayDifferByHalfTheRootOfTheirNumber) {
  EXPECT_EQ(rounding_variance("USD", 1'000'000).shortest(), "5");
  EXPECT_EQ(rounding_variance("USD", 10'000'000).shortest(), "15.8113883");
  EXPECT_EQ(rounding_variance("JPY", 1'000'000).shortest(), "500");
}

TEST(Currency, SubunitsAreRoundedToTheNearest) {
  EXPECT_EQ(in_subunits(decimal("0.004999"), "USD").value(), 0);
  EXPECT_EQ(in_subunits(decimal("0.005"), "USD").value(), 1);
  EXPECT_EQ(in_subunits(decimal("-0.01"), "USD").value(), -1);
  EXPECT_EQ(in_subunits(decimal("-0.0149"), "USD").value(), -1);
  EXPECT_EQ(in_subunits(decimal("7"), "USD").value(), 700);
  EXPECT_EQ(in_subunits(decimal("0.5"), "JPY").value(), 1);
}

TEST(Currency, SizesCompareWithoutTheirSigns) {
  EXPECT_EQ(compare_sizes(decimal("-1.00"), decimal("1")), 0);
  EXPECT_EQ(compare_sizes(decimal("-2"), decimal("1.999999999999999999999")), 1);
  EXPECT_EQ(compare_sizes(decimal("0"), decimal("-0.1")), -1);
}

}  // namespace
}  // namespace centavo
