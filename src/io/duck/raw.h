#pragma once
/// \file io/duck/raw.h
/// DuckDB's handles with their destructors, and its errors as ours. For the sources of this folder only.
/// Source: duckdb.h names the destructor of every constructor.

#include <duckdb.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace centavo::duck {

/// Owns a handle that `destroy` frees, as all of DuckDB's destroy functions do: they take its address and null it.
template <class T, void (*destroy)(T*)>
class Handle {
 public:
  Handle() = default;
  explicit Handle(T raw) : raw_(raw) {}
  Handle(Handle&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  ~Handle() { reset(); }

  T get() const { return raw_; }
  /// For functions that fill a handle in; frees what it held.
  T* out() {
    reset();
    return &raw_;
  }
  void reset() {
    if (raw_ != nullptr) destroy(&raw_);
    raw_ = nullptr;
  }
  explicit operator bool() const { return raw_ != nullptr; }

 private:
  T raw_ = nullptr;
};

using RawDatabase = Handle<duckdb_database, duckdb_close>;
using RawSession = Handle<duckdb_connection, duckdb_disconnect>;
using RawConfig = Handle<duckdb_config, duckdb_destroy_config>;
using RawStatements = Handle<duckdb_extracted_statements, duckdb_destroy_extracted>;
using RawPrepared = Handle<duckdb_prepared_statement, duckdb_destroy_prepare>;
using RawPending = Handle<duckdb_pending_result, duckdb_destroy_pending>;
using RawChunk = Handle<duckdb_data_chunk, duckdb_destroy_data_chunk>;
using RawType = Handle<duckdb_logical_type, duckdb_destroy_logical_type>;
using RawFunction = Handle<duckdb_scalar_function, duckdb_destroy_scalar_function>;
using RawFunctionSet = Handle<duckdb_scalar_function_set, duckdb_destroy_scalar_function_set>;

struct RawConnection {
  duckdb_connection handle = nullptr;  // not owned
};

/// Text that DuckDB allocated, or "".
inline std::string take_text(char* text) {
  std::string out = text == nullptr ? "" : text;
  duckdb_free(text);
  return out;
}

/// DuckDB's message as our error: the kind from its first words, "LINE 3: …^" as "line 3, column 14",
/// its "Did you mean" as the hint. `sql` is what ran; it finds the column of a line that DuckDB shortened.
Error error_of(std::string_view message, std::string_view sql);

}  // namespace centavo::duck
