/// \file app/cli/period_commands.cc
/// period list|close|reopen, invoice add|list|remove

#include <filesystem>
#include <set>
#include <tuple>

#include "app/cli/commands.h"
#include "app/cli/report_text.h"
#include "flow/pipeline/certify.h"
#include "lake/tenant/names.h"

namespace centavo::cli {
namespace {

constexpr int kAmountScale = 21;
constexpr Int128 kAmountBelow = Int128{10'000'000'000'000'000'000U} * Int128{1'000'000'000'000'000'000};  // 10^37

struct PeriodArguments {
  std::string tenant, period, why, mode = "strict";
  bool force = false;
};

struct InvoiceArguments {
  std::string tenant, period, issuer, currency, file;
  std::vector<std::string> invoices;
};

// ---------- period

Status list_periods(Context& context, const PeriodArguments& given) {
  OpenLake open = TRY(context.open_lake());
  Workshop workshop = open.workshop(context.clock());
  const Tenant tenant = TRY(open.lake.tenant(given.tenant));
  std::vector<OrderedJson> objects;
  for (const auto& standing : TRY(period_standings(workshop, tenant)))
    objects.push_back(document::period_object(standing));
  context.output().list(objects,
                        {{.key = "period"},
                         {.key = "state"},
                         {.key = "closed_at", .title = "closed", .show = show_time, .optional = true},
                         {.key = "closed_by", .title = "by", .optional = true},
                         {.key = "certificate", .align = Align::right},
                         {.key = "invoices", .optional = true},
                         {.key = "waits", .title = "waiting correction", .optional = true}},
                        fmt::format("nothing published yet: centavo run --tenant {}", tenant.id));
  return {};
}

OrderedJson change_object(const Tenant& tenant, const std::string& state, const Certificate& certificate) {
  return {{"tenant", tenant.id},      {"period", certificate.period},
          {"state", state},           {"certificate", certificate.number},
          {"hash", certificate.hash}, {"seal", certificate.seal}};
}

Status change_period(Context& context, const PeriodArguments& given, bool closing) {
  const Period period = TRY(Period::parse(given.period));
  OpenLake open = TRY(context.open_lake());
  Workshop workshop = open.workshop(context.clock());
  const Tenant tenant = TRY(open.lake.tenant(given.tenant));
  const TenantLock lock = TRY(TenantLock::take(open.lake, tenant.id));
  CertifyOptions options;
  options.user = context.user();
  options.cancel = context.cancel();
  const Certified done =
      TRY(closing ? close_period(workshop, tenant, period.text(), given.mode, given.force, given.why, options)
                  : reopen_period(workshop, tenant, period.text(), given.why, options));
  Output& output = context.output();
  const std::string state = closing ? "closed" : "open";
  if (output.json()) output.json_document(change_object(tenant, state, done.certificate));
  output.say("{} of {} is {}: certificate {}, hash {}", period.text(), tenant.id, state, done.certificate.number,
             done.certificate.hash);
  if (closing)
    output.note("what is delivered for it from now on waits until `run --restate {0}` or `period reopen {0}`",
                period.text());
  if (!closing) output.note("the next run applies what was delivered since: centavo run --tenant {}", tenant.id);
  return {};
}

// ---------- invoice

OrderedJson invoice_object(const Invoice& invoice) {
  return {{"invoice", invoice.id},
          {"period", invoice.period},
          {"issuer", invoice.issuer},
          {"currency", invoice.currency},
          {"amount", invoice.amount.text()},
          {"from", invoice.from},
          {"added_at", iso_time(invoice.at_ms)},
          {"added_by", invoice.user}};
}

void print_invoices(Output& output, const std::vector<Invoice>& invoices) {
  std::vector<OrderedJson> objects;
  for (const Invoice& invoice : invoices) objects.push_back(invoice_object(invoice));
  output.list(objects,
              {{.key = "period"},
               {.key = "invoice"},
               {.key = "issuer", .optional = true},
               {.key = "currency", .optional = true},
               {.key = "amount", .align = Align::point},
               {.key = "from", .optional = true},
               {.key = "added_by", .title = "by"}},
              "no invoices");
}

Result<Decimal> invoice_amount(const std::string& id, const std::string& text, const std::string& where) {
  Int128 scaled = 0;
  const DecimalFault fault = parse_decimal(text, kAmountScale, scaled);
  if (fault == DecimalFault::not_a_number) {
    return fail_hint("write it like 1234.56, without separators of thousands", ErrorKind::invalid_argument,
                     "{}: the amount of invoice {} is \"{}\", which is no number", where, id, text);
  }
  // A digit is left free, so that it can be compared with whatever a bill adds up to.
  if (fault == DecimalFault::none && scaled < kAmountBelow && scaled > -kAmountBelow) return parse_decimal(text);
  return fail_hint("an amount has at most 16 digits before the point and 21 behind it", ErrorKind::invalid_argument,
                   "{}: the amount of invoice {} is {}, which no bill adds up to", where, id, text);
}

Result<Invoice> invoice_of(const std::string& id, const std::string& amount, const std::string& period,
                           const std::string& where) {
  Invoice out;
  if (id.empty()) return fail(ErrorKind::invalid_argument, "{}: an invoice needs an id", where);
  if (period.empty()) {
    return fail_hint("add --period 2026-09", ErrorKind::invalid_argument, "{}: which month is invoice {} of?", where,
                     id);
  }
  const Period month = TRY_IN(where, Period::parse(period));
  out.id = id;
  out.amount = TRY(invoice_amount(id, amount, where));
  out.period = month.text();
  return out;
}

// Invoices of one command: each once, in a currency that can be one.
class InvoiceList {
 public:
  Status add(Invoice invoice, const std::string& where) {
    if (!invoice.currency.empty()) TRY_IN(where, check_currency(invoice.currency));
    if (!seen_.emplace(invoice.period, invoice.id, invoice.issuer, invoice.currency).second) {
      return fail_hint("leave the one that counts", ErrorKind::invalid_argument, "{}: invoice {} of {} is there twice",
                       where, invoice.id, invoice.period);
    }
    all_.push_back(std::move(invoice));
    return {};
  }
  std::vector<Invoice> take() { return std::move(all_); }

