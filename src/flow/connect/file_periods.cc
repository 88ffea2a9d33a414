#include "flow/connect/file_periods.h"

#include <unistd.h>

#include <charconv>
#include <regex>

#include "base/digest.h"
#include "flow/connect/json_lines.h"
#include "flow/connect/json_records.h"
#include "flow/connect/parts.h"
#include "lake/pack/naming.h"

namespace centavo {
namespace {

constexpr std::int64_t kPartBytes = 256 << 20;

// Value of the period's column, rows and, where rows are compared, the sums of the two halves of their digests.
using Values = std::vector<std::vector<std::optional<std::string>>>;

// What rows add up to, in any order and however they are cut into parts: 64 bits of each half's sum.
struct RowDigests {
  std::uint64_t lower = 0, upper = 0;
};

std::uint64_t low_bits(const std::optional<std::string>& number) {
  std::uint64_t out = 0;
  for (const char digit : number.value_or("0")) out = out * 10 + static_cast<std::uint64_t>(digit - '0');
  return out;
}

// The months of column values, with how many rows have each.
class Months {
 public:
  explicit Months(const pack::SourceKind& kind) : kind_(&kind) {}

  // `first_row` tells the first row whose value is none.
  using FirstRow = std::function<Result<std::string>(const std::string& condition)>;

  Status add(const Values& values, const std::string& column, const FirstRow& first_row) {
    std::int64_t unreadable = 0;
    std::optional<std::string> shown;
    for (const auto& row : values) {
      const std::int64_t rows = std::stoll(row[1].value_or("0"));
      if (const auto month = row[0] ? month_of_text(*row[0], *kind_) : std::nullopt) {
        rows_[*month] += rows;
        if (row.size() > 3) {
          digests_[*month].lower += low_bits(row[2]);
          digests_[*month].upper += low_bits(row[3]);
        }
        continue;
      }
      if (unreadable == 0 || row[0] < shown) shown = row[0];
      unreadable += rows;
    }
    if (unreadable == 0) return {};
    const std::string row =
        TRY(first_row("period_text is not distinct from " + (shown ? duck::literal(*shown) : "null")));
    return fail_hint("every row must say its month; ask for the file again or change the source's period columns",
                     ErrorKind::corrupt_data, "row {} has {} in {}, which tells its month{}", row,
                     shown ? "\"" + *shown + "\"" : "nothing", column,
                     unreadable > 1 ? fmt::format(" ({} such rows)", unreadable) : "");
  }

  FilePeriods all(const std::string& column) const {
    FilePeriods out;
    out.column = column;
    for (const auto& [month, rows] : rows_) {
      out.periods.push_back(month.text());
      out.rows[month.text()] = rows;
    }
    for (const auto& [month, sums] : digests_) {
      const std::string text = fmt::format("{} {} {}", rows_.at(month), sums.lower, sums.upper);
      out.digests[month.text()] = sha256_hex(text);
    }
    return out;
  }

  // A row that the engine did not show, or showed twice, is an error.
  Status expect(std::int64_t rows_in_file) const {
    std::int64_t rows = 0;
    for (const auto& [month, of_month] : rows_) rows += of_month;
    if (rows == rows_in_file) return {};
    return fail(ErrorKind::corrupt_data, "{} rows in the file, but its months have {} together", rows_in_file, rows);
  }

 private:
  const pack::SourceKind* kind_;
  std::map<Period, std::int64_t> rows_;
  std::map<Period, RowDigests> digests_;
};

// One of the columns that may tell the month.
struct Candidate {
  std::string name;
  std::string sql;   // its text
  std::string whole_row;   // SQL of its text, where rows are compared
  Months months;
  Status told = {};  // names the first value that is no month
  bool filled = false;

