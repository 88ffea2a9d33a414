#include "flow/validate/validate.h"

#include <algorithm>
#include <optional>
#include <set>

#include "lake/pack/sql_tokens.h"

namespace centavo::rules {
namespace {

/// A rule about rows as SQL.
struct Compiled {
  std::string count;                  ///< an aggregate over `this`: rows that break the rule
  std::string bad;                    ///< whether one row breaks it
  std::string missing;                ///< the column it needs and the data has not; then nothing is asked
};

bool fits(const Data::Column& column, const std::string& type) {
  if (type == "decimal") return is_number_type(column.delivered);
  if (type == "datetime") return is_time_type(column.delivered);
  return column.delivered == "VARCHAR" || column.delivered == "UUID" || column.delivered.starts_with("ENUM") ||
         column.delivered == "NULL" || column.delivered == "\"NULL\"";
}

class Compiler {
 public:
  Compiler(const Data& data, const RuleSet& rules) : data_(data) {
    for (const auto& [name, type] : rules.column_types()) known_.insert(name);
  }

  Compiled rule(const Rule& rule) const {
    Compiled out = compile(rule.requirement, rule.when.empty() ? "" : "(" + rule.when + ")");
    if (out.missing.empty() && rule.requirement.kind != Requirement::Kind::any) out.missing = missing_in(rule.when);
    return out;
  }

  /// Columns of the rules that `sql` names, in order; those that are there.
  std::vector<std::string> columns_in(std::string_view sql) const {
    std::vector<std::string> out;
    for (const std::string& name : names_in(sql)) {
      if (data_.find(name) != nullptr && std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
    }
    return out;
  }

  /// A column to show, as it was delivered.
  std::string as_delivered(const std::string& column) const {
    const Data::Column* const found = data_.find(column);
    const std::string name = duck::name(column);
    if (found == nullptr || !found->as_text) return name;
    return fmt::format("{} as {}", duck::name(column + "__text"), name);
  }

  /// The first column of the rules that `sql` names and the data lacks, or "".
  std::string missing_in(std::string_view sql) const {
    for (const std::string& name : names_in(sql)) {
      if (data_.find(name) == nullptr) return name;
    }
    return {};
  }

 private:
  std::vector<std::string> names_in(std::string_view sql) const {
    std::vector<std::string> out;
    for (const pack::Token& token : pack::tokens_of(sql)) {
      std::string_view word = token.text;
      if (token.kind == pack::TokenKind::quoted_name) word = word.substr(1, word.size() - 2);
      if (token.kind != pack::TokenKind::word && token.kind != pack::TokenKind::quoted_name) continue;
      if (known_.contains(std::string(word))) out.emplace_back(word);
    }
    return out;
  }

  static Compiled of(const std::string& when, const std::string& bad) {
    Compiled out;
    out.bad = when.empty() ? bad : bad == "false" ? bad : fmt::format("{} and {}", when, bad);
    out.count = out.bad == "false" ? "0" : fmt::format("count(*) filter (where {})", out.bad);
    return out;
  }

  Compiled compile(const Requirement& asked, const std::string& when) const {
    switch (asked.kind) {
      case Requirement::Kind::present: {
        Compiled out = of("", "false");
        if (data_.find(asked.column) == nullptr) out.missing = asked.column;
        return out;
      }
      case Requirement::Kind::type: return type(asked, when);
      case Requirement::Kind::format: return format(asked, when);
      case Requirement::Kind::sql: {
        Compiled out = of(when, fmt::format("not ({})", asked.sql));
        out.missing = missing_in(asked.sql);
        return out;
      }
      case Requirement::Kind::every:
      case Requirement::Kind::all_of: return every(asked, when);
      case Requirement::Kind::any: return any(asked, when);
      default: return of("", "false");
    }
  }

  Compiled type(const Requirement& asked, const std::string& when) const {
    const Data::Column* const column = data_.find(asked.column);
    if (column == nullptr) return {{}, {}, asked.column};
    const std::string name = duck::name(column->name);
    if (column->as_text && column->type == asked.type) {
      return of(when, fmt::format("({0} is null and {1} is not null)", name, duck::name(column->name + "__text")));
    }
    return of(when, fits(*column, asked.type) ? "false" : name + " is not null");
  }

  Compiled format(const Requirement& asked, const std::string& when) const {
    const Data::Column* const column = data_.find(asked.column);
    if (column == nullptr) return {{}, {}, asked.column};
    if (column->delivered != "VARCHAR")
      return of(when, fits(*column, asked.type == "numeric" ? "decimal" : asked.type)
                          ? "false"
                          : duck::name(column->name) + " is not null");
    return of(when, fmt::format("not is_{}({})", asked.type,
                                duck::name(column->as_text ? column->name + "__text" : column->name)));
  }

  Compiled every(const Requirement& asked, const std::string& when) const {
    std::string bad;
    Compiled out;
    for (const Requirement& item : asked.items) {
      const Compiled one = compile(item, when);
      if (!one.missing.empty()) return one;
      bad += fmt::format("{}coalesce({}, false)", bad.empty() ? "" : " or ", one.bad);
    }
    out.bad = "(" + (bad.empty() ? "false" : bad) + ")";
    out.count = fmt::format("count(*) filter (where {})", out.bad);
    return out;
  }

  /// A branch is kept when it is not broken by as many rows as there are. A branch of several checks, or about a column
  /// that is missing, counts as broken by one.
  Compiled any(const Requirement& asked, const std::string& when) const {
    std::string kept, bad;
    const bool when_missing = !missing_in(when).empty();
    for (const Requirement& item : asked.items) {
      Compiled one = compile(item, when);
      if (when_missing) one.missing = "of the condition";
      const bool single = !one.missing.empty() || item.kind == Requirement::Kind::every;
      const std::string broken = !one.missing.empty() ? "1"
                                 : single             ? fmt::format("least({}, 1)", one.count)
                                                      : one.count;
      kept += fmt::format("{}{} < count(*)", kept.empty() ? "" : " or ", broken);
      if (one.missing.empty()) bad += fmt::format("{}coalesce({}, false)", bad.empty() ? "" : " and ", one.bad);
    }
    Compiled out;
    out.bad = bad.empty() ? "true" : "(" + bad + ")";
    out.count = fmt::format("case when {} then 0 else count(*) end", kept.empty() ? "false" : kept);
    return out;
  }

  const Data& data_;
  std::set<std::string> known_;
};

bool names_invoices(std::string_view sql) {
  const auto tokens = pack::tokens_of(sql);
  return std::any_of(tokens.begin(), tokens.end(), [](const pack::Token& t) { return t.text == "invoices"; });
}

bool holds_one(const std::vector<std::string>& wanted, const std::vector<std::string>& given) {
  return wanted.empty() || std::any_of(wanted.begin(), wanted.end(), [&](const std::string& name) {
           return std::find(given.begin(), given.end(), name) != given.end();
         });
}

class Validation {
 public:
  Validation(duck::Connection& connection, const Data& data, const RuleSet& rules, const Options& options)
      : connection_(connection), rules_(rules), options_(options), compiler_(data, rules) {
    for (const Rule& rule : rules.rules) {
      index_[rule.id] = report_.outcomes.size();
      report_.outcomes.emplace_back().rule = &rule;
    }
    decided_.resize(report_.outcomes.size());
    for (const auto& column : data.columns) {
      columns_ += fmt::format("{}({}, {}, {})", columns_.empty() ? "" : ", ", duck::literal(column.name),
                              &column - data.columns.data() + 1, !column.type.empty());
    }
  }

