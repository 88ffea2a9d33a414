#include "flow/validate/model.h"

#include <algorithm>
#include <cctype>
#include <deque>
#include <optional>
#include <set>

#include "base/json.h"
#include "io/duck/duck.h"
#include "lake/pack/sql_tokens.h"

namespace centavo::rules {
namespace {

/// The member, or null when there is none. Never throws, whatever `node` is.
const Json& member(const Json& node, const char* key) {
  static const Json kNull;
  if (!node.is_object()) return kNull;
  const auto found = node.find(key);
  return found == node.end() ? kNull : *found;
}

/// The elements, or none when the member is no array.
const Json& items_at(const Json& node, const char* key) {
  static const Json kEmpty = Json::array();
  const Json& found = member(node, key);
  return found.is_array() ? found : kEmpty;
}

std::string string_at(const Json& node, const char* key) { return text_or(node, key); }

/// A column's name, in quotes only where it needs them.
std::string column_sql(const Json& node, const char* key) {
  const std::string text = text_or(node, key);
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0;
  });
  return plain ? text : duck::name(text);
}

std::string value_sql(const Json& value) {
  if (value.is_string()) return duck::literal(value.get<std::string>());
  if (value.is_boolean()) return value.get<bool>() ? "'true'" : "'false'";
  return value.dump();
}

bool is_null(const Json& node, const char* key) { return member(node, key).is_null(); }

std::int64_t whole_at(const Json& node, const char* key, std::int64_t otherwise) {
  const Json& found = member(node, key);
  return found.is_number_integer() ? found.get<std::int64_t>() : otherwise;
}

std::string list_sql(const Json& items) {
  std::string out;
  for (const Json& item : items) out += (out.empty() ? "" : ", ") + value_sql(item);
  return fmt::format("[{}]", out);
}

/// The values at a path as a list; null unless the column holds JSON.
std::string found_at(const std::string& column, const std::string& path) {
  const std::string values = fmt::format("json_extract({}, {})", column + "::json", duck::literal(path));
  return fmt::format("case when json_valid({}) then {} end", column,
                     path.find("[*]") == std::string::npos ? "[" + values + "]" : values);
}

/// A check of what a JSON path finds; nullopt when it is another check.
std::optional<std::string> json_check(const Json& check) {
  const std::string function = string_at(check, "CheckFunction");
  if (function.find("JSON") == std::string::npos ||
      (!check.contains("Path") && !check.contains("PathA") && !check.contains("ParentPath"))) {
    return std::nullopt;
  }
  const std::string column = column_sql(check, check.contains("ColumnName") ? "ColumnName" : "ColumnAName");
  const std::string path = string_at(check, check.contains("PathA") ? "PathA" : "Path");
  const std::string found = found_at(column, path);
  const std::string value = is_null(check, "Value") ? "'null'" : duck::literal(check["Value"].dump());
  if (function == "JSONCheckPathType") {
    std::string kind = pack::lower(string_at(check, "ExpectedType"));
    static const std::set<std::string, std::less<>> numbers = {"decimal", "integer", "float",  "double",
                                                               "bigint",  "int",     "numeric"};
    if (numbers.contains(kind)) kind = "number";
    return fmt::format("all_of_kind({}, {})", found, duck::literal(kind));
  }
  if (function == "JSONCheckPathKeyValueFormat") return fmt::format("all_key_values({})", found);
  if (function == "JSONCheckPathKeyStartsWith") {
    return fmt::format("all_keys_start({}, {}, {})", found, duck::literal(string_at(check, "Prefix")),
                       list_sql(items_at(check, "IgnoreKeys")));
  }
  if (function == "JSONCheckPathKeyExists") {
    const std::size_t point = std::min(path.rfind('.'), path.size());
    return fmt::format("all_have_key({}, {})", found_at(column, path.substr(0, point)),
                       duck::literal(point < path.size() ? path.substr(point + 1) : ""));
  }
  if (function == "JSONCheckPathValue") return fmt::format("all_are({}, {})", found, value);
  if (function == "JSONCheckPathNotValue") return fmt::format("none_is({}, {})", found, value);
  if (function == "JSONCheckPathSameValue") {
    return fmt::format("all_are({}, '\"' || {} || '\"')", found, column_sql(check, "ColumnBName"));
  }
  if (function == "JSONCheckPathNumericFormat" || function == "JSONFormatNumeric")
    return fmt::format("all_numeric({})", found);
  if (function == "JSONCheckPathUnitFormat" || function == "JSONFormatUnit") return fmt::format("all_units({})", found);
  if (function == "JSONFormatString") return fmt::format("all_ascii({})", found);
  // The public validator looks for the child's whole path inside the parent's value, where it finds nothing.
  if (function == "JSONCheckPathDistinctParent") return fmt::format("{} is not null or true", column);
  return std::nullopt;
}

