#include "app/serve/service.h"

#include <algorithm>
#include <filesystem>

#include <openssl/crypto.h>
#include <spdlog/spdlog.h>

#include "app/http/assets.h"
#include "app/http/request.h"
#include "base/digest.h"
#include "flow/pipeline/freshness.h"

namespace centavo::serve {
namespace {

constexpr std::int64_t kLibraryCheckMs = 2000;
constexpr const char* kCookie = "centavo";

std::vector<Route> all_routes() {
  std::vector<Route> out;
  for (auto* group : {&session_routes, &people_routes, &cost_routes, &allocation_routes, &proof_routes, &data_routes,
                      &sql_routes, &operation_routes}) {
    for (Route& route : group()) out.push_back(std::move(route));
  }
  out.push_back({.method = "GET",
                 .pattern = "/openapi.json",
                 .summary = "This document",
                 .needs = Needs::nobody,
                 .act = [](Call& call) -> Result<http::Response> {
                   // Anybody may ask for it: it is not made anew for each.
                   auto& answers = call.service.answers();
                   http::Response answer;
                   answer.header("Content-Type", "application/json").header("Cache-Control", "no-cache");
                   answer.shared_body = answers.find("openapi");
                   if (!answer.shared_body) {
                     answer.shared_body = std::make_shared<const std::string>(
                         json_text(call.service.router().document(call.service.options().base_path)));
                     answers.keep("openapi", answer.shared_body);
                   }
                   return answer;
                 }});
  return out;
}

// Behind a proxy that nobody said to trust, everybody seems to be this machine.
bool is_this_machine(const http::Request& request) {
  const std::string& address = request.remote;
  const bool is_local = address.starts_with("127.") || address == "::1" || address.starts_with("::ffff:127.");
  return is_local && request.header("x-forwarded-for").empty() && request.header("forwarded").empty();
}

// Times of all files of the lake's own packs: what says that they are to be read again.
std::string stamp_of(const std::vector<std::string>& folders) {
  namespace fs = std::filesystem;
  std::string out;
  for (const auto& folder : folders) {
    std::error_code code;
    for (fs::recursive_directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
      std::error_code ignored;
      out += fmt::format("{} {}\n", it->path().string(), it->last_write_time(ignored).time_since_epoch().count());
    }
  }
  return out;
}

// A browser says from where it sends a write; another site's page must not.
bool is_from_here(const http::Request& request) {
  const std::string site = request.header("sec-fetch-site");
  if (!site.empty() && site != "same-origin" && site != "none") return false;
  const std::string origin = request.header("origin");
  if (origin.empty()) return true;
  const std::size_t scheme = origin.find("://");
  if (scheme == std::string::npos) return false;
  return origin.substr(scheme + 3) == request.header("host");
}

bool is_write(const http::Request& request) { return request.method != "GET" && request.method != "HEAD"; }

bool same_text(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Error not_signed_in() {
  return {ErrorKind::permission_denied, "nobody is signed in", "sign in, or send Authorization: Bearer TOKEN"};
}

http::Response unauthorised(const Error& error) {
  http::Response out = http::problem(401, "Sign in first", error.message, error.hint);
  out.header("WWW-Authenticate", "Bearer realm=\"centavo\"");
  return out;
}

std::string cookie(const http::Request& request, const std::string& base_path, const std::string& value,
                   std::string_view more) {
  return fmt::format("{}={}; Path={}; HttpOnly; SameSite=Lax{}{}", kCookie, value, base_path.empty() ? "/" : base_path,
                     request.secure ? "; Secure" : "", more);
}

}  // namespace

std::string session_cookie(const http::Request& request, const std::string& base_path, const std::string& secret) {
  return cookie(request, base_path, secret, fmt::format("; Max-Age={}", access::People::kSessionMostMs / 1000));
}

std::string ended_cookie(const http::Request& request, const std::string& base_path) {
  return cookie(request, base_path, "", "; Max-Age=0");
}

Service::Service(const ServiceOptions& options, const Clock& clock, duck::Database engine)
    : options_(options),
      clock_(clock),
      engine_(std::move(engine)),
      readers_(options.reader_memory_bytes),
      answers_(options.answer_bytes),
      router_(all_routes()) {}

Service::~Service() = default;

Result<std::unique_ptr<Service>> Service::open(const ServiceOptions& options, const Clock& clock) {
  const Lake lake = TRY(Lake::open(options.lake_dir));
  std::unique_ptr<Service> out(new Service(options, clock, TRY(open_engine(lake))));
  out->catalog_ = TRY(Catalog::open(lake.dir()));
  out->people_ = TRY(access::People::open(lake.dir(), clock));
  TRY(out->library());
  out->warming_ = std::make_unique<Warming>(*out);
  out->jobs_ = std::make_unique<Jobs>(clock, options.jobs);
  out->metrics_.add([service = out.get()] { return service->gauges(); });
  return out;
}

Result<std::shared_ptr<const pack::Library>> Service::library() {
  const std::lock_guard lock(library_mutex_);
  const std::int64_t now = clock_.now_ms();
  if (library_ && now - library_asked_ms_ < kLibraryCheckMs && now >= library_asked_ms_) return library_;
  const Lake lake = TRY(this->lake());
  const std::string stamp = stamp_of(lake.pack_folders());
  library_asked_ms_ = now;
  if (library_ && stamp == library_stamp_) return library_;
  auto loaded = pack::Library::load(lake.pack_folders(), lake.pack_trees());
  if (!loaded) {
    // A pack in the middle of being edited does not take the service down.
    if (!library_) return fail(loaded.error());
    spdlog::warn("packs of the lake: {}; those read before stay", loaded.error().message);
    library_stamp_ = stamp;
    return library_;
  }
  library_ = std::make_shared<const pack::Library>(std::move(*loaded));
  library_stamp_ = stamp;
  ++library_turn_;
  return library_;
}

Result<OpenTenant> Service::open_tenant(const std::string& id) {
  Lake lake = TRY(this->lake());
  auto tenant = lake.tenant(id);
  if (!tenant) {
    if (tenant.error().kind == ErrorKind::not_found || tenant.error().kind == ErrorKind::invalid_argument)
      return fail(ErrorKind::not_found, "there is no tenant {}", id);
    return fail(tenant.error());
  }
  auto library = TRY(this->library());
  return OpenTenant{std::move(lake), std::move(*tenant), std::move(library), *catalog_, engine_, clock_};
}

Result<http::Response> Service::answer(Call& call, std::int64_t release, const std::string& key,
                                       const std::function<Result<OrderedJson>()>& make) {
  const std::string& tenant = call.part("tenant");
  const std::string whole = fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}", tenant, readers_.epoch(tenant),
                                        call.route->pattern, release, key, call.sight().key(), CENTAVO_VERSION);
  http::Response out;
  const std::string etag = "\"" + sha256_hex(whole).substr(0, 32) + "\"";
  out.header("ETag", etag).header("Cache-Control", "private, no-cache").header("Vary", "Cookie, Authorization");
  if (http::is_unchanged(call.request, etag)) {
    out.status = 304;
    return out;
  }
  out.header("Content-Type", "application/json");
  auto found =
      answers_.find_or_make(whole, call.cancel, [&]() -> Result<std::string> { return json_text(TRY(make())); });
  if (!found) return fail(std::move(found.error()));
  out.shared_body = std::move(*found);
  return out;
}

