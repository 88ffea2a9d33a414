#pragma once
/// \file lake/delta/schema.h
/// Columns of a Delta table: Spark's schema JSON, and the DuckDB types beside it.
/// Source: delta-io/delta PROTOCOL.md, "Schema Serialization Format".

#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace centavo::delta {

struct Field {
  std::string name;
  Json type;              ///< "string", "decimal(38,21)", or the object of a struct, array or map
  bool nullable = true;
  Json metadata = Json::object();
};

struct Schema {
  std::vector<Field> fields;
  const Field* find(std::string_view name) const;  ///< ignoring case, as Delta does
};

/// A field of a DuckDB type: "DECIMAL(38,9)" -> "decimal(38,9)", "TIMESTAMP WITH TIME ZONE" -> "timestamp",
/// "MAP(VARCHAR, VARCHAR)", structs, lists. `unsupported` names a type that Delta has not (HUGEINT, TIME, UUID, …).
Result<Field> field_of_duck(std::string_view name, std::string_view duck_type, bool nullable = true);

/// The DuckDB type of a Delta type. `unsupported` names what we do not read.
Result<std::string> duck_type_of(const Json& delta_type);

/// Whose names a nested type is spelled with: the table's, or those in the files (column mapping).
enum class Names { logical, physical };
Result<std::string> duck_type_of(const Json& delta_type, Names names);

/// The name the column has in files, partition values and statistics: its own, or what column mapping says.
std::string physical_name(const Field& field);

/// One element of a struct's "fields".
Result<Field> parse_field_json(const Json& json);

/// Can every value of `from` be held by `to` without a rewrite of its meaning: byte<short<integer<long, float<double,
/// decimal with the same scale and more digits. Not reflexive.
bool is_widening(const Json& from, const Json& to);

/// `corrupt_data` when the text is not a struct or a name occurs twice (ignoring case).
Result<Schema> parse_schema(std::string_view json);
std::string to_json(const Schema& schema);

}  // namespace centavo::delta
