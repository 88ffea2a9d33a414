#include "flow/validate/rules.h"

#include <algorithm>
#include <cctype>

#include "io/duck/duck.h"
#include "lake/pack/reading.h"

namespace centavo::rules {
namespace {

constexpr std::string_view kTermsFile = "rules/terms.yaml";

const std::vector<std::string>& levels() {
  static const std::vector<std::string> words = {"must", "must not", "should", "should not", "recommended", "may"};
  return words;
}

Requirement read_requirement(pack::Fields& fields, const std::string& column) {
  using Kind = Requirement::Kind;
  static const std::vector<std::string> types = {"string", "decimal", "datetime"};
  static const std::vector<std::string> formats = {"numeric", "datetime"};
  Requirement out;
  const auto set = [&](Kind kind, const char* key) {
    if (out.kind != Kind::none) fields.mistake(key, "a rule asks one thing: it has another requirement already");
    out.kind = kind;
  };
  if (fields.flag("present")) set(Kind::present, "present");
  if (fields.find("type") != nullptr) {
    set(Kind::type, "type");
    out.type = types[fields.choice("type", types, 0)];
  }
  if (fields.find("format") != nullptr) {
    set(Kind::format, "format");
    out.type = formats[fields.choice("format", formats, 0)];
  }
  if (fields.find("holds") != nullptr) {
    set(Kind::sql, "holds");
    out.sql = fields.text("holds");
  }
  if (fields.find("rows") != nullptr) {
    set(Kind::rows, "rows");
    out.sql = fields.text("rows");
  }
  if (fields.find("all_of") != nullptr) {
    set(Kind::all_of, "all_of");
    out.rules = fields.texts("all_of");
  }
  if ((out.kind == Kind::present || out.kind == Kind::type || out.kind == Kind::format) && column.empty()) {
    fields.mistake("column", "the rule needs a \"column\"");
  }
  if (fields.find("any_of") != nullptr) {
    set(Kind::any_of, "any_of");
    out.rules = fields.texts("any_of");
  }
  out.column = column;
  return out;
}

Rule read_rule(const pack::Reading& reading, const pack::Yaml& node) {
  pack::Fields fields(reading, node, "a rule");
  Rule rule;
  rule.id = fields.required_text("id");
  rule.level = levels()[fields.choice("level", levels(), 0)];
  std::transform(rule.level.begin(), rule.level.end(), rule.level.begin(),
                 [](char c) { return static_cast<char>(std::toupper(static_cast<unsigned char>(c))); });
  rule.column = fields.text("column");
  rule.criteria = fields.texts("criteria");
  rule.needs = fields.texts("needs");
  rule.when = fields.text("when");
  rule.cannot = fields.text("cannot");
  rule.note = fields.text("note");
  rule.requirement = read_requirement(fields, rule.column);
  if (rule.requirement.kind == Requirement::Kind::none && rule.cannot.empty()) {
    fields.mistake("id", fmt::format("rule {} asks nothing", rule.id),
                   "write present, type, format, holds, rows, all_of or any_of, or cannot: why");
  }
  fields.done();
  return rule;
}

RuleSet read_rule_set(const pack::Reading& reading, const pack::YamlFile& file) {
  RuleSet set;
  set.origin = reading.file();
  const pack::Yaml* const document = pack::read_document(reading, file);
  if (document == nullptr) return set;
  pack::Fields fields(reading, *document, "a set of rules");
  set.name = fields.required_text("rules");
  set.version = fields.required_text("version");
  if (const pack::Yaml* map = fields.map("criteria")) {
    for (const auto& entry : map->entries) set.criteria[entry.key] = entry.value.text;
  }
  std::map<std::string, int> seen;
  if (const pack::Yaml* list = fields.list("list")) {
    for (const pack::Yaml& node : list->items) {
      Rule rule = read_rule(reading, node);
      if (!seen.emplace(rule.id, node.line).second) {
        reading.mistake(node.line, fmt::format("rule \"{}\" is here twice", rule.id));
      }
      set.rules.push_back(std::move(rule));
    }
  }
  for (const Rule& rule : set.rules) {
    for (const auto* names : {&rule.needs, &rule.requirement.rules}) {
      for (const std::string& name : *names) {
        if (!seen.contains(name)) {
          reading.mistake(seen[rule.id], fmt::format("rule {}: there is no rule {}", rule.id, name));
        }
      }
    }
    for (const std::string& name : rule.criteria) {
      if (!set.criteria.contains(name)) {
        reading.mistake(seen[rule.id], fmt::format("rule {}: there is no criterion {}", rule.id, name));
      }
    }
  }
  fields.done();
  return set;
}

Status all_right(std::string_view doing, const std::vector<pack::Mistake>& mistakes) {
  if (mistakes.empty()) return {};
  std::string text;
  for (const pack::Mistake& mistake : mistakes) text += (text.empty() ? "" : "\n") + mistake.text();
  return fail(ErrorKind::invalid_argument, "{}: {}", doing, text);
}

std::string text_of(const Requirement& requirement, const char* between) {
  std::string out;
  for (const Requirement& item : requirement.items) {
    std::string one;
    switch (item.kind) {
      case Requirement::Kind::present: one = item.column + " is present"; break;
      case Requirement::Kind::type: one = fmt::format("{} holds {} values", item.column, item.type); break;
      case Requirement::Kind::format: one = fmt::format("{} is written as {}", item.column, item.type); break;
      case Requirement::Kind::every: one = "(" + text_of(item, " and ") + ")"; break;
      case Requirement::Kind::any: one = "(" + text_of(item, " or ") + ")"; break;
      default: one = item.sql;
    }
    out += (out.empty() ? "" : between) + one;
  }
  return out;
}

}  // namespace

std::string Rule::text() const {
  if (!says.empty()) return says;
  std::string out;
  if (requirement.kind == Requirement::Kind::all_of) {
    out = fmt::format("{} hold", fmt::join(requirement.rules, ", "));
  } else if (requirement.kind == Requirement::Kind::any_of) {
    out = fmt::format("{} holds", fmt::join(requirement.rules, " or "));
  } else if (requirement.kind != Requirement::Kind::none) {
    Requirement only;
    only.items.push_back(requirement);
    out = text_of(only, " and ");
  }
  if (!when.empty()) out += " when " + when;
  return out;
}

std::map<std::string, std::string> RuleSet::column_types() const {
  std::map<std::string, std::string> types;
  for (const Rule& rule : rules) {
    const Requirement& requirement = rule.requirement;
    if (requirement.kind == Requirement::Kind::type) types[requirement.column] = requirement.type;
    if (requirement.kind == Requirement::Kind::present) types.emplace(requirement.column, "string");
  }
  return types;
}

std::vector<std::string> versions_of(const pack::Pack& pack, std::string_view set) {
  std::vector<std::string> versions;
  const std::string start = fmt::format("rules/{}_", set);
  for (const auto& [path, text] : pack.files) {
    if (!path.starts_with(start) || !path.ends_with(".yaml")) continue;
    std::string version = path.substr(start.size(), path.size() - start.size() - 5);
    std::replace(version.begin(), version.end(), '_', '.');
    versions.push_back(std::move(version));
  }
  return versions;
}

Result<RuleSet> rule_set(const pack::Pack& pack, std::string_view set, std::string_view version) {
  std::string name = fmt::format("rules/{}_{}.yaml", set, version);
  std::replace(name.begin() + 6, name.end() - 5, '.', '_');
  const auto found = pack.files.find(name);
  if (found == pack.files.end()) return fail(ErrorKind::not_found, "pack {} has no {}", pack.name, name);
  std::vector<pack::Mistake> mistakes;
  const pack::Reading reading(fmt::format("{}/{}", pack.name, name), mistakes);
  RuleSet out = read_rule_set(reading, pack::parse_yaml(found->second));
  if (mistakes.empty() && (out.name != fmt::format("{}.{}", pack.name, set) || out.version != version)) {
    reading.mistake(1, fmt::format("{} {} stands in {}", out.name, out.version, name));
  }
  TRY(all_right("read the rules", mistakes));
  return out;
}

Result<std::string> term_macros(const pack::Pack& pack) {
  const auto found = pack.files.find(std::string(kTermsFile));
  if (found == pack.files.end()) return std::string();
  std::vector<pack::Mistake> mistakes;
  const pack::Reading reading(fmt::format("{}/{}", pack.name, kTermsFile), mistakes);
  const pack::YamlFile file = pack::parse_yaml(found->second);
  std::string macros;
  if (const pack::Yaml* document = pack::read_document(reading, file)) {
    pack::Fields fields(reading, *document, "the terms");
    if (const pack::Yaml* list = fields.list("terms")) {
      for (const pack::Yaml& node : list->items) {
        pack::Fields term(reading, node, "a term");
        const std::string name = term.required_text("name");
        const auto arguments = term.texts("of");
        const std::string sql = term.required_text("sql");
        term.text("description");
        term.done();
        macros += fmt::format("create or replace temp macro {}({}) as ({});\n", name, fmt::join(arguments, ", "), sql);
      }
    }
    fields.done();
  }
  TRY(all_right("read the terms of the rules", mistakes));
  return macros;
}

}  // namespace centavo::rules
