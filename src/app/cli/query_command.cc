/// \file app/cli/query_command.cc
/// query: SQL over one tenant's release

#include "app/cli/commands.h"
#include "app/cli/release_choice.h"
#include "app/cli/row_format.h"
#include "app/cli/table_file.h"
#include "base/time_limit.h"

namespace centavo::cli {
namespace {

constexpr std::int64_t kTableRowsMax = 1000;
constexpr std::int64_t kTimeoutSecondsMax = 30 * 86'400;

struct QueryArguments {
  std::string tenant, sql, format, out, as_of;
  std::int64_t release = 0, timeout = 300, rows_max = 0;
  bool all = false;
};

Result<RowFormat> format_of(Context& context, const QueryArguments& given) {
  RowFormat format = RowFormat::table;
  if (!given.format.empty()) {
    format = TRY(row_format(given.format));
  } else if (context.output().json()) {
    format = RowFormat::json;
  } else if (!given.out.empty()) {
    format = row_format_of_file(given.out, RowFormat::table);
  }
  if (format == RowFormat::parquet && given.out.empty()) {
    return fail_hint("--out FILE.parquet", ErrorKind::invalid_argument, "query: parquet goes into a file");
  }
  return format;
}

Status read_rows(Context& context, const QueryArguments& given, const Cancel* cancel) {
  const RowFormat format = TRY(format_of(context, given));
  OpenLake open = TRY(context.open_lake());
  Workshop workshop = open.workshop(context.clock());
  const Tenant tenant = TRY(open.lake.tenant(given.tenant));
  const std::int64_t number = TRY(chosen_release(open.lake.store(), tenant.id, given.release, given.as_of));
  if (format == RowFormat::parquet) {
    return write_parquet(context, workshop, tenant, number, [&](Reader&) -> Result<std::string> { return given.sql; },
                         given.out, {cancel, given.rows_max});
  }
  Reader reader = TRY(Reader::open(workshop, tenant, number, context.sight(tenant.id)));
  reader.connection().watch(cancel);
  duck::Rows rows = TRY(reader.query(given.sql));
  rows.limit(given.rows_max);
  RowSink sink = TRY(RowSink::open(context.output(), given.out));
  TRY(write_rows(context, rows, format, sink, given.all || !given.out.empty() ? 0 : kTableRowsMax));
  return sink.close();
}

Status run_query(Context& context, const QueryArguments& given) {
  if (given.timeout < 0 || given.timeout > kTimeoutSecondsMax)
    return fail(ErrorKind::invalid_argument, "--timeout: {} is not between 0 and {}", given.timeout,
                kTimeoutSecondsMax);
  if (given.rows_max < 0) return fail(ErrorKind::invalid_argument, "--max-rows: {} is below 0", given.rows_max);
  std::optional<std::chrono::milliseconds> time;
  if (given.timeout > 0) time = std::chrono::seconds(given.timeout);
  const TimeLimit limit(context.cancel(), time);
  const Status done = read_rows(context, given, limit.cancel());
  if (!done && done.error().kind == ErrorKind::cancelled && limit.is_over()) {
    return fail_hint("ask for less, or allow more with --timeout SECONDS (0: as long as it takes)",
                     ErrorKind::over_limit, "the query took longer than {} second{}", given.timeout,
                     given.timeout == 1 ? "" : "s");
  }
  return done;
}

}  // namespace

void add_query_command(Command& root) {
  const auto values = std::make_shared<QueryArguments>();
  Command& query = root.sub("query", "read one tenant's release with SQL").group(kGroupRead).keep(values);
  query.note(
      "The SQL sees that tenant's tables of one release (bronze.x, silver.y, gold.z, interfaces such as "
      "silver.focus_cost_and_usage) "
      "and nothing else: no files, no settings.");
  query.option({.name = "SQL", .help = "one select", .target = &values->sql, .required = true});
  query.option({.name = "--tenant",
                .value = "ID",
                .help = "whose tables",
                .target = &values->tenant,
                .required = true,
                .kind = ValueKind::tenant});
  query.option({.name = "--release",
                .value = "N",
                .help = "read this release (default: the newest)",
                .target = &values->release});
  query.option({.name = "--as-of",
                .value = "TIME",
                .help = "read what was published at that time: 2026-09-30 or 2026-09-30T12:00:00Z",
                .target = &values->as_of});
  query.option({.name = "--format",
                .value = "FORMAT",
                .help = "how rows are written (default: table, or by the ending of --out)",
                .target = &values->format,
                .choices = {"table", "csv", "json", "jsonl", "parquet"}});
  query.option({.name = "--out",
                .value = "FILE",
                .help = "write there instead of standard output",
                .target = &values->out,
                .kind = ValueKind::file});
  query.option({.name = "--all", .help = "a table of all rows, not only the first 1000", .target = &values->all});
  query.option({.name = "--timeout",
                .value = "SECONDS",
                .help = "give up after that time (default 300; 0: never)",
                .target = &values->timeout});
  query.option({.name = "--max-rows",
                .value = "N",
                .help = "fail when the answer has more rows (default: any number)",
                .target = &values->rows_max});
  query
      .example(
          "centavo query --tenant acme \"select ServiceName, sum(BilledCost) from silver.focus_cost_and_usage group by "
          "1 order by 2 desc\"",
          "cost by service")
      .example("centavo query --tenant acme --format csv --out costs.csv \"from gold.cost_by_month\"",
               "a gold table as CSV")
      .example("centavo query --tenant acme --as-of 2026-09-30 \"select sum(BilledCost) from gold.cost_by_month\"",
               "what was known at the end of September");
  query.needs(needs_right(access::Right::sql, values->tenant));
  query.action([values](Context& context) { return run_query(context, *values); });
}

}  // namespace centavo::cli