void Service::forget(const std::string& tenant) {
  readers_.forget(tenant);
  facts_.forget(tenant);
}

Error Service::told(const Error& error) const {
  const bool is_quiet = http::problem_of(error).status == 500;   // it says nothing of the error anyway
  if (is_quiet || error.message.find(options_.lake_dir) == std::string::npos) return error;
  spdlog::error("told without its words: {}", error.message);
  // A locked-down engine takes a file that is gone for a pattern, and may not look for what fits it.
  if (error.kind == ErrorKind::not_found || error.kind == ErrorKind::permission_denied) {
    return {ErrorKind::conflict, "files of this release were removed while it was read",
            "ask again, of the newest release"};
  }
  return {error.kind, std::string(name_of(error.kind)), "the server's log says more"};
}

Result<std::string> Service::sign_in_link(const std::string& user, const std::string& address) {
  const std::string secret = TRY(people_->make_link(user));
  return fmt::format("{}/link/{}", address, secret);
}

http::Response Service::handle(const http::Request& request, const Cancel& cancel) {
  if (request.path == "/healthz" || request.path == "/readyz") return health(request);
  if (request.path == "/metrics") return metrics(request);
  if (request.segments.size() > 2 && request.segments[0] == "api" && request.segments[1] == "v1")
    return api(request, cancel);
  if (request.path.starts_with("/api")) return http::problem(404, "Not found", "the API is at /api/v1/");
  if (is_write(request)) return http::problem(405, "Not allowed here", "pages are read with GET");
  if (request.path.starts_with("/link/")) {
    // What looks at links before people do (mail filters, chats) asks HEAD, and must not use them up.
    if (request.method != "GET") return http::problem(405, "Not allowed here", "a link is followed with GET");
    return follow_link(request);
  }
  return page(request);
}

