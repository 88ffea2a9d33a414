#include "lake/delta/checkpoint_read.h"

#include "lake/delta/duck_type.h"

namespace centavo::delta {
namespace {

constexpr std::array<std::string_view, 6> kSmallActions{"protocol", "metaData",       "txn",
                                                        "remove",   "domainMetadata", "sidecar"};

/// The engine says "io" of a cut Parquet file and "invalid" of a strange one: for a reader of logs both are corrupt.
Error as_corrupt(Error error) {
  if (error.kind != ErrorKind::cancelled && error.kind != ErrorKind::out_of_space &&
      error.kind != ErrorKind::permission_denied) {
    error.kind = ErrorKind::corrupt_data;
  }
  return error;
}

struct AddColumns {
  bool stats = false;
  bool stats_parsed = false;
};

Result<std::string> checkpoint_query(duck::Connection& connection, const std::string& file, AddColumns& has) {
  const std::string from = fmt::format("read_parquet({}, hive_partitioning=false)", duck::path_list({file}));
  const std::vector<duck::Column> columns = TRY(connection.describe(fmt::format("select * from {}", from)));
  const auto type_of = [&](std::string_view name) -> std::string {
    for (const duck::Column& column : columns) {
      if (column.name == name) return column.type;
    }
    return {};
  };
  std::string select;
  for (const std::string_view action : kSmallActions) {
    const std::string name = duck::name(action);
    select += type_of(action).empty() ? std::string("null, ")
                                      : fmt::format("case when {0} is not null then to_json({0})::varchar end, ", name);
  }
  const std::string add = type_of("add");
  if (add.empty()) {
    select += "null, null, null, null, null, null, null, null";
  } else {
    const DuckType type = TRY(parse_duck_type(add));
    const auto field = [&](std::string_view name, bool json) -> std::string {
      if (!type.child(name)) return "null";
      const std::string path = fmt::format("\"add\".{}", duck::name(name));
      return json ? fmt::format("case when {0} is not null then to_json({0})::varchar end", path) : path;
    };
    has.stats = type.child("stats") != nullptr;
    has.stats_parsed = type.child("stats_parsed") != nullptr;
    const std::string stats = has.stats && has.stats_parsed
                                  ? fmt::format("coalesce({}, {})", field("stats", false), field("stats_parsed", true))
                              : has.stats ? field("stats", false)
                                          : field("stats_parsed", true);
    select += fmt::format("\"add\" is not null, {}, {}, {}, {}, {}, {}, {}", field("path", false),
                          field("partitionValues", true), field("size", false), field("modificationTime", false), stats,
                          field("deletionVector", true), field("tags", true));
  }
  return fmt::format("select {} from {}", select, from);
}

Result<Json> json_at(const duck::Rows& rows, std::size_t column) {
  if (rows.is_null(column)) return Json();
  return parse_json(rows.text(column));
}

Status read_parquet_part(const Place& place, const std::string& key, SnapshotState& state,
                         std::vector<Sidecar>& sidecars) {
  TRY(place.store->info(key));
  duck::Connection connection = TRY(place.engine->connect());
  AddColumns has;
  const std::string path = TRY(place.store->engine_path(key));
  const std::string sql = TRY(checkpoint_query(connection, path, has));
  duck::Rows rows = TRY(connection.query(sql));
  while (TRY(rows.next())) {
    Actions actions;
    for (std::size_t i = 0; i < kSmallActions.size(); ++i) {
      if (rows.is_null(i)) continue;
      const Json action = TRY(json_at(rows, i));
      if (action.is_object()) TRY(parse_action(Json{{std::string(kSmallActions[i]), action}}, actions));
    }
    const std::size_t add = kSmallActions.size();
    if (!rows.is_null(add) && rows.boolean(add)) {
      if (rows.is_null(add + 1)) return fail(ErrorKind::corrupt_data, "add without path");
      Add out;
      out.file.path = rows.text(add + 1);
      const Json values = TRY(json_at(rows, add + 2)), tags = TRY(json_at(rows, add + 7));
      out.file.partition_values = partition_values_of(values);
      out.file.size_bytes = rows.integer(add + 3);
      out.file.modified_ms = rows.integer(add + 4);
      out.file.stats_json = rows.text(add + 5);
      const Json vector = TRY(json_at(rows, add + 6));
      if (!text_or(vector, "storageType").empty()) out.file.deletion_vector = vector;
      out.file.tags = text_map_of(tags);
      actions.adds.push_back(std::move(out));
    }
    sidecars.insert(sidecars.end(), actions.sidecars.begin(), actions.sidecars.end());
    state.apply(std::move(actions));
  }
  return {};
}

Status read_parts(const CheckpointFiles& checkpoint, SnapshotState& state) {
  const Place& place = state.place;
  std::vector<Sidecar> sidecars;
  for (const std::string& key : checkpoint.keys) {
    if (checkpoint.json) {
      const std::string text = TRY(place.store->read(key));
      Actions actions = TRY(parse_actions(text));
      sidecars.insert(sidecars.end(), actions.sidecars.begin(), actions.sidecars.end());
      state.apply(std::move(actions));
    } else {
      TRY(read_parquet_part(place, key, state, sidecars));
    }
  }
  std::vector<Sidecar> nested;
  for (const Sidecar& sidecar : sidecars) {
    const std::string path = decode_path(sidecar.path);
    const std::string name = path.substr(path.rfind('/') + 1);
    TRY_IN(fmt::format("sidecar {}", name),
           read_parquet_part(place, fmt::format("{}/_sidecars/{}", log_folder(place.root), name), state, nested));
  }
  if (!nested.empty()) return fail(ErrorKind::corrupt_data, "a sidecar names a sidecar");
  return {};
}

}  // namespace

Status read_checkpoint(const CheckpointFiles& checkpoint, SnapshotState& state) {
  const Status read = read_parts(checkpoint, state);
  if (!read) return fail_within(fmt::format("checkpoint {}", checkpoint.version), as_corrupt(read.error()));
  return {};
}

}  // namespace centavo::delta
