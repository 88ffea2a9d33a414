/// \file app/cli/compare_command.cc
/// compare focus: our bill against another one in the same columns

#include <filesystem>

#include "app/cli/commands.h"
#include "app/cli/progress.h"
#include "app/cli/report_text.h"
#include "flow/pipeline/bill_comparison.h"

namespace centavo::cli {
namespace {

constexpr const char* kInterface = "focus.cost_and_usage";
constexpr const char* kFileSource = "focus_files";

struct CompareArguments {
  std::string tenant, with, period;
  std::vector<std::string> key;
  std::int64_t release = 0, samples = 3;
  bool all = false;
};

OrderedJson comparison_object(const BillComparison& found) {
  OrderedJson out = {{"tenant", found.tenant},
                     {"release", found.release},
                     {"with", found.theirs},
                     {"periods", found.periods},
                     {"periods_only_ours", found.only_ours},
                     {"periods_only_theirs", found.only_theirs},
                     {"key", found.key},
                     {"not_in_key", found.not_in_key},
                     {"rows_ours", found.rows_ours},
                     {"rows_theirs", found.rows_theirs},
                     {"pairs", found.pairs},
                     {"same", found.same}};
  out["columns"] = OrderedJson::array();
  for (const auto& column : found.columns) {
    out["columns"].push_back(
        {{"column", column.name},
         {"differing", column.differing},
         {"missing_ours", column.missing_ours},
         {"missing_theirs", column.missing_theirs},
         {"ours", column.ours},
         {"theirs", column.theirs},
         {"difference", column.difference},
         {"samples", column.samples.is_null() ? OrderedJson::array() : OrderedJson(column.samples)}});
  }
  return out;
}

std::string sample_text(const OrderedJson& samples) {
  if (samples.empty()) return {};
  const auto& first = samples.front();
  return fmt::format("{} / {}  ({} row {})", plain_text(first["ours"]), plain_text(first["theirs"]),
                     plain_text(first["file"]), plain_text(first["row"]));
}

void print_comparison(Output& output, const BillComparison& found, bool all) {
  output.line(output.styled(fmt::format("tenant {}, release {}, against {}: {}", found.tenant, found.release,
                                        found.theirs, fmt::join(found.periods, ", ")),
                            Tone::strong));
  output.say("{} of ours, {} of theirs, {} paired by {}", count_text(found.rows_ours, "row", "rows"),
             count_text(found.rows_theirs, "row", "rows"), count_text(found.pairs, "pair", "pairs"),
             fmt::join(found.key, ", "));
  if (!found.only_ours.empty()) output.note("only ours: {}", fmt::join(found.only_ours, ", "));
  if (!found.only_theirs.empty()) output.note("only theirs: {}", fmt::join(found.only_theirs, ", "));
  if (!found.not_in_key.empty())
    output.note("the two sides have few values in common in {}", fmt::join(found.not_in_key, ", "));
  output.line();
  std::vector<OrderedJson> columns;
  std::size_t i = 0;
  const OrderedJson object = comparison_object(found);
  for (const auto& column : object["columns"]) {
    if (all || !found.columns[i].same()) columns.push_back(column);
    ++i;
  }
  const auto count = [](const char* key, const char* title) {
    return ListColumn{.key = key, .title = title, .align = Align::right};
  };
  const auto money = [](const char* key) {
    return ListColumn{.key = key, .align = Align::point, .show = show_money, .optional = true};
  };
  output.list(columns,
              {{.key = "column"},
               count("differing", "differ"),
               count("missing_ours", "only theirs"),
               count("missing_theirs", "only ours"),
               money("ours"),
               money("theirs"),
               money("difference"),
               {.key = "samples", .title = "ours / theirs", .show = sample_text, .width_max = 90, .optional = true}},
              "every column of every pair is the same");
}

Status compare_focus(Context& context, const CompareArguments& given) {
  if (given.samples < 0 || given.samples > 1000)
    return fail(ErrorKind::invalid_argument, "--samples: {} is not in 0..1000", given.samples);
  BillQuestion question;
  question.periods = TRY(period_option(given.period));
  question.release = given.release;
  question.key = given.key;
  question.samples = static_cast<int>(std::max<std::int64_t>(given.samples, 1));
  question.file_source = kFileSource;
  OpenLake open = TRY(context.open_lake());
  Workshop workshop = open.workshop(context.clock());
  const Tenant tenant = TRY(open.lake.tenant(given.tenant));
  question.interface = open.library.interface(kInterface);
  if (question.interface == nullptr)
    return fail(ErrorKind::not_found, "compare focus: no pack has the interface {}", kInterface);
  std::error_code code;
  if (auto other = open.lake.tenant(given.with)) {
    if (other->id == tenant.id)
      return fail(ErrorKind::invalid_argument, "compare focus: --with {} is the tenant itself", given.with);
    question.tenant = std::move(*other);
  } else if (std::filesystem::exists(given.with, code)) {
    question.file = std::filesystem::absolute(given.with, code).lexically_normal().string();
  } else {
    return fail(ErrorKind::not_found, "compare focus: --with {}: no such tenant, file or folder", given.with);
  }
  Output& output = context.output();
  const BillComparison found = TRY(([&]() -> Result<BillComparison> {
    Progress progress(output);
    return compare_bills(
        workshop, tenant, question,
        [&](const RunEvent& event) { progress.show(event.text.empty() ? given.with : event.text); }, context.cancel());
  }()));
  if (output.json()) {
    output.json_document(comparison_object(found));
  } else {
    print_comparison(output, found, given.all);
  }
  if (found.same) return {};
  const auto differing =
      std::count_if(found.columns.begin(), found.columns.end(), [](const auto& column) { return !column.same(); });
  return fail(ErrorKind::check_failed,
              "compare focus: {} of {} columns differ, {} of ours and {} of theirs have no partner", differing,
              found.columns.size(), count_text(found.rows_ours - found.pairs, "row", "rows"),
              count_text(found.rows_theirs - found.pairs, "row", "rows"));
}

}  // namespace

void add_compare_command(Command& root) {
  const auto values = std::make_shared<CompareArguments>();
  Command& compare = root.sub("compare", "one bill by two ways into the same columns").group(kGroupProof);
  Command& focus =
      compare.sub("focus", "our FOCUS rows against the provider's own export, column by column").keep(values);
  focus.note(
      "Rows are paired by the columns that say what a charge is and whose values both sides share, in the order of "
      "their amounts. Ends with 0 when nothing differs, else with 3.");
  focus.option({.name = "--tenant",
                .value = "ID",
                .help = "whose bill",
                .target = &values->tenant,
                .required = true,
                .kind = ValueKind::tenant});
  focus.option({.name = "--with",
                .value = "FILE",
                .help = "a FOCUS file or folder of files, or another tenant",
                .target = &values->with,
                .required = true,
                .kind = ValueKind::file});
  focus.option({.name = "--period",
                .value = "MONTHS",
                .help = "only these months (default: those on both sides)",
                .target = &values->period});
  focus.option({.name = "--release",
                .value = "N",
                .help = "ours of this release (default: the newest)",
                .target = &values->release});
  focus.option({.name = "--key",
                .value = "COLUMN",
                .help = "pair rows by this column; may be repeated",
                .target = &values->key});
  focus.option({.name = "--samples",
                .value = "N",
                .help = "differing pairs listed a column under --json (default 3)",
                .target = &values->samples});
  focus.option({.name = "--all", .help = "the columns that are the same too", .target = &values->all});
  focus.example("centavo compare focus --tenant acme --with focus-export/ --period 2026-09",
                "our September against the one that the provider calls FOCUS");
  focus.needs(needs_right(access::Right::run, values->tenant).of_layer("silver"));
  focus.action([values](Context& context) { return compare_focus(context, *values); });
}

}  // namespace centavo::cli
