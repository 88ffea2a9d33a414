#pragma once
/// \file lake/delta/commit.h
/// Writing one commit: the actions of a change, put-if-absent, conflicts, lost replies.

#include "lake/delta/conflict.h"
#include "lake/delta/table_state.h"

namespace centavo::delta {

/// A commit that is ready but for its version.
struct Prepared {
  Actions actions;       ///< without commitInfo
  CommitInfo info;
  Footprint footprint;
  bool blind_append = false;
};

/// The actions of `change` against `base`. `invalid_argument` names the file, column or value that does not fit.
Result<Prepared> prepare(const SnapshotState& base, Change change);

/// Writes `prepared` as the first free version above `base` that the conflict rules allow.
Result<CommitResult> write_commit(TableState& table, const SnapshotState& base, const Prepared& prepared);

/// commitInfo as JSON, with `transaction_id` to know the commit again.
Json commit_info_json(const CommitInfo& info, TimeMs now_ms, std::optional<Version> read_version, bool blind_append,
                      std::string_view isolation, const std::string& transaction_id);

/// The remove of a file of `state`.
Remove remove_of(const DataFile& file, TimeMs now_ms, bool data_change);

/// The metaData action with another schema or other properties; everything else as it was.
Metadata changed_metadata(const Metadata& metadata, const std::optional<Schema>& schema,
                          const std::map<std::string, std::string>& properties);

/// Writes a checkpoint of `state` and the hint to it. `unsupported` when the table's properties ask for more than we
/// do.
Status write_checkpoint(const SnapshotState& state);

/// "interval 30 days" in milliseconds; `otherwise` when it is missing or not that.
TimeMs interval_ms(const std::map<std::string, std::string>& properties, const std::string& key, TimeMs otherwise);

constexpr TimeMs kHourMs = 3'600'000;
constexpr TimeMs kDayMs = 24 * kHourMs;

}  // namespace centavo::delta
