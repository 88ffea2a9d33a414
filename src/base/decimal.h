#pragma once
/// \file base/decimal.h
/// An exact decimal of up to 38 digits: the only way C++ code of ours holds money.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace centavo {

__extension__ using Int128 = __int128;
__extension__ using UInt128 = unsigned __int128;

/// value / 10^scale, |value| < 10^38, 0 <= scale <= 38.
struct Decimal {
  Int128 value = 0;
  int scale = 0;

  /// Exact text, all `scale` digits kept: "-0.0100" for {-100, 4}.
  std::string text() const;
  /// The same without trailing zeros: "-0.01".
  std::string shortest() const;
  bool is_zero() const { return value == 0; }
};

/// How a text failed to be a decimal of the wanted scale.
enum class DecimalFault { none, not_a_number, too_many_digits, too_large };

/// Parses a plain or E-notation number ("-1.2E-7", "+3", ".5") into value / 10^scale, exactly.
/// Leading and trailing blanks are not allowed. `too_many_digits` when a non-zero digit lies beyond `scale`;
/// nothing is ever rounded. `too_large` when it needs more than 38 digits.
DecimalFault parse_decimal(std::string_view text, int scale, Int128& value);

/// The same with the scale the text itself has. `invalid_argument` names the text and the fault.
Result<Decimal> parse_decimal(std::string_view text);

/// Sum and difference at the larger scale. `invalid_argument` on overflow of 38 digits.
Result<Decimal> add(const Decimal& a, const Decimal& b);
Result<Decimal> subtract(const Decimal& a, const Decimal& b);
bool equal(const Decimal& a, const Decimal& b);

}  // namespace centavo
