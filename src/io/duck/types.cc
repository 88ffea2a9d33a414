#include <algorithm>
#include <cctype>

#include "io/duck/values.h"

namespace centavo::duck {
namespace {

// DuckDB 1.5.5: select keyword_name from duckdb_keywords() where keyword_category <> 'unreserved'.
constexpr std::string_view kKeywords =
    " all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create "
    "default "
    "deferrable desc describe distinct do else end except false fetch for foreign from group having in initially "
    "intersect into lambda lateral leading limit not null offset on only or order pivot pivot_longer pivot_wider "
    "placing "
    "primary qualify references returning select show some summarize symmetric table then to trailing true union "
    "unique "
    "unpivot using variadic when where window with anti asof at authorization between bigint binary bit boolean by "
    "char "
    "character coalesce collation columns concurrently cross dec decimal exists extract float freeze full generated "
    "glob "
    "grouping grouping_id ilike inner inout int integer interval is isnull join left like map national natural nchar "
    "none "
    "notnull nullif numeric out outer overlaps overlay position positional precision real right row semi setof similar "
    "smallint struct substring tablesample time timestamp treat trim try_cast unpack values varchar verbose "
    "xmlattributes "
    "xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable ";

// A member's name, quoted only when DuckDB would.
std::string member_name(const std::string& name) {
  const auto is_word = [](char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0; };
  const bool plain = !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
                     std::all_of(name.begin(), name.end(), is_word);
  std::string lower = name;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (plain && kKeywords.find(" " + lower + " ") == std::string_view::npos) return name;
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + '"';
}

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + '\'';
}

std::string_view simple_name(duckdb_type id) {
  switch (id) {
    case DUCKDB_TYPE_BOOLEAN: return "BOOLEAN";
    case DUCKDB_TYPE_TINYINT: return "TINYINT";
    case DUCKDB_TYPE_SMALLINT: return "SMALLINT";
    case DUCKDB_TYPE_INTEGER: return "INTEGER";
    case DUCKDB_TYPE_BIGINT: return "BIGINT";
    case DUCKDB_TYPE_UTINYINT: return "UTINYINT";
    case DUCKDB_TYPE_USMALLINT: return "USMALLINT";
    case DUCKDB_TYPE_UINTEGER: return "UINTEGER";
    case DUCKDB_TYPE_UBIGINT: return "UBIGINT";
    case DUCKDB_TYPE_HUGEINT: return "HUGEINT";
    case DUCKDB_TYPE_UHUGEINT: return "UHUGEINT";
    case DUCKDB_TYPE_FLOAT: return "FLOAT";
    case DUCKDB_TYPE_DOUBLE: return "DOUBLE";
    case DUCKDB_TYPE_TIMESTAMP: return "TIMESTAMP";
    case DUCKDB_TYPE_TIMESTAMP_S: return "TIMESTAMP_S";
    case DUCKDB_TYPE_TIMESTAMP_MS: return "TIMESTAMP_MS";
    case DUCKDB_TYPE_TIMESTAMP_NS: return "TIMESTAMP_NS";
    case DUCKDB_TYPE_TIMESTAMP_TZ: return "TIMESTAMP WITH TIME ZONE";
    case DUCKDB_TYPE_DATE: return "DATE";
    case DUCKDB_TYPE_TIME: return "TIME";
    case DUCKDB_TYPE_TIME_NS: return "TIME_NS";
    case DUCKDB_TYPE_TIME_TZ: return "TIME WITH TIME ZONE";
    case DUCKDB_TYPE_INTERVAL: return "INTERVAL";
    case DUCKDB_TYPE_VARCHAR: return "VARCHAR";
    case DUCKDB_TYPE_BLOB: return "BLOB";
    case DUCKDB_TYPE_BIT: return "BIT";
    case DUCKDB_TYPE_UUID: return "UUID";
    case DUCKDB_TYPE_BIGNUM: return "BIGNUM";
    case DUCKDB_TYPE_SQLNULL: return "\"NULL\"";
    default: return "UNKNOWN";
  }
}

}  // namespace

