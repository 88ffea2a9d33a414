/// \file app/cli/generate_commands.cc
/// generate aws|azure|gcp|databricks|retail: believable inputs with their truth

#include "app/cli/commands.h"
#include "app/cli/context.h"
#include "app/cli/progress.h"
#include "flow/generate/generate.h"

namespace centavo::cli {
namespace {

struct GenerateArguments {
  std::string out, last_period = "2026-10", format = "csv_gz", layout = "legacy", currency = "USD";
  std::int64_t seed = 1, rows = 0, months = 0, rows_per_file = 500000;
  bool no_restate = false, before_restatement = false, discounts = false;
};

Status tell(Context& context, const GenerateArguments& given, const generate::GenerateReport& report) {
  OrderedJson object = {{"out", given.out},
                        {"rows", report.rows},
                        {"bytes", report.bytes},
                        {"files", report.files},
                        {"truth", "truth.json"}};
  if (context.output().json()) context.output().json_document(object);
  context.output().say("{}: {} rows in {} files, {}; what a right reader finds is in truth.json", given.out,
                       grouped(std::to_string(report.rows)), report.files.size(), bytes_text(report.bytes));
  return {};
}

Result<std::uint64_t> seed_of(const GenerateArguments& given) {
  if (given.seed < 0) return fail(ErrorKind::invalid_argument, "--seed: {} is below 0", given.seed);
  return static_cast<std::uint64_t>(given.seed);
}

Result<int> months_of(const GenerateArguments& given) {
  if (given.months < 1 || given.months > 1200)
    return fail(ErrorKind::invalid_argument, "--months: {} is not between 1 and 1200", given.months);
  return static_cast<int>(given.months);
}

generate::Progress progress_of(Progress& line) {
  return [&line](std::int64_t done, std::int64_t total) {
    line.show(fmt::format("{} of {} rows", grouped(std::to_string(done)), grouped(std::to_string(total))),
              total > 0 ? std::optional(static_cast<double>(done) / static_cast<double>(total)) : std::nullopt);
  };
}

generate::FileFormat format_of(const GenerateArguments& given) {
  return given.format == "parquet"    ? generate::FileFormat::parquet
         : given.format == "jsonl_gz" ? generate::FileFormat::jsonl_gz
                                      : generate::FileFormat::csv_gz;
}

template <class Options, class Write>
Status write_export(Context& context, const GenerateArguments& given, Options options, Write write) {
  options.seed = TRY(seed_of(given));
  options.rows = given.rows;
  options.months = TRY(months_of(given));
  options.last_period = given.last_period;
  options.format = format_of(given);
  options.rows_per_file = given.rows_per_file;
  options.currency = given.currency;
  options.restate = !given.no_restate;
  options.before_restatement = given.before_restatement;
  std::optional<duck::Database> engine;
  if (options.format == generate::FileFormat::parquet) engine = TRY(duck::Database::open({}));
  Progress line(context.output());
  const auto report = TRY(write(options, given.out, engine ? &*engine : nullptr, progress_of(line), context.cancel()));
  line.clear();
  return tell(context, given, report);
}

Status write_aws(Context& context, const GenerateArguments& given) {
  generate::AwsOptions options;
  options.layout = given.layout == "cur2" ? generate::AwsLayout::cur2 : generate::AwsLayout::legacy;
  options.discounts = given.discounts;
  return write_export(context, given, options, generate::generate_aws);
}

Status write_retail(Context& context, const GenerateArguments& given) {
  generate::RetailOptions options;
  options.seed = TRY(seed_of(given));
  options.rows = given.rows;
  options.months = TRY(months_of(given));
  options.last_period = given.last_period;
  Progress line(context.output());
  const auto report = TRY(generate::generate_retail(options, given.out, progress_of(line), context.cancel()));
  line.clear();
  return tell(context, given, report);
}

Status write_databricks(Context& context, const GenerateArguments& given) {
  generate::DatabricksOptions options;
  options.seed = TRY(seed_of(given));
  options.rows = given.rows;
  options.months = TRY(months_of(given));
  options.last_period = given.last_period;
  Progress line(context.output());
  const auto report = TRY(generate::generate_databricks(options, given.out, progress_of(line), context.cancel()));
  line.clear();
  return tell(context, given, report);
}

void add_shared(Command& command, GenerateArguments& values, std::int64_t rows, std::int64_t months) {
  values.rows = rows;
  values.months = months;
  command.option({.name = "--out",
                  .value = "DIR",
                  .help = "folder for the files",
                  .target = &values.out,
                  .required = true,
                  .kind = ValueKind::folder});
  command.option({.name = "--seed", .value = "S", .help = "same seed, same bytes (default 1)", .target = &values.seed});
  command.option({.name = "--rows",
                  .value = "N",
                  .help = fmt::format("rows over all months (default {})", rows),
                  .target = &values.rows});
  command.option(
      {.name = "--months", .value = "M", .help = fmt::format("months (default {})", months), .target = &values.months});
  command.option({.name = "--last-period",
                  .value = "MONTH",
                  .help = "the newest month (default 2026-10)",
                  .target = &values.last_period});
}

void add_export(Command& command, GenerateArguments& values, std::vector<std::string> formats, std::string currency) {
  values.format = formats.front();
  values.currency = std::move(currency);
  command.option({.name = "--format",
                  .value = "FORMAT",
                  .help = fmt::format("of the data files (default {})", values.format),
                  .target = &values.format,
                  .choices = std::move(formats)});
  command.option({.name = "--rows-per-file",
                  .value = "N",
                  .help = "where a data file ends (default 500000)",
                  .target = &values.rows_per_file});
  command.option({.name = "--currency",
                  .value = "CODE",
                  .help = fmt::format("of the bill (default {})", values.currency),
                  .target = &values.currency});
  command.option({.name = "--no-restate", .help = "everything once", .target = &values.no_restate});
  command.option({.name = "--before-restatement",
                  .help = "stop where only the preliminary state is there",
                  .target = &values.before_restatement});
}

}  // namespace

void add_generate_commands(Command& root) {
  Command& make = root.sub("generate", "believable inputs with their truth, for trying, testing and measuring")
                      .group(kGroupProgram);

  const auto bill = std::make_shared<GenerateArguments>();
  Command& aws = make.sub("aws", "a bill as AWS delivers it: data files and manifests").keep(bill);
  aws.note("The newest closed month comes twice, preliminary and restated, unless --no-restate.");
  add_shared(aws, *bill, 100000, 3);
  add_export(aws, *bill, {"csv_gz", "parquet"}, "USD");
  aws.option({.name = "--layout",
              .value = "LAYOUT",
              .help = "legacy CUR or CUR 2.0 (default legacy)",
              .target = &bill->layout,
              .choices = {"legacy", "cur2"}});
  aws.option({.name = "--discounts", .help = "with an enterprise discount", .target = &bill->discounts});
  aws.example("centavo generate aws --seed 7 --rows 1000000 --months 12 --out bills/acme", "a year of a bill");
  aws.needs(needs_nothing());
  aws.action([bill](Context& context) { return write_aws(context, *bill); });

  const auto agreement = std::make_shared<GenerateArguments>();
  Command& azure =
      make.sub("azure", "actual and amortised exports of a customer agreement, with manifests").keep(agreement);
  azure.note("Priced in US dollars. The newest month comes twice, nine days of it and whole, unless --no-restate.");
  add_shared(azure, *agreement, 100000, 3);
  add_export(azure, *agreement, {"csv_gz", "parquet"}, "BRL");
  azure.example("centavo generate azure --seed 7 --rows 1000000 --currency USD --out bills/agreement",
                "a quarter in dollars");
  azure.needs(needs_nothing());
  azure.action([agreement](Context& context) {
    return write_export(context, *agreement, generate::AzureOptions{}, generate::generate_azure);
  });

  const auto organization = std::make_shared<GenerateArguments>();
  Command& gcp = make.sub("gcp", "the detailed usage cost export by load day").keep(organization);
  gcp.note(
      "A load day of the newest month comes twice, the first time with lines missing, unless "
      "--no-restate.");
  add_shared(gcp, *organization, 100000, 3);
  add_export(gcp, *organization, {"jsonl_gz", "parquet"}, "BRL");
  gcp.example("centavo generate gcp --seed 7 --rows 1000000 --format parquet --out bills/organization",
              "a quarter as Parquet");
  gcp.needs(needs_nothing());
  gcp.action([organization](Context& context) {
    return write_export(context, *organization, generate::GcpOptions{}, generate::generate_gcp);
  });

  const auto account = std::make_shared<GenerateArguments>();
  Command& databricks = make.sub("databricks", "usage and prices as the billing system tables have them").keep(account);
  add_shared(databricks, *account, 10000, 2);
  databricks.example("centavo generate databricks --seed 7 --rows 50000 --out bills/dbu", "two months of usage");
  databricks.needs(needs_nothing());
  databricks.action([account](Context& context) { return write_databricks(context, *account); });

  const auto shop = std::make_shared<GenerateArguments>();
  Command& retail = make.sub("retail", "customers and purchases as an extract, an API answer and CSV").keep(shop);
  add_shared(retail, *shop, 10000, 6);
  retail.example("centavo generate retail --seed 7 --rows 50000 --out bills/loja", "half a year of a shop");
  retail.needs(needs_nothing());
  retail.action([shop](Context& context) { return write_retail(context, *shop); });
}

}  // namespace centavo::cli
