#include "lake/catalog/catalog.h"

#include <mutex>

#include "io/sqldb/sqldb.h"

namespace centavo {
namespace {

constexpr std::int64_t kSchemaVersion = 1;

// SQL that SQLite and PostgreSQL share.
constexpr std::string_view kSchema = R"(
create table runs (
  id text primary key, tenant text not null, number bigint not null, state text not null,
  started_ms bigint not null, ended_ms bigint not null, user_name text not null, program_version text not null,
  summary text not null);
create index runs_by_tenant on runs (tenant, number);
create table tasks (
  run text not null, table_name text not null, period text not null, state text not null, reason text not null,
  error text not null, started_ms bigint not null, ended_ms bigint not null, rows_in bigint not null,
  rows_out bigint not null, rows_quarantined bigint not null, bytes_out bigint not null, version bigint not null,
  primary key (run, table_name, period));
create table checks (
  run text not null, table_name text not null, period text not null, check_name text not null, kind text not null,
  severity text not null, state text not null, bad_rows bigint not null, sample text not null,
  primary key (run, table_name, period, check_name));
create table states (
  tenant text not null, table_name text not null, period text not null, fingerprint text not null,
  version bigint not null, row_count bigint not null, run text not null, committed_ms bigint not null,
  primary key (tenant, table_name, period));
create table proofs (
  tenant text not null, table_name text not null, period text not null, currency text not null, measure text not null,
  category text not null, amount text not null, run text not null, version bigint not null,
  primary key (tenant, table_name, period, currency, measure, category));
create table named_values (
  tenant text not null, name text not null, value text not null, primary key (tenant, name));
create table numbers (
  tenant text not null, name text not null, number bigint not null, primary key (tenant, name));
)";

Result<std::int64_t> schema_version(SqlDb& db) {
  SqlStatement statement = TRY(db.prepare("pragma user_version"));
  if (!TRY(statement.step())) return fail(ErrorKind::corrupt_data, "the catalog does not tell its version");
  return statement.integer(0);
}

/// Brings the schema to kSchemaVersion; of two processes that open a new lake at once, one makes it.
Status migrate(SqlDb& db, const std::string& path) {
  std::int64_t version = TRY_IN(path, schema_version(db));
  if (version == kSchemaVersion) return {};
  SqlTransaction transaction = TRY(db.begin());
  version = TRY_IN(path, schema_version(db));
  if (version > kSchemaVersion) {
    return fail_hint("use the centavo that made this lake, or a newer one", ErrorKind::unsupported,
                     "{}: catalog schema {} is newer than {}, the newest this program knows", path, version,
                     kSchemaVersion);
  }
  if (version < 1) TRY(db.run(kSchema));
  TRY(db.run(fmt::format("pragma user_version = {}", kSchemaVersion)));
  return transaction.commit();
}

/// One connection, guarded: the catalog is asked a few times a task, never in a loop over rows.
class SqlCatalog : public Catalog {
 public:
  explicit SqlCatalog(SqlDb db) : db_(std::move(db)) {}

  Status prepare(const std::string& path) { return migrate(db_, path); }

  Status start_run(const RunRecord& run) override {
    const std::lock_guard lock(mutex_);
    return db_.run(
        "insert into runs (id, tenant, number, state, started_ms, ended_ms, user_name, program_version, summary) "
        "values (?, ?, (select coalesce(max(number), 0) + 1 from runs), ?, ?, ?, ?, ?, ?)",
        run.id, run.tenant, run.state, run.started_ms, run.ended_ms, run.user, run.version, run.summary.dump());
  }

  Status end_run(const RunRecord& run) override {
    const std::lock_guard lock(mutex_);
    TRY(db_.run("update runs set state = ?, ended_ms = ?, summary = ? where id = ?", run.state, run.ended_ms,
                run.summary.dump(), run.id));
    if (db_.changes() == 0) return fail(ErrorKind::not_found, "end run {}: it was never started", run.id);
    return {};
  }

