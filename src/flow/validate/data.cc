#include "flow/validate/data.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "flow/connect/json_numbers.h"
#include "flow/connect/parts.h"
#include "flow/connect/source_files.h"

namespace centavo::rules {
namespace {

constexpr std::int64_t kPartBytes = std::int64_t{256} << 20;
// DuckDB's buffers grow with the longest line allowed, so that is tried only when it is needed.
constexpr std::int64_t kLineBytes = 2 << 20;
constexpr std::int64_t kLongLineBytes = 64 << 20;  // what split_csv lets pass
// Silver's digits behind the point, of 38 in all.
constexpr int kScaleMax = 21;
constexpr int kDigits = 38;
// Below this share of known columns, on both sides, a file is something else.
constexpr std::size_t kKnownColumnsPart = 4;

Status refuse_twice(const std::vector<std::string>& names) {
  std::vector<std::string> sorted;
  for (const std::string& name : names) {
    std::string& lower = sorted.emplace_back(name);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  }
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice == sorted.end()) return {};
  return fail(ErrorKind::corrupt_data, "the header names column \"{}\" twice", *twice);
}

Result<Delivered> open_csv(duck::Connection& connection, const std::string& path, const FileKind& kind,
                           const std::string& temp_dir, const Cancel* cancel) {
  LandedFile file;
  file.source_path = path;
  file.format = kind.format;
  file.compression = kind.compression;
  const CsvDialect dialect = dialect_of(pack::SourceKind{}, file);
  const auto names = TRY(read_csv_header(path, file, dialect));
  TRY(refuse_twice(names));
  Delivered out;
  std::string made, read;
  for (const std::string& name : names) {
    out.columns.push_back({name, "VARCHAR"});
    made += fmt::format("{}{} varchar", made.empty() ? "" : ", ", duck::name(name));
    read += fmt::format("{}{}: 'VARCHAR'", read.empty() ? "" : ", ", duck::literal(name));
  }
  TRY(connection.run(fmt::format("create temp table delivered ({})", made)));
  const auto on_part = [&](const CsvPart& part) -> Status {
    const std::string delimiter = duck::literal(std::string(1, dialect.delimiter));
    const auto insert = [&](std::int64_t line_bytes) {
      return connection.run(
          fmt::format("insert into delivered select * from read_csv({}, auto_detect = false, header = true, columns = "
                      "{{{}}}, delim = "
                      "{}, quote = '\"', escape = '\"', nullstr = ['', 'NULL'], new_line = '\\n', strict_mode = true, "
                      "null_padding = "
                      "false, max_line_size = {}, buffer_size = {})",
                      duck::path_list({part.path}), read, delimiter, line_bytes, 4 * line_bytes));
    };
    Status done = insert(kLineBytes);
    if (!done && done.error().message.find("Maximum line size") != std::string::npos) done = insert(kLongLineBytes);
    ::remove(part.path.c_str());
    return done;
  };
  std::error_code ignored;
  std::filesystem::create_directories(temp_dir, ignored);
  TRY(split_csv(path, file, dialect, temp_dir, kPartBytes, on_part, cancel));
  out.from = "delivered";
  out.row = "rowid + 1";
  return out;
}

Result<Delivered> open_json(duck::Connection& connection, const std::string& delivered_path, FileKind kind,
                            const std::string& temp_dir, const Cancel* cancel) {
  Delivered out;
  if (kind.compression == "zip") return fail(ErrorKind::unsupported, "JSON in a zip is not read; unpack it first");
  std::error_code ignored;
  std::filesystem::create_directories(temp_dir, ignored);
  std::string path = temp_dir + "/quoted.json";
  if (TRY(quote_long_numbers(delivered_path, kind.compression, path, cancel))) {
    kind.compression.clear();
  } else {
    path = delivered_path;
  }
  // Values stay JSON until they are asked for, so that no id becomes a number and no number loses a digit.
  const std::string from = fmt::format(
      "read_json({}, format = '{}', compression = '{}', records = true, maximum_depth = 1, sample_size = -1, "
      "hive_partitioning = false)",
      duck::path_list({path}), kind.format == "jsonl" ? "newline_delimited" : "auto",
      kind.compression.empty() ? "uncompressed" : kind.compression);
  std::string list;
  std::vector<std::string> names;
  for (const duck::Column& column : TRY(connection.describe("select * from " + from))) {
    out.columns.push_back({column.name, "VARCHAR"});
    names.push_back(column.name);
    list += fmt::format("{}nullif({} ->> '$', '') as {}", list.empty() ? "" : ", ", duck::name(column.name),
                        duck::name(column.name));
  }
  TRY(refuse_twice(names));
  TRY(connection.run(fmt::format("create temp table delivered as select {} from {}", list, from)));
  out.from = "delivered";
  out.row = "rowid + 1";
  return out;
}

Result<Delivered> open_parquet(duck::Connection& connection, const std::string& path) {
  Delivered out;
  out.from =
      fmt::format("read_parquet({}, hive_partitioning = false, file_row_number = true)", duck::path_list({path}));
  out.row = "file_row_number + 1";
  for (const duck::Column& column : TRY(connection.describe("select * from " + out.from))) {
    if (column.name != "file_row_number") out.columns.push_back(column);
  }
  return out;
}

bool is_nested(std::string_view type) {
  return type.starts_with("MAP") || type.starts_with("STRUCT") || type.ends_with("]");
}

/// The value with the specification's type. What cannot be cast is null, and the rule about the type says so.
std::string typed(const Data::Column& column, int scale) {
  const std::string name = duck::name(column.name);
  if (is_nested(column.delivered)) return fmt::format("cast(to_json({0}) as varchar) as {0}", name);
  // Compared as the specification's type whatever the file made of it; `delivered` is for the rule about the type.
  if (column.type == "string" && column.delivered != "VARCHAR") return fmt::format("cast({0} as varchar) as {0}", name);
  const bool is_its_own = column.type == "decimal" ? is_number_type(column.delivered) : is_time_type(column.delivered);
  if (!column.as_text && (column.type == "string" || column.type.empty() || is_its_own)) return name;
  const std::string type = column.type == "decimal" ? fmt::format("decimal({},{})", kDigits, scale) : "timestamptz";
  if (!column.as_text) return fmt::format("try_cast(cast({0} as varchar) as {1}) as {0}", name, type);
  return fmt::format("try_cast(trim({0}) as {1}) as {0}, {0} as {2}", name, type, duck::name(column.name + "__text"));
}

/// How many digits behind the point leave room in front of it for the sum of any column of numbers that came as text.
/// All such columns share it, so that what is compared is not cast. What has more than 20 digits in front breaks the
/// rule about its type wherever nothing else needs that room.
Result<int> scale_for(duck::Connection& connection, const Data& data, const std::string& from) {
  std::string sizes, sums;
  for (const Data::Column& column : data.columns) {
    if (!column.as_text || column.type != "decimal") continue;
    const std::string name = duck::name(column.name);
    sizes += fmt::format("{}abs(try_cast({} as double)) as {}", sizes.empty() ? "" : ", ", name, name);
    sums += fmt::format(", sum({0}) filter ({0} <= 1e20)", name);
  }
  if (sums.empty()) return kScaleMax;
  // A double may be a little below the sum it stands for.
  const auto digits = TRY(
      connection.value(fmt::format("select cast(floor(log10(greatest(1{}) * 1.000001)) as integer) + 1 from (select {} "
                                   "from {})",
                                   sums, sizes, from)));
  return std::clamp(kDigits - std::stoi(digits.value_or("1")), 0, kScaleMax);
}

}  // namespace

