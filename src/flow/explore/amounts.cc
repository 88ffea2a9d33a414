#include "flow/explore/amounts.h"

namespace centavo::explore {
namespace {

constexpr int kRatioDigits = 6;
constexpr UInt128 kHeadroom = (~UInt128{0}) / 20;   // ten times this, and twice that, still fit

UInt128 magnitude(Int128 value) {
  return value < 0 ? UInt128{0} - static_cast<UInt128>(value) : static_cast<UInt128>(value);
}

void align(Decimal& a, Decimal& b) {
  constexpr Int128 kMost = Int128{10'000'000'000'000'000'000U} * 1'000'000'000'000'000'000;   // 10^37
  while (a.scale < b.scale && magnitude(a.value) < static_cast<UInt128>(kMost)) {
    a.value *= 10;
    ++a.scale;
  }
  while (b.scale > a.scale) {   // digits of b beyond what a can hold say nothing in six digits of a ratio
    b.value /= 10;
    --b.scale;
  }
}

}  // namespace

std::string plain(const std::optional<std::string>& amount) {
  if (!amount || amount->empty()) return "0";
  std::string out = *amount;
  if (out.find('.') != std::string::npos) {
    while (out.back() == '0') out.pop_back();
    if (out.back() == '.') out.pop_back();
  }
  return out == "-0" ? "0" : out;
}

std::optional<std::string> plain_or_none(const std::optional<std::string>& amount) {
  return amount ? std::optional<std::string>(plain(amount)) : std::nullopt;
}

Result<std::string> difference(const std::string& a, const std::string& b) {
  const Decimal from = TRY(parse_decimal(a));
  const Decimal less = TRY(parse_decimal(b));
  return TRY(subtract(from, less)).shortest();
}

Result<std::optional<std::string>> ratio(const std::string& a, const std::string& b) {
  Decimal over = TRY(parse_decimal(a));
  Decimal under = TRY(parse_decimal(b));
  if (under.is_zero()) return std::optional<std::string>();
  align(over, under);
  align(under, over);
  UInt128 rest = magnitude(over.value), by = magnitude(under.value);
  while (by > kHeadroom) {
    by /= 10;
    rest /= 10;
  }
  if (by == 0) return std::optional<std::string>();
  UInt128 quotient = rest / by;
  rest %= by;
  for (int digit = 0; digit < kRatioDigits; ++digit) {
    if (quotient > kHeadroom) return std::optional<std::string>();
    rest *= 10;
    quotient = quotient * 10 + rest / by;
    rest %= by;
  }
  if (rest * 2 >= by) ++quotient;
  const auto value = static_cast<Int128>(quotient);
  return std::optional<std::string>(Decimal{over.value < 0 ? -value : value, kRatioDigits}.shortest());
}

}  // namespace centavo::explore
