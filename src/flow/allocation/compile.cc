#include "flow/allocation/compile.h"

#include <algorithm>

#include "base/period.h"
#include "flow/allocation/split_sql.h"
#include "io/duck/duck.h"

namespace centavo {
namespace {

// The days of a period, both of which count; of no period: all days.
struct Days {
  std::string first, last, known;   ///< known: what was recorded later does not count; "": everything counts
};

Days days_of(const Allocation& rules, std::string_view period) {
  Days out;
  if (const auto month = Period::parse(period)) {
    out.first = month->first();
    out.last = month->last();
  }
  if (const auto it = rules.as_recorded.find(std::string(period)); it != rules.as_recorded.end())
    out.known = it->second;
  return out;
}

bool holds(const Validity& validity, const Days& days) {
  if (!days.known.empty() && validity.recorded > days.known) return false;
  if (!validity.to.empty() && !days.first.empty() && validity.to < days.first) return false;
  return validity.from.empty() || days.last.empty() || validity.from <= days.last;
}

std::string date(const std::string& day) { return fmt::format("cast('{}' as date)", day); }

// SQL that is true on the days on which a rule holds; "" when it always does.
std::string days_sql(const Validity& validity, const Days& days) {
  std::string out;
  if (!validity.from.empty() && validity.from > days.first) out = "centavo_day >= " + date(validity.from);
  if (!validity.to.empty() && validity.to < days.last)
    out += (out.empty() ? "" : " and ") + ("centavo_day <= " + date(validity.to));
  return out;
}

template <class Rule>
bool replaces(const Rule& later, const Rule& earlier) {
  return &later != &earlier && later.name == earlier.name && later.validity.recorded > earlier.validity.recorded;
}

std::string column_sql(const std::string& column) {
  if (column.starts_with("Tags.")) return fmt::format("cv_map_get(Tags, {})", duck::literal(column.substr(5)));
  return duck::name(column);
}

// ---------- tags

// When one rule gives its value: its condition, on its days, and on none of a later version's.
std::string when_sql(const TagRule& rule, const VirtualTag& tag, const Days& days) {
  std::string out = both(days_sql(rule.validity, days), rule.of.empty() ? "" : condition_sql(rule.of));
  for (const auto& later : tag.rules) {
    if (!replaces(later, rule) || !holds(later.validity, days)) continue;
    const std::string then = days_sql(later.validity, days);
    out = both(out, then.empty() ? "false" : fmt::format("not ({})", then));
  }
  return out;
}

// The values that the rules of a tag give a charge, by number of the rule, and the joins that they need.
struct TagValues {
  std::vector<std::pair<std::size_t, std::string>> values;
  std::string joins;
};

TagValues values_of(const VirtualTag& tag, const Days& days, int& lookups) {
  TagValues out;
  for (std::size_t i = 0; i < tag.rules.size(); ++i) {
    const auto& rule = tag.rules[i];
    if (!holds(rule.validity, days)) continue;
    std::string value = duck::literal(rule.value);
    if (!rule.value_sql.empty()) value = fmt::format("nullif(cast(({}) as varchar), '')", rule.value_sql);
    if (!rule.by.empty()) {
      ++lookups;
      std::string rows;
      for (const auto& [key, text] : rule.values)
        rows += fmt::format("{}({}, {})", rows.empty() ? "" : ", ", duck::literal(key), duck::literal(text));
      out.joins += fmt::format(
          "\n    left join (values {0}) as centavo_list_{1}(centavo_key_{1}, centavo_value_{1}) "
          "on centavo_key_{1} = cast(({2}) as varchar)",
          rows, lookups, rule.by);
      value = fmt::format("centavo_value_{}", lookups);
    }
    const std::string when = when_sql(rule, tag, days);
    out.values.emplace_back(i, when.empty() ? value : fmt::format("case when {} then {} end", when, value));
  }
  return out;
}

// The charges of the period with the tags; `last` is the name of the step that has them. `uses`: the numbers of the
// rules of each tag, whose values then stand in columns centavo_value_<tag>_<rule> too, both from 1.
std::string tagged_steps(const Allocation& rules, const Days& days, std::string& last,
                         std::vector<std::vector<std::size_t>>* uses = nullptr) {
  std::string out =
      "with charges as (\n"
      "    select *, greatest($period_first, least(cast(ChargePeriodStart as date), cv_add_days($period_end, -1))) as "
      "centavo_day\n"
      "    from silver.focus_cost_and_usage\n"
      "    where billing_period >= $period_first and billing_period < $period_end\n)";
  last = "charges";
  int lookups = 0;
  for (std::size_t i = 1; i <= rules.tags.size(); ++i) {
    const auto& tag = rules.tags[i - 1];
    const TagValues found = values_of(tag, days, lookups);
    std::vector<std::size_t> used;
    std::string values, columns;
    for (const auto& [rule, value] : found.values) {
      used.push_back(rule);
      values += fmt::format("\n            {},", value);
      if (uses != nullptr) columns += fmt::format(",\n        {} as centavo_value_{}_{}", value, i, used.size());
    }
    if (uses != nullptr) uses->push_back(std::move(used));
    out += fmt::format(
        ",\n\ntagged_{} as (\n    select {}.*,\n        coalesce({}\n            {}) as {}{}\n    from {}{}\n)", i,
        last, values, tag.otherwise.empty() ? "cast(null as varchar)" : duck::literal(tag.otherwise),
        duck::name(tag.name), columns, last, found.joins);
    last = fmt::format("tagged_{}", i);
  }
  return out;
}

std::string centre_sql(const Allocation& rules) {
  if (rules.pays.empty()) return duck::literal(kUnallocated);
  return fmt::format("coalesce({}, '{}')", duck::name(rules.pays), kUnallocated);
}

std::string taken_when(const Allocation& rules, const SplitRule& rule) {
  if (rule.takes_charges) return condition_sql(rule.charges);
  return fmt::format("{} in ({})", centre_sql(rules), in_list(rule.cost_centres));
}

std::string levels_join(const Allocation& rules) {
  std::string rows;
  for (const auto& [child, parent] : rules.parents) {
    std::vector<std::string> path = {child};
    for (auto it = rules.parents.find(child); it != rules.parents.end(); it = rules.parents.find(it->second))
      path.insert(path.begin(), it->second);
    rows += fmt::format("{}({}", rows.empty() ? "" : ", ", duck::literal(child));
    for (int level = 0; level < kLevelsMax; ++level) {
      const auto at = static_cast<std::size_t>(level);
      rows += ", " + (at < path.size() ? duck::literal(path[at]) : std::string("cast(null as varchar)"));
    }
    rows += ")";
  }
  if (rows.empty()) return {};
  std::string columns = "centre";
  for (int level = 1; level <= kLevelsMax; ++level) columns += fmt::format(", level_{}", level);
  return fmt::format("\nleft join (values {}) as h({}) on h.centre = e.centre", rows, columns);
}

std::string levels(const Allocation& rules) {
  if (rules.parents.empty()) {
    std::string out = "e.centre as level_1";
    for (int level = 2; level <= kLevelsMax; ++level) out += fmt::format(", cast(null as varchar) as level_{}", level);
    return out;
  }
  std::string out = "coalesce(h.level_1, e.centre) as level_1";
  for (int level = 2; level <= kLevelsMax; ++level) out += fmt::format(", h.level_{0} as level_{0}", level);
  return out;
}

// `tagged` and behind them step `placed`.
std::string placed_after(const Allocation& rules, std::string_view period, const std::string& tagged,
                         const std::string& last) {
  std::string pool;
  std::size_t number = 0;
  for (const std::size_t i : splits_in(rules, period)) {
    pool += fmt::format("\n            when {} then {}", taken_when(rules, rules.splits[i]), ++number);
  }
  return tagged +
         fmt::format(
             ",\n\nplaced as (\n    select *, {} as centavo_centre,\n        {} as centavo_pool\n    from {}\n)",
             centre_sql(rules), pool.empty() ? "0" : fmt::format("case{}\n            else 0\n        end", pool),
             last);
}

}  // namespace

std::string tagged_charges_sql(const Allocation& rules, std::string_view period, std::string& last) {
  return tagged_steps(rules, days_of(rules, period), last);
}

std::string entries_sql(const Allocation& rules, const SplitSql& sql) {
  std::string origins;
  for (const auto& column : kOrigins) origins += fmt::format(", e.{}", column);
  return fmt::format(
      ",\n\nentries as (\n{}\n)\n\nselect\n    $period_first as billing_period, e.BillingCurrency, e.centre as "
      "cost_centre,\n"
      "    {},\n    e.entry, e.rule, cast(e.step as integer) as step{},\n    cast(e.billed as decimal(38,21)) as "
      "BilledCost,\n"
      "    cast(e.effective as decimal(38,21)) as EffectiveCost,\n    cast(e.weight as decimal(38,21)) as weight, "
      "cast(e.weights as decimal(38,21)) as weight_total,\n    cast(e.charges as bigint) as charge_count\nfrom entries "
      "as e{}\n",
      sql.rows(), levels(rules), origins, levels_join(rules));
}

std::string condition_sql(const Condition& condition) {
  std::string out;
  for (const auto& match : condition.matches)
    out = both(out, fmt::format("coalesce({} in ({}), false)", column_sql(match.column), in_list(match.values)));
  if (!condition.where.empty()) out = both(out, fmt::format("coalesce(({}), false)", condition.where));
  return out.empty() ? "true" : out;
}

std::vector<std::size_t> splits_in(const Allocation& rules, std::string_view period) {
  const Days days = days_of(rules, period);
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < rules.splits.size(); ++i) {
    const auto& rule = rules.splits[i];
    if (!holds(rule.validity, days)) continue;
    const bool replaced = std::any_of(rules.splits.begin(), rules.splits.end(), [&](const auto& later) {
      return replaces(later, rule) && holds(later.validity, days);
    });
    if (!replaced) out.push_back(i);
  }
  return out;
}

