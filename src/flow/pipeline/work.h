#pragma once
/// \file flow/pipeline/work.h
/// What the tasks of one run share, and the steps they are made of: read inputs, stage, check, commit.

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "flow/connect/json_lines.h"
#include "flow/engine/checks.h"
#include "flow/engine/desk.h"
#include "flow/pipeline/graph.h"
#include "flow/pipeline/pipeline.h"
#include "lake/delta/stats.h"
#include "lake/delta/table.h"

namespace centavo {

/// Work that runs side by side, at most `workers` at a time. The first error stops what has not started.
class Crew {
 public:
  explicit Crew(std::size_t workers);
  ~Crew();
  /// Blocks while all workers are busy and one piece waits. Returns the first error so far.
  Status submit(std::function<Status()> piece);
  /// Waits for all; the first error.
  Status finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// One mutex per table: preparing and committing a table is one task at a time within a process.
class TableLocks {
 public:
  std::mutex& of(const pack::TableName& table);

 private:
  std::mutex mutex_;
  std::map<pack::TableName, std::mutex> locks_;
};

/// The tables that a run has committed to, each once: their checkpoints wait until readers have its release.
class Touched {
 public:
  void add(const delta::Table& table);
  std::vector<delta::Table> take();

 private:
  std::mutex mutex_;
  std::map<std::string, delta::Table> tables_;   // by root
};

/// Bounds how many threads fill wide row groups at once: memory goes with that number.
class Slots {
 public:
  explicit Slots(std::size_t count) : count_(count), free_(count) {}
  std::size_t count() const { return count_; }
  /// Waits until `wanted` are free; more than there are means all.
  void take(std::size_t wanted);
  void give(std::size_t taken);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t count_;
  std::size_t free_;
};

class Slot {
 public:
  explicit Slot(Slots& slots, std::size_t wanted = 1) : slots_(slots), taken_(std::min(wanted, slots.count())) {
    slots_.take(taken_);
  }
  ~Slot() { slots_.give(taken_); }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

 private:
  Slots& slots_;
  std::size_t taken_;
};

/// Files of several months that this run has cut, with the parts that tasks have not taken yet.
class CutFiles {
 public:
  struct File {
    std::mutex mutex;
    bool is_cut = false;
    std::optional<JsonLines> lines;            ///< none: the file has to be read for each month
    std::set<std::string> given;               ///< periods whose parts a task has taken
  };
  File& of(const pack::TableName& table, const std::string& raw_key);

 private:
  std::mutex mutex_;
  std::map<std::pair<pack::TableName, std::string>, File> files_;
};

struct Work {
  Workshop& workshop;
  const Tenant& tenant;
  const Graph& graph;
  const std::vector<Landing>& landings;
  const Plan& plan;
  std::map<std::pair<std::string, std::string>, TableState> before;   ///< states at the start, by table and period
  std::string run;
  std::string user;
  TimeMs started_ms = 0;
  std::size_t workers = 2;
  bool full = false;
  const Cancel* cancel = nullptr;
  std::string definition;                    ///< what it works by (definition.h)
  const Repetition* repetition = nullptr;
  TableLocks locks;
  Slots copies{workers};
  Touched touched;
  CutFiles cut_files;

  Store& store() { return workshop.lake.store(); }
  /// Where raw bytes and the key of masks are.
  Lake& origin() { return repetition != nullptr ? *repetition->origin : workshop.lake; }
};

/// What rows of a landing carry of the run that took them in: this one, or the one that is repeated.
Stamp stamp_of(const Work& work, const Landing& landing);

/// "select …" over what an input holds that concerns `period` ("" : all) of a table. A table that does not exist yet is
/// empty.
struct InputSelect {
  std::string sql;
  std::int64_t bytes = 0;  ///< of the files it reads
};
Result<InputSelect> input_select(Work& work, const pack::Contract& reader, const pack::TableName& input,
                                 std::string_view period);

/// Defines on the desk every input that the model and its checks read, interface views too. Returns the bytes of their
/// files.
Result<std::int64_t> define_inputs(Work& work, Desk& desk, const Node& node, std::string_view period);

/// Values of $names for this node and period.
SqlValues sql_values(const Node& node, std::string_view period);

/// Rows that a task wrote but nobody sees yet.
struct Staged {
  std::vector<delta::NewFile> files;
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  std::map<std::string, std::int64_t> null_counts;
  std::vector<pack::ColumnSpec> columns;  ///< of the table, partition column included
};

/// Writes a select into the table's folder as one file (none when it has no rows) and adds it to `staged`.
/// `store` key of the file is table root / partition folder / part-….parquet. Not settled: the commit does that.
Status stage_select(Work& work, duck::Connection& connection, const pack::Contract& contract, std::string_view root,
                    std::string_view period, std::string_view select, Staged& staged);

/// "select …" over the staged files, with the period's column.
Result<std::string> staged_select(Work& work, const pack::Contract& contract, std::string_view root,
                                  std::string_view period, const Staged& staged);

/// Removes staged files that will not be committed. Best effort: vacuum finds what is left.
void discard(Work& work, std::string_view root, const Staged& staged);

delta::PartitionValues partition_of(const pack::Contract& contract, std::string_view period);

/// How a task's rows go into its table.
struct CommitRequest {
  const Task& task;
  const pack::Contract& contract;
  std::string root;
  Staged staged;
  bool replace = true;  ///< the period's rows, or all without a period
  std::optional<delta::AppTransaction> transaction;
  std::string operation = "WRITE";
  std::vector<const Landing*> landings;  ///< that its rows came from
};
/// Creates or evolves the table and commits. Returns the version.
Result<delta::Version> commit_staged(Work& work, CommitRequest request);

/// Stage, check, commit, record for one task.
Result<TaskOutcome> execute(Work& work, std::size_t task_index);

/// Fills a bronze table from its landings: staged rows, plus what they are in `files` (rows counted before the engine
/// read them; -1 unknown).
struct Ingested {
  Staged staged;
  std::int64_t rows_in_files = 0;
  std::int64_t bytes_read = 0;
  std::optional<delta::AppTransaction> transaction;
  bool replace = true;
  std::vector<const Landing*> landings;
};
Result<Ingested> ingest(Work& work, const Node& node, const Task& task);

/// Rows of a raw file, or of a part of it, as bronze takes them in: `select` on `connection`. Called from several
/// threads.
using OnRawRows =
    std::function<Status(duck::Connection& connection, const LandedFile& file, const std::string& select)>;

/// Reads one landed file again as bronze does; stages nothing.
Status read_raw_file(Work& work, const Node& node, const Task& task, const Landing& landing, const LandedFile& file,
                     const OnRawRows& on_rows);

/// Exact sums of what `this` on the desk holds, by the contract's proofs, and its row count.
Result<std::vector<ProofRecord>> measure(Desk& desk, const pack::Library& library, const pack::Contract& contract,
                                         const SqlValues& values, const Task& task, const std::string& tenant);

/// Compares proofs of neighbouring tables: each line is one measure, period, currency and category.
/// `rows in files` come in as proofs of table "files:<bronze table>".
std::vector<Reconciliation::Line> compare(const Graph& graph, const std::vector<ProofRecord>& proofs,
                                          const std::optional<PeriodRange>& periods);

}  // namespace centavo
