#include <algorithm>
#include <functional>
#include <set>

#include "base/period.h"
#include "flow/allocation/rules.h"
#include "lake/pack/reading.h"
#include "lake/pack/sql_tokens.h"
#include "lake/pack/types.h"
#include "lake/pack/yaml.h"

namespace centavo {
namespace {

using pack::Fields;
using pack::Mistake;
using pack::Reading;
using pack::Yaml;

constexpr std::size_t kMistakesShownMax = 50;
constexpr const char* kCharges = "focus.cost_and_usage";

std::string day_of(Fields& fields, std::string_view key) {
  const std::string text = fields.text(key);
  if (text.empty()) return {};
  const auto day = pack::plain_value("DATE", text);
  if (day && day->size() == 10) return *day;
  fields.mistake(key, fmt::format("\"{}\" is \"{}\", which is no day", key, text), "write it as 2026-09-30");
  return {};
}

// Where a `to` or a `take` names a part of the hierarchy that may stand in a later file.
struct Pending {
  std::size_t split = 0;
  std::string under;
  pack::Place place;
};

class RulesReader {
 public:
  explicit RulesReader(const pack::Library& library) : library_(library) {}

  Result<Allocation> read(const std::map<std::string, std::string>& files) {
    for (const auto& [name, text] : files) {
      const Reading reading("allocation/" + name, mistakes_);
      const pack::YamlFile file = pack::parse_yaml(text);
      for (const auto& [line, message] : file.mistakes) reading.mistake(line, message);
      if (file.documents.empty() && file.mistakes.empty()) reading.mistake(1, "the file is empty");
      for (const Yaml& document : file.documents) read_document(reading, document);
    }
    fill_in();
    judge_names();
    judge_order();
    TRY(judge_sql());
    if (mistakes_.empty()) return std::move(out_);
    std::stable_sort(mistakes_.begin(), mistakes_.end(),
                     [](const Mistake& a, const Mistake& b) { return a.place < b.place; });
    std::string message = mistakes_.size() == 1 ? std::string("1 mistake in the rules:")
                                                : fmt::format("{} mistakes in the rules:", mistakes_.size());
    for (std::size_t i = 0; i < std::min(mistakes_.size(), kMistakesShownMax); ++i)
      message += "\n  " + mistakes_[i].text();
    return fail_hint("docs/guides/allocation.md shows how rules are written", ErrorKind::invalid_argument, "{}",
                     message);
  }

 private:
  void mistake(const pack::Place& place, std::string message, std::string hint = {}) {
    mistakes_.push_back({place, std::move(message), std::move(hint)});
  }

  // ---------- the files

  void read_document(const Reading& reading, const Yaml& document) {
    if (document.kind == Yaml::Kind::map) {
      if (document.find("virtual_tag")) return read_tag(reading, document);
      if (document.find("allocation")) return read_splits(reading, document);
      if (document.find("hierarchy")) return read_hierarchy(reading, document);
      if (document.find("as_recorded")) return read_as_recorded(reading, document);
    }
    reading.mistake(document.line, "what the rules are about is not said",
                    "begin with virtual_tag:, allocation:, hierarchy: or as_recorded:");
  }

  Condition read_condition(Fields& fields, const std::string& what) {
    Condition out;
    if (const Yaml* matches = fields.map("match")) {
      if (matches->entries.empty()) fields.mistake("match", "\"match\" is empty", "write column: [values]");
      Fields values(fields.reading(), *matches, what + ": match");
      for (const auto& entry : matches->entries) {
        out.matches.push_back({entry.key, values.texts(entry.key)});
        if (out.matches.back().values.empty())
          fields.reading().mistake(entry.line, fmt::format("match \"{}\" has no values", entry.key));
        check_column(entry.key, {fields.reading().file(), entry.line, 0});
      }
    }
    out.where = fields.text("where");
    add_sql(out.where, what + ": where", fields, "where");
    return out;
  }

  void check_column(const std::string& column, const pack::Place& place) {
    if (column.starts_with("Tags.") && column.size() > 5) return;
    const auto known = columns_known();
    const bool found =
        std::any_of(known.begin(), known.end(), [&](const auto& name) { return pack::same_word(name, column); });
    if (!found) mistake(place, fmt::format("unknown column \"{}\"", column), pack::did_you_mean(column, known));
  }