  Status take(duck::Connection& engine, const std::string& from, const std::string& row_number);
};

// Those that the file has, in the source's order: named as delivered, as a member, or as in bronze.
Result<std::vector<Candidate>> candidates_of(const pack::SourceKind& kind, const LandedFile& file,
                                             const std::vector<FileColumn>& columns) {
  std::vector<Candidate> out;
  std::string whole_row;
  for (const auto& column : columns) {
    if (kind.compares_rows)
      whole_row += fmt::format("{}coalesce(cast({} as varchar), chr(29))", whole_row.empty() ? "" : " || chr(31) || ",
                               column.sql);
  }
  const auto add = [&](const std::string& name) {
    const std::string sql = period_text_sql(columns, name, file);
    const bool known = std::any_of(out.begin(), out.end(), [&](const auto& c) { return c.name == name; });
    if (!sql.empty() && !known) out.push_back({name, sql, whole_row, Months(kind)});
  };
  for (const std::string& wanted : kind.period_columns) {
    add(wanted);
    for (const auto& column : columns) {
      if (bronze_name(kind, column.name) == wanted) add(column.name);
    }
  }
  if (!out.empty()) return out;
  return fail_hint("check that the source is of this kind", ErrorKind::corrupt_data,
                   "it has none of the columns that tell its month: {}", fmt::join(kind.period_columns, ", "));
}

// The first that is filled tells; one that is empty in every row says nothing.
Result<FilePeriods> first_filled(const std::vector<Candidate>& candidates, std::int64_t rows_in_file) {
  const auto filled = std::find_if(candidates.begin(), candidates.end(), [](const auto& c) { return c.filled; });
  const Candidate& teller = filled == candidates.end() ? candidates.back() : *filled;
  if (!teller.told) return fail(teller.told.error());
  TRY(teller.months.expect(rows_in_file));
  return teller.months.all(teller.name);
}

Months::FirstRow first_row_where(duck::Connection& engine, const std::string& column, const std::string& number,
                                 const std::string& from) {
  return [&engine, column, number, from](const std::string& condition) -> Result<std::string> {
    const auto first = TRY(engine.value(fmt::format(
        "select min(n) from (select {} as period_text, {} as n from {}) where {}", column, number, from, condition)));
    return first.value_or("?");
  };
}

Status Candidate::take(duck::Connection& engine, const std::string& from, const std::string& row_number) {
  const std::string sums =
      whole_row.empty() ? "" : fmt::format(", sum(md5_number_lower({0})), sum(md5_number_upper({0}))", whole_row);
  const auto values = TRY(engine.all(fmt::format("select {}, count(*){} from {} group by 1", sql, sums, from)));
  filled |= std::any_of(values.begin(), values.end(), [](const auto& row) { return row[0] && !row[0]->empty(); });
  if (told) told = months.add(values, name, first_row_where(engine, sql, row_number, from));
  return {};
}

// A CSV file whose every line is read, with c0, c1, … as its columns; `take` gets "read_csv(…)" for each part. Returns
// the rows counted.
Result<std::int64_t> read_parts(const CsvDialect& dialect, const LandedFile& file, const std::string& local_path,
                                std::size_t columns, const std::string& temp_dir, const Cancel* cancel,
                                const std::function<Status(const std::string&, const CsvPart&)>& take) {
  std::string types;
  for (std::size_t i = 0; i < columns; ++i) types += fmt::format("{}'c{}': 'VARCHAR'", i == 0 ? "" : ", ", i);
  const auto look = [&](const CsvPart& part) -> Status {
    const Status taken =
        take(fmt::format("read_csv({0}, columns = {{{1}}}, header = true, auto_detect = false, delim = {2}, "
                         "quote = {3}, escape = {3}, new_line = '\\n', hive_partitioning = false, nullstr = '', {4})",
                         duck::path_list({part.path}), types, duck::literal(std::string(1, dialect.delimiter)),
                         duck::literal(dialect.quote == '\0' ? std::string() : std::string(1, dialect.quote)),
                         short_row_options(dialect)),
             part);
    ::unlink(part.path.c_str());
    if (!taken) return fail(with_row_of_file(taken.error(), part));
    return taken;
  };
  return split_csv(local_path, file, dialect, temp_dir, kPartBytes, look, cancel);
}

Result<FilePeriods> by_csv_column(duck::Connection& engine, const pack::SourceKind& kind, const LandedFile& file,
                                  const std::string& local_path, const std::string& temp_dir, const Cancel* cancel) {
  const CsvDialect dialect = dialect_of(kind, file);
  std::vector<FileColumn> columns;
  for (const std::string& name : TRY(read_csv_header(local_path, file, dialect)))
    columns.push_back({name, fmt::format("c{}", columns.size())});
  auto candidates = TRY(candidates_of(kind, file, columns));
  const auto take = [&](const std::string& from, const CsvPart& part) -> Status {
    const std::string number = fmt::format("row_number() over () + {}", part.first_row - 1);
    for (auto& candidate : candidates) TRY(candidate.take(engine, from, number));
    return {};
  };
  const std::int64_t rows = TRY(read_parts(dialect, file, local_path, columns.size(), temp_dir, cancel, take));
  return first_filled(candidates, rows);
}

// What has landed in a table without months stays for ever, so a file that cannot be read must not land.
Status check_readable(duck::Connection& engine, const pack::SourceKind& kind, const LandedFile& file,
                      const std::string& local_path, const std::string& temp_dir, const Cancel* cancel) {
  if (file.format == "csv") {
    const CsvDialect dialect = dialect_of(kind, file);
    const auto columns = TRY(read_csv_header(local_path, file, dialect));
    const auto take = [&](const std::string& from, const CsvPart&) -> Status {
      TRY(engine.value("select count(*) from " + from));
      return {};
    };
    const auto read = read_parts(dialect, file, local_path, columns.size(), temp_dir, cancel, take);
    // Lines longer than the engine's default are read later, with larger buffers.
    if (!read && read.error().message.find("Maximum line size") == std::string::npos) return fail(read.error());
    return {};
  }
  if (file.format == "parquet") {
    TRY(engine.value(
        fmt::format("select sum(num_rows) from parquet_file_metadata({})", duck::path_list({local_path}))));
    return {};
  }
  const std::string records = TRY(json_records(engine, kind, file, local_path));
  TRY(engine.value(fmt::format("select count(r) from ({})", records)));
  return {};
}

// Parquet and JSON: `from` gives the rows, `row` is the SQL of their numbers.
Result<FilePeriods> by_column(duck::Connection& engine, const pack::SourceKind& kind, const LandedFile& file,
                              const std::vector<FileColumn>& columns, const std::string& from, const std::string& row,
                              const std::string& rows_in_file) {
  auto candidates = TRY(candidates_of(kind, file, columns));
  for (auto& candidate : candidates) TRY(candidate.take(engine, from, row));
  const auto count = TRY(engine.value(rows_in_file));
  return first_filled(candidates, std::stoll(count.value_or("0")));
}

Result<FilePeriods> by_parquet_column(duck::Connection& engine, const pack::SourceKind& kind, const LandedFile& file,
                                      const std::string& local_path) {
  std::vector<FileColumn> columns;
  for (const std::string& name : TRY(columns_of_file(engine, kind, file, local_path)))
    columns.push_back({name, duck::name(name)});
  const std::string list = duck::path_list({local_path});
  return by_column(engine, kind, file, columns,
                   fmt::format("read_parquet({}, hive_partitioning = false, file_row_number = true)", list),
                   "file_row_number + 1",
                   fmt::format("select sum(num_rows)::bigint from parquet_file_metadata({})", list));
}

// Whether the member that was looked at is the only column of the file that may tell the month.
bool tells_alone(const std::vector<Candidate>& candidates, const JsonLines& lines) {
  return candidates.size() == 1 && !lines.member.empty() && candidates.front().name == lines.member;
}

Result<FilePeriods> by_json_lines(duck::Connection& engine, Candidate& teller, const JsonLines& lines,
                                  const std::string& from) {
  Values values;
  for (const auto& [text, rows] : lines.texts) values.push_back({text, std::to_string(rows)});
  if (lines.without > 0) values.push_back({std::nullopt, std::to_string(lines.without)});
  TRY(teller.months.add(values, teller.name, first_row_where(engine, teller.sql, "row_number() over ()", from)));
  TRY(teller.months.expect(lines.rows));
  return teller.months.all(teller.name);
}

Result<FilePeriods> by_json_column(duck::Connection& engine, const pack::SourceKind& kind, const LandedFile& file,
                                   const std::string& local_path, const Cancel* cancel) {
  const std::string records = TRY(json_records(engine, kind, file, local_path));
  const std::string from = "(" + records + ")";
  std::optional<JsonLines> lines;
  if (may_be_json_lines(kind, file)) lines = TRY(look_at_json_lines(local_path, file, kind.period_columns, cancel));
  std::vector<FileColumn> columns;
  for (const std::string& name : lines ? lines->names : TRY(json_names(engine, kind, records)))
    columns.push_back({name, json_value(kind, name)});
  const std::string count = lines ? fmt::format("select {}", lines->rows) : "select count(*) from " + from;
  if (columns.empty() && TRY(engine.value(count)) == "0") return FilePeriods{};
  if (lines && !kind.compares_rows) {
    auto candidates = TRY(candidates_of(kind, file, columns));
    if (tells_alone(candidates, *lines)) return by_json_lines(engine, candidates.front(), *lines, from);
  }
  return by_column(engine, kind, file, columns, from, "row_number() over ()", count);
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
      return FilePeriods{{TRY(Period::of(year, month)).text()}, "", {}};
    }
  } catch (const std::regex_error& e) {
    return fail(ErrorKind::invalid_argument, "{}: period path {}: {}", kind.place.text(), kind.period_path, e.what());
  }
  return fail_hint("put it where its path names the month", ErrorKind::corrupt_data,
                   "its path does not say its month as {} wants it", kind.period_path);
}

}  // namespace

