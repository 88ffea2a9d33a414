/// \file app/cli/export_commands.cc
/// export focus: a dataset of the specification as a file of one of its versions

#include "app/cli/commands.h"
#include "app/cli/focus_dataset.h"
#include "app/cli/release_choice.h"
#include "app/cli/report_text.h"
#include "app/cli/row_format.h"
#include "app/cli/table_file.h"

namespace centavo::cli {
namespace {

struct ExportArguments {
  std::string tenant, out, period, as_of;
  std::string dataset = "CostAndUsage", version;
  std::int64_t release = 0;
};

/// A column as the file holds it. Nested values have no place in CSV, and readers of Parquet want them as the JSON text
/// that the specification shows. In CSV times are written as it asks, and decimals without the zeros their type adds.
std::string exported(const pack::ColumnSpec& column, RowFormat format) {
  const std::string name = duck::name(column.name);
  const std::string& type = column.type;
  if (type.starts_with("MAP") || type.starts_with("STRUCT") || type.ends_with("[]")) {
    return fmt::format("cast(to_json({0}) as varchar) as {0}", name);
  }
  if (format == RowFormat::csv && type == "TIMESTAMP WITH TIME ZONE") {
    return fmt::format("strftime(timezone('UTC', {0}), '%Y-%m-%dT%H:%M:%SZ') as {0}", name);
  }
  if (format == RowFormat::csv && type.starts_with("DECIMAL") && !type.ends_with(",0)")) {
    return fmt::format("rtrim(rtrim(cast({0} as varchar), '0'), '.') as {0}", name);
  }
  return name;
}

Result<std::vector<std::string>> exported_columns(const FocusDataset& dataset, const std::string& version,
                                                  RowFormat format) {
  std::vector<std::string> out;
  for (const pack::ColumnSpec* column : TRY(dataset.columns(version))) out.push_back(exported(*column, format));
  return out;
}

Status export_focus(Context& context, const ExportArguments& given) {
  const RowFormat format = row_format_of_file(given.out, RowFormat::table);
  if (format != RowFormat::parquet && format != RowFormat::csv) {
    return fail(ErrorKind::invalid_argument, "--out: \"{}\" ends neither in .parquet nor in .csv", given.out);
  }
  OpenLake open = TRY(context.open_lake());
  Workshop workshop = open.workshop(context.clock());
  const Tenant tenant = TRY(open.lake.tenant(given.tenant));
  const std::int64_t number = TRY(chosen_release(open.lake.store(), tenant.id, given.release, given.as_of));
  const FocusDataset dataset = TRY_IN("export focus", focus_dataset(open.library, given.dataset));
  const std::string version = given.version.empty() ? dataset.usual_version() : given.version;
  const auto columns = TRY_IN("export focus", exported_columns(dataset, version, format));
  const bool newest = given.release == 0 && given.as_of.empty();
  const DatasetScope scope{workshop, tenant, newest, TRY(period_option(given.period))};
  if (format == RowFormat::parquet) {
    TRY(write_parquet(
        context, workshop, tenant, number, [&](Reader& reader) { return dataset_sql(reader, dataset, scope, columns); },
        given.out));
  } else {
    Reader reader = TRY(Reader::open(workshop, tenant, number, context.sight(tenant.id)));
    reader.connection().watch(context.cancel());
    const std::string sql = TRY(dataset_sql(reader, dataset, scope, columns));
    duck::Rows rows = TRY(reader.query(sql));
    RowSink sink = TRY(RowSink::open(context.output(), given.out));
    TRY(write_rows(context, rows, format, sink, 0));
    TRY(sink.close());
  }
  if (context.output().json()) {
    context.output().json_document(
        {{"tenant", given.tenant}, {"dataset", dataset.name}, {"version", version}, {"out", given.out}});
  }
  context.output().say("{}: FOCUS {} {} of tenant {}", given.out, version, dataset.name, given.tenant);
  return {};
}

}  // namespace

void add_export_commands(Command& root) {
  const auto values = std::make_shared<ExportArguments>();
  Command& exports = root.sub("export", "files for others").group(kGroupRead);
  Command& focus = exports.sub("focus", "the bill as the FOCUS specification prints it").keep(values);
  focus.note("Typed Parquet or CSV by the ending of --out, with the columns of that version; maps are JSON text.");
  focus.note(
      "Commitments are those that bills name, or a list of them in FOCUS; an invoice's details are its charges by "
      "account "
      "and category; a billing period is closed when `centavo period close` closed it. What no source tells is empty.");
  focus.option({.name = "--tenant",
                .value = "ID",
                .help = "whose bill",
                .target = &values->tenant,
                .required = true,
                .kind = ValueKind::tenant});
  focus.option({.name = "--out",
                .value = "FILE",
                .help = "the file: .parquet or .csv",
                .target = &values->out,
                .required = true,
                .kind = ValueKind::file});
  focus.option({.name = "--dataset",
                .value = "NAME",
                .help = "CostAndUsage (default), ContractCommitment, BillingPeriod or InvoiceDetail",
                .target = &values->dataset,
                .choices = {"CostAndUsage", "ContractCommitment", "BillingPeriod", "InvoiceDetail"}});
  focus.option({.name = "--version",
                .value = "V",
                .help = "version of the specification (default 1.2, of other datasets the first that has them)",
                .target = &values->version});
  focus.option({.name = "--period",
                .value = "MONTHS",
                .help = "only these months: 2026-09 or 2026-09..2026-10",
                .target = &values->period});
  focus.option(
      {.name = "--release", .value = "N", .help = "of this release (default: the newest)", .target = &values->release});
  focus.option(
      {.name = "--as-of", .value = "TIME", .help = "what was published at that time", .target = &values->as_of});
  focus.example("centavo export focus --tenant acme --version 1.2 --out acme.parquet", "all months")
      .example("centavo export focus --tenant acme --period 2026-09 --out acme-2026-09.csv", "one month as CSV")
      .example("centavo export focus --tenant acme --dataset ContractCommitment --out commitments.csv",
               "reservations, savings plans and committed use");
  focus.needs(needs_right(access::Right::sql, values->tenant).of_layer("silver"));
  focus.action([values](Context& context) { return export_focus(context, *values); });
}

}  // namespace centavo::cli