  // Columns of charges and the tags so far.
  std::vector<std::string> columns_known() const {
    std::vector<std::string> out;
    if (const auto* interface = library_.interface(kCharges)) {
      for (const auto& column : interface->columns) out.push_back(column.name);
    }
    for (const auto& tag : out_.tags) out.push_back(tag.name);
    return out;
  }

  void add_sql(const std::string& text, std::string what, Fields& fields, std::string_view key) {
    if (text.empty()) return;
    columns_.push_back(columns_known());
    sql_.push_back({text, std::move(what), {fields.reading().file(), fields.line_of(key), 0}, nullptr});
  }

  Validity read_validity(Fields& fields) {
    Validity out{day_of(fields, "valid_from"), day_of(fields, "valid_to"), day_of(fields, "recorded_at")};
    if (!out.from.empty() && !out.to.empty() && out.to < out.from) {
      fields.mistake("valid_to", fmt::format("the rule ends on {}, before it begins on {}", out.to, out.from),
                     "valid_to is the last day on which it holds");
    }
    return out;
  }

  void read_tag(const Reading& reading, const Yaml& document) {
    Fields fields(reading, document, "virtual tag");
    VirtualTag tag;
    tag.place = reading.place(document);
    tag.name = fields.required_text("virtual_tag");
    tag.description = fields.text("description");
    tag.otherwise = fields.text("default");
    const std::vector<std::string> known = columns_known();
    const bool taken =
        std::any_of(known.begin(), known.end(), [&](const auto& name) { return pack::same_word(name, tag.name); });
    if (!pack::is_snake_case(tag.name) || tag.name.starts_with("centavo_")) {
      fields.mistake("virtual_tag", fmt::format("\"{}\" is no name of a tag", tag.name),
                     "write it in snake_case, like cost_centre");
    } else if (taken) {
      fields.mistake("virtual_tag", fmt::format("there is a column or tag \"{}\" already", tag.name),
                     "give it another name");
    }
    const Yaml* rules = fields.list("rules");
    if (fields.find("rules") == nullptr) fields.mistake("rules", "a virtual tag needs \"rules\"");
    if (rules != nullptr) {
      for (const Yaml& rule : rules->items) read_tag_rule(reading, rule, tag);
    }
    fields.done();
    judge_versions(tag);
    out_.tags.push_back(std::move(tag));
  }

  void read_tag_rule(const Reading& reading, const Yaml& yaml, VirtualTag& tag) {
    Fields fields(reading, yaml, "rule");
    if (!fields.usable()) return;
    TagRule rule;
    rule.place = reading.place(yaml);
    rule.name = fields.required_text("name");
    const std::string what = fmt::format("rule {}", rule.name);
    rule.of = read_condition(fields, what);
    const int ways =
        (fields.find("value") != nullptr) + (fields.find("value_sql") != nullptr) + (fields.find("values") != nullptr);
    rule.value = fields.text("value");
    rule.value_sql = fields.text("value_sql");
    rule.by = fields.text("by");
    if (ways != 1) {
      reading.mistake(yaml.line, fmt::format("{} says {} values", what, ways == 0 ? "no" : "several kinds of"),
                      "write one of value: text, value_sql: expression, or by: column with values: {from: to}");
    } else if (fields.find("value") != nullptr && rule.value.empty()) {
      fields.mistake("value", fmt::format("{}: the value is empty", what));
    }
    add_sql(rule.value_sql, what + ": value_sql", fields, "value_sql");
    add_sql(rule.by, what + ": by", fields, "by");
    if (const Yaml* values = fields.map("values")) {
      Fields texts(reading, *values, what + ": values");
      for (const auto& entry : values->entries) rule.values[entry.key] = texts.required_text(entry.key);
      if (values->entries.empty()) fields.mistake("values", fmt::format("{}: values is empty", what));
    }
    if (rule.by.empty() != (fields.find("values") == nullptr))
      reading.mistake(yaml.line, fmt::format("{}: by and values belong together", what));
    rule.validity = read_validity(fields);
    fields.done();
    tag.rules.push_back(std::move(rule));
  }

