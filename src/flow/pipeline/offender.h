#pragma once
/// \file flow/pipeline/offender.h
/// Where the text stands that stopped the engine: the engine names a value, a person needs the file, row and column.

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/error.h"
#include "flow/engine/desk.h"

namespace centavo {

/// Looks in `tables` (SQL selects with source_file_name and source_row_number, by name) for rows with the value that
/// `error` quotes, and tries them alone, a few of them at most: `try_row` gets the table's name and a select of one
/// row, and says whether that row fails too. "may.csv: row 17, column cost"; nothing when no row is certain.
std::optional<std::string> find_offender(duck::Connection& engine, const std::map<std::string, std::string>& tables,
                                         const Error& error,
                                         const std::function<bool(const std::string&, const std::string&)>& try_row);

}  // namespace centavo
