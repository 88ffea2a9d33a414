#include "app/cli/report_text.h"

#include "app/cli/progress.h"

namespace centavo::cli {
namespace {

constexpr std::int64_t kSampleRowsShown = 3;
constexpr std::size_t kNameWidthMin = 36;

std::string rows_text(std::int64_t rows) { return grouped(std::to_string(rows)); }

/// "  done    silver.costs  2026-09    1,234 rows  2 quarantined  0.4 s"
std::string outcome_line(const Output& output, const Task& task, const TaskOutcome& outcome, std::size_t name_width) {
  const std::string name =
      task.period.empty() ? task.table.text() : fmt::format("{}  {}", task.table.text(), task.period);
  std::string line = fmt::format("  {}{}  {}{}", output.styled(outcome.state, state_tone(outcome.state)),
                                 std::string(9 - std::min<std::size_t>(9, outcome.state.size()), ' '), name,
                                 std::string(name_width > width_of(name) ? name_width - width_of(name) : 0, ' '));
  if (outcome.state != "done") return line;
  line += fmt::format("  {:>13} rows  {:>7}", rows_text(outcome.rows_out), duration_text(outcome.seconds));
  if (outcome.rows_quarantined > 0) {
    line += "  " + output.styled(fmt::format("{} quarantined", rows_text(outcome.rows_quarantined)), Tone::warning);
  }
  return line;
}

void print_checks(Output& output, const TaskOutcome& outcome) {
  for (const CheckRecord& check : outcome.checks) {
    if (check.state == "passed") continue;
    output.say("           {} {} ({}): {}", output.styled(check.state, state_tone(check.state)), check.check,
               check.severity, count_text(check.bad_rows, "bad row", "bad rows"));
    if (check.state == "quarantined" || check.sample.empty()) continue;
    const auto sample = parse_json(check.sample);
    if (!sample || !sample->is_array()) continue;
    std::int64_t shown = 0;
    for (const Json& row : *sample) {
      if (shown++ == kSampleRowsShown) break;
      output.say("             {}",
                 shortened(printable(row.dump(-1, ' ', false, Json::error_handler_t::replace)), 160));
    }
  }
}

/// Tells a run as it goes; `run` calls it from one thread at a time.
class RunTeller {
 public:
  explicit RunTeller(Context& context) : context_(context), progress_(context.output()) {}

  void tell(const RunEvent& event) {
    double fraction = 0;
    if (event.total > 0) {
      fraction = (static_cast<double>(event.done) + event.fraction.value_or(0)) / static_cast<double>(event.total);
    }
    switch (event.kind) {
      case RunEvent::Kind::landing:  // done and total are bytes here
        progress_.show("landing " + event.text, event.total > 0 ? std::optional(fraction) : std::nullopt);
        break;
      case RunEvent::Kind::planned: progress_.show(event.text); break;
      case RunEvent::Kind::task_started:
      case RunEvent::Kind::task_progress:
        progress_.show(fmt::format("{}/{}  {}", event.done, event.total, event.text), fraction);
        break;
      case RunEvent::Kind::task_ended:
        if (event.outcome != nullptr) ended(event.text, *event.outcome);
        break;
      case RunEvent::Kind::proving: progress_.show("proving " + event.text); break;
      case RunEvent::Kind::released: progress_.clear(); break;
    }
  }

 private:
  void ended(const std::string& text, const TaskOutcome& outcome) {
    if (context_.output().quiet() || outcome.state == "cancelled") return;
    Task task;  // the text names table and period: the plan is the run's own
    const std::size_t space = text.find(' ');
    const auto table = pack::parse_table_name(text.substr(0, space));
    if (!table) return context_.output().say("  {}  {}", outcome.state, text);
    task.table = *table;
    if (space != std::string::npos) task.period = text.substr(space + 1);
    width_ = std::max({width_, text.size() + 1, kNameWidthMin});
    context_.output().say("{}", outcome_line(context_.output(), task, outcome, width_));
    print_checks(context_.output(), outcome);
    if (outcome.error) context_.output().say("           {}", printable(outcome.error->message));
  }

