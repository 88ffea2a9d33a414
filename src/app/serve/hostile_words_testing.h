#pragma once
/// \file app/serve/hostile_words_testing.h
/// For hostile_test.cc: requests made of the API's own words and of noise.

#include <random>
#include <sstream>

#include "app/serve/served_lake_testing.h"

namespace centavo::serve {

class Noise {
 public:
  explicit Noise(std::uint64_t seed) : random_(seed) {}
  std::size_t below(std::size_t n) { return n == 0 ? 0 : random_() % n; }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <class T>
  T& of(std::vector<T>& list) {
    return list[below(list.size())];
  }
  template <class T>
  const T& of(const std::vector<T>& list) {
    return list[below(list.size())];
  }
  std::string bytes(std::size_t most) {
    std::string out;
    for (std::size_t i = below(most); i > 0; --i) out.push_back(static_cast<char>(random_()));
    return out;
  }
  /// Of any characters, in UTF-8.
  std::string text(std::size_t most) {
    std::string out;
    for (std::size_t i = below(most); i > 0; --i) {
      if (one_in(2)) {
        out.push_back(static_cast<char>(below(0x80)));
      } else {
        out.push_back(static_cast<char>(0xC3 + below(0x1D)));
        out.push_back(static_cast<char>(0x80 + below(0x40)));
      }
    }
    return out;
  }