  // Versions of one rule are told apart by the day they were recorded.
  void judge_versions(const VirtualTag& tag) {
    std::map<std::pair<std::string, std::string>, const TagRule*> seen;
    for (const auto& rule : tag.rules) {
      const auto [at, fresh] = seen.emplace(std::pair{rule.name, rule.validity.recorded}, &rule);
      if (fresh) continue;
      const Validity& other = at->second->validity;
      const bool apart = (!other.to.empty() && !rule.validity.from.empty() && other.to < rule.validity.from) ||
                         (!rule.validity.to.empty() && !other.from.empty() && rule.validity.to < other.from);
      if (apart) continue;
      mistake(rule.place, fmt::format("rule {} is also in {}", rule.name, at->second->place.text()),
              "a later version of a rule says when it was recorded: recorded_at: 2026-10-05");
    }
  }

  void read_splits(const Reading& reading, const Yaml& document) {
    Fields fields(reading, document, "allocation");
    const std::string pays = fields.required_text("allocation");
    if (!out_.pays.empty() && out_.pays != pays) {
      fields.mistake("allocation", fmt::format("the tag that pays is {} here and {} before", pays, out_.pays),
                     "all rules hand on to values of one tag");
    }
    out_.pays = pays;
    pays_place_ = {reading.file(), fields.line_of("allocation"), 0};
    if (fields.find("precision") != nullptr) out_.in_subunits = fields.choice("precision", {"full", "subunit"}, 1) == 1;
    if (fields.find("keep") != nullptr) {
      out_.keep = fields.texts("keep");
      keep_said_ = true;
      for (const auto& column : out_.keep) {
        if (std::find(kOrigins.begin(), kOrigins.end(), column) == kOrigins.end())
          fields.mistake("keep", fmt::format("\"{}\" cannot be kept", column), pack::did_you_mean(column, kOrigins));
      }
    }
    if (const Yaml* rules = fields.list("rules")) {
      for (const Yaml& rule : rules->items) read_split(reading, rule);
    }
    fields.done();
  }

  void read_split(const Reading& reading, const Yaml& yaml) {
    Fields fields(reading, yaml, "rule");
    if (!fields.usable()) return;
    SplitRule rule;
    rule.place = reading.place(yaml);
    rule.name = fields.required_text("name");
    const std::string what = fmt::format("rule {}", rule.name);
    read_take(fields, what, rule);
    static const std::vector<std::string> kWays = {"even", "proportional", "fixed", "metric"};
    fields.required_text("split");
    rule.by = static_cast<SplitBy>(fields.choice("split", kWays, 0));
    read_weights(fields, what, rule);
    read_to(fields, what, rule);
    rule.when_no_weight = static_cast<WhenNoWeight>(fields.choice("when_no_weight", {"even", "keep", "error"}, 1));
    rule.validity = read_validity(fields);
    judge_months(fields, rule.validity);
    fields.done();
    out_.splits.push_back(std::move(rule));
  }

  void read_take(Fields& fields, const std::string& what, SplitRule& rule) {
    const Yaml* take = fields.map("take");
    if (take == nullptr) {
      if (fields.find("take") == nullptr)
        fields.mistake("take", fmt::format("{} needs \"take\"", what),
                       "write take: {cost_centre: shared}, or take: {match: {ChargeCategory: Tax}}");
      return;
    }
    Fields taken(fields.reading(), *take, what + ": take");
    rule.cost_centres = taken.texts("cost_centre");
    rule.charges = read_condition(taken, what + ": take");
    rule.takes_charges = rule.cost_centres.empty();
    if (rule.cost_centres.empty() == rule.charges.empty()) {
      fields.mistake("take", fmt::format("{} takes {}", what, rule.charges.empty() ? "nothing" : "two kinds of things"),
                     "write either cost_centre:, or match: and where: of charges");
    }
    taken.done();
  }

