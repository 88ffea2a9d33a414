#pragma once
/// \file flow/connect/csv_record.h
/// One CSV record as text.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "flow/connect/parts.h"

namespace centavo {

/// The fields of one record, quotes taken off. The record's line end is not part of it.
std::vector<std::string> csv_fields(std::string_view record, const CsvDialect& dialect);

}  // namespace centavo
