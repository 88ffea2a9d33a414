#pragma once
/// \file base/product.h
/// Products of amounts at 21 digits behind the point, at that scale again. The factors are rounded to the digits that
/// count, the product is exact and rounded once; always half away from zero.

#include <optional>

#include "base/decimal.h"

namespace centavo {

/// Of two amounts below 10^9, of which 9 digits behind the point count. None when one is larger, or the product has no
/// place in 38 digits.
std::optional<Int128> product_of_amounts(Int128 a, Int128 b);

/// Of a quantity below 10^8 (18 digits behind the point count) and a price below 10^5 (6 digits). None when one is
/// larger.
std::optional<Int128> cost_of_quantity(Int128 quantity, Int128 price);

}  // namespace centavo
