#pragma once
/// \file flow/connect/file_periods.h
/// Which months a file holds.

#include <string>
#include <vector>

#include "flow/connect/landing.h"

namespace centavo {

struct FilePeriods {
  std::vector<std::string>
      periods;   ///< "2026-09", in order; {""} when the source has none; empty: no rows to tell from
  std::string column;                 ///< the column that told
};

/// By column: reads the distinct values of the first of the source's candidates that the file has. `corrupt_data` when
/// it has none of them or a row's value is not a date: such a row would belong to no month and be lost. `temp_dir`
/// holds a few parts of the file while it is read.
Result<FilePeriods> periods_of_file(duck::Connection& engine, const pack::SourceKind& kind, const LandedFile& file,
                                    const std::string& local_path, const std::string& temp_dir, const Cancel* cancel);

/// The names of a file's columns, as delivered.
Result<std::vector<std::string>> columns_of_file(duck::Connection& engine, const pack::SourceKind& kind,
                                                 const LandedFile& file, const std::string& local_path);

}  // namespace centavo
