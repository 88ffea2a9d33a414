#include "app/serve/service.h"

#include <chrono>
#include <filesystem>
#include <thread>

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "app/serve/listener_testing.h"
#include "app/serve/served_lake_testing.h"
#include "io/sqldb/sqldb.h"

namespace centavo::serve {
namespace {

using access::Role;
using ::testing::HasSubstr;
using ::testing::Not;

access::Session admin() { return lake().session("ana", {{Role::admin, "*"}}); }
access::Session person(Role role) {
  return lake().session(fmt::format("{}-of-acme", access::name_of(role)), {{role, "acme"}});
}

Json json_of(const http::Response& response) {
  const auto parsed = parse_json(body_of(response));
  EXPECT_TRUE(parsed) << body_of(response);
  return parsed ? *parsed : Json();
}

std::string sum_of(const std::vector<std::string>& amounts) {
  Decimal total;
  for (const auto& amount : amounts) total = ServedLake::must(add(total, ServedLake::must(parse_decimal(amount))));
  return total.shortest();
}

TEST(Service, WhoIsNotSignedInGetsNothingButTheDoor) {
  for (const Route& route : lake().service->router().routes()) {
    std::string path = "/api/v1" + route.pattern;
    for (std::size_t at; (at = path.find('{')) != std::string::npos;)
      path.replace(at, path.find('}') - at + 1, path.substr(at, 7) == "{tenant" ? "acme" : "1");
    const auto response = lake().handle(ServedLake::request_of(route.method, path, route.method == "GET" ? "" : "{}"));
    if (route.needs == Needs::nobody) continue;
    EXPECT_EQ(response.status, 401) << route.method << " " << path;
  }
}

TEST(Service, AnUnknownPathAndAWrongMethodAreProblems) {
  const auto unknown = lake().ask(admin(), "GET", "/api/v1/nothing");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(json_of(unknown)["status"], 404);
  EXPECT_EQ(lake().ask(admin(), "DELETE", "/api/v1/me").status, 405);
}

TEST(Service, SignsInWithAPasswordAndOutAgain) {
  auto ana = lake().session("pedro", {{Role::viewer, "acme"}});
  EXPECT_TRUE(ana.must_set_password);
  const auto set = lake().ask(ana, "POST", "/api/v1/me/password", R"json({"new":"a sentence is long enough"})json");
  EXPECT_EQ(set.status, 200) << body_of(set);
  auto request =
      ServedLake::request_of("POST", "/api/v1/session", R"json({"user":"pedro","password":"wrong password"})json");
  EXPECT_EQ(lake().handle(request).status, 401);
  request.body = R"json({"user":"pedro","password":"a sentence is long enough"})json";
  const auto in = lake().handle(request);
  ASSERT_EQ(in.status, 200) << body_of(in);
  std::string cookie;
  for (const auto& [name, value] : in.headers) {
    if (name == "Set-Cookie") cookie = value;
  }
  EXPECT_THAT(cookie, HasSubstr("HttpOnly"));
  EXPECT_THAT(cookie, HasSubstr("SameSite=Lax"));
  access::Session session;
  session.secret = cookie.substr(8, cookie.find(';') - 8);
  session.csrf = json_of(in)["csrf"];
  EXPECT_EQ(lake().ask(session, "GET", "/api/v1/me").status, 200);
  EXPECT_EQ(lake().ask(session, "DELETE", "/api/v1/session").status, 204);
  EXPECT_EQ(lake().ask(session, "GET", "/api/v1/me").status, 401);
}

TEST(Service, AWriteNeedsItsTokenAndComesFromHere) {
  auto request = ServedLake::request_of("PATCH", "/api/v1/me", R"json({"locale":"en"})json");
  request.headers["cookie"] = "centavo=" + admin().secret;
  EXPECT_EQ(lake().handle(request).status, 403);
  request.headers["x-csrf-token"] = admin().csrf;
  EXPECT_EQ(lake().handle(request).status, 200);
  request.headers["origin"] = "https://elsewhere.test";
  EXPECT_EQ(lake().handle(request).status, 403);
  request.headers["origin"] = "http://centavo.test";
  EXPECT_EQ(lake().handle(request).status, 200);
  request.headers["sec-fetch-site"] = "cross-site";
  EXPECT_EQ(lake().handle(request).status, 403);
}

TEST(Service, AnotherTenantIsNotThere) {
  const auto vera = person(Role::viewer);
  for (const Route& route : lake().service->router().routes()) {
    if (route.needs != Needs::tenant) continue;
    std::string path = "/api/v1" + route.pattern;
    for (std::size_t at; (at = path.find('{')) != std::string::npos;)
      path.replace(at, path.find('}') - at + 1, path.substr(at, 7) == "{tenant" ? "beta" : "1");
    const auto other = lake().ask(vera, route.method, path, route.method == "GET" ? "" : "{}");
    EXPECT_EQ(other.status, 404) << path;
    std::string none = path;
    none.replace(none.find("beta"), 4, "none");
    const auto nowhere = lake().ask(vera, route.method, none, route.method == "GET" ? "" : "{}");
    std::string said = body_of(nowhere);
    for (std::size_t at; (at = said.find("none")) != std::string::npos;) said.replace(at, 4, "beta");
    EXPECT_EQ(body_of(other), said) << "a tenant of others is told from one that is not there";
  }
}

// role × route: what each role of acme may. 200 stands for "allowed": the answer may still say that the words are off.
TEST(Service, RolesMayWhatTheirRightsSay) {
  struct Row {
    const char* method;
    const char* path;
    const char* body;
    const char* roles;   // of viewer, analyst, scientist, engineer, admin: y may, n may not
  };
  const Row rows[] = {
      {"GET", "/t/acme/meta", "", "yyyyy"},
      {"GET", "/t/acme/overview", "", "yyyyy"},
      {"GET", "/t/acme/cost", "", "yyyyy"},
      {"GET", "/t/acme/pivot", "", "yyyyy"},
      {"GET", "/t/acme/lines", "", "yyyyy"},
      {"GET", "/t/acme/reconcile", "", "yyyyy"},
      {"GET", "/t/acme/periods", "", "yyyyy"},
      {"GET", "/t/acme/tables", "", "yyyyy"},
      {"GET", "/t/acme/tables/gold.cost_by_day", "", "yyyyy"},
      {"GET", "/t/acme/tables/silver.aws_cost_and_usage", "", "nnyyy"},
      {"GET", "/t/acme/tables/silver.aws_cost_and_usage/sample", "", "nnyyy"},
      {"GET", "/t/acme/tables/bronze.aws_cur_line_items", "", "nnnyy"},
      {"GET", "/t/acme/quarantine/bronze.aws_cur_line_items", "", "nnnyy"},
      {"POST", "/t/acme/sql", R"json({"sql":"select 1"})json", "nyyyy"},
      {"POST", "/t/acme/runs", R"json({"period":"never"})json", "nnnyy"},
      {"POST", "/t/acme/releases/1/rollback", "{}", "nnnyy"},
      {"POST", "/t/acme/certificates", R"json({"period":"never"})json", "nnnyy"},
      {"POST", "/t/acme/periods/never/close", "{}", "nnnny"},
      {"POST", "/t/acme/statements", R"json({"period":"never"})json", "nnnny"},
      {"GET", "/users", "", "nnnnn"},
      {"GET", "/audit", "", "nnnnn"},
      {"POST", "/users", "{}", "nnnnn"},
      {"GET", "/tokens", "", "yyyyy"},
  };
  const Role roles[] = {Role::viewer, Role::analyst, Role::scientist, Role::engineer, Role::admin};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < 5; ++i) {
      const auto response = lake().ask(person(roles[i]), row.method, std::string("/api/v1") + row.path, row.body);
      const bool refused = response.status == 403 || response.status == 404;
      EXPECT_EQ(refused, row.roles[i] == 'n') << access::name_of(roles[i]) << " " << row.method << " " << row.path
                                              << ": " << response.status << " " << body_of(response);
      EXPECT_LT(response.status, 500) << row.path << " " << body_of(response);
    }
  }
}