http::Response Service::api(const http::Request& request, const Cancel& cancel) {
  const bool is_text =
      http::is_utf8(request.path) && std::all_of(request.query.begin(), request.query.end(), [](const auto& each) {
        return http::is_utf8(each.first) && http::is_utf8(each.second);
      });
  if (!is_text) return http::problem(400, "Bad request", "the address is not UTF-8");
  const auto match = router_.match(request.method, std::span(request.segments).subspan(2));
  if (match.route == nullptr) {
    if (match.methods.empty())
      return http::problem(404, "Not found", "the API has nothing at this path", "see /api/v1/openapi.json");
    http::Response out = http::problem(405, "Not allowed here", fmt::format("{} is not for this path", request.method));
    out.header("Allow", fmt::format("{}", fmt::join(match.methods, ", ")));
    return out;
  }
  Call call{*this, request, cancel, match.route, match.parts};
  if (match.route->needs != Needs::nobody) {
    const Status known = authenticate(call);
    if (!known) {
      return known.error().kind == ErrorKind::permission_denied ? unauthorised(known.error())
                                                                : problem_of(known.error(), request);
    }
  } else if (is_write(request) && !is_from_here(request)) {
    return http::problem(403, "Not allowed", "this write comes from another site");
  }
  const Status allowed = authorise(call);
  Result<http::Response> result = allowed ? match.route->act(call) : Result<http::Response>(fail(allowed.error()));
  if (!match.route->action.empty()) record(call, result);
  const auto tenant = call.parts.find("tenant");
  if (is_write(request) && tenant != call.parts.end()) forget(tenant->second);
  http::Response out = result ? std::move(*result) : problem_of(told(result.error()), request);
  out.route = match.route->pattern;
  return out;
}

Status Service::authenticate(Call& call) {
  const std::string authorization = call.request.header("authorization");
  if (!authorization.empty()) {
    if (!authorization.starts_with("Bearer "))
      return fail(ErrorKind::permission_denied, "only Bearer tokens are taken as Authorization");
    call.who = TRY(people_->token_holder(authorization.substr(7)));
    return {};
  }
  const auto secret = call.request.cookie(kCookie);
  if (!secret || secret->empty()) return fail(not_signed_in());
  call.session = TRY(people_->session(*secret));
  call.who = call.session->who;
  return {};
}

