#include "flow/allocation/compile.h"

#include <algorithm>
#include <set>

#include "base/period.h"
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

std::string both(const std::string& a, const std::string& b) {
  return a.empty() ? b : b.empty() ? a : fmt::format("{} and {}", a, b);
}

std::string column_sql(const std::string& column) {
  if (column.starts_with("Tags.")) return fmt::format("cv_map_get(Tags, {})", duck::literal(column.substr(5)));
  return duck::name(column);
}

std::string in_list(const std::vector<std::string>& values) {
  std::string out;
  for (const auto& value : values) out += (out.empty() ? "" : ", ") + duck::literal(value);
  return out;
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

std::string tag_step(const VirtualTag& tag, const std::string& from, const Days& days, int& lookups) {
  const TagValues found = values_of(tag, days, lookups);
  std::string values;
  for (const auto& [rule, value] : found.values) values += fmt::format("\n            {},", value);
  return fmt::format("select {}.*,\n        coalesce({}\n            {}) as {}\n    from {}{}", from, values,
                     tag.otherwise.empty() ? "cast(null as varchar)" : duck::literal(tag.otherwise),
                     duck::name(tag.name), from, found.joins);
}

// The charges of the period with the first `tags` tags; `last` is the name of the step that has them.
std::string tagged_steps(const Allocation& rules, const Days& days, std::size_t tags, int& lookups, std::string& last) {
  std::string out =
      "with charges as (\n"
      "    select *, greatest($period_first, least(cast(ChargePeriodStart as date), cv_add_days($period_end, -1))) as "
      "centavo_day\n"
      "    from silver.focus_cost_and_usage\n"
      "    where billing_period >= $period_first and billing_period < $period_end\n)";
  last = "charges";
  for (std::size_t i = 0; i < tags; ++i) {
    const std::string name = fmt::format("tagged_{}", i + 1);
    out += fmt::format(",\n\n{} as (\n    {}\n)", name, tag_step(rules.tags[i], last, days, lookups));
    last = name;
  }
  return out;
}

std::string all_tagged_steps(const Allocation& rules, std::string_view period, std::string& last) {
  int lookups = 0;
  return tagged_steps(rules, days_of(rules, period), rules.tags.size(), lookups, last);
}

std::string centre_sql(const Allocation& rules) {
  if (rules.pays.empty()) return duck::literal(kUnallocated);
  return fmt::format("coalesce({}, '{}')", duck::name(rules.pays), kUnallocated);
}

std::string taken_when(const Allocation& rules, const SplitRule& rule) {
  if (rule.takes_charges) return condition_sql(rule.charges);
  return fmt::format("{} in ({})", centre_sql(rules), in_list(rule.cost_centres));
}

// ---------- splits

// The SQL of one rule's steps. `k` is its number from 1 among those of the period.
class SplitSql {
 public:
  SplitSql(const Allocation& rules, const std::vector<const SplitRule*>& splits) : rules_(rules), splits_(splits) {
    for (const auto& column : kOrigins) origins_ += ", " + column;
    for (const auto& column : kOrigins) {
      const bool keeps = std::find(rules.keep.begin(), rules.keep.end(), column) != rules.keep.end();
      if (keeps) kept_ += ", " + column;
      handed_ += keeps ? ", " + column : ", cast(null as varchar) as " + column;
    }
  }

  std::string steps() const {
    std::string out = base();
    for (std::size_t k = 1; k <= splits_.size(); ++k) out += taken(k) + weights(k) + given(k);
    return out;
  }

  std::string rows() const {
    std::string out = fmt::format(
        "    select centre, 'direct' as entry, cast(null as varchar) as rule, 0 as step, BillingCurrency{},\n"
        "        sum(billed) as billed, sum(effective) as effective, sum(charges) as charges,\n"
        "        cast(null as decimal(38,21)) as weight, cast(null as decimal(38,21)) as weights\n"
        "    from base group by centre, BillingCurrency{}",
        origins_, origins_);
    for (std::size_t k = 1; k <= splits_.size(); ++k) {
      const std::string rule = duck::literal(splits_[k - 1]->name);
      out += fmt::format(
          "\n    union all\n    select centre, 'taken', {0}, {1}, BillingCurrency{2}, -billed, -effective, 0, null, "
          "null from "
          "taken_{1}\n    union all\n    select centre, 'given', {0}, {1}, BillingCurrency{2}, billed, effective, 0, "
          "weight, weights from given_{1}",
          rule, k, origins_);
    }
    return out;
  }

 private:
  // Few rows stand for many charges: everything behind this looks at them only.
  std::string base() const {
    std::string out = fmt::format(
        ",\n\nbase as (\n    select centavo_centre as centre, centavo_pool as pool, BillingCurrency{},\n"
        "        sum(BilledCost) as billed, sum(EffectiveCost) as effective, count(*) as charges",
        origins_);
    for (std::size_t k = 1; k <= splits_.size(); ++k) {
      const auto& rule = *splits_[k - 1];
      if (rule.by != SplitBy::proportional || plain(rule)) continue;
      const std::string amount =
          rule.weighed.empty() ? rule.measure
                               : fmt::format("case when {} then {} end", condition_sql(rule.weighed), rule.measure);
      out += fmt::format(",\n        sum({}) as weight_{}", amount, k);
    }
    return out +
           fmt::format("\n    from placed\n    group by centavo_centre, centavo_pool, BillingCurrency{}\n)", origins_);
  }

  // A weight that base has anyway.
  static bool plain(const SplitRule& rule) {
    return rule.weighed.empty() && (rule.measure == "BilledCost" || rule.measure == "EffectiveCost");
  }

  bool sweeps(std::size_t k, const std::string& cost_centre) const {
    const auto& from = splits_[k - 1]->cost_centres;
    return std::find(from.begin(), from.end(), cost_centre) != from.end();
  }

  // What rule k may take: charges that no earlier rule took, and what earlier rules gave to its cost centres. What a
  // rule gave is taken on by the first later one that takes its cost centre.
  std::string taken(std::size_t k) const {
    std::string out = fmt::format(
        ",\n\nfound_{0} as (\n    select centre, BillingCurrency{1}, sum(billed) as billed, sum(effective) as "
        "effective\n"
        "    from (\n        select centre, BillingCurrency{1}, billed, effective from base where pool = {0}",
        k, origins_);
    for (std::size_t j = 1; j < k; ++j) {
      std::vector<std::string> on;
      for (const auto& cost_centre : splits_[k - 1]->cost_centres) {
        bool earlier = false;
        for (std::size_t i = j + 1; i < k; ++i) earlier = earlier || sweeps(i, cost_centre);
        if (!earlier) on.push_back(cost_centre);
      }
      if (on.empty()) continue;
      out += fmt::format(
          "\n        union all\n        select centre, BillingCurrency{}, billed, effective from given_{} where centre "
          "in "
          "({})",
          origins_, j, in_list(on));
    }
    return out + fmt::format("\n    ) as all_found\n    group by centre, BillingCurrency{}\n)", origins_);
  }

  // Who may pay, by currency, and with which weight.
  std::string weights(std::size_t k) const {
    const auto& rule = *splits_[k - 1];
    const std::string currencies = fmt::format("(select distinct BillingCurrency from found_{}) as c", k);
    std::string payers, weighed;
    if (rule.by == SplitBy::metric) {
      payers = fmt::format(
          "select c.BillingCurrency, m.centre, m.weight from {} cross join (\n"
          "        select cast(({}) as varchar) as centre, greatest(cast(sum({}) as decimal(38,21)), 0) as weight\n"
          "        from {}{}\n        group by 1\n    ) as m where m.centre is not null",
          currencies, rule.metric_key, rule.metric_weight, rule.metric->text(), metric_where(rule));
    } else if (rule.by == SplitBy::fixed) {
      std::string rows;
      for (const auto& [cost_centre, share] : rule.shares)
        rows += fmt::format("{}({}, cast({} as decimal(38,21)))", rows.empty() ? "" : ", ", duck::literal(cost_centre),
                            share);
      payers = fmt::format(
          "select c.BillingCurrency, p.centre, p.weight from {} cross join (values {}) as p(centre, weight)",
          currencies, rows);
    } else {
      payers = rule.to_all ? everybody(rule, k, currencies) : named(rule, currencies);
      const std::string weight =
          rule.by == SplitBy::even ? "cast(1 as decimal(38,21))" : "greatest(coalesce(w.weight, 0), 0)";
      if (rule.by == SplitBy::proportional) weighed = measured(rule, k);
      payers = fmt::format(
          "select p.BillingCurrency, p.centre, cast({} as decimal(38,21)) as weight from (\n        {}\n    ) as p{}",
          weight, payers, weighed);
    }
    const std::string own = fmt::format("centre not in ({})", in_list(rule.cost_centres));
    std::string out = fmt::format(",\n\npayers_{} as (\n    select * from (\n    {}\n    ) as who{}\n)", k, payers,
                                  rule.cost_centres.empty() ? "" : " where " + own);
    const std::string otherwise = rule.when_no_weight == WhenNoWeight::even ? "1" : "weight";
    out += fmt::format(
        ",\n\nsums_{0} as (\n    select BillingCurrency, cast(sum(weight) as decimal(38,21)) as total from payers_{0} "
        "group by "
        "BillingCurrency\n),\n\nlists_{0} as (\n    select BillingCurrency, list(centre order by centre) as centres, "
        "list(weight order by centre) as list_of_weights, cast(sum(weight) as decimal(38,21)) as weights\n    from (\n"
        "        select p.BillingCurrency, p.centre, cast(case when s.total > 0 then p.weight else {1} end as "
        "decimal(38,21)) as "
        "weight\n        from payers_{0} as p join sums_{0} as s on s.BillingCurrency = p.BillingCurrency\n    ) as w\n"
        "    where weight > 0\n    group by BillingCurrency\n)",
        k, otherwise);
    return out;
  }

  std::string metric_where(const SplitRule& rule) const {
    std::string out;
    const auto period = rules_.metric_periods.find(*rule.metric);
    if (period != rules_.metric_periods.end())
      out = fmt::format("{0} >= $period_first and {0} < $period_end", duck::name(period->second));
    if (!rule.metric_where.empty()) out = both(out, fmt::format("({})", rule.metric_where));
    return out.empty() ? out : "\n        where " + out;
  }

  static std::string everybody(const SplitRule&, std::size_t k, const std::string&) {
    return fmt::format("select distinct BillingCurrency, centre from base where pool <> {} and centre <> '{}'", k,
                       kUnallocated);
  }

  static std::string named(const SplitRule& rule, const std::string& currencies) {
    std::string rows;
    for (const auto& cost_centre : rule.to)
      rows += fmt::format("{}({})", rows.empty() ? "" : ", ", duck::literal(cost_centre));
    return fmt::format("select c.BillingCurrency, t.centre from {} cross join (values {}) as t(centre)", currencies,
                       rows);
  }

  // Cost is weighed within its currency; a quantity has none.
  static std::string measured(const SplitRule& rule, std::size_t k) {
    const bool cost = rule.measure.ends_with("Cost");
    const std::string sum =
        plain(rule) ? (rule.measure == "BilledCost" ? "billed" : "effective") : fmt::format("weight_{}", k);
    return fmt::format(
        "\n    left join (select centre{0}, sum({1}) as weight from base where pool <> {2} group by centre{0}) as w\n"
        "        on w.centre = p.centre{3}",
        cost ? ", BillingCurrency" : "", sum, k, cost ? " and w.BillingCurrency = p.BillingCurrency" : "");
  }

  // The pool by what is kept of its origin, each piece a step of one running split: so the parts of a payer add up to
  // its part of the whole pool, and the pieces to the pool.
  std::string given(std::size_t k) const {
    const auto& rule = *splits_[k - 1];
    const std::string digits = rules_.in_subunits ? "cv_subunit_digits(q.BillingCurrency)" : "21";
    const std::string nobody =
        rule.when_no_weight == WhenNoWeight::error
            ? fmt::format(
                  "left join lists_{0} as l on l.BillingCurrency = f.BillingCurrency where case when "
                  "l.BillingCurrency is null then error({1} || f.BillingCurrency) else true end",
                  k, duck::literal(fmt::format("rule {}: nobody has any weight in ", rule.name)))
            : fmt::format("join lists_{0} as l on l.BillingCurrency = f.BillingCurrency", k);
    std::string order;
    for (const auto& column : rules_.keep) order += fmt::format("{}{} nulls first", order.empty() ? "" : ", ", column);
    const std::string window =
        fmt::format("over (partition by BillingCurrency{} rows between unbounded preceding and 1 preceding)",
                    order.empty() ? "" : " order by " + order);
    return fmt::format(
        ",\n\ntaken_{0} as (\n    select f.* from found_{0} as f {1}\n),\n\npieces_{0} as (\n"
        "    select BillingCurrency{2}, sum(billed) as billed, sum(effective) as effective from taken_{0} group by "
        "BillingCurrency{2}\n),\n\nrunning_{0} as (\n    select *, coalesce(sum(billed) {3}, 0) as billed_before, "
        "coalesce(sum(effective) {3}, 0) as effective_before\n    from pieces_{0}\n),\n\ngiven_{0} as (\n"
        "    select centre, BillingCurrency{4}, weight, weights, billed, effective from (\n"
        "        select unnest(l.centres) as centre, unnest(l.list_of_weights) as weight, l.weights, "
        "q.BillingCurrency{5},\n"
        "            unnest(cv_split(cast(q.billed_before as decimal(38,21)), cast(q.billed as decimal(38,21)), "
        "l.list_of_weights, {6})) as billed,\n"
        "            unnest(cv_split(cast(q.effective_before as decimal(38,21)), cast(q.effective as decimal(38,21)), "
        "l.list_of_weights, {6})) as effective\n"
        "        from running_{0} as q join lists_{0} as l on l.BillingCurrency = q.BillingCurrency\n    ) as parts\n)",
        k, nobody, kept_, window, handed_names(), kept_of("q."), digits);
  }

  // The origins in the order of all tables here, with null for what is not kept.
  std::string handed_names() const { return handed_; }
  std::string kept_of(const std::string& alias) const {
    std::string out;
    for (const auto& column : rules_.keep) out += fmt::format(", {}{}", alias, column);
    return out;
  }

  const Allocation& rules_;
  const std::vector<const SplitRule*>& splits_;
  std::string origins_, kept_, handed_;
};

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

// What one charge brings to a measure.
std::string amount_of(std::string_view measure) {
  return measure == "charge_count" ? "1" : "charge." + duck::name(measure);
}

}  // namespace

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
  std::string out = all_tagged_steps(rules, period, last);
  std::string pool;
  std::size_t number = 0;
  for (const std::size_t i : splits_in(rules, period)) {
    pool += fmt::format("\n            when {} then {}", taken_when(rules, rules.splits[i]), ++number);
  }
  return out + fmt::format(
                   ",\n\nplaced as (\n    select *, {} as centavo_centre,\n        {} as centavo_pool\n    from {}\n)",
                   centre_sql(rules), pool.empty() ? "0" : fmt::format("case{}\n            else 0\n        end", pool),
                   last);
}

