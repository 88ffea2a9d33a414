#include "app/cli/row_format.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <unistd.h>

#include "app/document/text.h"
#include "base/decimal.h"

namespace centavo::cli {
namespace {

constexpr std::size_t kBufferBytes = 1 << 16;
constexpr std::size_t kRowsToMeasure = 1000;
constexpr std::size_t kCellWidthMax = 60;

Error file_error(const std::string& path, int code) {
  const ErrorKind kind = code == ENOSPC || code == EDQUOT                   ? ErrorKind::out_of_space
                         : code == EACCES || code == EPERM || code == EROFS ? ErrorKind::permission_denied
                         : code == ENOENT || code == ENOTDIR                ? ErrorKind::not_found
                                                                            : ErrorKind::io;
  return {kind, fmt::format("write {}: {}", path, std::strerror(code)), {}};
}

bool is_number(const std::string& type) {
  if (type.starts_with("DECIMAL")) return true;
  for (const std::string_view number : {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT",
                                        "UINTEGER", "UBIGINT", "UHUGEINT", "FLOAT", "DOUBLE"}) {
    if (type == number) return true;
  }
  return false;
}

Status write_csv(duck::Rows& rows, RowSink& sink) {
  std::string text;
  const std::size_t count = rows.columns().size();
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) text += ',';
    append_csv_field(text, rows.columns()[i].name, false);
  }
  text += '\n';
  while (TRY(rows.next())) {
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) text += ',';
      if (rows.is_null(i)) {
        // One column that is null would be an empty line, which readers skip.
        if (count == 1) text += "\"\"";
      } else {
        append_csv_field(text, rows.text(i), false);
      }
    }
    text += '\n';
    if (text.size() >= kBufferBytes) {
      TRY(sink.write(text));
      if (sink.abandoned()) return {};
      text.clear();
    }
  }
  return sink.write(text);
}

Status write_json(duck::Rows& rows, RowSink& sink, bool lines) {
  std::string text = lines ? "" : "[";
  bool first = true;
  while (TRY(rows.next())) {
    if (!lines) text += first ? "\n  " : ",\n  ";
    first = false;
    text += '{';
    for (std::size_t i = 0; i < rows.columns().size(); ++i) {
      if (i > 0) text += ", ";
      text += Json(rows.columns()[i].name).dump(-1, ' ', false, Json::error_handler_t::replace) + ": ";
      text += rows.json(i).dump(-1, ' ', false, Json::error_handler_t::replace);
    }
    text += lines ? "}\n" : "}";
    if (text.size() >= kBufferBytes) {
      TRY(sink.write(text));
      if (sink.abandoned()) return {};
      text.clear();
    }
  }
  if (!lines) text += first ? "]\n" : "\n]\n";
  return sink.write(text);
}

std::vector<TextCell> cells_of(const duck::Rows& rows) {
  std::vector<TextCell> cells;
  for (std::size_t i = 0; i < rows.columns().size(); ++i) {
    if (rows.is_null(i)) {
      cells.push_back({"", Tone::faint});
    } else {
      const std::string text = rows.text(i);
      cells.push_back({rows.columns()[i].type.starts_with("DECIMAL") ? money_text(text) : printable(text)});
    }
  }
  return cells;
}

Status write_table(Context& context, duck::Rows& rows, RowSink& sink, std::int64_t rows_max) {
  std::vector<TextColumn> columns;
  for (const duck::Column& column : rows.columns()) {
    const bool number = is_number(column.type);
    columns.push_back({printable(column.name), number ? Align::point : Align::left, number ? 0 : kCellWidthMax});
  }
  TextTable table(std::move(columns), context.output().out_color());
  std::vector<std::vector<TextCell>> measured;
  std::int64_t count = 0;
  bool more = TRY(rows.next());
  while (more && measured.size() < kRowsToMeasure && (rows_max == 0 || count < rows_max)) {
    measured.push_back(cells_of(rows));
    ++count;
    more = TRY(rows.next());
  }
  table.fit(measured);
  std::string text = table.head() + "\n";
  for (const auto& row : measured) text += table.row(row) + "\n";
  while (more && (rows_max == 0 || count < rows_max)) {
    text += table.row(cells_of(rows)) + "\n";
    ++count;
    if (text.size() >= kBufferBytes) {
      TRY(sink.write(text));
      if (sink.abandoned()) return {};
      text.clear();
    }
    more = TRY(rows.next());
  }
  TRY(sink.write(text));
  if (more)
    context.output().note("only the first {} rows are shown; --all shows the rest, --format csv takes them along",
                          count);
  return {};
}

}  // namespace

