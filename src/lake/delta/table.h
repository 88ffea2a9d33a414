#pragma once
/// \file lake/delta/table.h
/// A Delta Lake table by our own log. Source: delta-io/delta PROTOCOL.md; choices and traps: docs/formats/delta.md.
/// Writes protocol (1,2) without table features. Reads what readers 1 to 3 may meet, or refuses by the feature's name.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "io/duck/duck.h"
#include "io/store/store.h"
#include "lake/delta/schema.h"

namespace centavo::delta {

using Version = std::int64_t;

/// Value of each partition column; nullopt is null. Text as PROTOCOL.md "Partition Value Serialization" says.
using PartitionValues = std::map<std::string, std::optional<std::string>>;

/// A data file of the table: an `add` action.
struct DataFile {
  std::string path;  ///< as in the log: percent-encoded, relative to the table or absolute
  PartitionValues partition_values;
  std::int64_t size_bytes = 0;
  TimeMs modified_ms = 0;
  std::string stats_json;               ///< numRecords, minValues, maxValues, nullCount; "" when unknown
  Json deletion_vector;                 ///< null when none
  std::map<std::string, std::string> tags;
  std::int64_t rows() const;            ///< numRecords, or -1 when unknown
};

/// A file the engine wrote, with what COPY … RETURN_STATS said of it. Becomes an `add`.
struct NewFile {
  std::string path;  ///< relative to the table's root, not yet percent-encoded
  PartitionValues partition_values;
  std::int64_t size_bytes = 0;
  std::string stats_json;  ///< made by stats_of_copy (stats.h)
};

/// Set once per table or commit by who does the work; shown by `history`.
struct CommitInfo {
  std::string operation;  ///< "WRITE", "CREATE TABLE", "OPTIMIZE", "RESTORE", "ADD COLUMNS", …
  std::map<std::string, std::string> parameters;
  std::map<std::string, std::string> metrics;
  std::string user_metadata;  ///< ours: JSON {run, period, fingerprint, …}
  std::string user;
};

/// An application transaction: a commit whose (app, version) the table has already seen is a no-op.
struct AppTransaction {
  std::string app;
  std::int64_t version = 0;
};

struct SnapshotState;  ///< snapshot_state.h; of this module only
struct TableState;

/// What one table looks like at one version. Immutable and cheap to copy.
class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<const SnapshotState> state);

  Version version() const;
  TimeMs time_ms() const;
  const Schema& schema() const;
  const std::vector<std::string>& partition_columns() const;
  const std::map<std::string, std::string>& properties() const;
  const std::string& table_id() const;

  /// Live files, in order of path. Bounded by the number of files, not rows.
  Result<std::vector<DataFile>> files() const;
  /// Live files whose partition values equal `values` in the columns it names.
  Result<std::vector<DataFile>> files_in(const PartitionValues& values) const;
  /// Live files that may hold rows for which `predicate` is true (SQL over the table's columns: comparisons with
  /// constants, BETWEEN, IN, IS [NOT] NULL, AND, OR), by partition values and statistics. Never leaves out a file
  /// that could match; what it does not understand keeps the file.
  Result<std::vector<DataFile>> files_for(std::string_view predicate) const;

  /// SQL that reads `files` of this snapshot in DuckDB with the table's column names and types (partition columns,
  /// columns a file lacks as NULL, column mapping, deletion vectors, widened types). A table expression: "(select …)".
  Result<std::string> select_sql(const std::vector<DataFile>& files) const;
  /// The same over all files.
  Result<std::string> select_sql() const;

  /// Highest version committed for `app`, or nullopt.
  std::optional<std::int64_t> app_version(const std::string& app) const;

  std::int64_t total_rows() const;  ///< -1 when a file has no statistics
  std::int64_t total_bytes() const;

  const SnapshotState& state() const { return *state_; }

 private:
  std::shared_ptr<const SnapshotState> state_;
};

struct HistoryEntry {
  Version version = 0;
  TimeMs time_ms = 0;
  std::string operation;
  std::map<std::string, std::string> parameters;
  std::map<std::string, std::string> metrics;
  std::string engine;
  std::string user_metadata;
  std::string user;
};

