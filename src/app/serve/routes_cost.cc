/// \file app/serve/routes_cost.cc
/// Questions about the bill: overview, cost, pivot, lines, explain.

#include "app/document/answers.h"
#include "app/serve/export_answer.h"
#include "app/serve/service.h"
#include "flow/explore/explore.h"

namespace centavo::serve {
namespace {

using explore::Question;

/// A question with the releases it is asked of.
struct Asked {
  Question question;
  std::int64_t release = 0, compare_release = 0;
};

Result<Asked> asked_of(Call& call, OpenTenant& open, Question question) {
  const std::int64_t release = question.release == 0 ? TRY(call.service.readers().newest(open)) : question.release;
  const std::int64_t before = question.compare_release == 0 ? release : question.compare_release;
  question.limit = std::min(question.limit, call.service.options().rows_most);
  return Asked{std::move(question), release, before};
}

Result<Asked> asked(Call& call, OpenTenant& open, const std::vector<std::string>& others = {}) {
  return asked_of(call, open, TRY(explore::parse_question(call.request.query, others)));
}

// The release is opened inside `make`, so that an answer that is kept costs neither reader nor holdings.
using Make = std::function<Result<OrderedJson>(OpenRelease&)>;
Result<http::Response> answer(Call& call, OpenTenant& open, std::int64_t release, const std::string& key,
                              const Make& make) {
  const std::string whole = key + "\n" + open.tenant.currency;
  return call.service.answer(call, release, whole, [&]() -> Result<OrderedJson> {
    OpenRelease seen = TRY(call.open(open, release));
    return make(seen);
  });
}

// ---------- what there is

Result<http::Response> meta(Call& call) {
  OpenTenant open = TRY(call.open());
  const auto newest = call.service.readers().newest(open);
  explore::Holdings holdings;
  Release release;
  if (newest) {
    holdings = *TRY(call.service.readers().holdings(open, *newest, call.sight()));
    release = TRY(centavo::release(open.lake.store(), open.tenant.id, *newest));
  } else if (newest.error().kind != ErrorKind::not_found) {
    return fail(newest.error());
  }
  Workshop workshop = open.workshop();
  const auto standing = TRY(explore::standing(workshop, open.tenant, holdings));
  return json_response(newest ? document::meta_object(open.tenant, &release, holdings, standing)
                              : document::meta_object(open.tenant, standing));
}

Result<http::Response> overview(Call& call) {
  OpenTenant open = TRY(call.open());
  const Asked what = TRY(asked(call, open));
  OpenRelease seen = TRY(call.open(open, what.release));
  const auto found = TRY(explore::overview(seen.reader, *seen.holdings, what.question));
  Workshop workshop = open.workshop();
  const auto standing = TRY(explore::standing(workshop, open.tenant, *seen.holdings));
  return json_response(document::to_json(found, standing, TRY(run_objects(call, open, 5))));
}

// ---------- cost

Result<explore::Cost> cost_of(Call& call, OpenTenant& open, OpenRelease& seen, const Asked& what) {
  if (what.compare_release == what.release) return explore::cost(seen.reader, *seen.holdings, what.question);
  OpenRelease then = TRY(call.open(open, what.compare_release));
  return explore::cost(seen.reader, *seen.holdings, what.question, {&then.reader, then.holdings.get()});
}

Result<http::Response> cost(Call& call) {
  OpenTenant open = TRY(call.open());
  Asked what = TRY(asked(call, open, {"format"}));
  const std::string format = call.parameter("format");
  if (!format.empty()) {
    what.question.limit = explore::kLimitMax;
    OpenRelease seen = TRY(call.open(open, what.release));
    const explore::Cost found = TRY(cost_of(call, open, seen, what));
    return export_table(open, format, document::table_of(found), "cost",
                        about_of(call, open, what.question, found.period, found.currency, found.release));
  }
  return answer(call, open, what.release, fmt::format("{}\n{}", what.compare_release, call.question_key()),
                [&](OpenRelease& seen) -> Result<OrderedJson> {
                  return document::to_json(TRY(cost_of(call, open, seen, what)));
                });
}

Result<http::Response> pivot(Call& call) {
  OpenTenant open = TRY(call.open());
  const auto parsed = TRY(explore::parse_pivot(call.request.query, {"format"}));
  const Asked what = TRY(asked_of(call, open, parsed.question));
  const std::string format = call.parameter("format");
  if (format.empty()) {
    return answer(call, open, what.release, call.question_key(), [&](OpenRelease& seen) -> Result<OrderedJson> {
      return document::to_json(TRY(explore::pivot(seen.reader, *seen.holdings, parsed)));
    });
  }
  OpenRelease seen = TRY(call.open(open, what.release));
  const explore::Pivot found = TRY(explore::pivot(seen.reader, *seen.holdings, parsed));
  return export_table(open, format, document::table_of(found), "pivot",
                      about_of(call, open, what.question, found.period, found.currency, found.release));
}

Result<http::Response> values(Call& call) {
  OpenTenant open = TRY(call.open());
  const Asked what = TRY(asked(call, open, {"q"}));
  return answer(call, open, what.release, call.part("dimension") + "\n" + call.question_key(),
                [&](OpenRelease& seen) -> Result<OrderedJson> {
                  return document::to_json(TRY(explore::values_of(seen.reader, *seen.holdings, call.part("dimension"),
                                                                  call.parameter("q"), what.question)));
                });
}

Result<http::Response> lines(Call& call) {
  OpenTenant open = TRY(call.open());
  const Asked what = TRY(asked(call, open, {"cursor", "format"}));
  const std::string format = call.parameter("format");
  if (!format.empty()) {
    const auto holdings = TRY(call.service.readers().holdings(open, what.release, call.sight()));
    const std::string sql = TRY(explore::lines_sql(*holdings, what.question));
    return export_query(call, open, what.release, format,
                        {"lines", sql,
                         about_of(call, open, what.question, {what.question.period, what.question.period, {}, false},
                                  what.question.currency, what.release)});
  }
  return answer(call, open, what.release, call.question_key(), [&](OpenRelease& seen) -> Result<OrderedJson> {
    return document::to_json(TRY(explore::lines(seen.reader, *seen.holdings, what.question, call.parameter("cursor"))));
  });
}

// The raw record is for who sees raw; the files and sums behind a number are for all who see the number.
Result<http::Response> explain_number(Call& call) {
  OpenTenant open = TRY(call.open());
  const Asked what = TRY(asked(call, open, {"lines"}));
  const auto most = static_cast<int>(TRY(call.number("lines", 100, 0, 1000)));
  const auto holdings = TRY(call.service.readers().holdings(open, what.release, call.sight()));
  const std::string question = TRY(explore::explain_question(*holdings, what.question));
  Workshop workshop = open.workshop();
  const bool raw = call.sight().sees_layer("raw");
  const Explanation found = TRY(explain(workshop, open.tenant, question, what.release, most, call.sight(), raw));
  return json_response(document::explain_object(found, raw));
}

Result<http::Response> commitments(Call& call) {
  OpenTenant open = TRY(call.open());
  const Asked what = TRY(asked(call, open, {"format"}));
  const std::string format = call.parameter("format");
  OpenRelease seen = TRY(call.open(open, what.release));
  const auto found = TRY(explore::commitments(seen.reader, *seen.holdings, what.question));
  if (format.empty()) return json_response(document::to_json(found));
  return export_table(open, format, document::table_of(found), "commitments",
                      about_of(call, open, what.question, found.period, found.currency, what.release));
}

}  // namespace

std::vector<Route> cost_routes() {
  const Parameter format = {"format", "csv, csvbr, jsonl, xlsx or parquet: the answer as a file"};
  return {
      {.method = "GET",
       .pattern = "/t/{tenant}/meta",
       .summary = "Periods, currencies, measures, dimensions, freshness",
       .needs = Needs::tenant,
       .any_layer = true,
       .act = meta},
      {.method = "GET",
       .pattern = "/t/{tenant}/overview",
       .summary = "Cost, change, movers, freshness, certificate",
       .needs = Needs::tenant,
       .questions = true,
       .act = overview},
      {.method = "GET",
       .pattern = "/t/{tenant}/cost",
       .summary = "Cost by up to three dimensions, with what it was before",
       .needs = Needs::tenant,
       .parameters = {format},
       .questions = true,
       .act = cost},
      {.method = "GET",
       .pattern = "/t/{tenant}/pivot",
       .summary = "Cost in rows and columns with subtotals",
       .needs = Needs::tenant,
       .parameters = {{"r", "rows: up to four dimensions"},
                      {"k", "columns: one dimension"},
                      {"val", "Measure:sum, count, min, max"},
                      format},
       .questions = true,
       .act = pivot},
      {.method = "GET",
       .pattern = "/t/{tenant}/dims/{dimension}/values",
       .summary = "Values of a dimension, dearest first",
       .needs = Needs::tenant,
       .parameters = {{"q", "part of a value"}},
       .questions = true,
       .act = values},
      {.method = "GET",
       .pattern = "/t/{tenant}/lines",
       .summary = "The charges behind a number",
       .needs = Needs::tenant,
       .parameters = {{"cursor", "of the answer before"}, format},
       .questions = true,
       .act = lines},
      {.method = "GET",
       .pattern = "/t/{tenant}/explain",
       .summary = "The raw files and rows that sum to a number, added up again",
       .needs = Needs::tenant,
       .parameters = {{"lines", "raw rows shown"}},
       .questions = true,
       .act = explain_number},
      {.method = "GET",
       .pattern = "/t/{tenant}/commitments",
       .summary = "Commitments: what they cost, cover and leave unused",
       .needs = Needs::tenant,
       .parameters = {format},
       .questions = true,
       .act = commitments},
  };
}

}  // namespace centavo::serve
