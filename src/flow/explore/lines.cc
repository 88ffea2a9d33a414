#include <algorithm>

#include "base/json.h"
#include "flow/explore/amounts.h"
#include "flow/explore/explore.h"
#include "flow/explore/picking.h"
#include "flow/explore/source.h"
#include "flow/explore/span.h"
#include "io/duck/duck.h"

namespace centavo::explore {
namespace {

constexpr std::int64_t kLinesMax = 5000;

// What is read first of a charge; all of them are in the exports.
const std::vector<std::string>& charge_columns() {
  static const std::vector<std::string> columns = {
      "ChargePeriodStart", "ServiceName",  "ServiceCategory",      "ResourceId",
      "ResourceName",      "SubAccountId", "SubAccountName",       "RegionId",
      "ChargeCategory",    "ChargeClass",  "ChargeDescription",    "EffectiveCost",
      "BilledCost",        "ListCost",     "ContractedCost",       "BillingCurrency",
      "PricingQuantity",   "PricingUnit",  "ConsumedQuantity",     "ConsumedUnit",
      "PricingCategory",   "SkuId",        "CommitmentDiscountId", "CommitmentDiscountStatus",
      "InvoiceId",         "Tags",         "BillingAccountId",     "x_Provider",
      "billing_period",    "x_SourceFile", "x_SourceRow",          "x_RowPart"};
  return columns;
}

const std::vector<std::string>& day_columns() {
  static const std::vector<std::string> columns = {"charge_date",
                                                   "ServiceName",
                                                   "ServiceCategory",
                                                   "SubAccountId",
                                                   "SubAccountName",
                                                   "RegionId",
                                                   "ChargeCategory",
                                                   "EffectiveCost",
                                                   "BilledCost",
                                                   "ListCost",
                                                   "ContractedCost",
                                                   "x_EffectiveCostInUsd",
                                                   "x_BilledCostInUsd",
                                                   "x_EffectiveCostInTenantCurrency",
                                                   "x_BilledCostInTenantCurrency",
                                                   "BillingCurrency",
                                                   "charge_count",
                                                   "BillingAccountId",
                                                   "x_Provider",
                                                   "billing_period"};
  return columns;
}

struct Lines {
  Span span;
  Source source;
  std::string where;
  std::vector<std::string> order;   // columns that tell two rows of equal amount apart
};

Result<Lines> lines_of(const Holdings& holdings, const Question& question) {
  Lines out;
  out.span = TRY(span_of(holdings, question.period));
  Question asked = question;
  asked.by.clear();
  Need need = need_of(asked, {out.span});
  need.by_charge = holdings.sees(kCharges);
  need.by_day = true;
  const bool of_rules = std::any_of(need.dimensions.begin(), need.dimensions.end(), [](const std::string& dimension) {
    return dimension.starts_with("vtag:") || dimension == "cost_centre" || dimension.starts_with("level_");
  });
  if (of_rules) {
    return fail_hint("explain the number: it lists the charges behind it, file and row", ErrorKind::invalid_argument,
                     "the lines of a cost centre or a virtual tag stand in no table");
  }
  out.source = TRY(choose_source(holdings, need));
  out.where = out.source.in(out.span) + TRY(out.source.also(asked.filters));
  if (out.source.is_silver()) {
    out.order = {"x_SourceFile", "x_SourceRow", "x_RowPart"};
  } else {
    out.order = {"billing_period",  "charge_date", "x_Provider", "BillingAccountId", "SubAccountId",
                 "ServiceCategory", "ServiceName", "RegionId",   "ChargeCategory",   "BillingCurrency"};
  }
  return out;
}

// The row behind which the next answer begins, as a cursor: its amount and what tells it from its equals.
std::string cursor_of(const std::vector<std::string>& values) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const char c : Json(values).dump(-1, ' ', false, Json::error_handler_t::replace)) {
    out += kHex[static_cast<unsigned char>(c) >> 4];
    out += kHex[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

Result<std::vector<std::string>> read_cursor(std::string_view cursor, std::size_t count) {
  const auto wrong = [] {
    return fail_hint("ask again without it", ErrorKind::invalid_argument, "cursor: not one of this question");
  };
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  if (cursor.size() % 2 != 0 || cursor.size() > 20'000) return wrong();
  std::string text;
  for (std::size_t i = 0; i < cursor.size(); i += 2) {
    const int high = digit(cursor[i]), low = digit(cursor[i + 1]);
    if (high < 0 || low < 0) return wrong();
    text += static_cast<char>(high * 16 + low);
  }
  const auto json = parse_json(text);
  if (!json || !json->is_array() || json->size() != count) return wrong();
  std::vector<std::string> out;
  for (const auto& value : *json) {
    if (!value.is_string()) return wrong();
    out.push_back(value.get<std::string>());
  }
  if (!out[0].empty() && !parse_decimal(out[0])) return wrong();
  return out;
}

// The amount, then a text of what tells rows apart: both compared the same way in order and cursor.
std::string tie_sql(const Lines& lines) {
  std::string out;
  for (const auto& column : lines.order)
    out += fmt::format("{}coalesce(cast({} as varchar), '')", out.empty() ? "" : " || chr(31) || ",
                       column == "x_SourceRow" ? "lpad(cast(x_SourceRow as varchar), 20, '0')" : duck::name(column));
  return out;
}

std::string amount_literal(const std::string& text) {
  return text.empty() ? "cast(null as decimal(38,21))" : fmt::format("cast('{}' as decimal(38,21))", text);
}

std::string behind_sql(const std::string& amount, const std::string& tie, const std::vector<std::string>& last,
                       bool falling) {
  if (last.empty()) return {};
  const std::string equal_and_behind = fmt::format("{} is not distinct from {} and {} > {}", amount,
                                                   amount_literal(last[0]), tie, duck::literal(last[1]));
  if (last[0].empty()) return fmt::format(" and ({})", equal_and_behind);   // nulls come last
  return fmt::format(" and ({0} {1} {2} or {0} is null or ({3}))", amount, falling ? "<" : ">", amount_literal(last[0]),
                     equal_and_behind);
}

}  // namespace

Result<Grid> lines(Reader& reader, const Holdings& holdings, const Question& question, const std::string& cursor) {
  const Lines asked = TRY(lines_of(holdings, question));
  const std::int64_t limit = std::min(question.limit, kLinesMax);
  const bool falling = question.sort != "value";
  const std::string amount = asked.source.amount(question.measure);
  const std::string tie = tie_sql(asked);
  const auto last = cursor.empty() ? std::vector<std::string>() : TRY(read_cursor(cursor, 2));
  const auto& known = asked.source.is_silver() ? charge_columns() : day_columns();
  const auto& there = holdings.columns.at(asked.source.table);
  std::string columns;
  for (const auto& column : known) {
    const bool converted = column.find("CostIn") != std::string::npos;
    if (there.contains(column) && !converted) columns += (columns.empty() ? "" : ", ") + duck::name(column);
  }
  if (amount.starts_with("\"x_")) columns += ", " + amount;
  // First how large an amount must be, by that column alone: all columns are then read of few rows.
  const std::string here = asked.where + behind_sql(amount, tie, last, falling);
  const std::string order = fmt::format("{} nulls last", falling ? "desc" : "asc");
  const auto least = TRY(read_all(
      reader, asked.source,
      fmt::format("select min(a), max(a), count(a) from (select {0} as a from {1} where {2} order by a {3} limit {4})",
                  amount, asked.source.from, here, order, limit + 1)));
  const auto& edge = least.front()[falling ? 0 : 1];
  const bool is_full = edge && least.front()[2] == std::to_string(limit + 1);
  const std::string enough =
      is_full ? fmt::format(" and {} {} {}", amount, falling ? ">=" : "<=", amount_literal(*edge)) : "";
  const std::string sql = fmt::format(
      "select {0}, centavo_amount, centavo_tie from (select *, {1} as centavo_tie, {2} as centavo_amount from {3} "
      "where "
      "{4}{5}) as line order by centavo_amount {6}, centavo_tie limit {7}",
      columns, tie, amount, asked.source.from, here, enough, order, limit + 1);
  if (asked.source.is_silver()) TRY(reader.vet(sql));
  auto rows = TRY(reader.connection().query(sql));
  const std::size_t width = rows.columns().size() - 2;
  Grid out;
  for (std::size_t i = 0; i < width; ++i) out.columns.push_back({rows.columns()[i].name, rows.columns()[i].type});
  std::vector<std::string> at;
  while (TRY(rows.next())) {
    if (static_cast<std::int64_t>(out.rows.size()) == limit) {
      out.next = cursor_of(at);
      break;
    }
    std::vector<Json> row;
    for (std::size_t i = 0; i < width; ++i) {
      const bool exact = !rows.is_null(i) && rows.columns()[i].type.starts_with("DECIMAL");
      row.push_back(exact ? Json(plain(rows.text(i))) : rows.json(i));
    }
    out.rows.push_back(std::move(row));
    at = {rows.text(width), rows.text(width + 1)};
  }
  return out;
}

Result<std::string> lines_sql(const Holdings& holdings, const Question& question) {
  const Lines asked = TRY(lines_of(holdings, question));
  const std::string order = asked.source.is_silver() ? "x_SourceFile, x_SourceRow, x_RowPart"
                                                     : fmt::format("{}", fmt::join(asked.order, ", "));
  return fmt::format("select * from {} where {} order by {}", asked.source.from, asked.where, order);
}

}  // namespace centavo::explore