  Result<std::vector<RunRecord>> runs(std::string_view tenant, int limit) override {
    const std::lock_guard lock(mutex_);
    SqlStatement statement =
        TRY(db_.prepare("select id, tenant, state, started_ms, ended_ms, user_name, program_version, summary from runs "
                        "where tenant = ? order by number desc limit ?"));
    TRY(statement.bind_all(tenant, limit));
    std::vector<RunRecord> found;
    while (TRY(statement.step())) {
      RunRecord run;
      run.id = statement.text(0);
      run.tenant = statement.text(1);
      run.state = statement.text(2);
      run.started_ms = statement.integer(3);
      run.ended_ms = statement.integer(4);
      run.user = statement.text(5);
      run.version = statement.text(6);
      run.summary = TRY_IN("summary of run " + run.id, parse_json(statement.text(7)));
      found.push_back(std::move(run));
    }
    return found;
  }

  Status record(const TaskRecord& task) override {
    const std::lock_guard lock(mutex_);
    return db_.run(
        "insert into tasks (run, table_name, period, state, reason, error, started_ms, ended_ms, rows_in, rows_out, "
        "rows_quarantined, bytes_out, version) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "on conflict (run, table_name, period) do update set state = excluded.state, reason = excluded.reason, "
        "error = excluded.error, started_ms = excluded.started_ms, ended_ms = excluded.ended_ms, "
        "rows_in = excluded.rows_in, rows_out = excluded.rows_out, rows_quarantined = excluded.rows_quarantined, "
        "bytes_out = excluded.bytes_out, version = excluded.version",
        task.run, task.table, task.period, task.state, task.reason, task.error, task.started_ms, task.ended_ms,
        task.rows_in, task.rows_out, task.rows_quarantined, task.bytes_out, task.version);
  }

  Result<std::vector<TaskRecord>> tasks(std::string_view run) override {
    const std::lock_guard lock(mutex_);
    SqlStatement statement = TRY(db_.prepare(
        "select run, table_name, period, state, reason, error, started_ms, ended_ms, rows_in, rows_out, "
        "rows_quarantined, bytes_out, version from tasks where run = ? order by started_ms, table_name, period"));
    TRY(statement.bind_all(run));
    std::vector<TaskRecord> found;
    while (TRY(statement.step())) {
      TaskRecord task;
      task.run = statement.text(0);
      task.table = statement.text(1);
      task.period = statement.text(2);
      task.state = statement.text(3);
      task.reason = statement.text(4);
      task.error = statement.text(5);
      task.started_ms = statement.integer(6);
      task.ended_ms = statement.integer(7);
      task.rows_in = statement.integer(8);
      task.rows_out = statement.integer(9);
      task.rows_quarantined = statement.integer(10);
      task.bytes_out = statement.integer(11);
      task.version = statement.integer(12);
      found.push_back(std::move(task));
    }
    return found;
  }

  Status record(const std::vector<CheckRecord>& checks) override {
    if (checks.empty()) return {};
    const std::lock_guard lock(mutex_);
    SqlTransaction transaction = TRY(db_.begin());
    SqlStatement statement = TRY(db_.prepare(
        "insert into checks (run, table_name, period, check_name, kind, severity, state, bad_rows, sample) "
        "values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (run, table_name, period, check_name) do update set "
        "kind = excluded.kind, severity = excluded.severity, state = excluded.state, bad_rows = excluded.bad_rows, "
        "sample = excluded.sample"));
    for (const CheckRecord& check : checks) {
      statement.reset();
      TRY(statement.bind_all(check.run, check.table, check.period, check.check, check.kind, check.severity, check.state,
                             check.bad_rows, check.sample));
      TRY(statement.run());
    }
    return transaction.commit();
  }

  Result<std::vector<CheckRecord>> checks(std::string_view tenant, std::string_view run) override {
    const std::lock_guard lock(mutex_);
    std::string wanted(run);
    if (wanted.empty()) {
      SqlStatement newest = TRY(db_.prepare(
          "select id from runs where tenant = ? and exists (select 1 from checks where checks.run = runs.id) "
          "order by number desc limit 1"));
      TRY(newest.bind_all(tenant));
      if (!TRY(newest.step())) return std::vector<CheckRecord>();
      wanted = newest.text(0);
    }
    SqlStatement statement = TRY(db_.prepare(
        "select c.run, c.table_name, c.period, c.check_name, c.kind, c.severity, c.state, c.bad_rows, c.sample "
        "from checks c join runs r on r.id = c.run where r.tenant = ? and c.run = ? "
        "order by c.table_name, c.period, c.check_name"));
    TRY(statement.bind_all(tenant, wanted));
    return read_checks(statement);
  }

