/// \file app/serve/routes_proof.cc
/// Reconciliation, certificates, difference of two releases, billing periods.

#include "app/document/certificate_page.h"
#include "app/document/objects.h"
#include "app/serve/export_answer.h"
#include "app/serve/service.h"
#include "base/digest.h"
#include "flow/pipeline/certify.h"
#include "flow/pipeline/difference.h"
#include "flow/pipeline/masking.h"

namespace centavo::serve {
namespace {

using access::Right;

// ---------- reconciliation

// The months that are asked for; absent: all.
Result<std::optional<PeriodRange>> months_asked(const Call& call, Workshop& workshop, const Tenant& tenant) {
  std::string text = call.parameter("p", "last");
  if (text == "last") {
    const auto periods = TRY(certifiable_periods(workshop, tenant));
    text = periods.empty() ? "" : periods.back();
  }
  if (text == "all" || text.empty()) return std::optional<PeriodRange>();
  return std::optional<PeriodRange>(TRY(parse_period_range(text)));
}

// What the catalog knows of the tenant's tables, as a digest.
Result<std::string> known_of(OpenTenant& open) {
  std::string out;
  for (const TableState& state : TRY(open.catalog.states(open.tenant.id)))
    out += fmt::format("{} {} {} {}\n", state.table, state.period, state.version, state.rows);
  for (const ProofRecord& proof : TRY(open.catalog.proofs(open.tenant.id)))
    out += fmt::format("{} {} {} {} {} {}\n", proof.table, proof.period, proof.measure, proof.currency, proof.category,
                       proof.amount);
  return sha256_hex(out);
}

Result<http::Response> show_reconciliation(Call& call) {
  OpenTenant open = TRY(call.open());
  Workshop workshop = open.workshop();
  const auto months = TRY(months_asked(call, workshop, open.tenant));
  const auto prove = [&]() -> Result<OrderedJson> {
    return document::proof_object(TRY(reconcile(workshop, open.tenant, months)));
  };
  const std::string format = call.parameter("format");
  if (!format.empty()) return export_table(open, format, document::table_of(TRY(prove())["lines"]), "reconciliation");
  // Tables are measured again at each question, so an answer stands for some seconds only: for all who ask at once.
  constexpr std::int64_t kStandsMs = 5000;
  const std::int64_t release = TRY(call.service.readers().newest(open));
  const std::string asked = months ? fmt::format("{}..{}", months->first.text(), months->last.text()) : "all";
  const std::string key = fmt::format("{}\n{}\n{}", asked, TRY(known_of(open)), open.clock.now_ms() / kStandsMs);
  return call.service.answer(call, release, key, prove);
}

// ---------- certificates

Result<http::Response> list_certificates(Call& call) {
  OpenTenant open = TRY(call.open());
  OrderedJson out = OrderedJson::array();
  auto all = TRY(certificates(open.lake.store(), open.tenant.id));
  for (auto each = all.rbegin(); each != all.rend(); ++each) out.push_back(document::certificate_object(*each));
  return json_response(out);
}

Result<Certificate> certificate_named(Call& call, OpenTenant& open) {
  for (Certificate& each : TRY(certificates(open.lake.store(), open.tenant.id))) {
    if (std::to_string(each.number) == call.part("number")) return std::move(each);
  }
  return fail(ErrorKind::not_found, "there is no certificate {}", call.part("number"));
}

Result<http::Response> show_certificate(Call& call) {
  OpenTenant open = TRY(call.open());
  return json_response(OrderedJson(to_json(TRY(certificate_named(call, open)))));
}

Result<http::Response> certificate_html(Call& call) {
  OpenTenant open = TRY(call.open());
  return html_response(document::certificate_page(TRY(certificate_named(call, open))));
}

Result<http::Response> issue_certificate(Call& call) {
  const Json body = TRY(call.body());
  const std::string text = TRY(Call::text(body, "period", 10));
  const Period period = TRY(Period::parse(text));
  OpenTenant open = TRY(call.open());
  call.object = period.text();
  const TenantLock lock = TRY(TenantLock::take(open.lake, open.tenant.id));
  Workshop workshop = open.workshop();
  CertifyOptions options;
  options.user = call.who.user;
  options.cancel = &call.cancel;
  const Certified done = TRY(certify(workshop, open.tenant, period.text(), options));
  return json_response(document::certificate_object(done.certificate), done.fresh ? 201 : 200);
}

Result<OrderedJson> verify_all(Service& service, const std::string& tenant, const JobContext& context) {
  OpenTenant open = TRY(service.open_tenant(tenant));
  Workshop workshop = open.workshop();
  context.tell({0, 0, "reading raw files and tables again"});
  const Verification found = TRY(verify_certificates(workshop, open.tenant, {}, "strict", &context.cancel));
  OrderedJson out = document::verification_object(found);
  if (!found.holds) {
    std::string first = found.chain.empty() ? "" : found.chain.front();
    for (const Verified& each : found.certificates) {
      if (first.empty() && !each.findings.empty()) first = each.findings.front().text;
    }
    return fail(ErrorKind::check_failed, "what was certified does not stand any more: {}",
                first.empty() ? "a certificate does not hold" : first);
  }
  return out;
}

// Who may only read is told what failed as the API tells it.
std::function<Error(const Error&)> told_by(const Service& service) {
  return [&service](const Error& error) { return service.told(error); };
}

Result<http::Response> verify(Call& call) {
  const OpenTenant open = TRY(call.open());
  const std::string id =
      TRY(call.service.jobs().start("verify", open.tenant.id, call.who.user, "",
                                    [&service = call.service, tenant = open.tenant.id](const JobContext& context) {
                                      return verify_all(service, tenant, context).map_error(told_by(service));
                                    }));
  return json_response({{"job", id}}, 202);
}

// ---------- difference

Result<OrderedJson> compare_releases(Service& service, const std::string& tenant, const DifferenceQuestion& question,
                                     const JobContext& context) {
  OpenTenant open = TRY(service.open_tenant(tenant));
  Workshop workshop = open.workshop();
  const auto on_event = [&](const RunEvent& event) {
    context.tell({static_cast<std::int64_t>(event.done), static_cast<std::int64_t>(event.total), event.text});
  };
  return document::difference_object(TRY(difference(workshop, open.tenant, question, on_event, &context.cancel)));
}

// What may be asked of two releases: who sees silver groups by any column that is not masked, others by what gold
// shows.
Status check_asked(const Call& call, const OpenTenant& open, const std::string& measure, const std::string& by) {
  static const std::set<std::string> measures = {"BilledCost", "EffectiveCost", "ListCost", "ContractedCost"};
  static const std::set<std::string> gold = {"x_Provider",  "BillingAccountId", "SubAccountId",  "ServiceCategory",
                                             "ServiceName", "RegionId",         "ChargeCategory"};
  if (!measures.contains(measure))
    return fail(ErrorKind::invalid_argument, "m: one of {} is asked for", fmt::join(measures, ", "));
  if (by.empty() || gold.contains(by) || by.starts_with("tag:")) return {};
  if (!call.sight().sees_layer("silver"))
    return fail(ErrorKind::permission_denied, "releases are compared by {} where silver may be read", by);
  return vet_dimensions(*open.library, call.sight(), by);
}

Result<http::Response> show_difference(Call& call) {
  DifferenceQuestion question;
  question.from = TRY(call.number("a", 0, 1, 1'000'000'000));
  question.to = TRY(call.number("b", 0, 1, 1'000'000'000));
  if (question.from == 0 || question.to == 0)
    return fail(ErrorKind::invalid_argument, "a and b: numbers of two releases are asked for");
  question.measure = call.parameter("m", "EffectiveCost");
  const std::string by = call.parameter("by");
  OpenTenant open = TRY(call.open());
  TRY(check_asked(call, open, question.measure, by));
  if (!by.empty()) question.by.push_back(by.starts_with("tag:") ? "Tags." + by.substr(4) : by);
  question.limit = TRY(call.number("limit", 50, 1, 1000));
  TRY(release(open.lake.store(), open.tenant.id, question.from));
  TRY(release(open.lake.store(), open.tenant.id, question.to));
  // Two releases never change: what was found of them is kept.
  const std::string key = fmt::format("diff\n{}\n{}\n{}\n{}\n{}\n{}", open.tenant.id, question.from, question.to,
                                      question.measure, by, question.limit);
  if (const auto kept = call.service.answers().find(key)) {
    http::Response out;
    out.shared_body = kept;
    out.header("Content-Type", "application/json").header("Cache-Control", "private, no-cache");
    return out;
  }
  JobWork work = [&service = call.service, tenant = open.tenant.id, question,
                  key](const JobContext& context) -> Result<OrderedJson> {
    OrderedJson found = TRY(compare_releases(service, tenant, question, context).map_error(told_by(service)));
    service.answers().keep(key, std::make_shared<const std::string>(json_text(found)));
    return found;
  };
  const std::string id = TRY(call.service.jobs().start("diff", open.tenant.id, call.who.user, key, std::move(work)));
  return json_response({{"job", id}}, 202);
}

// ---------- billing periods

Result<http::Response> list_periods(Call& call) {
  OpenTenant open = TRY(call.open());
  Workshop workshop = open.workshop();
  OrderedJson out = OrderedJson::array();
  for (const auto& standing : TRY(period_standings(workshop, open.tenant))) {
    OrderedJson object = document::period_object(standing);
    const bool has_note = standing.closed && !standing.closed->reason.empty();
    object["note"] = has_note ? OrderedJson(standing.closed->reason) : OrderedJson();
    out.push_back(std::move(object));
  }
  return json_response(out);
}

Result<http::Response> change_period(Call& call, bool closing) {
  const Json body = TRY(call.body());
  const std::string note = TRY(Call::text(body, "note", 500, false));
  const std::string mode = TRY(Call::text(body, "mode", 10, false));
  if (!mode.empty() && mode != "strict" && mode != "focus")
    return fail(ErrorKind::invalid_argument, "mode: strict and focus are there");
  const Period period = TRY(Period::parse(call.part("period")));
  OpenTenant open = TRY(call.open());
  const TenantLock lock = TRY(TenantLock::take(open.lake, open.tenant.id));
  Workshop workshop = open.workshop();
  CertifyOptions options;
  options.user = call.who.user;
  options.cancel = &call.cancel;
  const std::string by = mode.empty() ? "strict" : mode;
  const Certified done = TRY(closing ? close_period(workshop, open.tenant, period.text(), by, false, note, options)
                                     : reopen_period(workshop, open.tenant, period.text(), note, options));
  return json_response({{"period", period.text()},
                        {"state", closing ? "closed" : "open"},
                        {"certificate", done.certificate.number},
                        {"seal", done.certificate.seal}});
}

}  // namespace

std::vector<Route> proof_routes() {
  return {
      {.method = "GET",
       .pattern = "/t/{tenant}/reconcile",
       .summary = "Files = bronze = silver = gold, comparison by comparison",
       .needs = Needs::tenant,
       .parameters = {{"p", "last, all, 2026-09 or 2026-08..2026-09"},
                      {"format", "csv, csvbr, jsonl, xlsx or parquet"}},
       .act = show_reconciliation},
      {.method = "GET",
       .pattern = "/t/{tenant}/certificates",
       .summary = "Certificates, newest first",
       .needs = Needs::tenant,
       .act = list_certificates},
      {.method = "POST",
       .pattern = "/t/{tenant}/certificates",
       .summary = "Certify a month of the newest release: {period}",
       .needs = Needs::tenant,
       .right = Right::certify,
       .action = "certificate.issue",
       .act = issue_certificate},
      {.method = "POST",
       .pattern = "/t/{tenant}/certificates/verify",
       .summary = "Compute all certificates again; answers the job",
       .needs = Needs::tenant,
       .action = "certificate.verify",
       .act = verify},
      {.method = "GET",
       .pattern = "/t/{tenant}/certificates/{number}",
       .summary = "A certificate whole",
       .needs = Needs::tenant,
       .act = show_certificate},
      {.method = "GET",
       .pattern = "/t/{tenant}/certificates/{number}/page",
       .summary = "A certificate as a page to print",
       .needs = Needs::tenant,
       .act = certificate_html},
      {.method = "GET",
       .pattern = "/t/{tenant}/diff",
       .summary = "What moved between two releases, by cause; the job while it is being found",
       .needs = Needs::tenant,
       .parameters = {{"a", "release"}, {"b", "release"}, {"m", "measure"}, {"by", "a dimension"}, {"limit", "groups"}},
       .act = show_difference},
      {.method = "GET",
       .pattern = "/t/{tenant}/periods",
       .summary = "Billing periods, open and closed, with what waits for them",
       .needs = Needs::tenant,
       .act = list_periods},
      {.method = "POST",
       .pattern = "/t/{tenant}/periods/{period}/close",
       .summary = "Close a month: {note, mode}",
       .needs = Needs::tenant,
       .right = Right::close,
       .action = "period.close",
       .act = [](Call& call) { return change_period(call, true); }},
      {.method = "POST",
       .pattern = "/t/{tenant}/periods/{period}/reopen",
       .summary = "Open a closed month again: {note}",
       .needs = Needs::tenant,
       .right = Right::close,
       .action = "period.reopen",
       .act = [](Call& call) { return change_period(call, false); }},
  };
}

}  // namespace centavo::serve
