#pragma once
/// \file flow/pipeline/pipeline.h
/// From landings to a release: plan (a pure value), run it, prove it.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/period.h"
#include "base/result.h"
#include "flow/connect/landing.h"
#include "io/duck/duck.h"
#include "lake/access/access.h"
#include "lake/catalog/catalog.h"
#include "lake/catalog/certificate.h"
#include "lake/pack/library.h"
#include "lake/tenant/tenant.h"

namespace centavo {

/// When a landing's rows came in: what bronze rows carry of their run.
struct Stamp {
  std::string run;
  TimeMs started_ms = 0;
};

/// What a run that repeats an earlier one needs (repeat.h): it lands, proves and publishes nothing, and checks that
/// fail stop nothing, because they held, or were looked at, the first time.
struct Repetition {
  Lake* origin = nullptr;   ///< whose raw bytes and key of masks are read; not owned
  std::vector<Landing> landings;
  std::map<std::pair<std::string, std::int64_t>, Stamp> stamps;   ///< by source and number of the landing
  /// Only these (table, period) are made, and only when they come out with this fingerprint; absent: all.
  std::optional<std::map<std::pair<std::string, std::string>, std::string>> wanted;
};

struct RunOptions {
  std::optional<PeriodRange> periods;
  std::vector<std::string> select;       ///< tables, with what they need; empty: all
  std::string user;
  bool land = true;                      ///< false: only what has landed already
  bool full = false;                     ///< make every selected table again, even when nothing changed
  const Repetition* repetition = nullptr;   ///< not owned; null: an ordinary run
  std::set<std::string> restate;         ///< closed periods whose pending corrections are applied now
};

/// One unit of work: make one table for one period.
struct Task {
  pack::TableName table;
  std::string period;                    ///< "" for a table without periods
  std::string fingerprint;               ///< digest of everything that decides its rows
  std::string reason;  ///< why it runs: "new: never made", "landing 3 changed 2026-09", "model changed", …
  std::vector<std::size_t> after;  ///< indexes of tasks that must be done first
};

struct Plan {
  std::string tenant;
  std::vector<Task> tasks;  ///< in an order that respects `after`
  std::int64_t up_to_date = 0;  ///< (table, period) pairs that need nothing
  std::vector<Task> withheld;   ///< what would run if their periods were open: pending corrections
};

struct TaskOutcome {
  std::size_t task = 0;
  std::string state;  ///< done, failed, skipped, cancelled
  std::int64_t rows_in = 0, rows_out = 0, rows_quarantined = 0, bytes_out = 0;
  std::int64_t version = -1;
  double seconds = 0;
  std::vector<CheckRecord> checks;
  std::optional<Error> error;
};

struct RunReport {
  std::string run;
  std::string tenant;
  std::vector<LandReport> landings;
  Plan plan;
  std::vector<TaskOutcome> outcomes;
  std::optional<Release> release;  ///< when one was published
  std::vector<Certificate> restated;  ///< of closed periods whose corrections it applied
  double seconds = 0;
  std::optional<Error> error;  ///< the first one; the report is still whole
};

/// What a run tells while it works; called from several threads, one at a time.
struct RunEvent {
  enum class Kind { landing, planned, task_started, task_progress, task_ended, proving, released } kind;
  std::string text;
  std::size_t done = 0, total = 0;  ///< tasks
  std::optional<double> fraction;  ///< of the running task
  const TaskOutcome* outcome = nullptr;
};
using OnEvent = std::function<void(const RunEvent&)>;

/// Everything a run needs, opened once per command. Does not own; all must outlive it.
struct Workshop {
  Lake& lake;
  Catalog& catalog;
  const pack::Library& library;
  duck::Database& engine;
  const Clock& clock = Clock::system();
};

/// Where a process spills for a lake: a folder of its own, which `doctor` knows to be left when the process is gone.
std::string spill_folder(const std::string& lake_dir);
/// The engine as the lake's configuration says.
Result<duck::Database> open_engine(const Lake& lake);

/// What would run, and why. Lands nothing and writes nothing.
Result<Plan> plan(Workshop& workshop, const Tenant& tenant, const RunOptions& options);

/// Lands, plans and runs: each task stage, check, commit, record; then proves and publishes one release.
/// `busy` when another run of this tenant is at work. Does nothing when nothing changed.
Result<RunReport> run(Workshop& workshop, const Tenant& tenant, const RunOptions& options, const OnEvent& on_event,
                      const Cancel* cancel);

/// The proof of a tenant's newest release: per period and currency, files = bronze = silver = each gold table.
struct Reconciliation {
  struct Line {
    std::string period, currency, measure,
        category;  ///< measure "rows": file rows against bronze; category "": the total
    std::string from, to;  ///< tables, or "files"
    std::string from_amount, to_amount, difference;  ///< exact decimals
    bool holds = false;
    std::string note;  ///< why it is not comparable, or what is missing
  };
  std::string tenant;
  std::int64_t release = 0;
  std::vector<Line> lines;
  bool holds = true;
};
Result<Reconciliation> reconcile(Workshop& workshop, const Tenant& tenant, const std::optional<PeriodRange>& periods);

/// Raw files and rows that sum to a measure. `question`: "BilledCost where ServiceName = '…' and …", or of a gold
/// table: "gold.cost_by_month.BilledCost where …", whose cells are followed to the charges that they add up.
struct Explanation {
  struct Line {
    std::string file, raw_key;
    std::int64_t row = 0;
    std::string amount;
    std::string raw_text;  ///< the raw record, personal columns left out
  };
  std::string measure, where, table;
  std::string total;  ///< from the table
  std::string total_of_lines;  ///< added up again from the lines
  std::int64_t rows = 0;
  std::int64_t cells = 0;  ///< rows of a gold table that were asked for; 0 when the table's own rows are the lines
  /// How a part that a rule gave came about (gold.allocated_cost).
  struct Split {
    std::string period, currency, rule, cost_centre, origin;
    std::string whole, weight, weights;  ///< what was split, the payer's weight, and the sum of all weights
    std::string share;  ///< whole * weight / weights to 21 digits
    std::string part, rounding;  ///< what was given, and what that is more than the share
  };
  std::vector<Split> splits;  ///< up to the limit asked for
  /// Rows of another table that went into the cells, such as the rates that they were converted by.
  struct Used {
    std::string name;  ///< "rates"
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows;  ///< as text; up to the limit asked for
  };
  std::vector<Used> used;
  std::string behind, behind_again;  ///< with splits: the charges behind them, from the table and from the raw rows
  std::vector<Line> lines;  ///< up to the limit asked for
  std::vector<std::pair<std::string, std::string>> files;  ///< every file and its part of the sum
  bool holds = false;
  std::string differs;  ///< which steps do not hold, in words; "" when all do
};
/// `sight`: of who asks. The question is over a table in sight and may not name what is masked or look at other tables;
/// raw records need the layer bronze, and `with_raw`.
Result<Explanation> explain(Workshop& workshop, const Tenant& tenant, std::string_view question, std::int64_t release,
                            int lines_max, const access::Sight& sight = access::whole_sight(), bool with_raw = true,
                            const Cancel* cancel = nullptr);

/// A locked-down connection to one tenant's release: SQL of a person sees views bronze.x, silver.y, gold.z, the
/// interface views, as far as they are in sight, and nothing else: no files, no settings, no masked value.
/// One thread at a time; share() gives another one its own.
class Reader {
 public:
  /// Release 0 is the newest. `not_found` when nothing was published. Tables of layers out of sight have no view;
  /// masked columns are expressions over their values. `output_file`: the one file that a COPY of ours may write,
  /// around a select that vet() passed. `memory_bytes` of the engine, where the lake's configuration names none;
  /// 0: kMemoryBytes.
  static Result<Reader> open(Workshop& workshop, const Tenant& tenant, std::int64_t release_number,
                             const access::Sight& sight = access::whole_sight(), const std::string& output_file = {},
                             std::int64_t memory_bytes = 0);
  static constexpr std::int64_t kMemoryBytes = std::int64_t{2} << 30;
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;
  ~Reader();

