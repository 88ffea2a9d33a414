#pragma once
/// \file io/duck/values.h
/// Types of columns, and the values of a block as exact text or JSON. For the sources of this folder only.
/// Source: duckdb.h, "Logical Type Interface" and "Vector Interface"; texts are those of DuckDB's cast to varchar,
/// except blobs (hex) and nested values (JSON).

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "io/duck/raw.h"

namespace centavo::duck {

struct Type {
  duckdb_type id = DUCKDB_TYPE_INVALID;
  duckdb_type stored_as = DUCKDB_TYPE_INVALID;  ///< of decimals and enums
  int width = 0;                                ///< of decimals
  int scale = 0;                                ///< of decimals
  std::uint64_t array_size = 0;
  std::string alias;
  std::vector<std::string> names;  ///< members of a struct or union, words of an enum
  std::vector<Type> children;      ///< element of a list or array, key and value of a map, members

  static Type of(duckdb_logical_type raw);
  /// As DuckDB spells it: STRUCT(a INTEGER, "b c" DECIMAL(38,21)[]).
  std::string spelled() const;
  /// False when it, or a type inside it, is one that the C API does not hand out in a documented form.
  bool is_readable() const;
};

/// A column of a block. Borrows the type and the block, which must outlive it.
struct Values {
  const Type* type = nullptr;
  const void* data = nullptr;
  std::uint64_t* validity = nullptr;
  std::vector<Values> children;

  static Values of(const Type& type, duckdb_vector vector);
  bool is_null(std::uint64_t row) const { return validity != nullptr && (validity[row / 64] >> (row % 64) & 1) == 0; }
  template <class T>
  T at(std::uint64_t row) const {
    return static_cast<const T*>(data)[row];
  }

  std::string text(std::uint64_t row) const;  ///< the value must not be null, here and below
  Json json(std::uint64_t row) const;
  std::int64_t integer(std::uint64_t row) const;

 private:
  void append_json(std::uint64_t row, std::string& out) const;
};

}  // namespace centavo::duck
