#pragma once
/// \file lake/delta/duck_type.h
/// A DuckDB type as its spelling says: "DECIMAL(38,9)", "STRUCT(a INTEGER, \"b c\" VARCHAR[])", "MAP(VARCHAR, BIGINT)".

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace centavo::delta {

struct DuckType {
  std::string id;  ///< "VARCHAR", "DECIMAL", "STRUCT", "LIST", "MAP", "TIMESTAMP WITH TIME ZONE", …
  int width = 0;  ///< of a decimal
  int scale = 0;
  std::vector<std::string> names;  ///< of a struct's fields
  std::vector<DuckType> children;  ///< of a struct, list (1) or map (2)

  const DuckType* child(std::string_view name) const;
};

/// `invalid_argument` when the text is not a type's spelling. A fixed-size array is the id "ARRAY" with one child.
Result<DuckType> parse_duck_type(std::string_view text);

}  // namespace centavo::delta
