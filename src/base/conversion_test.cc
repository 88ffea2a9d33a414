#include "base/conversion.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace centavo {
namespace {

Int128 number(std::string_view text, int scale) {
  Int128 out = 0;
  EXPECT_EQ(parse_decimal(text, scale, out), DecimalFault::none) << text;
  return out;
}

std::string converted(std::string_view amount, std::string_view rate) {
  const auto out = convert_amount(number(amount, 21), number(rate, kRateScale));
  return out ? Decimal{*out, 21}.shortest() : "too large";
}

std::string divided(std::string_view a, std::string_view b) {
  const auto out = divide_rates(number(a, kRateScale), number(b, kRateScale));
  return out ? Decimal{*out, kRateScale}.shortest() : "none";
}

// The schoolbook's way, digit by digit: shares nothing with what is tested.
std::string digits_of(Int128 value) {
  std::string out;
  for (; value != 0; value /= 10) out += static_cast<char>('0' + static_cast<int>(value % 10));
  return out;   // lowest first
}
std::string product_of(const std::string& a, const std::string& b) {
  std::vector<int> sums(a.size() + b.size() + 1, 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < b.size(); ++j) sums[i + j] += (a[i] - '0') * (b[j] - '0');
  }
  std::string out;
  int carry = 0;
  for (const int sum : sums) {
    out += static_cast<char>('0' + (sum + carry) % 10);
    carry = (sum + carry) / 10;
  }
  return out;
}
// The product without its last kRateScale digits, rounded; highest first, no zeros in front.
std::string rounded(std::string product) {
  product.resize(std::max<std::size_t>(product.size(), kRateScale + 1), '0');
  const bool up = product[kRateScale - 1] >= '5';
  std::string kept = product.substr(kRateScale) + "0";
  for (std::size_t i = 0; up && i < kept.size(); ++i) {
    if (kept[i] != '9') {
      ++kept[i];
      break;
    }
    kept[i] = '0';
  }
  while (kept.size() > 1 && kept.back() == '0') kept.pop_back();
  std::reverse(kept.begin(), kept.end());
  return kept;
}

TEST(Conversion, ProductIsExactAndRoundedOnceHalfAwayFromZero) {
  EXPECT_EQ(converted("100", "5.4321"), "543.21");
  EXPECT_EQ(converted("0.000000000000000000001", "0.5"), "0.000000000000000000001");
  EXPECT_EQ(converted("0.000000000000000000001", "0.499999999999"), "0");
  EXPECT_EQ(converted("-0.000000000000000000001", "0.5"), "-0.000000000000000000001");
  EXPECT_EQ(converted("-0.000000000000000000003", "0.5"), "-0.000000000000000000002");
  EXPECT_EQ(converted("99999999999999999.999999999999999999999", "1"), "99999999999999999.999999999999999999999");
  EXPECT_EQ(converted("0", "99999999.999999999999"), "0");
}

TEST(Conversion, WhatNeedsMoreThan38DigitsIsNone) {
  EXPECT_EQ(converted("99999999999999999", "1.1"), "too large");
  EXPECT_EQ(converted("99999999999999999.999999999999999999999", "1.000000000001"), "too large");
  EXPECT_EQ(converted("-99999999999999999", "99999999"), "too large");
}

TEST(Conversion, AnyProductIsTheSchoolbooks) {
  std::mt19937_64 random(20261121);
  int compared = 0;
  for (int round = 0; round < 20000; ++round) {
    const auto any = [&](int digits_max) {
      UInt128 out = (static_cast<UInt128>(random()) << 64 | random());
      UInt128 limit = 1;
      for (int i = static_cast<int>(random() % static_cast<unsigned>(digits_max)) + 1; i > 0; --i) limit *= 10;
      return static_cast<Int128>(out % limit);
    };
    const Int128 amount = any(38), rate = any(kRateDigits);
    const std::string expected = rounded(product_of(digits_of(amount), digits_of(rate)));
    const auto out = convert_amount(amount, rate);
    ASSERT_EQ(out.has_value(), expected.size() <= 38) << expected;
    if (!out) continue;
    ASSERT_EQ((Decimal{*out, 0}.text()), expected);
    ASSERT_EQ(*convert_amount(-amount, rate), -*out);   // a credit is worth what its charge is
    ++compared;
  }
  EXPECT_GT(compared, 5000);
}

TEST(Conversion, RatesDivideWithOneRounding) {
  EXPECT_EQ(divided("1", "3"), "0.333333333333");
  EXPECT_EQ(divided("2", "3"), "0.666666666667");
  EXPECT_EQ(divided("6.2345", "1.1456"), "5.442126396648");
  EXPECT_EQ(divided("5.5", "5.5"), "1");
  EXPECT_EQ(divided("1", "0"), "none");
  EXPECT_EQ(divided("99999999", "0.000000000001"), "none");
}

TEST(Conversion, AQuotientIsTheNearestRate) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 20000; ++round) {
    const auto a = static_cast<Int128>(random() % 10'000'000'000'000'000'000U);
    const auto b = static_cast<Int128>(random() % 1'000'000'000'000'000U) + 1;
    const auto out = divide_rates(a, b);
    if (!out) continue;
    // |a x 10^12 - out x b| <= b / 2
    Int128 rest = a * 1'000'000'000'000 - *out * b;
    if (rest < 0) rest = -rest;
    ASSERT_LE(rest * 2, b);
  }
}

}  // namespace
}  // namespace centavo
