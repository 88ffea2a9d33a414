#pragma once
/// \file io/sqldb/sqldb.h
/// SQLite 3 behind Result: connection, prepared statement, transaction. The only module that includes sqlite3.h.
/// Error kinds: `busy` (another process held the file longer than kBusyTimeoutMs), `out_of_space`, `permission_denied`
/// (also a file that is read-only), `corrupt_data` (not a database), `already_exists` (unique or primary key),
/// `conflict` (any other constraint), `invalid_argument` (the SQL is wrong), `io`.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace centavo {

class SqlDb;

/// A prepared statement. Bind every "?" (counted from 1), then step. Must not outlive its SqlDb.
///
///     auto statement = TRY(db.prepare("select id, name from tenants where id = ?"));
///     TRY(statement.bind(1, id));
///     while (TRY(statement.step())) use(statement.text(0), statement.integer(1));
class SqlStatement {
 public:
  SqlStatement(SqlStatement&&) noexcept;
  SqlStatement& operator=(SqlStatement&&) noexcept;
  ~SqlStatement();

  Status bind(int place, std::string_view text);
  Status bind(int place, const char* text) { return bind(place, std::string_view(text)); }
  Status bind(int place, std::int64_t value);
  Status bind(int place, int value) { return bind(place, static_cast<std::int64_t>(value)); }
  Status bind(int place, std::nullptr_t);
  template <class T>
  Status bind(int place, const std::optional<T>& value) {
    return value ? bind(place, *value) : bind(place, nullptr);
  }
  /// Binds all, in order, from place 1.
  template <class... Values>
  Status bind_all(const Values&... values) {
    Status status;
    int place = 0;
    ((status = status ? bind(++place, values) : status), ...);
    return status;
  }

  /// Moves to the next row; false at the end.
  Result<bool> step();
  /// Runs to the end, dropping rows.
  Status run();
  /// Makes it ready to run again; bindings are cleared.
  void reset();

  /// Values of the current row; `column` counts from 0.
  int column_count() const;
  std::string column_name(int column) const;
  bool is_null(int column) const;
  std::string text(int column) const;            ///< "" when null
  std::optional<std::string> maybe_text(int column) const;
  std::int64_t integer(int column) const;        ///< 0 when null
  std::optional<std::int64_t> maybe_integer(int column) const;

 private:
  friend class SqlDb;
  struct State;
  explicit SqlStatement(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Rolls back unless committed. Takes the write lock at once (begin immediate). Must not outlive its SqlDb.
class SqlTransaction {
 public:
  SqlTransaction(SqlTransaction&&) noexcept;
  SqlTransaction& operator=(SqlTransaction&&) = delete;
  ~SqlTransaction();
  Status commit();

 private:
  friend class SqlDb;
  explicit SqlTransaction(SqlDb* db) : db_(db) {}
  SqlDb* db_;
};

/// A connection. WAL, synchronous=full, foreign keys on, waits kBusyTimeoutMs for another writer.
/// Not thread-safe: one per thread. Must stay where it is while statements and transactions live (do not move it).
class SqlDb {
 public:
  static constexpr int kBusyTimeoutMs = 5000;

  /// Opens or creates. ":memory:" for tests.
  static Result<SqlDb> open(const std::string& path);
  SqlDb(SqlDb&&) noexcept;
  SqlDb& operator=(SqlDb&&) noexcept;
  ~SqlDb();

  /// Runs one or more statements without parameters and drops their rows.
  Status run(std::string_view sql);
  /// One statement with its "?" bound in order: TRY(db.run("delete from runs where id = ?", id));
  template <class First, class... Rest>
  Status run(std::string_view sql, const First& first, const Rest&... rest) {
    SqlStatement statement = TRY(prepare(sql));
    TRY(statement.bind_all(first, rest...));
    return statement.run();
  }

  Result<SqlStatement> prepare(std::string_view sql);
  Result<SqlTransaction> begin();

  /// Rows changed by the last insert, update or delete; and the rowid of the last insert.
  std::int64_t changes() const;
  std::int64_t last_insert_id() const;

 private:
  friend class SqlStatement;
  friend class SqlTransaction;
  struct State;
  explicit SqlDb(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace centavo
