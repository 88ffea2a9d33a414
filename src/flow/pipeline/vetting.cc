#include "flow/pipeline/vetting.h"

#include <algorithm>
#include <cctype>
#include <set>

namespace centavo {
namespace {

using Names = std::set<std::string, std::less<>>;

// Table functions that make rows out of their arguments alone.
const Names& harmless_table_functions() {
  static const Names names = {"range", "generate_series", "unnest", "json_each", "json_tree"};
  return names;
}

// Functions that tell how views are made, settings or variables; and the hash of masks, which would tell of a guess
// whether it is right.
const Names& telling_functions() {
  static const Names names = {"getvariable", "current_setting", "pg_get_viewdef", "pg_get_constraintdef",
                              "centavo_reading_hash"};
  return names;
}

// Names mean the same in capitals.
std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// The engine's own views show how the tenant's are made, with the paths of the lake's files.
bool tells_paths(std::string_view schema, std::string_view table) {
  if (schema == "information_schema") return table == "views";
  if (!schema.empty() && schema != "main") return false;
  return table.starts_with("duckdb_") || table.starts_with("sqlite_") || table.starts_with("pragma_") ||
         table.starts_with("pg_");
}

std::string readable(const access::Sight& sight) {
  std::string out;
  for (const auto& [layer, example] : {std::pair("bronze", "bronze.x"), {"silver", "silver.y"}, {"gold", "gold.z"}}) {
    if (sight.sees_layer(layer)) out += (out.empty() ? "" : ", ") + std::string(example);
  }
  return out.empty() ? "there are none to read" : "read the tables " + out;
}

Status vet_table(const Json& node, const access::Sight& sight) {
  const std::string schema = lower(text_or(node, "schema_name"));
  const std::string table = lower(text_or(node, "table_name"));
  static const Names schemas = {"", "bronze", "silver", "gold", "information_schema", "main"};
  const bool is_layer = schema == "bronze" || schema == "silver" || schema == "gold";
  if (is_layer && !sight.sees_layer(schema)) {
    return fail_hint(readable(sight), ErrorKind::permission_denied, "{}.{}: the layer {} is not yours to read", schema,
                     table, schema);
  }
  if (!schemas.contains(schema) || !text_or(node, "catalog_name").empty() ||
      table.find_first_of("/\\.:*?") != std::string::npos || tells_paths(schema, table)) {
    return fail_hint(readable(sight), ErrorKind::permission_denied, "{}{}{} is not a table of this tenant", schema,
                     schema.empty() ? "" : ".", table);
  }
  return {};
}

Status vet_node(const Json& node, const access::Sight& sight) {
  if (node.is_array()) {
    for (const auto& child : node) TRY(vet_node(child, sight));
    return {};
  }
  if (!node.is_object()) return {};
  const std::string type = text_or(node, "type");
  if (type == "TABLE_FUNCTION") {
    const std::string name = node.contains("function") ? lower(text_or(node["function"], "function_name")) : "";
    if (!harmless_table_functions().contains(name))
      return fail_hint(readable(sight), ErrorKind::permission_denied, "{}() is not allowed in a query", name);
  }
  if (const std::string name = lower(text_or(node, "function_name")); telling_functions().contains(name))
    return fail_hint(readable(sight), ErrorKind::permission_denied, "{}() is not allowed in a query", name);
  if (type == "BASE_TABLE") TRY(vet_table(node, sight));
  for (const auto& [key, child] : node.items()) TRY(vet_node(child, sight));
  return {};
}

struct VettedCondition {
  const std::function<bool(std::string_view)>& is_column;
  const std::function<bool(std::string_view)>& is_masked;
  int tables = 0;

  Status vet(const Json& node) {
    if (node.is_array()) {
      for (const auto& child : node) TRY(vet(child));
      return {};
    }
    if (!node.is_object()) return {};
    static const Names beyond = {
        "SUBQUERY", "TABLE_FUNCTION",  "JOIN",  "SET_OPERATION_NODE", "SHOW_REF", "STAR", "POSITIONAL_REFERENCE",
        "CTE_NODE", "EXPRESSION_LIST", "PIVOT", "RECURSIVE_CTE_NODE"};
    const std::string type = text_or(node, "type");
    if (type == "BASE_TABLE") ++tables;
    if (tables > 1 || beyond.contains(type) || text_or(node, "class") == "SUBQUERY")
      return fail_hint("compare columns of the table with values", ErrorKind::permission_denied,
                       "the condition looks at more than the columns of its table");
    const Json& names = member(node, "column_names");   // the table's name or a column's may stand before a field's
    for (std::size_t k = 0; k < names.size(); ++k) {
      const std::string name = text_of(names[k]);
      if (is_masked(name)) return fail(ErrorKind::permission_denied, "the condition names {}, which is masked", name);
      if (k + 1 == names.size() && !is_column(name))
        return fail(ErrorKind::permission_denied, "the condition names {}, which is no column of its table", name);
    }
    for (const auto& [key, child] : node.items()) TRY(vet(child));
    return {};
  }
};

}  // namespace

Status vet_tree(const Json& tree, const access::Sight& sight) {
  if (tree.value("error", false)) {
    const std::string kind = text_or(tree, "error_type");
    const std::string message = text_or(tree, "error_message", "not a select");
    if (kind == "not implemented") {
      return fail_hint("write one select", ErrorKind::permission_denied, "only a select may be run: {}", message);
    }
    return fail(ErrorKind::invalid_argument, "{}", message);
  }
  if (!tree.contains("statements") || tree["statements"].size() != 1) {
    return fail_hint("write one select", ErrorKind::invalid_argument, "a query is one statement, this is {}",
                     tree.contains("statements") ? tree["statements"].size() : 0);
  }
  return vet_node(tree["statements"], sight);
}

Status vet_condition(const Json& tree, const std::function<bool(std::string_view)>& is_column,
                     const std::function<bool(std::string_view)>& is_masked) {
  return VettedCondition{is_column, is_masked}.vet(member(tree, "statements"));
}

}  // namespace centavo