  Result<Report> run() {
    TRY(connection_.run(fmt::format(
        "create or replace temp view columns as select * from (values {}) as c(name, position, is_known)", columns_)));
    find_not_applicable();
    find_not_executable();
    TRY(scan());
    TRY(query_groups());
    for (std::size_t i = 0; i < report_.outcomes.size(); ++i) combine(i);
    return std::move(report_);
  }

 private:
  static constexpr std::size_t kRulesAtOnce = 600;

  Outcome& outcome(const std::string& id) { return report_.outcomes[index_.at(id)]; }
  void decide(std::size_t i, State state, std::string why = {}) {
    report_.outcomes[i].state = state;
    report_.outcomes[i].why = std::move(why);
    decided_[i] = true;
  }

  /// A rule does not apply when its criteria are not given, when the column it is about need not be there, or when it
  /// needs a rule that does not apply.
  void find_not_applicable() {
    std::map<std::string, std::string> columns;
    for (std::size_t i = 0; i < rules_.rules.size(); ++i) {
      const Rule& rule = rules_.rules[i];
      if (holds_one(rule.criteria, options_.criteria)) continue;
      const std::string why = fmt::format("only where {}", fmt::join(rule.criteria, " or "));
      decide(i, State::not_applicable, why);
      if (rule.requirement.kind == Requirement::Kind::present) columns[rule.requirement.column] = why;
    }
    for (std::size_t i = 0; i < rules_.rules.size(); ++i) {
      const auto column = columns.find(rules_.rules[i].column);
      if (!decided_[i] && column != columns.end()) decide(i, State::not_applicable, column->second);
    }
    for (bool more = true; more;) {
      more = false;
      for (std::size_t i = 0; i < rules_.rules.size(); ++i) {
        const Rule& rule = rules_.rules[i];
        if (decided_[i] || rule.requirement.of_rules()) continue;
        for (const std::string& need : rule.needs) {
          if (!decided_[index_.at(need)]) continue;
          decide(i, State::not_applicable, fmt::format("{} does not apply", need));
          more = true;
          break;
        }
      }
    }
  }

