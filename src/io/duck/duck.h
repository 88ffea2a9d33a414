#pragma once
/// \file io/duck/duck.h
/// DuckDB through its C API: database, connection, streamed result. The only module that includes duckdb.h.
/// Source: duckdb/duckdb src/include/duckdb.h (1.5.5).

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "base/decimal.h"
#include "base/json.h"
#include "base/result.h"

namespace centavo::duck {

struct OpenDatabase;

struct Options {
  std::int64_t memory_limit_bytes = 0;   ///< 0: three quarters of what the machine (or its cgroup) has
  int threads = 0;                       ///< 0: as many as the machine has
  std::string temp_directory;            ///< where it spills; empty: no spilling
  bool locked_down = false;              ///< no files, no network, no settings: for SQL that people write
  std::vector<std::string> readable_files;  ///< with locked_down: the only files it may still read
  std::string file;                      ///< empty: in memory
};

struct Column {
  std::string name;
  std::string type;  ///< DuckDB's own spelling: "DECIMAL(38,21)", "MAP(VARCHAR, VARCHAR)"
};

/// Rows as they come from the engine, a block (at most 2,048 rows) at a time. Not thread-safe.
class Rows {
 public:
  struct State;
  Rows(Rows&&) noexcept;
  Rows& operator=(Rows&&) noexcept;
  ~Rows();

  const std::vector<Column>& columns() const;

  /// Moves to the next row; false at the end. An error of the running query comes out here.
  Result<bool> next();

  /// Before the first next(): it fails with `over_limit` when the query has more rows than that. 0: no limit.
  void limit(std::int64_t rows_max);

  /// Values of the current row. `column` counts from 0. Text is exact: decimals keep all digits, timestamps are
  /// ISO 8601 ("2026-09-01 00:00:00+00"), nested values are JSON (maps as objects, in order).
  bool is_null(std::size_t column) const;
  std::string text(std::size_t column) const;           ///< "" when null
  std::int64_t integer(std::size_t column) const;       ///< any integer type; 0 when null
  bool boolean(std::size_t column) const;
  /// The value as JSON: null, number for integers and doubles, string for decimals, dates and text, object or array for
  /// nested ones. An integer beyond 64 bits is a string.
  Json json(std::size_t column) const;

 private:
  friend class Connection;
  explicit Rows(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// One connection: one query at a time. Interrupts the running query when `cancel` is requested.
class Connection {
 public:
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  /// Runs one or more statements and drops their rows. Errors carry the line and column in `sql` and a hint.
  Status run(std::string_view sql);

  /// Runs one statement and streams its rows. The connection must outlive them, and runs nothing else meanwhile.
  /// On a locked-down database it must be a select (`permission_denied`): give people's SQL to this, never to `run`,
  /// which is for the views that the caller makes before.
  Result<Rows> query(std::string_view sql);

  /// The single value of a query of one row and one column, as text; nullopt when null.
  Result<std::optional<std::string>> value(std::string_view sql);
  /// All rows as text; for small results. Null is nullopt.
  Result<std::vector<std::vector<std::optional<std::string>>>> all(std::string_view sql);

  /// Names and types of a query's columns without running it.
  Result<std::vector<Column>> describe(std::string_view sql);

  /// Stops the running query, which then fails with `cancelled`. May be called from another thread.
  void interrupt();
  /// Stops the running query as soon as `cancel` is requested. Null: never.
  void watch(const Cancel* cancel);

 private:
  friend Result<Connection> open_connection(std::shared_ptr<OpenDatabase> database);
  struct State;
  explicit Connection(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// An engine with its memory limit and threads. Thread-safe; give each thread its own connection.
/// UTC, no extension is ever fetched. The functions of functions.h are registered.
class Database {
 public:
  static Result<Database> open(const Options& options);
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  Result<Connection> connect();
  /// From now on no files but those that `allowed_paths` names, no network and no settings; queries are selects only.
  /// Connections that are there and those to come.
  Status lock_down();
  /// Registers centavo_reading_hash(VARCHAR) -> VARCHAR: HMAC-SHA-256 with this key, which no SQL can get at. Once.
  Status bind_reading_key(std::string key);

  /// Peak of what the process held, in bytes (VmHWM).
  static std::int64_t peak_memory_bytes();

 private:
  struct State;
  explicit Database(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// "v1.5.5": of the library that runs.
std::string_view engine_version();

/// 'it''s' : a SQL string literal.
std::string literal(std::string_view text);
/// "a""b" : a quoted SQL name.
std::string name(std::string_view text);
/// ['a', 'b'] : a SQL list of string literals; the paths' glob characters ([ * ?) are escaped for read_parquet and
/// read_csv.
std::string path_list(const std::vector<std::string>& paths);

}  // namespace centavo::duck
