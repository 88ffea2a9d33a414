/// \file app/serve/routes_operations.cc
/// Tenants, runs, releases, jobs.

#include "app/document/text.h"
#include "app/serve/service.h"
#include "flow/pipeline/freshness.h"
#include "flow/pipeline/rollback.h"

namespace centavo::serve {
namespace {

using access::Right;

double seconds_between(TimeMs from, TimeMs to) { return static_cast<double>(to - from) / 1000; }

// ---------- tenants

Result<OrderedJson> tenant_object(Call& call, Lake& lake, const Tenant& tenant) {
  OrderedJson out = {{"id", tenant.id},
                     {"name", tenant.name.empty() ? tenant.id : tenant.name},
                     {"currency", tenant.currency},
                     {"enabled", tenant.enabled},
                     {"state", "OK"},
                     {"sources", OrderedJson::array()},
                     {"last_run", OrderedJson()},
                     {"release", OrderedJson()}};
  for (const TenantSource& source : tenant.sources) {
    const Freshness fresh = TRY(freshness_of(lake, tenant, source, call.service.clock()));
    if (fresh.is_late()) out["state"] = "BREACH";
    out["sources"].push_back({{"name", fresh.source},
                              {"kind", fresh.kind},
                              {"state", fresh.state()},
                              {"hours_lag", fresh.hours_lag ? OrderedJson(*fresh.hours_lag) : OrderedJson()},
                              {"sla_hours", fresh.sla_hours}});
  }
  if (tenant.sources.empty()) out["state"] = "UNKNOWN";
  for (const RunRecord& run : TRY(call.service.catalog().runs(tenant.id, 1))) {
    out["last_run"] = {{"state", run.state},
                       {"started_at", document::time_json(run.started_ms)},
                       {"ended_at", document::time_json(run.ended_ms)}};
  }
  const auto newest = release(lake.store(), tenant.id);
  if (newest) out["release"] = newest->number;
  if (!newest && newest.error().kind != ErrorKind::not_found) return fail(newest.error());
  return out;
}

Result<http::Response> list_tenants(Call& call) {
  Lake lake = TRY(call.service.lake());
  OrderedJson out = OrderedJson::array();
  for (const Tenant& tenant : TRY(lake.tenants())) {
    if (access::role_in(call.who, tenant.id)) out.push_back(TRY(tenant_object(call, lake, tenant)));
  }
  return json_response(out);
}

// ---------- runs

// What went wrong may name files and hosts: it is for who may run.
bool may_see_errors(const Call& call) { return access::may(call.who, Right::run, call.part("tenant")); }

OrderedJson run_object(const Call& call, const RunRecord& run, const std::map<std::string, std::int64_t>& releases) {
  OrderedJson error;
  if (run.summary.contains("error"))
    error = may_see_errors(call) ? text_or(run.summary, "error") : "the run failed; who may run sees why";
  const auto released = releases.find(run.id);
  OrderedJson tasks = OrderedJson::object();
  for (const auto& [state, count] : member(run.summary, "tasks").items()) {
    if (count.is_number_integer()) tasks[state] = count.get<std::int64_t>();
  }
  return {{"run", run.id},
          {"state", run.state},
          {"started", document::time_json(run.started_ms)},
          {"ended", document::time_json(run.ended_ms)},
          {"seconds", run.ended_ms == 0 ? OrderedJson() : OrderedJson(seconds_between(run.started_ms, run.ended_ms))},
          {"user", run.user},
          {"tasks", tasks},
          {"rows", run.summary.contains("rows") ? OrderedJson(int_or(run.summary, "rows")) : OrderedJson()},
          {"release", released == releases.end() ? OrderedJson() : OrderedJson(released->second)},
          {"error", error}};
}

constexpr int kRunsMost = 10'000;

}  // namespace

Result<OrderedJson> run_objects(const Call& call, OpenTenant& open, int limit) {
  const auto facts = TRY(call.service.facts().of(open));
  OrderedJson out = OrderedJson::array();
  for (const RunRecord& run : TRY(open.catalog.runs(open.tenant.id, limit)))
    out.push_back(run_object(call, run, facts->release_of_run));
  return out;
}

namespace {

Result<http::Response> list_runs(Call& call) {
  const std::int64_t from = TRY(call.number("cursor", 0, 0, kRunsMost));
  const std::int64_t limit = TRY(call.number("limit", 50, 1, 500));
  OpenTenant open = TRY(call.open());
  const auto facts = TRY(call.service.facts().of(open));
  const auto all = TRY(call.service.catalog().runs(open.tenant.id, static_cast<int>(from + limit + 1)));
  OrderedJson out = {{"runs", OrderedJson::array()}, {"next", OrderedJson()}};
  for (std::size_t i = static_cast<std::size_t>(from); i < all.size(); ++i) {
    if (i == static_cast<std::size_t>(from + limit)) {
      out["next"] = std::to_string(from + limit);
      break;
    }
    out["runs"].push_back(run_object(call, all[i], facts->release_of_run));
  }
  return json_response(out);
}

Result<RunRecord> run_named(Call& call, const OpenTenant& open) {
  for (const RunRecord& run : TRY(call.service.catalog().runs(open.tenant.id, kRunsMost))) {
    if (run.id == call.part("run")) return run;
  }
  return fail(ErrorKind::not_found, "there is no run {}", call.part("run"));
}

Result<OrderedJson> landings_of(OpenTenant& open, const RunRecord& run) {
  OrderedJson out = OrderedJson::array();
  for (const TenantSource& source : open.tenant.sources) {
    for (const Landing& landing : TRY(read_landings(open.lake.store(), open.tenant.id, source.name))) {
      if (landing.landed_ms < run.started_ms || (run.ended_ms > 0 && landing.landed_ms > run.ended_ms)) continue;
      std::int64_t bytes = 0;
      for (const LandedFile& file : landing.files) bytes += file.size_bytes;
      out.push_back({{"source", source.name},
                     {"number", landing.number},
                     {"table", landing.table},
                     {"period", landing.period},
                     {"files", landing.files.size()},
                     {"bytes", bytes}});
    }
  }
  return out;
}

Result<http::Response> show_run(Call& call) {
  OpenTenant open = TRY(call.open());
  const RunRecord run = TRY(run_named(call, open));
  OrderedJson out = run_object(call, run, TRY(call.service.facts().of(open))->release_of_run);
  out["tasks"] = OrderedJson::array();
  const auto layers = access::layers_in(call.who, open.tenant.id);
  std::int64_t rows = 0;
  for (const TaskRecord& task : TRY(call.service.catalog().tasks(run.id))) {
    rows += task.rows_out;
    const std::string layer = task.table.substr(0, task.table.find('.'));
    if (!layers.contains(layer)) continue;
    out["tasks"].push_back(
        {{"table", task.table},
         {"period", task.period},
         {"state", task.state},
         {"reason", task.reason},
         {"rows_in", task.rows_in},
         {"rows_out", task.rows_out},
         {"rows_quarantined", task.rows_quarantined},
         {"bytes_out", task.bytes_out},
         {"seconds", task.ended_ms == 0 ? OrderedJson() : OrderedJson(seconds_between(task.started_ms, task.ended_ms))},
         {"error", task.error.empty() || !may_see_errors(call) ? OrderedJson() : OrderedJson(task.error)}});
  }
  if (out["rows"].is_null()) out["rows"] = rows;
  out["landings"] = layers.contains("raw") ? TRY(landings_of(open, run)) : OrderedJson::array();
  return json_response(out);
}

Progress progress_of(const RunEvent& event) {
  return {static_cast<std::int64_t>(event.done), static_cast<std::int64_t>(event.total), event.text};
}

Result<OrderedJson> run_tenant(Service& service, const std::string& tenant, const RunOptions& options,
                               const JobContext& context) {
  OpenTenant open = TRY(service.open_tenant(tenant));
  Workshop workshop = open.workshop();
  const RunReport report = TRY(run(
      workshop, open.tenant, options, [&](const RunEvent& event) { context.tell(progress_of(event)); },
      &context.cancel));
  service.forget(tenant);
  if (report.error) return fail(*report.error);
  OrderedJson states = OrderedJson::object();
  for (const TaskOutcome& outcome : report.outcomes)
    states[outcome.state] = int_or(Json(states), outcome.state.c_str()) + 1;
  return OrderedJson{{"run", report.run},
                     {"tasks", states},
                     {"up_to_date", report.plan.up_to_date},
                     {"release", report.release ? OrderedJson(report.release->number) : OrderedJson()}};
}

Result<http::Response> start_run(Call& call) {
  const Json body = TRY(call.body());
  RunOptions options;
  options.user = call.who.user;
  options.full = bool_or(body, "full", false);
  const std::string period = TRY(Call::text(body, "period", 40, false));
  if (!period.empty()) options.periods = TRY(parse_period_range(period));
  const Json& select = member(body, "select");
  if (!select.is_null() && !select.is_array())
    return fail(ErrorKind::invalid_argument, "select must be a list of tables");
  for (const Json& table : select) options.select.push_back(text_of(table));
  const OpenTenant open = TRY(call.open());
  if (!open.tenant.enabled) return fail(ErrorKind::conflict, "tenant {} is disabled", open.tenant.id);
  Service& service = call.service;
  const std::string id =
      TRY(service.jobs().start("run", open.tenant.id, call.who.user,
                               fmt::format("{} {} {}", period, options.full, fmt::join(options.select, ",")),
                               [&service, tenant = open.tenant.id, options](const JobContext& context) {
                                 return run_tenant(service, tenant, options, context);
                               }));
  call.object = id;
  return json_response({{"job", id}}, 202);
}

// ---------- releases

Result<http::Response> list_releases(Call& call) {
  OpenTenant open = TRY(call.open());
  std::map<std::string, std::string> users;
  for (const RunRecord& run : TRY(call.service.catalog().runs(open.tenant.id, kRunsMost))) users[run.id] = run.user;
  OrderedJson out = OrderedJson::array();
  const auto all = TRY(releases(open.lake.store(), open.tenant.id));
  for (auto each = all.rbegin(); each != all.rend(); ++each) {
    const auto user = users.find(each->run);
    out.push_back({{"number", each->number},
                   {"at", iso_time(each->published_ms)},
                   {"user", user == users.end() ? "" : user->second},
                   {"run", each->run},
                   {"reason", each->reason},
                   {"tables", each->versions.size()}});
  }
  return json_response(out);
}

Result<std::int64_t> release_number(const std::string& text) {
  if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != std::string::npos)
    return fail(ErrorKind::not_found, "there is no release {}", text);
  return std::stoll(text);
}

Result<http::Response> show_release(Call& call) {
  OpenTenant open = TRY(call.open());
  const std::int64_t number = TRY(release_number(call.part("number")));
  const Release found = TRY(release(open.lake.store(), open.tenant.id, number));
  const auto layers = access::layers_in(call.who, open.tenant.id);
  OrderedJson versions = OrderedJson::object();
  for (const auto& [table, version] : found.versions) {
    if (layers.contains(table.substr(0, table.find('.')))) versions[table] = version;
  }
  return json_response({{"number", found.number},
                        {"at", iso_time(found.published_ms)},
                        {"reason", found.reason},
                        {"run", found.run},
                        {"tables", versions}});
}

Result<http::Response> go_back(Call& call) {
  OpenTenant open = TRY(call.open());
  const std::int64_t number = TRY(release_number(call.part("number")));
  const TenantLock lock = TRY(TenantLock::take(open.lake, open.tenant.id));
  Workshop workshop = open.workshop();
  const Release next = TRY(roll_back(workshop, open.tenant, number));
  return json_response({{"number", next.number}, {"at", iso_time(next.published_ms)}, {"reason", next.reason}}, 201);
}

// ---------- jobs

// A job is there for who sees its tenant; who may not see it, is told the same as of one that is not there.
Result<JobState> job_named(Call& call) {
  JobState job = TRY(call.service.jobs().find(call.part("job")));
  if (!access::role_in(call.who, job.tenant)) return fail(ErrorKind::not_found, "there is no job {}", call.part("job"));
  return job;
}

// What a job found is for those who asked it, and of a run for those who may run: a comparison may hold what the asker
// alone sees.
bool may_see_result(const Call& call, const JobState& job) {
  return job.askers.contains(call.who.user) || (job.kind == "run" && access::may(call.who, Right::run, job.tenant));
}

OrderedJson job_for(const Call& call, JobState job) {
  if (!may_see_result(call, job)) {
    job.result = OrderedJson();
    job.error.reset();
  }
  return job_object(job);
}

// Whether who opened a stream still is signed in, and still sees the tenant.
std::function<bool()> still_there(const Call& call, const std::string& tenant) {
  const std::string authorization = call.request.header("authorization");
  return [&people = call.service.people(), tenant, secret = call.session ? call.session->secret : std::string(),
          token = authorization.empty() ? std::string() : authorization.substr(std::string_view("Bearer ").size())] {
    const auto who = token.empty() ? people.session(secret).map([](const access::Session& each) { return each.who; })
                                   : people.token_holder(token);
    return who && access::role_in(*who, tenant).has_value();
  };
}

Result<http::Response> show_job(Call& call) { return json_response(job_for(call, TRY(job_named(call)))); }

Result<http::Response> follow_job(Call& call) {
  const JobState job = TRY(job_named(call));
  if (!may_see_result(call, job)) return fail(ErrorKind::permission_denied, "this job is followed by who started it");
  http::Response out;
  out.events = [&service = call.service, id = job.id,
                may_go_on = still_there(call, job.tenant)](std::shared_ptr<http::EventStream> stream) {
    const Status there = service.jobs().follow(id, stream, may_go_on);
    if (!there) stream->close();
  };
  return out;
}

Result<http::Response> cancel_job(Call& call) {
  const JobState job = TRY(job_named(call));
  if (job.user != call.who.user && !access::may(call.who, Right::run, job.tenant))
    return fail(ErrorKind::permission_denied, "this job is cancelled by who started it, or who may run");
  call.object = job.kind + " " + job.id;
  TRY(call.service.jobs().cancel(job.id));
  http::Response out;
  out.status = 204;
  return out;
}

}  // namespace

