#include "lake/delta/scan.h"

#include "lake/delta/deletion_vector.h"

namespace centavo::delta {
namespace {

// More partitions than this are read by one scan joined with the partition values, not by a branch each.
constexpr std::size_t kBranchesMax = 200;
constexpr std::size_t kFilesByNameMax = 64;
constexpr std::string_view kFileColumn = "__centavo_file";

struct Group {
  PartitionValues values;
  std::vector<std::string> paths;
  std::vector<std::uint64_t> deleted;  ///< then `paths` is one file
};

/// Does the type hold a field whose name in files is another?
bool renames_inside(const Json& type) {
  if (!type.is_object()) return false;
  for (const char* key : {"elementType", "keyType", "valueType"}) {
    if (type.contains(key) && renames_inside(type[key])) return true;
  }
  if (!type.contains("fields") || !type["fields"].is_array()) return false;
  for (const Json& child : type["fields"]) {
    const auto field = parse_field_json(child);
    if (field && (physical_name(*field) != field->name || renames_inside(field->type))) return true;
  }
  return false;
}

/// `expression` has physical names inside; the result has the table's.
Result<std::string> with_logical_names(const std::string& expression, const Json& type, int depth) {
  if (!renames_inside(type)) return expression;
  const std::string kind = text_or(type, "type");
  const std::string element = fmt::format("e{}", depth);
  if (kind == "array") {
    return fmt::format("list_transform({}, lambda {}: {})", expression, element,
                       TRY(with_logical_names(element, type["elementType"], depth + 1)));
  }
  if (kind == "map") {
    return fmt::format("map_from_entries(list_transform(map_entries({}), lambda {}: struct_pack(k := {}, v := {})))",
                       expression, element, TRY(with_logical_names(element + ".key", type["keyType"], depth + 1)),
                       TRY(with_logical_names(element + ".value", type["valueType"], depth + 1)));
  }
  std::string fields;
  for (const Json& child : type["fields"]) {
    const Field field = TRY(parse_field_json(child));
    const std::string inner = fmt::format("({}).{}", expression, duck::name(physical_name(field)));
    fields += fmt::format("{}{} := {}", fields.empty() ? "" : ", ", duck::name(field.name),
                          TRY(with_logical_names(inner, field.type, depth + 1)));
  }
  return fmt::format("case when {} is not null then struct_pack({}) end", expression, fields);
}

class Scan {
 public:
  Scan(const SnapshotState& state, bool with_partitions) : state_(state), with_partitions_(with_partitions) {}

  Result<std::string> sql(const std::vector<DataFile>& files) {
    std::vector<Group> groups = TRY(group(files));
    if (groups.empty()) return TRY(empty());
    const bool any_deleted =
        std::any_of(groups.begin(), groups.end(), [](const Group& g) { return !g.deleted.empty(); });
    if (with_partitions_ && groups.size() > kBranchesMax && !any_deleted) return joined(groups);
    std::string out;
    for (const Group& group : groups) {
      out += fmt::format("{}{}", out.empty() ? "" : "\nunion all ", TRY(branch(group)));
    }
    return fmt::format("({})", out);
  }

 private:
  bool is_partition(const Field& field) const {
    const auto& columns = state_.metadata->partition_columns;
    return std::any_of(columns.begin(), columns.end(),
                       [&](const std::string& column) { return Schema{{field}}.find(column) != nullptr; });
  }

  Result<std::vector<Group>> group(const std::vector<DataFile>& files) {
    std::vector<Group> groups;
    std::map<PartitionValues, std::size_t> index;
    for (const DataFile& file : files) {
      const std::string path = TRY(engine_path(file.path));
      if (file.deletion_vector.is_object()) {
        groups.push_back(
            {file.partition_values, {path}, TRY_IN(fmt::format("file {}", file.path), deleted(file.deletion_vector))});
        continue;
      }
      const PartitionValues key = with_partitions_ ? file.partition_values : PartitionValues{};
      const auto [it, is_new] = index.try_emplace(key, groups.size());
      if (is_new) groups.push_back({key, {}, {}});
      groups[it->second].paths.push_back(path);
    }
    return groups;
  }

