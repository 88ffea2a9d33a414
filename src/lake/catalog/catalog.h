#pragma once
/// \file lake/catalog/catalog.h
/// What happened in a lake: runs, tasks, checks, proofs, table states, releases. SQLite in LAKE/catalog.sqlite.
/// The Delta logs, the landings and the release files are the truth; the catalog can be rebuilt from them.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "io/store/store.h"

namespace centavo {

/// What one (table, period) of a tenant holds, as last committed.
struct TableState {
  std::string table;        ///< "silver.aws_cost_and_usage"
  std::string period;       ///< "" for a table without periods
  std::string fingerprint;  ///< digest of everything that decides its rows
  std::int64_t version = 0; ///< Delta version of that commit
  std::int64_t rows = 0;
  std::string run;
  TimeMs committed_ms = 0;
};

struct RunRecord {
  std::string id;
  std::string tenant;
  std::string state;        ///< running, done, failed, cancelled
  TimeMs started_ms = 0;
  TimeMs ended_ms = 0;      ///< 0 while it runs
  std::string user;
  std::string version;      ///< of the program
  Json summary = Json::object();   ///< tasks by state, rows, bytes, error
};

struct TaskRecord {
  std::string run, table, period, state, reason, error;   ///< state: done, failed, skipped, cancelled
  TimeMs started_ms = 0, ended_ms = 0;
  std::int64_t rows_in = 0, rows_out = 0, rows_quarantined = 0, bytes_out = 0, version = -1;
};

struct CheckRecord {
  std::string run, table, period, check, kind, severity, state;   ///< state: passed, failed, warned, quarantined
  std::int64_t bad_rows = 0;
  std::string sample;       ///< JSON array of a few bad rows; never columns classified personal or secret
};

/// Results of one run's checks, counted.
struct CheckCounts {
  std::string run;
  TimeMs started_ms = 0;
  std::int64_t passed = 0, failed = 0, warned = 0;
  std::int64_t quarantined_rows = 0;
};

/// An exact sum or count of one table for one period and currency.
struct ProofRecord {
  std::string tenant, table, period, currency, measure,
      category;   ///< measure "rows" has no currency; category "" is the total
  std::string amount;       ///< decimal text
  std::string run;
  std::int64_t version = 0;
};

struct Release {
  std::int64_t number = 0;  ///< from 1, per tenant
  std::string run;
  TimeMs published_ms = 0;
  std::string reason;       ///< "run", "rollback to 3", "restore gold.x"
  std::map<std::string, std::int64_t> versions;   ///< table -> Delta version
  Json certificate = Json::object();              ///< proof at that time: totals, differences, holds or not
  /// Behind a rollback: the newest version that each table had then. What is not newer than that stays hidden.
  std::map<std::string, std::int64_t> withheld = {};

  bool is_proven() const { return certificate.is_object() && certificate.contains("differences"); }
};

/// Releases are files, one a release, written with put-if-absent: the newest is what readers see.
Result<Release> publish(Store& store, std::string_view tenant, Release release);
Result<std::vector<Release>> releases(Store& store, std::string_view tenant);
/// `not_found` when nothing was ever published. `number` 0: the newest.
Result<Release> release(Store& store, std::string_view tenant, std::int64_t number = 0);
Json to_json(const Release& release);

/// Thread-safe.
class Catalog {
 public:
  /// Opens or makes LAKE/catalog.sqlite. `unsupported` when a newer program made it; `busy` when another process writes
  /// for longer than SqlDb::kBusyTimeoutMs, here and in every call.
  static Result<std::unique_ptr<Catalog>> open(const std::string& lake_dir);
  virtual ~Catalog() = default;

  virtual Status start_run(const RunRecord& run) = 0;
  virtual Status end_run(const RunRecord& run) = 0;
  virtual Result<std::vector<RunRecord>> runs(std::string_view tenant, int limit) = 0;  ///< newest first
  virtual Status record(const TaskRecord& task) = 0;  ///< again for the same (run, table, period): replaces it
  virtual Result<std::vector<TaskRecord>> tasks(std::string_view run) = 0;
  virtual Status record(const std::vector<CheckRecord>& checks) = 0;
  virtual Result<std::vector<CheckRecord>> checks(std::string_view tenant,
                                                  std::string_view run) = 0;  ///< "" : the newest run that has any
  /// The newest result of each check of each (table, period), in order of table, period and check.
  virtual Result<std::vector<CheckRecord>> newest_checks(std::string_view tenant) = 0;
  /// How many results of each state the newest `limit` runs that checked anything had; newest run first.
  virtual Result<std::vector<CheckCounts>> check_counts(std::string_view tenant, int limit) = 0;

  virtual Status save_state(std::string_view tenant, const TableState& state) = 0;
  virtual Status drop_states(std::string_view tenant, std::string_view table) = 0;
  virtual Result<std::vector<TableState>> states(std::string_view tenant) = 0;

  /// Replaces the proofs of (tenant, table, period).
  virtual Status save_proofs(std::string_view tenant, std::string_view table, std::string_view period,
                             const std::vector<ProofRecord>& proofs) = 0;
  virtual Result<std::vector<ProofRecord>> proofs(std::string_view tenant) = 0;

  /// Small named values per tenant: cursors, counters.
  virtual Result<std::optional<std::string>> value(std::string_view tenant, std::string_view name) = 0;
  virtual Status set_value(std::string_view tenant, std::string_view name, std::string_view value) = 0;
  /// Adds one and returns it: the run number of application transactions.
  virtual Result<std::int64_t> next_number(std::string_view tenant, std::string_view name) = 0;

  /// Drops all that is known of a removed tenant, so that a new one of the same name starts empty.
  virtual Status forget_tenant(std::string_view tenant) = 0;
};

}  // namespace centavo
