#include "base/split.h"

#include <algorithm>
#include <bit>
#include <vector>

namespace centavo {
namespace {

constexpr UInt128 kLow = ~std::uint64_t{0};
constexpr UInt128 kDigit = UInt128{1} << 64;   // numbers below have two digits in this base, products four
constexpr UInt128 kWeightsMax = UInt128{1} << 127;

std::uint64_t high(UInt128 value) { return static_cast<std::uint64_t>(value >> 64); }

int bits(UInt128 value) {
  return high(value) != 0 ? 128 - std::countl_zero(high(value))
                          : 64 - std::countl_zero(static_cast<std::uint64_t>(value));
}

struct Quotient {
  UInt128 whole = 0;
  UInt128 rest = 0;
};

// One digit of a quotient, Knuth's estimate and correction: (top * 2^64 + next) / d for top < d, d's first bit set.
UInt128 quotient_digit(UInt128 top, UInt128 next, UInt128 d) {
  UInt128 digit = top / high(d);
  UInt128 rest = top - digit * high(d);
  while (digit >= kDigit || digit * (d & kLow) > ((rest << 64) | next)) {
    --digit;
    rest += high(d);
    if (rest >= kDigit) break;
  }
  return digit;
}

// a * b / d, for b <= d: 256 bits in between.
Quotient product_over(UInt128 a, UInt128 b, UInt128 d) {
  if (bits(a) + bits(b) <= 128) return {a * b / d, a * b % d};
  const UInt128 low = (a & kLow) * (b & kLow);
  const UInt128 one = static_cast<UInt128>(high(a)) * (b & kLow) + high(low);
  const UInt128 other = (a & kLow) * high(b) + (one & kLow);
  UInt128 top = static_cast<UInt128>(high(a)) * high(b) + high(one) + high(other);
  UInt128 bottom = (other << 64) | (low & kLow);
  const int shift = 128 - bits(d);
  d <<= shift;
  if (shift > 0) {
    top = (top << shift) | (bottom >> (128 - shift));
    bottom <<= shift;
  }
  const UInt128 first = quotient_digit(top, high(bottom), d);
  const UInt128 middle = (top << 64) + high(bottom) - first * d;
  const UInt128 second = quotient_digit(middle, bottom & kLow, d);
  const UInt128 rest = (middle << 64) + (bottom & kLow) - second * d;
  return {(first << 64) + second, rest >> shift};
}

Result<UInt128> sum_of(std::span<const Int128> weights) {
  UInt128 sum = 0;
  for (const Int128 weight : weights) {
    if (weight < 0) return fail(ErrorKind::invalid_argument, "split: a weight is below 0");
    sum += static_cast<UInt128>(weight);
    if (sum > kWeightsMax) return fail(ErrorKind::invalid_argument, "split: the weights are too large");
  }
  if (sum == 0) return fail(ErrorKind::invalid_argument, "split: the weights are all 0");
  return sum;
}

struct Loss {
  UInt128 rest = 0;
  std::size_t place = 0;
};

}  // namespace

Status split_amount(Int128 amount, std::span<const Int128> weights, Int128 unit, std::span<Int128> parts) {
  if (weights.size() != parts.size() || unit < 1)
    return fail(ErrorKind::invalid_argument, "split: a part for each weight and a unit above 0 are wanted");
  const UInt128 sum = TRY(sum_of(weights));
  const bool negative = amount < 0;
  const UInt128 size = negative ? UInt128{0} - static_cast<UInt128>(amount) : static_cast<UInt128>(amount);
  const UInt128 units = size / static_cast<UInt128>(unit);
  UInt128 left = units;
  std::vector<Loss> losses;
  losses.reserve(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    parts[i] = 0;
    if (weights[i] == 0) continue;
    const Quotient share = product_over(units, static_cast<UInt128>(weights[i]), sum);
    parts[i] = static_cast<Int128>(share.whole * static_cast<UInt128>(unit));
    left -= share.whole;
    losses.push_back({share.rest, i});
  }
  // left < losses.size(): each share lost less than one unit.
  const auto more = [](const Loss& a, const Loss& b) { return a.rest != b.rest ? a.rest > b.rest : a.place < b.place; };
  const auto next = losses.begin() + static_cast<std::ptrdiff_t>(left);
  std::nth_element(losses.begin(), next, losses.end(), more);
  for (auto it = losses.begin(); it != next; ++it) parts[it->place] += unit;
  parts[next->place] += static_cast<Int128>(size % static_cast<UInt128>(unit));
  if (negative) {
    for (Int128& part : parts) part = -part;
  }
  return {};
}

Status split_step(Int128 before, Int128 amount, std::span<const Int128> weights, Int128 unit, std::span<Int128> parts) {
  Int128 after = 0;
  if (__builtin_add_overflow(before, amount, &after))
    return fail(ErrorKind::invalid_argument, "split: the running sum is too large");
  TRY(split_amount(after, weights, unit, parts));
  if (before == 0) return {};
  std::vector<Int128> earlier(parts.size());
  TRY(split_amount(before, weights, unit, earlier));
  for (std::size_t i = 0; i < parts.size(); ++i) parts[i] -= earlier[i];
  return {};
}

}  // namespace centavo
