#include "flow/pipeline/rule_trace.h"

#include "flow/allocation/behind.h"
#include "flow/pipeline/work.h"

namespace centavo {

struct RuleTrace::Month {
  std::string period;
  MadeBy::Definitions made_by;
  std::size_t number = 0;

  const Allocation& rules() const { return *made_by.node->rules; }
  Result<std::string> expand(const std::string& sql) const {
    return made_by.library->expand(sql, "duckdb", sql_values(*made_by.node, period));
  }
  std::string named(std::string_view what) const { return fmt::format("centavo_{}_{}", what, number); }
};

RuleTrace::RuleTrace(Reader& reader, MadeBy& made_by, const pack::TableName& table, std::string measure,
                     std::string where)
    : reader_(reader),
      made_by_(made_by),
      table_(table),
      measure_(std::move(measure)),
      where_(std::move(where)),
      is_split_(table == pack::TableName{pack::Layer::gold, "allocated_cost"}) {}

RuleTrace::~RuleTrace() = default;

Result<std::optional<Traced>> RuleTrace::trace(const Measured& charges) {
  if (!is_split_ && table_ != pack::TableName{pack::Layer::gold, "cost_by_virtual_tag"}) return std::nullopt;
  // Rules see the charges' own columns, and not what their view shows beside them.
  TRY(reader_.vet(fmt::format("select {} from {}", duck::name(*row_column(charges)), charges.table.text())));
  Traced out;
  out.implementers = charges.models;
  for (const auto& row :
       TRY(reader_.connection().all("select distinct strftime(billing_period, '%Y-%m') from cells order by 1"))) {
    Month month{row[0].value_or(""), {}, months_.size()};
    month.made_by = TRY(made_by_.of(table_, month.period));
    if (month.made_by.node == nullptr || month.made_by.node->rules == nullptr) return std::nullopt;
    if (is_split_) TRY(add_up(month));
    const std::string behind =
        TRY(month.expand(is_split_ ? charges_behind_sql(month.rules(), month.period, measure_, month.named("charges"),
                                                        month.named("groups"))
                                   : tagged_charges_behind_sql(month.rules(), month.period, measure_)));
    unite(out.rows_sql, fmt::format("select * from (\n{}\n)", behind));
    months_.push_back(std::move(month));
  }
  if (months_.empty()) {
    out.rows_sql =
        "select cast(null as varchar) as centavo_file, cast(null as bigint) as centavo_row, '' as centavo_part, "
        "cast(null as varchar) as centavo_period, cast(null as decimal(38,21)) as centavo_amount where false";
  }
  return out;
}

// Few charges stand behind an entry, and of all others it needs sums only. Which those are the condition says, when it
// asks of nothing but what a charge has; else it may concern all.
Status RuleTrace::add_up(const Month& month) {
  auto& connection = reader_.connection();
  const std::string charges = month.named("charges");
  const std::string as_entries = TRY(month.expand(charges_as_entries_sql(month.rules(), month.period)));
  TRY(connection.run(fmt::format("create temp view {} as {}", charges, as_entries)));
  const auto groups = [&](const std::string& condition) {
    return groups_sql(month.rules(), month.period, charges, condition);
  };
  // Its cost is that of the entry, not of the charge.
  const bool is_of_charges = !where_.empty() && connection.describe(groups(where_)) &&
                             connection.describe(fmt::format(
                                 "select 1 from (select * exclude (BilledCost, EffectiveCost) from {}) as {} where "
                                 "({})",
                                 charges, table_.table, where_));
  return connection.run(
      fmt::format("create temp table {} as {}", month.named("groups"), groups(is_of_charges ? where_ : "true")));
}

Result<std::string> RuleTrace::total_again() {
  auto& connection = reader_.connection();
  std::string made;
  for (const auto& month : months_) {
    std::string again =
        TRY(month.expand(is_split_ ? entries_again_sql(month.rules(), month.period, month.named("groups"))
                                   : month.made_by.node->sql_in(month.period)));
    if (is_split_) {
      // As a table: the engine would look at the question's condition wherever charges are placed.
      TRY(connection.run(fmt::format("create temp table {} as {}", month.named("made"), again)));
      again = "select * from " + month.named("made");
    }
    unite(made, fmt::format("select * from (\n{}\n)", again));
  }
  if (made.empty()) return std::string("0");
  std::string total = TRY(sum_of(connection, measure_, made, table_, where_));
  if (is_split_) {
    for (const auto& month : months_) TRY(connection.run("drop table " + month.named("made")));
  }
  return total;
}

Result<std::vector<Explanation::Split>> RuleTrace::splits(std::int64_t limit) {
  std::vector<Explanation::Split> out;
  if (!is_split_ || months_.empty()) return out;
  std::string all;
  for (const auto& month : months_) {
    const std::string sql = TRY(month.expand(splits_behind_sql(month.rules(), measure_)));
    unite(all, fmt::format("select * from (\n{}\n)", sql));
  }
  for (const auto& row : TRY(reader_.connection().all(
           fmt::format("select * from (\n{}\n) order by abs(part) desc nulls last, month, currency, step, cost_centre, "
                       "origin limit {}",
                       all, limit)))) {
    const auto text = [&](std::size_t i) { return row[i].value_or(""); };
    out.push_back({text(0), text(1), text(2), text(3), text(4), text(5), text(6), text(7), text(8), text(9), text(10)});
  }
  return out;
}

}  // namespace centavo
