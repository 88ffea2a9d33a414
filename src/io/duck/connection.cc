#include "io/duck/session.h"

namespace centavo::duck {

struct Connection::State {
  Session session;

  /// Runs one prepared statement: to its end, or up to where its rows begin.
  Status finish(const RawPrepared& prepared, std::string_view sql);
  Result<std::unique_ptr<Rows::State>> start(const RawPrepared& prepared, std::string_view sql);
  Result<RawStatements> extract(std::string_view sql, idx_t& count);
  Result<RawPrepared> prepare(const RawStatements& statements, idx_t index, std::string_view sql);
  Result<RawPrepared> prepare_only(std::string_view sql);
  Error with_place(Error error, idx_t index, std::string_view sql);
};

namespace {

// Ends the query for the watcher unless its rows live on.
class Activity {
 public:
  explicit Activity(Watcher& watcher) : watcher_(watcher), number_(watcher.begin()) {}
  Activity(const Activity&) = delete;
  Activity& operator=(const Activity&) = delete;
  ~Activity() {
    if (!handed_on_) watcher_.end(number_);
  }
  std::uint64_t hand_on() {
    handed_on_ = true;
    return number_;
  }

 private:
  Watcher& watcher_;
  std::uint64_t number_;
  bool handed_on_ = false;
};

Status check_not_stopped(const Session& session) {
  if (session.watcher->should_stop()) return fail(ErrorKind::cancelled, "the query was interrupted");
  return {};
}

// DuckDB takes some single statements apart: a pivot without its values becomes the enum of them, then the select.
bool is_one_statement(std::string_view sql) {
  const std::size_t end = sql.find_last_not_of("; \t\r\n");
  return sql.substr(0, end + 1).find(';') == std::string_view::npos;
}

}  // namespace

Result<RawStatements> Connection::State::extract(std::string_view sql, idx_t& count) {
  if (sql.find('\0') != std::string_view::npos) return fail(ErrorKind::invalid_argument, "SQL with a zero byte");
  RawStatements statements;
  count = duckdb_extract_statements(session.raw.get(), std::string(sql).c_str(), statements.out());
  if (count == 0) {
    const char* const message = duckdb_extract_statements_error(statements.get());
    if (message != nullptr && *message != '\0') return fail(error_of(message, sql));
  }
  return statements;
}

Result<RawPrepared> Connection::State::prepare(const RawStatements& statements, idx_t index, std::string_view sql) {
  TRY(check_not_stopped(session));
  RawPrepared prepared;
  if (duckdb_prepare_extracted_statement(session.raw.get(), statements.get(), index, prepared.out()) != DuckDBSuccess) {
    const char* const message = duckdb_prepare_error(prepared.get());
    return fail(error_of(message == nullptr ? "INTERNAL Error: prepare failed" : message, sql));
  }
  return prepared;
}

Result<RawPrepared> Connection::State::prepare_only(std::string_view sql) {
  idx_t count = 0;
  const RawStatements statements = TRY(extract(sql, count));
  if (count == 0 || (count > 1 && !is_one_statement(sql))) {
    return fail(ErrorKind::invalid_argument, "one statement is wanted here, not {}", count);
  }
  for (idx_t i = 0; i + 1 < count; ++i) {
    const RawPrepared part = TRY(prepare(statements, i, sql));
    if (duckdb_prepared_statement_type(part.get()) != DUCKDB_STATEMENT_TYPE_CREATE) {
      return fail(ErrorKind::invalid_argument, "one statement is wanted here, not {}", count);
    }
    TRY(finish(part, sql));
  }
  RawPrepared prepared = TRY(prepare(statements, count - 1, sql));
  if (session.database->locked_down && duckdb_prepared_statement_type(prepared.get()) != DUCKDB_STATEMENT_TYPE_SELECT) {
    return fail_hint("write a select", ErrorKind::permission_denied, "only a select may run here");
  }
  return prepared;
}

Status Connection::State::finish(const RawPrepared& prepared, std::string_view sql) {
  TRY(check_not_stopped(session));
  RawResult result;
  if (duckdb_execute_prepared(prepared.get(), result.out()) != DuckDBSuccess) return fail(error_of(result, sql));
  return {};
}

Result<std::unique_ptr<Rows::State>> Connection::State::start(const RawPrepared& prepared, std::string_view sql) {
  TRY(check_not_stopped(session));
  auto rows = std::make_unique<Rows::State>();
  rows->sql = sql;
  RawPending pending;
  if (duckdb_pending_prepared_streaming(prepared.get(), pending.out()) != DuckDBSuccess) {
    const char* const message = duckdb_pending_error(pending.get());
    return fail(error_of(message == nullptr ? "INTERNAL Error: the query did not start" : message, sql));
  }
  TRY(check_not_stopped(session));
  if (duckdb_execute_pending(pending.get(), rows->result.out()) != DuckDBSuccess) {
    Error error = error_of(rows->result, sql);
    pending.reset();
    return fail(session.reason_of(std::move(error), prepared));
  }
  const idx_t count = duckdb_column_count(rows->result.out());
  for (idx_t i = 0; i < count; ++i) {
    const RawType type(duckdb_column_logical_type(rows->result.out(), i));
    rows->types.push_back(Type::of(type.get()));
    rows->columns.push_back({duckdb_column_name(rows->result.out(), i), rows->types.back().spelled()});
  }
  return rows;
}

// Of a later statement, DuckDB drops the place of some errors. So this finds where the statement begins, blanks out
// what is before it, and prepares it alone. `index` counts statements from 0.
Error Connection::State::with_place(Error error, idx_t index, std::string_view sql) {
  if (index == 0 || error.kind != ErrorKind::invalid_argument || error.message.starts_with("line ")) return error;
  std::size_t begin = 0;
  for (std::size_t end = sql.find(';'); end != std::string_view::npos; end = sql.find(';', end + 1)) {
    idx_t count = 0;
    const auto head = extract(sql.substr(0, end + 1), count);
    if (!head || count < index) continue;  // inside a string, or too early
    if (count == index && begin == 0) begin = end + 1;
    if (count > index) {
      sql = sql.substr(0, end + 1);
      break;
    }
  }
  std::string alone(sql);
  for (std::size_t i = 0; i < begin; ++i) alone[i] = alone[i] == '\n' ? '\n' : ' ';
  idx_t count = 0;
  const auto statements = extract(alone, count);
  if (!statements || count != 1) return error;
  const auto prepared = prepare(*statements, 0, alone);
  return prepared || !prepared.error().message.ends_with(error.message) ? error : prepared.error();
}

Connection::Connection(std::unique_ptr<State> state) : state_(std::move(state)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Status Connection::run(std::string_view sql) {
  Activity activity(*state_->session.watcher);
  idx_t count = 0;
  const RawStatements statements = TRY(state_->extract(sql, count));
  for (idx_t i = 0; i < count; ++i) {
    Result<RawPrepared> prepared = state_->prepare(statements, i, sql);
    if (!prepared) return fail(state_->with_place(std::move(prepared).error(), i, sql));
    TRY(state_->finish(*prepared, sql));
  }
  return {};
}

Result<Rows> Connection::query(std::string_view sql) {
  Activity activity(*state_->session.watcher);
  RawPrepared prepared = TRY(state_->prepare_only(sql));
  auto rows = TRY(state_->start(prepared, sql));
  for (std::size_t i = 0; i < rows->types.size(); ++i) {
    if (rows->types[i].is_readable()) continue;
    return fail_hint("cast it to varchar", ErrorKind::unsupported, "column \"{}\" has type {}, which is not read here",
                     rows->columns[i].name, rows->columns[i].type);
  }
  rows->session = &state_->session;
  rows->prepared = std::move(prepared);
  rows->number = activity.hand_on();
  return Rows(std::move(rows));
}

Result<std::optional<std::string>> Connection::value(std::string_view sql) {
  Rows rows = TRY(query(sql));
  if (rows.columns().size() != 1) {
    return fail(ErrorKind::invalid_argument, "one column is wanted here, not {}", rows.columns().size());
  }
  if (!TRY(rows.next())) return fail(ErrorKind::invalid_argument, "one row is wanted here, not none");
  std::optional<std::string> out;
  if (!rows.is_null(0)) out = rows.text(0);
  if (TRY(rows.next())) return fail(ErrorKind::invalid_argument, "one row is wanted here, not more");
  return out;
}

Result<std::vector<std::vector<std::optional<std::string>>>> Connection::all(std::string_view sql) {
  Rows rows = TRY(query(sql));
  std::vector<std::vector<std::optional<std::string>>> out;
  while (TRY(rows.next())) {
    auto& row = out.emplace_back();
    for (std::size_t i = 0; i < rows.columns().size(); ++i) {
      row.push_back(rows.is_null(i) ? std::nullopt : std::optional(rows.text(i)));
    }
  }
  return out;
}

Result<std::vector<Column>> Connection::describe(std::string_view sql) {
  const Activity activity(*state_->session.watcher);
  const RawPrepared prepared = TRY(state_->prepare_only(sql));
  std::vector<Column> out;
  for (idx_t i = 0; i < duckdb_prepared_statement_column_count(prepared.get()); ++i) {
    const RawType type(duckdb_prepared_statement_column_logical_type(prepared.get(), i));
    const char* const column = duckdb_prepared_statement_column_name(prepared.get(), i);
    out.push_back({column == nullptr ? "" : column, Type::of(type.get()).spelled()});
    duckdb_free(const_cast<char*>(column));
  }
  return out;
}

void Connection::interrupt() { state_->session.watcher->interrupt(); }
void Connection::watch(const Cancel* cancel) { state_->session.watcher->watch(cancel); }

Result<Connection> open_connection(std::shared_ptr<OpenDatabase> database) {
  auto state = std::make_unique<Connection::State>();
  Session& session = state->session;
  session.database = std::move(database);
  if (duckdb_connect(session.database->raw.get(), session.raw.out()) != DuckDBSuccess) {
    return fail(ErrorKind::internal, "connect to the engine");
  }
  session.watcher = std::make_unique<Watcher>(session.raw.get());
  return Connection(std::move(state));
}

Status run_plain(duckdb_connection connection, const std::string& sql) {
  RawResult result;
  if (duckdb_query(connection, sql.c_str(), result.out()) == DuckDBSuccess) return {};
  return fail(error_of(result, sql));
}

}  // namespace centavo::duck
