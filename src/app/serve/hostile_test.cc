/// \file app/serve/hostile_test.cc
/// Many requests of people who see one tenant only, of nobody, and of one who manages the lake, made of the API's own
/// words and of noise, by several at once: nothing crashes, nothing is a fault of ours, and no byte of another tenant
/// and no secret comes back. CENTAVO_HOSTILE_REQUESTS says how many (default 3,000), CENTAVO_HOSTILE_THREADS by how
/// many at once (2), CENTAVO_HOSTILE_SEED where chance begins (1).

#include <chrono>
#include <cstdlib>
#include <thread>

#include <gtest/gtest.h>

#include "app/serve/hostile_words_testing.h"
#include "app/serve/listener_testing.h"
#include "app/serve/marks_testing.h"
#include "base/digest.h"

namespace centavo::serve {
namespace {

using access::Role;
using access::Scope;
using Watch = std::chrono::steady_clock;

std::int64_t number_of(const char* name, std::int64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoll(text);
}

struct Asker {
  std::string name;
  std::string cookie, csrf, token;
  bool sees_all = false;   ///< whose answers hold what is of any tenant
  bool is_stranger = false;   ///< nobody, or one who is somebody no more
};

// What no answer may hold: `of_others` when acme's people ask, `secrets` whoever asks.
struct Forbidden {
  Marks of_others, secrets;
};

Json ask_all(const std::string& tenant, const std::string& sql) {
  auto& lake = ServedLake::get();
  const auto ana = lake.session("ana-hostile", {{Role::admin, "*"}});
  const auto parsed = parse_json(
      body_of(lake.ask(ana, "POST", "/api/v1/t/" + tenant + "/sql", Json({{"sql", sql}, {"limit", 5000}}).dump())));
  EXPECT_TRUE(parsed && parsed->contains("rows")) << sql;
  return parsed && parsed->contains("rows") ? (*parsed)["rows"] : Json::array();
}

void collect(Marks& out, const std::string& tenant, const std::string& sql) {
  const std::size_t before = out.size();
  for (const auto& row : ask_all(tenant, sql)) {
    for (const auto& value : row) {
      if (value.is_string()) out.add(value);
    }
  }
  EXPECT_GT(out.size(), before) << "no mark is in " << sql;
}

// All that acme's own tables hold, as text: what is there too is no mark of others.
std::string text_of_acme() {
  std::string out;
  for (const auto& [table, version] :
       ServedLake::must(release(ServedLake::must(ServedLake::get().service->lake()).store(), "acme")).versions)
    out += ask_all("acme", "select * from " + table).dump();
  return out;
}

Forbidden forbidden() {
  auto& lake = ServedLake::get();
  Marks all;
  collect(all, "beta", "select distinct SubAccountId from gold.cost_by_day");
  collect(all, "beta", "select distinct ResourceId from silver.focus_cost_and_usage where ResourceId is not null");
  collect(all, "beta",
          "select sum(BilledCost)::varchar, sum(EffectiveCost)::varchar from gold.cost_by_day group by ServiceName");
  collect(all, "beta", "select identity_line_item_id from bronze.aws_cur_line_items limit 500");
  collect(all, "loja", "select distinct customer_id::varchar from silver.retail_customers");
  collect(all, "loja", "select distinct cpf_masked from silver.retail_customers");
  collect(all, "loja", "select distinct email_masked from silver.retail_customers");
  std::set<std::string> own;
  all.find(text_of_acme(), [&](const std::string& mark) { own.insert(mark); });
  Forbidden out;
  for (const auto& mark : all.all()) {
    if (!own.contains(mark)) out.of_others.add(mark);
  }
  for (const auto& run : ServedLake::must(lake.service->catalog().runs("beta", 100))) out.of_others.add(run.id);
  out.secrets.add(lake.dir.string());
  out.secrets.add("$argon2id$");
  Lake opened = ServedLake::must(lake.service->lake());
  for (const char* tenant : {"acme", "beta", "loja"}) out.secrets.add(ServedLake::must(opened.mask_key(tenant)));
  access::User target;   // whom those who manage may change
  target.id = "h-target";
  ServedLake::must(lake.service->people().add_user(target));
  const auto ana = lake.session("ana-hostile", {});
  for (const auto& secret : {ana.secret, ana.csrf, sha256_hex(ana.secret)}) out.secrets.add(secret);
  return out;
}

Asker signed_in(const std::string& name, const std::vector<access::RoleGrant>& roles) {
  const auto session = ServedLake::get().session(name, roles);
  return {name, session.secret, session.csrf, "", false};
}

std::string token_of(const std::string& user, const std::set<Scope>& scopes, const std::string& tenant) {
  return ServedLake::must(ServedLake::get().service->people().make_token(user, "hostile", scopes, tenant, 1)).second;
}

// Those of one thread: each has sessions of its own, which it may end.
std::vector<Asker> askers(int thread) {
  auto& lake = ServedLake::get();
  auto& people = lake.service->people();
  const auto named = [&](const char* name) { return fmt::format("h{}-{}", thread, name); };
  std::vector<Asker> out;
  for (const Role role : {Role::viewer, Role::analyst, Role::scientist, Role::engineer, Role::admin})
    out.push_back(signed_in(named(std::string(access::name_of(role)).c_str()), {{role, "acme"}}));
  out.push_back(signed_in(named("nothing"), {}));
  out.push_back({"nobody", "", "", "", false});
  Asker ended = signed_in(named("ended"), {{Role::admin, "acme"}});
  ServedLake::must(people.sign_out(ended.cookie));
  out.push_back(ended);
  const Asker disabled = signed_in(named("disabled"), {{Role::admin, "acme"}});
  ServedLake::must(people.set_user(disabled.name, {}, {}, true));
  out.push_back(disabled);
  out.push_back({"token read", "", "", token_of(named("engineer"), {Scope::read}, ""), false});
  out.push_back({"token run", "", "", token_of(named("engineer"), {Scope::read, Scope::run}, "acme"), false});
  out.push_back({"token admin", "", "", token_of(named("admin"), {Scope::read, Scope::run, Scope::admin}, ""), false});
  lake.session(named("everywhere"), {{Role::admin, "*"}});
  out.push_back(
      {"token of acme", "", "", token_of(named("everywhere"), {Scope::read, Scope::run, Scope::admin}, "acme"), false});
  out.push_back({"ended token", "", "", token_of(named("viewer"), {Scope::read}, ""), false});
  for (Asker& asker : out) {
    asker.is_stranger = asker.name == "nobody" || asker.name == named("nothing") || asker.name == named("ended") ||
                        asker.name == named("disabled") || asker.name == "ended token";
  }
  const auto tokens = ServedLake::must(people.tokens(named("viewer")));
  ServedLake::must(people.end_token(tokens.back().id));
  Asker manager = signed_in(named("manager"), {{Role::admin, "*"}});
  manager.sees_all = true;
  out.push_back(manager);
  return out;
}

// One request in so many of a route is by somebody who may be let through; the others are by strangers, which costs
// next to nothing. What runs queries, takes long or changes much comes less often, so that a million can be asked.
std::size_t once_in(const Route& route) {
  static const std::set<std::string> seldom = {"POST /session",
                                               "POST /me/password",
                                               "POST /t/{tenant}/runs",
                                               "POST /t/{tenant}/releases/{number}/rollback",
                                               "POST /t/{tenant}/certificates",
                                               "POST /t/{tenant}/certificates/verify",
                                               "POST /t/{tenant}/statements",
                                               "POST /t/{tenant}/statements/{number}/close",
                                               "POST /t/{tenant}/periods/{period}/close",
                                               "POST /t/{tenant}/periods/{period}/reopen",
                                               "GET /t/{tenant}/diff",
                                               "GET /t/{tenant}/explain",
                                               "GET /t/{tenant}/reconcile",
                                               "GET /t/{tenant}/allocation"};
  if (seldom.contains(route.method + " " + route.pattern)) return 100;
  return route.needs == Needs::tenant ? 10 : 1;
}

// A statement and a certificate of acme, so that there are such to ask for.
void issue_documents() {
  auto& lake = ServedLake::get();
  const auto ana = lake.session("ana-hostile", {});
  const auto periods = parse_json(body_of(lake.ask(ana, "GET", "/api/v1/t/acme/periods")));
  ASSERT_TRUE(periods && !periods->empty());
  const std::string body = Json({{"period", (*periods)[0]["period"]}}).dump();
  for (const char* path : {"/api/v1/t/acme/statements", "/api/v1/t/acme/certificates"}) {
    const auto made = lake.ask(ana, "POST", path, body);
    EXPECT_LT(made.status, 300) << path << " " << body_of(made);
  }
}

// Asks running requests to stop now and then, as the server does when a client leaves.
class Leaver {
 public:
  Leaver() : thread_([this] { run(); }) {}
  ~Leaver() {
    over_ = true;
    thread_.join();
  }
  void watch(Cancel* cancel) {
    const std::lock_guard lock(mutex_);
    cancel_ = cancel;
  }