 private:
  std::mt19937_64 random_;
};

inline std::vector<std::string> split(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> out;
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}

/// Values of parameters, parts of paths and members of bodies; one list for all, so that each also comes where it does
/// not belong.
inline std::vector<std::string> hostile_words() {
  std::vector<std::string> out = split(
      "acme beta loja * .. %2e%2e 0 1 2 3 -1 99999999999999999999 last prev yoy none all 12m 2026-09 2026-10 "
      "2026-13 2026-09..2026-10 2026-10..2026-09 2026-09-01..2026-09-15 0001-01-01 BilledCost EffectiveCost "
      "ListCost charge_count ServiceName SubAccountId RegionId ResourceId Tags month day tag:team tag: "
      "vtag:cost_centre ServiceName,RegionId,month -value (none) (other) USD BRL XXX csv xlsx parquet jsonl csvbr "
      "exe gold.cost_by_day gold.cost_by_month gold.allocated_cost silver.focus_cost_and_usage "
      "silver.aws_cost_and_usage silver.retail_customers bronze.aws_cur_line_items gold.x raw.x "
      "tenants/beta/gold/cost_by_day ../beta ../../access.sqlite BilledCost:sum BilledCost:max BilledCost:avg "
      "a,b,c,d,e,f viewer analyst scientist engineer admin read run role unmask strict focus en pt-BR silver gold");
  for (const char* more :
       {"", "vtag:'; drop table x; --", "' or 1=1 --", "\" or \"\"=\"", "select 1", "\xff\xfe", "\xf0\x9f\x92\xa9",
        "\xe2\x80\xae", "a\r\nSet-Cookie: centavo=x", "<script>alert(1)</script>"})
    out.emplace_back(more);
  out.emplace_back("\0x", 2);
  return out;
}

inline const std::vector<std::string>& hostile_names() {
  static const std::vector<std::string> list = split(
      "p c m cur by g sort rel crel limit q r k val subtotals cursor format lines a b all f.ServiceName "
      "x.ServiceName f.tag:team f.vtag:cost_centre f.SubAccountId f.nothing f. user tenant action");
  return list;
}

inline const std::vector<std::string>& hostile_statements() {
  static const std::vector<std::string> list = {
      "select * from gold.cost_by_day limit 5",
      "select * from beta.gold.cost_by_day",
      "select * from \"beta\".x",
      "from gold.cost_by_month",
      "select * from silver.focus_cost_and_usage limit 1",
      "select * from silver.retail_customers",
      "select * from parquet_scan('x')",
      "select * from '../beta/gold/cost_by_day/*.parquet'",
      "select * from read_text('../../access.sqlite')",
      "select * from duckdb_tables()",
      "select * from pragma_show_tables()",
      "select sql from sqlite_master",
      "show tables",
      "describe gold.cost_by_day",
      "select unnest(range(10))",
      "with recursive t as (select 1 x union all select x + 1 from t where x < 50) select * from t",
      "select current_setting('allowed_paths')",
      "select getvariable('centavo_mask_key')",
      "select centavo_reading_hash('1')",
      "explain select * from gold.cost_by_day",
      "select",
      "",
      ";",
      "select 1; select 2",
      "select 1/0",
      "select 'x'::int",
      "select repeat('x', 20000)",
      "select * from gold.cost_by_day a, gold.cost_by_day b limit 3",
      "select count(*) from range(3000000) a, range(1000) b where a.range = b.range",
      "select error('x')",
      "select getenv('HOME')",
      "call pragma_version()",
      "attach 'x.db'",
      "copy (select 1) to 'x'",
      "set memory_limit = '1TB'",
      "select * from information_schema.tables",
      "select * from information_schema.views"};
  return list;
}

inline std::string hostile_body(Noise& noise, const std::vector<std::string>& words) {
  if (noise.one_in(5)) return noise.bytes(200);
  Json body = Json::object();
  static const std::vector<std::string> members = split(
      "sql limit timeout rel period full note mode user password id name roles role tenant kind table column scopes "
      "days new old locale select reason disabled");
  for (const auto& member : members) {
    if (!noise.one_in(3)) continue;
    switch (noise.below(6)) {
      case 0:
      case 1: body[member] = noise.of(words); break;
      case 2: body[member] = static_cast<std::int64_t>(noise.below(1000)) - 5; break;
      case 3: body[member] = noise.one_in(2); break;
      case 4: body[member] = Json::array({noise.of(words), noise.of(words), 1, nullptr}); break;
      default: body[member] = noise.of(hostile_statements());
    }
  }
  if (noise.one_in(2)) body["sql"] = noise.of(hostile_statements());
  if (noise.one_in(6)) {
    for (const char* number : {"limit", "timeout", "rel"}) body.erase(number);
  }
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// What fits a part of a path or a parameter, so that what lies behind it is reached; "" when nothing is known to.
inline std::string fitting(Noise& noise, const std::string& name, const std::vector<std::string>& ids) {
  static const std::map<std::string, std::vector<std::string>> known = {
      {"tenant", split("acme")},
      {"table", split("gold.cost_by_day gold.cost_by_month silver.aws_cost_and_usage silver.focus_cost_and_usage "
                      "bronze.aws_cur_line_items")},
      {"dimension", split("ServiceName RegionId SubAccountId tag:team vtag:cost_centre month")},
      {"number", split("1 2 3")},
      {"period", split("2026-09 2026-10")},
      {"user", split("acme h-target")},
      {"p", split("last all prev 2026-09 2026-09..2026-10 2026-09-01..2026-09-15")},
      {"c", split("prev none yoy")},
      {"m", split("BilledCost EffectiveCost ListCost")},
      {"cur", split("USD BRL")},
      {"by", split("ServiceName RegionId SubAccountId tag:team month ServiceName,RegionId")},
      {"g", split("day month")},
      {"sort", split("-value value")},
      {"rel", split("1 2")},
      {"crel", split("1 2")},
      {"limit", split("1 20 100")},
      {"r", split("ServiceName ServiceCategory,ServiceName RegionId")},
      {"k", split("month RegionId")},
      {"val", split("BilledCost:sum BilledCost:max")},
      {"format", split("csv xlsx parquet jsonl csvbr")},
      {"lines", split("1 100")},
      {"a", split("1 2")},
      {"b", split("1 2")},
      {"q", split("A e")},
      {"all", split("1")},
      {"f.ServiceName", split("AmazonEC2 AmazonS3")},
      {"x.ServiceName", split("AmazonEC2 AmazonS3")},
      {"f.tag:team", split("data web (none)")}};
  if (name == "run" || name == "job" || name == "token") return ids.empty() ? "" : noise.of(ids);
  const auto found = known.find(name);
  return found == known.end() ? "" : noise.of(found->second);
}

/// The words of this project where they belong, and one time in four where they do not.
inline std::string hostile_path(Noise& noise, const std::string& pattern, const std::vector<std::string>& words,
                                const std::vector<std::string>& ids) {
  std::string path = "/api/v1" + pattern;
  for (std::size_t at; (at = path.find('{')) != std::string::npos;) {
    const std::string part = path.substr(at, path.find('}') - at + 1);
    std::string word = noise.one_in(4) ? "" : fitting(noise, part.substr(1, part.size() - 2), ids);
    if (word.empty()) word = noise.of(words);
    path.replace(at, part.size(), word);
  }
  if (noise.one_in(30)) path += noise.bytes(20);
  if (noise.one_in(200)) path += "/" + std::string(8000, 'a');
  if (noise.one_in(200)) {
    for (int i = 0; i < 100; ++i) path += "/a";
  }
  return path;
}

/// One time in three anything; else what the route takes, with values that fit most of the time.
inline void hostile_query(Noise& noise, const Route& route, const std::vector<std::string>& words,
                          http::Request& request) {
  if (noise.one_in(3)) {
    const std::size_t parameters = noise.one_in(100) ? 200 : noise.below(6);
    for (std::size_t i = 0; i < parameters; ++i)
      request.query.emplace_back(noise.of(hostile_names()), noise.one_in(20)   ? noise.bytes(40)
                                                            : noise.one_in(10) ? noise.text(40)
                                                                               : noise.of(words));
    return;
  }
  std::vector<std::string> names;
  for (const auto& parameter : route.parameters) names.push_back(parameter.name);
  if (route.questions) {
    for (const auto& name : split("p c m by g sort rel limit f.ServiceName x.ServiceName f.tag:team"))
      names.push_back(name);
  }
  for (const auto& name : names) {
    if (!noise.one_in(names.size())) continue;
    const std::string value = noise.one_in(8) ? "" : fitting(noise, name, {});
    request.query.emplace_back(name, value.empty() ? noise.of(words) : value);
  }
}

/// `ids`: of runs and jobs there are.
inline http::Request hostile_request(Noise& noise, const Route& route, const std::vector<std::string>& words,
                                     const std::vector<std::string>& ids) {
  static const std::vector<std::string> methods = split("GET POST PUT DELETE PATCH HEAD TRACE");
  const std::string& method = noise.one_in(12) ? noise.of(methods) : route.method;
  http::Request request = ServedLake::request_of(method, "/", method == "GET" ? "" : hostile_body(noise, words));
  // As the server hands it on, also where its parser would have refused: what stands between slashes is one segment.
  request.path = hostile_path(noise, route.pattern, words, ids);
  request.segments.clear();
  for (std::size_t begin = 1; begin <= request.path.size();) {
    const std::size_t end = std::min(request.path.find('/', begin), request.path.size());
    request.segments.push_back(request.path.substr(begin, end - begin));
    begin = end + 1;
  }
  hostile_query(noise, route, words, request);
  if (noise.one_in(20)) request.headers["if-none-match"] = noise.bytes(40);
  if (noise.one_in(40)) request.headers["content-type"] = noise.bytes(20);
  if (noise.one_in(40)) request.headers["origin"] = "https://" + noise.of(words);
  if (noise.one_in(40)) request.headers["host"] = noise.of(words);
  return request;
}

}  // namespace centavo::serve