Result<RowFormat> row_format(const std::string& name) {
  if (name == "table") return RowFormat::table;
  if (name == "csv") return RowFormat::csv;
  if (name == "json") return RowFormat::json;
  if (name == "jsonl") return RowFormat::jsonl;
  if (name == "parquet") return RowFormat::parquet;
  return fail(ErrorKind::invalid_argument, "--format: \"{}\" is not one of table, csv, json, jsonl, parquet", name);
}

RowFormat row_format_of_file(const std::string& path, RowFormat otherwise) {
  if (path.ends_with(".csv")) return RowFormat::csv;
  if (path.ends_with(".json")) return RowFormat::json;
  if (path.ends_with(".jsonl") || path.ends_with(".ndjson")) return RowFormat::jsonl;
  return path.ends_with(".parquet") ? RowFormat::parquet : otherwise;
}

std::string temporary_name(const std::string& path) {
  const std::filesystem::path whole(path);
  return (whole.parent_path() / fmt::format(".{}.{}.part", whole.filename().string(), getpid())).string();
}

Status put_in_place(const std::string& temporary, const std::string& path) {
  if (std::rename(temporary.c_str(), path.c_str()) == 0) return {};
  const int code = errno;
  std::remove(temporary.c_str());
  return fail(file_error(path, code));
}

RowSink::RowSink(Output& output, std::FILE* file, std::string path, std::string temporary)
    : output_(&output), file_(file), path_(std::move(path)), temporary_(std::move(temporary)) {}

RowSink::RowSink(RowSink&& other) noexcept
    : output_(other.output_),
      file_(std::exchange(other.file_, nullptr)),
      path_(std::move(other.path_)),
      temporary_(std::move(other.temporary_)) {}

RowSink::~RowSink() {
  if (file_ == nullptr) return;
  std::fclose(file_);
  std::remove(temporary_.c_str());
}

Result<RowSink> RowSink::open(Output& output, const std::string& path) {
  if (path.empty()) return RowSink(output, nullptr, {}, {});
  std::string temporary = temporary_name(path);
  std::FILE* const file = std::fopen(temporary.c_str(), "wb");
  if (file == nullptr) return fail(file_error(path, errno));
  return RowSink(output, file, path, std::move(temporary));
}

Status RowSink::write(std::string_view bytes) {
  if (file_ == nullptr) {
    output_->write(bytes);  // what went wrong there, Output::finish says
    return {};
  }
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_) == bytes.size()) return {};
  return fail(file_error(path_, errno));
}

bool RowSink::abandoned() const { return file_ == nullptr && output_->broken(); }

Status RowSink::close() {
  if (file_ == nullptr) return {};
  const bool whole = std::fflush(file_) == 0 && fsync(fileno(file_)) == 0;
  const int code = errno;
  std::fclose(std::exchange(file_, nullptr));
  if (whole) return put_in_place(temporary_, path_);
  std::remove(temporary_.c_str());
  return fail(file_error(path_, code));
}

void append_csv_field(std::string& line, std::string_view text, bool is_null) {
  if (!is_null) document::append_csv_field(line, text);
}

Status write_rows(Context& context, duck::Rows& rows, RowFormat format, RowSink& sink, std::int64_t rows_max) {
  switch (format) {
    case RowFormat::table: return write_table(context, rows, sink, rows_max);
    case RowFormat::csv: return write_csv(rows, sink);
    case RowFormat::json: return write_json(rows, sink, false);
    case RowFormat::jsonl: return write_json(rows, sink, true);
    case RowFormat::parquet: break;
  }
  return fail(ErrorKind::internal, "parquet is written by the engine");
}

}  // namespace centavo::cli
