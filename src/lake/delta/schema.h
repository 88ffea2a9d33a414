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

Result<Schema> parse_schema(std::string_view json);
std::string to_json(const Schema& schema);

}  // namespace centavo::delta
