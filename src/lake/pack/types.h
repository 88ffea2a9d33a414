#pragma once
/// \file lake/pack/types.h
/// Column types as packs write them, and values of those types.

#include <string>
#include <string_view>

#include "base/result.h"

namespace centavo::pack {

/// DuckDB's spelling of a declared type: "decimal(38, 21)" -> "DECIMAL(38,21)", "timestamp" -> "TIMESTAMP WITH TIME
/// ZONE", "list(varchar)" -> "VARCHAR[]". `invalid_argument` for anything a Delta table cannot hold; the hint says what
/// to write.
Result<std::string> normalise_type(std::string_view text);

/// `text` as the plain text of a value of a (normalised) type: 1e3 -> 1000, 2026-09-30T12:00:00Z -> 2026-09-30
/// 12:00:00.000+00. In SQL: cast('<it>' as <type>). `invalid_argument` when it is not a value of the type.
Result<std::string> plain_value(std::string_view type, std::string_view text);

}  // namespace centavo::pack
