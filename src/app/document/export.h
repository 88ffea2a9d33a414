#pragma once
/// \file app/document/export.h
/// Tables as files: CSV, CSV as Brazilian spreadsheets read it, JSON lines, XLSX and Parquet. Memory stays bounded
/// however many rows there are. What each format does to a value: docs/formats/api.md, "Files".

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/cancel.h"
#include "base/json.h"
#include "base/result.h"
#include "flow/explore/explore.h"
#include "io/duck/duck.h"

namespace centavo::document {

enum class FileFormat { csv, csvbr, jsonl, xlsx, parquet };
/// "csv", "csvbr", "jsonl", "xlsx", "parquet"; `invalid_argument` for another.
Result<FileFormat> parse_file_format(std::string_view text);
std::string_view media_type(FileFormat format);
/// "csv", "csv", "jsonl", "xlsx", "parquet"
std::string_view ending_of(FileFormat format);

/// Where bytes go as they are made.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual Status write(std::string_view bytes) = 0;
};
class TextSink : public Sink {
 public:
  std::string text;
  Status write(std::string_view bytes) override;
};

struct TableColumn {
  std::string name;
  std::string type;                    ///< the engine's spelling: "VARCHAR", "DECIMAL(38,21)", "BIGINT", "DATE"
};

/// Rows one after the other: of the engine, or of an answer.
class TableRows {
 public:
  virtual ~TableRows() = default;
  virtual const std::vector<TableColumn>& columns() const = 0;
  virtual Result<bool> next() = 0;
  /// Of the current row; exact text, nullopt for null.
  virtual std::optional<std::string> value(std::size_t column) const = 0;
  /// False only when it is known that no value of this column has more digits than a spreadsheet's number (15).
  virtual bool may_be_long(std::size_t column) const = 0;
};
/// `rows` must outlive it.
std::unique_ptr<TableRows> rows_of(duck::Rows& rows);

/// A table that is held whole.
struct Table {
  std::vector<TableColumn> columns;
  std::vector<std::vector<std::optional<std::string>>> rows;
};
/// `table` must outlive it.
std::unique_ptr<TableRows> rows_of(const Table& table);

Table table_of(const explore::Cost& cost);
/// Pivoted: a column "level" (0 is the grand total), the rows' dimensions, a column for each column key and value, the
/// totals. Subtotals stay, "(total)" standing where a dimension is added up.
Table table_of(const explore::Pivot& pivot);
Table table_of(const explore::Commitments& commitments);
/// A list of objects: a column for each key, in the order in which they are met; nested values as JSON.
Table table_of(const OrderedJson& objects);

/// What a file says of itself, where its format has room: XLSX on a second sheet.
struct About {
  std::string title;                   ///< of the sheet of rows
  std::vector<std::pair<std::string, std::string>> lines;   ///< tenant, period, filters, release, user, time, …
};
About about_of(const Tenant& tenant, const explore::Question& question, const explore::Span& period,
               const std::string& currency, std::int64_t release, const std::string& user, TimeMs now_ms);

struct ExportOptions {
  FileFormat format = FileFormat::csv;
  About about;
  std::string scratch_folder;          ///< for formats that are made as a file first; "": the system's
  const Cancel* cancel = nullptr;
};
/// Writes all rows. Before the first byte of XLSX and Parquet is written the file is whole; of the others a broken sink
/// or a cancelled export leaves a part. `over_limit` for more rows than a sheet has (1,048,575 under the headings).
Status write_file(TableRows& rows, Sink& sink, const ExportOptions& options);

}  // namespace centavo::document