std::string placed_charges_sql(const Allocation& rules, std::string_view period) {
  std::string last;
  const std::string tagged = tagged_charges_sql(rules, period, last);
  return placed_after(rules, period, tagged, last);
}

std::string allocated_cost_sql(const Allocation& rules, std::string_view period) {
  const SplitSql sql(rules, period);
  return placed_charges_sql(rules, period) + sql.steps("placed") + entries_sql(rules, sql);
}

std::string cost_by_virtual_tag_sql(const Allocation& rules, std::string_view period) {
  std::string last, names, rows;
  const std::string steps = tagged_charges_sql(rules, period, last);
  for (const auto& tag : rules.tags) names += ", " + duck::name(tag.name);
  for (std::size_t i = 0; i < rules.tags.size(); ++i) {
    const auto& tag = rules.tags[i];
    rows += fmt::format(
        "{}select $period_first as billing_period, {} as tag, cast({} as integer) as tag_number, {} as tag_value, "
        "x_Provider, "
        "ServiceName, BillingCurrency,\n    sum(billed) as BilledCost, sum(effective) as EffectiveCost, "
        "cast(sum(charges) as bigint) as charge_count\nfrom sums group by {}, x_Provider, ServiceName, "
        "BillingCurrency\n",
        rows.empty() ? "" : "union all\n", duck::literal(tag.name), i + 1, duck::name(tag.name), duck::name(tag.name));
  }
  return fmt::format(
      "{0},\n\nsums as (\n    select x_Provider, ServiceName, BillingCurrency{1}, sum(BilledCost) as billed, "
      "sum(EffectiveCost) as "
      "effective, count(*) as charges\n    from {2}\n    group by x_Provider, ServiceName, "
      "BillingCurrency{1}\n)\n\n{3}",
      steps, names, last, rows);
}