Status Service::authorise(const Call& call) {
  const Route& route = *call.route;
  if (route.needs == Needs::nobody) return {};
  if (call.session && is_write(call.request)) {
    if (!is_from_here(call.request)) return fail(ErrorKind::permission_denied, "this write comes from another site");
    if (!same_text(call.request.header("x-csrf-token"), call.session->csrf)) {
      return fail_hint("send the csrf of GET /me as X-CSRF-Token", ErrorKind::permission_denied,
                       "a write of a signed-in browser needs its X-CSRF-Token");
    }
  }
  if (route.needs == Needs::manage) {
    if (access::may_manage(call.who)) return {};
    return fail_hint("an administrator of every tenant can give it", ErrorKind::permission_denied,
                     "this is for administrators");
  }
  if (route.needs == Needs::tenant) {
    const std::string& tenant = call.part("tenant");
    // A tenant that one may not see is not there.
    if (!access::role_in(call.who, tenant)) return fail(ErrorKind::not_found, "there is no tenant {}", tenant);
    if (!route.any_layer && !access::may(call.who, route.right, tenant)) {
      return fail_hint("an administrator can give it: People, Grants", ErrorKind::permission_denied,
                       "this needs the right {} in tenant {}", access::name_of(route.right), tenant);
    }
  }
  return {};
}

void Service::record(const Call& call, const Result<http::Response>& result) {
  access::AuditEntry entry;
  entry.user = call.who.user;
  entry.action = call.route->action;
  const auto tenant = call.parts.find("tenant");
  if (tenant != call.parts.end()) entry.tenant = tenant->second;
  entry.object = call.object;
  if (entry.object.empty()) {
    for (const auto& [name, value] : call.parts) {
      if (name != "tenant") entry.object += (entry.object.empty() ? "" : " ") + value;
    }
  }
  entry.outcome = result ? "done" : result.error().kind == ErrorKind::permission_denied ? "refused" : "failed";
  record(call.request, std::move(entry));
}

void Service::record(const http::Request& request, access::AuditEntry entry) {
  const Status written = people_->record(std::move(entry));
  if (!written) spdlog::error("{} audit: {}", request.id, written.error().message);
}

void Service::record_stranger(const http::Request& request, access::AuditEntry entry) {
  constexpr std::int64_t kEveryMs = 1000;
  const std::int64_t now = clock_.now_ms();
  std::int64_t last = stranger_ms_.load();
  const bool is_due = now - last >= kEveryMs || now < last;
  if (is_due && stranger_ms_.compare_exchange_strong(last, now)) {
    record(request, std::move(entry));
  } else {
    spdlog::info("{} {} refused to a stranger", request.id, entry.action);
  }
}

http::Response Service::health(const http::Request& request) {
  http::Response out;
  out.header("Content-Type", "text/plain; charset=utf-8").header("Cache-Control", "no-store");
  out.body = "ok\n";
  if (request.path == "/healthz") return out;
  const auto failed = [&](std::string_view what, const Error& error) {
    spdlog::error("readyz: {}: {}", what, error.message);
    return http::problem(503, "Not ready", fmt::format("{} does not answer", what));
  };
  const auto lake = this->lake();
  if (!lake) return failed("the lake", lake.error());
  const auto runs = catalog_->runs("", 1);
  if (!runs) return failed("the catalog", runs.error());
  auto connection = engine_.connect();
  if (!connection) return failed("the engine", connection.error());
  const auto one = connection->value("select 1");
  if (!one) return failed("the engine", one.error());
  return out;
}

http::Response Service::metrics(const http::Request& request) {
  if (!options_.metrics_for_all && !is_this_machine(request)) {
    const std::string authorization = request.header("authorization");
    const auto holder = authorization.starts_with("Bearer ") ? people_->token_holder(authorization.substr(7))
                                                             : Result<access::Principal>(fail(not_signed_in()));
    if (!holder) return unauthorised(holder.error());
    if (!access::may_manage(*holder)) return http::problem(403, "Not allowed", "metrics are for administrators");
  }
  http::Response out;
  out.header("Content-Type", http::Metrics::kContentType).header("Cache-Control", "no-store");
  out.body = metrics_.text(figures_ ? figures_() : http::Figures{});
  return out;
}