  Result<std::vector<CheckRecord>> newest_checks(std::string_view tenant) override {
    const std::lock_guard lock(mutex_);
    // SQLite takes the other columns from the row of the maximum.
    SqlStatement statement =
        TRY(db_.prepare("select c.run, c.table_name, c.period, c.check_name, c.kind, c.severity, c.state, c.bad_rows, "
                        "c.sample, max(r.number) from checks c join runs r on r.id = c.run where r.tenant = ? "
                        "group by c.table_name, c.period, c.check_name order by c.table_name, c.period, c.check_name"));
    TRY(statement.bind_all(tenant));
    return read_checks(statement);
  }

  Result<std::vector<CheckCounts>> check_counts(std::string_view tenant, int limit) override {
    const std::lock_guard lock(mutex_);
    SqlStatement statement = TRY(db_.prepare(
        "select r.id, r.started_ms, sum(c.state = 'passed'), sum(c.state = 'failed'), sum(c.state = 'warned'), "
        "sum(case when c.state = 'quarantined' then c.bad_rows else 0 end) "
        "from runs r join checks c on c.run = r.id where r.tenant = ? group by r.id order by r.number desc limit ?"));
    TRY(statement.bind_all(tenant, limit));
    std::vector<CheckCounts> found;
    while (TRY(statement.step())) {
      found.push_back({statement.text(0), statement.integer(1), statement.integer(2), statement.integer(3),
                       statement.integer(4), statement.integer(5)});
    }
    return found;
  }

  Status save_state(std::string_view tenant, const TableState& state) override {
    const std::lock_guard lock(mutex_);
    return db_.run(
        "insert into states (tenant, table_name, period, fingerprint, version, row_count, run, committed_ms) "
        "values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (tenant, table_name, period) do update set "
        "fingerprint = excluded.fingerprint, version = excluded.version, row_count = excluded.row_count, "
        "run = excluded.run, committed_ms = excluded.committed_ms",
        tenant, state.table, state.period, state.fingerprint, state.version, state.rows, state.run, state.committed_ms);
  }

  Status drop_states(std::string_view tenant, std::string_view table) override {
    const std::lock_guard lock(mutex_);
    return db_.run("delete from states where tenant = ? and table_name = ?", tenant, table);
  }

  Result<std::vector<TableState>> states(std::string_view tenant) override {
    const std::lock_guard lock(mutex_);
    SqlStatement statement = TRY(db_.prepare(
        "select table_name, period, fingerprint, version, row_count, run, committed_ms from states where tenant = ? "
        "order by table_name, period"));
    TRY(statement.bind_all(tenant));
    std::vector<TableState> found;
    while (TRY(statement.step())) {
      TableState state;
      state.table = statement.text(0);
      state.period = statement.text(1);
      state.fingerprint = statement.text(2);
      state.version = statement.integer(3);
      state.rows = statement.integer(4);
      state.run = statement.text(5);
      state.committed_ms = statement.integer(6);
      found.push_back(std::move(state));
    }
    return found;
  }

