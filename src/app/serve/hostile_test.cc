/// \file app/serve/hostile_test.cc
/// Many requests of people who see one tenant only, made of the API's own words and of noise: nothing crashes, nothing
/// is a fault of ours, and no byte of another tenant comes back. CENTAVO_HOSTILE_REQUESTS says how many (default 3,000;
/// a million for a night, under PRESET=dev).

#include <cstdlib>
#include <random>

#include <gtest/gtest.h>

#include "app/serve/served_lake_testing.h"

namespace centavo::serve {
namespace {

using access::Role;

class Noise {
 public:
  explicit Noise(std::uint64_t seed) : random_(seed) {}
  std::size_t below(std::size_t n) { return n == 0 ? 0 : random_() % n; }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <class T>
  const T& of(const std::vector<T>& list) {
    return list[below(list.size())];
  }
  std::string bytes(std::size_t most) {
    std::string out;
    for (std::size_t i = below(most); i > 0; --i) out.push_back(static_cast<char>(random_()));
    return out;
  }

 private:
  std::mt19937_64 random_;
};

const std::vector<std::string>& words() {
  static const std::vector<std::string> list = {"acme",
                                                "beta",
                                                "loja",
                                                "*",
                                                "..",
                                                "%2e%2e",
                                                "",
                                                "0",
                                                "1",
                                                "-1",
                                                "99999999999999999999",
                                                "last",
                                                "prev",
                                                "yoy",
                                                "none",
                                                "all",
                                                "12m",
                                                "2026-09",
                                                "2026-10",
                                                "2026-13",
                                                "2026-09..2026-10",
                                                "2026-09-01..2026-09-15",
                                                "0001-01-01",
                                                "BilledCost",
                                                "EffectiveCost",
                                                "ListCost",
                                                "charge_count",
                                                "ServiceName",
                                                "SubAccountId",
                                                "RegionId",
                                                "month",
                                                "day",
                                                "tag:team",
                                                "vtag:cost_centre",
                                                "tag:",
                                                "vtag:'; drop table x; --",
                                                "ServiceName,RegionId,month",
                                                "-value",
                                                "(none)",
                                                "(other)",
                                                "USD",
                                                "BRL",
                                                "XXX",
                                                "csv",
                                                "xlsx",
                                                "parquet",
                                                "jsonl",
                                                "csvbr",
                                                "exe",
                                                "gold.cost_by_day",
                                                "silver.focus_cost_and_usage",
                                                "silver.aws_cost_and_usage",
                                                "bronze.aws_cur_line_items",
                                                "gold.x",
                                                "raw.x",
                                                "tenants/beta/gold/cost_by_day",
                                                "../beta",
                                                "' or 1=1 --",
                                                "\" or \"\"=\"",
                                                "select 1",
                                                "BilledCost:sum",
                                                "BilledCost:max",
                                                "BilledCost:avg",
                                                "a,b,c,d,e,f",
                                                "\xff\xfe",
                                                "\xf0\x9f\x92\xa9",
                                                std::string("\0x", 2)};
  return list;
}

const std::vector<std::string>& names() {
  static const std::vector<std::string> list = {"p",
                                                "c",
                                                "m",
                                                "cur",
                                                "by",
                                                "g",
                                                "sort",
                                                "rel",
                                                "crel",
                                                "limit",
                                                "q",
                                                "r",
                                                "k",
                                                "val",
                                                "subtotals",
                                                "cursor",
                                                "format",
                                                "lines",
                                                "a",
                                                "b",
                                                "all",
                                                "f.ServiceName",
                                                "x.ServiceName",
                                                "f.tag:team",
                                                "f.vtag:cost_centre",
                                                "f.SubAccountId",
                                                "f.nothing",
                                                "f.",
                                                "user",
                                                "tenant",
                                                "action"};
  return list;
}

const std::vector<std::string>& statements() {
  static const std::vector<std::string> list = {
      "select * from gold.cost_by_day limit 5",
      "select * from beta.gold.cost_by_day",
      "select * from \"beta\".x",
      "from gold.cost_by_month",
      "select * from silver.focus_cost_and_usage limit 1",
      "select * from parquet_scan('x')",
      "select * from duckdb_tables()",
      "select * from pragma_show_tables()",
      "show tables",
      "describe gold.cost_by_day",
      "select unnest(range(10))",
      "with recursive t as (select 1 x union all select x + 1 from t where x < 50) select * from t",
      "select current_setting('allowed_paths')",
      "explain select 1",
      "select",
      "",
      ";",
      "select 1/0",
      "select 'x'::int",
      "select repeat('x', 1000000)",
      "select * from gold.cost_by_day a, gold.cost_by_day b limit 3",
      "select error('x')",
      "select getenv('HOME')",
      "call pragma_version()",
      "select * from information_schema.tables"};
  return list;
}

std::string body_for(Noise& noise) {
  if (noise.one_in(4)) return noise.bytes(200);
  Json body = Json::object();
  for (const char* key :
       {"sql",   "limit", "timeout", "rel",  "period", "full",   "note",   "mode", "user", "password", "id",    "name",
        "roles", "role",  "tenant",  "kind", "table",  "column", "scopes", "days", "new",  "old",      "locale"}) {
    if (!noise.one_in(3)) continue;
    switch (noise.below(5)) {
      case 0: body[key] = noise.of(words()); break;
      case 1: body[key] = static_cast<std::int64_t>(noise.below(100000)) - 5; break;
      case 2: body[key] = noise.one_in(2); break;
      case 3: body[key] = Json::array({noise.of(words()), 1, nullptr}); break;
      default: body[key] = noise.of(statements());
    }
  }
  if (noise.one_in(2)) body["sql"] = noise.of(statements());
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

http::Request request_for(Noise& noise, const std::vector<Route>& routes) {
  const Route& route = noise.of(routes);
  std::string path = "/api/v1" + route.pattern;
  for (std::size_t at; (at = path.find('{')) != std::string::npos;) {
    const std::string part = path.substr(at, path.find('}') - at + 1);
    path.replace(at, part.size(), part == "{tenant}" && !noise.one_in(4) ? "acme" : noise.of(words()));
  }
  if (noise.one_in(30)) path += noise.bytes(20);
  static const std::vector<std::string> methods = {"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "TRACE"};
  const std::string& method = noise.one_in(12) ? noise.of(methods) : route.method;
  http::Request request = ServedLake::request_of(method, "/", route.method == "GET" ? "" : body_for(noise));
  // As the server hands it on, also where its parser would have refused: what stands between slashes is one segment.
  request.path = path;
  for (std::size_t begin = 1; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    request.segments.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  for (std::size_t i = noise.below(6); i > 0; --i)
    request.query.emplace_back(noise.of(names()), noise.one_in(10) ? noise.bytes(40) : noise.of(words()));
  if (noise.one_in(20)) request.headers["if-none-match"] = noise.bytes(40);
  if (noise.one_in(20)) request.headers["authorization"] = "Bearer " + noise.bytes(60);
  if (noise.one_in(20)) request.headers["content-type"] = noise.bytes(20);
  return request;
}

// What only beta's and the shop's data hold.
std::vector<std::string> marks_of_others() {
  auto& lake = ServedLake::get();
  const auto ana = lake.session("ana-hostile", {{Role::admin, "*"}});
  std::vector<std::string> out;
  const auto collect = [&](const std::string& tenant, const std::string& sql) {
    const auto parsed = parse_json(
        body_of(lake.ask(ana, "POST", "/api/v1/t/" + tenant + "/sql", Json({{"sql", sql}, {"limit", 5000}}).dump())));
    for (const auto& row : (*parsed)["rows"]) {
      if (row[0].is_string() && row[0].get<std::string>().size() >= 8) out.push_back(row[0]);
    }
  };
  collect("beta", "select distinct SubAccountId from gold.cost_by_day");
  collect("beta", "select distinct ResourceId from silver.focus_cost_and_usage where ResourceId is not null");
  collect("loja", "select distinct customer_id from silver.retail_customers");
  collect("loja", "select distinct cpf_masked from silver.retail_customers");
  return out;
}

TEST(Hostile, ManyRequestsCrashNothingAndShowNothingOfOthers) {
  auto& lake = ServedLake::get();
  const char* asked = std::getenv("CENTAVO_HOSTILE_REQUESTS");
  const std::int64_t count = asked == nullptr ? 3000 : std::atoll(asked);
  const char* seeded = std::getenv("CENTAVO_HOSTILE_SEED");
  Noise noise(seeded == nullptr ? 1 : static_cast<std::uint64_t>(std::atoll(seeded)));
  const auto marks = marks_of_others();
  ASSERT_GT(marks.size(), 20U);
  const std::vector<access::Session> people = {
      lake.session("h-viewer", {{Role::viewer, "acme"}}), lake.session("h-analyst", {{Role::analyst, "acme"}}),
      lake.session("h-scientist", {{Role::scientist, "acme"}}), lake.session("h-engineer", {{Role::engineer, "acme"}})};
  // Not what would make the next request meaningless: signing out and setting the password.
  std::vector<Route> routes;
  for (const Route& route : lake.service->router().routes()) {
    if (route.pattern == "/session" || route.pattern == "/me/password") continue;
    routes.push_back(route);
  }
  std::map<int, std::int64_t> statuses;
  std::int64_t bytes = 0, leaks = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    http::Request request = request_for(noise, routes);
    const auto& who = noise.of(people);
    if (!noise.one_in(25)) request.headers["cookie"] = "centavo=" + who.secret;
    if (!noise.one_in(25)) request.headers["x-csrf-token"] = who.csrf;
    const http::Response response = lake.handle(request);
    const std::string body = body_of(response);
    bytes += static_cast<std::int64_t>(body.size());
    ++statuses[response.status];
    EXPECT_NE(response.status, 500) << request.method << " " << request.path << "\n" << request.body << "\n" << body;
    for (const auto& mark : marks) {
      if (body.find(mark) == std::string::npos) continue;
      ++leaks;
      ADD_FAILURE() << "of another tenant: " << mark << " in " << request.method << " " << request.path << "\n"
                    << request.body;
      break;
    }
    if (::testing::Test::HasFailure() && leaks > 5) break;
  }
  std::string said;
  for (const auto& [status, times] : statuses) said += fmt::format(" {}: {},", status, times);
  std::printf("%lld requests, %lld bytes of answers, %zu marks of other tenants looked for, %lld found;%s\n",
              static_cast<long long>(count), static_cast<long long>(bytes), marks.size(), static_cast<long long>(leaks),
              said.c_str());
  EXPECT_EQ(leaks, 0);
}

}  // namespace
}  // namespace centavo::serve