 private:
  void run() {
    while (!over_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      const std::lock_guard lock(mutex_);
      if (cancel_ != nullptr) cancel_->request();
    }
  }
  std::atomic<bool> over_{false};
  std::mutex mutex_;
  Cancel* cancel_ = nullptr;
  std::thread thread_;
};

struct Counts {
  std::int64_t requests = 0, bytes = 0, leaks = 0, faults = 0, files = 0;
  std::map<int, std::int64_t> statuses;
  std::map<std::string, std::pair<std::int64_t, double>> routes;
  std::set<std::string> reached;   ///< routes that answered 2xx

  void add(const Counts& other) {
    requests += other.requests;
    bytes += other.bytes;
    leaks += other.leaks;
    faults += other.faults;
    files += other.files;
    for (const auto& [status, times] : other.statuses) statuses[status] += times;
    for (const auto& [route, cost] : other.routes) {
      routes[route].first += cost.first;
      routes[route].second += cost.second;
    }
    reached.insert(other.reached.begin(), other.reached.end());
  }
};

// Takes what comes; a client that leaves takes no more after `most` bytes.
struct Download : http::Writer {
  std::string text;
  std::size_t most = std::string::npos;
  Status write(std::string_view bytes) override {
    if (text.size() + bytes.size() > most) return fail(ErrorKind::cancelled, "the client is gone");
    text += bytes;
    return {};
  }
};

// One of those who ask at once.
class Hostile {
 public:
  Hostile(int thread, std::uint64_t seed, const Forbidden& forbidden)
      : noise_(seed),
        forbidden_(forbidden),
        askers_(askers(thread)),
        words_(hostile_words()),
        routes_(ServedLake::get().service->router().routes()),
        engine_(ServedLake::must(duck::Database::open({.threads = 1}))) {
    for (const char* tenant : {"acme", "beta"}) {
      for (const auto& run : ServedLake::must(ServedLake::get().service->catalog().runs(tenant, 2)))
        ids_.push_back(run.id);
    }
    for (Asker& asker : askers_) {
      if (asker.is_stranger) strangers_.push_back(&asker);
    }
  }

