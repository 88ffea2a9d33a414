#include "io/sqldb/sqldb.h"

#include <sqlite3.h>

#include <limits>

namespace centavo {
namespace {

constexpr ErrorKind kind_of(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ErrorKind::busy;
    case SQLITE_FULL: return ErrorKind::out_of_space;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY: return ErrorKind::permission_denied;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ErrorKind::corrupt_data;
    case SQLITE_CONSTRAINT:
      return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ? ErrorKind::already_exists
                                                                                      : ErrorKind::conflict;
    case SQLITE_ERROR:
    case SQLITE_RANGE:
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH: return ErrorKind::invalid_argument;
    case SQLITE_INTERRUPT: return ErrorKind::cancelled;
    case SQLITE_IOERR: return ErrorKind::io;
    default: return ErrorKind::internal;
  }
}

std::string hint_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::busy: return "another process is writing; try again when it has finished";
    case ErrorKind::out_of_space: return "free some disk space and run again";
    default: return {};
  }
}

}  // namespace

struct SqlDb::State {
  sqlite3* db = nullptr;
  std::string path;
  ~State() { sqlite3_close_v2(db); }

  tl::unexpected<Error> error(std::string_view doing) const {
    const int code = db == nullptr ? SQLITE_NOMEM : sqlite3_extended_errcode(db);
    const ErrorKind kind = kind_of(code);
    return fail_hint(hint_of(kind), kind, "{}: {}: {}", path, doing,
                     db == nullptr ? "out of memory" : sqlite3_errmsg(db));
  }
};

struct SqlStatement::State {
  sqlite3_stmt* statement = nullptr;
  SqlDb::State* db = nullptr;
  ~State() { sqlite3_finalize(statement); }

  Status check(int code, std::string_view doing) const {
    if (code == SQLITE_OK) return {};
    return db->error(doing);
  }
};

SqlStatement::SqlStatement(std::unique_ptr<State> state) : state_(std::move(state)) {}
SqlStatement::SqlStatement(SqlStatement&&) noexcept = default;
SqlStatement& SqlStatement::operator=(SqlStatement&&) noexcept = default;
SqlStatement::~SqlStatement() = default;

Status SqlStatement::bind(int place, std::string_view text) {
  // SQLite reads a null pointer as NULL; an empty text is a text.
  const char* const bytes = text.data() == nullptr ? "" : text.data();
  return state_->check(sqlite3_bind_text64(state_->statement, place, bytes, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8),
                       "bind");
}

Status SqlStatement::bind(int place, std::int64_t value) {
  return state_->check(sqlite3_bind_int64(state_->statement, place, value), "bind");
}

Status SqlStatement::bind(int place, std::nullptr_t) {
  return state_->check(sqlite3_bind_null(state_->statement, place), "bind");
}

Result<bool> SqlStatement::step() {
  switch (sqlite3_step(state_->statement)) {
    case SQLITE_ROW: return true;
    case SQLITE_DONE: return false;
    default: return state_->db->error(sqlite3_sql(state_->statement));
  }
}

Status SqlStatement::run() {
  while (TRY(step())) {
  }
  return {};
}

void SqlStatement::reset() {
  sqlite3_reset(state_->statement);
  sqlite3_clear_bindings(state_->statement);
}

int SqlStatement::column_count() const { return sqlite3_column_count(state_->statement); }

std::string SqlStatement::column_name(int column) const {
  const char* const text = sqlite3_column_name(state_->statement, column);
  return text == nullptr ? "" : text;
}

bool SqlStatement::is_null(int column) const { return sqlite3_column_type(state_->statement, column) == SQLITE_NULL; }

std::string SqlStatement::text(int column) const {
  const auto* const bytes = reinterpret_cast<const char*>(sqlite3_column_text(state_->statement, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(state_->statement, column))};
}

std::optional<std::string> SqlStatement::maybe_text(int column) const {
  if (is_null(column)) return std::nullopt;
  return text(column);
}

std::int64_t SqlStatement::integer(int column) const { return sqlite3_column_int64(state_->statement, column); }

std::optional<std::int64_t> SqlStatement::maybe_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

SqlTransaction::SqlTransaction(SqlTransaction&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}

SqlTransaction::~SqlTransaction() {
  // A failed statement may already have rolled back; there is then nothing to undo.
  if (db_ != nullptr && sqlite3_get_autocommit(db_->state_->db) == 0) static_cast<void>(db_->run("rollback"));
}

Status SqlTransaction::commit() {
  TRY(db_->run("commit"));  // on failure (busy, disk full) the destructor rolls back
  db_ = nullptr;
  return {};
}

SqlDb::SqlDb(std::unique_ptr<State> state) : state_(std::move(state)) {}
SqlDb::SqlDb(SqlDb&&) noexcept = default;
SqlDb& SqlDb::operator=(SqlDb&&) noexcept = default;
SqlDb::~SqlDb() = default;

Result<SqlDb> SqlDb::open(const std::string& path) {
  auto state = std::make_unique<State>();
  state->path = path;
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(path.c_str(), &state->db, kFlags, nullptr) != SQLITE_OK) return state->error("open");
  sqlite3_extended_result_codes(state->db, 1);
  sqlite3_busy_timeout(state->db, kBusyTimeoutMs);
  SqlDb db(std::move(state));
  TRY(db.run("pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on"));
  return db;
}

Status SqlDb::run(std::string_view sql) {
  while (!sql.empty()) {
    sqlite3_stmt* statement = nullptr;
    const char* rest = nullptr;
    if (sql.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
      return fail(ErrorKind::invalid_argument, "{}: the statement is too long", state_->path);
    }
    if (sqlite3_prepare_v2(state_->db, sql.data(), static_cast<int>(sql.size()), &statement, &rest) != SQLITE_OK) {
      return state_->error(sql);
    }
    const auto taken = static_cast<std::size_t>(rest - sql.data());
    sql.remove_prefix(taken);
    if (statement == nullptr && taken == 0) break;  // a zero byte ends it
    if (statement == nullptr) continue;  // blanks or a comment
    auto owner = std::make_unique<SqlStatement::State>();
    owner->statement = statement;
    owner->db = state_.get();
    TRY(SqlStatement(std::move(owner)).run());
  }
  return {};
}

Result<SqlStatement> SqlDb::prepare(std::string_view sql) {
  auto owner = std::make_unique<SqlStatement::State>();
  owner->db = state_.get();
  if (sql.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    return fail(ErrorKind::invalid_argument, "{}: the statement is too long", state_->path);
  }
  if (sqlite3_prepare_v2(state_->db, sql.data(), static_cast<int>(sql.size()), &owner->statement, nullptr) !=
      SQLITE_OK) {
    return state_->error(sql);
  }
  if (owner->statement == nullptr) return fail(ErrorKind::invalid_argument, "{}: an empty statement", state_->path);
  return SqlStatement(std::move(owner));
}

Result<SqlTransaction> SqlDb::begin() {
  TRY(run("begin immediate"));
  return SqlTransaction(this);
}

std::int64_t SqlDb::changes() const { return sqlite3_changes64(state_->db); }
std::int64_t SqlDb::last_insert_id() const { return sqlite3_last_insert_rowid(state_->db); }

}  // namespace centavo