std::vector<http::Gauge> Service::gauges() {
  std::vector<http::Gauge> out;
  out.push_back({"centavo_jobs_under_way", "jobs that run or wait", {}, static_cast<double>(jobs_->under_way())});
  out.push_back({"centavo_warming_tasks",
                 "tables being taken into memory behind the requests, or to be",
                 {},
                 static_cast<double>(warming_->under_way())});
  out.push_back(
      {"centavo_held_bytes", "rows of open releases in memory, about", {}, static_cast<double>(readers_.held_bytes())});
  out.push_back({"centavo_answers_kept_bytes", "answers kept in memory", {}, static_cast<double>(answers_.bytes())});
  auto lake = this->lake();
  if (!lake) return out;
  const auto tenants = lake->tenants();
  if (!tenants) return out;
  for (const Tenant& tenant : *tenants) {
    if (tenant.enabled) add_gauges(*lake, tenant, out);
  }
  return out;
}

void Service::add_gauges(Lake& lake, const Tenant& tenant, std::vector<http::Gauge>& out) {
  for (const TenantSource& source : tenant.sources) {
    const auto fresh = freshness_of(lake, tenant, source, clock_);
    if (!fresh) continue;
    const std::vector<std::pair<std::string, std::string>> labels = {{"tenant", tenant.id}, {"source", source.name}};
    out.push_back(
        {"centavo_source_sla_seconds", "how old the newest delivery may be", labels, fresh->sla_hours * 3600});
    out.push_back({"centavo_source_breach", "1 when the newest delivery is older than that, or there is none", labels,
                   fresh->is_late() ? 1.0 : 0.0});
    if (fresh->hours_lag)
      out.push_back({"centavo_source_age_seconds", "age of the newest delivery", labels, *fresh->hours_lag * 3600});
  }
  const auto runs = catalog_->runs(tenant.id, 1);
  if (!runs || runs->empty()) return;
  const RunRecord& run = runs->front();
  const std::vector<std::pair<std::string, std::string>> label = {{"tenant", tenant.id}};
  out.push_back({"centavo_last_run_failed", "1 when the newest run failed", label, run.state == "failed" ? 1.0 : 0.0});
  out.push_back({"centavo_last_run_start_seconds", "when the newest run began, since 1970", label,
                 static_cast<double>(run.started_ms) / 1000});
  if (run.ended_ms > 0) {
    out.push_back({"centavo_last_run_duration_seconds", "how long the newest run took", label,
                   static_cast<double>(run.ended_ms - run.started_ms) / 1000});
  }
}

void Service::served(const http::Served& served) { metrics_.count(served); }

http::Response Service::follow_link(const http::Request& request) {
  http::Response out;
  out.status = 303;
  out.header("Cache-Control", "no-store").header("Referrer-Policy", "no-referrer");
  out.route = "/link/{secret}";
  const auto session = people_->follow_link(request.path.substr(std::string_view("/link/").size()));
  access::AuditEntry entry;
  entry.action = "session.link";
  if (!session) {
    entry.outcome = "refused";
    out.header("Location", options_.base_path + "/sign-in?link=expired");
    record_stranger(request, std::move(entry));
  } else {
    entry.user = session->who.user;
    entry.outcome = "done";
    out.header("Set-Cookie", session_cookie(request, options_.base_path, session->secret));
    out.header("Location", options_.base_path + (session->must_set_password ? "/welcome" : "/"));
    record(request, std::move(entry));
  }
  return out;
}

http::Response Service::page(const http::Request& request) {
  http::Response out = http::asset_response(request, options_.base_path);
  out.route = "page";
  return out;
}

}  // namespace centavo::serve
