#pragma once
/// \file io/duck/session.h
/// What database.cc, connection.cc and rows.cc share. For the sources of this folder only.

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/duck/duck.h"
#include "io/duck/raw.h"
#include "io/duck/values.h"
#include "io/duck/watcher.h"

namespace centavo::duck {

struct OpenDatabase {
  RawDatabase raw;
  std::atomic<bool> locked_down = false;
};

/// A connection and what keeps it alive. Rows borrow it.
struct Session {
  std::shared_ptr<OpenDatabase> database;  // closed after the connection
  RawSession raw;
  std::unique_ptr<Watcher> watcher;        // leaves before the connection closes

  /// The error itself, unless it says "interrupted" though nobody asked: in a streamed query, DuckDB sometimes answers
  /// so when a thread failed, and the thread's own error is lost (seen with 1.5.5, one in a thousand under load). Then
  /// runs the select again, without its rows, until it says why.
  Error reason_of(Error error, const RawPrepared& prepared) const;
};

/// A duckdb_result, which is destroyed with it.
class RawResult {
 public:
  RawResult() = default;
  RawResult(const RawResult&) = delete;
  RawResult& operator=(const RawResult&) = delete;
  ~RawResult() { duckdb_destroy_result(&raw_); }
  duckdb_result* out() { return &raw_; }
  duckdb_result& get() { return raw_; }
  /// What went wrong, or "".
  std::string_view message() {
    const char* const text = duckdb_result_error(&raw_);
    return text == nullptr ? "" : text;
  }

 private:
  duckdb_result raw_{};
};

inline Error error_of(RawResult& result, std::string_view sql) {
  const std::string_view message = result.message();
  return error_of(message.empty() ? "INTERNAL Error: the query failed" : message, sql);
}

struct Rows::State {
  Session* session = nullptr;
  std::uint64_t number = 0;  // of the query, for the watcher
  std::string sql;
  std::vector<Column> columns;
  std::vector<Type> types;
  RawPrepared prepared;
  RawResult result;
  RawChunk chunk;
  std::vector<Values> values;
  std::uint64_t row = 0;
  std::uint64_t row_count = 0;
  std::int64_t rows_seen = 0;
  std::int64_t rows_max = 0;  // 0: any number
  bool started = false;
  bool ended = false;

  ~State() {
    if (session != nullptr) session->watcher->end(number);
  }
  Result<bool> next_chunk();
  const Values& at(std::size_t column) const { return values[column]; }
};

Result<Connection> open_connection(std::shared_ptr<OpenDatabase> database);

/// Statements without a result of interest, before there is a Connection.
Status run_plain(duckdb_connection connection, const std::string& sql);

/// ['a', 'b'], as it is.
std::string string_list(const std::vector<std::string>& items);

}  // namespace centavo::duck
