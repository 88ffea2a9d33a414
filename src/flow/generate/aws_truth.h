#pragma once
/// \file flow/generate/aws_truth.h
/// The exact sums of generated lines: what a right reader of the bill must find.

#include <array>
#include <cstdint>

#include "base/decimal.h"
#include "base/json.h"
#include "flow/generate/aws_line.h"

namespace centavo::generate {

struct TypeSums {
  std::int64_t rows = 0;
  Int128 unblended = 0, amortized = 0, list = 0;
};

class Truth {
 public:
  void add(const Line& line);
  void add(const Truth& other);
  std::int64_t rows() const;
  /// Decimals as strings, line item types and charge categories that occur.
  OrderedJson json() const;

 private:
  std::array<TypeSums, kLineTypes> types_{};
  std::int64_t split_rows_ = 0;
  Int128 upfront_ = 0;             // fees for commitments, paid once
  Int128 amortized_upfront_ = 0;   // what they add to this period
  Int128 ri_unused_ = 0, plan_unused_ = 0;
  std::array<Int128, 4> billed_{};   // by FOCUS ChargeCategory
};

}  // namespace centavo::generate
