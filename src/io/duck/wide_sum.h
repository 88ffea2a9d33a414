#pragma once
/// \file io/duck/wide_sum.h
/// Sums of decimals that may be more than their own type holds, such as the seconds of bytes.

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace centavo::duck {

/// Two aggregates of `value`, an SQL expression of a decimal: whole units, and what is beside them. Together they are
/// its sum.
struct WideSum {
  std::string whole, part;
};
inline WideSum wide_sum(std::string_view value) {
  return {fmt::format("sum(cast({} as decimal(38,0)))", value),
          fmt::format("sum({0} - cast({0} as decimal(38,0)))", value)};
}

}  // namespace centavo::duck
