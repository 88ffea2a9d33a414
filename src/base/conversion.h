#pragma once
/// \file base/conversion.h
/// Money in another currency: exact products, rounded once, half away from zero.

#include <optional>

#include "base/decimal.h"

namespace centavo {

constexpr int kRateScale = 12;    ///< digits of a rate behind the point: DECIMAL(20,12)
constexpr int kRateDigits = 20;

/// amount x rate / 10^kRateScale: an amount at any scale keeps it. The product is taken in 256 bits and rounded once.
/// None when the result needs more than 38 digits.
std::optional<Int128> convert_amount(Int128 amount, Int128 rate);

/// numerator / denominator of two rates as a rate, rounded once; both below 10^kRateDigits. None when the denominator
/// is zero or the result needs more than kRateDigits digits.
std::optional<Int128> divide_rates(Int128 numerator, Int128 denominator);

}  // namespace centavo
