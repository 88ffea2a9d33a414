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

// Each length of digits with the point at each place, against arithmetic that does not parse.
TEST(Decimal, ReadsEveryLengthAndPoint) {
  for (int digits = 1; digits <= 38; ++digits) {
    std::string whole;
    Int128 expected = 0;
    for (int i = 0; i < digits; ++i) {
      whole += static_cast<char>('1' + i % 9);
      expected = expected * 10 + (1 + i % 9);
    }
    for (int places = 0; places <= digits; ++places) {
      std::string text = whole;
      text.insert(static_cast<std::size_t>(digits - places), ".");
      Int128 value = 0;
      ASSERT_EQ(parse_decimal(text, places, value), DecimalFault::none) << text;
      EXPECT_TRUE(value == expected) << text;
      ASSERT_EQ(parse_decimal("-" + text + "E-0", places, value), DecimalFault::none) << text;
      EXPECT_TRUE(value == -expected) << text;
      ASSERT_EQ(parse_decimal(fmt::format("{}e{}", text, places), 0, value), DecimalFault::none) << text;
      EXPECT_TRUE(value == expected) << text;
      if (places == 0) continue;
      EXPECT_EQ(parse_decimal(text, places - 1, value), DecimalFault::too_many_digits) << text;
    }
    Int128 value = 0;
    EXPECT_EQ(parse_decimal(whole, 39 - digits, value), DecimalFault::too_large) << whole;
  }
}

TEST(Decimal, AddsAtTheLargerScale) {
  EXPECT_EQ(add(*parse_decimal("47.6816938322"), *parse_decimal("-47.6816938998"))->text(), "-0.0000000676");
  EXPECT_TRUE(equal(*parse_decimal("1.50"), *parse_decimal("1.5")));
  EXPECT_FALSE(equal(*parse_decimal("1.50"), *parse_decimal("1.501")));
}

}  // namespace
}  // namespace centavo