TEST(Service, SqlSeesTheLayersOfTheRoleAndNothingElse) {
  const auto ask = [&](Role role, const std::string& sql) {
    return lake().ask(person(role), "POST", "/api/v1/t/acme/sql", Json({{"sql", sql}}).dump());
  };
  EXPECT_EQ(ask(Role::analyst, "select count(*) from gold.cost_by_day").status, 200);
  EXPECT_NE(ask(Role::analyst, "select count(*) from silver.focus_cost_and_usage").status, 200);
  EXPECT_EQ(ask(Role::scientist, "select count(*) from silver.focus_cost_and_usage").status, 200);
  EXPECT_NE(ask(Role::scientist, "select count(*) from bronze.aws_cur_line_items").status, 200);
  EXPECT_EQ(ask(Role::engineer, "select count(*) from bronze.aws_cur_line_items").status, 200);
  for (const char* sql :
       {"select * from read_text('/etc/passwd')json", "select * from '/etc/passwd'", "copy (select 1) to '/etc/x'",
        "select * from duckdb_views()json", "select * from duckdb_settings()json",
        "select getvariable('centavo_mask_key')", "attach '/etc/x.db'", "install httpfs", "select 1; select 2",
        "pragma database_list", "select * from glob('/*')json", "set memory_limit = '1TB'",
        "select * from information_schema.views"}) {
    const auto response = ask(Role::admin, sql);
    const std::string body = body_of(response);
    EXPECT_TRUE(response.status == 400 || response.status == 403 || body.find("null") != std::string::npos)
        << sql << ": " << response.status << " " << body;
    EXPECT_THAT(body, Not(HasSubstr("root:x:"))) << sql;
    EXPECT_THAT(body, Not(HasSubstr(lake().dir.string()))) << sql;
  }
}

