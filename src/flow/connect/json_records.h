#pragma once
/// \file flow/connect/json_records.h
/// Where the rows of a JSON file are, as SQL.

#include <string>
#include <string_view>
#include <vector>

#include "flow/connect/landing.h"

namespace centavo {

/// A select with one row per record of the file: `r` is the record as JSON; with the source's map_entries, `entry` is
/// the key it stood under. Reads the file once to see that its records are where the source says: `corrupt_data` when a
/// document has nothing under record_path, or something else than maps under map_entries.
Result<std::string> json_records(duck::Connection& engine, const pack::SourceKind& kind, const LandedFile& file,
                                 const std::string& local_path);

/// The names that the records have between them, in the order of the first place each has.
Result<std::vector<std::string>> json_names(duck::Connection& engine, const pack::SourceKind& kind,
                                            const std::string& records);

/// SQL over `records` for the value of one name as text: texts and numbers bare, nested values as JSON.
std::string json_value(const pack::SourceKind& kind, std::string_view name);

}  // namespace centavo