  void read_weights(Fields& fields, const std::string& what, SplitRule& rule) {
    static const std::vector<std::string> kMeasures = {"BilledCost", "EffectiveCost", "ConsumedQuantity",
                                                       "PricingQuantity"};
    const auto only = [&](std::string_view key, SplitBy by, std::string_view split) {
      if (fields.find(key) != nullptr && rule.by != by)
        fields.mistake(key, fmt::format("{}: \"{}\" is for split: {}", what, key, split));
    };
    only("by", SplitBy::proportional, "proportional");
    only("of", SplitBy::proportional, "proportional");
    only("shares", SplitBy::fixed, "fixed");
    only("metric", SplitBy::metric, "metric");
    if (rule.by == SplitBy::proportional) rule.measure = kMeasures[fields.choice("by", kMeasures, 1)];
    if (const Yaml* of = fields.map("of")) {
      Fields weighed(fields.reading(), *of, what + ": of");
      rule.weighed = read_condition(weighed, what + ": of");
      weighed.done();
    }
    if (const Yaml* shares = fields.map("shares")) {
      for (const auto& entry : shares->entries) rule.shares[entry.key] = read_share(fields, what, entry);
    } else if (rule.by == SplitBy::fixed && fields.find("shares") == nullptr) {
      fields.mistake("shares", fmt::format("{} needs \"shares\"", what), "write shares: {platform: 60, data: 40}");
    }
    if (const Yaml* metric = fields.map("metric")) {
      read_metric(fields.reading(), what, *metric, rule);
    } else if (rule.by == SplitBy::metric && fields.find("metric") == nullptr) {
      fields.mistake("metric", fmt::format("{} needs \"metric\"", what),
                     "write metric: {table: bronze.headcount, key: team, weight: cv_decimal(people)}");
    }
  }

  static std::string read_share(Fields& fields, const std::string& what, const Yaml::Entry& entry) {
    const auto share = pack::plain_value("DECIMAL(38,21)", entry.value.text);
    if (entry.value.kind == Yaml::Kind::scalar && share && !share->starts_with('-')) return *share;
    fields.reading().mistake(entry.line,
                             fmt::format("{}: the share of {} is \"{}\"", what, entry.key, entry.value.text),
                             "write a number from 0 on; shares count by their proportion");
    return "0";
  }

  void read_metric(const Reading& reading, const std::string& what, const Yaml& yaml, SplitRule& rule) {
    Fields metric(reading, yaml, what + ": metric");
    metric.required_text("table");
    rule.metric = pack::read_table_name(metric, "table");
    rule.metric_key = metric.required_text("key");
    rule.metric_weight = metric.required_text("weight");
    rule.metric_where = metric.text("where");
    metric.done();
    if (!rule.metric) return;
    const auto* model = library_.model(*rule.metric);
    if (model == nullptr) {
      metric.mistake("table", fmt::format("unknown table {}", rule.metric->text()),
                     "`centavo lineage` lists the tables");
      return;
    }
    if (!model->contract.period_column.empty()) out_.metric_periods[*rule.metric] = model->contract.period_column;
    std::vector<std::string> known;
    for (const auto& column : model->contract.columns) known.push_back(column.name);
    if (!model->contract.period_column.empty()) known.push_back(model->contract.period_column);
    if (model->contract.other_columns) return;   // what it delivers is not known here
    for (const auto& [key, text] : {std::pair<std::string, std::string>{"key", rule.metric_key},
                                    {"weight", rule.metric_weight},
                                    {"where", rule.metric_where}}) {
      if (text.empty()) continue;
      columns_.push_back(known);
      sql_.push_back(
          {text, fmt::format("{}: metric {}", what, key), {reading.file(), metric.line_of(key), 0}, nullptr});
    }
  }

  void read_to(Fields& fields, const std::string& what, SplitRule& rule) {
    const Yaml* to = fields.find("to");
    if (rule.by == SplitBy::fixed || rule.by == SplitBy::metric) {
      if (to != nullptr)
        fields.mistake("to",
                       fmt::format("{}: who pays stands in {} already", what,
                                   rule.by == SplitBy::fixed ? "shares" : "the metric's keys"),
                       "leave out to");
      for (const auto& [cost_centre, share] : rule.shares) rule.to.push_back(cost_centre);
      return;
    }
    if (to == nullptr) {
      fields.mistake("to", fmt::format("{} needs \"to\"", what), "write to: all, to: [a, b], or to: {under: a}");
    } else if (to->kind == Yaml::Kind::map) {
      Fields part(fields.reading(), *to, what + ": to");
      pending_.push_back({out_.splits.size(), part.required_text("under"), {fields.reading().file(), to->line, 0}});
      part.done();
    } else if (to->kind == Yaml::Kind::scalar && to->text == "all") {
      rule.to_all = true;
    } else {
      rule.to = fields.texts("to");
      std::sort(rule.to.begin(), rule.to.end());
      if (rule.to.empty()) fields.mistake("to", fmt::format("{}: \"to\" names nobody", what));
      if (std::adjacent_find(rule.to.begin(), rule.to.end()) != rule.to.end())
        fields.mistake("to", fmt::format("{}: \"to\" names one twice", what));
    }
  }

