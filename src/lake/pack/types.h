#pragma once
/// \file lake/pack/types.h
/// Column types as packs write them, and values of them as SQL literals.

#include <string>
#include <string_view>

#include "base/result.h"

namespace centavo::pack {

/// DuckDB's spelling of a declared type: "decimal(38, 21)" -> "DECIMAL(38,21)", "timestamp" -> "TIMESTAMP WITH TIME ZONE",
/// "list(varchar)" -> "VARCHAR[]". `invalid_argument` for anything a Delta table cannot hold; the hint says what to write.
Result<std::string> normalise_type(std::string_view text);

/// `text` as a literal of a (normalised) type that DuckDB and Spark both read: 1000, DATE '2026-01-01', 'it''s'.
/// `invalid_argument` when the text is not a value of the type.
Result<std::string> sql_literal(std::string_view type, std::string_view text);

}  // namespace centavo::pack
