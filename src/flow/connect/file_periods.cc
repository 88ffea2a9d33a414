#include "flow/connect/file_periods.h"

#include <unistd.h>

#include <charconv>
#include <regex>

#include "flow/connect/json_records.h"
#include "flow/connect/parts.h"

namespace centavo {
namespace {

constexpr std::int64_t kPartBytes = 256 << 20;

// The months of column values, with how many rows have each value.
class Months {
 public:
  Status add(const std::optional<std::string>& value, std::string_view rows) {
    if (value) {
      if (const auto month = Period::parse(*value)) return take(*month);
      if (const auto month = Period::of_date(*value)) return take(*month);
    }
    return fail_hint("every row must say its month; ask for the file again or change the source's period columns",
                     ErrorKind::corrupt_data, "{} rows have {} in the period's column", rows,
                     value ? "\"" + *value + "\"" : "nothing");
  }
  std::vector<std::string> all() const {
    std::vector<std::string> out;
    for (const Period& month : months_) out.push_back(month.text());
    return out;
  }

 private:
  Status take(Period month) {
    months_.insert(month);
    return {};
  }
  std::set<Period> months_;
};

Result<std::size_t> find_column(const std::vector<std::string>& columns, const std::vector<std::string>& wanted) {
  for (const std::string& name : wanted) {
    const auto at = std::find(columns.begin(), columns.end(), name);
    if (at != columns.end()) return static_cast<std::size_t>(at - columns.begin());
  }
  return fail_hint("check that the source is of this kind", ErrorKind::corrupt_data,
                   "it has none of the columns that tell its month: {}", fmt::join(wanted, ", "));
}

std::string reader_of(const LandedFile& file, const std::string& path) {
  const std::string list = duck::path_list({path});
  if (file.format == "parquet") return fmt::format("read_parquet({}, hive_partitioning = false)", list);
  const std::string compression = file.compression.empty() ? "uncompressed" : file.compression;
  return fmt::format("read_json({}, format = '{}', compression = '{}', hive_partitioning = false)", list,
                     file.format == "jsonl" ? "newline_delimited" : "auto", compression);
}

// A CSV file whose every line is read, with c0, c1, … as its columns; `take` gets the rows of `select` over each part.
Status read_parts(duck::Connection& engine, const CsvDialect& dialect, const LandedFile& file,
                  const std::string& local_path, std::size_t columns, std::string_view select, std::string_view group,
                  const std::string& temp_dir, const Cancel* cancel,
                  const std::function<Status(const std::vector<std::optional<std::string>>&)>& take) {
  std::string types;
  for (std::size_t i = 0; i < columns; ++i) types += fmt::format("{}'c{}': 'VARCHAR'", i == 0 ? "" : ", ", i);
  const auto look = [&](const CsvPart& part) -> Status {
    const auto rows = engine.all(
        fmt::format("select {0} from read_csv({1}, columns = {{{2}}}, header = true, auto_detect = false, delim = {3}, "
                    "quote = {4}, escape = {4}, new_line = '\\n', hive_partitioning = false){5}",
                    select, duck::path_list({part.path}), types, duck::literal(std::string(1, dialect.delimiter)),
                    duck::literal(dialect.quote == '\0' ? std::string() : std::string(1, dialect.quote)), group));
    ::unlink(part.path.c_str());
    if (!rows) return fail(rows.error());
    for (const auto& row : *rows) TRY(take(row));
    return {};
  };
  TRY(split_csv(local_path, file, dialect, temp_dir, kPartBytes, look, cancel));
  return {};
}

Result<FilePeriods> by_csv_column(duck::Connection& engine, const pack::SourceKind& kind, const LandedFile& file,
                                  const std::string& local_path, const std::string& temp_dir, const Cancel* cancel) {
  const CsvDialect dialect = dialect_of(kind, file);
  const auto columns = TRY(read_csv_header(local_path, file, dialect));
  const std::size_t wanted = TRY(find_column(columns, kind.period_columns));
  Months months;
  TRY(read_parts(engine, dialect, file, local_path, columns.size(), fmt::format("c{}, count(*)", wanted), " group by 1",
                 temp_dir, cancel, [&](const auto& row) { return months.add(row[0], row[1].value_or("0")); }));
  return FilePeriods{months.all(), columns[wanted]};
}

// What has landed in a table without months stays for ever, so a file that cannot be read must not land.
Status check_readable(duck::Connection& engine, const pack::SourceKind& kind, const LandedFile& file,
                      const std::string& local_path, const std::string& temp_dir, const Cancel* cancel) {
  if (file.format == "csv") {
    const CsvDialect dialect = dialect_of(kind, file);
    const auto columns = TRY(read_csv_header(local_path, file, dialect));
    const Status read = read_parts(engine, dialect, file, local_path, columns.size(), "count(*)", "", temp_dir, cancel,
                                   [](const auto&) { return Status{}; });
    // Lines longer than the engine's default are read later, with larger buffers.
    if (!read && read.error().message.find("Maximum line size") != std::string::npos) return {};
    return read;
  }
  const std::string list = duck::path_list({local_path});
  if (file.format == "parquet") {
    TRY(engine.value(fmt::format("select sum(num_rows) from parquet_file_metadata({})", list)));
    return {};
  }
  const std::string records = TRY(json_records(engine, kind, file, local_path));
  TRY(engine.value(fmt::format("select count(r) from ({})", records)));
  return {};
}

// Rows that a JSON document holds under a path or as a map: the file's own columns are not theirs.
bool has_records_inside(const pack::SourceKind& kind, const LandedFile& file) {
  const bool json = file.format == "json" || file.format == "jsonl";
  return json && !(kind.record_path.empty() && kind.map_entries.empty());
}

Result<FilePeriods> by_typed_column(duck::Connection& engine, const pack::SourceKind& kind, const LandedFile& file,
                                    const std::string& local_path) {
  const auto columns = TRY(columns_of_file(engine, kind, file, local_path));
  if (columns.empty()) return FilePeriods{};
  const std::string& column = columns[TRY(find_column(columns, kind.period_columns))];
  std::string value = duck::name(column);
  std::string from = reader_of(file, local_path);
  if (has_records_inside(kind, file)) {
    value = json_value(kind, column);
    from = fmt::format("({})", TRY(json_records(engine, kind, file, local_path)));
  }
  Months months;
  for (const auto& row :
       TRY(engine.all(fmt::format("select cast({} as varchar), count(*) from {} group by 1", value, from)))) {
    TRY(months.add(row[0], row[1].value_or("0")));
  }
  return FilePeriods{months.all(), column};
}

Result<FilePeriods> by_path(const pack::SourceKind& kind, const LandedFile& file) {
  try {
    std::smatch found;
    const std::regex pattern(kind.period_path);
    int year = 0, month = 0;
    const auto number = [](const std::string& text, int& out) {
      return std::from_chars(text.data(), text.data() + text.size(), out).ec == std::errc();
    };
    if (std::regex_search(file.source_path, found, pattern) && found.size() >= 3 && number(found[1].str(), year) &&
        number(found[2].str(), month)) {
      return FilePeriods{{TRY(Period::of(year, month)).text()}, ""};
    }
  } catch (const std::regex_error& e) {
    return fail(ErrorKind::invalid_argument, "{}: period path {}: {}", kind.place.text(), kind.period_path, e.what());
  }
  return fail_hint("put it where its path names the month", ErrorKind::corrupt_data,
                   "its path does not say its month as {} wants it", kind.period_path);
}

}  // namespace

Result<std::vector<std::string>> columns_of_file(duck::Connection& engine, const pack::SourceKind& kind,
                                                 const LandedFile& file, const std::string& local_path) {
  if (file.format == "csv") return read_csv_header(local_path, file, dialect_of(kind, file));
  if (file.format != "parquet" && file.compression == "zip")
    return fail(ErrorKind::unsupported, "JSON in a zip has no columns that can be read here");
  if (has_records_inside(kind, file))
    return json_names(engine, kind, TRY(json_records(engine, kind, file, local_path)));
  std::vector<std::string> out;
  for (const duck::Column& column : TRY(engine.describe("select * from " + reader_of(file, local_path))))
    out.push_back(column.name);
  return out;
}

Result<FilePeriods> periods_of_file(duck::Connection& engine, const pack::SourceKind& kind, const LandedFile& file,
                                    const std::string& local_path, const std::string& temp_dir, const Cancel* cancel) {
  if (kind.period_from == "path") return by_path(kind, file);
  if (kind.period_columns.empty() || (kind.period_from != "column" && kind.period_from != "manifest")) {
    TRY(check_readable(engine, kind, file, local_path, temp_dir, cancel));
    return FilePeriods{{""}, ""};
  }
  if (file.format == "csv") return by_csv_column(engine, kind, file, local_path, temp_dir, cancel);
  return by_typed_column(engine, kind, file, local_path);
}

CsvDialect dialect_of(const pack::SourceKind& kind, const LandedFile& file) {
  CsvDialect out;
  if (kind.delimiter == "\\t" || kind.delimiter == "tab")
    out.delimiter = '\t';
  else if (!kind.delimiter.empty())
    out.delimiter = kind.delimiter[0];
  else if (file.source_path.find(".tsv") != std::string::npos)
    out.delimiter = '\t';
  if (kind.quote == "none")
    out.quote = '\0';
  else if (!kind.quote.empty())
    out.quote = kind.quote[0];
  if (!kind.encoding.empty()) out.encoding = kind.encoding;
  return out;
}

}  // namespace centavo