  Counts counts;

  void ask(std::int64_t times) {
    for (std::int64_t i = 0; i < times && counts.leaks + counts.faults < 5; ++i) one();
  }

 private:
  void sign(http::Request& request, const Asker& who) {
    if (!who.cookie.empty() && !noise_.one_in(25)) request.headers["cookie"] = "centavo=" + who.cookie;
    if (!who.csrf.empty() && !noise_.one_in(25)) request.headers["x-csrf-token"] = who.csrf;
    if (!who.token.empty()) request.headers["authorization"] = "Bearer " + who.token;
    if (noise_.one_in(50)) request.headers["authorization"] = "Bearer " + noise_.bytes(60);
    if (noise_.one_in(200)) request.headers["cookie"] = "centavo=" + std::string(8000, 'x');
  }

  void one() {
    const Route& route = noise_.of(routes_);
    Asker& who = noise_.one_in(once_in(route)) ? noise_.of(askers_) : *noise_.of(strangers_);
    http::Request request = hostile_request(noise_, route, words_, ids_);
    sign(request, who);
    Cancel cancel;
    const bool leaves = noise_.one_in(50);
    if (noise_.one_in(100)) cancel.request();
    if (leaves) leaver_.watch(&cancel);
    const auto begun = Watch::now();
    const http::Response response = ServedLake::get().service->handle(request, cancel);
    const std::string body = read(response, cancel);
    if (leaves) leaver_.watch(nullptr);
    auto& cost = counts.routes[route.method + " " + route.pattern];
    ++cost.first;
    cost.second += std::chrono::duration<double>(Watch::now() - begun).count();
    ++counts.requests;
    ++counts.statuses[response.status];
    if (response.status < 300) counts.reached.insert(response.route);
    look(request, who, response, body);
    follow(request, who, response, body);
  }

  std::string read(const http::Response& response, const Cancel& cancel) {
    if (response.events) {
      const auto listener = std::make_shared<Listener>();
      response.events(listener);
      listener->closed = true;
      const std::lock_guard lock(listener->mutex);
      return listener->text;
    }
    if (!response.stream) return body_of(response);
    Download reader;
    if (noise_.one_in(10)) reader.most = noise_.below(4000);
    const Status done = response.stream(reader, cancel);
    if (done) {
      ++counts.files;
      return reader.text;
    }
    const http::Response problem = http::problem_of(done.error());
    if (problem.status == 500) {
      ++counts.faults;
      ADD_FAILURE() << "a stream failed: " << done.error().message;
    }
    return problem.body;
  }

  void look(const http::Request& request, const Asker& who, const http::Response& response, const std::string& body) {
    if (response.status == 500) {
      ++counts.faults;
      ADD_FAILURE() << who.name << ": " << request.method << " " << request.path << "\n"
                    << request.body << "\n"
                    << body;
    }
    const std::string text = plain_text_of(engine_, response, body);
    counts.bytes += static_cast<std::int64_t>(text.size());
    const auto found = [&](const std::string& mark) {
      if (asked_for(request, mark)) return;   // an answer may say what was asked
      ++counts.leaks;
      ADD_FAILURE() << who.name << " is shown " << mark << " by " << request.method << " " << request.path << "\n"
                    << request.body;
    };
    forbidden_.secrets.find(text, found);
    if (!who.sees_all) forbidden_.of_others.find(text, found);
  }

