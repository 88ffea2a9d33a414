/// \file app/cli/status_command.cc
/// status: freshness, last runs, quality

#include <set>

#include "app/cli/commands.h"
#include "app/cli/report_text.h"
#include "flow/pipeline/freshness.h"

namespace centavo::cli {
namespace {

Result<OrderedJson> source_object(Context& context, Lake& lake, const Tenant& tenant, const TenantSource& source) {
  const Freshness fresh = TRY(freshness_of(lake, tenant, source, context.clock()));
  return OrderedJson{{"source", fresh.source},
                     {"kind", fresh.kind},
                     {"sla_hours", fresh.sla_hours},
                     {"hours_lag", fresh.hours_lag ? OrderedJson(*fresh.hours_lag) : OrderedJson()},
                     {"state", fresh.state()},
                     {"landed_at", time_json(fresh.landed_ms)},
                     {"newest_period", fresh.newest_period}};
}

// What bills of a tenant who has no source of rates cannot be converted to: "BRL to USD".
Result<std::set<std::string>> pairs_without_rates(Catalog& catalog, const Tenant& tenant) {
  std::set<std::string> out;
  for (const ProofRecord& proof : TRY(catalog.proofs(tenant.id))) {
    if (proof.measure != "BilledCost" || proof.currency.size() != 3) continue;
    for (const std::string& wanted : {std::string("USD"), tenant.currency}) {
      if (proof.currency != wanted) out.insert(fmt::format("{} to {}", proof.currency, wanted));
    }
  }
  return out;
}

Result<OrderedJson> tenant_status(Context& context, Lake& lake, Catalog& catalog, const Tenant& tenant) {
  OrderedJson object = {{"id", tenant.id}, {"sources", OrderedJson::array()}};
  for (const TenantSource& source : tenant.sources) {
    object["sources"].push_back(TRY(source_object(context, lake, tenant, source)));
  }
  object["last_run"] = OrderedJson();
  for (const RunRecord& run : TRY(catalog.runs(tenant.id, 1))) {
    object["last_run"] = {{"run", run.id},
                          {"state", run.state},
                          {"started_at", time_json(run.started_ms)},
                          {"ended_at", time_json(run.ended_ms)},
                          {"user", run.user},
                          {"summary", run.summary}};
  }
  std::map<std::string, std::int64_t> checks = {{"passed", 0}, {"warned", 0}, {"quarantined", 0}, {"failed", 0}};
  for (const CheckRecord& check : TRY(catalog.checks(tenant.id, ""))) ++checks[check.state];
  object["checks"] = checks;
  const auto newest = release(lake.store(), tenant.id);
  if (!newest && newest.error().kind != ErrorKind::not_found) return fail(newest.error());
  object["release"] = newest ? OrderedJson(newest->number) : OrderedJson();
  object["released_at"] = newest ? time_json(newest->published_ms) : OrderedJson();
  object["proof"] = newest ? proof_word(*newest) : "";
  object["without_rates"] = OrderedJson::array();
  if (newest && !newest->versions.contains("silver.focus_rates")) {
    for (const std::string& pair : TRY(pairs_without_rates(catalog, tenant))) object["without_rates"].push_back(pair);
  }
  return object;
}

void print_status(Output& output, const std::vector<OrderedJson>& tenants) {
  std::vector<OrderedJson> runs, sources;
  for (const OrderedJson& tenant : tenants) {
    const OrderedJson& last = tenant["last_run"];
    const OrderedJson& checks = tenant["checks"];
    runs.push_back({{"tenant", tenant["id"]},
                    {"last run", last.is_null() ? OrderedJson("never") : last["state"]},
                    {"at", last.is_null() ? OrderedJson() : last["started_at"]},
                    {"release", tenant["release"]},
                    {"proof", tenant["proof"]},
                    {"checks passed", checks["passed"]},
                    {"warned", checks["warned"]},
                    {"quarantined", checks["quarantined"]},
                    {"failed", checks["failed"]}});
    for (OrderedJson source : tenant["sources"]) {
      source["tenant"] = tenant["id"];
      sources.push_back(std::move(source));
    }
  }
  output.list(runs,
              {{.key = "tenant"},
               {.key = "last run", .tone = state_tone},
               {.key = "at", .show = show_time},
               {.key = "release", .align = Align::right},
               {.key = "proof", .tone = state_tone},
               {.key = "checks passed", .align = Align::right},
               {.key = "warned", .align = Align::right},
               {.key = "quarantined", .align = Align::right},
               {.key = "failed", .align = Align::right}},
              "");
  output.line();
  output.list(sources,
              {{.key = "tenant"},
               {.key = "source"},
               {.key = "state", .title = "freshness", .tone = state_tone},
               {.key = "hours_lag", .title = "hours old", .align = Align::point, .show = show_hours},
               {.key = "sla_hours", .title = "allowed", .align = Align::point, .show = show_hours},
               {.key = "landed_at", .title = "newest delivery", .show = show_time},
               {.key = "newest_period", .title = "period"}},
              "no sources");
  for (const OrderedJson& tenant : tenants) {
    if (tenant["without_rates"].empty()) continue;
    std::string pairs;
    for (const OrderedJson& pair : tenant["without_rates"]) pairs += (pairs.empty() ? "" : ", ") + plain_text(pair);
    output.line();
    output.line(fmt::format("{}: no rates for {}: what is converted stays empty; `centavo rates list` says what to add",
                            plain_text(tenant["id"]), pairs));
  }
}

Status show_status(Context& context, const std::string& id) {
  Lake lake = TRY(context.lake());
  const auto catalog = TRY(Catalog::open(lake.dir()));
  std::vector<OrderedJson> tenants;
  for (const Tenant& tenant : TRY(context.tenants_for(lake, id))) {
    tenants.push_back(TRY(tenant_status(context, lake, *catalog, tenant)));
  }
  if (context.output().json()) {
    context.output().list(tenants, {}, "");
  } else {
    print_status(context.output(), tenants);
  }
  std::vector<std::string> late;
  for (const OrderedJson& tenant : tenants) {
    for (const OrderedJson& source : tenant["sources"]) {
      if (source["state"] == "OK") continue;
      late.push_back(source["hours_lag"].is_null()
                         ? fmt::format("{} {} has never landed", plain_text(tenant["id"]), plain_text(source["source"]))
                         : fmt::format("{} {} is {} h old, {} h are allowed", plain_text(tenant["id"]),
                                       plain_text(source["source"]), source["hours_lag"].dump(),
                                       source["sla_hours"].dump()));
    }
  }
  if (late.empty()) return {};
  return fail_hint("look at the provider's export, then `centavo land`", ErrorKind::stale, "{}", fmt::join(late, "; "));
}

}  // namespace

void add_status_command(Command& root) {
  const auto tenant = std::make_shared<std::string>();
  Command& status = root.sub("status", "freshness, last runs and quality").group(kGroupWork).keep(tenant);
  status.note("Ends with 4 when a source is older than its SLA allows.");
  status.option({.name = "--tenant",
                 .value = "ID",
                 .help = "only this tenant",
                 .target = tenant.get(),
                 .kind = ValueKind::tenant});
  status.example("centavo status", "all tenants")
      .example("centavo status --json | jq '.[].sources[] | select(.state != \"OK\")'", "late sources");
  status.needs(needs_right(access::Right::cost_read, *tenant));
  status.action([tenant](Context& context) { return show_status(context, *tenant); });
}

}  // namespace centavo::cli
