#pragma once
/// \file flow/connect/file_periods.h
/// Which months a file holds, and how many rows of each. What a value means is told here for landings and for tables.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "flow/connect/landing.h"

namespace centavo {

/// One column of a file, and how SQL over the file's rows names it.
struct FileColumn {
  std::string name;
  std::string sql;
};

struct FilePeriods {
  std::vector<std::string>
      periods;   ///< "2026-09", in order; {""} when the source has none; empty: no rows to tell from
  std::string column;                         ///< the column that told; "a.b" is member b of column a
  std::map<std::string, std::int64_t> rows;   ///< by period, when a column told; together all rows of the file
  std::map<std::string, std::string> digests;  ///< of each period's rows, in any order, when the source compares rows
};

/// By column: reads the distinct values of the first of the source's candidates that the file has, as text.
/// `corrupt_data` when it has none of them, or names the first row whose value is not a month or date: such a row would
/// belong to no month and be lost. `temp_dir` holds a few parts of the file while it is read.
Result<FilePeriods> periods_of_file(duck::Connection& engine, const pack::SourceKind& kind, const LandedFile& file,
                                    const std::string& local_path, const std::string& temp_dir, const Cancel* cancel);

/// The month that a text of the period's column means to this source.
std::optional<Period> month_of_text(const std::string& text, const pack::SourceKind& kind);

/// SQL for the text of the period's column as a landing read it; empty when the file has no such column.
std::string period_text_sql(const std::vector<FileColumn>& columns, const std::string& name, const LandedFile& file);
/// SQL that is true for rows of one month, of texts that periods_of_file took for months.
std::string period_filter_sql(const pack::SourceKind& kind, const std::string& period_text, const std::string& period);

/// The names of a file's columns, as delivered.
Result<std::vector<std::string>> columns_of_file(duck::Connection& engine, const pack::SourceKind& kind,
                                                 const LandedFile& file, const std::string& local_path);

}  // namespace centavo
