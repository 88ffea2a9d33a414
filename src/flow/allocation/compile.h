#pragma once
/// \file flow/allocation/compile.h
/// Rules as SQL: what the tables of pack `allocation` are made by for one tenant and period. A rule that cannot hold in
/// the period leaves no trace in the text, so that it changes nothing of it, not even a fingerprint.

#include <string>
#include <string_view>

#include "flow/allocation/rules.h"
#include "flow/allocation/split_sql.h"

namespace centavo {

/// Where a charge stands and which rule takes it: "with … " steps whose last is `placed`, the charges of the period
/// with columns centavo_centre and centavo_pool (0: no rule takes it, else its number from 1).
std::string placed_charges_sql(const Allocation& rules, std::string_view period);

/// "with … " steps of the period's charges with their tags; `last` becomes the name of the last.
std::string tagged_charges_sql(const Allocation& rules, std::string_view period, std::string& last);

/// ", entries as (…) select …": the rows of gold.allocated_cost behind the steps of its splits.
std::string entries_sql(const Allocation& rules, const SplitSql& sql);

/// gold.allocated_cost: direct cost, and for each rule what it took and gave.
std::string allocated_cost_sql(const Allocation& rules, std::string_view period);

/// gold.cost_by_virtual_tag.
std::string cost_by_virtual_tag_sql(const Allocation& rules, std::string_view period);

/// The SQL of a table of pack `allocation`; absent for every other table.
std::optional<std::string> compiled_sql(const pack::TableName& table, const Allocation& rules, std::string_view period);

/// Numbers (from 0, in `splits`) of the rules that hold in a period.
std::vector<std::size_t> splits_in(const Allocation& rules, std::string_view period);

/// How charges of a period meet rules: charges that meet the same rules first are one row. In front, by tag and then of
/// the splits, the number of the rule that comes first (from 1 in `rules`; 0: none); then for each of `rules`, in the
/// same order, with how many of the row's charges it would fit.
struct UseQuery {
  std::string sql;  ///< "" when no rule holds in the period
  std::vector<std::vector<std::size_t>> rules;  ///< by tag: numbers (from 0) in its rules; last: those in `splits`
};
UseQuery use_sql(const Allocation& rules, std::string_view period);

/// `condition` as SQL over a charge; "true" when it is empty.
std::string condition_sql(const Condition& condition);

}  // namespace centavo
