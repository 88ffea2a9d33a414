#include "base/decimal.h"

#include <algorithm>
#include <array>
#include <utility>

namespace centavo {
namespace {

constexpr int kDigitsMax = 38;

constexpr std::array<Int128, kDigitsMax + 1> powers_of_ten() {
  std::array<Int128, kDigitsMax + 1> out{};
  out[0] = 1;
  for (int i = 1; i <= kDigitsMax; ++i) out[i] = out[i - 1] * 10;
  return out;
}
constexpr auto kPower = powers_of_ten();
constexpr Int128 kLimit = kPower[kDigitsMax];

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// What a number's text says, before a scale is asked of it: digits / 10^scale.
struct Parts {
  bool negative = false;
  Int128 digits = 0;
  int scale = 0;  // may be negative after an exponent
};

DecimalFault read_parts(std::string_view text, Parts& out) {
  const char* at = text.data();
  const char* const end = at + text.size();
  if (at != end && (*at == '-' || *at == '+')) out.negative = *at++ == '-';
  bool any = false;
  bool fraction = false;
  int trailing_zeros = 0;  // held back, so that 1.000…0 fits however long it is
  for (; at != end; ++at) {
    if (*at == '.' && !fraction) {
      fraction = true;
      continue;
    }
    if (!is_digit(*at)) break;
    any = true;
    if (fraction) ++out.scale;
    if (*at == '0' && (fraction || out.digits == 0)) {
      if (out.digits != 0 || fraction) ++trailing_zeros;
      continue;
    }
    const int shift = trailing_zeros + 1;
    if (out.digits != 0 && (shift > kDigitsMax || out.digits >= kPower[kDigitsMax - shift]))
      return DecimalFault::too_large;
    out.digits = (out.digits == 0 ? 0 : out.digits * kPower[shift]) + (*at - '0');
    trailing_zeros = 0;
  }
  if (!any) return DecimalFault::not_a_number;
  out.scale -= trailing_zeros;
  if (at == end) return DecimalFault::none;
  if (*at != 'e' && *at != 'E') return DecimalFault::not_a_number;
  ++at;
  bool exponent_negative = false;
  if (at != end && (*at == '-' || *at == '+')) exponent_negative = *at++ == '-';
  if (at == end) return DecimalFault::not_a_number;
  int exponent = 0;
  for (; at != end; ++at) {
    if (!is_digit(*at)) return DecimalFault::not_a_number;
    exponent = std::min(exponent * 10 + (*at - '0'), 100000);
  }
  out.scale += exponent_negative ? exponent : -exponent;
  return DecimalFault::none;
}

// Brings digits to exactly `scale` places.
DecimalFault rescale(const Parts& parts, int scale, Int128& value) {
  Int128 digits = parts.digits;
  if (digits == 0) {
    value = 0;
    return DecimalFault::none;
  }
  int from = parts.scale;
  for (; from > scale; --from) {
    if (digits % 10 != 0) return DecimalFault::too_many_digits;
    digits /= 10;
  }
  const int up = scale - from;
  if (up > kDigitsMax || digits >= kPower[kDigitsMax - up]) return DecimalFault::too_large;
  digits *= kPower[up];
  value = parts.negative ? -digits : digits;
  return DecimalFault::none;
}

// The common money of a bill in one pass over 64-bit halves: up to 38 digits with a point and an exponent, nothing to
// cut. Returns false when it is anything else; read_parts and rescale then say what.
bool parse_plain(std::string_view text, int scale, Int128& value) {
  constexpr int kHalf = 19;  // digits that fit into 64 bits
  const char* at = text.data();
  const char* const end = at + text.size();
  const bool negative = at != end && *at == '-';
  if (negative) ++at;
  std::uint64_t head = 0;
  std::uint64_t tail = 0;
  int count = 0;
  int point = -1;
  for (; at != end; ++at) {
    const auto digit = static_cast<unsigned>(*at - '0');
    if (digit > 9) {
      if (*at != '.' || point >= 0) break;
      point = count;
      continue;
    }
    if (count == kHalf) head = std::exchange(tail, 0);
    if (count == kDigitsMax) return false;
    tail = tail * 10 + digit;
    ++count;
  }
  int up = scale - (point < 0 ? 0 : count - point);
  if (at != end) {
    if (*at != 'e' && *at != 'E') return false;
    ++at;
    const bool down = at != end && *at == '-';
    if (down) ++at;
    if (end - at < 1 || end - at > 3) return false;
    int exponent = 0;
    for (; at != end; ++at) {
      if (!is_digit(*at)) return false;
      exponent = exponent * 10 + (*at - '0');
    }
    up += down ? -exponent : exponent;
  }
  if (count == 0 || up < 0 || count + up > kDigitsMax) return false;
  Int128 wide = tail;
  if (count > kHalf) wide += head * kPower[count - kHalf];
  wide *= kPower[up];
  value = negative ? -wide : wide;
  return true;
}

}  // namespace

std::string Decimal::text() const {
  const bool negative = value < 0;
  UInt128 rest = negative ? -static_cast<UInt128>(value) : static_cast<UInt128>(value);
  char buffer[48];
  char* const end = buffer + sizeof buffer;
  char* at = end;
  int place = 0;
  do {
    if (scale > 0 && place == scale) *--at = '.';
    *--at = static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
    ++place;
  } while (rest != 0 || place <= scale);
  if (negative) *--at = '-';
  return {at, end};
}

std::string Decimal::shortest() const {
  std::string out = text();
  if (scale == 0) return out;
  out.erase(out.find_last_not_of('0') + 1);
  if (out.back() == '.') out.pop_back();
  return out == "-0" ? "0" : out;
}

DecimalFault parse_decimal(std::string_view text, int scale, Int128& value) {
  if (parse_plain(text, scale, value)) return DecimalFault::none;
  Parts parts;
  if (const auto fault = read_parts(text, parts); fault != DecimalFault::none) return fault;
  return rescale(parts, scale, value);
}

Result<Decimal> parse_decimal(std::string_view text) {
  Parts parts;
  auto fault = read_parts(text, parts);
  Decimal out;
  out.scale = std::max(parts.scale, 0);
  if (fault == DecimalFault::none && out.scale > kDigitsMax) fault = DecimalFault::too_many_digits;
  if (fault == DecimalFault::none) fault = rescale(parts, out.scale, out.value);
  if (fault == DecimalFault::none) return out;
  return fail(ErrorKind::invalid_argument, "\"{}\" is not a decimal of up to 38 digits", text);
}

namespace {

Result<Decimal> combine(const Decimal& a, const Decimal& b, int sign) {
  const int scale = std::max(a.scale, b.scale);
  const auto raised = [&](const Decimal& d, Int128& out) {
    return !__builtin_mul_overflow(d.value, kPower[scale - d.scale], &out);
  };
  Int128 left = 0;
  Int128 right = 0;
  Int128 sum = 0;
  if (!raised(a, left) || !raised(b, right) || __builtin_add_overflow(left, sign * right, &sum) || sum >= kLimit ||
      sum <= -kLimit) {
    return fail(ErrorKind::invalid_argument, "{} and {} do not add up within 38 digits", a.text(), b.text());
  }
  return Decimal{sum, scale};
}

}  // namespace

Result<Decimal> add(const Decimal& a, const Decimal& b) { return combine(a, b, 1); }
Result<Decimal> subtract(const Decimal& a, const Decimal& b) { return combine(a, b, -1); }

bool equal(const Decimal& a, const Decimal& b) {
  const auto difference = subtract(a, b);
  return difference && difference->is_zero();
}

}  // namespace centavo
