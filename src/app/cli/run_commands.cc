/// \file app/cli/run_commands.cc
/// run, plan

#include <filesystem>

#include "app/cli/commands.h"
#include "app/cli/progress.h"
#include "app/cli/report_text.h"
#include "flow/pipeline/allocation_use.h"

namespace centavo::cli {
namespace {

struct RunArguments {
  std::string tenant, period;
  std::vector<std::string> select, restate;
  bool all = false, full = false, no_land = false;
};

Result<RunOptions> run_options(const Context& context, const RunArguments& given) {
  RunOptions options;
  options.periods = TRY(period_option(given.period));
  options.select = given.select;
  options.user = context.user();
  options.land = !given.no_land;
  options.full = given.full;
  for (const std::string& text : given.restate) {
    const Period period = TRY_IN("--restate", Period::parse(text));
    options.restate.insert(period.text());
  }
  return options;
}

// Rules that were used anew and fit nothing, or stand in each other's way, are a warning.
Status warn_of_rules(Context& context, Workshop& workshop, const Tenant& tenant, const RunReport& report) {
  std::optional<PeriodRange> made;
  for (const Task& task : report.plan.tasks) {
    const auto month = Period::parse(task.period);
    if (task.table.table != "allocated_cost" || !month) continue;
    if (!made) made = PeriodRange{*month, *month};
    made = PeriodRange{std::min(made->first, *month), std::max(made->last, *month)};
  }
  if (!report.release || !made || tenant.allocation.empty() || context.output().quiet()) return {};
  const AllocationUse use = TRY(allocation_use(workshop, tenant, made));
  std::map<std::string, int> kinds;
  for (const AllocationFinding& each : use.findings) ++kinds[each.kind];
  std::string text;
  for (const auto& [kind, count] : kinds) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, kind);
  if (!text.empty())
    context.output().note("warning: allocation rules of {}: {}; `centavo allocation check --tenant {}` lists them",
                          tenant.id, text, tenant.id);
  return {};
}

Status run_tenants(Context& context, const RunArguments& given) {
  if (given.all && !given.tenant.empty()) {
    return fail(ErrorKind::invalid_argument, "run: --tenant {} and --all exclude each other", given.tenant);
  }
  const RunOptions options = TRY(run_options(context, given));
  OpenLake open = TRY(context.open_lake());
  Workshop workshop = open.workshop(context.clock());
  const std::vector<Tenant> tenants = TRY(context.tenants_for(open.lake, given.tenant));
  std::vector<OrderedJson> reports;
  std::optional<Error> first;
  for (const Tenant& tenant : tenants) {
    const Result<RunReport> report = run_one(context, workshop, tenant, options);
    std::optional<Error> error = report ? report->error : report.error();
    if (report && context.output().json()) reports.push_back(run_object(tenant, *report));
    if (!error) {
      const Status warned = warn_of_rules(context, workshop, tenant, *report);
      if (!warned) error = warned.error();
    }
    if (!error) continue;
    // One tenant's trouble does not keep the others waiting.
    if (tenants.size() > 1) *error = within("tenant " + tenant.id, *error);
    if (first) context.output().error(*first);
    first = error;
    if (context.cancel()->requested()) break;
  }
  if (context.output().json()) context.output().list(reports, {}, "");
  if (first) return fail(*first);
  return {};
}

Status plan_tenants(Context& context, const RunArguments& given) {
  const RunOptions options = TRY(run_options(context, given));
  OpenLake open = TRY(context.open_lake());
  Workshop workshop = open.workshop(context.clock());
  std::vector<OrderedJson> objects;
  std::int64_t up_to_date = 0;
  for (const Tenant& tenant : TRY(context.tenants_for(open.lake, given.tenant))) {
    const Plan made = TRY(plan(workshop, tenant, options));
    up_to_date += made.up_to_date;
    for (const Task& task : made.tasks) objects.push_back(task_object(made.tenant, task));
    print_withheld(context, made);
  }
  context.output().list(objects, {{.key = "tenant"}, {.key = "table"}, {.key = "period"}, {.key = "reason"}}, "");
  if (objects.empty()) {
    context.output().say("nothing to do: {} up to date", tables_text(up_to_date));
  } else {
    context.output().note("{} to make, {} up to date; `centavo run` does it",
                          tables_text(static_cast<std::int64_t>(objects.size())), tables_text(up_to_date));
  }
  return {};
}

void add_options(Command& command, RunArguments& values) {
  command.option({.name = "--tenant",
                  .value = "ID",
                  .help = "only this tenant (default: all that are enabled)",
                  .target = &values.tenant,
                  .kind = ValueKind::tenant});
  command.option({.name = "--all", .help = "all enabled tenants, as without --tenant", .target = &values.all});
  command.option({.name = "--period",
                  .value = "MONTHS",
                  .help = "only these months: 2026-09 or 2026-09..2026-10",
                  .target = &values.period});
  command.option({.name = "--select",
                  .value = "TABLE",
                  .help = "only this table and what it needs",
                  .target = &values.select,
                  .kind = ValueKind::table});
  command.option({.name = "--full", .help = "make the tables again even when nothing changed", .target = &values.full});
}

}  // namespace

void add_run_commands(Command& root) {
  const auto values = std::make_shared<RunArguments>();
  Command& run =
      root.sub("run", "land, transform, check, commit and release what changed").group(kGroupWork).keep(values);
  run.note(
      "Does nothing when nothing changed, and goes on where an interrupted run stopped. Readers see the new release, "
      "or the old one: "
      "never half a run. Ends with 3 when a check or the reconciliation does not hold.");
  add_options(run, *values);
  run.option({.name = "--restate",
              .value = "MONTH",
              .help = "apply what waits for this closed month; it stays closed, with a certificate of what changed",
              .target = &values->restate});
  run.option({.name = "--no-land", .help = "use only what has landed already", .target = &values->no_land});
  run.example("centavo run", "all tenants")
      .example("centavo run --tenant acme --period 2026-09..2026-10", "two months of one tenant")
      .example("centavo run --tenant acme --select gold.cost_by_month --full", "make one table again, whatever changed")
      .example("centavo run --tenant acme --restate 2026-09", "correct a closed month");
  run.needs(needs_right(access::Right::run, values->tenant).writing([values] { return values->period; }));
  run.action([values](Context& context) { return run_tenants(context, *values); });

  Command& plan = root.sub("plan", "say what a run would make, and why").group(kGroupWork).keep(values);
  plan.note("Looks at what has landed; lands nothing and writes nothing.");
  add_options(plan, *values);
  plan.example("centavo plan --tenant acme", "the tasks of the next run")
      .example("centavo plan --json", "the same for a program");
  plan.needs(needs_right(access::Right::run, values->tenant));
  plan.action([values](Context& context) { return plan_tenants(context, *values); });
}

}  // namespace centavo::cli
