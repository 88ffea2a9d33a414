/// \file app/cli/statement_commands.cc
/// statement: preview, issue, close, correct, list, show

#include <fstream>

#include "app/cli/commands.h"
#include "app/cli/row_format.h"
#include "app/document/statements.h"
#include "flow/pipeline/chargeback.h"

namespace centavo::cli {
namespace {

struct StatementArguments {
  std::string tenant, period, cost_centre, why, html, csv;
  std::int64_t number = 0;
};

using Closings = std::map<std::int64_t, StatementClosing>;

// One row a document and currency.
void print_documents(Output& output, const std::vector<OrderedJson>& documents, std::string_view none) {
  if (output.json()) return output.list(documents, {}, none);
  std::vector<OrderedJson> rows;
  for (const auto& document : documents) {
    for (const auto& total : document["totals"]) {
      OrderedJson row = document;
      row.update(total);
      rows.push_back(std::move(row));
    }
    if (document["totals"].empty()) rows.push_back(document);
  }
  for (auto& row : rows) {
    for (const char* key : {"currency", "direct_billed", "shared_billed", "billed"}) {
      if (!row.contains(key)) row[key] = "";
    }
  }
  output.list(rows,
              {{.key = "number", .align = Align::right, .show = plain_text, .optional = true},
               {.key = "kind"},
               {.key = "state", .tone = state_tone},
               {.key = "about", .align = Align::right, .show = plain_text, .optional = true},
               {.key = "period"},
               {.key = "cost_centre", .title = "cost centre"},
               {.key = "currency"},
               {.key = "direct_billed", .title = "direct", .align = Align::point, .show = show_money},
               {.key = "shared_billed", .title = "shared", .align = Align::point, .show = show_money},
               {.key = "billed", .title = "total", .align = Align::point, .show = show_money},
               {.key = "issued_by", .title = "by", .optional = true}},
              none);
}

Status write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) return fail(ErrorKind::io, "write {}: {}", path, std::strerror(errno));
  return {};
}

// Says documents on the terminal, and writes the files asked for.
Status tell(Context& context, const StatementArguments& given, const std::vector<OrderedJson>& documents,
            std::string_view none) {
  if (!given.html.empty()) TRY(write_file(given.html, document::statements_page(documents, given.tenant)));
  if (!given.csv.empty()) TRY(write_file(given.csv, document::statements_csv(documents)));
  print_documents(context.output(), documents, none);
  return {};
}

Status tell(Context& context, OpenLake& open, const StatementArguments& given, const std::vector<Statement>& documents,
            std::string_view none) {
  const auto all = TRY(statements(open.lake.store(), given.tenant));
  const auto closings = TRY(statement_closings(open.lake.store(), given.tenant));
  std::vector<OrderedJson> objects;
  for (const auto& each : documents)
    objects.push_back(document::statement_object(each, each.number == 0 ? "preview" : state_of(each, all, closings)));
  return tell(context, given, objects, none);
}

using Work = Result<std::vector<Statement>> (*)(Workshop&, const Tenant&, const StatementRequest&);

Status work(Context& context, const StatementArguments& given, Work make, bool writes, std::string_view none) {
  OpenLake open = TRY(context.open_lake());
  Workshop workshop = open.workshop(context.clock());
  const Tenant tenant = TRY(open.lake.tenant(given.tenant));
  std::optional<TenantLock> lock;
  if (writes) lock = TRY(TenantLock::take(open.lake, tenant.id));
  const auto made = TRY(make(workshop, tenant, {given.period, given.cost_centre, context.user(), given.why}));
  return tell(context, open, given, made, none);
}

Status list(Context& context, const StatementArguments& given) {
  OpenLake open = TRY(context.open_lake());
  TRY(open.lake.tenant(given.tenant));
  auto all = TRY(statements(open.lake.store(), given.tenant));
  std::erase_if(all, [&](const Statement& each) {
    return (!given.period.empty() && each.period != given.period) ||
           (!given.cost_centre.empty() && each.cost_centre != given.cost_centre);
  });
  return tell(context, open, given, all, "no statements");
}

