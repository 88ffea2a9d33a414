#pragma once
/// \file base/currency.h
/// What ISO 4217 says of a currency, and how far FOCUS lets a bill and its invoice differ.

#include <string_view>

#include "base/decimal.h"

namespace centavo {

/// Digits behind the point of the smallest coin: 2 for USD and BRL, 0 for JPY, 3 for KWD; 2 for what is not in the
/// list. Source: ISO 4217, list one, "minor unit".
int subunit_digits(std::string_view currency);

/// The most that a sum of `rows` rows may differ from the invoice: max(100, sqrt(rows) / 2) subunits, cut after the
/// sixth digit of a subunit. Source: FOCUS 1.4, appendix "Rounding Variance Tolerance".
Decimal rounding_variance(std::string_view currency, std::int64_t rows);

/// How many whole subunits `amount` is, rounded to the nearest (halves away from 0): 0 says that rounding explains it.
/// `invalid_argument` when it is out of range.
Result<std::int64_t> in_subunits(const Decimal& amount, std::string_view currency);

/// -1, 0 or 1 as |a| is less than, equal to or more than |b|.
int compare_sizes(const Decimal& a, const Decimal& b);

}  // namespace centavo