bool is_number_type(std::string_view type) {
  static const std::set<std::string, std::less<>> types = {"DOUBLE",   "FLOAT",     "BIGINT",   "INTEGER",
                                                           "SMALLINT", "TINYINT",   "HUGEINT",  "UBIGINT",
                                                           "UINTEGER", "USMALLINT", "UTINYINT", "UHUGEINT"};
  return type.starts_with("DECIMAL") || types.contains(type);
}

bool is_time_type(std::string_view type) { return type.starts_with("TIMESTAMP") || type == "DATE"; }

Result<Delivered> open_file(duck::Connection& connection, const std::string& path, const std::string& temp_dir,
                            const Cancel* cancel) {
  std::error_code fault;
  const auto status = std::filesystem::status(path, fault);
  if (!std::filesystem::exists(status)) return fail(ErrorKind::not_found, "{}: no such file", path);
  if (std::filesystem::is_directory(status))
    return fail(ErrorKind::invalid_argument, "{} is a folder; name one file", path);
  if (std::filesystem::file_size(path, fault) == 0 && !fault) return fail(ErrorKind::corrupt_data, "{} is empty", path);
  const FileKind kind = kind_of_name(path);
  auto opened =
      kind.format == "csv"       ? open_csv(connection, path, kind, temp_dir, cancel)
      : kind.format == "parquet" ? open_parquet(connection, path)
      : kind.format == "json" || kind.format == "jsonl"
          ? open_json(connection, path, kind, temp_dir, cancel)
          : Result<Delivered>(fail_hint("name it .csv, .tsv, .parquet, .json or .jsonl; .gz, .zst or .zip may follow",
                                        ErrorKind::unsupported, "the ending says no format"));
  std::filesystem::remove_all(temp_dir, fault);
  Delivered out = TRY_IN(path, std::move(opened));
  out.label = path;
  out.file = duck::literal(path);
  return out;
}

