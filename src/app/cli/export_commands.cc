/// \file app/cli/export_commands.cc
/// export focus: the cost interface as a file of one version of the specification

#include <charconv>

#include "app/cli/commands.h"
#include "app/cli/release_choice.h"
#include "app/cli/report_text.h"
#include "app/cli/row_format.h"
#include "app/cli/table_file.h"

namespace centavo::cli {
namespace {

constexpr const char* kInterface = "focus.cost_and_usage";

struct ExportArguments {
  std::string tenant, out, period, as_of;
  std::string version = "1.2";
  std::int64_t release = 0;
};

/// "1.10" -> {1, 10, 1}; a preview comes before its version: "1.0-preview" -> {1, 0, 0}.
std::array<int, 3> version_parts(std::string_view text) {
  std::array<int, 3> parts = {0, 0, text.find('-') == std::string_view::npos ? 1 : 0};
  const std::size_t point = std::min(text.find('.'), text.size());
  std::from_chars(text.data(), text.data() + point, parts[0]);
  if (point < text.size()) std::from_chars(text.data() + point + 1, text.data() + text.size(), parts[1]);
  return parts;
}

/// Columns the version has, in the interface's order. Columns of our own have no `since` and stay home.
Result<std::vector<const pack::ColumnSpec*>> columns_of(const pack::Interface& interface, const std::string& version) {
  std::vector<const pack::ColumnSpec*> columns;
  std::vector<std::string> versions;
  for (const pack::ColumnSpec& column : interface.columns) {
    if (column.since.empty()) continue;
    if (version_parts(column.since) <= version_parts(version)) columns.push_back(&column);
    if (version_parts(column.since) >= std::array{1, 0, 1} &&
        std::find(versions.begin(), versions.end(), column.since) == versions.end()) {
      versions.push_back(column.since);
    }
  }
  std::sort(versions.begin(), versions.end());
  if (std::find(versions.begin(), versions.end(), version) != versions.end()) return columns;
  return fail(ErrorKind::invalid_argument, "--version: \"{}\" is not one of {}", version, fmt::join(versions, ", "));
}

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

Result<std::string> export_sql(const pack::Library& library, const ExportArguments& given, RowFormat format) {
  const pack::Interface* const interface = library.interface(kInterface);
  if (interface == nullptr) return fail(ErrorKind::not_found, "export focus: no pack has the interface {}", kInterface);
  std::string list;
  for (const pack::ColumnSpec* column : TRY(columns_of(*interface, given.version))) {
    list += fmt::format("{}\n  {}", list.empty() ? "" : ",", exported(*column, format));
  }
  std::string sql = fmt::format("select{}\nfrom {}", list, interface->view().text());
  if (const auto periods = TRY(period_option(given.period))) {
    sql += fmt::format("\nwhere billing_period >= date '{}' and billing_period < date '{}'", periods->first.first(),
                       periods->last.end());
  }
  return sql;
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
  const std::string sql = TRY_IN("export focus", export_sql(open.library, given, format));
  if (format == RowFormat::parquet) {
    TRY(write_parquet(
        context, workshop, tenant, number, [&](Reader&) -> Result<std::string> { return sql; }, given.out));
  } else {
    Reader reader = TRY(Reader::open(workshop, tenant, number, context.sight(tenant.id)));
    reader.connection().watch(context.cancel());
    duck::Rows rows = TRY(reader.query(sql));
    RowSink sink = TRY(RowSink::open(context.output(), given.out));
    TRY(write_rows(context, rows, format, sink, 0));
    TRY(sink.close());
  }
  if (context.output().json()) {
    context.output().json_document({{"tenant", given.tenant}, {"version", given.version}, {"out", given.out}});
  }
  context.output().say("{}: FOCUS {} of tenant {}", given.out, given.version, given.tenant);
  return {};
}

}  // namespace

void add_export_commands(Command& root) {
  const auto values = std::make_shared<ExportArguments>();
  Command& exports = root.sub("export", "files for others").group(kGroupRead);
  Command& focus = exports.sub("focus", "the bill as the FOCUS specification prints it").keep(values);
  focus.note("Typed Parquet or CSV by the ending of --out, with the columns of that version; maps are JSON text.");
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
  focus.option({.name = "--version",
                .value = "V",
                .help = "version of the specification (default 1.2)",
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
      .example("centavo export focus --tenant acme --period 2026-09 --out acme-2026-09.csv", "one month as CSV");
  focus.needs(needs_right(access::Right::sql, values->tenant).of_layer("silver"));
  focus.action([values](Context& context) { return export_focus(context, *values); });
}

}  // namespace centavo::cli
