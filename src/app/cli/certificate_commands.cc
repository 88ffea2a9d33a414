/// \file app/cli/certificate_commands.cc
/// certificate show|list|issue|verify

#include <filesystem>

#include "app/cli/commands.h"
#include "app/cli/report_text.h"
#include "app/cli/row_format.h"
#include "app/document/certificate_page.h"
#include "flow/pipeline/certify.h"

namespace centavo::cli {
namespace {

struct CertificateArguments {
  std::string tenant, period, html, mode = "strict";
  std::int64_t number = 0;
};

Tone verdict_tone(const OrderedJson& value) {
  if (value == "holds") return Tone::good;
  return value == "within tolerance" ? Tone::warning : Tone::bad;
}

std::string period_name(const std::string& period) { return period.empty() ? "(none)" : period; }

// "none" is the tables without periods.
Result<std::optional<std::string>> one_period(const std::string& text) {
  if (text.empty()) return std::nullopt;
  if (text == "none") return std::optional<std::string>("");
  const Period period = TRY_IN("--period", Period::parse(text));
  return std::optional<std::string>(period.text());
}

Status save_page(const Certificate& certificate, const std::string& path, Context& context) {
  std::error_code ignored;
  const std::string absolute = std::filesystem::absolute(path, ignored).string();
  auto sink = TRY(RowSink::open(context.output(), absolute));
  TRY(sink.write(document::certificate_page(certificate)));
  return sink.close();
}

void print_findings(Output& output, const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    output.say("  {}  {}: {}",
               output.styled(finding.alarm ? "difference" : "remark    ", finding.alarm ? Tone::bad : Tone::warning),
               finding.cause, printable(finding.text));
  }
}

std::vector<Finding> findings_of(const Certificate& certificate) {
  std::vector<Finding> out;
  for (const Json& each : member(certificate.statement, "findings")) {
    out.push_back({text_or(each, "cause"), text_or(each, "where"), text_or(each, "currency"), text_or(each, "amount"),
                   text_or(each, "text"), bool_or(each, "alarm", true)});
  }
  return out;
}

void print_certificate_of(Output& output, const Certificate& certificate) {
  output.line(output.styled(fmt::format("certificate {} of {}, {}", certificate.number,
                                        text_or(certificate.statement, "tenant"), period_name(certificate.period)),
                            Tone::strong));
  OrderedJson head = {{"state", text_or(certificate.statement, "state")},
                      {"reason", certificate.reason},
                      {"issued", fmt::format("{} by {}", time_text(certificate.issued_ms), certificate.user)},
                      {"release", int_or(certificate.evidence, "release")},
                      {"program", text_or(certificate.statement, "program")},
                      {"hash", certificate.hash},
                      {"previous", certificate.previous},
                      {"seal", certificate.seal}};
  output.object(head);
  output.line();
  std::vector<OrderedJson> rows;
  for (const Json& sum : member(certificate.statement, "sums")) {
    const bool total = member(sum, "invoice").is_null();
    const std::string invoice = text_or(sum, "invoice");
    for (const Json& stage : member(sum, "stages")) {
      rows.push_back({{"measure", text_or(sum, "measure")},
                      {"currency", text_or(sum, "currency")},
                      {"issuer", total ? "all" : text_or(sum, "issuer")},
                      {"invoice", total             ? "all"
                                  : invoice.empty() ? "not yet"
                                                    : invoice},
                      {"stage", text_or(stage, "stage")},
                      {"table", text_or(stage, "table")},
                      {"rows", int_or(stage, "rows")},
                      {"amount", text_or(stage, "amount")}});
    }
  }
  for (const Json& line : member(certificate.statement, "comparisons")) {
    if (text_or(line, "to") != "invoice") continue;
    rows.push_back({{"measure", text_or(line, "measure")},
                    {"currency", text_or(line, "currency")},
                    {"issuer", text_or(line, "issuer")},
                    {"invoice", text_or(line, "invoice")},
                    {"stage", "invoice"},
                    {"table", ""},
                    {"rows", OrderedJson()},
                    {"amount", text_or(line, "to_amount")}});
  }
  output.list(rows,
              {{.key = "measure"},
               {.key = "currency"},
               {.key = "issuer", .width_max = 30},
               {.key = "invoice"},
               {.key = "stage"},
               {.key = "table"},
               {.key = "rows", .align = Align::right},
               {.key = "amount", .align = Align::point, .show = show_money}},
              "no sums");
  output.line();
  print_findings(output, findings_of(certificate));
  const Json comparisons = member(certificate.statement, "comparisons");
  const auto good =
      std::count_if(comparisons.begin(), comparisons.end(), [](const Json& c) { return bool_or(c, "strict", false); });
  const std::string word = document::verdict_word(certificate);
  output.line(
      output.styled(fmt::format("{}: {} of {} without a difference", word, good,
                                count_text(static_cast<std::int64_t>(comparisons.size()), "comparison", "comparisons")),
                    verdict_tone(word)));
}

// The newest certificate of each period wanted; one that is not there yet, or speaks of older rows, is issued.
Result<std::vector<Certified>> issue_wanted(Context& context, OpenLake& open, const Tenant& tenant,
                                            const std::optional<std::string>& period) {
  Workshop workshop = open.workshop(context.clock());
  std::vector<std::string> periods = TRY(certifiable_periods(workshop, tenant));
  if (period) periods = {*period};
  const TenantLock lock = TRY(TenantLock::take(open.lake, tenant.id));
  std::vector<Certified> out;
  for (const std::string& each : periods) {
    CertifyOptions options;
    options.user = context.user();
    options.cancel = context.cancel();
    out.push_back(TRY_IN(fmt::format("certify {}", period_name(each)), certify(workshop, tenant, each, options)));
  }
  return out;
}

Status show(Context& context, const CertificateArguments& given) {
  const auto period = TRY(one_period(given.period));
  OpenLake open = TRY(context.open_lake());
  const Tenant tenant = TRY(open.lake.tenant(given.tenant));
  std::vector<Certificate> shown;
  if (given.number != 0) {
    for (const Certificate& each : TRY(certificates(open.lake.store(), tenant.id))) {
      if (each.number == given.number) shown.push_back(each);
    }
    if (shown.empty())
      return fail_hint(fmt::format("centavo certificate list --tenant {}", tenant.id), ErrorKind::not_found,
                       "tenant {} has no certificate {}", tenant.id, given.number);
  } else if (!context.may(access::Right::certify, tenant.id)) {  // what there is; it issues none
    std::map<std::string, Certificate> newest;
    for (Certificate& each : TRY(certificates(open.lake.store(), tenant.id))) {
      if (!period || *period == each.period) newest.insert_or_assign(each.period, std::move(each));
    }
    for (auto& [month, each] : newest) shown.push_back(std::move(each));
    if (shown.empty())
      return fail(ErrorKind::not_found, "tenant {} has no such certificate yet, and {} may not issue one", tenant.id,
                  context.who().user);
  } else {
    for (Certified& each : TRY(issue_wanted(context, open, tenant, period))) {
      if (each.fresh)
        context.output().note("certificate {} of {} is issued now", each.certificate.number,
                              period_name(each.certificate.period));
      shown.push_back(std::move(each.certificate));
    }
  }
  if (!given.html.empty()) {
    if (shown.size() != 1)
      return fail(ErrorKind::invalid_argument, "--html: {} certificates are asked for, one fits; add --period",
                  shown.size());
    TRY(save_page(shown.front(), given.html, context));
  }
  if (context.output().json()) {
    OrderedJson all = OrderedJson::array();
    for (const Certificate& each : shown) all.push_back(OrderedJson(to_json(each)));
    context.output().json_document(shown.size() == 1 ? all.front() : all);
    return {};
  }
  for (const Certificate& each : shown) print_certificate_of(context.output(), each);
  return {};
}

Status list(Context& context, const CertificateArguments& given) {
  Lake lake = TRY(context.lake());
  TRY(lake.tenant(given.tenant));
  const auto period = TRY(one_period(given.period));
  std::vector<OrderedJson> objects;
  for (const Certificate& each : TRY(certificates(lake.store(), given.tenant))) {
    if (!period || *period == each.period) objects.push_back(document::certificate_object(each));
  }
  context.output().list(objects,
                        {{.key = "certificate", .align = Align::right},
                         {.key = "period"},
                         {.key = "state"},
                         {.key = "reason"},
                         {.key = "issued_at", .title = "issued", .show = show_time},
                         {.key = "issued_by", .title = "by"},
                         {.key = "verdict", .tone = verdict_tone},
                         {.key = "hash", .width_max = 17}},
                        fmt::format("none yet: centavo certificate issue --tenant {}", given.tenant));
  return {};
}

// Months without a row between months that have some: their bill never came, and no certificate speaks of it.
std::vector<std::string> missing_months(const std::vector<Certified>& issued) {
  std::vector<std::string> out;
  std::optional<Period> last;
  for (const Certified& each : issued) {
    const auto period = Period::parse(each.certificate.period);
    if (!period) continue;
    for (Period gap = last ? last->next() : *period; gap < *period; gap = gap.next()) out.push_back(gap.text());
    last = *period;
  }
  return out;
}

Status issue(Context& context, const CertificateArguments& given) {
  const auto period = TRY(one_period(given.period));
  OpenLake open = TRY(context.open_lake());
  const Tenant tenant = TRY(open.lake.tenant(given.tenant));
  std::vector<OrderedJson> objects;
  const Certificate* bad = nullptr;
  const auto issued = TRY(issue_wanted(context, open, tenant, period));
  for (const Certified& each : issued) {
    OrderedJson object = document::certificate_object(each.certificate);
    object["fresh"] = each.fresh;
    objects.push_back(std::move(object));
    if (!each.certificate.holds(given.mode) && bad == nullptr) bad = &each.certificate;
  }
  context.output().list(objects,
                        {{.key = "certificate", .align = Align::right},
                         {.key = "period"},
                         {.key = "state"},
                         {.key = "verdict", .tone = verdict_tone},
                         {.key = "fresh",
                          .title = "issued now",
                          .show = [](const OrderedJson& v) { return std::string(v.get<bool>() ? "yes" : "no"); }},
                         {.key = "hash"}},
                        "nothing to certify");
  if (const auto missing = period ? std::vector<std::string>() : missing_months(issued);
      bad == nullptr && !missing.empty()) {
    return fail_hint("a month that is certified by itself, with --period, does not ask for its neighbours",
                     ErrorKind::check_failed, "missing_month: there are rows before and after {}, and none of it",
                     fmt::join(missing, ", "));
  }
  if (bad == nullptr) return {};
  const auto findings = findings_of(*bad);
  return fail_hint(
      fmt::format("centavo certificate show --tenant {} --number {}", tenant.id, bad->number), ErrorKind::check_failed,
      "certificate {} of {} does not hold ({}): {}", bad->number, period_name(bad->period), given.mode,
      findings.empty() ? "see its comparisons" : fmt::format("{}: {}", findings.front().cause, findings.front().text));
}

Status verify(Context& context, const CertificateArguments& given) {
  const auto period = TRY(one_period(given.period));
  OpenLake open = TRY(context.open_lake());
  Workshop workshop = open.workshop(context.clock());
  const Tenant tenant = TRY(open.lake.tenant(given.tenant));
  const Verification found = TRY(verify_certificates(workshop, tenant, period, given.mode, context.cancel()));
  Output& output = context.output();
  if (output.json()) output.json_document(document::verification_object(found));
  output.say("{} {}",
             output.styled(found.chain.empty() ? "holds  " : "DIFFERS", found.chain.empty() ? Tone::good : Tone::bad),
             fmt::format("the chain of {}", count_text(found.links, "certificate", "certificates")));
  for (const std::string& wrong : found.chain)
    output.say("  {}  chain: {}", output.styled("difference", Tone::bad), printable(wrong));
  std::string first;
  for (const Verified& each : found.certificates) {
    output.say("{} certificate {}, {}",
               output.styled(each.holds ? "holds  " : "DIFFERS", each.holds ? Tone::good : Tone::bad),
               each.certificate.number, period_name(each.certificate.period));
    if (!output.json()) print_findings(output, each.findings);
    for (const std::string& note : each.notes) output.note("  {}", note);
    if (first.empty() && !each.holds)
      first = fmt::format(
          "certificate {} of {} does not hold{}", each.certificate.number, period_name(each.certificate.period),
          each.findings.empty() ? ""
                                : fmt::format(": {}: {}", each.findings.front().cause, each.findings.front().text));
  }
  if (found.holds) return {};
  if (!found.chain.empty()) first = "the chain is broken: " + found.chain.front();
  return fail(ErrorKind::check_failed, "{}", first);
}

}  // namespace