  static bool asked_for(const http::Request& request, const std::string& mark) {
    if (request.path.find(mark) != std::string::npos || request.body.find(mark) != std::string::npos) return true;
    return std::any_of(request.query.begin(), request.query.end(),
                       [&](const auto& each) { return each.second.find(mark) != std::string::npos; });
  }

  // Jobs are asked for afterwards, and who signed out signs in again.
  void follow(const http::Request& request, Asker& who, const http::Response& response, const std::string& body) {
    if (response.status == 202 && ids_.size() < 50) {
      const auto job = parse_json(body);
      if (job) ids_.push_back(text_or(*job, "job"));
    }
    if (response.status == 204 && request.method == "DELETE" && request.segments.back() == "session" &&
        !who.cookie.empty()) {
      auto& people = ServedLake::get().service->people();
      const auto fresh = ServedLake::must(people.follow_link(ServedLake::must(people.make_link(who.name))));
      who.cookie = fresh.secret;
      who.csrf = fresh.csrf;
    }
  }

  Noise noise_;
  const Forbidden& forbidden_;
  std::vector<Asker> askers_;
  std::vector<Asker*> strangers_;
  std::vector<std::string> words_, ids_;
  const std::vector<Route>& routes_;
  duck::Database engine_;
  Leaver leaver_;
};

void say(const Counts& counts, std::size_t marks, double seconds) {
  std::string statuses, slowest;
  for (const auto& [status, times] : counts.statuses) statuses += fmt::format(" {}: {},", status, times);
  std::vector<std::pair<double, std::string>> routes;
  for (const auto& [route, cost] : counts.routes)
    routes.emplace_back(cost.second, fmt::format("{} {:.1f} ms ×{}", route,
                                                 cost.second * 1000 / static_cast<double>(cost.first), cost.first));
  std::sort(routes.rbegin(), routes.rend());
  for (std::size_t i = 0; i < std::min<std::size_t>(routes.size(), 8); ++i) slowest += "\n  " + routes[i].second;
  std::printf(
      "%lld requests in %.0f s; %lld bytes of answers, %lld files among them; %zu marks of other tenants and secrets "
      "looked for, %lld found; %lld faults; answers by status:%s\nmost time went to:%s\n",
      static_cast<long long>(counts.requests), seconds, static_cast<long long>(counts.bytes),
      static_cast<long long>(counts.files), marks, static_cast<long long>(counts.leaks),
      static_cast<long long>(counts.faults), statuses.c_str(), slowest.c_str());
  std::fflush(stdout);
}

TEST(Hostile, ManyRequestsCrashNothingAndShowNothingOfOthers) {
  const std::int64_t count = number_of("CENTAVO_HOSTILE_REQUESTS", 3000);
  const int threads = static_cast<int>(number_of("CENTAVO_HOSTILE_THREADS", 2));
  const auto seed = static_cast<std::uint64_t>(number_of("CENTAVO_HOSTILE_SEED", 1));
  const Forbidden forbidden = serve::forbidden();
  ASSERT_GT(forbidden.of_others.size(), 150U);
  issue_documents();
  std::vector<std::unique_ptr<Hostile>> hostiles;
  for (int i = 0; i < threads; ++i)
    hostiles.push_back(std::make_unique<Hostile>(i, seed * 1000 + static_cast<std::uint64_t>(i), forbidden));
  const auto begun = Watch::now();
  Counts counts;
  // In rounds, so that a long one says how it goes.
  constexpr std::int64_t kRound = 50'000;
  for (std::int64_t done = 0; done < count && counts.leaks + counts.faults == 0; done += kRound) {
    const std::int64_t share = (std::min(kRound, count - done) + threads - 1) / threads;
    std::vector<std::thread> running;
    for (auto& hostile : hostiles) running.emplace_back([&] { hostile->ask(share); });
    for (auto& each : running) each.join();
    counts = {};
    for (const auto& hostile : hostiles) counts.add(hostile->counts);
    say(counts, forbidden.of_others.size() + forbidden.secrets.size(),
        std::chrono::duration<double>(Watch::now() - begun).count());
  }
  EXPECT_EQ(counts.leaks, 0);
  EXPECT_EQ(counts.faults, 0);
  if (count < 3000) return;
  EXPECT_GE(counts.reached.size(), 20U);
  if (count < 100'000) return;
  for (const Route& route : ServedLake::get().service->router().routes()) {
    if (route.method == "GET") {
      EXPECT_TRUE(counts.reached.contains(route.pattern)) << "nobody got through to " << route.pattern;
    }
  }
}

}  // namespace
}  // namespace centavo::serve
