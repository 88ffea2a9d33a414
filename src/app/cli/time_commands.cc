/// \file app/cli/time_commands.cc
/// diff, replay: two releases compared, and one made again

#include "app/cli/commands.h"
#include "app/cli/progress.h"
#include "app/cli/release_choice.h"
#include "app/cli/report_text.h"
#include "flow/pipeline/difference.h"
#include "flow/pipeline/masking.h"
#include "flow/pipeline/replay.h"

namespace centavo::cli {
namespace {

constexpr std::size_t kReasonsShown = 3;

struct TimeArguments {
  std::string tenant, from, to, measure = "BilledCost", period;
  std::vector<std::string> by;
  std::int64_t limit = 20, release = 0;
  bool all = false;
};

/// What a task being made again shows on a terminal.
class ScratchProgress {
 public:
  explicit ScratchProgress(Output& output) : progress_(output) {}
  OnEvent listener() {
    return [this](const RunEvent& event) {
      if (event.total == 0) return;
      progress_.show(fmt::format("{}/{}  {}, made again", event.done, event.total, event.text),
                     static_cast<double>(event.done) / static_cast<double>(event.total));
    };
  }

 private:
  Progress progress_;
};

bool is_number(const std::string& text) {
  return !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == std::string::npos;
}

Result<std::int64_t> release_named(Store& store, const std::string& tenant, const std::string& text) {
  if (!is_number(text)) {
    if (!parse_iso_time(text)) {
      return fail_hint("write a release's number, 2026-09-30 or 2026-09-30T12:00:00Z", ErrorKind::invalid_argument,
                       "diff: \"{}\" is neither a release nor a time", text);
    }
    return chosen_release(store, tenant, 0, text);
  }
  const std::int64_t number = std::stoll(text);
  if (number == 0) return fail(ErrorKind::invalid_argument, "diff: 0 is no release; they count from 1");
  TRY(release(store, tenant, number));
  return number;
}

std::string words_of(Cause cause) {
  switch (cause) {
    case Cause::program: return "program or pack";
    case Cause::rules: return "rules and tags";
    case Cause::rates: return "rates";
    case Cause::restated_data: return "restated data";
    case Cause::new_data: return "new data";
    case Cause::joint: return "not told apart";
  }
  return "";
}

std::string reasons_text(const Difference& found, Cause cause) {
  const auto it = found.reasons.find(cause);
  if (it == found.reasons.end()) return {};
  std::string out;
  for (std::size_t i = 0; i < std::min(it->second.size(), kReasonsShown); ++i)
    out += (out.empty() ? "" : "; ") + it->second[i];
  if (it->second.size() > kReasonsShown) out += fmt::format("; and {} more", it->second.size() - kReasonsShown);
  return out;
}

void print_difference(Output& output, const Difference& found) {
  output.line(
      output.styled(fmt::format("{} of {}, tenant {}: release {} ({}) to release {} ({})", found.measure, found.table,
                                found.tenant, found.from.number, time_text(found.from.published_ms), found.to.number,
                                time_text(found.to.published_ms)),
                    Tone::strong));
  std::vector<OrderedJson> totals, causes;
  for (const auto& group : found.totals) {
    totals.push_back(document::group_object(found, group));
    for (const auto& [cause, amount] : group.parts) {
      causes.push_back({{"cause", words_of(cause)},
                        {"currency", group.currency},
                        {"change", amount},
                        {"why", reasons_text(found, cause)}});
    }
  }
  const ListColumn currency{.key = "currency", .optional = true};
  const auto money = [](const char* key) { return ListColumn{.key = key, .align = Align::point, .show = show_money}; };
  output.list(totals, {currency, money("before"), money("after"), money("change")}, "no rows on either side");
  if (found.moves.empty()) {
    output.line();
    return output.say("no difference: every period is made of the same data by the same definitions");
  }
  output.line();
  output.list(causes, {{.key = "cause"}, currency, money("change"), {.key = "why", .width_max = 110}},
              "its periods were made again and came out with the same amounts");
  output.line();
  const OrderedJson object = document::difference_object(found);
  const auto count = [](const char* key) { return ListColumn{.key = key, .align = Align::right}; };
  output.list(object["rows"].get<std::vector<OrderedJson>>(),
              {{.key = "period", .optional = true},
               currency,
               count("added"),
               count("removed"),
               count("changed"),
               {.key = "added_amount", .title = "amount added", .align = Align::point, .show = show_money},
               {.key = "removed_amount", .title = "amount removed", .align = Align::point, .show = show_money},
               {.key = "changed_amount", .title = "amount changed", .align = Align::point, .show = show_money}},
              "no row differs");
  if (found.by.empty()) return;
  output.line();
  std::vector<ListColumn> columns;
  for (const auto& name : found.by) columns.push_back({.key = name});
  columns.insert(columns.end(), {currency, money("before"), money("after"), money("change")});
  columns.push_back({.key = "causes", .show = [](const OrderedJson& parts) {
                       std::string text;
                       for (const auto& [cause, amount] : parts.items())
                         text += fmt::format("{}{} {}", text.empty() ? "" : ", ", cause, show_money(amount));
                       return text;
                     }});
  output.list(object["groups"].get<std::vector<OrderedJson>>(), columns, "no group moved");
  if (found.groups_moved > static_cast<std::int64_t>(found.groups.size()))
    output.note("{} of {} groups are shown, those that moved most; --limit N shows more", found.groups.size(),
                found.groups_moved);
}

Status show_difference(Context& context, const TimeArguments& given) {
  if (given.limit < 0) return fail(ErrorKind::invalid_argument, "--limit: {} is below 0", given.limit);
  DifferenceQuestion question;
  question.periods = TRY(period_option(given.period));
  OpenLake open = TRY(context.open_lake());
  Workshop workshop = open.workshop(context.clock());
  const Tenant tenant = TRY(open.lake.tenant(given.tenant));
  question.from = TRY(release_named(open.lake.store(), tenant.id, given.from));
  question.to = TRY(release_named(open.lake.store(), tenant.id, given.to));
  const std::string layer = given.measure.substr(0, given.measure.find('.'));
  if (layer != given.measure && !context.sight(tenant.id).sees_layer(layer))
    return fail(ErrorKind::permission_denied, "diff: {} is of a layer out of sight", given.measure);
  for (const auto& list : given.by) TRY(vet_dimensions(open.library, context.sight(tenant.id), list));
  Output& output = context.output();
  if (question.from == question.to) {
    if (is_number(given.from) && is_number(given.to))
      return fail_hint(fmt::format("centavo release list --tenant {}", tenant.id), ErrorKind::invalid_argument,
                       "diff: {} and {} are the same release", given.from, given.to);
    output.note("release {} was the newest at both", question.from);
  }
  question.measure = given.measure;
  for (const auto& names : given.by) {
    for (std::size_t begin = 0; begin <= names.size();) {
      const std::size_t end = std::min(names.find(',', begin), names.size());
      if (end > begin) question.by.push_back(names.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  question.limit = given.limit;
  const Difference found = TRY(([&]() -> Result<Difference> {
    ScratchProgress progress(output);
    return difference(workshop, tenant, question, progress.listener(), context.cancel());
  }()));
  if (output.json()) {
    output.json_document(document::difference_object(found));
  } else {
    print_difference(output, found);
  }
  if (found.holds) return {};
  return fail(ErrorKind::check_failed, "diff: the parts do not add up to the change");
}

OrderedJson replay_object(const Replay& found) {
  OrderedJson out = {{"tenant", found.tenant},
                     {"release", found.release},
                     {"published_at", iso_time(found.published_ms)},
                     {"programs", found.programs},
                     {"differing_definitions", found.differing},
                     {"files", found.files},
                     {"same", found.same}};
  out["tables"] = OrderedJson::array();
  for (const auto& line : found.lines) {
    OrderedJson columns = OrderedJson::array();
    for (const auto& column : line.columns)
      columns.push_back({{"column", column.name}, {"then", column.then}, {"now", column.now}});
    out["tables"].push_back({{"table", line.table},
                             {"period", line.period},
                             {"result", line.same             ? "same"
                                        : line.reason.empty() ? "DIFFERS"
                                                              : "not made again"},
                             {"rows", line.rows},
                             {"rows_again", line.rows_again},
                             {"rows_only_then", line.rows_only_then},
                             {"rows_only_now", line.rows_only_now},
                             {"columns", columns},
                             {"reason", line.reason}});
  }
  return out;
}

void print_replay(Output& output, const Replay& found, bool all) {
  output.line(
      output.styled(fmt::format("release {} of {}, published {}, made again from {}", found.release, found.tenant,
                                time_text(found.published_ms), count_text(found.files, "raw file", "raw files")),
                    Tone::strong));
  const OrderedJson object = replay_object(found);
  std::vector<OrderedJson> shown;
  std::int64_t rows = 0;
  for (const auto& line : object["tables"]) {
    rows += line["rows"].get<std::int64_t>();
    if (all || line["result"] != "same") shown.push_back(line);
  }
  const auto columns = [](const OrderedJson& value) {
    std::string text;
    for (const auto& column : value) {
      text += (text.empty() ? "" : ", ") + column["column"].get<std::string>();
      if (column["then"] != "" || column["now"] != "")
        text += fmt::format(" {} then, {} now", show_money(column["then"]), show_money(column["now"]));
    }
    return text;
  };
  if (!shown.empty()) {
    output.list(
        shown,
        {{.key = "table"},
         {.key = "period", .optional = true},
         {.key = "result", .tone = [](const OrderedJson& value) { return value == "same" ? Tone::good : Tone::bad; }},
         {.key = "rows", .align = Align::right},
         {.key = "rows_only_then", .title = "only then", .align = Align::right},
         {.key = "rows_only_now", .title = "only now", .align = Align::right},
         {.key = "columns", .title = "differing columns", .show = columns, .width_max = 100, .optional = true},
         {.key = "reason", .width_max = 100, .optional = true}},
        "");
  }
  for (const auto& difference : found.differing) output.note("by the definitions of its day: {}", difference);
  const auto same = std::count_if(found.lines.begin(), found.lines.end(), [](const auto& line) { return line.same; });
  output.line(output.styled(
      fmt::format("{} of {} came out with the same values, {}", same,
                  count_text(static_cast<std::int64_t>(found.lines.size()), "period of a table", "periods of tables"),
                  count_text(rows, "row", "rows")),
      found.same ? Tone::good : Tone::bad));
}

Status show_replay(Context& context, const TimeArguments& given) {
  if (given.release < 0)
    return fail(ErrorKind::invalid_argument, "replay: {} is no release; they count from 1", given.release);
  OpenLake open = TRY(context.open_lake());
  Workshop workshop = open.workshop(context.clock());
  const Tenant tenant = TRY(open.lake.tenant(given.tenant));
  Output& output = context.output();
  const Replay found = TRY(([&]() -> Result<Replay> {
    ScratchProgress progress(output);
    return replay(workshop, tenant, given.release, progress.listener(), context.cancel());
  }()));
  if (output.json()) {
    output.json_document(replay_object(found));
  } else {
    print_replay(output, found, given.all);
  }
  if (found.same) return {};
  const auto bad = std::find_if(found.lines.begin(), found.lines.end(), [](const auto& line) { return !line.same; });
  return fail(ErrorKind::check_failed, "replay: release {} does not come out again: {}{}{}{}", found.release,
              bad->table, bad->period.empty() ? "" : " ", bad->period,
              bad->reason.empty() ? " differs" : ": " + bad->reason);
}

}  // namespace

void add_time_commands(Command& root) {
  const auto values = std::make_shared<TimeArguments>();
  const Option tenant = {.name = "--tenant",
                         .value = "ID",
                         .help = "whose bill",
                         .target = &values->tenant,
                         .required = true,
                         .kind = ValueKind::tenant};

  Command& diff = root.sub("diff", "what changed between two releases, and why").group(kGroupProof).keep(values);
  diff.note(
      "Counts rows added, removed and changed, and splits the change of a total by cause: program or pack, rules and "
      "tags, rates, restated data, new data. The parts add up to the change to the last digit.");
  diff.option(tenant);
  diff.option({.name = "A",
               .help = "a release's number, or a time: what was shown then",
               .target = &values->from,
               .required = true});
  diff.option({.name = "B", .help = "likewise; the change is B minus A", .target = &values->to, .required = true});
  diff.option({.name = "--measure",
               .value = "MEASURE",
               .help = "what is added up (default BilledCost), or a table's: gold.cost_by_tag.EffectiveCost",
               .target = &values->measure});
  diff.option({.name = "--by",
               .value = "COLUMNS",
               .help = "split the change by these columns too: ServiceName,Tags.team",
               .target = &values->by});
  diff.option({.name = "--period",
               .value = "MONTHS",
               .help = "only these months: 2026-09 or 2026-09..2026-10",
               .target = &values->period});
  diff.option({.name = "--limit",
               .value = "N",
               .help = "groups shown with --by (default 20, 0: all)",
               .target = &values->limit});
  diff.example("centavo diff 3 4 --tenant acme", "what release 4 changed")
      .example("centavo diff 2026-09-30 2026-10-31 --tenant acme --by ServiceName --limit 10",
               "what October brought, by service");
  diff.needs(needs_right(access::Right::cost_read, values->tenant));
  diff.action([values](Context& context) { return show_difference(context, *values); });

  Command& replay =
      root.sub("replay", "make a past release again from raw and compare every value").group(kGroupProof).keep(values);
  replay.note(
      "Works by the definitions of its day, apart from the lake's tables, and publishes nothing. Ends with 0 when "
      "every "
      "row of every table comes out again, else with 3.");
  replay.option(tenant);
  replay.option({.name = "N", .help = "the release (default: the newest)", .target = &values->release});
  replay.option({.name = "--all", .help = "the tables that are the same too", .target = &values->all});
  replay.example("centavo replay 3 --tenant acme", "does release 3 still come out as it was?");
  replay.needs(needs_right(access::Right::run, values->tenant));
  replay.action([values](Context& context) { return show_replay(context, *values); });
}

}  // namespace centavo::cli
