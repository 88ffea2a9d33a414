#include "base/conversion.h"

#include <array>

#include "base/power_of_ten.h"

namespace centavo {
namespace {

constexpr auto kAmountLimit = static_cast<UInt128>(power_of_ten(38));
constexpr auto kRateUnit = static_cast<std::uint64_t>(power_of_ten(kRateScale));
constexpr auto kRateLimit = static_cast<UInt128>(power_of_ten(kRateDigits));

UInt128 size_of(Int128 value) {
  return value < 0 ? UInt128{0} - static_cast<UInt128>(value) : static_cast<UInt128>(value);
}

Int128 with_sign(UInt128 size, bool negative) {
  const auto value = static_cast<Int128>(size);
  return negative ? -value : value;
}

// Four limbs of 64 bits, lowest first.
std::array<std::uint64_t, 4> product(UInt128 a, UInt128 b) {
  const std::array<std::uint64_t, 2> left = {static_cast<std::uint64_t>(a), static_cast<std::uint64_t>(a >> 64)};
  const std::array<std::uint64_t, 2> right = {static_cast<std::uint64_t>(b), static_cast<std::uint64_t>(b >> 64)};
  std::array<std::uint64_t, 4> out{};
  for (std::size_t i = 0; i < 2; ++i) {
    UInt128 carry = 0;
    for (std::size_t j = 0; j < 2; ++j) {
      carry += static_cast<UInt128>(left[i]) * right[j] + out[i + j];
      out[i + j] = static_cast<std::uint64_t>(carry);
      carry >>= 64;
    }
    out[i + 2] = static_cast<std::uint64_t>(carry);
  }
  return out;
}

}  // namespace

std::optional<Int128> convert_amount(Int128 amount, Int128 rate) {
  const bool negative = (amount < 0) != (rate < 0);
  auto limbs = product(size_of(amount), size_of(rate));
  UInt128 rest = 0;
  for (std::size_t i = limbs.size(); i-- > 0;) {
    rest = rest << 64 | limbs[i];
    limbs[i] = static_cast<std::uint64_t>(rest / kRateUnit);
    rest %= kRateUnit;
  }
  if (limbs[3] != 0 || limbs[2] != 0) return std::nullopt;
  UInt128 size = static_cast<UInt128>(limbs[1]) << 64 | limbs[0];
  if (size >= kAmountLimit) return std::nullopt;
  if (rest * 2 >= kRateUnit) ++size;
  if (size >= kAmountLimit) return std::nullopt;
  return with_sign(size, negative);
}

std::optional<Int128> divide_rates(Int128 numerator, Int128 denominator) {
  if (denominator == 0) return std::nullopt;
  const bool negative = (numerator < 0) != (denominator < 0);
  const UInt128 by = size_of(denominator);
  const UInt128 scaled = size_of(numerator) * kRateUnit;   // below 10^32
  UInt128 size = scaled / by;
  if ((scaled % by) * 2 >= by) ++size;
  if (size >= kRateLimit) return std::nullopt;
  return with_sign(size, negative);
}

}  // namespace centavo
