#pragma once
/// \file flow/allocation/behind.h
/// What is behind numbers that rules made, as SQL. The rows asked about stand in a table `cells`.

#include <string>
#include <string_view>

#include "flow/allocation/rules.h"

namespace centavo {

/// The charges of a period, each as the row of gold.allocated_cost that it would be if it stood alone: columns
/// billing_period, BillingCurrency, cost_centre, entry, rule, step, the origins, BilledCost and EffectiveCost; and
/// centavo_pool (0: no rule takes it), centavo_file, centavo_row, centavo_part, and what rules weigh.
std::string charges_as_entries_sql(const Allocation& rules, std::string_view period);

/// Rows of charges_as_entries_sql(), which stand in the table `charges`, added up: by their origin those that some rule
/// takes and those for which `condition` holds; the others by cost centre only.
std::string groups_sql(const Allocation& rules, std::string_view period, const std::string& charges,
                       const std::string& condition);

/// gold.allocated_cost once more, of a table of groups_sql(): of a cost centre's own cost, the rows by origin only.
std::string entries_again_sql(const Allocation& rules, std::string_view period, const std::string& groups);

/// The charges behind `cells`, out of the tables `charges` and `groups`: columns centavo_file, centavo_row,
/// centavo_part, centavo_period and centavo_amount (of `measure`). Behind a rule's entries stand all charges of its
/// pool with the same origin, and those of earlier rules that gave to it.
std::string charges_behind_sql(const Allocation& rules, std::string_view period, std::string_view measure,
                               const std::string& charges, const std::string& groups);

/// The same behind rows of gold.cost_by_virtual_tag, once for each row that a charge is in.
std::string tagged_charges_behind_sql(const Allocation& rules, std::string_view period, std::string_view measure);

/// How the given entries of the period among `cells` came about, one row each: month, currency, rule, cost_centre,
/// origin, the whole that was split, weight, weights (their sum), share (exact), part, what rounding added to the
/// share; and step.
std::string splits_behind_sql(const Allocation& rules, std::string_view measure);

}  // namespace centavo