  // Cost is handed on by billing period, so a rule holds for whole ones.
  static void judge_months(Fields& fields, const Validity& validity) {
    if (!validity.from.empty() && !validity.from.ends_with("-01"))
      fields.mistake("valid_from", "a rule that splits begins on the first day of a month");
    if (validity.to.empty()) return;
    const auto month = Period::of_date(validity.to);
    const bool last = month && month->last() == validity.to;
    if (!last) fields.mistake("valid_to", "a rule that splits ends on the last day of a month");
  }

  void read_hierarchy(const Reading& reading, const Yaml& document) {
    Fields fields(reading, document, "hierarchy");
    const Yaml* tree = fields.map("hierarchy");
    if (tree != nullptr) {
      Fields parents(reading, *tree, "hierarchy");
      for (const auto& entry : tree->entries) {
        for (const auto& child : parents.texts(entry.key)) {
          const auto [at, fresh] = out_.parents.emplace(child, entry.key);
          if (!fresh)
            reading.mistake(entry.line, fmt::format("{} stands under {} and under {}", child, at->second, entry.key),
                            "a cost centre has one above it");
        }
      }
    }
    hierarchy_place_ = reading.place(document);
    fields.done();
  }

  void read_as_recorded(const Reading& reading, const Yaml& document) {
    Fields fields(reading, document, "as_recorded");
    if (const Yaml* periods = fields.map("as_recorded")) {
      Fields days(reading, *periods, "as_recorded");
      for (const auto& entry : periods->entries) {
        if (!Period::parse(entry.key))
          reading.mistake(entry.line, fmt::format("\"{}\" is no period", entry.key), "write it as 2026-09");
        out_.as_recorded[entry.key] = day_of(days, entry.key);
      }
    }
    fields.done();
  }

  // ---------- all of it together

  void fill_in() {
    if (!keep_said_) out_.keep = {"x_Provider", "ServiceName", "ChargeCategory"};
    const auto has = [&](const std::string& name) {
      return std::any_of(out_.tags.begin(), out_.tags.end(), [&](const auto& tag) { return tag.name == name; });
    };
    if (out_.pays.empty() && !out_.tags.empty())
      out_.pays = has("cost_centre") ? "cost_centre" : out_.tags.front().name;
    if (!out_.pays.empty() && !has(out_.pays)) {
      std::vector<std::string> known;
      for (const auto& tag : out_.tags) known.push_back(tag.name);
      mistake(pays_place_, fmt::format("there is no virtual tag {}", out_.pays), pack::did_you_mean(out_.pays, known));
    }
    judge_hierarchy();
    for (const auto& pending : pending_) {
      if (pending.split >= out_.splits.size()) continue;
      auto& rule = out_.splits[pending.split];
      for (const auto& [child, parent] : out_.parents) {
        if (stands_under(child, pending.under)) rule.to.push_back(child);
      }
      if (rule.to.empty())
        mistake(pending.place, fmt::format("nothing stands under \"{}\" in the hierarchy", pending.under));
    }
  }

  bool stands_under(const std::string& child, const std::string& above) const {
    std::string at = child;
    for (int level = 0; level <= kLevelsMax; ++level) {
      const auto it = out_.parents.find(at);
      if (it == out_.parents.end()) return false;
      at = it->second;
      if (at == above) return true;
    }
    return false;
  }

