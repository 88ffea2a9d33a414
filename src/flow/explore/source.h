#pragma once
/// \file flow/explore/source.h
/// Which table answers a question, and how it spells dimensions, measures and conditions. The smallest table that has
/// everything a question names; silver when no gold table has it all together.

#include <string>
#include <string_view>
#include <vector>

#include "flow/explore/explore.h"

namespace centavo::explore {

/// kCharges by day, as hold_charges() makes it.
inline constexpr std::string_view kHeldCharges = "charges_by_day";

/// All that a question names.
struct Need {
  std::vector<std::string> dimensions;   ///< also those of filters
  std::vector<std::string> measures;     ///< amounts that are read
  std::vector<Span> spans;
  bool by_day = false;                   ///< amounts of single days
  bool by_charge = false;                ///< single charges: the smallest, the largest
  std::string currency;                  ///< "": the tenant's
  bool stored = false;                   ///< from a table of the release, not from what the reader holds beside
  bool may_lack = false;                 ///< a tag that no charge has is no mistake: in a release to compare with
};
Need need_of(const Question& question, const std::vector<Span>& spans);

class Source {
 public:
  std::string table;      ///< "gold.cost_by_month"
  std::string from;       ///< the table, or a select in brackets
  std::string currency;   ///< of the amounts
  std::string only;       ///< condition that leaves the rows of that currency; "" for all
  bool has_days = false;
  bool is_silver() const { return table == kCharges && !is_held_; }

  /// Over a row: text (null for ""), or a date for month and day.
  std::string column(const std::string& dimension) const;
  /// The same as text, over `value`, which holds what column() gave.
  static std::string shown(const std::string& dimension, const std::string& value);
  /// What people call the value of a dimension, aggregated; "" when it has no other name.
  std::string name(const std::string& dimension) const;
  std::string amount(const std::string& measure) const;
  std::string charge_count() const;      ///< aggregated
  std::string day() const;

  std::string in(const Span& span) const;
  /// " and …" for each filter. `invalid_argument` for a month or a day that is none.
  Result<std::string> filtered(const std::vector<Filter>& filters) const;
  /// The same with the currency's condition in front.
  Result<std::string> also(const std::vector<Filter>& filters) const;

 private:
  friend class Choice;
  std::string tag_value_ = "tag_value";  ///< of a virtual tag
  bool is_held_ = false;                 ///< the charges, from what the reader holds of them
  std::string converted_;                ///< "InUsd", "InTenantCurrency" or ""
  const std::set<std::string>* columns_ = nullptr;   ///< of the holdings, which outlive it
};

/// `invalid_argument` when the question names what there is not, or what stands together in no table;
/// `permission_denied` when only silver has it together and silver is not in sight.
Result<Source> choose_source(const Holdings& holdings, const Need& need);

/// Columns of the charges that may be dimensions.
const std::vector<std::string>& known_columns();
bool is_gold_column(std::string_view dimension);

}  // namespace centavo::explore
