#include "lake/delta/stats.h"

#include <algorithm>
#include <array>

#include "lake/delta/stats_text.h"

namespace centavo::delta {
namespace {

constexpr int kIndexedLeavesMax = 32;  // delta.dataSkippingNumIndexedCols

/// "a"."b" as COPY … RETURN_STATS spells the path of a leaf, quotes doubled inside names.
std::string quoted_path(const std::vector<std::string>& path) {
  std::string out;
  for (const std::string& part : path) {
    if (!out.empty()) out += '.';
    out += '"';
    for (const char c : part) {
      if (c == '"') out += '"';
      out += c;
    }
    out += '"';
  }
  return out;
}

/// Members of the three objects of one level, as JSON text: no number passes through a double.
struct Members {
  std::string low;
  std::string high;
  std::string nulls;
};

void put(std::string& members, std::string_view name, std::string_view json) {
  members += fmt::format("{}{}:{}", members.empty() ? "" : ",", Json(name).dump(), json);
}

/// Walks the schema's leaves in order and collects one file's statistics.
class FileStats {
 public:
  explicit FileStats(const Json& columns) : columns_(columns) {}

  Result<Members> of(const std::vector<Field>& fields, std::vector<std::string> path) {
    Members members;
    for (const Field& field : fields) {
      if (leaves_ >= kIndexedLeavesMax) break;
      path.push_back(field.name);
      if (text_or(field.type, "type") == "struct") {
        std::vector<Field> children;
        for (const Json& child : field.type["fields"]) children.push_back(TRY(parse_field_json(child)));
        const Members inner = TRY(of(children, path));
        if (!inner.low.empty()) put(members.low, field.name, fmt::format("{{{}}}", inner.low));
        if (!inner.high.empty()) put(members.high, field.name, fmt::format("{{{}}}", inner.high));
        if (!inner.nulls.empty()) put(members.nulls, field.name, fmt::format("{{{}}}", inner.nulls));
      } else {
        ++leaves_;
        TRY(leaf(field, path, members));
      }
      path.pop_back();
    }
    return members;
  }

 private:
  Status leaf(const Field& field, const std::vector<std::string>& path, Members& members) {
    // The null count of a list's or map's leaf is that of its elements, not of the column: left out.
    const auto it = columns_.find(quoted_path(path));
    if (!field.type.is_string() || it == columns_.end() || !it->is_object()) return {};
    const std::string null_count = text_or(*it, "null_count");
    if (!null_count.empty()) put(members.nulls, field.name, null_count);
    for (const bool upper : {false, true}) {
      const auto value = it->find(upper ? "max" : "min");
      if (value == it->end() || !value->is_string()) continue;
      const auto bound = TRY_IN(fmt::format("column {}", fmt::join(path, ".")),
                                bound_json(field.type.get<std::string>(), value->get<std::string>(), upper));
      if (bound) put(upper ? members.high : members.low, field.name, *bound);
    }
    return {};
  }

  const Json& columns_;
  int leaves_ = 0;
};

Result<std::string> stats_of_copy(const Json& columns, std::int64_t rows, const Schema& schema) {
  const Members members = TRY(FileStats(columns).of(schema.fields, {}));
  return fmt::format("{{\"numRecords\":{},\"minValues\":{{{}}},\"maxValues\":{{{}}},\"nullCount\":{{{}}}}}", rows,
                     members.low, members.high, members.nulls);
}

}  // namespace

Result<std::vector<CopiedFile>> copy_to_parquet(duck::Connection& connection, std::string_view select,
                                                std::string_view engine_path, const Schema& schema,
                                                std::string_view extra_options) {
  duck::Rows rows =
      TRY(connection.query(fmt::format("copy ({}) to {} (format parquet, compression zstd, return_stats{}{})", select,
                                       duck::literal(engine_path), extra_options.empty() ? "" : ", ", extra_options)));
  const auto column = [&](std::string_view name) -> std::size_t {
    const auto& columns = rows.columns();
    return static_cast<std::size_t>(
        std::find_if(columns.begin(), columns.end(), [&](const duck::Column& c) { return c.name == name; }) -
        columns.begin());
  };
  const std::array<std::size_t, 4> at{column("filename"), column("count"), column("file_size_bytes"),
                                      column("column_statistics")};
  for (const std::size_t found : at) {
    if (found == rows.columns().size()) return fail(ErrorKind::internal, "COPY returned no statistics");
  }
  std::vector<CopiedFile> files;
  while (TRY(rows.next())) {
    CopiedFile file;
    file.filename = rows.text(at[0]);
    file.rows = rows.integer(at[1]);
    file.size_bytes = rows.integer(at[2]);
    const Json columns = rows.json(at[3]);
    if (!columns.is_object() && file.rows > 0) return fail(ErrorKind::internal, "COPY returned no column statistics");
    file.stats_json = TRY(stats_of_copy(columns, file.rows, schema));
    for (const Field& field : schema.fields) {
      const auto it = columns.find(quoted_path({field.name}));
      if (it != columns.end() && !text_or(*it, "null_count").empty()) {
        file.null_counts[field.name] = std::stoll(text_or(*it, "null_count"));
      }
    }
    files.push_back(std::move(file));
  }
  return files;
}

}  // namespace centavo::delta
