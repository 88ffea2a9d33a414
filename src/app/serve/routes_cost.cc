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

// ---------- what there is

// What an answer depends on beside release and question, as a part of its key.
std::string key_of(const explore::Standing& standing, const std::string& more) {
  const auto& sealed = standing.certificate;
  return fmt::format("{}\n{}\n{} {} {}\n{}", json_text(document::to_json(standing.fresh)),
                     fmt::join(standing.closed, ","), sealed ? sealed->number : 0, sealed ? sealed->issued_ms : 0,
                     sealed && sealed->holds, more);
}

Result<http::Response> meta(Call& call) {
  OpenTenant open = TRY(call.open());
  const auto newest = call.service.readers().newest(open);
  if (!newest && newest.error().kind != ErrorKind::not_found) return fail(newest.error());
  const auto facts = TRY(call.service.facts().of(open));
  if (!newest) return json_response(document::meta_object(open.tenant, facts->standing));
  const std::string more = key_of(facts->standing, open.tenant.name);
  return call.answer(open, *newest, more, [&](OpenRelease& seen) -> Result<OrderedJson> {
    return document::meta_object(open.tenant, &seen.reader.release(), *seen.holdings, facts->standing);
  });
}

Result<http::Response> overview(Call& call) {
  OpenTenant open = TRY(call.open());
  const Asked what = TRY(asked(call, open));
  const auto facts = TRY(call.service.facts().of(open));
  const OrderedJson runs = TRY(run_objects(call, open, 5));
  return call.answer(open, what.release, key_of(facts->standing, json_text(runs)),
                     [&](OpenRelease& seen) -> Result<OrderedJson> {
                       const auto found = TRY(explore::overview(seen.reader, *seen.holdings, what.question));
                       return document::to_json(found, facts->standing, runs);
                     });
}

// ---------- cost

Result<explore::Cost> cost_of(Call& call, OpenTenant& open, OpenRelease& seen, const Asked& what) {
  if (what.compare_release == what.release) return explore::cost(seen.reader, *seen.holdings, what.question);
  OpenRelease then = TRY(call.open(open, what.compare_release));
  return explore::cost(seen.reader, *seen.holdings, what.question, {&then.reader, then.holdings.get()});
}

// What no gold table answers is asked again with other words: its charges are worth their memory.
void look_at(Call& call, const OpenRelease& seen, const std::string& table) {
  if (table == explore::kCharges && seen.holdings->held_months.empty())
    call.service.warming().hold_charges(call.part("tenant"), seen.holdings->release, call.sight());
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
  return call.answer(open, what.release, std::to_string(what.compare_release),
                     [&](OpenRelease& seen) -> Result<OrderedJson> {
                       const explore::Cost found = TRY(cost_of(call, open, seen, what));
                       look_at(call, seen, found.table);
                       return document::to_json(found);
                     });
}

Result<http::Response> pivot(Call& call) {
  OpenTenant open = TRY(call.open());
  const auto parsed = TRY(explore::parse_pivot(call.request.query, {"format"}));
  const Asked what = TRY(asked_of(call, open, parsed.question));
  const std::string format = call.parameter("format");
  if (format.empty()) {
    return call.answer(open, what.release, "", [&](OpenRelease& seen) -> Result<OrderedJson> {
      const explore::Pivot found = TRY(explore::pivot(seen.reader, *seen.holdings, parsed));
      look_at(call, seen, found.table);
      return document::to_json(found);
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
  return call.answer(open, what.release, call.part("dimension"), [&](OpenRelease& seen) -> Result<OrderedJson> {
    return document::to_json(TRY(
        explore::values_of(seen.reader, *seen.holdings, call.part("dimension"), call.parameter("q"), what.question)));
  });
}

Result<http::Response> lines(Call& call) {
  OpenTenant open = TRY(call.open());
  const Asked what = TRY(asked(call, open, {"cursor", "format"}));
  const std::string format = call.parameter("format");
  if (!format.empty()) {
    const auto holdings = TRY(call.service.readers().holdings(open, what.release, call.sight(), &call.cancel));
    const std::string sql = TRY(explore::lines_sql(*holdings, what.question));
    return export_query(call, open, what.release, format,
                        {"lines", sql,
                         about_of(call, open, what.question, {what.question.period, what.question.period, {}, false},
                                  what.question.currency, what.release)});
  }
  return call.answer(open, what.release, "", [&](OpenRelease& seen) -> Result<OrderedJson> {
    return document::to_json(TRY(explore::lines(seen.reader, *seen.holdings, what.question, call.parameter("cursor"))));
  });
}

// The raw record is for who sees raw; the files and sums behind a number are for all who see the number.
Result<http::Response> explain_number(Call& call) {
  OpenTenant open = TRY(call.open());
  const Asked what = TRY(asked(call, open, {"lines"}));
  const auto most = static_cast<int>(TRY(call.number("lines", 100, 0, 1000)));
  const auto holdings = TRY(call.service.readers().holdings(open, what.release, call.sight(), &call.cancel));
  const std::string question = TRY(explore::explain_question(*holdings, what.question));
  Workshop workshop = open.workshop();
  const bool raw = call.sight().sees_layer("raw");
  const Explanation found =
      TRY(explain(workshop, open.tenant, question, what.release, most, call.sight(), raw, &call.cancel));
  return json_response(document::explain_object(found, raw));
}

Result<http::Response> commitments(Call& call) {
  OpenTenant open = TRY(call.open());
  const Asked what = TRY(asked(call, open, {"format"}));
  const std::string format = call.parameter("format");
  if (format.empty()) {
    return call.answer(open, what.release, "", [&](OpenRelease& seen) -> Result<OrderedJson> {
      return document::to_json(TRY(explore::commitments(seen.reader, *seen.holdings, what.question)));
    });
  }
  OpenRelease seen = TRY(call.open(open, what.release));
  const auto found = TRY(explore::commitments(seen.reader, *seen.holdings, what.question));
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
