#include "app/document/export.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <set>

#include "app/document/export_formats.h"
#include "app/document/text.h"
#include "base/digest.h"

namespace centavo::document {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSheetDigits = 15;
constexpr std::size_t kPieceBytes = 1 << 16;

class EngineRows : public TableRows {
 public:
  explicit EngineRows(duck::Rows& rows) : rows_(rows) {
    for (const auto& column : rows.columns()) columns_.push_back({column.name, column.type});
  }
  const std::vector<TableColumn>& columns() const override { return columns_; }
  Result<bool> next() override { return rows_.next(); }
  std::optional<std::string> value(std::size_t column) const override {
    if (rows_.is_null(column)) return std::nullopt;
    std::string text = rows_.text(column);
    return is_exact(columns_[column].type) ? money_text(text) : text;
  }
  bool may_be_long(std::size_t) const override { return true; }

 private:
  duck::Rows& rows_;
  std::vector<TableColumn> columns_;
};

class HeldRows : public TableRows {
 public:
  explicit HeldRows(const Table& table) : table_(table) {}
  const std::vector<TableColumn>& columns() const override { return table_.columns; }
  Result<bool> next() override { return at_++ < table_.rows.size(); }
  std::optional<std::string> value(std::size_t column) const override { return table_.rows[at_ - 1][column]; }
  bool may_be_long(std::size_t column) const override {
    return std::any_of(table_.rows.begin(), table_.rows.end(),
                       [&](const auto& row) { return row[column] && digits_of(*row[column]) > kSheetDigits; });
  }

 private:
  const Table& table_;
  std::size_t at_ = 0;
};

Error file_error(std::string_view doing, const std::string& path) {
  const int code = errno;
  return {code == ENOSPC || code == EDQUOT ? ErrorKind::out_of_space : ErrorKind::io,
          fmt::format("{} {}: {}", doing, path, std::strerror(code)),
          {}};
}

}  // namespace

Result<FileFormat> parse_file_format(std::string_view text) {
  for (const auto& [word, format] :
       {std::pair{"csv", FileFormat::csv}, std::pair{"csvbr", FileFormat::csvbr}, std::pair{"jsonl", FileFormat::jsonl},
        std::pair{"xlsx", FileFormat::xlsx}, std::pair{"parquet", FileFormat::parquet}}) {
    if (text == word) return format;
  }
  return fail_hint("csv, csvbr, jsonl, xlsx or parquet", ErrorKind::invalid_argument, "format={}: there is none",
                   text.substr(0, 100));
}

std::string_view media_type(FileFormat format) {
  switch (format) {
    case FileFormat::csv:
    case FileFormat::csvbr: return "text/csv; charset=utf-8; header=present";
    case FileFormat::jsonl: return "application/x-ndjson; charset=utf-8";
    case FileFormat::xlsx: return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    case FileFormat::parquet: break;
  }
  return "application/vnd.apache.parquet";
}

std::string_view ending_of(FileFormat format) {
  switch (format) {
    case FileFormat::csv:
    case FileFormat::csvbr: return "csv";
    case FileFormat::jsonl: return "jsonl";
    case FileFormat::xlsx: return "xlsx";
    case FileFormat::parquet: break;
  }
  return "parquet";
}

Status TextSink::write(std::string_view bytes) {
  text += bytes;
  return {};
}

std::unique_ptr<TableRows> rows_of(duck::Rows& rows) { return std::make_unique<EngineRows>(rows); }
std::unique_ptr<TableRows> rows_of(const Table& table) { return std::make_unique<HeldRows>(table); }

bool is_exact(std::string_view type) { return type.starts_with("DECIMAL"); }

bool is_whole(std::string_view type) {
  static const std::set<std::string_view> types = {"TINYINT",  "SMALLINT",  "INTEGER",  "BIGINT",  "HUGEINT",
                                                   "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"};
  return types.contains(type);
}

std::size_t digits_of(std::string_view number) {
  std::size_t out = 0;
  for (const char c : number) {
    if (c >= '0' && c <= '9' && (c != '0' || out > 0)) ++out;
  }
  return out;
}

Status write_file(TableRows& rows, Sink& sink, const ExportOptions& options) {
  switch (options.format) {
    case FileFormat::csv: return write_csv(rows, sink, options);
    case FileFormat::csvbr: return write_csvbr(rows, sink, options);
    case FileFormat::jsonl: return write_json_lines(rows, sink, options);
    case FileFormat::xlsx: return write_xlsx(rows, sink, options);
    case FileFormat::parquet: break;
  }
  return write_parquet(rows, sink, options);
}

Result<ScratchFile> ScratchFile::make(const std::string& folder, std::string_view ending) {
  std::error_code code;
  const fs::path where = folder.empty() ? fs::temp_directory_path(code) : fs::path(folder);
  return ScratchFile((where / fmt::format("centavo-{}.{}", new_uuid(), ending)).string());
}

ScratchFile::~ScratchFile() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove(path_, ignored);
}

Status ScratchFile::pour(Sink& sink, const Cancel* cancel) const {
  std::FILE* const file = std::fopen(path_.c_str(), "rb");
  if (file == nullptr) return fail(file_error("read", path_));
  std::string piece(kPieceBytes, '\0');
  Status done;
  while (done) {
    const std::size_t read = std::fread(piece.data(), 1, piece.size(), file);
    if (read == 0) break;
    done = sink.write(std::string_view(piece).substr(0, read));
    if (done && cancel != nullptr && cancel->requested()) done = fail(ErrorKind::cancelled, "the export was cancelled");
  }
  if (done && std::ferror(file) != 0) done = fail(file_error("read", path_));
  std::fclose(file);
  return done;
}

About about_of(const Tenant& tenant, const explore::Question& question, const explore::Span& period,
               const std::string& currency, std::int64_t release, const std::string& user, TimeMs now_ms) {
  About out;
  out.title = tenant.id;
  out.lines = {{"tenant", fmt::format("{} ({})", tenant.name, tenant.id)},
               {"period", period.from == period.to ? period.from : fmt::format("{}..{}", period.from, period.to)},
               {"currency", currency},
               {"measure", question.measure}};
  for (const auto& filter : question.filters) {
    std::string values;
    for (const auto& value : filter.values) values += (values.empty() ? "" : ", ") + value;
    out.lines.emplace_back(fmt::format("filter {}", filter.dimension),
                           fmt::format("{}{}", filter.exclude ? "not " : "", values));
  }
  if (question.filters.empty()) out.lines.emplace_back("filter", "none");
  out.lines.emplace_back("release", std::to_string(release));
  out.lines.emplace_back("made by", user);
  out.lines.emplace_back("made at", time_text(now_ms));
  out.lines.emplace_back("program", "centavo " CENTAVO_VERSION);
  return out;
}

}  // namespace centavo::document
