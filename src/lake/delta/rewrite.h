#pragma once
/// \file lake/delta/rewrite.h
/// Data files written again with the same rows: for compaction and for wider types.

#include "lake/delta/snapshot_state.h"

namespace centavo::delta {

/// Writes the rows of `files`, which are of one partition, as one new file with the columns and types of `state`.
/// Reads the new file back: `corrupt_data` when its count or order-free hash differs from that of the old ones.
/// The hash is taken in the types of `state`. The file is not settled and in no commit yet.
Result<NewFile> rewrite_files(const SnapshotState& state, const std::vector<DataFile>& files);

/// Best effort: files that no commit will name.
void drop_files(const Place& place, const std::vector<NewFile>& files);

}  // namespace centavo::delta
