/// \file app/serve/routes_allocation.cc
/// Who pays: rules, virtual tags, cost by who pays, chargeback statements.

#include "app/document/answers.h"
#include "app/document/statements.h"
#include "app/serve/export_answer.h"
#include "app/serve/service.h"
#include "base/digest.h"
#include "flow/allocation/rules.h"
#include "flow/explore/explore.h"
#include "flow/pipeline/allocation_use.h"
#include "flow/pipeline/chargeback.h"

namespace centavo::serve {
namespace {

using access::Right;

// ---------- rules

std::string condition_text(const Condition& condition) {
  std::string out;
  for (const auto& match : condition.matches)
    out += fmt::format("{}{} in ({})", out.empty() ? "" : " and ", match.column, fmt::join(match.values, ", "));
  if (!condition.where.empty()) out += (out.empty() ? "" : " and ") + condition.where;
  return out;
}

OrderedJson text_or_null(const std::string& text) { return text.empty() ? OrderedJson() : OrderedJson(text); }

OrderedJson validity_members(OrderedJson out, const Validity& validity, const pack::Place& place) {
  out["valid_from"] = text_or_null(validity.from);
  out["valid_to"] = text_or_null(validity.to);
  out["recorded_at"] = text_or_null(validity.recorded);
  out["place"] = place.text();
  return out;
}

std::string_view word_of(SplitBy by) {
  switch (by) {
    case SplitBy::even: return "even";
    case SplitBy::proportional: return "proportional";
    case SplitBy::fixed: return "fixed";
    case SplitBy::metric: return "metric";
  }
  return "";
}

OrderedJson split_object(const SplitRule& rule) {
  OrderedJson out = {{"rule", rule.name}};
  out["takes"] = rule.takes_charges ? (rule.charges.empty() ? "all charges" : condition_text(rule.charges))
                                    : fmt::format("cost of {}", fmt::join(rule.cost_centres, ", "));
  out["split"] = word_of(rule.by);
  out["by"] = text_or_null(rule.by == SplitBy::metric && rule.metric ? rule.metric->text() : rule.measure);
  out["to"] = rule.to_all ? "all" : fmt::format("{}", fmt::join(rule.to, ", "));
  std::string shares;
  for (const auto& [centre, share] : rule.shares)
    shares += fmt::format("{}{}: {}", shares.empty() ? "" : ", ", centre, share);
  out["shares"] = text_or_null(shares);
  return validity_members(std::move(out), rule.validity, rule.place);
}

OrderedJson tag_objects(const VirtualTag& tag) {
  OrderedJson out = OrderedJson::array();
  for (const TagRule& rule : tag.rules) {
    OrderedJson object = {{"tag", tag.name}, {"rule", rule.name}, {"where", text_or_null(condition_text(rule.of))}};
    object["value"] = !rule.value.empty()       ? OrderedJson(rule.value)
                      : !rule.value_sql.empty() ? OrderedJson(rule.value_sql)
                                                : OrderedJson(fmt::format("by {}", rule.by));
    out.push_back(validity_members(std::move(object), rule.validity, rule.place));
  }
  return out;
}

Result<OrderedJson> rules_object(Call& call, OpenTenant& open, std::int64_t release,
                                 const explore::Question& question) {
  OrderedJson out = {{"rules", OrderedJson::array()},
                     {"virtual_tags", OrderedJson::array()},
                     {"problems", OrderedJson::array()},
                     {"unallocated", OrderedJson()}};
  const auto rules = read_allocation(*open.library, open.tenant.allocation);
  if (!rules) {
    // A mistake in a rule is something to show, not a failure to show anything.
    out["problems"].push_back(rules.error().message);
  } else if (*rules) {
    for (const SplitRule& rule : (*rules)->splits) out["rules"].push_back(split_object(rule));
    for (const VirtualTag& tag : (*rules)->tags) {
      for (auto& object : tag_objects(tag)) out["virtual_tags"].push_back(object);
    }
    Workshop workshop = open.workshop();
    const auto use = allocation_use(workshop, open.tenant, {});
    if (use) {
      for (const AllocationFinding& finding : use->findings) out["problems"].push_back(finding.text);
    } else if (use.error().kind != ErrorKind::not_found) {
      return fail(use.error());
    }
  }
  OpenRelease seen = TRY(call.open(open, release));
  const auto rest = TRY(explore::unallocated(seen.reader, *seen.holdings, question));
  out["unallocated"] = document::to_json(rest);
  return out;
}

// How rules are used is counted over all charges: once for a release and the rules as they stand.
Result<http::Response> show_rules(Call& call) {
  OpenTenant open = TRY(call.open());
  const auto question = TRY(explore::parse_question(call.request.query));
  const std::int64_t release = TRY(call.service.readers().newest(open));
  std::string key = fmt::format("{}\n{}\n{}", call.service.library_turn(), open.tenant.currency, call.question_key());
  for (const auto& [name, text] : open.tenant.allocation) key += fmt::format("\n{} {}", name, sha256_hex(text));
  return call.service.answer(call, release, key, [&] { return rules_object(call, open, release, question); });
}

Result<http::Response> allocated(Call& call) {
  OpenTenant open = TRY(call.open());
  const auto question = TRY(explore::parse_question(call.request.query, {"format"}));
  const std::int64_t release = question.release == 0 ? TRY(call.service.readers().newest(open)) : question.release;
  const std::string format = call.parameter("format");
  if (format.empty()) {
    return call.answer(open, release, "", [&](OpenRelease& seen) -> Result<OrderedJson> {
      return document::to_json(TRY(explore::allocated(seen.reader, *seen.holdings, question)));
    });
  }
  OpenRelease seen = TRY(call.open(open, release));
  const auto found = TRY(explore::allocated(seen.reader, *seen.holdings, question));
  return export_table(open, format, document::table_of(found), "allocated",
                      about_of(call, open, question, found.period, found.currency, found.release));
}

// ---------- statements

struct Documents {
  std::vector<Statement> all;
  std::map<std::int64_t, StatementClosing> closings;
};
Result<Documents> documents(OpenTenant& open) {
  return Documents{TRY(statements(open.lake.store(), open.tenant.id)),
                   TRY(statement_closings(open.lake.store(), open.tenant.id))};
}

// The page shows one amount a document: of the tenant's currency when the document has it, else of the first.
OrderedJson line_of(const OrderedJson& document, const std::string& currency) {
  OrderedJson out = document;
  out["total"] = OrderedJson();
  out["currency"] = currency;
  for (const auto& total : document["totals"]) {
    if (!out["total"].is_null() && total["currency"] != currency) continue;
    out["total"] = total["billed"];
    out["currency"] = total["currency"];
  }
  return out;
}

Result<http::Response> list_statements(Call& call) {
  OpenTenant open = TRY(call.open());
  const Documents found = TRY(documents(open));
  OrderedJson out = OrderedJson::array();
  for (auto each = found.all.rbegin(); each != found.all.rend(); ++each) {
    OrderedJson object =
        line_of(document::statement_object(*each, state_of(*each, found.all, found.closings)), open.tenant.currency);
    object.erase("lines");
    out.push_back(std::move(object));
  }
  return json_response(out);
}

Result<OrderedJson> statement_named(Call& call, OpenTenant& open) {
  const Documents found = TRY(documents(open));
  for (const Statement& each : found.all) {
    if (std::to_string(each.number) == call.part("number"))
      return document::statement_object(each, state_of(each, found.all, found.closings));
  }
  return fail(ErrorKind::not_found, "there is no statement {}", call.part("number"));
}

Result<http::Response> show_statement(Call& call) {
  OpenTenant open = TRY(call.open());
  return json_response(line_of(TRY(statement_named(call, open)), open.tenant.currency));
}

Result<http::Response> statement_html(Call& call) {
  OpenTenant open = TRY(call.open());
  return html_response(document::statements_page({TRY(statement_named(call, open))}, open.tenant.id));
}

Result<http::Response> statement_csv(Call& call) {
  OpenTenant open = TRY(call.open());
  http::Response out;
  out.header("Content-Type", "text/csv; charset=utf-8")
      .header("Content-Disposition", fmt::format("attachment; filename=\"statement-{}.csv\"", call.part("number")))
      .header("Cache-Control", "no-store");
  out.body = document::statements_csv({TRY(statement_named(call, open))});
  return out;
}

Result<http::Response> issue(Call& call) {
  const Json body = TRY(call.body());
  const std::string text = TRY(Call::text(body, "period", 10));
  const Period period = TRY(Period::parse(text));
  const std::string reason = TRY(Call::text(body, "reason", 500, false));
  OpenTenant open = TRY(call.open());
  call.object = period.text();
  const TenantLock lock = TRY(TenantLock::take(open.lake, open.tenant.id));
  Workshop workshop = open.workshop();
  const auto made = TRY(issue_statements(workshop, open.tenant, {period.text(), "", call.who.user, reason}));
  const Documents found = TRY(documents(open));
  OrderedJson out = OrderedJson::array();
  for (const Statement& each : made) {
    out.push_back(
        line_of(document::statement_object(each, state_of(each, found.all, found.closings)), open.tenant.currency));
  }
  return json_response(out, made.empty() ? 200 : 201);
}

Result<http::Response> close(Call& call) {
  OpenTenant open = TRY(call.open());
  const OrderedJson document = TRY(statement_named(call, open));
  if (document["kind"] != "statement")
    return fail(ErrorKind::conflict, "document {} is a note: notes are final as they are", call.part("number"));
  const TenantLock lock = TRY(TenantLock::take(open.lake, open.tenant.id));
  Workshop workshop = open.workshop();
  TRY(close_statements(
      workshop, open.tenant,
      {document["period"].get<std::string>(), document["cost_centre"].get<std::string>(), call.who.user, ""}));
  return json_response(line_of(TRY(statement_named(call, open)), open.tenant.currency));
}

}  // namespace

std::vector<Route> allocation_routes() {
  return {
      {.method = "GET",
       .pattern = "/t/{tenant}/allocation",
       .summary = "Rules, virtual tags with their dates, what no rule fits",
       .needs = Needs::tenant,
       .questions = true,
       .act = show_rules},
      {.method = "GET",
       .pattern = "/t/{tenant}/allocated",
       .summary = "Cost by who pays; what nobody pays has a null key",
       .needs = Needs::tenant,
       .parameters = {{"format", "csv, csvbr, jsonl, xlsx or parquet"}},
       .questions = true,
       .act = allocated},
      {.method = "GET",
       .pattern = "/t/{tenant}/statements",
       .summary = "Statements and notes, newest first",
       .needs = Needs::tenant,
       .act = list_statements},
      {.method = "POST",
       .pattern = "/t/{tenant}/statements",
       .summary = "Issue the statements of a month: {period, reason}",
       .needs = Needs::tenant,
       .right = Right::close,
       .action = "statement.issue",
       .act = issue},
      {.method = "GET",
       .pattern = "/t/{tenant}/statements/{number}",
       .summary = "A statement with its lines",
       .needs = Needs::tenant,
       .act = show_statement},
      {.method = "GET",
       .pattern = "/t/{tenant}/statements/{number}.csv",
       .summary = "Its lines as CSV",
       .needs = Needs::tenant,
       .act = statement_csv},
      {.method = "GET",
       .pattern = "/t/{tenant}/statements/{number}.html",
       .summary = "A statement as a page to print",
       .needs = Needs::tenant,
       .act = statement_html},
      {.method = "POST",
       .pattern = "/t/{tenant}/statements/{number}/close",
       .summary = "Close a statement",
       .needs = Needs::tenant,
       .right = Right::close,
       .action = "statement.close",
       .act = close},
  };
}

}  // namespace centavo::serve
