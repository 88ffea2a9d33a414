#pragma once
/// \file app/cli/row_format.h
/// Streams a query's rows as CSV, JSON or JSON lines, or as a table for people, to standard output or into a file.

#include <cstdio>
#include <memory>
#include <string>

#include "app/cli/context.h"
#include "io/duck/duck.h"

namespace centavo::cli {

enum class RowFormat { table, csv, json, jsonl, parquet };
Result<RowFormat> row_format(const std::string& name);
/// By the file's ending; `otherwise` when it says nothing.
RowFormat row_format_of_file(const std::string& path, RowFormat otherwise);

/// Bytes for standard output, or for a file that appears under its name only when whole.
class RowSink {
 public:
  /// `path` "": standard output. Fails at once when the folder is missing.
  static Result<RowSink> open(Output& output, const std::string& path);
  RowSink(RowSink&&) noexcept;
  RowSink& operator=(RowSink&&) = delete;
  ~RowSink();   ///< removes a file that was not closed

  Status write(std::string_view bytes);
  /// True when nobody takes the bytes any more: go no further.
  bool abandoned() const;
  Status close();

 private:
  RowSink(Output& output, std::FILE* file, std::string path, std::string temporary);
  Output* output_;
  std::FILE* file_;
  std::string path_, temporary_;
};

/// Where a file is written before it gets its name.
std::string temporary_name(const std::string& path);
/// Gives a whole file its name.
Status put_in_place(const std::string& temporary, const std::string& path);

/// A field of a CSV line: quoted when it must be; null is nothing, an empty text is "".
void append_csv_field(std::string& line, std::string_view text, bool is_null);

/// Streams rows in a text format (not parquet). A table shows at most `rows_max` rows (0: all) and says when there are
/// more.
Status write_rows(Context& context, duck::Rows& rows, RowFormat format, RowSink& sink, std::int64_t rows_max);

}  // namespace centavo::cli
