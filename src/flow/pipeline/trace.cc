#include "flow/pipeline/trace.h"

#include <set>

namespace centavo {
namespace {

template <class Columns>
const std::string* named(const Columns& columns, std::string_view one, std::string_view other) {
  for (const auto& column : columns) {
    if (column.name == one || column.name == other) return &column.name;
  }
  return nullptr;
}

constexpr std::int64_t kCellsToPruneBy = 1000;

// " and X in (…)" of the cells' values, so that files and row groups without them are not read.
Result<std::string> values_of(duck::Connection& connection, const pack::ColumnSpec& column) {
  const std::string name = duck::name(column.name);
  const auto values = TRY(connection.all(
      fmt::format("select distinct cast({} as varchar) from cells limit {}", name, kCellsToPruneBy + 1)));
  if (static_cast<std::int64_t>(values.size()) > kCellsToPruneBy) return std::string();
  std::string list, null;
  for (const auto& row : values) {
    if (!row[0]) null = fmt::format(" or {} is null", name);
    if (row[0]) list += fmt::format("{}cast({} as {})", list.empty() ? "" : ", ", duck::literal(*row[0]), column.type);
  }
  if (list.empty()) return null.empty() ? std::string(" and false") : fmt::format(" and {} is null", name);
  return fmt::format(" and ({} in ({}){})", name, list, null);
}

}  // namespace

void unite(std::string& all, const std::string& select) { all += (all.empty() ? "" : "\nunion all\n") + select; }

Result<std::string> sum_of(duck::Connection& connection, const std::string& measure, const std::string& made,
                           const pack::TableName& table, const std::string& where) {
  const std::string which = where.empty() ? "" : fmt::format(" where ({})", where);
  const auto sum = TRY(connection.value(
      fmt::format("select coalesce(sum({}), 0) from (\n{}\n) as {}{}", duck::name(measure), made, table.table, which)));
  return sum.value_or("0");
}

const std::string* file_column(const Measured& measured) {
  return named(measured.columns, "x_SourceFile", "source_file_name");
}
const std::string* row_column(const Measured& measured) {
  return named(measured.columns, "x_SourceRow", "source_row_number");
}

// What tells rows made from one raw row apart; "''" when each gives one.
std::string part_sql(const Measured& measured, std::string_view prefix) {
  const auto* part = measured.find("x_RowPart");
  return part == nullptr ? "''" : fmt::format("coalesce({}{}, '')", prefix, duck::name(part->name));
}

const pack::DrillSpec::Way* way_of(const pack::Contract& contract, const std::string& measure) {
  const auto it = contract.explain.ways.find(measure);
  return it == contract.explain.ways.end() ? nullptr : &it->second;
}

// The table or interface that a gold table's rows add up: as its contract says, else what it reads, near or far.
Result<Measured> charges_of(const pack::Library& library, const Release& release, const pack::Model& model,
                            const std::string& measure) {
  std::vector<std::string> interfaces;
  std::set<pack::TableName> seen;
  std::vector<const pack::Model*> open = {&model};
  while (!open.empty()) {
    const auto* next = open.back();
    open.pop_back();
    interfaces.insert(interfaces.end(), next->interface_inputs.begin(), next->interface_inputs.end());
    for (const auto& input : next->inputs) {
      const auto* other = library.model(input);
      if (other != nullptr && input.layer != pack::Layer::bronze && seen.insert(input).second) open.push_back(other);
    }
  }
  std::vector<pack::TableName> candidates;
  const auto* way = way_of(model.contract, measure);
  if (way != nullptr && way->from) candidates.push_back(*way->from);
  if (model.contract.explain.from) candidates.push_back(*model.contract.explain.from);
  for (const auto& name : interfaces) {
    if (const auto* interface = library.interface(name)) candidates.push_back(interface->view());
  }
  for (const auto& table : seen) {
    if (table.layer == pack::Layer::silver) candidates.push_back(table);
  }
  for (const auto& table : candidates) {
    auto measured = table_of(library, release, table);
    if (measured && file_column(*measured) != nullptr && row_column(*measured) != nullptr) return measured;
  }
  return fail_hint("ask for a measure of a silver table", ErrorKind::not_found,
                   "{} is made of no table of this release whose rows say where they came from",
                   model.contract.table.text());
}

// SQL for the month of a row, as its tables call it; null when they have none.
std::string period_sql(const Measured& measured, std::string_view prefix) {
  for (const auto* model : measured.models) {
    const auto& column = model->contract.period_column;
    if (!column.empty() && measured.find(column) != nullptr)
      return fmt::format("strftime({}{}, '%Y-%m')", prefix, duck::name(column));
  }
  return "cast(null as varchar)";
}

Result<Traced> trace_cells(duck::Connection& connection, const pack::Model& model, const Measured& charges,
                           const std::string& measure) {
  const auto& contract = model.contract;
  Traced out;
  out.implementers = charges.models;
  const auto* way = way_of(contract, measure);
  const auto amount = contract.explain.amounts.find(measure);
  const auto* column = charges.find(measure);
  if (way == nullptr && amount == contract.explain.amounts.end() && column == nullptr) {
    return fail_hint(fmt::format("add it to explain: {{amounts: …}} of {}", contract.place.text()),
                     ErrorKind::not_found, "nothing says how {} of {} is added up from {}", measure,
                     contract.table.text(), charges.table.text());
  }
  const std::string& where = way == nullptr ? contract.explain.where : way->where;
  std::string on = "true", prune = "true";
  for (const auto& name : way == nullptr || way->by.empty() ? contract.grain : way->by) {
    const auto* there = charges.find(name);
    if (there == nullptr && where.empty()) {
      return fail_hint(fmt::format("say in explain: {{where: …}} of {} what it is made of", contract.place.text()),
                       ErrorKind::not_found, "{} has no column {}, which {} is by", charges.table.text(), name,
                       contract.table.text());
    }
    if (there == nullptr) continue;
    on += fmt::format(" and charge.{0} is not distinct from cell.{0}", duck::name(there->name));
    prune += TRY(values_of(connection, *there));
  }
  if (!where.empty()) on += fmt::format(" and ({})", where);
  std::string brings = column == nullptr ? std::string() : "charge." + duck::name(column->name);
  if (amount != contract.explain.amounts.end()) brings = amount->second;
  if (way != nullptr) brings = way->amount;
  out.rows_sql = fmt::format(
      "select charge.{} as centavo_file, charge.{} as centavo_row, {} as centavo_part, {} as centavo_period, {} as "
      "centavo_amount from (select * from {} where {}) as charge join cells as cell on {}",
      duck::name(*file_column(charges)), duck::name(*row_column(charges)), part_sql(charges, "charge."),
      period_sql(charges, "charge."), brings, charges.table.text(), prune, on);
  return out;
}

}  // namespace centavo
