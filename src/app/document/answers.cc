#include "app/document/answers.h"

#include "app/document/text.h"

namespace centavo::document {
namespace {

OrderedJson optional(const std::optional<std::string>& text) { return text ? OrderedJson(*text) : OrderedJson(); }

OrderedJson texts(const std::vector<std::optional<std::string>>& list) {
  OrderedJson out = OrderedJson::array();
  for (const auto& each : list) out.push_back(optional(each));
  return out;
}

OrderedJson to_json(const explore::Span& span) {
  return {{"from", span.from}, {"to", span.to}, {"spelled", span.spelled}};
}

OrderedJson totals(const explore::Totals& of) {
  return {{"release", of.release},
          {"period", to_json(of.period)},
          {"compare", of.compare ? to_json(*of.compare) : OrderedJson()},
          {"currency", of.currency},
          {"measure", of.measure},
          {"total", of.total},
          {"before", optional(of.before)},
          {"change", optional(of.change)},
          {"change_ratio", optional(of.change_ratio)}};
}

// Counts are numbers, amounts text.
OrderedJson cell(const std::optional<explore::Cell>& values, const std::vector<explore::PivotValue>& of) {
  if (!values) return {};
  OrderedJson out = OrderedJson::array();
  for (std::size_t i = 0; i < values->size(); ++i) {
    const bool is_count = of[i].measure == "charge_count" || of[i].aggregate == "count";
    const auto& value = (*values)[i];
    out.push_back(value && is_count ? OrderedJson(std::stoll(*value)) : optional(value));
  }
  return out;
}

OrderedJson cells(const std::vector<std::optional<explore::Cell>>& list, const std::vector<explore::PivotValue>& of) {
  OrderedJson out = OrderedJson::array();
  for (const auto& each : list) out.push_back(cell(each, of));
  return out;
}

OrderedJson number(const std::optional<double>& value) { return value ? OrderedJson(*value) : OrderedJson(); }

}  // namespace

OrderedJson to_json(const explore::Freshness& fresh) {
  return {{"state", fresh.state}, {"hours_lag", number(fresh.hours_lag)}, {"sla_hours", number(fresh.sla_hours)}};
}

OrderedJson to_json(const explore::Cost& cost) {
  OrderedJson out = totals(cost);
  out["by"] = cost.by;
  out["table"] = cost.table;
  out["rows_total"] = cost.rows_total;
  out["truncated"] = cost.truncated;
  auto& rows = out["rows"] = OrderedJson::array();
  for (const auto& row : cost.rows) {
    rows.push_back({{"key", texts(row.key)},
                    {"names", texts(row.names)},
                    {"value", row.value},
                    {"before", optional(row.before)},
                    {"change", optional(row.change)},
                    {"change_ratio", optional(row.change_ratio)},
                    {"share", optional(row.share)}});
  }
  OrderedJson series = {{"grain", cost.series.grain}, {"buckets", cost.series.buckets}, {"rows", OrderedJson::array()}};
  for (const auto& row : cost.series.rows)
    series["rows"].push_back({{"key", optional(row.key)}, {"values", row.values}});
  out["series"] = std::move(series);
  return out;
}

OrderedJson to_json(const explore::Pivot& pivot) {
  OrderedJson out = {{"release", pivot.release},
                     {"period", to_json(pivot.period)},
                     {"currency", pivot.currency},
                     {"table", pivot.table},
                     {"rows", pivot.rows},
                     {"columns", pivot.columns},
                     {"values", OrderedJson::array()},
                     {"column_keys", OrderedJson::array()},
                     {"tree", OrderedJson::array()}};
  for (const auto& value : pivot.values)
    out["values"].push_back({{"measure", value.measure}, {"agg", value.aggregate}});
  for (const auto& key : pivot.column_keys) out["column_keys"].push_back(texts(key));
  for (const auto& node : pivot.tree) {
    out["tree"].push_back({{"key", texts(node.key)},
                           {"depth", node.key.size()},
                           {"subtotal", node.subtotal},
                           {"cells", cells(node.cells, pivot.values)},
                           {"total", cell(node.total, pivot.values)}});
  }
  out["grand"] = {{"cells", cells(pivot.grand, pivot.values)}, {"total", cell(pivot.grand_total, pivot.values)}};
  out["truncated"] = pivot.truncated;
  return out;
}

OrderedJson to_json(const explore::Grid& grid) {
  OrderedJson out = {{"columns", OrderedJson::array()}, {"rows", OrderedJson::array()}, {"next", optional(grid.next)}};
  for (const auto& column : grid.columns) out["columns"].push_back({{"name", column.name}, {"type", column.type}});
  for (const auto& row : grid.rows) {
    OrderedJson values = OrderedJson::array();
    for (const auto& value : row) values.push_back(OrderedJson(value));
    out["rows"].push_back(std::move(values));
  }
  return out;
}

OrderedJson to_json(const explore::Commitments& commitments) {
  const auto object = [](const explore::Commitment& of) {
    return OrderedJson{{"CommitmentDiscountId", of.id},
                       {"CommitmentDiscountName", optional(of.name)},
                       {"CommitmentDiscountType", optional(of.type)},
                       {"currency", of.currency},
                       {"committed", of.committed},
                       {"used", of.used},
                       {"unused", of.unused},
                       {"coverage", optional(of.coverage)},
                       {"utilisation", optional(of.utilisation)}};
  };
  OrderedJson out = {{"rows", OrderedJson::array()}, {"total", OrderedJson()}};
  for (const auto& row : commitments.rows) out["rows"].push_back(object(row));
  if (commitments.total) {
    out["total"] = object(*commitments.total);
    for (const char* key : {"CommitmentDiscountId", "CommitmentDiscountName", "CommitmentDiscountType", "currency"})
      out["total"].erase(key);
  }
  return out;
}

OrderedJson to_json(const std::vector<explore::DimensionValue>& values) {
  OrderedJson out = {{"values", OrderedJson::array()}};
  for (const auto& each : values)
    out["values"].push_back(
        {{"value", optional(each.value)}, {"name", optional(each.name)}, {"cost", optional(each.cost)}});
  return out;
}

OrderedJson to_json(const std::optional<explore::Unallocated>& unallocated) {
  if (!unallocated) return {};
  return {{"value", unallocated->value}, {"share", optional(unallocated->share)}};
}

OrderedJson to_json(const explore::Overview& overview, const explore::Standing& standing, const OrderedJson& runs) {
  OrderedJson out = totals(overview);
  OrderedJson series = {{"grain", overview.series.grain},
                        {"buckets", overview.series.buckets},
                        {"values", overview.series.rows.front().values},
                        {"before", OrderedJson()}};
  if (overview.series_before) series["before"] = texts(*overview.series_before);
  out["series"] = std::move(series);
  out["movers"] = OrderedJson::array();
  for (const auto& each : overview.movers) {
    out["movers"].push_back({{"dim", each.dimension},
                             {"key", optional(each.key)},
                             {"value", each.value},
                             {"before", optional(each.before)},
                             {"change", each.change}});
  }
  out["top"] = OrderedJson::array();
  for (const auto& each : overview.top)
    out["top"].push_back({{"key", optional(each.key)}, {"value", each.value}, {"share", optional(each.share)}});
  out["fresh"] = to_json(standing.fresh);
  const auto& certificate = standing.certificate;
  out["certificate"] = {{"state", !certificate         ? "none"
                                  : certificate->holds ? "holds"
                                                       : "differs"},
                        {"number", certificate ? OrderedJson(certificate->number) : OrderedJson()},
                        {"period", certificate ? OrderedJson(certificate->period) : OrderedJson()},
                        {"issued_at", certificate ? time_json(certificate->issued_ms) : OrderedJson()}};
  out["unallocated"] = to_json(overview.unallocated);
  out["runs"] = runs;
  return out;
}

OrderedJson meta_object(const Tenant& tenant, const Release* release, const explore::Holdings& holdings,
                        const explore::Standing& standing) {
  const std::string currency = holdings.tenant_currency.empty() ? tenant.currency : holdings.tenant_currency;
  OrderedJson out = {{"tenant", {{"id", tenant.id}, {"name", tenant.name}, {"currency", currency}}},
                     {"release", release == nullptr ? OrderedJson() : OrderedJson(release->number)},
                     {"released_at", release == nullptr ? OrderedJson() : time_json(release->published_ms)},
                     {"periods", OrderedJson::array()},
                     {"days", OrderedJson()},
                     {"currencies", holdings.currencies},
                     {"measures", OrderedJson::array()},
                     {"dims", OrderedJson::array()},
                     {"fresh", to_json(standing.fresh)},
                     {"certificate", OrderedJson()},
                     {"tables", holdings.tables.size()}};
  for (const auto& period : holdings.periods)
    out["periods"].push_back({{"period", period}, {"state", standing.closed.contains(period) ? "closed" : "open"}});
  if (!holdings.first_day.empty()) out["days"] = {{"first", holdings.first_day}, {"last", holdings.last_day}};
  for (const auto& measure : holdings.measures) out["measures"].push_back({{"id", measure}});
  for (const auto& dimension : holdings.dimensions) {
    out["dims"].push_back({{"id", dimension.id},
                           {"kind", dimension.kind},
                           {"values", dimension.values ? OrderedJson(*dimension.values) : OrderedJson()}});
  }
  if (standing.certificate) {
    out["certificate"] = {{"period", standing.certificate->period},
                          {"number", standing.certificate->number},
                          {"holds", standing.certificate->holds}};
  }
  out["has"] = {{"allocation", holdings.has_allocation},
                {"commitments", holdings.has_commitments},
                {"rates", holdings.has_rates}};
  for (const auto& name : holdings.showbacks) out["has"][name] = true;
  return out;
}

OrderedJson meta_object(const Tenant& tenant, const explore::Standing& standing) {
  return meta_object(tenant, nullptr, {}, standing);
}

OrderedJson explain_object(const Explanation& explanation, bool shows_raw) {
  const std::string where = explanation.where.empty() ? "" : "\nwhere " + explanation.where;
  OrderedJson out = {{"measure", explanation.measure},
                     {"where", explanation.where},
                     {"table", explanation.table},
                     {"total", money_text(explanation.total)},
                     {"total_of_lines", money_text(explanation.total_of_lines)},
                     {"holds", explanation.holds},
                     {"rows", explanation.rows},
                     {"files", OrderedJson::array()},
                     {"lines", OrderedJson::array()}};
  if (!explanation.holds) out["differs"] = explanation.differs;
  for (const auto& [file, amount] : explanation.files)
    out["files"].push_back({{"file", file}, {"amount", money_text(amount)}});
  for (const auto& line : explanation.lines) {
    const bool raw = shows_raw && !line.raw_text.empty();
    out["lines"].push_back({{"file", line.file},
                            {"row", line.row},
                            {"amount", money_text(line.amount)},
                            {"raw", raw ? OrderedJson(line.raw_text) : OrderedJson()}});
  }
  if (!explanation.behind.empty()) {
    out["charges_behind"] = money_text(explanation.behind);
    out["splits"] = OrderedJson::array();
    for (const auto& split : explanation.splits) {
      out["splits"].push_back({{"period", split.period},
                               {"rule", split.rule},
                               {"cost_centre", split.cost_centre},
                               {"origin", split.origin},
                               {"whole", money_text(split.whole)},
                               {"weight", money_text(split.weight)},
                               {"weights", money_text(split.weights)},
                               {"part", money_text(split.part)}});
    }
  }
  out["sql"] = fmt::format("select sum({})\nfrom {}{}", explanation.measure, explanation.table, where);
  return out;
}

}  // namespace centavo::document
