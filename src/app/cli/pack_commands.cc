/// \file app/cli/pack_commands.cc
/// test, check, lineage, docs

#include "app/cli/commands.h"
#include "app/cli/report_text.h"
#include "app/cli/row_format.h"
#include "app/cli/table_pages.h"
#include "app/document/lineage.h"
#include "flow/pipeline/masking.h"

namespace centavo::cli {
namespace {

struct PackArguments {
  std::vector<std::string> packs;
  std::string tenant, table, format = "text", out = "centavo-docs";
  bool all = false;
};

Status run_tests(Context& context, const PackArguments& given) {
  const pack::Library library = TRY(context.library_here());
  for (const std::string& name : given.packs) {
    if (library.packs().contains(name)) continue;
    std::vector<std::string> known;
    for (const auto& [pack_name, pack] : library.packs()) known.push_back(pack_name);
    const auto near = nearest(name, known);
    return fail_hint(
        near ? fmt::format("did you mean {}?", *near) : fmt::format("there are {}", fmt::join(known, ", ")),
        ErrorKind::not_found, "there is no pack \"{}\"", name);
  }
  duck::Database engine = TRY(duck::Database::open({}));
  std::vector<OrderedJson> objects;
  std::int64_t failed = 0;
  for (const TestOutcome& outcome : TRY(run_pack_tests(library, engine, given.packs))) {
    failed += outcome.passed ? 0 : 1;
    objects.push_back({{"pack", outcome.pack},
                       {"test", outcome.title},
                       {"state", outcome.passed ? "passed" : "failed"},
                       {"place", outcome.place},
                       {"difference", outcome.difference}});
    Output& output = context.output();
    output.say("{}  {}  {}",
               output.styled(outcome.passed ? "passed" : "failed", outcome.passed ? Tone::good : Tone::bad),
               outcome.pack, printable(outcome.title));
    if (outcome.passed) continue;
    output.say("        {}", outcome.place);
    std::string_view rest = outcome.difference;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      output.say("        {}", printable(rest.substr(0, end)));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  if (context.output().json()) context.output().list(objects, {}, "");
  const auto all = static_cast<std::int64_t>(objects.size());
  if (failed > 0)
    return fail(ErrorKind::check_failed, "{} of {} failed", failed, count_text(all, "pack test", "pack tests"));
  context.output().say("{} passed", count_text(all, "test", "tests"));
  return {};
}

/// The checks behind what tables hold now, and those that failed in the newest run.
Result<std::vector<CheckRecord>> standing_checks(Catalog& catalog, const std::string& tenant) {
  std::map<std::string, std::vector<CheckRecord>> by_run;
  const auto of_run = [&](const std::string& run) -> Result<const std::vector<CheckRecord>*> {
    if (!by_run.contains(run)) by_run[run] = TRY(catalog.checks(tenant, run));
    return &by_run[run];
  };
  std::vector<CheckRecord> standing;
  for (const TableState& state : TRY(catalog.states(tenant))) {
    for (const CheckRecord& check : *TRY(of_run(state.run))) {
      if (check.table == state.table && check.period == state.period) standing.push_back(check);
    }
  }
  for (const RunRecord& run : TRY(catalog.runs(tenant, 1))) {
    for (const CheckRecord& check : *TRY(of_run(run.id))) {
      if (check.state == "failed") standing.push_back(check);
    }
  }
  return standing;
}

/// Whether whole rows of the table may be shown: its layer is in sight and nothing in it is masked.
bool shows_rows(const pack::Library& library, const access::Sight& sight, const std::string& table) {
  const auto name = pack::parse_table_name(table);
  const auto* const model = name ? library.model(*name) : nullptr;
  if (!sight.masks) return true;
  return model != nullptr && sight.sees_layer(pack::name_of(name->layer)) &&
         masks_of(model->contract, all_columns(model->contract), sight).empty();
}

Status show_checks(Context& context, const PackArguments& given) {
  Lake lake = TRY(context.lake());
  TRY(lake.tenant(given.tenant));
  const auto catalog = TRY(Catalog::open(lake.dir()));
  const pack::Library library = TRY(pack::Library::load(lake.pack_folders(), lake.pack_trees()));
  const access::Sight sight = context.sight(given.tenant);
  std::vector<OrderedJson> objects;
  std::map<std::string, std::int64_t> states;
  for (const CheckRecord& check : TRY(standing_checks(*catalog, given.tenant))) {
    if (!given.table.empty() && check.table != given.table) continue;
    ++states[check.state];
    if (!given.all && !context.output().json() && check.state == "passed") continue;
    const auto sample = parse_json(shows_rows(library, sight, check.table) ? check.sample : "[]");
    objects.push_back({{"state", check.state},
                       {"table", check.table},
                       {"period", check.period},
                       {"check", check.check},
                       {"kind", check.kind},
                       {"severity", check.severity},
                       {"bad_rows", check.bad_rows},
                       {"sample", sample ? OrderedJson(*sample) : OrderedJson::array()},
                       {"run", check.run}});
  }
  context.output().list(objects,
                        {{.key = "state", .tone = state_tone},
                         {.key = "table"},
                         {.key = "period", .optional = true},
                         {.key = "check"},
                         {.key = "severity"},
                         {.key = "bad_rows", .title = "bad rows", .align = Align::right},
                         {.key = "sample", .width_max = 80}},
                        "");
  std::string line;
  for (const auto& [state, count] : states) line += fmt::format("{}{} {}", line.empty() ? "" : ", ", count, state);
  context.output().say("checks: {}", line.empty() ? "none recorded yet" : line);
  if (states["failed"] == 0) return {};
  return fail(ErrorKind::check_failed, "{} of tenant {} failed in the newest run",
              count_text(states["failed"], "check", "checks"), given.tenant);
}

Status show_lineage(Context& context, const PackArguments& given) {
  const pack::Library library = TRY(context.library_here());
  document::Lineage lineage = document::lineage_of(library);
  if (!given.table.empty()) lineage = TRY(document::around(lineage, given.table));
  const std::string format = context.output().json() ? "json" : given.format;
  if (format == "json") {
    context.output().json_document(to_json(lineage));
  } else if (format == "mermaid") {
    context.output().write(to_mermaid(lineage));
  } else if (format == "dot") {
    context.output().write(to_dot(lineage));
  } else {
    context.output().write(to_text(lineage));
  }
  return {};
}

Status write_docs(Context& context, const PackArguments& given) {
  const pack::Library library = TRY(context.library_here());
  const auto store = TRY(open_local_store(given.out));
  std::int64_t pages = 0;
  for (const auto& [name, text] : table_pages(library)) {
    TRY(store->write(name, text));
    ++pages;
  }
  if (context.output().json()) context.output().json_document({{"out", given.out}, {"pages", pages}});
  context.output().say("{}: {}, begin with README.md", given.out, count_text(pages, "page", "pages"));
  return {};
}

}  // namespace

void add_pack_commands(Command& root) {
  const auto values = std::make_shared<PackArguments>();
  Command& test =
      root.sub("test", "run the packs' own tests: given rows, expected rows").group(kGroupPacks).keep(values);
  test.option(
      {.name = "PACK", .help = "only these packs (default: all)", .target = &values->packs, .kind = ValueKind::pack});
  test.example("centavo test", "all packs").example("centavo test retail", "one pack");
  test.needs(needs_person());
  test.action([values](Context& context) { return run_tests(context, *values); });

  Command& check = root.sub("check", "what the checks said of the rows that tables hold now").group(kGroupPacks);
  check.note("Ends with 3 when a check failed in the newest run.");
  check.option({.name = "--tenant",
                .value = "ID",
                .help = "whose tables",
                .target = &values->tenant,
                .required = true,
                .kind = ValueKind::tenant});
  check.option({.name = "--table",
                .value = "TABLE",
                .help = "only this table",
                .target = &values->table,
                .kind = ValueKind::table});
  check.option({.name = "--all", .help = "those that passed too", .target = &values->all});
  check.example("centavo check --tenant acme", "what did not pass")
      .example("centavo check --tenant acme --all", "every check");
  check.needs(needs_right(access::Right::cost_read, values->tenant));
  check.action([values](Context& context) { return show_checks(context, *values); });

  Command& lineage = root.sub("lineage", "what is made from what").group(kGroupPacks);
  lineage.option({.name = "TABLE",
                  .help = "only what it is made from and what is made from it",
                  .target = &values->table,
                  .kind = ValueKind::table});
  lineage.option({.name = "--format",
                  .value = "FORMAT",
                  .help = "how it is drawn",
                  .target = &values->format,
                  .choices = {"text", "mermaid", "dot", "json"}});
  lineage.example("centavo lineage gold.cost_by_month", "where a gold table comes from")
      .example("centavo lineage --format dot | dot -Tsvg > lineage.svg", "a picture of all tables");
  lineage.needs(needs_person());
  lineage.action([values](Context& context) { return show_lineage(context, *values); });

  Command& docs = root.sub("docs", "a page per table: columns, checks, lineage, SQL").group(kGroupPacks);
  docs.option({.name = "--out",
               .value = "DIR",
               .help = "folder for the pages (default centavo-docs)",
               .target = &values->out,
               .kind = ValueKind::folder});
  docs.example("centavo docs --out docs/tables", "Markdown pages of all packs");
  docs.needs(needs_person());
  docs.action([values](Context& context) { return write_docs(context, *values); });
}

}  // namespace centavo::cli