  void judge_hierarchy() {
    for (const auto& [child, parent] : out_.parents) {
      std::vector<std::string> path = {child};
      for (auto it = out_.parents.find(child); it != out_.parents.end(); it = out_.parents.find(it->second)) {
        path.push_back(it->second);
        if (it->second == child) {
          // Told once, from the first of its members by name.
          if (child == *std::min_element(path.begin(), path.end()))
            mistake(hierarchy_place_, fmt::format("the hierarchy goes in a circle: {}", fmt::join(path, " -> ")));
          return;
        }
        if (path.size() > static_cast<std::size_t>(kLevelsMax)) {
          if (std::find(path.begin(), path.end() - 1, path.back()) == path.end() - 1)
            mistake(hierarchy_place_, fmt::format("{} stands deeper than {} levels", child, kLevelsMax));
          break;
        }
      }
    }
  }

  void judge_names() {
    std::map<std::string, const SplitRule*> seen;
    for (const auto& rule : out_.splits) {
      const auto [at, fresh] = seen.emplace(rule.name, &rule);
      if (fresh) continue;
      const Validity& other = at->second->validity;
      const bool apart = (!other.to.empty() && !rule.validity.from.empty() && other.to < rule.validity.from) ||
                         (!rule.validity.to.empty() && !other.from.empty() && rule.validity.to < other.from);
      if (!apart && other.recorded == rule.validity.recorded)
        mistake(rule.place, fmt::format("rule {} is also in {}", rule.name, at->second->place.text()));
      at->second = &rule;
    }
  }

  // Cost that comes back to where it was taken goes round for ever: refused, naming the way.
  void judge_order() {
    std::map<std::string, std::map<std::string, const SplitRule*>> gives;
    for (const auto& rule : out_.splits) {
      for (const auto& from : rule.cost_centres) {
        for (const auto& to : rule.to) {
          if (from == to) {
            mistake(rule.place, fmt::format("rule {} hands {} back to itself", rule.name, from),
                    "take it out of who pays");
          } else {
            gives[from].emplace(to, &rule);
          }
        }
      }
    }
    std::set<std::string> done;
    std::vector<std::string> path;
    const std::function<bool(const std::string&)> visit = [&](const std::string& at) {
      if (const auto start = std::find(path.begin(), path.end(), at); start != path.end()) {
        std::string text;
        for (auto it = start; it != path.end(); ++it) {
          const std::string& next = it + 1 == path.end() ? at : *(it + 1);
          text += fmt::format("{} -({})-> ", *it, gives[*it].at(next)->name);
        }
        const auto* last = gives[path.back()].at(at);
        mistake(last->place, fmt::format("rules hand cost round in a circle: {}{}", text, at),
                "take one of these cost centres out of who pays");
        return true;
      }
      if (done.contains(at) || !gives.contains(at)) return false;
      path.push_back(at);
      bool found = false;
      for (const auto& [to, rule] : std::map(gives[at])) found = found || visit(to);
      path.pop_back();
      done.insert(at);
      return found;
    };
    for (const auto& [from, to] : std::map(gives)) {
      if (visit(from)) return;
    }
  }

  Status judge_sql() {
    if (sql_.empty()) return {};
    for (std::size_t i = 0; i < sql_.size(); ++i) sql_[i].columns = &columns_[i];
    auto found = TRY_IN("read the rules", library_.judge(sql_));
    mistakes_.insert(mistakes_.end(), found.begin(), found.end());
    return {};
  }

  const pack::Library& library_;
  Allocation out_;
  std::vector<Mistake> mistakes_;
  std::vector<pack::Expression> sql_;
  std::vector<std::vector<std::string>> columns_;   // of each of sql_
  std::vector<Pending> pending_;
  pack::Place pays_place_, hierarchy_place_;
  bool keep_said_ = false;
};

}  // namespace

std::vector<pack::TableName> Allocation::metrics() const {
  std::set<pack::TableName> out;
  for (const auto& rule : splits) {
    if (rule.metric) out.insert(*rule.metric);
  }
  return {out.begin(), out.end()};
}

Result<std::optional<Allocation>> read_allocation(const pack::Library& library,
                                                  const std::map<std::string, std::string>& files) {
  if (files.empty()) return std::nullopt;
  return RulesReader(library).read(files);
}

}  // namespace centavo