void add_certificate_commands(Command& root) {
  const auto values = std::make_shared<CertificateArguments>();
  Command& certificate = root.sub("certificate", "what a month's bill adds up to at every stage, sealed in a chain")
                             .group(kGroupProof)
                             .keep(values);
  const Option tenant = {.name = "--tenant",
                         .value = "ID",
                         .help = "whose certificates",
                         .target = &values->tenant,
                         .required = true,
                         .kind = ValueKind::tenant};
  const Option period = {.name = "--period",
                         .value = "MONTH",
                         .help = "only this month; `none` is the tables without months",
                         .target = &values->period};
  const Option mode = {.name = "--mode",
                       .value = "MODE",
                       .help =
                           "strict: no difference at all; focus: an invoice may differ by FOCUS's rounding tolerance "
                           "(default strict)",
                       .target = &values->mode,
                       .choices = {"strict", "focus"}};

  Command& shown = certificate.sub("show", "the certificate of what readers see").option(tenant).option(period);
  shown.note(
      "One that is not there yet, or that speaks of older rows, is issued first, which reads the raw files again.");
  shown.option(
      {.name = "--number", .value = "N", .help = "an earlier certificate, by its number", .target = &values->number});
  shown.option({.name = "--html",
                .value = "FILE",
                .help = "write it as a page to print",
                .target = &values->html,
                .kind = ValueKind::file});
  shown.example("centavo certificate show --tenant acme --period 2026-09 --html 2026-09.html",
                "one month, to read and to print");
  shown.needs(needs_right(access::Right::cost_read, values->tenant));
  shown.action([values](Context& context) { return show(context, *values); });

  Command& listed = certificate.sub("list", "all certificates, oldest first").option(tenant).option(period);
  listed.example("centavo certificate list --tenant acme", "what was certified when");
  listed.needs(needs_right(access::Right::cost_read, values->tenant));
  listed.action([values](Context& context) { return list(context, *values); });

  Command& issued = certificate.sub("issue", "measure raw files and tables, and add a certificate to the chain")
                        .option(tenant)
                        .option(period)
                        .option(mode);
  issued.note(
      "Months whose newest certificate speaks of what readers see are left alone. Ends with 3 when one does not hold.");
  issued.example("centavo certificate issue --tenant acme", "every month that changed");
  issued.needs(needs_right(access::Right::certify, values->tenant).writing([values] { return values->period; }));
  issued.action([values](Context& context) { return issue(context, *values); });

  Command& verified = certificate.sub("verify", "compute the newest certificates again from raw bytes and tables")
                          .option(tenant)
                          .option(period)
                          .option(mode);
  verified.note(
      "Checks every link of the chain, every file's SHA-256, every count and sum. Ends with 3 and names what changed.");
  verified.example("centavo certificate verify --tenant acme", "does everything still stand?");
  verified.needs(needs_right(access::Right::certify, values->tenant));
  verified.action([values](Context& context) { return verify(context, *values); });
}

}  // namespace centavo::cli
