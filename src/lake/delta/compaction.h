#pragma once
/// \file lake/delta/compaction.h
/// Which small files become one.

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "lake/delta/table.h"

namespace centavo::delta {

/// Groups the small files of one partition, so that compaction rewrites each group as one file.
///
/// `files` come in any order. Returns groups of two or more indexes into `files`, each group at most `target_bytes` in
/// total. A file of `target_bytes` or more is in no group. First fit, largest first: O(n log n + n g).
/// `invalid_argument` when `target_bytes` is not positive.
Result<std::vector<std::vector<std::size_t>>> plan_compaction(std::span<const DataFile> files,
                                                              std::int64_t target_bytes);

}  // namespace centavo::delta