  void find_not_executable() {
    for (std::size_t i = 0; i < rules_.rules.size(); ++i) {
      const Rule& rule = rules_.rules[i];
      if (decided_[i]) continue;
      if (rule.level == "MAY") {
        decide(i, State::not_applicable, "it permits, and demands nothing");
      } else if (!rule.cannot.empty()) {
        decide(i, State::not_executable, rule.cannot);
      }
    }
  }

  void fail_missing(std::size_t i, const std::string& column) {
    decide(i, State::fail, fmt::format("column {} is missing", column));
  }

  Status scan() {
    std::vector<std::pair<std::size_t, Compiled>> asked;
    for (std::size_t i = 0; i < rules_.rules.size(); ++i) {
      const Requirement::Kind kind = rules_.rules[i].requirement.kind;
      if (decided_[i] || kind == Requirement::Kind::rows) continue;
      if (rules_.rules[i].requirement.of_rules() && rules_.rules[i].requirement.items.empty()) continue;
      Compiled compiled = compiler_.rule(rules_.rules[i]);
      if (!compiled.missing.empty()) {
        fail_missing(i, compiled.missing);
      } else if (compiled.count == "0") {
        decide(i, State::pass);
      } else {
        asked.emplace_back(i, std::move(compiled));
      }
    }
    for (std::size_t first = 0; first < asked.size(); first += kRulesAtOnce) {
      const std::size_t end = std::min(asked.size(), first + kRulesAtOnce);
      std::string list;
      for (std::size_t k = first; k < end; ++k) list += (k == first ? "" : ",\n  ") + asked[k].second.count;
      const auto counts = TRY(count(list, asked, first, end));
      for (std::size_t k = first; k < end; ++k) {
        const auto& [i, compiled] = asked[k];
        if (rules_.rules[i].requirement.kind == Requirement::Kind::all_of && counts[k - first] == 0)
          continue;  // its rules say
        report_.outcomes[i].bad = counts[k - first];
        decide(i, counts[k - first] == 0 ? State::pass : State::fail);
        if (counts[k - first] > 0) TRY(sample(i, compiled));
      }
    }
    return {};
  }

  /// The counts of one scan. When the whole does not run, the rule that is wrong is found one by one.
  Result<std::vector<std::int64_t>> count(const std::string& list,
                                          const std::vector<std::pair<std::size_t, Compiled>>& asked, std::size_t first,
                                          std::size_t end) {
    const auto whole = numbers(fmt::format("select {}\nfrom this", list));
    if (whole || whole.error().kind != ErrorKind::invalid_argument) return whole;
    for (std::size_t k = first; k < end; ++k) {
      TRY_IN(fmt::format("rule {}", rules_.rules[asked[k].first].id),
             numbers(fmt::format("select {} from this", asked[k].second.count)));
    }
    return whole;
  }

  Result<std::vector<std::int64_t>> numbers(const std::string& sql) {
    duck::Rows rows = TRY(connection_.query(sql));
    std::vector<std::int64_t> out;
    if (!TRY(rows.next())) return fail(ErrorKind::internal, "a count gave no row");
    for (std::size_t c = 0; c < rows.columns().size(); ++c) out.push_back(rows.integer(c));
    return out;
  }

  Status sample(std::size_t i, const Compiled& compiled) {
    if (options_.samples_max <= 0) return {};
    const Rule& rule = rules_.rules[i];
    std::string list = "source_file, source_row";
    std::vector<std::string> columns = compiler_.columns_in(compiled.bad);
    if (!rule.requirement.column.empty() && columns.empty()) columns.push_back(rule.requirement.column);
    for (const std::string& column : columns) list += ", " + compiler_.as_delivered(column);
    TRY_IN(fmt::format("rule {}", rule.id),
           samples(i, fmt::format("select {} from this where {} limit {}", list, compiled.bad, options_.samples_max)));
    return {};
  }

  Status samples(std::size_t i, const std::string& sql) {
    duck::Rows rows = TRY(connection_.query(sql));
    auto& out = report_.outcomes[i].samples;
    while (out.size() < static_cast<std::size_t>(options_.samples_max) && TRY(rows.next())) {
      Outcome::Sample& sample = out.emplace_back();
      for (std::size_t c = 0; c < rows.columns().size(); ++c) {
        const std::string& name = rows.columns()[c].name;
        if (name == "source_file") {
          sample.file = rows.text(c);
        } else if (name == "source_row") {
          sample.row = rows.integer(c);
        } else {
          sample.values.emplace_back(name, rows.is_null(c) ? std::nullopt : std::optional(rows.text(c)));
        }
      }
    }
    return {};
  }

