#pragma once
/// \file lake/delta/table_state.h
/// What stands behind a Table. Of this module only.

#include "lake/delta/snapshot_state.h"

namespace centavo::delta {

struct TableState {
  Place place;
  std::shared_ptr<const SnapshotState> newest;  ///< the newest version seen so far

  /// "delta gold/costs": put in front of errors.
  std::string words() const { return place.root.empty() ? "delta table" : fmt::format("delta table {}", place.root); }
};

}  // namespace centavo::delta
