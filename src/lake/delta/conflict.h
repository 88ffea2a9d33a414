#pragma once
/// \file lake/delta/conflict.h
/// May a change still be committed above a commit that it did not see?
/// Source: delta-io/delta PROTOCOL.md, "Writer Requirements"; the rules of Delta's ConflictChecker.

#include <set>
#include <vector>

#include "lake/delta/actions.h"

namespace centavo::delta {

/// What a change read and what it does, as far as other commits matter to it.
struct Footprint {
  bool reads_all = false;
  std::vector<PartitionValues> reads;   ///< files equal to one of these in the columns it names
  std::set<std::string> removes;        ///< file_key of each file it removes
  std::optional<AppTransaction> transaction;
  bool data_change = true;
  bool write_serializable = false;      ///< delta.isolationLevel; else Serializable
};

/// nullopt when both may stand; else why not: "it changed the table's schema or properties".
std::optional<std::string> conflict_with(const Footprint& ours, const Actions& winner);

}  // namespace centavo::delta
