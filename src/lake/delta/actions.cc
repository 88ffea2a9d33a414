#include "lake/delta/actions.h"

#include "lake/delta/log_path.h"

namespace centavo::delta {
namespace {

// In the commitInfo of our commits: how many lines follow. A commit cut at a line's end would else read as a smaller
// one.
constexpr const char* kActionCount = "actionCount";

tl::unexpected<Error> missing(std::string_view action, std::string_view field) {
  return fail(ErrorKind::corrupt_data, "{} without {}", action, field);
}

bool has_text(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string();
}

bool bool_or(const Json& object, const char* key, bool otherwise) {
  const auto it = object.find(key);
  return it != object.end() && it->is_boolean() ? it->get<bool>() : otherwise;
}

Json member(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() ? *it : Json();
}

std::set<std::string> names_of(const Json& list) {
  std::set<std::string> out;
  if (list.is_array()) {
    for (const Json& name : list) {
      if (name.is_string()) out.insert(name.get<std::string>());
    }
  }
  return out;
}

Result<Protocol> parse_protocol(const Json& json) {
  Protocol protocol;
  const auto version_of = [&](const char* key) -> Result<int> {
    const std::int64_t version = int_or(json, key, -1);
    if (version < 0 || version > 1000) return missing("protocol", key);
    return static_cast<int>(version);
  };
  protocol.reader_version = TRY(version_of("minReaderVersion"));
  protocol.writer_version = TRY(version_of("minWriterVersion"));
  protocol.reader_features = names_of(member(json, "readerFeatures"));
  protocol.writer_features = names_of(member(json, "writerFeatures"));
  protocol.has_feature_lists = member(json, "readerFeatures").is_array() || member(json, "writerFeatures").is_array();
  return protocol;
}

Result<Metadata> parse_metadata(const Json& json) {
  if (!has_text(json, "id")) return missing("metaData", "id");
  // The schema is asked for when a version is complete: a later commit may bring it.
  Metadata metadata{json["id"].get<std::string>(), text_or(json, "schemaString"), {}, {}, json};
  const Json columns = member(json, "partitionColumns");
  if (columns.is_array()) {
    for (const Json& column : columns) {
      if (!column.is_string()) return fail(ErrorKind::corrupt_data, "metaData: a partition column is not a name");
      metadata.partition_columns.push_back(column.get<std::string>());
    }
  }
  metadata.configuration = text_map_of(member(json, "configuration"));
  return metadata;
}

Result<Add> parse_add(const Json& json) {
  if (!has_text(json, "path")) return missing("add", "path");
  Add add;
  add.file.path = json["path"].get<std::string>();
  add.file.partition_values = partition_values_of(member(json, "partitionValues"));
  add.file.size_bytes = int_or(json, "size");
  add.file.modified_ms = int_or(json, "modificationTime");
  add.file.stats_json = text_or(json, "stats");
  add.file.deletion_vector = member(json, "deletionVector");
  add.file.tags = text_map_of(member(json, "tags"));
  add.data_change = bool_or(json, "dataChange", true);
  return add;
}

Result<Remove> parse_remove(const Json& json) {
  if (!has_text(json, "path")) return missing("remove", "path");
  Remove remove;
  remove.path = json["path"].get<std::string>();
  remove.deleted_ms = int_or(json, "deletionTimestamp");
  remove.data_change = bool_or(json, "dataChange", true);
  remove.has_partition_values = member(json, "partitionValues").is_object();
  remove.partition_values = partition_values_of(member(json, "partitionValues"));
  remove.size_bytes = int_or(json, "size");
  remove.deletion_vector = member(json, "deletionVector");
  return remove;
}

std::string_view without_blanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin);
}

/// Where the object at the front of `text` ends, or 0. Some writers spread an action over lines.
std::size_t value_end(std::string_view text) {
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && depth-- <= 1) {
      return i + 1;
    } else if (depth == 0) {
      return 0;
    }
  }
  return 0;
}

Json json_of(const PartitionValues& values) {
  Json out = Json::object();
  for (const auto& [column, value] : values) out[column] = value ? Json(*value) : Json();
  return out;
}

}  // namespace

PartitionValues partition_values_of(const Json& json) {
  PartitionValues out;
  if (!json.is_object()) return out;
  for (const auto& [column, value] : json.items()) {
    // PROTOCOL.md: an empty string is null for every type.
    const bool null = !value.is_string() || value.get_ref<const std::string&>().empty();
    out[column] = null ? std::nullopt : std::optional(value.get<std::string>());
  }
  return out;
}

