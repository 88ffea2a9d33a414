#pragma once
/// \file flow/generate/amount.h
/// Money, rates and quantities of a generated bill: integers of 1e-10, the finest digit AWS prints.

#include <cstdint>
#include <string>

#include "base/decimal.h"

namespace centavo::generate {

using Amount = std::int64_t;   ///< value * 10^10: up to 922 million
inline constexpr int kAmountScale = 10;
inline constexpr Amount kOne = 10'000'000'000;
inline constexpr Amount kNone = INT64_MIN;   ///< an empty field

/// 0.0965_amount is exactly 965000000; more than ten decimals do not compile.
consteval Amount operator""_amount(const char* text) {
  Amount value = 0;
  int places = -1;
  for (; *text != 0; ++text) {
    if (*text == '.') {
      places = 0;
    } else if (*text != '\'') {
      value = value * 10 + (*text - '0');
      if (places >= 0) ++places;
    }
  }
  if (places > kAmountScale) throw "more than ten decimals";
  for (int i = places < 0 ? 0 : places; i < kAmountScale; ++i) value *= 10;
  return value;
}

/// a * b, rounded half away from zero to 1e-10.
inline Amount times(Amount a, Amount b) {
  const Int128 product = static_cast<Int128>(a) * b;
  const Int128 half = product < 0 ? -kOne / 2 : kOne / 2;
  return static_cast<Amount>((product + half) / kOne);
}

/// Appends the shortest text: "0", "-7.5", "0.0000166667".
inline void append(std::string& out, Amount amount) {
  char buffer[24];
  char* const end = buffer + sizeof buffer;
  char* at = end;
  auto rest = amount < 0 ? 0 - static_cast<std::uint64_t>(amount) : static_cast<std::uint64_t>(amount);
  std::uint64_t whole = rest / static_cast<std::uint64_t>(kOne);
  std::uint64_t fraction = rest % static_cast<std::uint64_t>(kOne);
  if (fraction != 0) {
    int places = kAmountScale;
    while (fraction % 10 == 0) fraction /= 10, --places;
    for (; places > 0; --places, fraction /= 10) *--at = static_cast<char>('0' + fraction % 10);
    *--at = '.';
  }
  do {
    *--at = static_cast<char>('0' + whole % 10);
    whole /= 10;
  } while (whole != 0);
  if (amount < 0) *--at = '-';
  out.append(at, end);
}

inline std::string text_of(Amount amount) {
  std::string out;
  append(out, amount);
  return out;
}
inline std::string text_of(Int128 sum) { return Decimal{sum, kAmountScale}.shortest(); }

}  // namespace centavo::generate
