/// \file app/cli/allocation_commands.cc
/// allocation: show, report, check

#include <map>
#include <set>

#include "app/cli/commands.h"
#include "app/cli/context.h"
#include "flow/pipeline/allocation_use.h"

namespace centavo::cli {
namespace {

constexpr const char* kTable = "gold.allocated_cost";

struct AllocationArguments {
  std::string tenant, period, measure = "BilledCost", cost_centre;
  std::int64_t release = 0;
  bool all = false;
};

// " where …" of the periods asked for.
std::string period_filter(const std::optional<PeriodRange>& periods) {
  if (!periods) return {};
  return fmt::format(" where billing_period >= date '{}' and billing_period < date '{}'", periods->first.first(),
                     periods->last.end());
}

Result<std::vector<OrderedJson>> objects_of(Reader& reader, const std::string& sql) {
  std::vector<OrderedJson> out;
  auto rows = TRY(reader.connection().query(sql));
  while (TRY(rows.next())) {
    OrderedJson object = OrderedJson::object();
    for (std::size_t i = 0; i < rows.columns().size(); ++i)
      object[rows.columns()[i].name] = rows.is_null(i) ? OrderedJson() : OrderedJson::parse(rows.json(i).dump());
    out.push_back(std::move(object));
  }
  return out;
}

std::string rules_sql(const std::string& measure, const std::string& filter) {
  return fmt::format(
      "select strftime(billing_period, '%Y-%m') as period, BillingCurrency as currency, step, rule, "
      "-sum(case when entry = 'taken' then {0} else 0 end) as took, sum(case when entry = 'given' then {0} else 0 end) "
      "as gave, count(distinct case when entry = 'taken' then cost_centre end) as \"from\", "
      "count(distinct case when entry = 'given' then cost_centre end) as payers "
      "from {1}{2} group by all having bool_or(entry <> 'direct') order by 1, 2, 3",
      measure, kTable, filter.empty() ? " where entry <> 'direct'" : filter + " and entry <> 'direct'");
}

// Unallocated cost is always a row, also when there is none.
std::string cost_centres_sql(const std::string& measure, const std::string& filter) {
  return fmt::format(
      "with entries as (select billing_period, BillingCurrency, cost_centre, level_1, entry, {0} as amount from {1}{2} "
      "union all select distinct billing_period, BillingCurrency, 'unallocated', 'unallocated', 'direct', 0 from "
      "{1}{2}) "
      "select * from (select strftime(billing_period, '%Y-%m') as period, BillingCurrency as currency, cost_centre, "
      "level_1 as top, "
      "sum(case when entry = 'direct' then amount else 0 end) as direct, "
      "sum(case when entry <> 'direct' then amount else 0 end) as shared, sum(amount) as total "
      "from entries group by all) order by period, currency, cost_centre = 'unallocated', total desc, cost_centre",
      measure, kTable, filter);
}

std::string totals_sql(const std::string& measure, const std::string& filter) {
  return fmt::format(
      "select strftime(billing_period, '%Y-%m') as period, BillingCurrency as currency, "
      "sum(case when cost_centre <> 'unallocated' and entry = 'direct' then {0} else 0 end) as direct, "
      "sum(case when cost_centre <> 'unallocated' and entry <> 'direct' then {0} else 0 end) as shared, "
      "sum(case when cost_centre = 'unallocated' then {0} else 0 end) as unallocated, sum({0}) as total, "
      "count(distinct cost_centre) as cost_centres from {1}{2} group by all order by 1, 2",
      measure, kTable, filter);
}

Status need_table(const Reader& reader, const Tenant& tenant) {
  if (reader.release().versions.contains(kTable)) return {};
  const std::string hint = tenant.allocation.empty()
                               ? fmt::format("write them in {}/*.yaml", Lake::allocation_root(tenant.id))
                               : fmt::format("centavo run --tenant {}", tenant.id);
  return fail_hint(hint, ErrorKind::not_found, "tenant {}: release {} has no allocated cost", tenant.id,
                   reader.release().number);
}

const std::vector<ListColumn>& rule_columns() {
  static const std::vector<ListColumn> kColumns = {{.key = "period"},
                                                   {.key = "currency"},
                                                   {.key = "step", .align = Align::right},
                                                   {.key = "rule"},
                                                   {.key = "took", .align = Align::point, .show = show_money},
                                                   {.key = "gave", .align = Align::point, .show = show_money},
                                                   {.key = "from", .align = Align::right},
                                                   {.key = "payers", .align = Align::right}};
  return kColumns;
}

const std::vector<ListColumn>& cost_centre_columns() {
  static const std::vector<ListColumn> kColumns = {{.key = "period"},
                                                   {.key = "currency"},
                                                   {.key = "cost_centre", .title = "cost centre"},
                                                   {.key = "top"},
                                                   {.key = "direct", .align = Align::point, .show = show_money},
                                                   {.key = "shared", .align = Align::point, .show = show_money},
                                                   {.key = "total", .align = Align::point, .show = show_money}};
  return kColumns;
}

Status show_tenant(Context& context, OpenLake& open, const AllocationArguments& given) {
  const std::string filter = period_filter(TRY(period_option(given.period)));
  Workshop workshop = open.workshop(context.clock());
  const Tenant tenant = TRY(open.lake.tenant(given.tenant));
  Reader reader = TRY(Reader::open(workshop, tenant, given.release));
  TRY(need_table(reader, tenant));
  const auto rules = TRY(objects_of(reader, rules_sql(given.measure, filter)));
  const auto centres = TRY(objects_of(reader, cost_centres_sql(given.measure, filter)));
  Output& output = context.output();
  if (output.json()) {
    output.json_document({{"tenant", tenant.id},
                          {"release", reader.release().number},
                          {"measure", given.measure},
                          {"rules", rules},
                          {"cost_centres", centres}});
    return {};
  }
  output.line(output.styled(fmt::format("{} of {}, release {}", given.measure, tenant.id, reader.release().number),
                            Tone::strong));
  output.list(rules, rule_columns(), "no rule took anything");
  output.line();
  output.list(centres, cost_centre_columns(), "no cost");
  return {};
}

// Tenants beside each other, each by its own release: no row is read together with another tenant's, and currencies are
// never added up.
Status show_all(Context& context, OpenLake& open, const AllocationArguments& given) {
  const std::string filter = period_filter(TRY(period_option(given.period)));
  Workshop workshop = open.workshop(context.clock());
  std::vector<OrderedJson> objects;
  for (const Tenant& tenant : TRY(open.lake.tenants())) {
    if (!tenant.enabled) continue;
    auto reader = Reader::open(workshop, tenant, 0);
    if (!reader && reader.error().kind == ErrorKind::not_found) {
      context.output().note("{}: nothing published yet", tenant.id);
      continue;
    }
    if (!reader) return fail_within(fmt::format("tenant {}", tenant.id), reader.error());
    if (!need_table(*reader, tenant)) {
      context.output().note("{}: no allocation rules", tenant.id);
      continue;
    }
    for (auto& total : TRY(objects_of(*reader, totals_sql(given.measure, filter)))) {
      OrderedJson object = {{"tenant", tenant.id}, {"release", reader->release().number}};
      object.update(total);
      objects.push_back(std::move(object));
    }
  }
  context.output().list(objects,
                        {{.key = "tenant"},
                         {.key = "period"},
                         {.key = "currency"},
                         {.key = "direct", .align = Align::point, .show = show_money},
                         {.key = "shared", .align = Align::point, .show = show_money},
                         {.key = "unallocated", .align = Align::point, .show = show_money},
                         {.key = "total", .align = Align::point, .show = show_money},
                         {.key = "cost_centres", .title = "cost centres", .align = Align::right}},
                        "no tenant has allocated cost");
  return {};
}

// ---------- report: what every cost centre of every tenant pays

// Of a tenant without rules all cost is unallocated: it is part of the lake's cost all the same.
std::string bill_sql(const std::string& measure, const std::string& filter) {
  return fmt::format(
      "select strftime(billing_period, '%Y-%m') as period, BillingCurrency as currency, 'unallocated' as cost_centre, "
      "'unallocated' as top, sum({0}) as direct, cast(0 as decimal(38,21)) as shared, sum({0}) as total "
      "from silver.focus_cost_and_usage{1} group by all order by 1, 2",
      measure, filter);
}

struct LakeReport {
  struct Total {
    Decimal amount;
    std::set<std::string> tenants;
  };
  std::vector<OrderedJson> rows;
  std::map<std::pair<std::string, std::string>, Total> totals;  ///< by period and currency: currencies never meet
};

// Each tenant is read from its own release, in a connection that knows no other's tables.
Result<LakeReport> report_of(Context& context, OpenLake& open, const AllocationArguments& given) {
  const std::string filter = period_filter(TRY(period_option(given.period)));
  Workshop workshop = open.workshop(context.clock());
  LakeReport out;
  for (const Tenant& tenant : TRY(open.lake.tenants())) {
    if (!tenant.enabled || (!given.tenant.empty() && tenant.id != given.tenant)) continue;
    auto reader = Reader::open(workshop, tenant, 0);
    if (!reader && reader.error().kind == ErrorKind::not_found) {
      context.output().note("{}: nothing published yet", tenant.id);
      continue;
    }
    if (!reader) return fail_within(fmt::format("tenant {}", tenant.id), reader.error());
    const bool allocated = reader->release().versions.contains(kTable);
    auto rows =
        objects_of(*reader, allocated ? cost_centres_sql(given.measure, filter) : bill_sql(given.measure, filter));
    if (!rows && !allocated) {
      context.output().note("{}: no bill in this release", tenant.id);
      continue;
    }
    if (!rows) return fail_within(fmt::format("tenant {}", tenant.id), rows.error());
    if (!allocated) context.output().note("{}: no allocation rules, so all of it is unallocated", tenant.id);
    for (auto& row : *rows) {
      const std::string total = row["total"].get<std::string>();
      if (!given.cost_centre.empty() && row["cost_centre"] != given.cost_centre) continue;
      auto& sum = out.totals[{row["period"].get<std::string>(), row["currency"].get<std::string>()}];
      const Decimal amount = TRY_IN("a total", parse_decimal(total));
      sum.amount = TRY(add(sum.amount, amount));
      sum.tenants.insert(tenant.id);
      OrderedJson object = {{"tenant", tenant.id}, {"release", reader->release().number}};
      object.update(row);
      out.rows.push_back(std::move(object));
    }
  }
  return out;
}

Status report(Context& context, const AllocationArguments& given) {
  OpenLake open = TRY(context.open_lake());
  if (!given.tenant.empty()) TRY(open.lake.tenant(given.tenant));
  const LakeReport found = TRY(report_of(context, open, given));
  std::vector<OrderedJson> totals;
  for (const auto& [key, total] : found.totals) {
    totals.push_back({{"period", key.first},
                      {"currency", key.second},
                      {"tenants", total.tenants.size()},
                      {"total", total.amount.text()}});
  }
  Output& output = context.output();
  if (output.json()) {
    output.json_document({{"measure", given.measure}, {"cost_centres", found.rows}, {"totals", totals}});
    return {};
  }
  output.line(output.styled(fmt::format("{} of the lake by tenant and cost centre", given.measure), Tone::strong));
  std::vector<ListColumn> columns = {{.key = "tenant"}};
  columns.insert(columns.end(), cost_centre_columns().begin(), cost_centre_columns().end());
  output.list(found.rows, columns, "no cost");
  output.line();
  output.list(totals,
              {{.key = "period"},
               {.key = "currency"},
               {.key = "tenants", .align = Align::right},
               {.key = "total", .align = Align::point, .show = show_money}},
              "nothing to add up");
  return {};
}

Status show(Context& context, const AllocationArguments& given) {
  if (given.all != given.tenant.empty())
    return fail(ErrorKind::invalid_argument, "allocation show: name one tenant with --tenant, or all with --all");
  OpenLake open = TRY(context.open_lake());
  return given.all ? show_all(context, open, given) : show_tenant(context, open, given);
}

Status check(Context& context, const AllocationArguments& given) {
  const auto periods = TRY(period_option(given.period));
  OpenLake open = TRY(context.open_lake());
  Workshop workshop = open.workshop(context.clock());
  const Tenant tenant = TRY(open.lake.tenant(given.tenant));
  const AllocationUse use = TRY(allocation_use(workshop, tenant, periods));
  Output& output = context.output();
  std::vector<OrderedJson> rules, findings;
  for (const RuleUse& each : use.rules) {
    rules.push_back(
        {{"tag", each.tag}, {"rule", each.rule}, {"fits", each.fits}, {"takes", each.takes}, {"place", each.place}});
    OrderedJson behind = OrderedJson::array();
    for (const auto& [rule, charges] : each.behind) behind.push_back({{"rule", rule}, {"charges", charges}});
    rules.back()["behind"] = std::move(behind);
  }
  for (const AllocationFinding& each : use.findings)
    findings.push_back({{"kind", each.kind}, {"rule", each.rule}, {"place", each.place}, {"text", each.text}});
  if (output.json()) {
    output.json_document({{"tenant", tenant.id}, {"periods", use.periods}, {"rules", rules}, {"findings", findings}});
    return {};
  }
  output.list(rules,
              {{.key = "tag", .title = "virtual tag"},
               {.key = "rule"},
               {.key = "fits", .title = "charges it fits", .align = Align::right},
               {.key = "takes", .title = "and takes", .align = Align::right},
               {.key = "place"}},
              "no rules");
  output.line();
  output.list(findings,
              {{.key = "kind", .tone = [](const OrderedJson&) { return Tone::warning; }},
               {.key = "rule"},
               {.key = "text", .title = "what"},
               {.key = "place"}},
              fmt::format("every rule fits something and none stands in another's way, over {} month{}",
                          use.periods.size(), use.periods.size() == 1 ? "" : "s"));
  return {};
}

}  // namespace

void add_allocation_commands(Command& root) {
  const auto values = std::make_shared<AllocationArguments>();
  Command& allocation = root.sub("allocation", "who pays for shared cost, by the tenant's rules: show, report, check")
                            .group(kGroupProof)
                            .keep(values);
  Option tenant = {
      .name = "--tenant", .value = "ID", .help = "whose cost", .target = &values->tenant, .kind = ValueKind::tenant};
  const Option period = {.name = "--period",
                         .value = "MONTH",
                         .help = "one month or a range: 2026-09, 2026-09..2026-11 (default all)",
                         .target = &values->period};

  Command& showing = allocation.sub("show", "what each rule took and gave, and what each cost centre pays")
                         .option(tenant)
                         .option(period);
  showing.note("Cost that no rule gives anybody is a row of its own: unallocated.");
  showing.option({.name = "--all",
                  .help = "totals of every tenant by currency, each from its own release",
                  .target = &values->all});
  showing.option({.name = "--measure",
                  .value = "NAME",
                  .help = "which cost (default BilledCost)",
                  .target = &values->measure,
                  .choices = {"BilledCost", "EffectiveCost"}});
  showing.option({.name = "--release",
                  .value = "N",
                  .help = "an earlier release (default the newest)",
                  .target = &values->release});
  showing.example("centavo allocation show --tenant acme --period 2026-09", "who pays for September")
      .example("centavo allocation show --all", "every tenant, for the operator");
  showing.needs(needs_right(access::Right::cost_read, values->tenant));
  showing.action([values](Context& context) { return show(context, *values); });

  Command& reporting = allocation.sub("report", "what each cost centre of each tenant pays, by month and currency")
                           .option(tenant)
                           .option(period);
  reporting.note(
      "The operator's view of the whole lake: every tenant from its own newest release. Currencies are never added up; "
      "cost of a tenant without rules is unallocated.");
  reporting.option({.name = "--cost-centre",
                    .value = "NAME",
                    .help = "only this one, whichever tenants have it",
                    .target = &values->cost_centre});
  reporting.option({.name = "--measure",
                    .value = "NAME",
                    .help = "which cost (default BilledCost)",
                    .target = &values->measure,
                    .choices = {"BilledCost", "EffectiveCost"}});
  reporting.example("centavo allocation report --period 2026-09", "September over the whole lake")
      .example("centavo allocation report --cost-centre platform --json", "one cost centre, for a program");
  reporting.needs(needs_manager());
  reporting.action([values](Context& context) { return report(context, *values); });

  tenant.required = true;
  Command& checking =
      allocation.sub("check", "rules that fit nothing, overlap or come too early").option(tenant).option(period);
  checking.note("Reads the rules as they stand now and tries them on the newest release; makes nothing.");
  checking.example("centavo allocation check --tenant acme", "before the next run");
  checking.needs(needs_right(access::Right::cost_read, values->tenant));
  checking.action([values](Context& context) { return check(context, *values); });
}

}  // namespace centavo::cli
