#include <chrono>

#include "flow/pipeline/offender.h"
#include "flow/pipeline/work.h"

namespace centavo {
namespace {

using pack::Severity;

constexpr std::int64_t kSmallInputBytes = 4 << 20;
constexpr std::size_t kShownBytesMax = 300;

// Cut between characters.
std::string cut_text(std::string text) {
  if (text.size() <= kShownBytesMax) return text;
  std::size_t end = kShownBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

std::string_view state_of(const CheckResult& result) {
  if (result.passed()) return "passed";
  switch (result.check->severity) {
    case Severity::error: return "failed";
    case Severity::quarantine: return "quarantined";
    case Severity::warn: return "warned";
  }
  return "failed";
}

std::string_view kind_name(pack::CheckKind kind) {
  using pack::CheckKind;
  switch (kind) {
    case CheckKind::required: return "required";
    case CheckKind::unique: return "unique";
    case CheckKind::accepted_values: return "accepted_values";
    case CheckKind::pattern: return "pattern";
    case CheckKind::range: return "range";
    case CheckKind::reference: return "reference";
    case CheckKind::row_count_change: return "row_count_change";
    case CheckKind::freshness: return "freshness";
    case CheckKind::reconciles: return "reconciles";
    case CheckKind::valid_cpf: return "valid_cpf";
    case CheckKind::valid_cnpj: return "valid_cnpj";
    case CheckKind::valid_email: return "valid_email";
    case CheckKind::schema_unchanged: return "schema_unchanged";
    case CheckKind::sql: return "sql";
  }
  return "sql";
}

std::string_view severity_name(Severity severity) {
  return severity == Severity::error ? "error" : severity == Severity::quarantine ? "quarantine" : "warn";
}

// Makes one table for one period: the steps of a task, in order, with what they found out.
class TaskRun {
 public:
  TaskRun(Work& work, std::size_t index, TaskOutcome& out)
      : work_(work),
        task_(work.plan.tasks[index]),
        node_(*work.graph.find(task_.table)),
        contract_(node_.model->contract),
        out_(out),
        root_(Lake::table_root(work.tenant.id, pack::name_of(task_.table.layer), task_.table.table)),
        values_(sql_values(node_, task_.period)) {}

  Status run() {
    auto desk = TRY(Desk::open(work_.workshop.engine, work_.cancel));
    if (node_.masks()) {
      const std::string key = TRY(work_.origin().mask_key(work_.tenant.id));
      TRY(desk.set_mask_key(key));
    }
    const std::int64_t input_bytes = TRY(define_inputs(work_, desk, node_, task_.period));
    Status done = node_.feeds.empty() ? stage_model(desk, input_bytes) : stage_landings();
    if (done) done = check(desk);
    if (done) done = count_rows(desk);
    if (done) done = prove(desk);
    if (done && cancelled()) done = fail(ErrorKind::cancelled, "interrupted");
    if (!done) {
      done = with_place(desk, done.error());
      discard(work_, root_, staged_);
      return done;
    }
    return commit();
  }

 private:
  bool cancelled() const { return work_.cancel != nullptr && work_.cancel->requested(); }

  // An error about a value says in which raw row it stands, when a row alone fails in the same way.
  Status with_place(Desk& desk, Error error) {
    if (error.kind != ErrorKind::corrupt_data) return fail(std::move(error));
    std::map<std::string, std::string> tables;
    if (node_.feeds.empty()) {
      for (const auto& input : node_.inputs) {
        if (const auto select = input_select(work_, contract_, input, task_.period)) tables[input.text()] = select->sql;
      }
    } else if (!staged_.files.empty()) {
      if (const auto select = staged_select(work_, contract_, root_, task_.period, staged_)) tables["this"] = *select;
    }
    const auto fails_alone = [&](const std::string& table, const std::string& row) {
      Status done;
      if (table == "this") {
        done = desk.define_this(row);
        if (done) done = measure_this(desk);
      } else {
        const auto name = pack::parse_table_name(table);
        if (!name || !desk.define(*name, row)) return false;
        const auto sql = model_select();
        if (sql) done = desk.connection().run(*sql);
      }
      return !done && done.error().kind == error.kind;
    };
    if (const auto place = find_offender(desk.connection(), tables, error, fails_alone)) error = within(*place, error);
    return fail(std::move(error));
  }

  Status measure_this(Desk& desk) {
    TRY(run_checks(desk, work_.workshop.library, contract_, values_, facts()));
    TRY(measure(desk, work_.workshop.library, contract_, values_, task_, work_.tenant.id));
    return {};
  }

  Status stage_landings() {
    auto ingested = TRY(ingest(work_, node_, task_));
    staged_ = std::move(ingested.staged);
    transaction_ = ingested.transaction;
    replace_ = ingested.replace;
    rows_in_files_ = ingested.rows_in_files;
    landings_ = std::move(ingested.landings);
    out_.rows_in = ingested.rows_in_files;
    return {};
  }

  Status stage_model(Desk& desk, std::int64_t input_bytes) {
    // The engine uses all its threads for one big select: others wait. Small ones go side by side.
    const Slot slot(work_.copies, input_bytes < kSmallInputBytes ? 1 : work_.workers);
    staged_.columns = contract_.columns;
    const std::string select = TRY(model_select());
    return stage_select(work_, desk.connection(), contract_, root_, task_.period, select, staged_);
  }

  // The model's rows in the contract's types.
  Result<std::string> model_select() const {
    const std::string sql = TRY(work_.workshop.library.expand(node_.sql_in(task_.period), "duckdb", values_));
    std::string list;
    for (const auto& column : contract_.columns) {
      list += fmt::format("{}cast({} as {}) as {}", list.empty() ? "" : ", ", duck::name(column.name), column.type,
                          duck::name(column.name));
    }
    return period_guard(fmt::format("select {} from (\n{}\n)", list, sql));
  }

  // The partition's value is taken from the task: a row of another period would be lost in it without this.
  std::string period_guard(const std::string& select) const {
    if (task_.period.empty()) return select;
    return fmt::format(
        "select * from ({0}) where case when {1} = date '{2}-01' then true else error('a row has {1} ' || "
        "coalesce(cast({1} as varchar), 'null') || ' in the period {2}') end",
        select, duck::name(contract_.period_column), task_.period);
  }

  StagedFacts facts() const {
    StagedFacts facts;
    facts.rows = staged_.rows;
    facts.null_counts = staged_.null_counts;
    facts.now_ms = work_.workshop.clock.now_ms();
    const auto before = work_.before.find({task_.table.text(), task_.period});
    if (before != work_.before.end()) facts.rows_before = before->second.rows;
    return facts;
  }

  Status check(Desk& desk) {
    const std::string select = TRY(staged_select(work_, contract_, root_, task_.period, staged_));
    TRY(desk.define_this(select));
    const auto results = TRY(run_checks(desk, work_.workshop.library, contract_, values_, facts()));
    const CheckResult* failed = nullptr;
    std::int64_t failures = 0;
    for (const auto& result : results) {
      note(result);
      if (state_of(result) != "failed" || work_.repetition != nullptr) continue;
      if (failed == nullptr) failed = &result;
      ++failures;
    }
    if (failed != nullptr) {
      return fail_hint(failed->sample.empty() ? "" : fmt::format("bad rows: {}", cut_text(failed->sample)),
                       ErrorKind::check_failed, "check {} does not hold: {} bad row{}{} ({})", failed->check->name,
                       failed->bad_rows, failed->bad_rows == 1 ? "" : "s",
                       failures > 1 ? fmt::format(", and {} more checks fail", failures - 1) : "",
                       failed->check->place.text());
    }
    return quarantine(desk, results);
  }

  void note(const CheckResult& result) {
    CheckRecord record;
    record.run = work_.run;
    record.table = task_.table.text();
    record.period = task_.period;
    record.check = result.check->name;
    record.kind = kind_name(result.check->kind);
    record.severity = severity_name(result.check->severity);
    record.state = state_of(result);
    record.bad_rows = result.bad_rows;
    record.sample = result.sample;
    out_.checks.push_back(std::move(record));
  }

  // Sets bad rows aside: writes the good ones again, and the bad ones with their reasons to the quarantine table.
  Status quarantine(Desk& desk, const std::vector<CheckResult>& results) {
    const std::string reason = TRY(quarantine_reason_sql(work_.workshop.library, contract_, results, values_));
    if (reason.empty()) return {};
    const Staged all = staged_;
    TRY(desk.connection().run(
        fmt::format("create or replace view main.judged as select *, {} as quarantine_reason from this", reason)));
    staged_ = Staged{};
    staged_.columns = all.columns;
    TRY(stage_select(work_, desk.connection(), contract_, root_, task_.period,
                     "select * exclude (quarantine_reason) from judged where quarantine_reason is null", staged_));

    quarantine_contract_ = contract_;
    aside_.columns = all.columns;
    for (const auto& [name, type] : {std::pair{"quarantine_reason", "VARCHAR"},
                                     {"quarantine_run", "VARCHAR"},
                                     {"quarantined_at", "TIMESTAMP WITH TIME ZONE"}}) {
      pack::ColumnSpec column;
      column.name = name;
      column.type = type;
      aside_.columns.push_back(column);
    }
    TRY(stage_select(work_, desk.connection(), quarantine_contract_, quarantine_root(), task_.period,
                     fmt::format("select *, {} as quarantine_run, timestamptz '{}' as quarantined_at from judged where "
                                 "quarantine_reason is not null",
                                 duck::literal(work_.run), iso_time(work_.started_ms)),
                     aside_));
    out_.rows_quarantined = aside_.rows;
    discard(work_, root_, all);
    const std::string select = TRY(staged_select(work_, contract_, root_, task_.period, staged_));
    return desk.define_this(select);
  }

  std::string quarantine_proof_table() const { return "quarantine:" + task_.table.text(); }

  std::string quarantine_root() const {
    return Lake::quarantine_root(work_.tenant.id, pack::name_of(task_.table.layer), task_.table.table);
  }

  // Rows in = rows out + quarantined + dropped - added, as the contract declares.
  Status count_rows(Desk& desk) {
    const auto& rows = contract_.rows;
    if (!rows.in) return {};
    std::string counts = "count(*)";
    const auto count_of = [&](const pack::RowAccount& account) {
      return account.sql.empty() ? fmt::format("count(*) filter (where {})", account.where)
                                 : fmt::format("({})", account.sql);
    };
    for (const auto* accounts : {&rows.dropped, &rows.added}) {
      for (const auto& account : *accounts) counts += ", " + count_of(account);
    }
    const std::string doing = fmt::format("count the rows of {}", rows.in->text());
    const std::string sql = TRY_IN(
        doing,
        work_.workshop.library.expand(fmt::format("select {} from {}", counts, rows.in->text()), "duckdb", values_));
    const auto found = TRY_IN(doing, desk.connection().all(sql));
    std::vector<std::int64_t> numbers;
    for (const auto& value : found.front()) numbers.push_back(std::stoll(value.value_or("0")));
    out_.rows_in = numbers.front();
    std::int64_t expected = numbers.front();
    std::string account = fmt::format("{} in", numbers.front());
    std::size_t i = 1;
    for (const auto& dropped : rows.dropped) {
      expected -= numbers[i];
      account += fmt::format(" - {} {}", numbers[i++], dropped.name);
    }
    for (const auto& added : rows.added) {
      expected += numbers[i];
      account += fmt::format(" + {} {}", numbers[i++], added.name);
    }
    if (expected == staged_.rows + out_.rows_quarantined) return {};
    return fail(ErrorKind::check_failed, "rows do not add up: {} = {}, but {} came out and {} are in quarantine ({})",
                account, expected, staged_.rows, out_.rows_quarantined, contract_.place.text());
  }

  Status prove(Desk& desk) {
    proofs_ = TRY(measure(desk, work_.workshop.library, contract_, values_, task_, work_.tenant.id));
    if (aside_.files.empty()) return {};
    // What was set aside is part of the account: input = table + quarantine.
    const std::string select = TRY(staged_select(work_, quarantine_contract_, quarantine_root(), task_.period, aside_));
    TRY(desk.define_this(select));
    aside_proofs_ = TRY(measure(desk, work_.workshop.library, contract_, values_, task_, work_.tenant.id));
    for (auto& proof : aside_proofs_) proof.table = quarantine_proof_table();
    return {};
  }

  Status commit() {
    const auto before = work_.before.find({task_.table.text(), task_.period});
    const std::scoped_lock lock(work_.locks.of(task_.table));
    if (out_.rows_quarantined > 0) {
      TRY(commit_staged(
          work_,
          CommitRequest{task_, quarantine_contract_, quarantine_root(), aside_, replace_, transaction_, "WRITE", {}}));
    } else {
      TRY(clear_quarantine());
    }
    const auto version = TRY(commit_staged(
        work_, CommitRequest{task_, contract_, root_, staged_, replace_, transaction_, "WRITE", landings_}));
    out_.version = version;
    out_.rows_out = staged_.rows;
    out_.bytes_out = staged_.bytes;
    return record(before == work_.before.end() || replace_ ? 0 : before->second.rows);
  }

  // A period that has no bad rows any more has none in quarantine either.
  Status clear_quarantine() {
    if (!replace_) return {};
    const bool may = std::any_of(contract_.checks.begin(), contract_.checks.end(),
                                 [](const auto& c) { return c.severity == Severity::quarantine; });
    if (!may) return {};
    auto table = delta::Table::open(work_.store(), work_.workshop.engine, quarantine_root(), work_.workshop.clock);
    if (!table) return {};
    const auto base = TRY(table->snapshot());
    const auto old = TRY(base.files_in(partition_of(contract_, task_.period)));
    if (old.empty()) return {};
    delta::CommitInfo info;
    info.operation = "WRITE";
    info.user = work_.user;
    TRY(table->replace(base, partition_of(contract_, task_.period), {}, info));
    return {};
  }

  Status record(std::int64_t rows_kept) {
    auto& catalog = work_.workshop.catalog;
    TableState state;
    state.table = task_.table.text();
    state.period = task_.period;
    state.fingerprint = task_.fingerprint;
    state.version = out_.version;
    state.rows = rows_kept + staged_.rows;
    state.run = work_.run;
    state.committed_ms = work_.workshop.clock.now_ms();
    for (auto* proofs : {&proofs_, &aside_proofs_}) {
      for (auto& proof : *proofs) {
        proof.run = work_.run;
        proof.version = out_.version;
      }
    }
    if (replace_) {
      TRY(catalog.save_proofs(work_.tenant.id, state.table, state.period, proofs_));
      TRY(catalog.save_proofs(work_.tenant.id, quarantine_proof_table(), state.period, aside_proofs_));
    }
    if (!node_.feeds.empty()) TRY(record_files(state));
    return catalog.save_state(work_.tenant.id, state);
  }

  // Rows counted in the files before the engine read them: all that the table took in, also by earlier runs when it
  // appends.
  Status record_files(const TableState& state) {
    ProofRecord files;
    files.tenant = work_.tenant.id;
    files.table = "files:" + state.table;
    files.period = state.period;
    files.measure = "rows";
    files.run = work_.run;
    std::int64_t rows = rows_in_files_;
    if (!replace_) {
      const auto recorded = TRY(work_.workshop.catalog.proofs(work_.tenant.id));
      const auto old = std::find_if(recorded.begin(), recorded.end(),
                                    [&](const auto& p) { return p.table == files.table && p.period == files.period; });
      rows = old == recorded.end() || rows < 0 ? -1 : rows + std::atoll(old->amount.c_str());
    }
    files.amount = std::to_string(rows);
    return work_.workshop.catalog.save_proofs(work_.tenant.id, files.table, files.period,
                                              rows < 0 ? std::vector<ProofRecord>{} : std::vector{files});
  }

  Work& work_;
  const Task& task_;
  const Node& node_;
  const pack::Contract& contract_;
  TaskOutcome& out_;
  std::string root_;
  SqlValues values_;
  Staged staged_;
  Staged aside_;
  pack::Contract quarantine_contract_;
  std::optional<delta::AppTransaction> transaction_;
  bool replace_ = true;
  std::int64_t rows_in_files_ = -1;
  std::vector<const Landing*> landings_;
  std::vector<ProofRecord> proofs_;
  std::vector<ProofRecord> aside_proofs_;
};

}  // namespace

Result<TaskOutcome> execute(Work& work, std::size_t task_index) {
  TaskOutcome out;
  out.task = task_index;
  const auto started = std::chrono::steady_clock::now();
  const Task& task = work.plan.tasks[task_index];
  const Status done = TaskRun(work, task_index, out).run();
  out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  out.state = done ? "done" : done.error().kind == ErrorKind::cancelled ? "cancelled" : "failed";
  if (!done) out.error = within(task.table.text() + (task.period.empty() ? "" : " " + task.period), done.error());
  return out;
}

}  // namespace centavo