  Context& context_;
  Progress progress_;
  std::size_t width_ = 0;
};

std::string summary_line(const RunReport& report) {
  std::map<std::string, std::int64_t> states;
  std::int64_t rows = 0, quarantined = 0, bytes = 0;
  for (const TaskOutcome& outcome : report.outcomes) {
    ++states[outcome.state];
    rows += outcome.rows_out;
    quarantined += outcome.rows_quarantined;
    bytes += outcome.bytes_out;
  }
  std::string line;
  for (const auto& [state, count] : states) line += fmt::format("{}{} {}", line.empty() ? "" : ", ", count, state);
  if (line.empty()) line = "nothing to do";
  if (report.plan.up_to_date > 0) line += fmt::format(", {} up to date", report.plan.up_to_date);
  if (rows > 0) line += fmt::format("; {} rows, {}", rows_text(rows), bytes_text(bytes));
  if (quarantined > 0) line += fmt::format(", {} quarantined", rows_text(quarantined));
  return line + fmt::format("; {}", duration_text(report.seconds));
}

}  // namespace

std::string count_text(std::int64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", rows_text(count), count == 1 ? one : many);
}

std::string tables_text(std::int64_t count) { return count_text(count, "table", "tables"); }

void print_landing(Context& context, const LandReport& report) {
  Output& output = context.output();
  for (const std::string& note : report.notes) output.note("note: {}", printable(note));
  for (const LandProblem& problem : report.problems) {
    output.say("  {}  {}", output.styled("not landed", Tone::bad), printable(problem.error.message));
    if (!problem.error.hint.empty()) output.say("              {}", printable(problem.error.hint));
  }
}

void print_withheld(Context& context, const Plan& plan) {
  std::map<std::string, std::vector<const Task*>> by_period;
  for (const Task& task : plan.withheld) by_period[task.period].push_back(&task);
  for (const auto& [period, tasks] : by_period) {
    context.output().note(
        "{} is closed and left as it is: {} waits ({}){}; `centavo run --tenant {} --restate {}` applies it", period,
        tasks.front()->table.text(), tasks.front()->reason,
        tasks.size() == 1 ? "" : fmt::format(", and {} more", tasks.size() - 1), plan.tenant, period);
  }
}

Result<RunReport> run_one(Context& context, Workshop& workshop, const Tenant& tenant, const RunOptions& options) {
  Output& output = context.output();
  output.say("{}", output.styled("tenant " + tenant.id, Tone::strong));
  Result<RunReport> ran = [&] {
    RunTeller teller(context);
    return run(workshop, tenant, options, [&](const RunEvent& event) { teller.tell(event); }, context.cancel());
  }();
  if (!ran) return ran;
  for (const LandReport& landing : ran->landings) print_landing(context, landing);
  output.say("  {}", summary_line(*ran));
  print_withheld(context, ran->plan);
  for (const Certificate& each : ran->restated)
    output.say("  {} stays closed; certificate {} says what its correction changed", each.period, each.number);
  if (ran->release) output.say("  release {} of {} is published", ran->release->number, tenant.id);
  if (output.json()) return ran;
  if (ran->release) {
    const Json& certificate = ran->release->certificate;
    output.say("  {}",
               output.styled(fmt::format("the proof holds: {}, no cent differs",
                                         count_text(int_or(certificate, "comparisons"), "comparison", "comparisons")),
                             Tone::good));
  } else if (ran->error && ran->error->kind == ErrorKind::check_failed) {
    // Either a check stopped a table, which is told above, or the sums differ.
    const Result<Reconciliation> proof = reconcile(workshop, tenant, options.periods);
    if (proof && !proof->holds) print_proof(context, *proof, false);
  }
  return ran;
}

void print_proof(Context& context, const Reconciliation& proof, bool all) {
  std::vector<OrderedJson> objects;
  for (const Reconciliation::Line& line : proof.lines) {
    if (!all && line.holds && !line.category.empty()) continue;
    objects.push_back({{"verdict", line.holds ? "holds" : "DIFFERS"},
                       {"period", line.period},
                       {"measure", line.measure},
                       {"currency", line.currency},
                       {"category", line.category},
                       {"from", line.from},
                       {"amount", line.from_amount},
                       {"to", line.to},
                       {"to_amount", line.to_amount},
                       {"difference", line.difference},
                       {"note", line.note}});
  }
  std::vector<ListColumn> columns = {{.key = "verdict", .title = "", .tone = state_tone},
                                     {.key = "period"},
                                     {.key = "measure"},
                                     {.key = "currency", .optional = true}};
  if (all) columns.push_back({.key = "category", .optional = true});
  columns.push_back({.key = "from"});
  columns.push_back({.key = "amount", .align = Align::point, .show = show_money});
  columns.push_back({.key = "to"});
  columns.push_back({.key = "to_amount", .title = "amount", .align = Align::point, .show = show_money});
  columns.push_back({.key = "difference", .align = Align::point, .show = show_money});
  columns.push_back({.key = "note", .optional = true});
  columns.front().title = " ";
  context.output().list(objects, columns, "nothing to compare yet");
}

void print_certificate(Context& context, const Reconciliation& proof) {
  struct Sum {
    std::string amount;
    std::int64_t comparisons = 0, differing = 0;
  };
  std::map<std::tuple<std::string, std::string, std::string>, Sum> sums;
  for (const Reconciliation::Line& line : proof.lines) {
    // Rows of two tables are two numbers; money of a period is one, however many tables hold it.
    const std::string measure = line.currency.empty() ? fmt::format("{} of {}", line.measure, line.to) : line.measure;
    Sum& sum = sums[{line.period, measure, line.currency}];
    if (sum.amount.empty() && line.category.empty()) sum.amount = line.from_amount;
    ++sum.comparisons;
    sum.differing += line.holds ? 0 : 1;
  }
  std::vector<OrderedJson> objects;
  for (const auto& [key, sum] : sums) {
    const auto& [period, measure, currency] = key;
    objects.push_back({{"period", period.empty() ? "all" : period},
                       {"measure", measure},
                       {"currency", currency},
                       {"amount", sum.amount},
                       {"comparisons", sum.comparisons},
                       {"verdict", sum.differing == 0 ? "holds" : "DIFFERS"}});
  }
  context.output().list(objects,
                        {{.key = "period"},
                         {.key = "measure"},
                         {.key = "currency"},
                         {.key = "amount", .align = Align::point, .show = show_money},
                         {.key = "comparisons", .align = Align::right},
                         {.key = "verdict", .tone = state_tone}},
                        "nothing to compare yet");
}

std::string verdict(const Reconciliation& proof) {
  std::int64_t bad = 0;
  for (const Reconciliation::Line& line : proof.lines) bad += line.holds ? 0 : 1;
  const auto all = static_cast<std::int64_t>(proof.lines.size());
  if (proof.holds)
    return fmt::format("the proof holds: {}, no cent differs", count_text(all, "comparison", "comparisons"));
  return fmt::format("the proof does not hold: {} of {} differ", rows_text(bad),
                     count_text(all, "comparison", "comparisons"));
}

Status hold(const Reconciliation& proof) {
  if (proof.holds) return {};
  for (const Reconciliation::Line& line : proof.lines) {
    if (line.holds) continue;
    return fail_hint(fmt::format("centavo reconcile --tenant {} --all shows every comparison", proof.tenant),
                     ErrorKind::check_failed, "{}; the first: {} {}{}{} is {} in {} and {} in {}{}", verdict(proof),
                     line.period, line.measure, line.category.empty() ? "" : " of ", line.category,
                     money_text(line.from_amount), line.from, money_text(line.to_amount), line.to,
                     line.note.empty() ? "" : fmt::format(" ({})", line.note));
  }
  return fail(ErrorKind::check_failed, "{}", verdict(proof));
}

}  // namespace centavo::cli
