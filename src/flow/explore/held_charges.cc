#include <algorithm>

#include "flow/explore/explore.h"
#include "flow/explore/source.h"
#include "io/duck/duck.h"

namespace centavo::explore {
namespace {

// Names beside dimensions: what people call a value.
const std::vector<std::string>& name_columns() {
  static const std::vector<std::string> columns = {"SubAccountName", "CommitmentDiscountName"};
  return columns;
}

bool is_amount(const std::string& column) {
  static const std::set<std::string> amounts = {"BilledCost", "EffectiveCost", "ListCost", "ContractedCost"};
  return amounts.contains(column) || (column.starts_with("x_") && column.find("CostIn") != std::string::npos);
}

// The charges of a month by day: every dimension that there is, and the sum of every amount.
std::string select_of(const Holdings& holdings, const std::string& month) {
  const auto& there = holdings.columns.at(std::string(kCharges));
  std::vector<std::string> keys = known_columns();
  keys.insert(keys.end(), name_columns().begin(), name_columns().end());
  std::string list, sums;
  for (const auto& key : keys) {
    if (there.contains(key)) list += duck::name(key) + ", ";
  }
  for (const auto& column : there) {
    const bool converts = column.starts_with("x_");
    if (is_amount(column) && (!converts || holdings.has_rates))
      sums += fmt::format("sum({0}) as {0}, ", duck::name(column));
  }
  return fmt::format(
      "select billing_period, cast(ChargePeriodStart as date) as charge_date, {}{}count(*) as charge_count\n"
      "from {} where billing_period = date '{}-01' group by all order by charge_date",
      list, sums, kCharges, month);
}

}  // namespace

Result<Holdings> hold_charges(Reader& reader, const Holdings& holdings, std::int64_t bytes_most) {
  Holdings out = holdings;
  if (!holdings.sees(kCharges)) return out;
  for (auto month = holdings.periods.rbegin(); month != holdings.periods.rend(); ++month) {
    if (out.held_months.contains(*month)) continue;
    if (!TRY(reader.hold_rows(kHeldCharges, select_of(holdings, *month), bytes_most))) break;
    out.held_months.insert(*month);
  }
  return out;
}

}  // namespace centavo::explore