// The month of a column's text: 2026-09, 202609, 2026-09-30…, 20260930… and, with `month_first`, 09/30/2026…. With
// `day_first` 30/09/2026… or 30092026 and nothing else.
std::optional<Period> month_of_text(const std::string& text, const pack::SourceKind& kind) {
  if (kind.day_first) {
    const bool slashes = text.size() >= 10 && text[2] == '/' && text[5] == '/';
    const std::string plain = slashes ? text.substr(0, 2) + text.substr(3, 2) + text.substr(6, 4) : text;
    if (plain.size() != 8 || plain.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
    if (const auto month = Period::of_date(plain.substr(4) + plain.substr(2, 2) + plain.substr(0, 2))) return *month;
    return std::nullopt;
  }
  if (const auto month = Period::parse(text)) return *month;
  const bool digits = text.find_first_not_of("0123456789") == std::string::npos;
  if (text.size() == 6 && digits) {
    if (const auto month = Period::parse(text.substr(0, 4) + "-" + text.substr(4))) return *month;
  }
  if (const auto month = Period::of_date(text)) return *month;
  if (!kind.month_first) return std::nullopt;
  if (const auto month = Period::of_month_first_date(text)) return *month;
  return std::nullopt;
}

Result<std::vector<std::string>> columns_of_file(duck::Connection& engine, const pack::SourceKind& kind,
                                                 const LandedFile& file, const std::string& local_path) {
  if (file.format == "csv") return read_csv_header(local_path, file, dialect_of(kind, file));
  std::vector<std::string> out;
  if (file.format == "parquet") {
    const std::string from =
        fmt::format("select * from read_parquet({}, hive_partitioning = false)", duck::path_list({local_path}));
    for (const duck::Column& column : TRY(engine.describe(from))) out.push_back(column.name);
    return out;
  }
  if (file.compression == "zip")
    return fail(ErrorKind::unsupported, "JSON in a zip has no columns that can be read here");
  return json_names(engine, kind, TRY(json_records(engine, kind, file, local_path)));
}

std::string period_text_sql(const std::vector<FileColumn>& columns, const std::string& name, const LandedFile& file) {
  const auto find = [&](const std::string& wanted) {
    return std::find_if(columns.begin(), columns.end(), [&](const FileColumn& c) { return c.name == wanted; });
  };
  if (const auto at = find(name); at != columns.end()) return fmt::format("cast({} as varchar)", at->sql);
  const auto dot = name.find('.');
  if (dot == std::string::npos || file.format == "csv") return {};
  const auto at = find(name.substr(0, dot));
  if (at == columns.end()) return {};
  const std::string member = name.substr(dot + 1);
  if (file.format == "parquet")
    return fmt::format("cast(struct_extract({}, {}) as varchar)", at->sql, duck::literal(member));
  return fmt::format("({} ->> {})", at->sql, duck::literal(fmt::format("$.\"{}\"", member)));
}

std::string period_filter_sql(const pack::SourceKind& kind, const std::string& period_text, const std::string& period) {
  if (kind.day_first) {
    return fmt::format("substring(replace({0}, '/', ''), 5, 4) || '-' || substring(replace({0}, '/', ''), 3, 2) = {1}",
                       period_text, duck::literal(period));
  }
  return fmt::format(
      "case when substring({0}, 5, 1) = '-' then substring({0}, 1, 7) when contains(substring({0}, 1, 3), '/') then "
      "substring(split_part({0}, '/', 3), 1, 4) || '-' || lpad(split_part({0}, '/', 1), 2, '0') else "
      "substring({0}, 1, 4) || '-' || substring({0}, 5, 2) end = {1}",
      period_text, duck::literal(period));
}

Result<FilePeriods> periods_of_file(duck::Connection& engine, const pack::SourceKind& kind, const LandedFile& file,
                                    const std::string& local_path, const std::string& temp_dir, const Cancel* cancel) {
  if (kind.period_from == "path") return by_path(kind, file);
  if (kind.period_columns.empty() || (kind.period_from != "column" && kind.period_from != "manifest")) {
    TRY(check_readable(engine, kind, file, local_path, temp_dir, cancel));
    return FilePeriods{{""}, "", {}};
  }
  if (file.format == "csv") return by_csv_column(engine, kind, file, local_path, temp_dir, cancel);
  if (file.format == "parquet") return by_parquet_column(engine, kind, file, local_path);
  return by_json_column(engine, kind, file, local_path, cancel);
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
  out.short_rows = kind.short_rows;
  out.columns = kind.csv_columns;
  return out;
}

std::string_view short_row_options(const CsvDialect& dialect) {
  // The engine's parallel reader cannot fill rows that hold line ends in quotes.
  return dialect.short_rows ? "strict_mode = true, null_padding = true, parallel = false"
                            : "strict_mode = true, null_padding = false";
}

}  // namespace centavo