UseQuery use_sql(const Allocation& rules, std::string_view period) {
  UseQuery out;
  std::string last, firsts, keys, counts;
  const std::string tagged = tagged_steps(rules, days_of(rules, period), last, &out.rules);
  for (std::size_t i = 1; i <= out.rules.size(); ++i) {
    std::string first;
    for (std::size_t k = 1; k <= out.rules[i - 1].size(); ++k) {
      first += fmt::format(" when centavo_value_{0}_{1} is not null then {1}", i, k);
      counts += fmt::format(", count(centavo_value_{}_{})", i, k);
    }
    firsts += first.empty() ? "0, " : fmt::format("case{} else 0 end, ", first);
  }
  out.rules.push_back(splits_in(rules, period));
  for (const std::size_t i : out.rules.back())
    counts += fmt::format(", count(case when {} then 1 end)", taken_when(rules, rules.splits[i]));
  for (std::size_t i = 1; i <= out.rules.size(); ++i) keys += fmt::format("{}{}", i == 1 ? "" : ", ", i);
  if (!counts.empty())
    out.sql = fmt::format("{}\nselect {}centavo_pool{} from placed group by {}",
                          placed_after(rules, period, tagged, last), firsts, counts, keys);
  return out;
}

std::optional<std::string> compiled_sql(const pack::TableName& table, const Allocation& rules,
                                        std::string_view period) {
  if (table.layer != pack::Layer::gold) return std::nullopt;
  if (table.table == "allocated_cost") return allocated_cost_sql(rules, period);
  if (table.table == "cost_by_virtual_tag" && !rules.tags.empty()) return cost_by_virtual_tag_sql(rules, period);
  return std::nullopt;
}

}  // namespace centavo