/// Comparisons, the same in requirements and conditions.
std::optional<std::string> comparison(const Json& check) {
  const std::string function = string_at(check, "CheckFunction");
  const std::string c = column_sql(check, "ColumnName");
  const std::string a = column_sql(check, "ColumnAName");
  const std::string b = column_sql(check, "ColumnBName");
  if (function == "CheckValue") return is_null(check, "Value") ? c + " is null" : c + " = " + value_sql(check["Value"]);
  if (function == "CheckNotValue") {
    return is_null(check, "Value") ? c + " is not null" : c + " <> " + value_sql(check["Value"]);
  }
  if (function == "CheckSameValue") return a + " = " + b;
  if (function == "CheckNotSameValue") return a + " <> " + b;
  if (function == "CheckGreaterOrEqualThanValue") return c + " >= " + value_sql(check["Value"]);
  if (function == "CheckGreaterThanValue") return c + " > " + value_sql(check["Value"]);
  if (function == "CheckLessOrEqualThanValue") return c + " <= " + value_sql(check["Value"]);
  if (function == "CheckColumnComparison") return fmt::format("{} {} {}", a, string_at(check, "Comparator"), b);
  if (function == "CheckRegexMatch") {
    return fmt::format("regexp_full_match({}, {})", c, duck::literal(string_at(check, "Pattern")));
  }
  if (function == "ColumnByColumnEqualsColumnValue") {
    return fmt::format("is_product({}, {}, {})", a, b, column_sql(check, "ResultColumnName"));
  }
  static const std::map<std::string, const char*> terms = {
      {"FormatString", "is_ascii"},
      {"FormatUnit", "is_unit"},
      {"FormatCurrency", "is_currency_form"},
      {"CheckNationalCurrency", "is_national_currency"},
      {"FormatKeyValue", "is_json"},
      {"FormatJSON", "is_json"},
      {"FormatBillingCurrencyCode", "is_national_currency"},
      {"TypeJSON", "is_json"},
  };
  if (const auto term = terms.find(function); term != terms.end()) return fmt::format("{}({})", term->second, c);
  return std::nullopt;
}

/// A condition as SQL; "" for none. `note` says what could not be read.
std::string condition_sql(const Json& node, std::string& note) {
  if (!node.is_object() || node.empty()) return "";
  const std::string function = string_at(node, "CheckFunction");
  if (function == "AND" || function == "OR") {
    std::string out;
    for (const Json& item : items_at(node, "Items")) {
      const std::string one = condition_sql(item, note);
      if (one.empty()) continue;
      const bool nested = text_or(item, "CheckFunction") == "OR" || text_or(item, "CheckFunction") == "AND";
      out += (out.empty() ? "" : function == "AND" ? " and " : " or ") + (nested ? "(" + one + ")" : one);
    }
    if (out.empty()) return function == "AND" ? "true" : "false";
    return out;
  }
  const bool names_column = node.contains("ColumnName") || node.contains("ColumnAName");
  if (names_column) {
    if (const auto sql = json_check(node)) return fmt::format("coalesce({}, false)", *sql);
    if (auto sql = comparison(node)) return *sql;
  }
  note = function.empty() ? "the condition has no check function and is left out"
         : names_column   ? fmt::format("a condition with {} is not known and is left out", function)
                          : fmt::format("a condition with {} names no column and is left out", function);
  return "";
}

struct Read {
  Requirement requirement;
  bool ignores_condition = false;
  std::string cannot;
};

