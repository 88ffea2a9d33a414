#include "lake/delta/schema.h"

#include <array>
#include <cctype>

#include "io/duck/duck.h"
#include "lake/delta/duck_type.h"

namespace centavo::delta {
namespace {

struct Primitive {
  std::string_view delta;
  std::string_view duck;
};

// Types that map one to one. TIMESTAMP_NS, TIME, UUID, INTERVAL, ENUM, unsigned and 128-bit integers have no Delta
// type.
constexpr std::array<Primitive, 12> kPrimitives{{{"string", "VARCHAR"},
                                                 {"long", "BIGINT"},
                                                 {"integer", "INTEGER"},
                                                 {"short", "SMALLINT"},
                                                 {"byte", "TINYINT"},
                                                 {"float", "FLOAT"},
                                                 {"double", "DOUBLE"},
                                                 {"boolean", "BOOLEAN"},
                                                 {"binary", "BLOB"},
                                                 {"date", "DATE"},
                                                 {"timestamp", "TIMESTAMP WITH TIME ZONE"},
                                                 {"timestamp_ntz", "TIMESTAMP"}}};

bool same_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  });
}

Result<Json> delta_type_of(const DuckType& type) {
  if (type.id == "STRUCT") {
    Json fields = Json::array();
    for (std::size_t i = 0; i < type.children.size(); ++i) {
      fields.push_back({{"name", type.names[i]},
                        {"type", TRY(delta_type_of(type.children[i]))},
                        {"nullable", true},
                        {"metadata", Json::object()}});
    }
    return Json{{"type", "struct"}, {"fields", std::move(fields)}};
  }
  if (type.id == "LIST") {
    return Json{{"type", "array"}, {"elementType", TRY(delta_type_of(type.children[0]))}, {"containsNull", true}};
  }
  if (type.id == "MAP") {
    return Json{{"type", "map"},
                {"keyType", TRY(delta_type_of(type.children[0]))},
                {"valueType", TRY(delta_type_of(type.children[1]))},
                {"valueContainsNull", true}};
  }
  if (type.id == "DECIMAL") return Json(fmt::format("decimal({},{})", type.width, type.scale));
  for (const Primitive& primitive : kPrimitives) {
    if (primitive.duck == type.id) return Json(primitive.delta);
  }
  return fail_hint("cast it to a decimal, a bigint, text or TIMESTAMP WITH TIME ZONE", ErrorKind::unsupported,
                   "type {} has no Delta type", type.id);
}

Result<Field> parse_field(const Json& json) {
  if (!json.is_object() || !json.contains("name") || !json["name"].is_string() || !json.contains("type")) {
    return fail(ErrorKind::corrupt_data, "schema: a field without name or type: {}", json.dump().substr(0, 200));
  }
  Field field{json["name"].get<std::string>(), json["type"], true, Json::object()};
  if (const auto it = json.find("nullable"); it != json.end() && it->is_boolean()) field.nullable = it->get<bool>();
  if (const auto it = json.find("metadata"); it != json.end() && it->is_object()) field.metadata = *it;
  return field;
}

}  // namespace

const Field* Schema::find(std::string_view name) const {
  for (const Field& field : fields) {
    if (same_ignoring_case(field.name, name)) return &field;
  }
  return nullptr;
}

Result<Field> field_of_duck(std::string_view name, std::string_view duck_type, bool nullable) {
  const DuckType type = TRY_IN(fmt::format("column {}", name), parse_duck_type(duck_type));
  return Field{std::string(name), TRY_IN(fmt::format("column {}", name), delta_type_of(type)), nullable,
               Json::object()};
}

Result<Field> parse_field_json(const Json& json) { return parse_field(json); }

Result<std::string> duck_type_of(const Json& type, Names names) {
  if (type.is_string()) {
    const std::string text = type.get<std::string>();
    for (const Primitive& primitive : kPrimitives) {
      if (primitive.delta == text) return std::string(primitive.duck);
    }
    int width = 10, scale = 0, used = 0;
    if (text == "decimal") return std::string("DECIMAL(10,0)");
    if (std::sscanf(text.c_str(), "decimal( %d , %d )%n", &width, &scale, &used) == 2 &&
        used == static_cast<int>(text.size()) && width >= 1 && width <= 38 && scale >= 0 && scale <= width) {
      return fmt::format("DECIMAL({},{})", width, scale);
    }
    return fail(ErrorKind::unsupported, "type {} is not read", text);
  }
  const std::string kind = text_or(type, "type");
  if (kind == "array" && type.contains("elementType")) {
    return TRY(duck_type_of(type["elementType"], names)) + "[]";
  }
  if (kind == "map" && type.contains("keyType") && type.contains("valueType")) {
    return fmt::format("MAP({}, {})", TRY(duck_type_of(type["keyType"], names)),
                       TRY(duck_type_of(type["valueType"], names)));
  }
  if (kind == "struct" && type.contains("fields") && type["fields"].is_array()) {
    std::string out;
    for (const Json& child : type["fields"]) {
      const Field field = TRY(parse_field(child));
      out += fmt::format("{}{} {}", out.empty() ? "" : ", ",
                         duck::name(names == Names::physical ? physical_name(field) : field.name),
                         TRY(duck_type_of(field.type, names)));
    }
    return fmt::format("STRUCT({})", out);
  }
  return fail(ErrorKind::unsupported, "type {} is not read", type.dump().substr(0, 200));
}

Result<std::string> duck_type_of(const Json& type) { return duck_type_of(type, Names::logical); }

std::string physical_name(const Field& field) {
  return text_or(field.metadata, "delta.columnMapping.physicalName", field.name);
}

Result<Schema> parse_schema(std::string_view text) {
  const Json json = TRY_IN("schema", parse_json(text));
  if (text_or(json, "type") != "struct" || !json.contains("fields") || !json["fields"].is_array()) {
    return fail(ErrorKind::corrupt_data, "schema: not a struct with fields");
  }
  Schema schema;
  for (const Json& child : json["fields"]) {
    Field field = TRY(parse_field(child));
    if (schema.find(field.name)) return fail(ErrorKind::corrupt_data, "schema: column {} is there twice", field.name);
    schema.fields.push_back(std::move(field));
  }
  return schema;
}

std::string to_json(const Schema& schema) {
  OrderedJson fields = OrderedJson::array();
  for (const Field& field : schema.fields) {
    OrderedJson json;
    json["name"] = field.name;
    json["type"] = field.type;
    json["nullable"] = field.nullable;
    json["metadata"] = field.metadata;
    fields.push_back(std::move(json));
  }
  OrderedJson json;
  json["type"] = "struct";
  json["fields"] = std::move(fields);
  return json.dump();
}

bool is_widening(const Json& from, const Json& to) {
  if (!from.is_string() || !to.is_string()) return false;
  const std::string a = from.get<std::string>(), b = to.get<std::string>();
  constexpr std::array<std::string_view, 4> integers{"byte", "short", "integer", "long"};
  const auto rank = [&](const std::string& t) {
    return std::find(integers.begin(), integers.end(), t) - integers.begin();
  };
  if (rank(a) < 4 && rank(b) < 4) return rank(a) < rank(b);
  if (a == "float" && b == "double") return true;
  int aw = 0, as = 0, bw = 0, bs = 0;
  return std::sscanf(a.c_str(), "decimal(%d,%d)", &aw, &as) == 2 &&
         std::sscanf(b.c_str(), "decimal(%d,%d)", &bw, &bs) == 2 && as == bs && aw < bw;
}

}  // namespace centavo::delta