Type Type::of(duckdb_logical_type raw) {
  Type out;
  out.id = duckdb_get_type_id(raw);
  out.alias = take_text(duckdb_logical_type_get_alias(raw));
  const auto add_child = [&](duckdb_logical_type child) {
    const RawType owner(child);
    out.children.push_back(of(child));
  };
  switch (out.id) {
    case DUCKDB_TYPE_DECIMAL:
      out.stored_as = duckdb_decimal_internal_type(raw);
      out.width = duckdb_decimal_width(raw);
      out.scale = duckdb_decimal_scale(raw);
      break;
    case DUCKDB_TYPE_ENUM:
      out.stored_as = duckdb_enum_internal_type(raw);
      for (idx_t i = 0; i < duckdb_enum_dictionary_size(raw); ++i) {
        out.names.push_back(take_text(duckdb_enum_dictionary_value(raw, i)));
      }
      break;
    case DUCKDB_TYPE_LIST: add_child(duckdb_list_type_child_type(raw)); break;
    case DUCKDB_TYPE_ARRAY:
      out.array_size = duckdb_array_type_array_size(raw);
      add_child(duckdb_array_type_child_type(raw));
      break;
    case DUCKDB_TYPE_MAP:
      add_child(duckdb_map_type_key_type(raw));
      add_child(duckdb_map_type_value_type(raw));
      break;
    case DUCKDB_TYPE_STRUCT:
      for (idx_t i = 0; i < duckdb_struct_type_child_count(raw); ++i) {
        out.names.push_back(take_text(duckdb_struct_type_child_name(raw, i)));
        add_child(duckdb_struct_type_child_type(raw, i));
      }
      break;
    case DUCKDB_TYPE_UNION:
      for (idx_t i = 0; i < duckdb_union_type_member_count(raw); ++i) {
        out.names.push_back(take_text(duckdb_union_type_member_name(raw, i)));
        add_child(duckdb_union_type_member_type(raw, i));
      }
      break;
    default: break;
  }
  return out;
}

std::string Type::spelled() const {
  if (!alias.empty()) return alias;
  const auto joined = [&](std::string_view begin, const auto& part, std::size_t count) {
    std::string out(begin);
    for (std::size_t i = 0; i < count; ++i) out += (i == 0 ? "" : ", ") + part(i);
    return out + ")";
  };
  const auto member = [&](std::size_t i) { return member_name(names[i]) + " " + children[i].spelled(); };
  switch (id) {
    case DUCKDB_TYPE_DECIMAL: return fmt::format("DECIMAL({},{})", width, scale);
    case DUCKDB_TYPE_LIST: return children[0].spelled() + "[]";
    case DUCKDB_TYPE_ARRAY: return fmt::format("{}[{}]", children[0].spelled(), array_size);
    case DUCKDB_TYPE_MAP: return fmt::format("MAP({}, {})", children[0].spelled(), children[1].spelled());
    case DUCKDB_TYPE_STRUCT: return joined("STRUCT(", member, children.size());
    case DUCKDB_TYPE_UNION: return joined("UNION(", member, children.size());
    case DUCKDB_TYPE_ENUM: return joined("ENUM(", [&](std::size_t i) { return quoted(names[i]); }, names.size());
    default: return std::string(simple_name(id));
  }
}

bool Type::is_readable() const {
  if (id == DUCKDB_TYPE_BIGNUM ||
      (children.empty() && id != DUCKDB_TYPE_DECIMAL && id != DUCKDB_TYPE_ENUM && simple_name(id) == "UNKNOWN")) {
    return false;
  }
  return std::all_of(children.begin(), children.end(), [](const Type& child) { return child.is_readable(); });
}

}  // namespace centavo::duck
