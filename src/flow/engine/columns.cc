#include "flow/engine/columns.h"

#include "lake/pack/naming.h"

namespace centavo {
namespace {

const pack::SourceKind::Gather* gather_of(const pack::SourceKind& source, std::string_view delivered) {
  for (const auto& gather : source.gather) {
    if (delivered.size() > gather.prefix.size() && delivered.starts_with(gather.prefix)) return &gather;
  }
  return nullptr;
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr std::string_view kTextMap = "MAP(VARCHAR, VARCHAR)";

// The type a delivered one has in Delta, when the contract does not say.
std::string kept_type(std::string_view type) {
  static const std::set<std::string, std::less<>> kept = {
      "VARCHAR", "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER",
      "BIGINT",  "FLOAT",   "DOUBLE",  "DATE",     "TIMESTAMP WITH TIME ZONE",
      "BLOB"};
  if (kept.contains(type) || type.starts_with("DECIMAL(") || type.starts_with("MAP(") || type.starts_with("STRUCT(") ||
      type.ends_with("[]")) {
    return std::string(type);
  }
  if (type == "TIMESTAMP" || type == "TIMESTAMP_NS" || type == "TIMESTAMP_MS" || type == "TIMESTAMP_S")
    return "TIMESTAMP WITH TIME ZONE";
  if (type == "UTINYINT") return "SMALLINT";
  if (type == "USMALLINT") return "INTEGER";
  if (type == "UINTEGER") return "BIGINT";
  if (type == "UBIGINT" || type == "HUGEINT") return "DECIMAL(38,0)";
  return "VARCHAR";
}

bool is_nested(std::string_view type) {
  return type.starts_with("STRUCT(") || type.starts_with("MAP(") || type.ends_with("[]");
}

// The type with texts for its decimals: a number in JSON would be read as a double.
std::string with_text_decimals(std::string_view type) {
  static constexpr std::string_view kDecimal = "DECIMAL(";
  std::string out;
  for (std::size_t at = type.find(kDecimal); at != std::string_view::npos; at = type.find(kDecimal)) {
    out += fmt::format("{}VARCHAR", type.substr(0, at));
    type.remove_prefix(type.find(')', at) + 1);
  }
  return out += type;
}

// A map from JSON text: an object, or a list of objects with key and value, where of equal keys the first counts.
// Providers write words such as NULL where one should stand: those are no map.
std::string map_from_json(const std::string& json, std::string_view to) {
  const std::string list = fmt::format("json_extract(case when json_valid({0}) then {0} end, '$[*]')", json);
  const std::string pairs = fmt::format(
      "map_from_entries(list_transform(list_filter({0}, lambda cv_e, cv_i: (cv_e ->> '$.key') is not null and "
      "list_position(list_transform({0}, lambda cv_o: cv_o ->> '$.key'), cv_e ->> '$.key') = cv_i), "
      "lambda cv_e: struct_pack(k := cv_e ->> '$.key', v := cv_e ->> '$.value')))",
      list);
  return fmt::format(
      "case when not json_valid({0}) then null when json_type({0}) = 'OBJECT' then cast(cast({0} as json) as {1}) "
      "when json_type({0}) = 'ARRAY' then cast({2} as {1}) end",
      json, to, pairs);
}

std::string cast_to(const std::string& value, std::string_view from, std::string_view to, bool json_map) {
  if (from == to) return value;
  // Nested values as text are JSON, as they come in JSON files.
  const std::string text =
      is_nested(from) ? fmt::format("cast(to_json(cast({} as {})) as varchar)", value, with_text_decimals(from))
                      : value;
  if (json_map && (is_nested(from) || from == "VARCHAR")) return map_from_json(text, to);
  if (to == "VARCHAR" && is_nested(from)) return text;
  return fmt::format("cast({} as {})", value, to);
}

}  // namespace

Result<std::vector<BronzeColumn>> bronze_columns(const pack::SourceKind& source, const pack::Contract& contract,
                                                 const std::vector<DeliveredColumn>& delivered,
                                                 const delta::Schema* table) {
  std::map<std::string, const DeliveredColumn*> by_name;   // lower-case bronze name -> delivered
  std::map<std::string, std::string> spelled;           // lower-case -> as spelled
  std::map<std::string, std::string> gathered;          // map column -> arguments of centavo_map
  for (const auto& column : delivered) {
    const std::string name = bronze_name(source, column.name);
    const auto* declared = contract.find(name);
    const auto* gather = gather_of(source, column.name);
    // Without a prefix everything is gathered that the table does not declare.
    if (gather != nullptr && (declared == nullptr || (!gather->prefix.empty() && declared->name != gather->into))) {
      auto& arguments = gathered[gather->into];
      if (!arguments.empty()) arguments += ", ";
      arguments += fmt::format("{}, {}", duck::literal(column.name.substr(gather->prefix.size())),
                               cast_to(column.sql, column.type, "VARCHAR", false));
      continue;
    }
    const auto [at, fresh] = by_name.emplace(lower_case(name), &column);
    if (!fresh) {
      return fail_hint("rename one of them under `columns: rename:` of the source", ErrorKind::invalid_argument,
                       "columns \"{}\" and \"{}\" would both become \"{}\"", at->second->name, column.name, name);
    }
    spelled[lower_case(name)] = name;
  }

  std::vector<BronzeColumn> out;
  const auto add = [&](const std::string& name, const std::string& wanted_type, const DeliveredColumn* from) -> Status {
    std::string type = wanted_type;
    if (const auto* has = table == nullptr ? nullptr : table->find(name)) {
      type = TRY(delta::duck_type_of(has->type));
      if (from != nullptr && type != wanted_type && type != "VARCHAR" && from->type != "VARCHAR" &&
          kept_type(from->type) != type && !(type == "DOUBLE" && kept_type(from->type) == "FLOAT") &&
          !(type.find("INT") != std::string::npos && kept_type(from->type).find("INT") != std::string::npos)) {
        return fail_hint("if the provider changed the type for good, give the column a type in the bronze contract",
                         ErrorKind::invalid_argument, "column \"{}\" is {} now, the table has {}", from->name,
                         from->type, type);
      }
    }
    const bool json_map = contains(source.json_maps, name);
    if (const auto maps = gathered.find(name); from == nullptr && maps != gathered.end()) {
      out.push_back({name, std::string(kTextMap), fmt::format("centavo_map({})", maps->second), ""});
    } else if (from == nullptr) {
      out.push_back({name, type, fmt::format("cast(null as {})", type), ""});
    } else {
      out.push_back({name, type, cast_to(from->sql, from->type, type, json_map), from->name});
    }
    return {};
  };

  std::set<std::string> done;
  for (const auto& column : contract.columns) {
    const auto it = by_name.find(lower_case(column.name));
    TRY(add(column.name, column.type, it == by_name.end() ? nullptr : it->second));
    done.insert(lower_case(column.name));
  }
  if (contract.other_columns) {
    for (const auto& [key, column] : by_name) {
      if (!done.insert(key).second) continue;
      const bool map = contains(source.json_maps, spelled[key]);
      TRY(add(spelled[key], map ? std::string(kTextMap) : kept_type(column->type), column));
    }
    for (const auto& [into, arguments] : gathered) {
      if (done.insert(lower_case(into)).second) TRY(add(into, std::string(kTextMap), nullptr));
    }
  }
  return out;
}

}  // namespace centavo