/// What a commit changes. Build one with the functions below, or by hand.
struct Change {
  CommitInfo info;
  std::optional<AppTransaction> transaction;
  std::vector<NewFile> add;
  std::vector<DataFile> remove;
  std::optional<Schema> schema;  ///< the new schema, when it changes
  std::map<std::string, std::string> set_properties;
  bool data_change = true;  ///< false: same rows in other files (compaction)
  /// What the change read: with `reads_all` every file; else the files equal to one of `reads` in the columns it names.
  bool reads_all = false;
  std::vector<PartitionValues> reads;
  bool blind_append() const { return remove.empty() && !reads_all && reads.empty() && !schema; }
};

struct CommitResult {
  Version version = 0;
  bool already_done = false;  ///< the application transaction was there before: nothing was written
};

struct VacuumOptions {
  std::int64_t retention_hours = 168;
  bool dry_run = true;
  bool force = false;  ///< allows less than 168 hours
  std::set<Version> keep_versions;  ///< versions that a release points to
};

struct VacuumResult {
  std::vector<std::string> files;  ///< deleted, or would be
  std::int64_t bytes = 0;
};

/// A table at a place in a store. Does not own the store or the engine, which must outlive it.
/// Not thread-safe; open one per thread. Any number of processes may commit to one table.
class Table {
 public:
  /// `root` is the key of the table's folder. `not_found` when there is no table; `unsupported` names the feature.
  static Result<Table> open(Store& store, duck::Database& engine, std::string root,
                            const Clock& clock = Clock::system());

  /// Creates version 0. `already_exists` when there is a table. Partition columns must be of type string, date,
  /// integer or boolean.
  static Result<Table> create(Store& store, duck::Database& engine, std::string root, const Schema& schema,
                              std::vector<std::string> partition_columns, CommitInfo info,
                              std::map<std::string, std::string> properties = {}, const Clock& clock = Clock::system());

  const std::string& root() const;

  Result<Snapshot> snapshot();  ///< the newest version; reads only commits not seen before
  Result<Snapshot> snapshot_at(Version version);  ///< `not_found` when it does not exist or was cleaned up
  Result<Snapshot> snapshot_as_of(TimeMs time_ms);  ///< the newest version not after that time

  /// Commits `change` made against `base`. When other writers were faster, tries again above them as long as the
  /// protocol's conflict rules allow; else `conflict`. Does not write checkpoints: see checkpoint_if_due.
  Result<CommitResult> commit(const Snapshot& base, Change change);

  /// Replaces the rows whose partition values equal `values` by `files` (which must all have those values).
  Result<CommitResult> replace(const Snapshot& base, const PartitionValues& values, std::vector<NewFile> files,
                               CommitInfo info, std::optional<AppTransaction> transaction = {});
  Result<CommitResult> append(const Snapshot& base, std::vector<NewFile> files, CommitInfo info,
                              std::optional<AppTransaction> transaction = {});

  /// Adds missing columns (nullable, at the end) and widens (byte<short<integer<long, float<double, decimal with the
  /// same scale and more digits) what `wanted` asks for. No commit when nothing changes.
  /// `invalid_argument` names the column and both types when a change is not a widening.
  /// A widening rewrites the table's files, because we do not write the typeWidening feature.
  Result<Snapshot> evolve(const Snapshot& base, const Schema& wanted, CommitInfo info);

  Result<std::vector<HistoryEntry>> history(int limit = 0);

  /// Rewrites small files of each partition into files of about `target_bytes`; checks count and an order-free hash.
  Result<CommitResult> optimize(std::int64_t target_bytes, CommitInfo info);
  /// Makes the rows of an earlier version the newest. `not_found` when one of its files is gone.
  Result<CommitResult> restore(Version version, CommitInfo info);
  Result<VacuumResult> vacuum(const VacuumOptions& options);
  /// Removes commits older than the retention that a checkpoint covers. Off unless called.
  Result<int> clean_up_log(TimeMs older_than_ms);
  Status checkpoint();
  /// Writes a checkpoint when the newest is 10 commits back (or `delta.checkpointInterval`). Apart from `commit`, so
  /// that nobody waits for it: call it when the commit has been told. A writer that dies before leaves it to the next.
  Status checkpoint_if_due();

 private:
  explicit Table(std::shared_ptr<TableState> state);
  std::shared_ptr<TableState> state_;
};

/// Physical folder of a partition, relative to the table: "billing_period=2026-09-01" (escaped as Spark does), ""
/// without columns.
std::string partition_folder(const std::vector<std::string>& columns, const PartitionValues& values);

}  // namespace centavo::delta