Read read_requirement(const Json& node, const std::string& when) {
  using Kind = Requirement::Kind;
  Read out;
  if (!node.is_object() || node.empty()) {
    out.cannot = "the model gives it no check";
    return out;
  }
  const std::string function = string_at(node, "CheckFunction");
  Requirement& asked = out.requirement;
  asked.column = string_at(node, "ColumnName");
  if (function == "AND" || function == "OR") {
    asked.kind = function == "AND" ? Kind::every : Kind::any;
    for (const Json& item : items_at(node, "Items")) {
      if (text_or(item, "CheckFunction") == "CheckModelRule") {
        asked.rules.push_back(text_or(item, "ModelRuleId"));
        continue;
      }
      Read one = read_requirement(item, when);
      if (!one.cannot.empty()) out.cannot = one.cannot;
      out.ignores_condition = out.ignores_condition || one.ignores_condition;
      asked.items.push_back(std::move(one.requirement));
    }
    if (!asked.rules.empty()) {
      asked.kind = function == "AND" ? Kind::all_of : Kind::any_of;
      if (function == "OR" && !asked.items.empty()) out.cannot = "it asks for a rule or a check";
    }
  } else if (function == "CheckModelRule") {
    asked.kind = Kind::all_of;
    asked.rules.push_back(string_at(node, "ModelRuleId"));
  } else if (function == "ColumnPresent") {
    asked.kind = Kind::present;
  } else if (function == "TypeString" || function == "TypeDecimal" || function == "TypeDateTime" ||
             function == "CheckDecimalValue") {
    asked.kind = Kind::type;
    asked.type = function == "TypeString" ? "string" : function == "TypeDateTime" ? "datetime" : "decimal";
  } else if (function == "FormatNumeric" || function == "FormatDateTime") {
    asked.kind = Kind::format;
    asked.type = function == "FormatNumeric" ? "numeric" : "datetime";
  } else if (function == "CheckDistinctCount" || function == "CheckNoDuplicates") {
    asked.kind = Kind::rows;
    const std::string where = when.empty() ? "" : fmt::format(" where ({})", when);
    if (function == "CheckDistinctCount") {
      asked.sql = fmt::format(
          "select {0}, count(distinct {1}) as distinct_values, arg_min(source_file, source_row) as source_file, "
          "min(source_row) as source_row from this{2} group by {0} having count(distinct {1}) <> {3}",
          column_sql(node, "ColumnAName"), column_sql(node, "ColumnBName"), where, whole_at(node, "ExpectedCount", 1));
    } else {
      asked.sql = fmt::format(
          "select {0}, count(*) as occurrences, arg_min(source_file, source_row) as source_file, min(source_row) as "
          "source_row from this where {0} is not null{1} group by {0} having count(*) > 1",
          column_sql(node, "ColumnName"), when.empty() ? "" : fmt::format(" and ({})", when));
    }
  } else if (auto json = json_check(node)) {
    asked.kind = Kind::sql;
    asked.sql = std::move(*json);
    out.ignores_condition = true;
  } else if (auto sql = comparison(node)) {
    asked.kind = Kind::sql;
    asked.sql = std::move(*sql);
  } else {
    out.cannot = fmt::format("the check function {} is not known", function);
  }
  return out;
}

std::vector<std::string> strings_at(const Json& node, const char* key) {
  std::vector<std::string> out;
  for (const Json& item : items_at(node, key)) {
    if (item.is_string()) out.push_back(item.get<std::string>());
  }
  return out;
}

/// Rules that the dataset's own ones reach, in the order they are met.
std::vector<std::string> reached(const Json& rules, const std::vector<std::string>& roots) {
  std::vector<std::string> order;
  std::set<std::string> seen;
  std::deque<std::string> open(roots.begin(), roots.end());
  while (!open.empty()) {
    const std::string id = open.front();
    open.pop_front();
    if (!rules.contains(id) || !seen.insert(id).second) continue;
    order.push_back(id);
    for (auto& next : strings_at(member(rules[id], "ValidationCriteria"), "Dependencies")) {
      open.push_back(std::move(next));
    }
  }
  std::sort(order.begin(), order.end());
  return order;
}

/// Conditions of the composite rules above each rule: they say which rows it is about, as its own does.
std::map<std::string, std::vector<std::string>> conditions_above(const Json& rules,
                                                                 const std::vector<std::string>& ids) {
  std::map<std::string, std::vector<std::string>> above;
  for (const std::string& id : ids) {
    const Json& rule = rules[id];
    if (text_or(rule, "Function") != "Composite") continue;
    const Json& criteria = rule["ValidationCriteria"];
    std::string note;
    const std::string sql = condition_sql(member(criteria, "Condition"), note);
    if (sql.empty()) continue;
    std::set<std::string> below;
    for (auto& name : strings_at(criteria, "Dependencies")) below.insert(std::move(name));
    for (const Json& item : items_at(member(criteria, "Requirement"), "Items")) {
      if (text_or(item, "CheckFunction") == "CheckModelRule") below.insert(text_or(item, "ModelRuleId"));
    }
    for (const std::string& name : below) above[name].push_back(sql);
  }
  return above;
}

