#include "lake/delta/features.h"

#include <array>

namespace centavo::delta {
namespace {

const std::set<std::string> kReaderFeatures{"columnMapping",      "deletionVectors", "timestampNtz",
                                            "v2Checkpoint",       "typeWidening",    "typeWidening-preview",
                                            "vacuumProtocolCheck"};
// A writer feature that changes nothing unless a column or a property uses it, which is checked one by one.
const std::set<std::string> kWriterFeatures{"appendOnly",          "invariants",         "checkConstraints",
                                            "changeDataFeed",      "generatedColumns",   "identityColumns",
                                            "allowColumnDefaults", "vacuumProtocolCheck"};
const std::set<std::string> kOurProperties{"delta.appendOnly",
                                           "delta.checkpointInterval",
                                           "delta.logRetentionDuration",
                                           "delta.deletedFileRetentionDuration",
                                           "delta.enableExpiredLogCleanup",
                                           "delta.dataSkippingNumIndexedCols",
                                           "delta.isolationLevel",
                                           "delta.checkpoint.writeStatsAsJson",
                                           "delta.minReaderVersion",
                                           "delta.minWriterVersion"};

constexpr std::array<const char*, 5> kColumnPromises{"delta.invariants", "delta.generationExpression",
                                                     "delta.identity.start", "delta.identity.step", "CURRENT_DEFAULT"};

bool is_on(const std::map<std::string, std::string>& configuration, const std::string& key) {
  const auto it = configuration.find(key);
  return it != configuration.end() && it->second == "true";
}

/// Calls `visit` for each field, also those inside structs, arrays and maps.
template <class Visit>
Status each_field(const Json& type, const Visit& visit) {
  if (!type.is_object()) return {};
  for (const char* key : {"elementType", "keyType", "valueType"}) {
    if (type.contains(key)) TRY(each_field(type[key], visit));
  }
  if (type.contains("fields") && type["fields"].is_array()) {
    for (const Json& child : type["fields"]) {
      const Field field = TRY(parse_field_json(child));
      TRY(visit(field));
      TRY(each_field(field.type, visit));
    }
  }
  return {};
}

template <class Visit>
Status each_field(const Schema& schema, const Visit& visit) {
  for (const Field& field : schema.fields) {
    TRY(visit(field));
    TRY(each_field(field.type, visit));
  }
  return {};
}

Status check_type_changes(const Field& field) {
  const auto it = field.metadata.find("delta.typeChanges");
  if (it == field.metadata.end() || !it->is_array()) return {};
  for (const Json& change : *it) {
    const std::string from = text_or(change, "fromType"), to = text_or(change, "toType");
    const bool integer = from == "byte" || from == "short" || from == "integer" || from == "long";
    const bool known = is_widening(from, to) || (integer && (to == "double" || to.starts_with("decimal"))) ||
                       (from.starts_with("decimal") && to.starts_with("decimal")) ||
                       (from == "date" && to == "timestamp_ntz");
    if (!known) {
      return fail(ErrorKind::unsupported, "column {}: type change from {} to {} is not read", field.name, from, to);
    }
  }
  return {};
}

}  // namespace

Result<ColumnMapping> column_mapping_of(const Metadata& metadata) {
  const auto it = metadata.configuration.find("delta.columnMapping.mode");
  if (it == metadata.configuration.end() || it->second == "none") return ColumnMapping::none;
  if (it->second == "name") return ColumnMapping::name;
  if (it->second == "id") return ColumnMapping::id;
  return fail(ErrorKind::corrupt_data, "column mapping mode \"{}\" is not none, name or id", it->second);
}

Status check_readable(const Protocol& protocol, const Metadata& metadata, const Schema* schema) {
  if (protocol.reader_version < 1 || protocol.reader_version > 3) {
    return fail_hint("read it with a newer centavo", ErrorKind::unsupported, "reader version {} is not read",
                     protocol.reader_version);
  }
  if (protocol.reader_version == 3) {
    for (const std::string& feature : protocol.reader_features) {
      if (kReaderFeatures.contains(feature)) continue;
      const bool catalog = feature.starts_with("catalogManaged") || feature.starts_with("catalogOwned");
      return fail_hint(catalog ? "read it through the catalog that manages it" : "", ErrorKind::unsupported,
                       "table feature {} is not read", feature);
    }
  }
  const std::string provider = text_or(metadata.raw.value("format", Json::object()), "provider", "parquet");
  if (provider != "parquet") return fail(ErrorKind::unsupported, "data format {} is not read", provider);
  TRY(column_mapping_of(metadata));
  if (!schema) return {};
  for (const Field& field : schema->fields) TRY_IN(fmt::format("column {}", field.name), duck_type_of(field.type));
  for (const std::string& column : metadata.partition_columns) {
    if (!schema->find(column)) return fail(ErrorKind::corrupt_data, "partition column {} is not in the schema", column);
  }
  return each_field(*schema, check_type_changes);
}

Status check_writable(const Protocol& protocol, const Metadata& metadata, const Schema& schema) {
  TRY(check_readable(protocol, metadata, &schema));
  if (protocol.writer_version > 7) {
    return fail(ErrorKind::unsupported, "writer version {} is not written", protocol.writer_version);
  }
  if (protocol.writer_version == 7) {
    for (const std::string& feature : protocol.writer_features) {
      if (!kWriterFeatures.contains(feature)) {
        return fail(ErrorKind::unsupported, "table feature {} is not written", feature);
      }
    }
  }
  if (protocol.reader_version == 3) {
    for (const std::string& feature : protocol.reader_features) {
      if (!kWriterFeatures.contains(feature)) {
        return fail(ErrorKind::unsupported, "table feature {} is not written", feature);
      }
    }
  }
  if (TRY(column_mapping_of(metadata)) != ColumnMapping::none) {
    return fail(ErrorKind::unsupported, "table feature columnMapping is not written");
  }
  for (const auto& [key, value] : metadata.configuration) {
    if (key.starts_with("delta.constraints.")) {
      return fail(ErrorKind::unsupported, "table feature checkConstraints ({}) is not written", key);
    }
  }
  for (const auto& [key, feature] :
       std::map<std::string, std::string>{{"delta.enableChangeDataFeed", "changeDataFeed"},
                                          {"delta.enableDeletionVectors", "deletionVectors"},
                                          {"delta.enableRowTracking", "rowTracking"},
                                          {"delta.enableInCommitTimestamps", "inCommitTimestamp"},
                                          {"delta.enableIcebergCompatV1", "icebergCompatV1"},
                                          {"delta.enableIcebergCompatV2", "icebergCompatV2"}}) {
    if (is_on(metadata.configuration, key))
      return fail(ErrorKind::unsupported, "table feature {} is not written", feature);
  }
  return each_field(schema, [](const Field& field) -> Status {
    for (const char* promise : kColumnPromises) {
      if (field.metadata.contains(promise)) {
        return fail(ErrorKind::unsupported, "column {}: {} cannot be honoured", field.name, promise);
      }
    }
    return {};
  });
}

Status check_new_schema(const Schema& schema, const std::vector<std::string>& partition_columns) {
  if (schema.fields.empty()) return fail(ErrorKind::invalid_argument, "a table needs a column");
  std::set<std::string> seen;
  for (const Field& field : schema.fields) {
    std::string lower = field.name;
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (!seen.insert(lower).second) return fail(ErrorKind::invalid_argument, "column {} is there twice", field.name);
    TRY_IN(fmt::format("column {}", field.name), duck_type_of(field.type));
    if (field.type == Json("timestamp_ntz")) {
      return fail_hint("use TIMESTAMP WITH TIME ZONE", ErrorKind::unsupported,
                       "column {}: a timestamp without zone needs table feature timestampNtz, which is not written",
                       field.name);
    }
  }
  TRY(each_field(schema, [](const Field& field) -> Status {
    if (field.name.empty() || field.name.find_first_of(" ,;{}()\n\t=`") != std::string::npos) {
      return fail_hint("use letters, digits and _", ErrorKind::unsupported,
                       "column \"{}\": this name needs table feature columnMapping, which is not written", field.name);
    }
    return {};
  }));
  static const std::set<std::string> allowed{"string", "date", "byte", "short", "integer", "long", "boolean"};
  for (const std::string& column : partition_columns) {
    const Field* field = schema.find(column);
    if (!field || field->name != column)
      return fail(ErrorKind::invalid_argument, "partition column {} is not a column", column);
    if (!field->type.is_string() || !allowed.contains(field->type.get<std::string>())) {
      return fail_hint("partition by a string, date, integer or boolean", ErrorKind::invalid_argument,
                       "partition column {} has type {}", column, field->type.dump());
    }
  }
  if (partition_columns.size() >= schema.fields.size()) {
    return fail(ErrorKind::invalid_argument, "a table needs a column that is not a partition column");
  }
  return {};
}

Status check_new_properties(const std::map<std::string, std::string>& properties) {
  for (const auto& [key, value] : properties) {
    if (key.starts_with("delta.") && !kOurProperties.contains(key)) {
      return fail(ErrorKind::unsupported, "property {} is not supported", key);
    }
  }
  return {};
}

}  // namespace centavo::delta
