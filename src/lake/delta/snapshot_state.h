#pragma once
/// \file lake/delta/snapshot_state.h
/// What stands behind a Snapshot: the actions that hold at one version, after replay. Of this module only.

#include <map>
#include <memory>
#include <string>

#include "lake/delta/actions.h"
#include "lake/delta/features.h"
#include "lake/delta/log_segment.h"

namespace centavo::delta {

/// Where a table is, and what reads it.
struct Place {
  Store* store = nullptr;
  duck::Database* engine = nullptr;
  const Clock* clock = nullptr;
  std::string root;

  /// "gold/costs/part-1.parquet" for "part-1.parquet".
  std::string key(std::string_view relative) const;
};

struct SnapshotState {
  Place place;
  Version version = -1;
  TimeMs time_ms = 0;
  Version checkpoint_version = 0;   ///< the newest checkpoint seen; 0 without one
  std::optional<Protocol> protocol;
  std::optional<Metadata> metadata;
  Schema schema;  ///< of `metadata`
  ColumnMapping mapping = ColumnMapping::none;
  std::map<std::string, std::shared_ptr<const DataFile>> files;      ///< by file_key
  std::map<std::string, std::shared_ptr<const Remove>> tombstones;   ///< by file_key
  std::map<std::string, Transaction> transactions;                   ///< by application
  std::map<std::string, Json> domains;                               ///< live domain metadata, by domain

  /// Takes over one commit (or a part of a checkpoint). Does not check the result: see `settle`.
  void apply(Actions actions);
  /// Parses the schema and checks that we can read the table.
  Status settle();
  /// A file as callers see it: partition values under the table's own column names.
  DataFile file_for_callers(const DataFile& file) const;
};

/// The state at `wanted`, or the newest. `not_found` when there is no table or not that version; `corrupt_data`.
/// Reads the newest complete checkpoint that can be read and the commits after it.
Result<std::shared_ptr<SnapshotState>> load_state(const Place& place, std::optional<Version> wanted);

/// `known` brought up to the newest version; `known` itself when nothing is new.
Result<std::shared_ptr<const SnapshotState>> refresh_state(std::shared_ptr<const SnapshotState> known);

/// Actions of one commit. `not_found` when it does not exist.
Result<Actions> read_commit(const Place& place, Version version);

/// commitInfo's own time when the table has in-commit timestamps, else `file_ms`.
TimeMs commit_time(const SnapshotState& state, const Json& commit_info, TimeMs file_ms);

}  // namespace centavo::delta
