#include "flow/allocation/behind.h"

#include <algorithm>
#include <set>

#include "flow/allocation/compile.h"
#include "io/duck/duck.h"

namespace centavo {
namespace {

// What one charge brings to a measure.
std::string amount_of(std::string_view measure) {
  return measure == "charge_count" ? "1" : "charge." + duck::name(measure);
}

// The pools that flow into rule k through cost centres: those of earlier rules that give to what it takes.
std::set<std::size_t> feeding(const Allocation& rules, const std::vector<std::size_t>& splits, std::size_t k) {
  std::set<std::size_t> out;
  std::vector<std::vector<std::string>> open = {rules.splits[splits[k]].cost_centres};
  std::vector<std::size_t> below = {k};
  while (!open.empty()) {
    const auto from = open.back();
    const std::size_t before = below.back();
    open.pop_back();
    below.pop_back();
    for (std::size_t j = 0; j < before; ++j) {
      const auto& rule = rules.splits[splits[j]];
      const bool gives =
          rule.to_all || rule.by == SplitBy::metric || std::any_of(rule.to.begin(), rule.to.end(), [&](const auto& to) {
            return std::find(from.begin(), from.end(), to) != from.end();
          });
      if (from.empty() || !gives || !out.insert(j).second) continue;
      open.push_back(rule.cost_centres);
      below.push_back(j);
    }
  }
  return out;
}

// " and one.X is not distinct from other.X" for each column.
std::string same(const std::vector<std::string>& columns, std::string_view one, std::string_view other) {
  std::string out;
  for (const auto& column : columns)
    out += fmt::format(" and {0}.{2} is not distinct from {1}.{2}", one, other, column);
  return out;
}

}  // namespace

std::string charges_as_entries_sql(const Allocation& rules, std::string_view period) {
  return fmt::format(
      "{}\n{}, $period_first as billing_period, 'direct' as entry, cast(null as varchar) as rule, cast(0 as integer) "
      "as "
      "step, x_SourceFile as centavo_file, x_SourceRow as centavo_row, x_RowPart as centavo_part\nfrom placed",
      placed_charges_sql(rules, period), SplitSql(rules, period).charges());
}

std::string groups_sql(const Allocation& rules, std::string_view period, const std::string& charges,
                       const std::string& condition) {
  return SplitSql(rules, period)
      .groups(charges, fmt::format("(centavo_pool <> 0 or coalesce(({}), false))", condition));
}

std::string entries_again_sql(const Allocation& rules, std::string_view period, const std::string& groups) {
  const SplitSql sql(rules, period);
  return sql.steps_of(groups) + entries_sql(rules, sql);
}

std::string charges_behind_sql(const Allocation& rules, std::string_view period, std::string_view measure,
                               const std::string& charges, const std::string& groups) {
  const auto splits = splits_in(rules, period);
  std::string behind;
  const auto add = [&](const std::string& entries, const std::string& pools, const std::string& on) {
    behind += fmt::format(
        "{}    select own.* from (select * from {} where own and {}) as own semi join (select * from entries where {}) "
        "as cell on cell.BillingCurrency = own.BillingCurrency{}",
        behind.empty() ? "" : "\n    union all\n", groups, pools, entries, on);
  };
  const std::string own_centre = " and cell.cost_centre = own.centre" + same(kOrigins, "cell", "own");
  const std::string kept = same(rules.keep, "cell", "own");
  add("entry = 'direct'", "true", own_centre);
  for (std::size_t k = 0; k < splits.size(); ++k) {
    std::string earlier;
    for (const std::size_t j : feeding(rules, splits, k))
      earlier += fmt::format("{}{}", earlier.empty() ? "" : ", ", j + 1);
    const std::string pools = fmt::format("{}{}{}", earlier, earlier.empty() ? "" : ", ", k + 1);
    add(fmt::format("entry = 'given' and step = {}", k + 1), fmt::format("pool in ({})", pools), kept);
    const std::string taken = fmt::format("entry = 'taken' and step = {}", k + 1);
    add(taken, fmt::format("pool = {}", k + 1), own_centre);
    if (!earlier.empty()) add(taken, fmt::format("pool in ({})", earlier), kept);
  }
  return fmt::format(
      "with entries as (select * from cells where billing_period = $period_first),\n\nbehind as (\n{0}\n)\n\nselect "
      "centavo_file, centavo_row, centavo_part, '{1}' as centavo_period, {2} as centavo_amount from {3} as charge semi "
      "join behind on behind.centre = charge.cost_centre and behind.pool = charge.centavo_pool and "
      "behind.BillingCurrency = charge.BillingCurrency{4}",
      behind, period, amount_of(measure), charges, same(kOrigins, "behind", "charge"));
}

std::string tagged_charges_behind_sql(const Allocation& rules, std::string_view period, std::string_view measure) {
  std::string last, tags;
  const std::string steps = tagged_charges_sql(rules, period, last);
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

std::string splits_behind_sql(const Allocation& rules, std::string_view measure) {
  std::string on, kept, names;
  for (const auto& column : rules.keep) {
    on += fmt::format(" and t.{0} is not distinct from g.{0}", column);
    kept += ", " + column;
    names += ", g." + column;
  }
  if (names.empty()) names = ", ''";
  return fmt::format(
      "with wholes as (select BillingCurrency, step{0}, -sum({1}) as whole from gold.allocated_cost where entry = "
      "'taken' and billing_period = $period_first group by all)\nselect strftime(g.billing_period, '%Y-%m') as month, "
      "g.BillingCurrency as currency, g.rule as rule, g.cost_centre as cost_centre, concat_ws(' / '{3}) as origin, "
      "t.whole as whole, g.weight as weight, g.weight_total as weights, case when t.whole is null then null else "
      "cv_split(cast(0 as decimal(38,21)), cast(t.whole as decimal(38,21)), list_value(g.weight, cast(g.weight_total - "
      "g.weight as decimal(38,21))), 21)[1] end as share, g.{1} as part, part - share as rounding, g.step as "
      "step\nfrom "
      "cells as g left join wholes as t on t.BillingCurrency = g.BillingCurrency and t.step = g.step{2}\nwhere g.entry "
      "= 'given' and g.billing_period = $period_first",
      kept, duck::name(measure), on, names);
}

}  // namespace centavo