std::map<std::string, std::string> text_map_of(const Json& json) {
  std::map<std::string, std::string> out;
  if (!json.is_object()) return out;
  for (const auto& [key, value] : json.items()) {
    if (value.is_null()) continue;
    out[key] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  return out;
}

std::string file_key(std::string_view path, const Json& deletion_vector) {
  std::string key = canonical_path(path);
  if (deletion_vector.is_object()) {
    key += fmt::format("\x01{}{}@{}", text_or(deletion_vector, "storageType"),
                       text_or(deletion_vector, "pathOrInlineDv"), int_or(deletion_vector, "offset"));
  }
  return key;
}

Status parse_action(const Json& action, Actions& out) {
  if (!action.is_object()) return fail(ErrorKind::corrupt_data, "a line that is not an action");
  for (const auto& [name, json] : action.items()) {
    if (!json.is_object()) continue;
    if (name == "add") {
      out.adds.push_back(TRY(parse_add(json)));
    } else if (name == "remove") {
      out.removes.push_back(TRY(parse_remove(json)));
    } else if (name == "protocol") {
      out.protocol = TRY(parse_protocol(json));
    } else if (name == "metaData") {
      out.metadata = TRY(parse_metadata(json));
    } else if (name == "txn") {
      if (!has_text(json, "appId")) return missing("txn", "appId");
      Transaction transaction{json["appId"].get<std::string>(), int_or(json, "version"), std::nullopt};
      if (member(json, "lastUpdated").is_number_integer()) transaction.updated_ms = int_or(json, "lastUpdated");
      out.transactions.push_back(std::move(transaction));
    } else if (name == "commitInfo") {
      out.commit_info = json;
    } else if (name == "domainMetadata") {
      out.domains.push_back(json);
    } else if (name == "sidecar") {
      if (!has_text(json, "path")) return missing("sidecar", "path");
      out.sidecars.push_back({json["path"].get<std::string>()});
    }
  }
  return {};
}

Result<Actions> parse_actions(std::string_view text) {
  Actions actions;
  std::int64_t lines = 0;
  while (!(text = without_blanks(text)).empty()) {
    ++lines;
    const std::string where = fmt::format("action {}", lines);
    const std::size_t end = value_end(text);
    if (end == 0) return fail(ErrorKind::corrupt_data, "{}: cut or not JSON", where);
    const Json action = TRY_IN(where, parse_json(text.substr(0, end)));
    TRY_IN(where, parse_action(action, actions));
    text.remove_prefix(end);
  }
  if (lines == 0) return fail(ErrorKind::corrupt_data, "no action in it");
  const std::int64_t announced = int_or(actions.commit_info, kActionCount, -1);
  if (announced >= 0 && announced != lines - 1) {
    return fail(ErrorKind::corrupt_data, "{} actions, but its commitInfo announces {}: it was cut", lines - 1,
                announced);
  }
  return actions;
}

Json to_json(const Protocol& protocol) {
  Json json{{"minReaderVersion", protocol.reader_version}, {"minWriterVersion", protocol.writer_version}};
  if (protocol.reader_version >= 3) json["readerFeatures"] = protocol.reader_features;
  if (protocol.writer_version >= 7) json["writerFeatures"] = protocol.writer_features;
  return json;
}

Json to_json(const Transaction& transaction) {
  Json json{{"appId", transaction.app}, {"version", transaction.version}};
  if (transaction.updated_ms) json["lastUpdated"] = *transaction.updated_ms;
  return json;
}

Json to_json(const Add& add) {
  Json json{{"path", add.file.path},
            {"partitionValues", json_of(add.file.partition_values)},
            {"size", add.file.size_bytes},
            {"modificationTime", add.file.modified_ms},
            {"dataChange", add.data_change}};
  if (!add.file.stats_json.empty()) json["stats"] = add.file.stats_json;
  if (!add.file.tags.empty()) json["tags"] = add.file.tags;
  if (add.file.deletion_vector.is_object()) json["deletionVector"] = add.file.deletion_vector;
  return json;
}

Json to_json(const Remove& remove) {
  Json json{{"path", remove.path}, {"deletionTimestamp", remove.deleted_ms}, {"dataChange", remove.data_change}};
  if (remove.has_partition_values) {
    json["extendedFileMetadata"] = true;
    json["partitionValues"] = json_of(remove.partition_values);
    json["size"] = remove.size_bytes;
  }
  if (remove.deletion_vector.is_object()) json["deletionVector"] = remove.deletion_vector;
  return json;
}

std::string to_lines(const Actions& actions) {
  std::vector<Json> lines;
  if (actions.protocol) lines.push_back({{"protocol", to_json(*actions.protocol)}});
  if (actions.metadata) lines.push_back({{"metaData", actions.metadata->raw}});
  for (const Transaction& transaction : actions.transactions) lines.push_back({{"txn", to_json(transaction)}});
  for (const Remove& remove : actions.removes) lines.push_back({{"remove", to_json(remove)}});
  for (const Add& add : actions.adds) lines.push_back({{"add", to_json(add)}});

  Json info = actions.commit_info.is_object() ? actions.commit_info : Json::object();
  info[kActionCount] = lines.size();
  // Bytes that are not UTF-8 cannot be in JSON; names and values from outside were checked before.
  const auto dump = [](const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); };
  std::string out = dump(Json{{"commitInfo", std::move(info)}}) + "\n";
  for (const Json& line : lines) out += dump(line) + "\n";
  return out;
}

}  // namespace centavo::delta
