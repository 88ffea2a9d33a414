#pragma once
/// \file flow/allocation/split_sql.h
/// The splits of one period as steps of SQL over its placed charges (compile.h).

#include <string>
#include <string_view>
#include <vector>

#include "flow/allocation/rules.h"

namespace centavo {

/// The columns that say where cost comes from, each behind a comma: ", x_Provider, …".
std::string origins_sql();

/// `values` as SQL texts with commas between them.
std::string in_list(const std::vector<std::string>& values);

/// Both conditions; "" is one that always holds.
std::string both(const std::string& a, const std::string& b);

/// Steps of a `with`, and the rows that come of them. `k` is a rule's number from 1 among those of the period.
class SplitSql {
 public:
  SplitSql(const Allocation& rules, std::string_view period);

  /// "select …" without `from`: what the steps need of a placed charge. Its columns are cost_centre, centavo_pool,
  /// BillingCurrency, the origins, BilledCost, EffectiveCost and the weights of rules.
  std::string charges() const;

  /// ", base as (…), …": the charges of step `placed` by cost centre, pool and origin, and the steps of each rule.
  std::string steps(const std::string& placed) const;

  /// "select …": charges() that stand in a table, added up. Those for which the condition `own` holds are told apart by
  /// their origin; of the others nothing is known but their cost centre. Their rows differ in column `own`.
  std::string groups(const std::string& charges, const std::string& own) const;
  /// "with …": steps() out of a table of groups(). What cost centres have of their own is told of rows that are `own`.
  std::string steps_of(const std::string& groups) const;

  /// The entries: what cost centres have of their own, and what each rule took and gave.
  std::string rows() const;

 private:
  std::string sums() const;
  std::string rules_steps(const std::string& own) const;
  bool has_weight(std::size_t k) const;
  std::string weight_of(std::size_t k) const;
  bool sweeps(std::size_t k, const std::string& cost_centre) const;
  std::string taken(std::size_t k) const;
  std::string weights(std::size_t k) const;
  std::string metric_where(const SplitRule& rule) const;
  std::string given(std::size_t k) const;
  std::string kept_of(const std::string& alias) const;

  const Allocation& rules_;
  std::vector<const SplitRule*> splits_;
  std::string origins_, kept_, handed_;
};

}  // namespace centavo
