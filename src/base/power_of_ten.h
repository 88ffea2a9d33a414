#pragma once
/// \file base/power_of_ten.h
/// 10^exponent, exact, for 0 <= exponent <= 38.

#include "base/decimal.h"

namespace centavo {

constexpr Int128 power_of_ten(int exponent) {
  Int128 out = 1;
  for (; exponent > 0; --exponent) out *= 10;
  return out;
}

}  // namespace centavo
