#include "base/product.h"

#include "base/power_of_ten.h"

namespace centavo {
namespace {

// value / 10^digits, rounded.
template <int digits>
Int128 cut(Int128 value) {
  constexpr Int128 kUnit = power_of_ten(digits);
  return (value < 0 ? value - kUnit / 2 : value + kUnit / 2) / kUnit;
}

template <int digits>
bool is_below(Int128 value) {
  constexpr Int128 kLimit = power_of_ten(digits);
  return value < kLimit && value > -kLimit;
}

}  // namespace

std::optional<Int128> product_of_amounts(Int128 a, Int128 b) {
  if (!is_below<30>(a) || !is_below<30>(b)) return std::nullopt;
  const Int128 product = cut<12>(a) * cut<12>(b);
  if (!is_below<35>(product)) return std::nullopt;
  return product * 1000;
}

std::optional<Int128> cost_of_quantity(Int128 quantity, Int128 price) {
  if (!is_below<29>(quantity) || !is_below<26>(price)) return std::nullopt;
  return cut<3>(cut<3>(quantity) * cut<15>(price));
}

}  // namespace centavo