const Data::Column* Data::find(std::string_view name) const {
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const Column& c) { return c.name == name; });
  return found == columns.end() ? nullptr : &*found;
}

Result<Data> prepare(duck::Connection& connection, const Delivered& delivered, const RuleSet& rules) {
  const auto types = rules.column_types();
  Data data;
  data.label = delivered.label;
  std::size_t known = 0;
  std::string list;
  for (const duck::Column& column : delivered.columns) {
    Data::Column& out = data.columns.emplace_back();
    out.name = column.name;
    out.delivered = column.type;
    if (const auto type = types.find(column.name); type != types.end()) {
      ++known;
      out.type = type->second;
      out.as_text = out.type != "string" && column.type == "VARCHAR";
    }
  }
  if (known * kKnownColumnsPart < data.columns.size() && known * kKnownColumnsPart < types.size()) {
    std::vector<std::string> first;
    for (const auto& column : data.columns) {
      if (first.size() < 4) first.push_back(column.name);
    }
    return fail_hint("a provider's own bill becomes FOCUS with `centavo tenant add` and `centavo run`",
                     ErrorKind::corrupt_data, "{} is not {} {}: {} of its {} columns belong to it (the first are {})",
                     delivered.label, rules.name, rules.version, known, data.columns.size(), fmt::join(first, ", "));
  }
  data.scale = TRY_IN(delivered.label, scale_for(connection, data, delivered.from));
  for (const Data::Column& column : data.columns) list += ", " + typed(column, data.scale);
  TRY_IN(delivered.label,
         connection.run(
             fmt::format("create or replace temp view this as select {} as source_file, {} as source_row{} from {}",
                         delivered.file, delivered.row, list, delivered.from)));
  const auto rows = TRY_IN(delivered.label, connection.value("select count(*) from this"));
  data.rows = std::stoll(rows.value_or("0"));
  if (data.rows == 0)
    return fail(ErrorKind::corrupt_data, "{} has no rows: there is nothing to validate", delivered.label);
  return data;
}

}  // namespace centavo::rules
