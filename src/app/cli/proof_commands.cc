/// \file app/cli/proof_commands.cc
/// reconcile, explain

#include "app/cli/commands.h"
#include "app/cli/report_text.h"
#include "flow/pipeline/certify.h"

namespace centavo::cli {
namespace {

struct ProofArguments {
  std::string tenant, period, question;
  std::int64_t release = 0, lines = 20;
  bool all = false;
};

Status show_proof(Context& context, const ProofArguments& given) {
  const auto periods = TRY(period_option(given.period));
  OpenLake open = TRY(context.open_lake());
  Workshop workshop = open.workshop(context.clock());
  const Tenant tenant = TRY(open.lake.tenant(given.tenant));
  const Reconciliation proof = TRY(reconcile(workshop, tenant, periods));
  if (periods && proof.lines.empty()) {
    const auto there = TRY(certifiable_periods(workshop, tenant));
    return fail_hint(there.empty() ? "" : fmt::format("there are {}", fmt::join(there, ", ")), ErrorKind::not_found,
                     "reconcile {0}: tenant {1} has nothing of {0} to compare", given.period, tenant.id);
  }
  Output& output = context.output();
  if (output.json()) {
    output.json_document(proof_object(proof));
  } else {
    output.line(output.styled(fmt::format("tenant {}, release {}", proof.tenant, proof.release), Tone::strong));
    print_proof(context, proof, given.all);
    output.line(output.styled(verdict(proof), proof.holds ? Tone::good : Tone::bad));
    if (!given.all) output.note("--all shows the comparisons by category too");
  }
  return hold(proof);
}

Status show_explanation(Context& context, const ProofArguments& given) {
  if (given.lines < 0) return fail(ErrorKind::invalid_argument, "--lines: {} is below 0", given.lines);
  OpenLake open = TRY(context.open_lake());
  Workshop workshop = open.workshop(context.clock());
  const Tenant tenant = TRY(open.lake.tenant(given.tenant));
  const int lines_max = static_cast<int>(std::min<std::int64_t>(given.lines, 1'000'000));
  const Explanation found = TRY(explain(workshop, tenant, given.question, given.release, lines_max,
                                        context.sight(tenant.id), true, context.cancel()));
  Output& output = context.output();
  const OrderedJson object = document::explanation_object(found);
  if (output.json()) {
    output.json_document(object);
  } else {
    output.line(output.styled(
        fmt::format("{} of {}{}{}", found.measure, found.table, found.where.empty() ? "" : " where ", found.where),
        Tone::strong));
    if (found.behind.empty()) {
      output.say("{} in the table, {} added up again from {}", money_text(found.total),
                 money_text(found.total_of_lines), count_text(found.rows, "raw row", "raw rows"));
    } else {
      output.say("{} in the table, {} made again by the rules", money_text(found.total),
                 money_text(found.total_of_lines));
      output.say("behind it {} of charges, {} added up again from {}", money_text(found.behind),
                 money_text(found.behind_again), count_text(found.rows, "raw row", "raw rows"));
      output.line();
      output.list(object["splits"].get<std::vector<OrderedJson>>(),
                  {{.key = "rule"},
                   {.key = "cost_centre", .title = "cost centre"},
                   {.key = "origin"},
                   {.key = "currency"},
                   {.key = "whole", .align = Align::point, .show = show_money},
                   {.key = "weight", .align = Align::point, .show = show_money},
                   {.key = "weights", .title = "of", .align = Align::point, .show = show_money},
                   {.key = "share", .align = Align::point, .show = show_money},
                   {.key = "part", .align = Align::point, .show = show_money},
                   {.key = "rounding", .align = Align::point, .show = show_money}},
                  "all of it is direct cost");
    }
    for (const Explanation::Used& used : found.used) {
      output.line();
      output.line(output.styled(used.name, Tone::strong));
      std::vector<ListColumn> columns;
      for (const std::string& name : used.columns) columns.push_back({.key = name});
      output.list(object[used.name].get<std::vector<OrderedJson>>(), columns, fmt::format("no {}", used.name));
    }
    output.line();
    output.list(object["files"].get<std::vector<OrderedJson>>(),
                {{.key = "file"}, {.key = "amount", .align = Align::point, .show = show_money}}, "no files");
    output.line();
    output.list(object["lines"].get<std::vector<OrderedJson>>(),
                {{.key = "file"},
                 {.key = "row", .align = Align::right, .show = plain_text},
                 {.key = "amount", .align = Align::point, .show = show_money},
                 {.key = "raw", .width_max = 100, .optional = true}},
                "");
    if (found.rows > static_cast<std::int64_t>(found.lines.size())) {
      output.note("{} of {} rows are shown; --lines N shows more", found.lines.size(), found.rows);
    }
  }
  if (found.holds) return {};
  return fail(ErrorKind::check_failed, "explain: {}", found.differs);
}

void add_tenant_option(Command& command, ProofArguments& values) {
  command.option({.name = "--tenant",
                  .value = "ID",
                  .help = "whose bill",
                  .target = &values.tenant,
                  .required = true,
                  .kind = ValueKind::tenant});
}

void add_release_option(Command& command, ProofArguments& values) {
  command.option(
      {.name = "--release", .value = "N", .help = "of this release (default: the newest)", .target = &values.release});
}

}  // namespace

void add_proof_commands(Command& root) {
  const auto values = std::make_shared<ProofArguments>();
  Command& reconcile = root.sub("reconcile", "prove that files, bronze, silver and gold agree to the last digit")
                           .group(kGroupProof)
                           .keep(values);
  reconcile.note("Ends with 0 only when every comparison holds, else with 3.");
  add_tenant_option(reconcile, *values);
  reconcile.option({.name = "--period",
                    .value = "MONTHS",
                    .help = "only these months: 2026-09 or 2026-09..2026-10",
                    .target = &values->period});
  reconcile.option(
      {.name = "--all", .help = "each category too, not only totals and what differs", .target = &values->all});
  reconcile.example("centavo reconcile --tenant acme", "the proof of the newest release")
      .example("centavo reconcile --tenant acme --period 2026-09 --all", "one month by charge category");
  reconcile.needs(needs_right(access::Right::cost_read, values->tenant));
  reconcile.action([values](Context& context) { return show_proof(context, *values); });

  Command& explain = root.sub("explain", "the raw files and rows that sum to a number").group(kGroupProof);
  add_tenant_option(explain, *values);
  explain.option({.name = "QUESTION",
                  .help = "\"MEASURE where …\": a measure, and SQL over its table",
                  .target = &values->question,
                  .required = true});
  add_release_option(explain, *values);
  explain.option({.name = "--lines", .value = "N", .help = "raw rows shown (default 20)", .target = &values->lines});
  explain.example(
      "centavo explain --tenant acme \"BilledCost where ChargeCategory = 'Tax' and billing_period = '2026-09-01'\"",
      "which lines of which files made this cost");
  explain.needs(needs_right(access::Right::cost_read, values->tenant));
  explain.action([values](Context& context) { return show_explanation(context, *values); });
}

}  // namespace centavo::cli