TEST(Service, SqlIsBounded) {
  const auto many =
      lake().ask(admin(), "POST", "/api/v1/t/acme/sql", R"json({"sql":"select * from range(100000)","limit":100})json");
  ASSERT_EQ(many.status, 200) << body_of(many);
  EXPECT_EQ(json_of(many)["rows"].size(), 100U);
  EXPECT_EQ(json_of(many)["truncated"], true);
  const auto slow = lake().ask(
      admin(), "POST", "/api/v1/t/acme/sql",
      R"json({"sql":"select count(*) from range(100000000) a, range(1000000) b where a.range = b.range + 1","timeout":1})json");
  EXPECT_EQ(slow.status, 422) << body_of(slow);
}

// What fails in a person's SQL is said to them, and is no fault of the server.
TEST(Service, SqlThatFailsSaysWhatFailed) {
  for (const auto& [sql, words] :
       {std::pair("select 'x'::int", "Could not convert string 'x'"), std::pair("select error('not so')", "not so"),
        std::pair("select (range + 0.5)::tinyint from range(1000)", "")}) {
    const auto page = lake().ask(admin(), "POST", "/api/v1/t/acme/sql", Json({{"sql", sql}}).dump());
    EXPECT_EQ(page.status, 400) << sql << " " << body_of(page);
    EXPECT_THAT(body_of(page), HasSubstr(words)) << sql;
    const auto file = lake().ask(admin(), "POST", "/api/v1/t/acme/sql?format=csv", Json({{"sql", sql}}).dump());
    EXPECT_THAT(body_of(file), HasSubstr(words)) << sql;
  }
}

TEST(Service, MaskedColumnsStayMaskedWhateverIsAsked) {
  const auto engineer = lake().session("eva", {{Role::engineer, "loja"}});
  const auto clear = lake().session("carla", {{Role::engineer, "loja"}});
  ServedLake::must(lake().service->people().unmask("carla", {"loja", "silver.retail_customers", "email_masked"}));
  const auto ask = [&](const access::Session& who) {
    return json_of(lake().ask(
        who, "POST", "/api/v1/t/loja/sql",
        R"json({"sql":"select email_masked from silver.retail_customers where email_masked is not null order by 1 limit 5"})json"));
  };
  EXPECT_EQ(ask(engineer)["rows"].size(), 5U);
  const auto page = json_of(lake().ask(engineer, "GET", "/api/v1/t/loja/tables/silver.retail_customers"));
  bool masked = false;
  for (const auto& column : page["columns"])
    masked = masked || (column["name"] == "cpf_masked" && column["masked"] == true);
  EXPECT_TRUE(masked);
  const auto theirs = json_of(lake().ask(clear, "GET", "/api/v1/t/loja/tables/silver.retail_customers"));
  for (const auto& column : theirs["columns"]) {
    if (column["name"] == "email_masked") {
      EXPECT_EQ(column["masked"], false);
    }
  }
}