  Result<std::string> engine_path(const std::string& logged) {
    const std::string path = canonical_path(logged);
    if (is_absolute(path)) return path;
    return state_.place.store->engine_path(state_.place.key(path));
  }

  Result<std::vector<std::uint64_t>> deleted(const Json& json) {
    const DeletionVector vector = TRY(parse_deletion_vector(json));
    if (vector.storage == DeletionVector::Storage::inline_bytes) return deleted_rows(vector, vector.bytes);
    auto [it, is_new] = vector_files_.try_emplace(vector.path);
    if (is_new) {
      if (vector.storage == DeletionVector::Storage::relative) {
        it->second = TRY(state_.place.store->read(state_.place.key(vector.path)));
      } else {
        it->second = TRY(read_absolute(vector.path));
      }
    }
    return deleted_rows(vector, it->second);
  }

  Result<std::string> read_absolute(const std::string& path) {
    duck::Connection connection = TRY(state_.place.engine->connect());
    const auto hex =
        TRY(connection.value(fmt::format("select hex(content) from read_blob({})", duck::path_list({path}))));
    std::string out;
    for (std::size_t i = 0; hex && i + 1 < hex->size(); i += 2) {
      out += static_cast<char>(std::stoi(hex->substr(i, 2), nullptr, 16));
    }
    return out;
  }

  /// Files by the names of their columns, with the types of the table; missing columns are null. DuckDB's `schema`
  /// option does that too, but reads two to three times slower (1.5.5), so it is left to tables that need it and to
  /// long lists of files, whose footers would all be read to learn their columns.
  bool reads_by_name(const std::vector<std::string>& paths) const {
    if (state_.mapping != ColumnMapping::none || paths.size() > kFilesByNameMax) return false;
    return std::all_of(state_.schema.fields.begin(), state_.schema.fields.end(), [](const Field& field) {
      return field.type.is_string() || text_or(field.type, "type") == "map";
    });
  }

  Result<std::string> read_by_name(const std::vector<std::string>& paths) {
    std::string columns, nothing;
    for (const Field& field : state_.schema.fields) {
      if (is_partition(field)) continue;
      const std::string type = TRY(duck_type_of(field.type));
      columns += fmt::format("{}cast({} as {}) as {}", columns.empty() ? "" : ", ", duck::name(field.name), type,
                             duck::name(field.name));
      nothing += fmt::format("{}cast(null as {}) as {}", nothing.empty() ? "" : ", ", type, duck::name(field.name));
    }
    return fmt::format(
        "(select {} from (select * from read_parquet({}, union_by_name=true, hive_partitioning=false) union all by "
        "name "
        "select {} where false))",
        columns, duck::path_list(paths), nothing);
  }

  Result<std::string> read_parquet(const std::vector<std::string>& paths) {
    const bool by_id = state_.mapping == ColumnMapping::id;
    std::string columns;
    for (const Field& field : state_.schema.fields) {
      if (is_partition(field)) continue;
      const std::string name = physical_name(field);
      const std::int64_t id = int_or(field.metadata, "delta.columnMapping.id", -1);
      if (by_id && id < 0) return fail(ErrorKind::corrupt_data, "column {} has no delta.columnMapping.id", field.name);
      columns += fmt::format("{}{}: {{name: {}, type: {}, default_value: NULL}}", columns.empty() ? "" : ", ",
                             by_id ? fmt::to_string(id) : duck::literal(name), duck::literal(name),
                             duck::literal(TRY(duck_type_of(field.type, Names::physical))));
    }
    return fmt::format("read_parquet({}, schema=MAP{{{}}}, hive_partitioning=false)", duck::path_list(paths), columns);
  }