  /// Another connection to the same release and sight, in less than a millisecond. Outlives this one. Thread-safe.
  Result<Reader> share() const;

  /// Takes the rows of these tables into the engine's memory, in this order, each that still fits into `bytes_most`:
  /// questions about them then open no file. For a reader that many questions share; those that it shared with see it
  /// too. Tables that are not in sight, and those whose rows nobody counted, stay as they are.
  Status hold(const std::vector<std::string>& tables, std::int64_t bytes_most);
  /// Takes the rows of a select of ours over the tables as well, under a name of its own, behind those that are there
  /// already; false when they do not fit. held_name() is what selects of ours call it. People cannot name it.
  Result<bool> hold_rows(std::string_view name, const std::string& select, std::int64_t bytes_most);
  static std::string held_name(std::string_view name);
  /// What held rows take, about.
  std::int64_t held_bytes() const;

  /// Runs one select of a person. `permission_denied` for anything that is not a select over the tenant's tables.
  Result<duck::Rows> query(std::string_view sql);
  /// Whether `sql` is one select over tables and harmless functions. The views of interfaces are then, on this
  /// connection, as it needs them: with the columns that they show beside their own only when it names one, or all.
  Status vet(std::string_view sql);

  /// For statements of ours, after vet() for what a person wrote.
  duck::Connection& connection();
  const Release& release() const;
  const access::Sight& sight() const;

 private:
  struct Shared;
  Reader(std::shared_ptr<Shared> shared, duck::Connection connection);
  Status show_what(std::string_view tree);
  std::shared_ptr<Shared> shared_;
  std::unique_ptr<duck::Connection> connection_;
  bool is_plain_ = false;  ///< the interfaces' views are without what they show beside their own
};

/// Runs the tests of packs (all when `names` is empty). One outcome a test.
struct TestOutcome {
  std::string pack, title, place;
  bool passed = false;
  std::string difference;  ///< rows missing and rows too many
};
Result<std::vector<TestOutcome>> run_pack_tests(const pack::Library& library, duck::Database& engine,
                                                const std::vector<std::string>& names);

}  // namespace centavo