TEST(Service, RowsOfCostAddUpToItsTotalAndTheOverviewSaysTheSame) {
  const auto cost = json_of(lake().ask(admin(), "GET", "/api/v1/t/acme/cost?by=ServiceName&m=BilledCost"));
  std::vector<std::string> values, series;
  for (const auto& row : cost["rows"]) values.push_back(row["value"]);
  ASSERT_GT(values.size(), 3U);
  EXPECT_EQ(sum_of(values), cost["total"]);
  for (const auto& row : cost["series"]["rows"]) {
    for (const auto& value : row["values"]) series.push_back(value);
  }
  EXPECT_EQ(sum_of(series), cost["total"]);
  const auto overview = json_of(lake().ask(admin(), "GET", "/api/v1/t/acme/overview?m=BilledCost"));
  EXPECT_EQ(overview["total"], cost["total"]);
  const auto sql = json_of(lake().ask(
      admin(), "POST", "/api/v1/t/acme/sql",
      R"json({"sql":"select sum(BilledCost) from gold.cost_by_month where billing_period = (select max(billing_period) from gold.cost_by_month)"})json"));
  EXPECT_EQ(sum_of({sql["rows"][0][0].get<std::string>()}), cost["total"]);
}

std::string etag_of(const http::Response& response) {
  for (const auto& [name, value] : response.headers) {
    if (name == "ETag") return value;
  }
  return {};
}