std::string allocated_cost_sql(const Allocation& rules, std::string_view period) {
  std::vector<const SplitRule*> splits;
  for (const std::size_t i : splits_in(rules, period)) splits.push_back(&rules.splits[i]);
  const SplitSql sql(rules, splits);
  std::string origins;
  for (const auto& column : kOrigins) origins += fmt::format(", e.{}", column);
  return fmt::format(
      "{}{},\n\nentries as (\n{}\n)\n\nselect\n    $period_first as billing_period, e.BillingCurrency, e.centre as "
      "cost_centre,\n"
      "    {},\n    e.entry, e.rule, cast(e.step as integer) as step{},\n    cast(e.billed as decimal(38,21)) as "
      "BilledCost,\n"
      "    cast(e.effective as decimal(38,21)) as EffectiveCost,\n    cast(e.weight as decimal(38,21)) as weight, "
      "cast(e.weights as decimal(38,21)) as weight_total,\n    cast(e.charges as bigint) as charge_count\nfrom entries "
      "as e{}\n",
      placed_charges_sql(rules, period), sql.steps(), sql.rows(), levels(rules), origins, levels_join(rules));
}

std::string cost_by_virtual_tag_sql(const Allocation& rules, std::string_view period) {
  std::string last, names, rows;
  const std::string steps = all_tagged_steps(rules, period, last);
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

UseQuery tag_use_sql(const Allocation& rules, std::size_t tag, std::string_view period) {
  const Days days = days_of(rules, period);
  UseQuery out;
  int lookups = 0;
  std::string last, columns, first, counts;
  const std::string steps = tagged_steps(rules, days, tag, lookups, last);
  const TagValues found = values_of(rules.tags[tag], days, lookups);
  for (const auto& [rule, value] : found.values) {
    out.rules.push_back(rule);
    columns += fmt::format(", {} as centavo_rule_{}", value, out.rules.size());
    first += fmt::format(" when centavo_rule_{0} is not null then {0}", out.rules.size());
    counts += fmt::format(", count(centavo_rule_{})", out.rules.size());
  }
  if (first.empty()) return out;
  out.sql =
      fmt::format("{},\n\nused as (select 0{} from {}{})\nselect case{} else 0 end, count(*){} from used group by 1",
                  steps, columns, last, found.joins, first, counts);
  return out;
}

UseQuery split_use_sql(const Allocation& rules, std::string_view period) {
  UseQuery out;
  out.rules = splits_in(rules, period);
  std::string counts;
  for (const std::size_t i : out.rules)
    counts += fmt::format(", count(case when {} then 1 end)", taken_when(rules, rules.splits[i]));
  if (!counts.empty())
    out.sql = fmt::format("{}\nselect centavo_pool, count(*){} from placed group by 1",
                          placed_charges_sql(rules, period), counts);
  return out;
}

std::string charges_behind_sql(const Allocation& rules, std::string_view period, std::string_view measure) {
  const auto splits = splits_in(rules, period);
  const auto same = [&](const std::vector<std::string>& columns) {
    std::string out;
    for (const auto& column : columns) out += fmt::format(" and cell.{0} is not distinct from charge.{0}", column);
    return out;
  };
  const auto number_of = [&](std::size_t k) { return std::to_string(k + 1); };
  // The pools that flow into rule k through cost centres: those of earlier rules that give to what it takes.
  const auto feeding = [&](std::size_t k, const std::vector<std::string>& cost_centres) {
    std::set<std::size_t> out;
    std::vector<std::vector<std::string>> open = {cost_centres};
    std::vector<std::size_t> below = {k};
    while (!open.empty()) {
      const auto from = open.back();
      const std::size_t before = below.back();
      open.pop_back();
      below.pop_back();
      for (std::size_t j = 0; j < before; ++j) {
        const auto& rule = rules.splits[splits[j]];
        const bool gives = rule.to_all || rule.by == SplitBy::metric ||
                           std::any_of(rule.to.begin(), rule.to.end(), [&](const auto& to) {
                             return std::find(from.begin(), from.end(), to) != from.end();
                           });
        if (from.empty() || !gives || !out.insert(j).second) continue;
        open.push_back(rule.cost_centres);
        below.push_back(j);
      }
    }
    return out;
  };
  const auto list_of = [&](const std::set<std::size_t>& pools) {
    std::string out;
    for (const std::size_t k : pools) out += (out.empty() ? "" : ", ") + number_of(k);
    return out;
  };
  std::string entries =
      fmt::format("cell.entry = 'direct' and cell.cost_centre = charge.centavo_centre{}", same(kOrigins));
  for (std::size_t k = 0; k < splits.size(); ++k) {
    const auto& rule = rules.splits[splits[k]];
    auto pools = feeding(k, rule.cost_centres);
    const auto earlier = list_of(pools);
    pools.insert(k);
    entries += fmt::format("\n    or cell.entry = 'given' and cell.step = {} and charge.centavo_pool in ({}){}", k + 1,
                           list_of(pools), same(rules.keep));
    entries += fmt::format(
        "\n    or cell.entry = 'taken' and cell.step = {0} and charge.centavo_pool = {0} and cell.cost_centre = "
        "charge.centavo_centre{1}",
        k + 1, same(kOrigins));
    if (!earlier.empty())
      entries += fmt::format("\n    or cell.entry = 'taken' and cell.step = {} and charge.centavo_pool in ({}){}",
                             k + 1, earlier, same(rules.keep));
  }
  return fmt::format(
      "select charge.x_SourceFile as centavo_file, charge.x_SourceRow as centavo_row, charge.x_RowPart as "
      "centavo_part, '{}' as centavo_period, {} as centavo_amount from (\n{}\nselect * from placed\n) as charge where "
      "exists (\n    select 1 from "
      "cells as "
      "cell where cell.billing_period = $period_first and cell.BillingCurrency = charge.BillingCurrency and ({}))",
      period, amount_of(measure), placed_charges_sql(rules, period), entries);
}

std::string tagged_charges_behind_sql(const Allocation& rules, std::string_view period, std::string_view measure) {
  std::string last, tags;
  const std::string steps = all_tagged_steps(rules, period, last);
  for (const auto& tag : rules.tags)
    tags += fmt::format("{}cell.tag = {} and cell.tag_value is not distinct from charge.{}", tags.empty() ? "" : " or ",
                        duck::literal(tag.name), duck::name(tag.name));
  return fmt::format(
      "select charge.x_SourceFile as centavo_file, charge.x_SourceRow as centavo_row, charge.x_RowPart as "
      "centavo_part, '{}' as centavo_period, {} as centavo_amount from (\n{}\nselect * from {}\n) as charge join cells "
      "as cell on "
      "cell.billing_period = $period_first and cell.BillingCurrency = charge.BillingCurrency and cell.x_Provider = "
      "charge.x_Provider and cell.ServiceName is not distinct from charge.ServiceName and ({})",
      period, amount_of(measure), steps, last, tags.empty() ? "false" : tags);
}

std::string splits_behind_sql(const Allocation& rules, std::string_view measure, std::int64_t limit) {
  std::string on, kept, names;
  for (const auto& column : rules.keep) {
    on += fmt::format(" and t.{0} is not distinct from g.{0}", column);
    kept += ", " + column;
    names += ", g." + column;
  }
  if (names.empty()) names = ", ''";
  return fmt::format(
      "with wholes as (select billing_period, BillingCurrency, step{0}, -sum({1}) as whole from gold.allocated_cost "
      "where "
      "entry = 'taken' group by all)\nselect strftime(g.billing_period, '%Y-%m'), g.BillingCurrency, g.rule, "
      "g.cost_centre, concat_ws(' / '{4}), t.whole, g.weight, g.weight_total, case when t.whole is null then null else "
      "cv_split(cast(0 as decimal(38,21)), cast(t.whole as decimal(38,21)), list_value(g.weight, cast(g.weight_total - "
      "g.weight as decimal(38,21))), 21)[1] end as share, g.{1} as part, part - share\nfrom cells as g left join "
      "wholes as t on "
      "t.billing_period = g.billing_period and t.BillingCurrency = g.BillingCurrency and t.step = g.step{2}\n"
      "where g.entry = 'given' order by abs(part) desc nulls last, g.billing_period, g.BillingCurrency, g.step, "
      "g.cost_centre "
      "limit {3}",
      kept, duck::name(measure), on, limit, names);
}

std::optional<std::string> compiled_sql(const pack::TableName& table, const Allocation& rules,
                                        std::string_view period) {
  if (table.layer != pack::Layer::gold) return std::nullopt;
  if (table.table == "allocated_cost") return allocated_cost_sql(rules, period);
  if (table.table == "cost_by_virtual_tag" && !rules.tags.empty()) return cost_by_virtual_tag_sql(rules, period);
  return std::nullopt;
}

}  // namespace centavo
