/// \file app/cli/validate_commands.cc
/// validate focus: a file or a tenant's bill against the rules of the specification

#include <filesystem>
#include <fstream>

#include "app/cli/commands.h"
#include "app/cli/focus_dataset.h"
#include "app/cli/release_choice.h"
#include "app/cli/report_text.h"
#include "app/cli/row_format.h"
#include "app/cli/temp_folder.h"
#include "flow/validate/model.h"
#include "flow/validate/validate.h"

namespace centavo::cli {
namespace {

constexpr const char* kPack = "focus";
constexpr const char* kBill = "CostAndUsage";
constexpr const char* kBillVersion = "1.2";
constexpr std::size_t kTextBytesMax = 240;
constexpr std::uintmax_t kModelBytesMax = 64 << 20;

struct ValidateArguments {
  std::string file, tenant, version, dataset, model, applicability = "none", invoices, period, as_of;
  std::int64_t release = 0, samples = 3;
  bool all = false, list = false;
};

Result<std::string> text_of_file(const std::string& path) {
  std::error_code fault;
  const auto size = std::filesystem::file_size(path, fault);
  if (fault) return fail(ErrorKind::not_found, "{}: {}", path, fault.message());
  if (size > kModelBytesMax) return fail(ErrorKind::unsupported, "{} is larger than 64 MB", path);
  std::ifstream stream(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  if (!stream && !stream.eof()) return fail(ErrorKind::io, "{} cannot be read", path);
  return text;
}

/// The dataset that a person names, or the one whose columns are there.
std::string dataset_of(const ValidateArguments& given, const std::vector<duck::Column>& columns) {
  if (!given.dataset.empty()) return given.dataset;
  const bool commitments = std::any_of(columns.begin(), columns.end(),
                                       [](const auto& c) { return c.name.starts_with("ContractCommitment"); });
  const bool charges =
      std::any_of(columns.begin(), columns.end(), [](const auto& c) { return c.name == "BilledCost"; });
  return commitments && !charges ? "ContractCommitment" : "CostAndUsage";
}

/// The pack's rules of the version, or those of --model.
Result<rules::RuleSet> rules_for(const pack::Library& library, const ValidateArguments& given,
                                 const std::string& dataset) {
  if (!given.model.empty()) {
    const std::string text = TRY_IN("--model", text_of_file(given.model));
    return TRY_IN(given.model, rules::read_model(text, dataset, given.model));
  }
  const auto pack = library.packs().find(kPack);
  if (pack == library.packs().end()) return fail(ErrorKind::not_found, "there is no pack {}", kPack);
  const FocusDataset known = TRY(focus_dataset(library, dataset));
  const std::string set = known.interface->name.substr(known.interface->name.find('.') + 1);
  const auto versions = rules::versions_of(pack->second, set);
  const std::string version = !given.version.empty() || versions.empty() ? given.version
                              : dataset == kBill                         ? std::string(kBillVersion)
                                                                         : versions.back();
  if (std::find(versions.begin(), versions.end(), version) != versions.end())
    return rules::rule_set(pack->second, set, version);
  return fail_hint(fmt::format("there are {}; --model FILE runs a published model of another",
                               versions.empty() ? "none of any version" : fmt::format("{}", fmt::join(versions, ", "))),
                   ErrorKind::invalid_argument, "--version: there are no rules for {} of FOCUS \"{}\"", dataset,
                   version);
}

/// A dataset of a release as the rules want it: the specification's columns, and where each row came from.
Result<rules::Delivered> open_tenant(Context& context, Workshop& workshop, const Tenant& tenant, Reader& reader,
                                     const ValidateArguments& given) {
  const FocusDataset dataset =
      TRY(focus_dataset(workshop.library, given.dataset.empty() ? std::string(kBill) : given.dataset));
  reader.connection().watch(context.cancel());
  rules::Delivered out;
  out.label = fmt::format("tenant {}, release {}{}{}", given.tenant, reader.release().number,
                          given.period.empty() ? "" : ", ", given.period);
  std::vector<std::string> columns;
  for (const pack::ColumnSpec& column : dataset.interface->columns) {
    if (!column.since.empty()) columns.push_back(duck::name(column.name));
  }
  const bool traced = dataset.interface->name == "focus.cost_and_usage";
  const DatasetScope scope{workshop, tenant, given.release == 0 && given.as_of.empty(),
                           TRY(period_option(given.period))};
  const std::string sql = TRY(dataset_sql(reader, dataset, scope, columns, traced ? "x_SourceFile, x_SourceRow" : ""));
  out.from = fmt::format("({})", sql);
  out.file = traced ? "x_SourceFile" : duck::literal(dataset.name);
  out.row = traced ? "x_SourceRow" : "row_number() over ()";
  for (duck::Column& column : TRY(reader.connection().describe("select * from " + out.from))) {
    if (!column.name.starts_with("x_")) out.columns.push_back(std::move(column));
  }
  return out;
}

OrderedJson rule_object(const rules::Rule& rule) {
  OrderedJson object = {{"id", rule.id}, {"level", rule.level}, {"column", rule.column}};
  using Kind = rules::Requirement::Kind;
  const rules::Requirement& asked = rule.requirement;
  if (asked.kind == Kind::present) object["present"] = asked.column;
  if (asked.kind == Kind::type) object["type"] = asked.type;
  if (asked.kind == Kind::format) object["format"] = asked.type;
  if (asked.kind == Kind::rows) object["rows"] = asked.sql;
  if (asked.kind == Kind::all_of) object["all_of"] = asked.rules;
  if (asked.kind == Kind::any_of) object["any_of"] = asked.rules;
  if (asked.kind == Kind::sql || asked.kind == Kind::every || asked.kind == Kind::any) {
    rules::Rule bare;
    bare.requirement = asked;
    object["holds"] = bare.text();
  }
  if (!rule.when.empty()) object["when"] = rule.when;
  if (!rule.criteria.empty()) object["criteria"] = rule.criteria;
  if (!rule.needs.empty()) object["needs"] = rule.needs;
  if (!rule.cannot.empty()) object["cannot"] = rule.cannot;
  if (!rule.note.empty()) object["note"] = rule.note;
  object["says"] = rule.text();
  return object;
}

OrderedJson outcome_object(const rules::Outcome& outcome) {
  OrderedJson samples = OrderedJson::array();
  for (const auto& sample : outcome.samples) {
    OrderedJson values = OrderedJson::object();
    for (const auto& [column, text] : sample.values) values[column] = text ? OrderedJson(*text) : OrderedJson(nullptr);
    samples.push_back({{"file", sample.file}, {"row", sample.row}, {"values", values}});
  }
  return {{"id", outcome.rule->id},
          {"level", outcome.rule->level},
          {"column", outcome.rule->column},
          {"state", std::string(name_of(outcome.state))},
          {"bad", outcome.bad},
          {"says", outcome.rule->text()},
          {"why", outcome.why},
          {"note", outcome.rule->note},
          {"samples", samples}};
}

Tone tone_of(rules::State state, bool binding) {
  if (state == rules::State::pass) return Tone::good;
  if (state == rules::State::fail) return binding ? Tone::bad : Tone::warning;
  return Tone::plain;
}

/// A long list of allowed values says no more than its beginning.
std::string shortened(std::string text) {
  if (text.size() <= kTextBytesMax) return text;
  text.resize(text.find_last_of(' ', kTextBytesMax));
  return text + " …";
}

void print_outcome(Output& output, const rules::Outcome& outcome) {
  const std::string count =
      outcome.bad > 0 && outcome.why.empty() ? fmt::format("  {}", count_text(outcome.bad, "bad row", "bad rows")) : "";
  output.say(
      "{}  {}  {}{}",
      output.styled(fmt::format("{:<14}", name_of(outcome.state)), tone_of(outcome.state, outcome.rule->binding())),
      outcome.rule->id, outcome.rule->level, count);
  output.say("    {}", shortened(printable(outcome.rule->text())));
  if (!outcome.why.empty()) output.say("    {}", printable(outcome.why));
  for (const auto& sample : outcome.samples) {
    std::string line = sample.row > 0 ? fmt::format("{} row {}: ", sample.file, sample.row) : "";
    for (const auto& [column, text] : sample.values)
      line += fmt::format("{}{} = {}", line.ends_with(": ") || line.empty() ? "" : ", ", column, text.value_or("NULL"));
    output.say("      {}", printable(line));
  }
}

void print_report(Context& context, const rules::Report& report, const rules::Data& data, const rules::RuleSet& rules,
                  const ValidateArguments& given, const std::vector<std::string>& criteria) {
  using rules::State;
  Output& output = context.output();
  if (output.json()) {
    OrderedJson list = OrderedJson::array();
    for (const auto& outcome : report.outcomes) list.push_back(outcome_object(outcome));
    output.json_document({{"data", data.label},
                          {"rows", data.rows},
                          {"rules_of", rules.origin},
                          {"dataset", rules.name},
                          {"version", rules.version},
                          {"criteria", criteria},
                          {"total", report.outcomes.size()},
                          {"pass", report.count(State::pass)},
                          {"fail", report.count(State::fail)},
                          {"not_applicable", report.count(State::not_applicable)},
                          {"not_executable", report.count(State::not_executable)},
                          {"conforms", report.binding_failures() == 0},
                          {"rules", list}});
    return;
  }
  for (const auto& outcome : report.outcomes) {
    const bool made_of_others = outcome.rule->requirement.of_rules();
    if (given.all || (outcome.state == State::fail && !made_of_others)) print_outcome(output, outcome);
  }
  output.say("{}: {} against {} rules of {} {}: {} pass, {} fail, {} not applicable, {} not executable", data.label,
             count_text(data.rows, "row", "rows"), report.outcomes.size(), rules.name, rules.version,
             report.count(State::pass), report.count(State::fail), report.count(State::not_applicable),
             report.count(State::not_executable));
  if (criteria.empty() && report.count(State::not_applicable) > 0) {
    output.say("rules with an applicability criterion were left out; --applicability ALL runs them too");
  }
}

Status list_rules(Context& context, const rules::RuleSet& rules) {
  std::vector<OrderedJson> objects;
  for (const rules::Rule& rule : rules.rules) objects.push_back(rule_object(rule));
  context.output().list(objects,
                        {{.key = "id"},
                         {.key = "level"},
                         {.key = "says", .title = "asks", .width_max = 100},
                         {.key = "cannot", .title = "not executable", .width_max = 60, .optional = true}},
                        "no rules");
  return {};
}

/// Invoices to hold sums against: a table `invoices` of InvoiceId, BilledCost and, when the file has it,
/// BillingCurrency. Their amounts are read with as many digits as the bill's, by an engine of their own: the one that
/// holds a tenant's tables opens no files.
Status open_invoices(duck::Connection& connection, const std::string& path, int scale) {
  if (path.empty()) return {};
  duck::Database engine = TRY(duck::Database::open({}));
  duck::Connection reading = TRY(engine.connect());
  const std::string from = fmt::format("read_csv({}, all_varchar = true, header = true)", duck::path_list({path}));
  const auto columns = TRY_IN("--invoices", reading.describe("select * from " + from));
  const auto has = [&](std::string_view name) {
    return std::any_of(columns.begin(), columns.end(), [&](const auto& c) { return c.name == name; });
  };
  if (!has("InvoiceId") || !has("BilledCost")) {
    return fail_hint("InvoiceId,BilledCost and, if you like, BillingCurrency", ErrorKind::invalid_argument,
                     "--invoices: {} has no columns InvoiceId and BilledCost", path);
  }
  const std::string type = fmt::format("decimal(38,{})", scale);
  duck::Rows rows = TRY_IN(
      "--invoices", reading.query(fmt::format("select InvoiceId, BilledCost, {}, try_cast(BilledCost as {}) from {}",
                                              has("BillingCurrency") ? "BillingCurrency" : "null", type, from)));
  const auto literal = [&](std::size_t c) { return rows.is_null(c) ? "null" : duck::literal(rows.text(c)); };
  std::string values;
  while (TRY_IN("--invoices", rows.next())) {
    if (rows.is_null(3)) {
      return fail_hint("write it like 1234.56, without separators of thousands", ErrorKind::invalid_argument,
                       "--invoices: {}: the amount of invoice {} is \"{}\", which is no number or too large", path,
                       rows.is_null(0) ? "" : rows.text(0), rows.is_null(1) ? "" : rows.text(1));
    }
    values += fmt::format("{}({}, {}, {})", values.empty() ? " values " : ", ", literal(0), literal(3), literal(2));
  }
  TRY(connection.run(
      fmt::format("create temp table invoices (InvoiceId varchar, BilledCost {}, BillingCurrency varchar)", type)));
  if (values.empty()) return fail(ErrorKind::invalid_argument, "--invoices: {} has no rows", path);
  TRY(connection.run("insert into invoices" + values));
  const auto twice = TRY(connection.all(
      "select any_value(InvoiceId) from invoices group by InvoiceId, BillingCurrency having count(*) > 1 limit 1"));
  if (twice.empty()) return {};
  return fail(ErrorKind::invalid_argument, "--invoices: {}: invoice {} is there twice", path, twice[0][0].value_or(""));
}

Status run_rules(Context& context, duck::Connection& connection, const pack::Library& library,
                 rules::Delivered delivered, const ValidateArguments& given) {
  rules::RuleSet rules = TRY(rules_for(library, given, dataset_of(given, delivered.columns)));
  if (!given.tenant.empty()) {
    // Silver has the columns of every version; an export leaves the later ones out, and so do we.
    const auto types = rules.column_types();
    std::erase_if(delivered.columns, [&](const duck::Column& column) { return !types.contains(column.name); });
  }
  const auto criteria = TRY(rules::chosen_criteria(rules, given.applicability));
  const auto pack = library.packs().find(kPack);
  if (pack == library.packs().end()) return fail(ErrorKind::not_found, "there is no pack {}", kPack);
  const std::string macros = TRY(rules::term_macros(pack->second));
  TRY(connection.run(macros));
  const rules::Data data = TRY(rules::prepare(connection, delivered, rules));
  TRY(open_invoices(connection, given.invoices, data.scale));
  const rules::Options options = {criteria, static_cast<int>(given.samples), !given.invoices.empty()};
  const rules::Report report = TRY(rules::validate(connection, data, rules, options));
  print_report(context, report, data, rules, given, criteria);
  const std::int64_t failures = report.binding_failures();
  if (failures == 0) return {};
  return fail(ErrorKind::check_failed, "{}: {} that MUST hold {}", delivered.label,
              count_text(failures, "rule", "rules"), failures == 1 ? "fails" : "fail");
}

Status validate_tenant(Context& context, const ValidateArguments& given) {
  OpenLake open = TRY(context.open_lake());
  Workshop workshop = open.workshop(context.clock());
  const Tenant tenant = TRY(open.lake.tenant(given.tenant));
  const std::int64_t number = TRY(chosen_release(open.lake.store(), tenant.id, given.release, given.as_of));
  Reader reader = TRY(Reader::open(workshop, tenant, number, context.sight(tenant.id)));
  rules::Delivered delivered = TRY(open_tenant(context, workshop, tenant, reader, given));
  return run_rules(context, reader.connection(), open.library, std::move(delivered), given);
}

Status validate_file(Context& context, const ValidateArguments& given) {
  const pack::Library library = TRY(context.library_here());
  // For a file's parts and what does not fit into memory.
  const TempFolder folder = TRY(TempFolder::make("validate"));
  duck::Options options;
  options.temp_directory = folder.path() + "/engine";
  duck::Database engine = TRY(duck::Database::open(options));
  duck::Connection connection = TRY(engine.connect());
  connection.watch(context.cancel());
  rules::Delivered delivered =
      TRY(rules::open_file(connection, given.file, folder.path() + "/parts", context.cancel()));
  return run_rules(context, connection, library, std::move(delivered), given);
}

Status validate_focus(Context& context, const ValidateArguments& given) {
  if (given.samples < 0 || given.samples > 1000)
    return fail(ErrorKind::invalid_argument, "--samples: {} is not in 0..1000", given.samples);
  if (given.list) {
    const pack::Library library = TRY(context.library_here());
    const rules::RuleSet rules = TRY(rules_for(library, given, given.dataset.empty() ? "CostAndUsage" : given.dataset));
    return list_rules(context, rules);
  }
  if (given.file.empty() == given.tenant.empty()) {
    return fail_hint("centavo validate focus bill.csv, or centavo validate focus --tenant acme",
                     ErrorKind::invalid_argument, "validate focus: {}",
                     given.file.empty() ? "name a FILE or a --tenant" : "a FILE or a --tenant, not both");
  }
  if (!given.file.empty() && (given.release != 0 || !given.as_of.empty() || !given.period.empty())) {
    return fail(ErrorKind::invalid_argument, "validate focus: --release, --as-of and --period belong to --tenant");
  }
  std::error_code fault;
  if (!given.invoices.empty() && !std::filesystem::is_regular_file(given.invoices, fault))
    return fail(ErrorKind::not_found, "--invoices: {}: no such file", given.invoices);
  return given.tenant.empty() ? validate_file(context, given) : validate_tenant(context, given);
}

}  // namespace

void add_validate_commands(Command& root) {
  const auto values = std::make_shared<ValidateArguments>();
  Command& validate = root.sub("validate", "data against the rules of a specification").group(kGroupPacks);
  Command& focus = validate.sub("focus", "a file or a tenant's bill against the rules of FOCUS").keep(values);
  focus.note(
      "Says of every rule whether it passes, fails (how many rows, and some of them with file and row), does not "
      "apply, or "
      "cannot be executed and why. Exit code 3 when a rule that MUST hold fails.");
  focus.note(
      "CSV is read as text, so that ids of digits stay ids; a value that is no decimal or time breaks the rule about "
      "its "
      "column's type.");
  focus.option({.name = "FILE",
                .help = "CSV, Parquet, JSON lines or JSON; .gz, .zst or .zip may follow",
                .target = &values->file,
                .kind = ValueKind::file});
  focus.option({.name = "--tenant",
                .value = "ID",
                .help = "the bill of this tenant's release instead of a file",
                .target = &values->tenant,
                .kind = ValueKind::tenant});
  focus.option({.name = "--version",
                .value = "V",
                .help = "version of the specification: 1.0, 1.2 or 1.3 (default 1.2; of commitments 1.3)",
                .target = &values->version});
  focus.option({.name = "--applicability",
                .value = "NAMES",
                .help = "criteria that the provider fulfils: none (default), ALL, or names with commas between",
                .target = &values->applicability});
  focus.option({.name = "--dataset",
                .value = "NAME",
                .help = "which dataset of FOCUS (default: by the columns)",
                .target = &values->dataset,
                .choices = {"CostAndUsage", "ContractCommitment"}});
  focus.option(
      {.name = "--model",
       .value = "FILE",
       .help = "run this published requirement model instead of our rules, read as the public validator reads it",
       .target = &values->model,
       .kind = ValueKind::file});
  focus.option({.name = "--invoices",
                .value = "FILE",
                .help = "CSV of InvoiceId, BilledCost and BillingCurrency: what the invoices ask for",
                .target = &values->invoices,
                .kind = ValueKind::file});
  focus.option({.name = "--samples",
                .value = "N",
                .help = "rows shown of each failing rule (default 3)",
                .target = &values->samples});
  focus.option({.name = "--all", .help = "every rule, not only those that fail", .target = &values->all});
  focus.option({.name = "--list", .help = "show the rules and validate nothing", .target = &values->list});
  focus.option({.name = "--period",
                .value = "MONTHS",
                .help = "only these months of the tenant: 2026-09 or 2026-09..2026-10",
                .target = &values->period});
  focus.option({.name = "--release",
                .value = "N",
                .help = "this release of the tenant (default: the newest)",
                .target = &values->release});
  focus.option(
      {.name = "--as-of", .value = "TIME", .help = "what was published at that time", .target = &values->as_of});
  focus.example("centavo validate focus bill.csv --applicability ALL", "a file against every rule of FOCUS 1.2")
      .example("centavo validate focus --tenant acme --version 1.3", "what a tenant's queries read")
      .example("centavo validate focus bill.parquet --model model-1.2.0.1.json --json",
               "the published model, to compare")
      .example("centavo validate focus bill.csv --invoices invoices.csv", "and whether the rows add up to the invoices")
      .example("centavo validate focus --list --version 1.2", "the rules themselves, with their SQL");
  focus.needs(needs_right(access::Right::sql, values->tenant).of_layer("silver"));
  focus.action([values](Context& context) { return validate_focus(context, *values); });
}

}  // namespace centavo::cli
