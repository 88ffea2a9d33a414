#pragma once
/// \file lake/delta/stats.h
/// From DuckDB's COPY … (RETURN_STATS) to the statistics of Delta files.

#include <string>
#include <vector>

#include "base/result.h"
#include "io/duck/duck.h"
#include "lake/delta/table.h"

namespace centavo::delta {

/// One file that COPY wrote, as it said.
struct CopiedFile {
  std::string filename;         ///< as DuckDB names it
  std::int64_t rows = 0;
  std::int64_t size_bytes = 0;
  std::string stats_json;       ///< Delta statistics, partition columns left out
  std::map<std::string, std::int64_t> null_counts;   ///< by column that is not nested
};

/// Runs "COPY (<select>) TO '<engine_path>' (FORMAT parquet, COMPRESSION zstd, RETURN_STATS, …)" and reads what it
/// wrote. `schema` names the columns that get statistics (the first 32 leaves). `extra_options` is appended to the COPY
/// options. Does not settle the file.
Result<std::vector<CopiedFile>> copy_to_parquet(duck::Connection& connection, std::string_view select,
                                                std::string_view engine_path, const Schema& schema,
                                                std::string_view extra_options = {});

}  // namespace centavo::delta