  Status query_groups() {
    for (std::size_t i = 0; i < rules_.rules.size(); ++i) {
      const Rule& rule = rules_.rules[i];
      if (decided_[i] || rule.requirement.kind != Requirement::Kind::rows) continue;
      if (!options_.invoices && names_invoices(rule.requirement.sql)) {
        decide(i, State::not_executable, "it needs the invoices: --invoices FILE");
        continue;
      }
      if (const std::string missing = compiler_.missing_in(rule.requirement.sql); !missing.empty()) {
        fail_missing(i, missing);
        continue;
      }
      if (!rule.when.empty()) {
        if (const std::string missing = compiler_.missing_in(rule.when); !missing.empty()) {
          fail_missing(i, missing);
          continue;
        }
        const auto some = TRY_IN(fmt::format("rule {}", rule.id),
                                 numbers(fmt::format("select count(*) filter (where {}) from this", rule.when)));
        if (some.front() == 0) {
          decide(i, State::not_applicable, fmt::format("no row has {}", rule.when));
          continue;
        }
      }
      const auto bad = TRY_IN(fmt::format("rule {}", rule.id),
                              numbers(fmt::format("select count(*) from ({})", rule.requirement.sql)));
      report_.outcomes[i].bad = bad.front();
      decide(i, bad.front() == 0 ? State::pass : State::fail);
      if (bad.front() > 0 && options_.samples_max > 0) {
        TRY_IN(fmt::format("rule {}", rule.id), samples(i, fmt::format("select * from ({}) order by all limit {}",
                                                                       rule.requirement.sql, options_.samples_max)));
      }
    }
    return {};
  }

  /// A rule made of others fails with the first of them that fails; those that were not executed do not count.
  State combine(std::size_t i) {
    if (decided_[i]) return report_.outcomes[i].state;
    decide(i, State::not_executable, "none of its rules could be executed");  // also ends a circle
    std::vector<std::string> failed;
    bool passed = false, applies = false;
    for (const std::string& name : rules_.rules[i].requirement.rules) {
      const State state = combine(index_.at(name));
      passed = passed || state == State::pass;
      applies = applies || state != State::not_applicable;
      if (state == State::fail) failed.push_back(name);
    }
    const bool one_is_enough = rules_.rules[i].requirement.kind == Requirement::Kind::any_of;
    if (!failed.empty() && !(one_is_enough && passed)) {
      report_.outcomes[i].bad = static_cast<std::int64_t>(failed.size());
      decide(i, State::fail, fmt::format("{} {}", fmt::join(failed, ", "), failed.size() == 1 ? "fails" : "fail"));
    } else if (passed) {
      decide(i, State::pass);
    } else if (!applies) {
      decide(i, State::not_applicable, "none of its rules applies");
    }
    return report_.outcomes[i].state;
  }

  duck::Connection& connection_;
  const RuleSet& rules_;
  const Options& options_;
  Compiler compiler_;
  Report report_;
  std::string columns_;  // SQL values of the view `columns`: name, position from 1, whether the rules know it
  std::map<std::string, std::size_t> index_;
  std::vector<bool> decided_;
};

}  // namespace

std::string_view name_of(State state) {
  switch (state) {
    case State::pass: return "pass";
    case State::fail: return "fail";
    case State::not_applicable: return "not applicable";
    case State::not_executable: break;
  }
  return "not executable";
}

std::int64_t Report::count(State state) const {
  return std::count_if(outcomes.begin(), outcomes.end(), [&](const Outcome& o) { return o.state == state; });
}

std::int64_t Report::binding_failures() const {
  return std::count_if(outcomes.begin(), outcomes.end(), [](const Outcome& o) {
    return o.state == State::fail && o.rule->binding() &&
           !(o.rule->requirement.of_rules() && o.rule->requirement.items.empty());
  });
}

Result<std::vector<std::string>> chosen_criteria(const RuleSet& rules, const std::string& text) {
  std::vector<std::string> known, chosen;
  for (const auto& [name, description] : rules.criteria) known.push_back(name);
  if (pack::same_word(text, "all")) return known;
  if (text.empty() || pack::same_word(text, "none")) return chosen;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    const std::string name(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (name.empty()) continue;
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return fail_hint(fmt::format("there are ALL, none, {}", fmt::join(known, ", ")), ErrorKind::invalid_argument,
                       "--applicability: \"{}\" is no criterion of {} {}", name, rules.name, rules.version);
    }
    chosen.push_back(name);
  }
  return chosen;
}

Result<Report> validate(duck::Connection& connection, const Data& data, const RuleSet& rules, const Options& options) {
  return Validation(connection, data, rules, options).run();
}

}  // namespace centavo::rules