std::vector<Route> operation_routes() {
  return {
      {.method = "GET",
       .pattern = "/tenants",
       .summary = "Tenants one sees, with freshness and newest run",
       .act = list_tenants},
      {.method = "GET",
       .pattern = "/t/{tenant}/runs",
       .summary = "Runs, newest first",
       .needs = Needs::tenant,
       .parameters = {{"cursor", "of the answer before"}, {"limit", "1 to 500"}},
       .any_layer = true,
       .act = list_runs},
      {.method = "GET",
       .pattern = "/t/{tenant}/runs/{run}",
       .summary = "A run with its tasks",
       .needs = Needs::tenant,
       .any_layer = true,
       .act = show_run},
      {.method = "POST",
       .pattern = "/t/{tenant}/runs",
       .summary = "Start a run: {period, full, select}; answers the job",
       .needs = Needs::tenant,
       .right = Right::run,
       .action = "run.start",
       .act = start_run},
      {.method = "GET",
       .pattern = "/t/{tenant}/releases",
       .summary = "Releases, newest first",
       .needs = Needs::tenant,
       .any_layer = true,
       .act = list_releases},
      {.method = "GET",
       .pattern = "/t/{tenant}/releases/{number}",
       .summary = "A release and the versions of its tables",
       .needs = Needs::tenant,
       .any_layer = true,
       .act = show_release},
      {.method = "POST",
       .pattern = "/t/{tenant}/releases/{number}/rollback",
       .summary = "Show readers again what this release showed",
       .needs = Needs::tenant,
       .right = Right::rollback,
       .action = "release.rollback",
       .act = go_back},
      {.method = "GET", .pattern = "/jobs/{job}", .summary = "A job: state, progress, result", .act = show_job},
      {.method = "GET",
       .pattern = "/jobs/{job}/events",
       .summary = "Its progress as server-sent events",
       .act = follow_job},
      {.method = "DELETE",
       .pattern = "/jobs/{job}",
       .summary = "Ask a job to stop",
       .action = "job.cancel",
       .act = cancel_job},
  };
}

}  // namespace centavo::serve