  Status save_proofs(std::string_view tenant, std::string_view table, std::string_view period,
                     const std::vector<ProofRecord>& proofs) override {
    const std::lock_guard lock(mutex_);
    SqlTransaction transaction = TRY(db_.begin());
    TRY(db_.run("delete from proofs where tenant = ? and table_name = ? and period = ?", tenant, table, period));
    SqlStatement statement = TRY(db_.prepare(
        "insert into proofs (tenant, table_name, period, currency, measure, category, amount, run, version) "
        "values (?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    for (const ProofRecord& proof : proofs) {
      statement.reset();
      TRY(statement.bind_all(tenant, table, period, proof.currency, proof.measure, proof.category, proof.amount,
                             proof.run, proof.version));
      TRY(statement.run());
    }
    return transaction.commit();
  }

  Result<std::vector<ProofRecord>> proofs(std::string_view tenant) override {
    const std::lock_guard lock(mutex_);
    SqlStatement statement = TRY(
        db_.prepare("select tenant, table_name, period, currency, measure, category, amount, run, version from proofs "
                    "where tenant = ? order by table_name, period, currency, measure, category"));
    TRY(statement.bind_all(tenant));
    std::vector<ProofRecord> found;
    while (TRY(statement.step())) {
      ProofRecord proof;
      proof.tenant = statement.text(0);
      proof.table = statement.text(1);
      proof.period = statement.text(2);
      proof.currency = statement.text(3);
      proof.measure = statement.text(4);
      proof.category = statement.text(5);
      proof.amount = statement.text(6);
      proof.run = statement.text(7);
      proof.version = statement.integer(8);
      found.push_back(std::move(proof));
    }
    return found;
  }

  Result<std::optional<std::string>> value(std::string_view tenant, std::string_view name) override {
    const std::lock_guard lock(mutex_);
    SqlStatement statement = TRY(db_.prepare("select value from named_values where tenant = ? and name = ?"));
    TRY(statement.bind_all(tenant, name));
    if (!TRY(statement.step())) return std::optional<std::string>();
    return std::optional<std::string>(statement.text(0));
  }

  Status set_value(std::string_view tenant, std::string_view name, std::string_view value) override {
    const std::lock_guard lock(mutex_);
    return db_.run(
        "insert into named_values (tenant, name, value) values (?, ?, ?) "
        "on conflict (tenant, name) do update set value = excluded.value",
        tenant, name, value);
  }

  Result<std::int64_t> next_number(std::string_view tenant, std::string_view name) override {
    const std::lock_guard lock(mutex_);
    SqlStatement statement =
        TRY(db_.prepare("insert into numbers (tenant, name, number) values (?, ?, 1) "
                        "on conflict (tenant, name) do update set number = numbers.number + 1 returning number"));
    TRY(statement.bind_all(tenant, name));
    if (!TRY(statement.step())) return fail(ErrorKind::internal, "next number {}: nothing came back", name);
    const std::int64_t number = statement.integer(0);
    TRY(statement.run());
    return number;
  }

  Status forget_tenant(std::string_view tenant) override {
    const std::lock_guard lock(mutex_);
    SqlTransaction transaction = TRY(db_.begin());
    for (const std::string_view table : {"tasks", "checks"}) {
      TRY(db_.run(fmt::format("delete from {} where run in (select id from runs where tenant = ?)", table), tenant));
    }
    for (const std::string_view table : {"runs", "states", "proofs", "named_values", "numbers"}) {
      TRY(db_.run(fmt::format("delete from {} where tenant = ?", table), tenant));
    }
    return transaction.commit();
  }

 private:
  static Result<std::vector<CheckRecord>> read_checks(SqlStatement& statement) {
    std::vector<CheckRecord> found;
    while (TRY(statement.step())) {
      CheckRecord check;
      check.run = statement.text(0);
      check.table = statement.text(1);
      check.period = statement.text(2);
      check.check = statement.text(3);
      check.kind = statement.text(4);
      check.severity = statement.text(5);
      check.state = statement.text(6);
      check.bad_rows = statement.integer(7);
      check.sample = statement.text(8);
      found.push_back(std::move(check));
    }
    return found;
  }

  std::mutex mutex_;
  SqlDb db_;
};

}  // namespace

Result<std::unique_ptr<Catalog>> Catalog::open(const std::string& lake_dir) {
  const std::string path = lake_dir + "/catalog.sqlite";
  auto catalog = std::make_unique<SqlCatalog>(TRY_IN("open the catalog", SqlDb::open(path)));
  TRY_IN("open the catalog", catalog->prepare(path));
  return std::unique_ptr<Catalog>(std::move(catalog));
}

}  // namespace centavo
