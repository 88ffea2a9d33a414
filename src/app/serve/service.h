#pragma once
/// \file app/serve/service.h
/// The API and the web application over one lake: sessions, access, routes, jobs, answers that are kept.
/// Knows nothing of sockets: app/http calls handle().

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/http/metrics.h"
#include "app/serve/answers.h"
#include "app/serve/call.h"
#include "app/serve/jobs.h"
#include "app/serve/open_lake.h"
#include "app/serve/router.h"
#include "app/serve/tenant_facts.h"
#include "app/serve/turns.h"
#include "app/serve/warming.h"
#include "lake/access/people.h"

namespace centavo::serve {

struct ServiceOptions {
  std::string lake_dir;
  std::string base_path;                     ///< as the server's: "" or "/pivot"
  std::int64_t rows_most = 5000;             ///< of an answer for a page
  std::int64_t export_rows_most = 5'000'000;   ///< of a file
  std::chrono::seconds query_time{60};       ///< of a person's SQL
  std::chrono::seconds export_time{600};     ///< of a file, slow readers included
  std::int64_t reader_memory_bytes = std::int64_t{1} << 30;   ///< of each open release
  std::size_t answer_bytes = std::size_t{128} << 20;
  int jobs = 1;                              ///< that work side by side
  bool metrics_for_all = false;              ///< else /metrics is for this machine, or for a token that manages
};

/// Thread-safe.
class Service {
 public:
  static Result<std::unique_ptr<Service>> open(const ServiceOptions& options, const Clock& clock = Clock::system());
  ~Service();

  http::Response handle(const http::Request& request, const Cancel& cancel);
  void served(const http::Served& served);
  /// What the server itself counts, for /metrics; set once, before the first request.
  void watch(std::function<http::Figures()> figures) { figures_ = std::move(figures); }

  const ServiceOptions& options() const { return options_; }
  const Clock& clock() const { return clock_; }
  access::People& people() { return *people_; }
  Jobs& jobs() { return *jobs_; }
  Readers& readers() { return readers_; }
  AllTenantFacts& facts() { return facts_; }
  Answers& answers() { return answers_; }
  Warming& warming() { return *warming_; }
  Turns& turns() { return turns_; }
  Catalog& catalog() { return *catalog_; }
  duck::Database& engine() { return engine_; }
  const Router& router() const { return router_; }

  /// `not_found` in the same words for a tenant that is not there and one that the caller may not see.
  Result<OpenTenant> open_tenant(const std::string& id);
  Result<Lake> lake() const { return Lake::open(options_.lake_dir); }
  /// The packs; read again when a file of the lake's own packs changed.
  Result<std::shared_ptr<const pack::Library>> library();
  /// Another number each time that the packs were read.
  std::int64_t library_turn() const { return library_turn_.load(); }

  /// The answer that `make` gives of `release`, kept under the route, `key`, release and sight; of those who ask the
  /// same at the same time, one makes it. With an ETag: who has it already is answered 304, and nothing is made.
  Result<http::Response> answer(Call& call, std::int64_t release, const std::string& key,
                                const std::function<Result<OrderedJson>()>& make);
  /// After a write to a tenant: what is known of it is looked at again.
  void forget(const std::string& tenant);
  /// Writes to the audit; what cannot be written is said in the log, at the request.
  void record(const http::Request& request, access::AuditEntry entry);

  /// The same for what was refused to somebody of whom nothing is known, at most once a second: strangers must not be
  /// able to make the audit grow as they like. The others stand in the log only.
  void record_stranger(const http::Request& request, access::AuditEntry entry);

  /// An error as whoever asked may be told it: no path of the lake. Files of a release that are gone are a `conflict`.
  Error told(const Error& error) const;

  /// A one-time link to sign in: "http://…/link/<secret>", for an address of this server.
  Result<std::string> sign_in_link(const std::string& user, const std::string& address);

 private:
  Service(const ServiceOptions& options, const Clock& clock, duck::Database engine);
  http::Response api(const http::Request& request, const Cancel& cancel);
  http::Response health(const http::Request& request);
  http::Response metrics(const http::Request& request);
  http::Response follow_link(const http::Request& request);
  http::Response page(const http::Request& request);
  Status authenticate(Call& call);
  Status authorise(const Call& call);
  void record(const Call& call, const Result<http::Response>& result);
  std::vector<http::Gauge> gauges();
  void add_gauges(Lake& lake, const Tenant& tenant, std::vector<http::Gauge>& out);

  const ServiceOptions options_;
  const Clock& clock_;
  duck::Database engine_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<access::People> people_;
  std::mutex library_mutex_;
  std::shared_ptr<const pack::Library> library_;
  std::string library_stamp_;
  std::int64_t library_asked_ms_ = 0;
  std::atomic<std::int64_t> library_turn_{0};
  Readers readers_;
  AllTenantFacts facts_;
  Answers answers_;
  Turns turns_;
  Router router_;
  http::Metrics metrics_;
  std::function<http::Figures()> figures_;
  std::atomic<std::int64_t> stranger_ms_{0};  // recorded last
  std::unique_ptr<Warming> warming_;
  std::unique_ptr<Jobs> jobs_;  // last, with the one before: their threads use all of the above
};

/// Cookie of a session, and one that ends it.
std::string session_cookie(const http::Request& request, const std::string& base_path, const std::string& secret);
std::string ended_cookie(const http::Request& request, const std::string& base_path);
/// What a signed-in person may do where, for the page: GET /me.
OrderedJson me_object(Service& service, const access::Principal& who, const std::string& csrf, bool must_set_password);

}  // namespace centavo::serve
