/// \file app/serve/routes_sql.cc
/// The SQL workbench: one select over one tenant's release, locked down and bounded.

#include <chrono>

#include <spdlog/spdlog.h>

#include "app/serve/export_answer.h"
#include "app/serve/service.h"
#include "base/time_limit.h"

namespace centavo::serve {
namespace {

constexpr std::size_t kSqlBytesMost = 100'000;
constexpr std::size_t kHistoryMost = 50;
constexpr std::size_t kHistoryBytesMost = 256 * 1024;   // it is written anew with each query

struct Workbench {
  std::string sql;
  std::int64_t rows_most = 500;
  std::int64_t release = 0;
  std::chrono::seconds time{60};
};

Result<Workbench> workbench(Call& call) {
  const Json body = TRY(call.body());
  Workbench out;
  out.sql = TRY(Call::text(body, "sql", kSqlBytesMost));
  out.rows_most = int_or(body, "limit", 500);
  out.release = int_or(body, "rel", 0);
  const std::int64_t seconds = int_or(body, "timeout", 60);
  const std::int64_t most = call.service.options().rows_most;
  if (out.rows_most < 1 || out.rows_most > most) return fail(ErrorKind::invalid_argument, "limit: 1 to {}", most);
  if (out.release < 0) return fail(ErrorKind::invalid_argument, "rel: releases count from 1");
  if (seconds < 1 || seconds > call.service.options().query_time.count())
    return fail(ErrorKind::invalid_argument, "timeout: 1 to {} seconds", call.service.options().query_time.count());
  out.time = std::chrono::seconds(seconds);
  return out;
}

Error too_slow(std::chrono::seconds time) {
  return {ErrorKind::over_limit, fmt::format("the query took longer than {} seconds", time.count()),
          "ask for fewer rows, columns or months"};
}

// What the person ran, newest first, kept with the lake's small values so that another browser shows it too.
std::string history_name(const Call& call) { return "sql.history." + call.who.user; }

Result<Json> history_of(Call& call, const std::string& tenant) {
  const auto text = TRY(call.service.catalog().value(tenant, history_name(call)));
  if (!text) return Json::array();
  const auto json = parse_json(*text);
  return json && json->is_array() ? *json : Json::array();
}

Status remember(Call& call, const std::string& tenant, const Workbench& asked, double seconds, std::int64_t rows,
                const Error* error) {
  Json list = TRY(history_of(call, tenant));
  for (std::size_t i = list.size(); i > 0; --i) {
    if (text_or(list[i - 1], "sql") == asked.sql) list.erase(i - 1);
  }
  Json entry = {{"sql", asked.sql},
                {"at", iso_time(call.service.clock().now_ms())},
                {"seconds", seconds},
                {"rows", rows},
                {"state", error == nullptr ? "done" : "failed"},
                {"error", error == nullptr ? Json() : Json(error->message)}};
  list.insert(list.begin(), std::move(entry));
  std::string text;
  for (;;) {
    text = list.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (list.size() <= 1 || (list.size() <= kHistoryMost && text.size() <= kHistoryBytesMost)) break;
    list.erase(list.size() - 1);
  }
  return call.service.catalog().set_value(tenant, history_name(call), text);
}

Result<OrderedJson> rows_of(Call& call, OpenTenant& open, const Workbench& asked, const Cancel* cancel) {
  Reader reader = TRY(call.service.readers().open(open, asked.release, call.sight(), &call.cancel));
  reader.connection().watch(cancel);
  duck::Rows rows = TRY(reader.query(asked.sql));
  OrderedJson out = TRY(grid_of(rows, asked.rows_most));
  out["release"] = reader.release().number;
  return out;
}

document::About about_query(const Call& call, const OpenTenant& open, const Workbench& asked) {
  return {"query",
          {{"tenant", open.tenant.id},
           {"release", asked.release == 0 ? "newest" : std::to_string(asked.release)},
           {"user", call.who.user},
           {"time", iso_time(call.service.clock().now_ms())},
           {"SQL", asked.sql}}};
}

Result<http::Response> query(Call& call) {
  const Workbench asked = TRY(workbench(call));
  OpenTenant open = TRY(call.open());
  const std::string format = call.parameter("format");
  if (!format.empty()) {
    return export_query(call, open, asked.release, format, {"query", asked.sql, about_query(call, open, asked), true});
  }
  const auto turn = TRY(call.service.turns().take(call.who.user));
  const TimeLimit limit(&call.cancel, asked.time);
  const auto started = std::chrono::steady_clock::now();
  auto result = rows_of(call, open, asked, limit.cancel());
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  if (!result) {
    const bool slow = result.error().kind == ErrorKind::cancelled && limit.is_over();
    result = fail(slow ? too_slow(asked.time) : error_of_person(result.error()));
  }
  const Status kept =
      remember(call, open.tenant.id, asked, seconds, result ? static_cast<std::int64_t>((*result)["rows"].size()) : 0,
               result ? nullptr : &result.error());
  // On a full disk one may still read.
  if (!kept) spdlog::error("{} history of SQL: {}", call.request.id, kept.error().message);
  OrderedJson out = TRY(std::move(result));
  out["seconds"] = seconds;
  return json_response(out);
}

Result<http::Response> history(Call& call) {
  const OpenTenant open = TRY(call.open());
  return json_response(OrderedJson(TRY(history_of(call, open.tenant.id))));
}

}  // namespace

std::vector<Route> sql_routes() {
  return {
      {.method = "POST",
       .pattern = "/t/{tenant}/sql",
       .summary = "Run one select: {sql, limit, timeout, rel}",
       .needs = Needs::tenant,
       .right = access::Right::sql,
       .action = "sql.run",
       .parameters = {{"format", "csv, csvbr, jsonl, xlsx or parquet: all rows as a file"}},
       .act = query},
      {.method = "GET",
       .pattern = "/t/{tenant}/sql/history",
       .summary = "What one ran here, newest first",
       .needs = Needs::tenant,
       .right = access::Right::sql,
       .act = history},
  };
}

}  // namespace centavo::serve