Status show(Context& context, const StatementArguments& given) {
  OpenLake open = TRY(context.open_lake());
  TRY(open.lake.tenant(given.tenant));
  const auto all = TRY(statements(open.lake.store(), given.tenant));
  if (given.number < 1 || given.number > static_cast<std::int64_t>(all.size())) {
    return fail_hint(fmt::format("centavo statement list --tenant {}", given.tenant), ErrorKind::not_found,
                     "tenant {} has no statement {}", given.tenant, given.number);
  }
  const auto closings = TRY(statement_closings(open.lake.store(), given.tenant));
  const Statement& statement = all[static_cast<std::size_t>(given.number - 1)];
  const OrderedJson document = document::statement_object(statement, state_of(statement, all, closings));
  if (context.output().json()) {
    if (!given.html.empty()) TRY(write_file(given.html, document::statements_page({document}, given.tenant)));
    if (!given.csv.empty()) TRY(write_file(given.csv, document::statements_csv({document})));
    context.output().json_document(document);
    return {};
  }
  TRY(tell(context, given, {document}, ""));
  context.output().line();
  context.output().list(document["lines"].get<std::vector<OrderedJson>>(),
                        {{.key = "entry"},
                         {.key = "rule", .optional = true},
                         {.key = "provider"},
                         {.key = "service"},
                         {.key = "category"},
                         {.key = "currency"},
                         {.key = "billed", .align = Align::point, .show = show_money},
                         {.key = "effective", .align = Align::point, .show = show_money}},
                        "it has no lines");
  context.output().say("hash {}\nseal {}", statement.hash, statement.seal);
  return {};
}

}  // namespace

void add_statement_commands(Command& root) {
  const auto values = std::make_shared<StatementArguments>();
  Command& statement = root.sub("statement", "what each cost centre owes: preview, issue, close, correct")
                           .group(kGroupProof)
                           .keep(values);
  const Option tenant = {.name = "--tenant",
                         .value = "ID",
                         .help = "whose cost centres",
                         .target = &values->tenant,
                         .required = true,
                         .kind = ValueKind::tenant};
  Option period = {.name = "--period", .value = "MONTH", .help = "the month: 2026-09", .target = &values->period};
  const Option cost_centre = {
      .name = "--cost-centre", .value = "NAME", .help = "only this one (default all)", .target = &values->cost_centre};
  const Option html = {.name = "--html",
                       .value = "FILE",
                       .help = "write them as a page to print",
                       .target = &values->html,
                       .kind = ValueKind::file};
  const Option csv = {.name = "--csv",
                      .value = "FILE",
                      .help = "write their lines as CSV",
                      .target = &values->csv,
                      .kind = ValueKind::file};
  const Option why = {.name = "--reason", .value = "TEXT", .help = "kept with it", .target = &values->why};

  Command& listing = statement.sub("list", "all that were issued, with their state");
  listing.option(tenant).option(period).option(cost_centre).option(html).option(csv);
  listing.example("centavo statement list --tenant acme --period 2026-09", "September's");
  listing.needs(needs_right(access::Right::cost_read, values->tenant));
  listing.action([values](Context& context) { return list(context, *values); });

  Command& showing = statement.sub("show", "one statement or note with its lines");
  showing.option(tenant).option(html).option(csv);
  showing.option({.name = "NUMBER", .help = "its number", .target = &values->number, .required = true});
  showing.example("centavo statement show --tenant acme 12 --html statement-12.html", "to print");
  showing.needs(needs_right(access::Right::cost_read, values->tenant));
  showing.action([values](Context& context) { return show(context, *values); });

  period.required = true;
  Command& preview = statement.sub("preview", "what statements would say now, without a number: showback");
  preview.option(tenant).option(period).option(cost_centre).option(html).option(csv);
  preview.example("centavo statement preview --tenant acme --period 2026-09", "showback of September");
  preview.needs(needs_right(access::Right::cost_read, values->tenant));
  preview.action([values](Context& context) { return work(context, *values, preview_statements, false, "no cost"); });

  Command& issue = statement.sub("issue", "number and keep the statements of a month");
  issue.option(tenant).option(period).option(cost_centre).option(why).option(html).option(csv);
  issue.note("One that says the same as before is not issued again; an open one that says something else is replaced.");
  issue.example("centavo statement issue --tenant acme --period 2026-09", "for every cost centre");
  issue.needs(needs_right(access::Right::close, values->tenant).writing([values] { return values->period; }));
  issue.action([values](Context& context) {
    return work(context, *values, issue_statements, true, "nothing to issue: all of them stand as they are");
  });

  Command& close = statement.sub("close", "close a month's statements: they are not replaced any more");
  close.option(tenant).option(period).option(cost_centre).option(why);
  close.note("Does nothing, and ends with 3, when one of them is not what the newest release says.");
  close.example("centavo statement close --tenant acme --period 2026-09", "after they were agreed on");
  close.needs(needs_right(access::Right::close, values->tenant).writing([values] { return values->period; }));
  close.action([values](Context& context) {
    return work(context, *values, close_statements, true, "nothing to close: all of them are closed");
  });

  Command& correct = statement.sub("correct", "issue notes with what changed since statements were closed");
  correct.option(tenant).option(period).option(cost_centre).option(why).option(html).option(csv);
  correct.example("centavo statement correct --tenant acme --period 2026-09 --reason \"credit note\"",
                  "after a closed month was restated");
  correct.needs(needs_right(access::Right::close, values->tenant).writing([values] { return values->period; }));
  correct.action([values](Context& context) {
    return work(context, *values, correct_statements, true,
                "nothing to correct: closed statements are what is released");
  });
}

}  // namespace centavo::cli
