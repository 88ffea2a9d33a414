#pragma once
/// \file flow/connect/parts.h
/// A landed CSV file as parts that the engine reads side by side.
///
/// DuckDB numbers rows in one thread only and inflates gzip slowly and without checking its CRC. So a CSV file is
/// inflated here (ISA-L, libzstd, libarchive), its records counted with quotes in mind, and cut at record ends into
/// plain CSV parts, each with the header.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "flow/connect/landing.h"

namespace centavo {

struct CsvDialect {
  char delimiter = ',';
  char quote = '"';
  std::string encoding = "utf-8";   ///< utf-8 (BOM dropped), utf-16 (by BOM), latin-1
  bool short_rows = false;          ///< rows may end early
  std::vector<std::string> columns = {};   ///< without a header row: the names of its columns
};

/// The options of DuckDB's read_csv that say how it meets rows with fewer fields than the header.
std::string_view short_row_options(const CsvDialect& dialect);

/// The dialect that a source declares for a file; a .tsv file is cut at tabs unless it says otherwise.
CsvDialect dialect_of(const pack::SourceKind& kind, const LandedFile& file);

struct CsvPart {
  std::string path;                 ///< a plain UTF-8 file, CSV with its header; the receiver removes it
  std::int64_t first_row = 1;       ///< number of its first data row in the source file, from 1
  std::int64_t rows = 0;            ///< data rows in it, as counted here
};

/// `error` of reading a part: the line that the engine counts there becomes the row of the file.
Error with_row_of_file(Error error, const CsvPart& part);

/// Cuts the file into parts of about `part_bytes` under `temp_dir` and hands each to `on_part` (which may block, to
/// bound the disk used; an error from it stops the work and is returned). Returns the number of data rows in the file.
///
/// Line ends outside quotes become '\n', and blank lines, which are no rows when there are several columns, are left
/// out: read with `auto_detect = false`, `header = true`, `new_line = '\n'` and `escape` the same as `quote`, a part
/// gives exactly `rows` rows. A file without data rows gives no part. Of a zip with several files all are read, one
/// after another; they must have the same header. `corrupt_data` when the compression is broken or cut, a quote never
/// closes, a carriage return stands alone outside quotes, or a record is longer than `record_bytes_max`; the message
/// names the row, the caller the file.
Result<std::int64_t> split_csv(const std::string& path, const LandedFile& file, const CsvDialect& dialect,
                               const std::string& temp_dir, std::int64_t part_bytes,
                               const std::function<Status(CsvPart)>& on_part, const Cancel* cancel,
                               std::int64_t record_bytes_max = 64 << 20);

/// The header record's fields, as delivered, or the dialect's columns when the first record has as many fields. Errors
/// name the file.
Result<std::vector<std::string>> read_csv_header(const std::string& path, const LandedFile& file,
                                                 const CsvDialect& dialect);

}  // namespace centavo