 private:
  std::vector<Invoice> all_;
  std::set<std::tuple<std::string, std::string, std::string, std::string>> seen_;
};

// A CSV with invoice_id, amount and period, and issuer and currency when known.
Result<std::vector<Invoice>> read_invoices(OpenLake& open, const InvoiceArguments& given) {
  std::error_code fault;
  if (!std::filesystem::exists(given.file, fault)) return fail(ErrorKind::not_found, "{}: no such file", given.file);
  auto connection = TRY(open.engine.connect());
  const std::string from =
      fmt::format("read_csv({}, all_varchar = true, header = true, strict_mode = true)", duck::path_list({given.file}));
  std::set<std::string> columns;
  for (const auto& column : TRY_IN(given.file, connection.describe("select * from " + from)))
    columns.insert(column.name);
  for (const char* needed : {"invoice_id", "amount"}) {
    if (columns.contains(needed)) continue;
    return fail_hint("its columns are invoice_id, issuer, currency, amount, period", ErrorKind::invalid_argument,
                     "{}: it has no column {}", given.file, needed);
  }
  const auto column = [&](const char* name) { return columns.contains(name) ? duck::name(name) : std::string("null"); };
  const auto rows =
      TRY_IN(given.file, connection.all(fmt::format("select invoice_id, amount, {}, {}, {} from {}", column("period"),
                                                    column("issuer"), column("currency"), from)));
  InvoiceList out;
  std::size_t line = 1;
  for (const auto& row : rows) {
    const std::string where = fmt::format("{}, line {}", given.file, ++line);
    Invoice invoice = TRY(invoice_of(row[0].value_or(""), row[1].value_or(""), row[2].value_or(given.period), where));
    invoice.issuer = row[3].value_or(given.issuer);
    invoice.currency = row[4].value_or(given.currency);
    invoice.from = given.file;
    TRY(out.add(std::move(invoice), where));
  }
  return out.take();
}

Result<std::vector<Invoice>> typed_invoices(const InvoiceArguments& given) {
  InvoiceList out;
  for (const std::string& text : given.invoices) {
    const auto at = text.rfind('=');
    if (at == std::string::npos)
      return fail_hint("write INV-1=1234.56", ErrorKind::invalid_argument, "{}: an invoice is ID=AMOUNT", text);
    Invoice invoice = TRY(invoice_of(text.substr(0, at), text.substr(at + 1), given.period, text));
    invoice.issuer = given.issuer;
    invoice.currency = given.currency;
    TRY(out.add(std::move(invoice), text));
  }
  return out.take();
}

Status add_invoices(Context& context, const InvoiceArguments& given) {
  OpenLake open = TRY(context.open_lake());
  const Tenant tenant = TRY(open.lake.tenant(given.tenant));
  if (given.file.empty() == given.invoices.empty())
    return fail(ErrorKind::invalid_argument, "invoice add: name invoices as ID=AMOUNT, or a file with --file");
  auto invoices = TRY(given.file.empty() ? typed_invoices(given) : read_invoices(open, given));
  for (Invoice& invoice : invoices) {
    invoice.at_ms = context.clock().now_ms();
    invoice.user = context.user();
    invoice = TRY(record_invoice(open.lake.store(), tenant.id, std::move(invoice)));
  }
  print_invoices(context.output(), invoices);
  return {};
}

Status list_invoices(Context& context, const InvoiceArguments& given) {
  Lake lake = TRY(context.lake());
  TRY(lake.tenant(given.tenant));
  auto all = TRY(invoices(lake.store(), given.tenant));
  if (!given.period.empty()) std::erase_if(all, [&](const Invoice& invoice) { return invoice.period != given.period; });
  print_invoices(context.output(), all);
  return {};
}

Status remove_invoices(Context& context, const InvoiceArguments& given) {
  Lake lake = TRY(context.lake());
  TRY(lake.tenant(given.tenant));
  std::vector<Invoice> gone;
  for (Invoice& invoice : TRY(invoices(lake.store(), given.tenant))) {
    if (invoice.period != given.period ||
        std::find(given.invoices.begin(), given.invoices.end(), invoice.id) == given.invoices.end())
      continue;
    invoice.withdrawn = true;
    invoice.at_ms = context.clock().now_ms();
    invoice.user = context.user();
    gone.push_back(TRY(record_invoice(lake.store(), given.tenant, std::move(invoice))));
  }
  if (gone.empty()) {
    return fail_hint(fmt::format("centavo invoice list --tenant {}", given.tenant), ErrorKind::not_found,
                     "tenant {} has no invoice {} of {}", given.tenant, fmt::join(given.invoices, ", "), given.period);
  }
  print_invoices(context.output(), gone);
  return {};
}

void add_invoice_commands(Command& root) {
  const auto values = std::make_shared<InvoiceArguments>();
  Command& invoice =
      root.sub("invoice", "what the issuers' invoices say, for the certificate").group(kGroupProof).keep(values);
  const Option tenant = {.name = "--tenant",
                         .value = "ID",
                         .help = "whose invoices",
                         .target = &values->tenant,
                         .required = true,
                         .kind = ValueKind::tenant};
  const Option period = {
      .name = "--period", .value = "MONTH", .help = "the month they are of", .target = &values->period};

  Command& add = invoice.sub("add", "write down invoices").option(tenant).option(period);
  add.note(
      "The newest entry of a month, id, issuer and currency counts. A file has the columns invoice_id, amount and "
      "period, and may have issuer and currency.");
  add.option({.name = "ID=AMOUNT", .help = "an invoice's id and what it asks for", .target = &values->invoices});
  add.option({.name = "--issuer",
              .value = "NAME",
              .help = "FOCUS InvoiceIssuerName (default: whom the bill names)",
              .target = &values->issuer});
  add.option({.name = "--currency",
              .value = "CODE",
              .help = "of the amounts (default: the bill's)",
              .target = &values->currency});
  add.option({.name = "--file",
              .value = "FILE",
              .help = "CSV with one invoice a line",
              .target = &values->file,
              .kind = ValueKind::file});
  add.example("centavo invoice add --tenant acme --period 2026-09 INV-1=9123.45", "one invoice")
      .example("centavo invoice add --tenant acme --file invoices.csv", "many");
  add.needs(needs_right(access::Right::close, values->tenant).writing([values] { return values->period; }));
  add.action([values](Context& context) { return add_invoices(context, *values); });

  Command& list = invoice.sub("list", "the invoices that count").option(tenant).option(period);
  list.example("centavo invoice list --tenant acme", "all of them");
  list.needs(needs_right(access::Right::cost_read, values->tenant));
  list.action([values](Context& context) { return list_invoices(context, *values); });

  Option needed = period;
  needed.required = true;
  Command& remove = invoice.sub("remove", "take an invoice back; the log keeps it").option(tenant).option(needed);
  remove.option({.name = "ID", .help = "the invoice", .target = &values->invoices, .required = true});
  remove.example("centavo invoice remove --tenant acme --period 2026-09 INV-1", "it was typed for the wrong month");
  remove.needs(needs_right(access::Right::close, values->tenant).writing([values] { return values->period; }));
  remove.action([values](Context& context) { return remove_invoices(context, *values); });
}

}  // namespace

void add_period_commands(Command& root) {
  const auto values = std::make_shared<PeriodArguments>();
  Command& period = root.sub("period", "billing periods: list, close, reopen").group(kGroupProof).keep(values);
  const Option tenant = {.name = "--tenant",
                         .value = "ID",
                         .help = "whose periods",
                         .target = &values->tenant,
                         .required = true,
                         .kind = ValueKind::tenant};
  const Option month = {.name = "PERIOD", .help = "the month: 2026-09", .target = &values->period, .required = true};
  const Option why = {.name = "--reason", .value = "TEXT", .help = "kept with it", .target = &values->why};

  Command& list =
      period.sub("list", "each month: open or closed, certificate, final or not, and what waits").option(tenant);
  list.example("centavo period list --tenant acme", "what is still open");
  list.needs(needs_right(access::Right::cost_read, values->tenant));
  list.action([values](Context& context) { return list_periods(context, *values); });

  Command& close = period.sub("close", "close a month: from now on, what is delivered for it waits")
                       .option(tenant)
                       .option(month)
                       .option(why);
  close.note("Issues the certificate it is closed with; does nothing, and ends with 3, when that would not hold.");
  close.option({.name = "--mode",
                .value = "MODE",
                .help = "how exact invoices must be: as for `certificate verify` (default strict)",
                .target = &values->mode,
                .choices = {"strict", "focus"}});
  close.option(
      {.name = "--force", .help = "close it although its certificate does not hold", .target = &values->force});
  close.example("centavo period close --tenant acme 2026-09", "September is done");
  close.needs(needs_right(access::Right::close, values->tenant).writing([values] { return values->period; }));
  close.action([values](Context& context) { return change_period(context, *values, true); });

  Command& reopen = period.sub("reopen", "open a month again; the next run applies what waits")
                        .option(tenant)
                        .option(month)
                        .option(why);
  reopen.example("centavo period reopen --tenant acme 2026-09 --reason \"credit note\"", "September goes on");
  reopen.needs(needs_right(access::Right::close, values->tenant).writing([values] { return values->period; }));
  reopen.action([values](Context& context) { return change_period(context, *values, false); });

  add_invoice_commands(root);
}

}  // namespace centavo::cli
