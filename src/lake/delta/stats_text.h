#pragma once
/// \file lake/delta/stats_text.h
/// One bound of a column, from DuckDB's text to the JSON of Delta's statistics.
/// Source: delta-io/delta PROTOCOL.md, "Per-file Statistics"; traps: docs/formats/delta.md.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace centavo::delta {

/// JSON text of the bound, or nullopt when the type has none that can be trusted (float, double, boolean, binary).
/// Decimals keep their digits. Strings are cut to 32 characters, a maximum is raised above what it was cut from.
/// Timestamps go to the millisecond, a maximum is rounded up. `upper`: the text is a maximum.
/// `invalid_argument` for dates and times that Delta cannot hold ("infinity", before year 1, after 9999).
Result<std::optional<std::string>> bound_json(std::string_view delta_type, std::string_view text, bool upper);

}  // namespace centavo::delta
