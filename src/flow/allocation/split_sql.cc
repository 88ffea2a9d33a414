#include "flow/allocation/split_sql.h"

#include <algorithm>

#include "flow/allocation/compile.h"
#include "io/duck/duck.h"
#include "io/duck/wide_sum.h"

namespace centavo {
namespace {

// A weight that base has anyway.
bool plain(const SplitRule& rule) {
  return rule.weighed.empty() && (rule.measure == "BilledCost" || rule.measure == "EffectiveCost");
}

std::string everybody(std::size_t k) {
  return fmt::format("select distinct BillingCurrency, centre from base where pool <> {} and centre <> '{}'", k,
                     kUnallocated);
}

std::string named(const SplitRule& rule, const std::string& currencies) {
  std::string rows;
  for (const auto& cost_centre : rule.to)
    rows += fmt::format("{}({})", rows.empty() ? "" : ", ", duck::literal(cost_centre));
  return fmt::format("select c.BillingCurrency, t.centre from {} cross join (values {}) as t(centre)", currencies,
                     rows);
}

bool weighs_cost(const SplitRule& rule) { return rule.measure.ends_with("Cost"); }

// Cost is weighed within its currency; a quantity has none. Quantities may be counted in small things (the seconds of
// a byte): from 10^16 on all payers of a rule are weighed in units of 10^12, with 9 digits more behind the point.
std::string measured(const SplitRule& rule, std::size_t k) {
  if (!weighs_cost(rule)) {
    return fmt::format(
        "\n    left join (\n        select centre, case when whole <= -10000000000000000 then 0 when "
        "sum(greatest(whole, "
        "0)) over () < 10000000000000000 then cast(whole as decimal(38,21)) + part else\n            cast(whole * "
        "cast(0.000000000001 as decimal(13,12)) as decimal(38,21)) + cast(part as decimal(29,9)) * cast(0.000000000001 "
        "as decimal(13,12)) end as weight\n        from (select centre, sum(whole_{0}) as whole, sum(part_{0}) as part "
        "from base where pool <> {0} group by centre) as q\n    ) as w on w.centre = p.centre",
        k);
  }
  const std::string sum =
      plain(rule) ? (rule.measure == "BilledCost" ? "billed" : "effective") : fmt::format("weight_{}", k);
  return fmt::format(
      "\n    left join (select centre, BillingCurrency, sum({}) as weight from base where pool <> {} group by centre, "
      "BillingCurrency) as w\n        on w.centre = p.centre and w.BillingCurrency = p.BillingCurrency",
      sum, k);
}

}  // namespace

std::string origins_sql() {
  std::string out;
  for (const auto& column : kOrigins) out += ", " + column;
  return out;
}

std::string in_list(const std::vector<std::string>& values) {
  std::string out;
  for (const auto& value : values) out += (out.empty() ? "" : ", ") + duck::literal(value);
  return out;
}

std::string both(const std::string& a, const std::string& b) {
  return a.empty() ? b : b.empty() ? a : fmt::format("{} and {}", a, b);
}

SplitSql::SplitSql(const Allocation& rules, std::string_view period) : rules_(rules), origins_(origins_sql()) {
  for (const std::size_t i : splits_in(rules, period)) splits_.push_back(&rules.splits[i]);
  for (const auto& column : kOrigins) {
    const bool keeps = std::find(rules.keep.begin(), rules.keep.end(), column) != rules.keep.end();
    if (keeps) kept_ += ", " + column;
    handed_ += keeps ? ", " + column : ", cast(null as varchar) as " + column;
  }
}

std::string SplitSql::charges() const {
  std::string out =
      "select centavo_centre as cost_centre, centavo_pool, BillingCurrency" + origins_ + ", BilledCost, EffectiveCost";
  for (std::size_t k = 1; k <= splits_.size(); ++k) {
    if (has_weight(k)) out += fmt::format(", {} as centavo_weight_{}", weight_of(k), k);
  }
  return out;
}

std::string SplitSql::sums() const {
  std::string out = "sum(BilledCost) as billed, sum(EffectiveCost) as effective, count(*) as charges";
  for (std::size_t k = 1; k <= splits_.size(); ++k) {
    if (!has_weight(k)) continue;
    const std::string weight = fmt::format("centavo_weight_{}", k);
    const auto sum = duck::wide_sum(weight);
    out += weighs_cost(*splits_[k - 1]) ? fmt::format(", sum({}) as weight_{}", weight, k)
                                        : fmt::format(", {} as whole_{}, {} as part_{}", sum.whole, k, sum.part, k);
  }
  return out;
}

// Few rows stand for many charges: everything behind this looks at them only.
std::string SplitSql::steps(const std::string& placed) const {
  return fmt::format(
             ",\n\nbase as (\n    select cost_centre as centre, centavo_pool as pool, BillingCurrency{0},\n        "
             "{1}\n"
             "    from ({2} from {3}) as charges\n    group by cost_centre, centavo_pool, BillingCurrency{0}\n)",
             origins_, sums(), charges(), placed) +
         rules_steps("base");
}

std::string SplitSql::groups(const std::string& charges, const std::string& own) const {
  std::string list, names;
  for (const auto& column : kOrigins) {
    list += fmt::format(", case when centavo_own then {0} end as {0}", column);
    names += fmt::format(", case when centavo_own then {} end", column);
  }
  return fmt::format(
      "select cost_centre as centre, centavo_pool as pool, BillingCurrency{}, centavo_own as own, {}\nfrom (select *, "
      "{} as centavo_own from {} as allocated_cost) as charges\ngroup by cost_centre, centavo_pool, BillingCurrency{}, "
      "centavo_own",
      list, sums(), own, charges, names);
}

std::string SplitSql::steps_of(const std::string& groups) const {
  return fmt::format("with base as (select * from {0}),\n\nowned as (select * from base where own)", groups) +
         rules_steps("owned");
}

// Cost centres whose charges are all of one pool need not be added up once more.
std::string SplitSql::rules_steps(const std::string& own) const {
  std::string out = fmt::format(
      ",\n\nmixed as (\n    select centre from {0} group by centre having min(pool) <> max(pool)\n),\n\ndirect as (\n"
      "    select centre, BillingCurrency{1}, billed, effective, charges from {0} where centre not in (select centre "
      "from mixed)\n    union all\n    select centre, BillingCurrency{1}, sum(billed), sum(effective), sum(charges) "
      "from {0} where centre in (select centre from mixed)\n    group by centre, BillingCurrency{1}\n)",
      own, origins_);
  for (std::size_t k = 1; k <= splits_.size(); ++k) out += taken(k) + weights(k) + given(k);
  return out;
}

std::string SplitSql::rows() const {
  std::string out = fmt::format(
      "    select centre, 'direct' as entry, cast(null as varchar) as rule, 0 as step, BillingCurrency{}, billed, "
      "effective, charges,\n        cast(null as decimal(38,21)) as weight, cast(null as decimal(38,21)) as weights\n"
      "    from direct",
      origins_);
  for (std::size_t k = 1; k <= splits_.size(); ++k) {
    const std::string rule = duck::literal(splits_[k - 1]->name);
    out += fmt::format(
        "\n    union all\n    select centre, 'taken', {0}, {1}, BillingCurrency{2}, -billed, -effective, 0, null, "
        "null from taken_{1}\n    union all\n    select centre, 'given', {0}, {1}, BillingCurrency{2}, billed, "
        "effective, 0, weight, weights from given_{1}",
        rule, k, origins_);
  }
  return out;
}

bool SplitSql::has_weight(std::size_t k) const {
  return splits_[k - 1]->by == SplitBy::proportional && !plain(*splits_[k - 1]);
}

// What a charge weighs.
std::string SplitSql::weight_of(std::size_t k) const {
  const auto& rule = *splits_[k - 1];
  return rule.weighed.empty() ? rule.measure
                              : fmt::format("case when {} then {} end", condition_sql(rule.weighed), rule.measure);
}

bool SplitSql::sweeps(std::size_t k, const std::string& cost_centre) const {
  const auto& from = splits_[k - 1]->cost_centres;
  return std::find(from.begin(), from.end(), cost_centre) != from.end();
}

// What rule k may take: charges that no earlier rule took, and what earlier rules gave to its cost centres. What a
// rule gave is taken on by the first later one that takes its cost centre.
std::string SplitSql::taken(std::size_t k) const {
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
std::string SplitSql::weights(std::size_t k) const {
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
    payers =
        fmt::format("select c.BillingCurrency, p.centre, p.weight from {} cross join (values {}) as p(centre, weight)",
                    currencies, rows);
  } else {
    payers = rule.to_all ? everybody(k) : named(rule, currencies);
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

std::string SplitSql::metric_where(const SplitRule& rule) const {
  std::string out;
  const auto period = rules_.metric_periods.find(*rule.metric);
  if (period != rules_.metric_periods.end())
    out = fmt::format("{0} >= $period_first and {0} < $period_end", duck::name(period->second));
  if (!rule.metric_where.empty()) out = both(out, fmt::format("({})", rule.metric_where));
  return out.empty() ? out : "\n        where " + out;
}

// The pool by what is kept of its origin, each piece a step of one running split: so the parts of a payer add up to
// its part of the whole pool, and the pieces to the pool.
std::string SplitSql::given(std::size_t k) const {
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
      k, nobody, kept_, window, handed_, kept_of("q."), digits);
}

std::string SplitSql::kept_of(const std::string& alias) const {
  std::string out;
  for (const auto& column : rules_.keep) out += fmt::format(", {}{}", alias, column);
  return out;
}

}  // namespace centavo
