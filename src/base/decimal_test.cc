#include "base/decimal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace centavo {
namespace {

TEST(Decimal, KeepsEveryDigitOfABill) {
  for (const char* text : {"0", "10.000000001", "-0.0000000676", "47.6816938322", "0.000000000000000000001",
                           "99999999999999999.999999999999999999999", "-99999999999999999.999999999999999999999"}) {
    Int128 value = 0;
    ASSERT_EQ(parse_decimal(text, 21, value), DecimalFault::none) << text;
    EXPECT_EQ((Decimal{value, 21}.shortest()), text);
  }
}

TEST(Decimal, ReadsExponents) {
  EXPECT_EQ(parse_decimal("1.2E-7")->text(), "0.00000012");
  EXPECT_EQ(parse_decimal("-4E3")->text(), "-4000");
  EXPECT_EQ(parse_decimal("0.0E-20")->shortest(), "0");
  EXPECT_EQ(parse_decimal("1.50e+1")->shortest(), "15");
}

TEST(Decimal, DropsOnlyZerosBeyondTheScale) {
  Int128 value = 0;
  EXPECT_EQ(parse_decimal("1.5000000000000000000000000000000000000000000", 2, value), DecimalFault::none);
  EXPECT_TRUE(value == 150);
  EXPECT_EQ(parse_decimal("1.501", 2, value), DecimalFault::too_many_digits);
}

TEST(Decimal, RefusesWhatIsNotANumber) {
  Int128 value = 0;
  for (const char* text : {"", "-", ".", "1.2.3", "1e", "1e+", "abc", "1,5", " 1", "1 ", "0x10", "NaN", "inf", "--1"}) {
    EXPECT_EQ(parse_decimal(text, 9, value), DecimalFault::not_a_number) << text;
  }
  EXPECT_EQ(parse_decimal("100000000000000000", 21, value), DecimalFault::too_large);
  EXPECT_EQ(parse_decimal("1e99999999999", 9, value), DecimalFault::too_large);
}

TEST(Decimal, AddsAtTheLargerScale) {
  EXPECT_EQ(add(*parse_decimal("47.6816938322"), *parse_decimal("-47.6816938998"))->text(), "-0.0000000676");
  EXPECT_TRUE(equal(*parse_decimal("1.50"), *parse_decimal("1.5")));
  EXPECT_FALSE(equal(*parse_decimal("1.50"), *parse_decimal("1.501")));
}

}  // namespace
}  // namespace centavo