// What the tenant's people have asked and wait for behind the requests, until it is done; at most five seconds.
bool wait_until(const std::function<bool()>& is_so) {
  for (int i = 0; i < 500 && !is_so(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return is_so();
}

TEST(Service, WhoHasTheAnswerIsToldSo) {
  const auto first = lake().ask(admin(), "GET", "/api/v1/t/acme/cost?by=RegionId");
  const std::string etag = etag_of(first);
  ASSERT_FALSE(etag.empty());
  auto request = ServedLake::request_of("GET", "/api/v1/t/acme/cost?by=RegionId", "");
  request.headers["cookie"] = "centavo=" + admin().secret;
  request.headers["if-none-match"] = etag;
  EXPECT_EQ(lake().handle(request).status, 304);
  // Another person's answer has another tag when they see other layers.
  request.headers["cookie"] = "centavo=" + person(Role::viewer).secret;
  EXPECT_EQ(lake().handle(request).status, 200);
}

TEST(Service, AnOverviewIsKeptUntilSomethingOfItChanges) {
  const std::string path = "/api/v1/t/beta/overview";
  const auto first = lake().ask(admin(), "GET", path);
  const auto again = lake().ask(admin(), "GET", path);
  ASSERT_EQ(first.status, 200) << body_of(first);
  EXPECT_EQ(first.shared_body, again.shared_body) << "made once";
  const auto meta = json_of(lake().ask(admin(), "GET", "/api/v1/t/beta/meta"));
  const std::string month = meta["periods"].back()["period"];
  const auto sealed = lake().ask(admin(), "POST", "/api/v1/t/beta/certificates", Json{{"period", month}}.dump());
  ASSERT_EQ(sealed.status, 201) << body_of(sealed);
  const auto after = lake().ask(admin(), "GET", path);
  EXPECT_NE(etag_of(after), etag_of(first));
  EXPECT_EQ(json_of(after)["certificate"]["period"], month);
  EXPECT_EQ(json_of(after)["total"], json_of(first)["total"]);
  EXPECT_EQ(json_of(lake().ask(admin(), "GET", "/api/v1/t/beta/meta"))["certificate"]["period"], month);
}

TEST(Service, WhatIsKeptIsForThoseWhoSeeTheSame) {
  const std::string path = "/api/v1/t/acme/cost?by=ServiceName&p=all";
  const auto by_viewer = lake().ask(person(Role::viewer), "GET", path);
  const auto by_analyst = lake().ask(person(Role::analyst), "GET", path);
  const auto by_scientist = lake().ask(person(Role::scientist), "GET", path);
  EXPECT_EQ(by_viewer.shared_body, by_analyst.shared_body);
  EXPECT_NE(by_viewer.shared_body, by_scientist.shared_body);
  EXPECT_NE(etag_of(by_viewer), etag_of(by_scientist));
  EXPECT_EQ(lake().ask(person(Role::scientist), "GET", "/api/v1/t/acme/cost?by=ResourceId").status, 200);
  EXPECT_EQ(lake().ask(person(Role::viewer), "GET", "/api/v1/t/acme/cost?by=ResourceId").status, 403);
}

TEST(Service, BehindTheFirstQuestionChargesAreTakenIntoMemory) {
  Service& service = *lake().service;
  const auto who = admin();
  const auto from_files = json_of(lake().ask(who, "GET", "/api/v1/t/beta/cost?by=SkuId,RegionId&p=all"));
  ASSERT_EQ(from_files["table"], "silver.focus_cost_and_usage");
  ASSERT_TRUE(wait_until([&] { return service.warming().under_way() == 0; }));
  OpenTenant open = ServedLake::must(service.open_tenant("beta"));
  const auto holdings = ServedLake::must(service.readers().holdings(open, 0, access::sight_of(who.who, "beta")));
  EXPECT_EQ(holdings->held_months.size(), holdings->periods.size());
  EXPECT_GT(service.readers().held_bytes(), 0);
  const auto from_memory = json_of(lake().ask(who, "GET", "/api/v1/t/beta/cost?by=SkuId,RegionId&p=all&c=prev"));
  EXPECT_EQ(from_memory, from_files);
}

TEST(Service, WhatWasAskedIsAnsweredForANewReleaseBeforeSomebodyAsks) {
  Service& service = *lake().service;
  const std::string path = "/api/v1/t/beta/cost?by=RegionId&m=ListCost";
  const auto before = json_of(lake().ask(admin(), "GET", path));
  OpenTenant open = ServedLake::must(service.open_tenant("beta"));
  Release next = ServedLake::must(release(open.lake.store(), "beta"));
  const std::size_t bytes = service.answers().bytes();
  next = ServedLake::must(publish(open.lake.store(), "beta", next));
  ASSERT_TRUE(wait_until([&] { return service.answers().bytes() > bytes; }));
  const auto after = json_of(lake().ask(admin(), "GET", path));
  EXPECT_EQ(after["release"], next.number);
  EXPECT_EQ(after["total"], before["total"]);
}

// A value may hold what stands between values: it must not come to be another question's answer.
TEST(Service, AnAnswerIsKeptForItsOwnQuestionWhateverItsWordsHold) {
  const auto asked = [&](const std::string& query) {
    return lake().ask(admin(), "GET", "/api/v1/t/acme/cost?by=ServiceName&c=none&" + query);
  };
  // The first is asked by who wants the second to be wrong for everybody.
  const auto one = asked("f.RegionId=a%0Af.ServiceName=b"), both = asked("f.RegionId=a&f.ServiceName=b");
  ASSERT_EQ(one.status, 200) << body_of(one);
  ASSERT_EQ(both.status, 200) << body_of(both);
  EXPECT_NE(etag_of(one), etag_of(both));
  EXPECT_EQ(etag_of(both), etag_of(asked("f.ServiceName=b&f.RegionId=a")));   // the order changes nothing
}

TEST(Service, ExportsHoldTheSameRows) {
  const auto cost = json_of(lake().ask(admin(), "GET", "/api/v1/t/acme/cost?by=ServiceName&m=BilledCost&c=none"));
  const std::string csv =
      body_of(lake().ask(admin(), "GET", "/api/v1/t/acme/cost?by=ServiceName&m=BilledCost&c=none&format=csv"));
  for (const auto& row : cost["rows"]) EXPECT_THAT(csv, HasSubstr(row["value"].get<std::string>()));
  for (const char* format : {"csv", "csvbr", "jsonl", "xlsx", "parquet"}) {
    for (const char* path : {"cost?", "pivot?", "lines?", "allocated?", "commitments?", "reconcile?p=all&"}) {
      const auto response = lake().ask(admin(), "GET", fmt::format("/api/v1/t/acme/{}format={}", path, format));
      const std::string body = body_of(response);
      EXPECT_EQ(response.status, 200) << path << format << " " << body.substr(0, 300);
      EXPECT_THAT(body, Not(HasSubstr("\nERROR "))) << path << format;
      EXPECT_GT(body.size(), 20U) << path << format;
    }
  }
}

TEST(Service, ATokenDoesNoMoreThanItsScope) {
  const auto made = json_of(lake().ask(admin(), "POST", "/api/v1/tokens",
                                       R"json({"name":"t","scopes":["read"],"tenant":"acme","days":1})json"));
  const auto with_token = [&](const std::string& method, const std::string& target, const std::string& body = {}) {
    auto request = ServedLake::request_of(method, target, body);
    request.headers["authorization"] = "Bearer " + made["token"].get<std::string>();
    return lake().handle(request).status;
  };
  EXPECT_EQ(with_token("GET", "/api/v1/t/acme/cost"), 200);
  EXPECT_EQ(with_token("GET", "/api/v1/t/beta/cost"), 404);
  EXPECT_EQ(with_token("POST", "/api/v1/t/acme/runs", "{}"), 403);
  EXPECT_EQ(with_token("GET", "/api/v1/users"), 403);
  EXPECT_EQ(with_token("POST", "/api/v1/tokens", R"json({"name":"x","scopes":["read"]})json"), 403);
  EXPECT_EQ(lake().ask(admin(), "DELETE", "/api/v1/tokens/" + made["id"].get<std::string>()).status, 204);
  EXPECT_EQ(with_token("GET", "/api/v1/t/acme/cost"), 401);
}

TEST(Service, ARunIsAJobThatIsFollowed) {
  const auto started = lake().ask(admin(), "POST", "/api/v1/t/acme/runs", "{}");
  ASSERT_EQ(started.status, 202) << body_of(started);
  const std::string id = json_of(started)["job"];
  const auto events = lake().ask(admin(), "GET", "/api/v1/jobs/" + id + "/events");
  ASSERT_TRUE(events.events);
  const auto stream = std::make_shared<Listener>();
  events.events(stream);
  for (int i = 0; i < 600 && !stream->closed.load(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_TRUE(stream->closed.load());
  const auto job = json_of(lake().ask(admin(), "GET", "/api/v1/jobs/" + id));
  EXPECT_EQ(job["state"], "done") << job.dump();
  EXPECT_EQ(lake().ask(lake().session("bruno", {{Role::viewer, "beta"}}), "GET", "/api/v1/jobs/" + id).status, 404);
}

// A copy of the lake that a test may harm, with a service of its own and one who manages it.
class Copy {
 public:
  explicit Copy(const std::function<void(ServiceOptions&)>& set = {}) {
    dir_ = std::filesystem::temp_directory_path() / fmt::format("centavo-copy-{}-{}", getpid(), ++number_);
    std::filesystem::copy(lake().dir, dir_, std::filesystem::copy_options::recursive);
    for (const char* name : {"access.sqlite", "access.sqlite-wal", "access.sqlite-shm"})
      std::filesystem::remove(dir_ / name);
    ServiceOptions options;
    options.lake_dir = dir_.string();
    if (set) set(options);
    service_ = ServedLake::must(Service::open(options));
    access::User ana;
    ana.id = "ana";
    ana.roles = {{Role::admin, "*"}};
    ServedLake::must(service_->people().add_user(ana));
    ana_ = ServedLake::must(service_->people().follow_link(ServedLake::must(service_->people().make_link("ana"))));
  }
  ~Copy() {
    service_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(dir_, ignored);
  }
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;

  const std::filesystem::path& dir() const { return dir_; }
  Service& service() { return *service_; }
  http::Response ask(const std::string& method, const std::string& target, const std::string& body = {}) {
    http::Request request = ServedLake::request_of(method, target, body);
    request.headers["cookie"] = "centavo=" + ana_.secret;
    request.headers["x-csrf-token"] = ana_.csrf;
    const Cancel never;
    return service_->handle(request, never);
  }

 private:
  static inline int number_ = 0;
  std::filesystem::path dir_;
  std::unique_ptr<Service> service_;
  access::Session ana_;
};

std::string sql_body(const std::string& sql) { return Json({{"sql", sql}}).dump(); }

TEST(Service, FilesThatAreRemovedWhileTheyAreReadAreAClearProblemWithoutAPath) {
  Copy copy;
  ASSERT_EQ(copy.ask("POST", "/api/v1/t/acme/sql", sql_body("select count(*) from gold.cost_by_day")).status, 200);
  const auto begun = copy.ask("POST", "/api/v1/t/acme/sql?format=csv", sql_body("select * from gold.cost_by_month"));
  for (const auto& each : std::filesystem::recursive_directory_iterator(copy.dir() / "tenants" / "acme" / "gold")) {
    if (each.path().extension() == ".parquet") std::filesystem::remove(each.path());
  }
  for (const auto& response :
       {copy.ask("POST", "/api/v1/t/acme/sql", sql_body("select max(BilledCost) from gold.cost_by_day")),
        copy.ask("GET", "/api/v1/t/acme/cost?by=RegionId"),
        copy.ask("GET", "/api/v1/t/acme/tables/gold.cost_by_day/sample")}) {
    EXPECT_EQ(response.status, 409) << body_of(response);
    EXPECT_THAT(body_of(response), Not(HasSubstr(copy.dir().string())));
    EXPECT_THAT(body_of(response), HasSubstr("removed while it was read"));
  }
  ASSERT_TRUE(begun.stream);
  EXPECT_THAT(body_of(begun), Not(HasSubstr(copy.dir().string())));
  EXPECT_THAT(body_of(begun), HasSubstr("removed while it was read"));
  EXPECT_EQ(copy.ask("GET", "/api/v1/t/beta/cost").status, 200);   // others go on
}

TEST(Service, AFileTakesNoLongerThanFilesMay) {
  Copy copy([](ServiceOptions& options) { options.export_time = std::chrono::seconds(1); });
  const auto file =
      copy.ask("POST", "/api/v1/t/acme/sql?format=csv",
               sql_body("select count(*) from range(100000000) a, range(1000000) b where a.range = b.range + 1"));
  ASSERT_TRUE(file.stream) << body_of(file);
  EXPECT_THAT(body_of(file), HasSubstr("the file took longer than 1 seconds"));
}

TEST(Service, OnePersonHasSoManyQueriesAndFilesAtATime) {
  Copy copy;
  const auto file = [&] { return copy.ask("POST", "/api/v1/t/acme/sql?format=csv", sql_body("select 1")); };
  {
    std::vector<http::Response> open;
    for (int i = 0; i < Turns::kOfOneMost; ++i) {
      open.push_back(file());
      ASSERT_EQ(open.back().status, 200);
    }
    EXPECT_EQ(file().status, 503);
    EXPECT_EQ(copy.ask("POST", "/api/v1/t/acme/sql", sql_body("select 1")).status, 503);
    EXPECT_EQ(copy.ask("GET", "/api/v1/t/acme/cost").status, 200);   // pages go on
  }
  EXPECT_EQ(file().status, 200);
}

TEST(Service, AskingForReleasesThatAreNotThereClosesNoneThatIs) {
  Copy copy;
  OpenTenant open = ServedLake::must(copy.service().open_tenant("acme"));
  const auto before = ServedLake::must(copy.service().readers().holdings(open, 0, access::whole_sight()));
  for (std::int64_t release = 1000; release < 1000 + 3 * static_cast<std::int64_t>(Readers::kMost); ++release)
    EXPECT_FALSE(copy.service().readers().open(open, release, access::whole_sight()));
  EXPECT_EQ(ServedLake::must(copy.service().readers().holdings(open, 0, access::whole_sight())), before);
}

// As on a full disk, or beside a long write: what the service notes for itself keeps nobody from reading.
TEST(Service, WhatCannotBeNotedKeepsNobodyFromReading) {
  Copy copy;
  SqlDb catalog = ServedLake::must(SqlDb::open((copy.dir() / "catalog.sqlite").string()));
  SqlDb people = ServedLake::must(SqlDb::open((copy.dir() / "access.sqlite").string()));
  const auto writes = ServedLake::must(catalog.begin());
  const auto others = ServedLake::must(people.begin());
  EXPECT_EQ(copy.ask("POST", "/api/v1/t/acme/sql", sql_body("select 1")).status, 200);
  EXPECT_EQ(copy.ask("GET", "/api/v1/t/acme/cost").status, 200);
}

TEST(Service, ATokenChangesNeitherItsOwnerNorOtherTokens) {
  const auto made =
      json_of(lake().ask(admin(), "POST", "/api/v1/tokens", R"json({"name":"t","scopes":["admin"],"days":1})json"));
  const auto other =
      json_of(lake().ask(admin(), "POST", "/api/v1/tokens", R"json({"name":"o","scopes":["read"],"days":1})json"));
  const auto with_token = [&](const std::string& method, const std::string& target, const std::string& body) {
    auto request = ServedLake::request_of(method, target, body);
    request.headers["authorization"] = "Bearer " + made["token"].get<std::string>();
    return lake().handle(request).status;
  };
  EXPECT_EQ(with_token("PATCH", "/api/v1/me", R"json({"locale":"pt-BR"})json"), 403);
  EXPECT_EQ(with_token("DELETE", "/api/v1/tokens/" + other["id"].get<std::string>(), ""), 403);
  EXPECT_EQ(lake().ask(admin(), "DELETE", "/api/v1/tokens/" + other["id"].get<std::string>()).status, 204);
}

TEST(Service, ALinkIsNotUsedUpByWhoOnlyLooksAtIt) {
  access::User person;
  person.id = "linus";
  ServedLake::must(lake().service->people().add_user(person));
  const std::string path = "/link/" + ServedLake::must(lake().service->people().make_link("linus"));
  EXPECT_EQ(lake().handle(ServedLake::request_of("HEAD", path, "")).status, 405);
  const auto followed = lake().handle(ServedLake::request_of("GET", path, ""));
  EXPECT_EQ(followed.status, 303);
  EXPECT_THAT(followed.headers, ::testing::Contains(::testing::Pair("Location", "/welcome")));
}

TEST(Service, StrangersDoNotFillTheAudit) {
  Copy copy;
  const auto entries = [&] { return ServedLake::must(copy.service().people().verify_audit()).entries; };
  const auto before = entries();
  const Cancel never;
  for (int i = 0; i < 200; ++i)
    EXPECT_EQ(copy.service().handle(ServedLake::request_of("GET", "/link/none", ""), never).status, 303);
  EXPECT_LE(entries() - before, 20);
  EXPECT_GE(entries() - before, 1);
}

TEST(Service, MetricsBehindAProxyOfThisMachineAreForNobodyElse) {
  auto request = ServedLake::request_of("GET", "/metrics", "");
  request.headers["x-forwarded-for"] = "192.0.2.1";
  EXPECT_EQ(lake().handle(request).status, 401);
}

TEST(Service, WritesAreInTheAuditAndItsChainHolds) {
  lake().ask(person(Role::viewer), "POST", "/api/v1/t/acme/runs", "{}");
  const auto audit = json_of(lake().ask(admin(), "GET", "/api/v1/audit?action=run.start"));
  ASSERT_FALSE(audit["entries"].empty());
  EXPECT_EQ(audit["entries"][0]["outcome"], "refused");
  EXPECT_EQ(audit["entries"][0]["user"], "viewer-of-acme");
  EXPECT_EQ(audit["chain"]["holds"], true);
}

TEST(Service, HealthReadinessMetricsAndTheDocumentAnswer) {
  EXPECT_EQ(lake().handle(ServedLake::request_of("GET", "/healthz", "")).status, 200);
  EXPECT_EQ(lake().handle(ServedLake::request_of("GET", "/readyz", "")).status, 200);
  const auto metrics = lake().handle(ServedLake::request_of("GET", "/metrics", ""));
  EXPECT_EQ(metrics.status, 200);
  EXPECT_THAT(body_of(metrics), HasSubstr("centavo_source_age_seconds{"));
  auto far = ServedLake::request_of("GET", "/metrics", "");
  far.remote = "192.0.2.1";
  EXPECT_EQ(lake().handle(far).status, 401);
  const auto document = json_of(lake().handle(ServedLake::request_of("GET", "/api/v1/openapi.json", "")));
  EXPECT_EQ(document["openapi"], "3.1.0");
  EXPECT_GT(document["paths"].size(), 30U);
}

TEST(Service, EveryPathOfTheDocumentAnswersAnAdministratorWithoutAFault) {
  for (const Route& route : lake().service->router().routes()) {
    if (route.method != "GET") continue;
    std::string path = "/api/v1" + route.pattern;
    for (std::size_t at; (at = path.find('{')) != std::string::npos;) {
      const std::string part = path.substr(at, path.find('}') - at + 1);
      path.replace(at, part.size(),
                   part == "{tenant}"      ? "acme"
                   : part == "{dimension}" ? "ServiceName"
                   : part == "{table}"     ? "gold.cost_by_day"
                   : part == "{user}"      ? "ana"
                                           : "1");
    }
    const auto response = lake().ask(admin(), "GET", path);
    EXPECT_LT(response.status, 500) << path << " " << body_of(response);
  }
}

}  // namespace
}  // namespace centavo::serve