  Result<std::string> data_column(const Field& field) {
    return TRY(with_logical_names(duck::name(physical_name(field)), field.type, 0));
  }

  Result<std::string> branch(const Group& group) {
    std::string columns;
    for (const Field& field : state_.schema.fields) {
      std::string expression;
      if (is_partition(field)) {
        if (!with_partitions_) continue;
        const auto it = std::find_if(group.values.begin(), group.values.end(),
                                     [&](const auto& value) { return Schema{{field}}.find(value.first) != nullptr; });
        expression = TRY(partition_literal(field, it == group.values.end() ? std::nullopt : it->second));
      } else {
        expression = TRY(data_column(field));
      }
      columns += fmt::format("{}{} as {}", columns.empty() ? "" : ", ", expression, duck::name(field.name));
    }
    const bool by_name = group.deleted.empty() && reads_by_name(group.paths);
    std::string out =
        fmt::format("select {} from {}", columns, TRY(by_name ? read_by_name(group.paths) : read_parquet(group.paths)));
    if (!group.deleted.empty()) {
      out +=
          fmt::format(" where file_row_number not in (select unnest([{}]::bigint[]))", fmt::join(group.deleted, ","));
    }
    return out;
  }

  /// Many partitions: one scan, and a join by file name.
  Result<std::string> joined(const std::vector<Group>& groups) {
    std::vector<const Field*> partitions;
    for (const Field& field : state_.schema.fields) {
      if (is_partition(field)) partitions.push_back(&field);
    }
    std::vector<std::string> paths;
    std::string values;
    for (const Group& group : groups) {
      std::string row;
      for (const Field* field : partitions) {
        const auto it = group.values.find(field->name);
        row += ", " + TRY(partition_literal(*field, it == group.values.end() ? std::nullopt : it->second));
      }
      for (const std::string& path : group.paths) {
        values += fmt::format("{}({}{})", values.empty() ? "" : ", ", duck::literal(path), row);
        paths.push_back(path);
      }
    }
    std::string names = std::string(kFileColumn), columns;
    for (const Field* field : partitions) names += ", " + duck::name(field->name);
    for (const Field& field : state_.schema.fields) {
      const bool partition = is_partition(field);
      columns +=
          fmt::format("{}{} as {}", columns.empty() ? "" : ", ",
                      partition ? "p." + duck::name(field.name) : TRY(data_column(field)), duck::name(field.name));
    }
    return fmt::format("(select {} from {} as f join (values {}) as p({}) on f.filename = p.{})", columns,
                       TRY(read_parquet(paths)), values, names, kFileColumn);
  }

  Result<std::string> empty() {
    std::string columns;
    for (const Field& field : state_.schema.fields) {
      if (!with_partitions_ && is_partition(field)) continue;
      columns += fmt::format("{}cast(null as {}) as {}", columns.empty() ? "" : ", ", TRY(duck_type_of(field.type)),
                             duck::name(field.name));
    }
    return fmt::format("(select {} where false)", columns);
  }

  const SnapshotState& state_;
  const bool with_partitions_;
  std::map<std::string, std::string> vector_files_;
};

}  // namespace

Result<std::string> partition_literal(const Field& field, const std::optional<std::string>& value) {
  const std::string type = TRY(duck_type_of(field.type));
  if (!value) return fmt::format("cast(null as {})", type);
  if (type == "BLOB") return fmt::format("encode({})", duck::literal(*value));
  if (type == "VARCHAR") return fmt::format("cast({} as VARCHAR)", duck::literal(*value));
  return fmt::format("cast({} as {})", duck::literal(*value), type);
}

Result<std::string> scan_sql(const SnapshotState& state, const std::vector<DataFile>& files) {
  return Scan(state, true).sql(files);
}

Result<std::string> scan_data_sql(const SnapshotState& state, const std::vector<DataFile>& files) {
  return Scan(state, false).sql(files);
}

}  // namespace centavo::delta
