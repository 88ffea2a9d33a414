#pragma once
/// \file lake/delta/skipping.h
/// Leaves out files that cannot hold a row for which a predicate is true.

#include <string_view>
#include <vector>

#include "io/duck/duck.h"
#include "lake/delta/snapshot_state.h"

namespace centavo::delta {

/// Never leaves out a file that could match: what is not understood keeps every file.
/// `invalid_argument` when `predicate` is not SQL.
Result<std::vector<DataFile>> skip_files(duck::Connection& connection, const SnapshotState& state,
                                         std::vector<DataFile> files, std::string_view predicate);

/// Smallest and largest decimal (as text) that a writer which passed the bound through a double may have meant.
/// Widens by one unit in the 15th digit of the value at the column's `scale`. nullopt when it is not a decimal.
struct DecimalBounds {
  std::string low;
  std::string high;
};
std::optional<DecimalBounds> widen_decimal(std::string_view bound, int scale);

}  // namespace centavo::delta