Rule read_rule(const std::string& id, const Json& node, const std::vector<std::string>& above) {
  Rule rule;
  rule.id = id;
  const Json& criteria = node["ValidationCriteria"];
  rule.level = text_or(criteria, "Keyword", "MUST");
  rule.says = text_or(criteria, "MustSatisfy");
  rule.column = text_or(node, "Function") == "Presence" ? text_or(node, "Reference") : id.substr(0, id.find('-'));
  rule.criteria = strings_at(node, "ApplicabilityCriteria");
  rule.when = condition_sql(member(criteria, "Condition"), rule.note);
  if (!above.empty()) {
    std::string all = rule.when.empty() ? "" : "(" + rule.when + ")";
    for (const std::string& sql : above) all += (all.empty() ? "(" : " and (") + sql + ")";
    rule.when = all;
  }
  if (text_or(node, "Type") == "Dynamic") {
    rule.cannot = "the model gives it no check: it calls the rule dynamic";
  } else {
    Read read = read_requirement(member(criteria, "Requirement"), rule.when);
    rule.requirement = std::move(read.requirement);
    rule.cannot = std::move(read.cannot);
    if (read.ignores_condition || rule.requirement.kind == Requirement::Kind::rows) rule.when.clear();
  }
  const auto& parts = rule.requirement.rules;
  for (auto& name : strings_at(criteria, "Dependencies")) {
    if (std::find(parts.begin(), parts.end(), name) == parts.end()) rule.needs.push_back(std::move(name));
  }
  return rule;
}

Result<Json> parse_model(std::string_view text) {
  Json model = TRY(parse_json(text));
  for (const char* key : {"ModelDatasets", "ModelRules"}) {
    if (!model.is_object() || !model.contains(key) || !model[key].is_object()) {
      return fail_hint("a model is published with each version of the specification: model-1.2.0.1.json",
                       ErrorKind::corrupt_data, "this is not a requirement model: it has no \"{}\"", key);
    }
  }
  return model;
}

}  // namespace

Result<std::vector<std::string>> model_datasets(std::string_view json) {
  const Json model = TRY(parse_model(json));
  std::vector<std::string> names;
  for (const auto& [name, dataset] : model["ModelDatasets"].items()) names.push_back(name);
  return names;
}

Result<RuleSet> read_model(std::string_view json, std::string_view dataset, std::string_view origin) {
  const Json model = TRY(parse_model(json));
  const auto found = model["ModelDatasets"].find(std::string(dataset));
  if (found == model["ModelDatasets"].end()) {
    return fail(ErrorKind::invalid_argument, "the model has no dataset {}", dataset);
  }
  RuleSet set;
  set.name = dataset;
  set.origin = origin;
  set.version = text_or(member(model, "Details"), "ModelVersion", "?");
  for (const auto& [name, criterion] : member(model, "ApplicabilityCriteria").items()) {
    set.criteria[name] = text_or(criterion, "Description");
  }
  const Json& rules = model["ModelRules"];
  const auto ids = reached(rules, strings_at(*found, "ModelRules"));
  for (const std::string& id : ids) {
    if (!rules[id].is_object() || !rules[id].contains("ValidationCriteria")) {
      return fail(ErrorKind::corrupt_data, "rule {} has no \"ValidationCriteria\"", id);
    }
  }
  const auto above = conditions_above(rules, ids);
  for (const std::string& id : ids) {
    const auto conditions = above.find(id);
    set.rules.push_back(
        read_rule(id, rules[id], conditions == above.end() ? std::vector<std::string>() : conditions->second));
  }
  const std::set<std::string> known(ids.begin(), ids.end());
  for (Rule& rule : set.rules) {
    std::erase_if(rule.needs, [&](const std::string& name) { return !known.contains(name); });
    std::erase_if(rule.requirement.rules, [&](const std::string& name) { return !known.contains(name); });
  }
  return set;
}

}  // namespace centavo::rules
