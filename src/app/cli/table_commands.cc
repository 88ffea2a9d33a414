/// \file app/cli/table_commands.cc
/// history, restore, optimize, vacuum

#include "app/cli/commands.h"
#include "app/cli/release_choice.h"
#include "app/cli/report_text.h"
#include "flow/pipeline/graph.h"
#include "flow/pipeline/making.h"
#include "flow/pipeline/recovery.h"
#include "lake/delta/table.h"

namespace centavo::cli {
namespace {

constexpr std::int64_t kBytesPerMb = 1'000'000;

struct TableArguments {
  std::string table, tenant, as_of;
  std::int64_t limit = 20, version = -1, target_mb = 128, retention_hours = 168, keep_releases = 0;
  bool apply = false, force = false;
};

struct OpenTable {
  pack::TableName name;
  delta::Table table;
};

Result<OpenTable> open_table(OpenLake& open, const TableArguments& given, const Clock& clock) {
  const pack::TableName name = TRY(pack::parse_table_name(given.table));
  TRY(open.lake.tenant(given.tenant));
  const std::string root = Lake::table_root(given.tenant, pack::name_of(name.layer), name.table);
  auto table = delta::Table::open(open.lake.store(), open.engine, root, clock);
  if (!table) {
    if (table.error().kind != ErrorKind::not_found) return fail(table.error());
    return fail_hint(fmt::format("centavo release show --tenant {} lists its tables", given.tenant),
                     ErrorKind::not_found, "tenant {} has no table {}", given.tenant, given.table);
  }
  return OpenTable{name, std::move(*table)};
}

delta::CommitInfo commit_info(const Context& context, std::string operation) {
  delta::CommitInfo info;
  info.operation = std::move(operation);
  info.user = context.user();
  return info;
}

/// Shows readers another version of one table. Its rows are the same (`proven`), or the proof waits for the next run.
Result<Release> publish_version(Context& context, Store& store, const std::string& tenant, const std::string& table,
                                std::int64_t version, std::string reason, bool proven) {
  const auto newest = release(store, tenant);
  if (!newest && newest.error().kind != ErrorKind::not_found) return newest;
  Release next = newest ? *newest : Release{};
  next.versions[table] = version;
  if (!next.withheld.empty()) next.withheld[table] = std::max(next.withheld[table], version);
  next.published_ms = context.clock().now_ms();
  next.reason = std::move(reason);
  if (!proven) next.certificate = {{"program", CENTAVO_VERSION}, {"note", "not proven: " + next.reason}};
  return publish(store, tenant, std::move(next));
}

Status show_history(Context& context, const TableArguments& given) {
  OpenLake open = TRY(context.open_lake());
  OpenTable found = TRY(open_table(open, given, context.clock()));
  const int limit = static_cast<int>(std::clamp<std::int64_t>(given.limit, 0, 1'000'000));
  std::vector<OrderedJson> objects;
  for (const delta::HistoryEntry& entry : TRY(found.table.history(limit))) {
    const auto ours = parse_json(entry.user_metadata);
    objects.push_back({{"version", entry.version},
                       {"at", time_json(entry.time_ms)},
                       {"operation", entry.operation},
                       {"period", ours ? text_or(*ours, "period") : ""},
                       {"user", entry.user},
                       {"run", ours ? text_or(*ours, "run") : ""},
                       {"engine", entry.engine},
                       {"parameters", entry.parameters},
                       {"metrics", entry.metrics},
                       {"metadata", ours ? OrderedJson(*ours) : OrderedJson(entry.user_metadata)}});
  }
  const auto metrics = [](const OrderedJson& value) {
    std::string text;
    for (const auto& [key, metric] : value.items())
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", key, plain_text(metric));
    return text;
  };
  context.output().list(objects,
                        {{.key = "version", .align = Align::right},
                         {.key = "at", .show = show_time},
                         {.key = "operation"},
                         {.key = "period", .optional = true},
                         {.key = "user"},
                         {.key = "run", .optional = true},
                         {.key = "metrics", .show = metrics, .width_max = 80}},
                        "no history");
  return {};
}

/// Brings the catalog in line with a restored table, so that the next plan sees what the table now holds.
Status remember_restored(Context& context, OpenLake& open, const Tenant& tenant, const std::string& table) {
  Workshop workshop = open.workshop(context.clock());
  const Graph graph = TRY(Graph::of(open.library, tenant));
  for (const TableState& state : TRY(open.catalog->states(tenant.id))) {
    if (state.table == table) TRY(open.catalog->save_proofs(tenant.id, table, state.period, {}));
  }
  const std::vector<TableState> states = TRY(states_in_logs(workshop, tenant, graph));
  TRY(open.catalog->drop_states(tenant.id, table));
  for (const TableState& state : states) {
    if (state.table == table) TRY(open.catalog->save_state(tenant.id, state));
  }
  return {};
}

Status restore_table(Context& context, const TableArguments& given) {
  if ((given.version < 0) == given.as_of.empty()) {
    return fail(ErrorKind::invalid_argument, "restore: say either --version N or --as-of TIME");
  }
  OpenLake open = TRY(context.open_lake());
  const Tenant tenant = TRY(open.lake.tenant(given.tenant));
  const TenantLock lock = TRY(TenantLock::take(open.lake, tenant.id));
  OpenTable found = TRY(open_table(open, given, context.clock()));
  delta::Version version = given.version;
  if (!given.as_of.empty()) {
    const TimeMs time = TRY(moment(given.as_of));
    version = TRY(found.table.snapshot_as_of(time)).version();
  }
  Workshop workshop = open.workshop(context.clock());
  const delta::Version newest = TRY(found.table.snapshot()).version();
  TRY(keep_closed_periods(workshop, tenant, found.name, newest, version));
  delta::CommitInfo info = commit_info(context, "RESTORE");
  info.parameters["version"] = std::to_string(version);
  const delta::CommitResult done = TRY(found.table.restore(version, std::move(info)));
  TRY(remember_restored(context, open, tenant, found.name.text()));
  const Release shown = TRY(publish_version(context, open.lake.store(), tenant.id, found.name.text(), done.version,
                                            fmt::format("restore {} to version {}", given.table, version), false));
  if (context.output().json()) {
    context.output().json_document(
        {{"table", given.table}, {"restored", version}, {"version", done.version}, {"release", shown.number}});
  }
  context.output().say("{} holds the rows of version {} again, as version {}, in release {}", given.table, version,
                       done.version, shown.number);
  context.output().note(
      "a run makes it again where its inputs or its definition are newer than that: look at `centavo plan --tenant {}` "
      "first",
      tenant.id);
  return {};
}

Status optimize_table(Context& context, const TableArguments& given) {
  if (given.target_mb < 1) return fail(ErrorKind::invalid_argument, "--target-mb: {} is below 1", given.target_mb);
  OpenLake open = TRY(context.open_lake());
  TRY(open.lake.tenant(given.tenant));
  const TenantLock lock = TRY(TenantLock::take(open.lake, given.tenant));
  OpenTable found = TRY(open_table(open, given, context.clock()));
  const delta::Snapshot before = TRY(found.table.snapshot());
  const std::size_t files_before = TRY(before.files()).size();
  const delta::CommitResult done =
      TRY(found.table.optimize(given.target_mb * kBytesPerMb, commit_info(context, "OPTIMIZE")));
  const delta::Snapshot after = TRY(found.table.snapshot());
  OrderedJson object = {
      {"table", given.table},         {"files_before", files_before}, {"files_after", TRY(after.files()).size()},
      {"bytes", after.total_bytes()}, {"version", done.version},      {"release", OrderedJson()}};
  if (after.version() != before.version()) {
    // Readers move to the new files only when they saw the newest rows already.
    const auto newest = release(open.lake.store(), given.tenant);
    const bool current =
        newest && newest->versions.contains(given.table) && newest->versions.at(given.table) == before.version();
    if (current) {
      object["release"] = TRY(publish_version(context, open.lake.store(), given.tenant, given.table, after.version(),
                                              "optimize " + given.table, true))
                              .number;
    }
  }
  if (context.output().json()) context.output().json_document(object);
  if (after.version() == before.version()) {
    context.output().say("{}: nothing to gain, {} of {}", given.table,
                         count_text(static_cast<std::int64_t>(files_before), "file", "files"),
                         bytes_text(after.total_bytes()));
    return {};
  }
  context.output().say("{}: {} files became {}, {}", given.table, files_before, object["files_after"].dump(),
                       bytes_text(after.total_bytes()));
  return {};
}

Status vacuum_table(Context& context, const TableArguments& given) {
  OpenLake open = TRY(context.open_lake());
  TRY(open.lake.tenant(given.tenant));
  const TenantLock lock = TRY(TenantLock::take(open.lake, given.tenant));
  OpenTable found = TRY(open_table(open, given, context.clock()));
  delta::VacuumOptions options;
  options.retention_hours = given.retention_hours;
  options.dry_run = !given.apply;
  options.force = given.force;
  const std::vector<Release> all = TRY(releases(open.lake.store(), given.tenant));
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool kept = given.keep_releases == 0 || all.size() - i <= static_cast<std::size_t>(given.keep_releases);
    const auto version = all[i].versions.find(given.table);
    if (kept && version != all[i].versions.end()) options.keep_versions.insert(version->second);
  }
  const delta::VacuumResult done = TRY(found.table.vacuum(options));
  if (context.output().json()) {
    context.output().json_document(
        {{"table", given.table}, {"deleted", given.apply}, {"files", done.files}, {"bytes", done.bytes}});
    return {};
  }
  for (const std::string& file : done.files) context.output().line(file);
  context.output().say("{}: {}, {} {}", given.table,
                       count_text(static_cast<std::int64_t>(done.files.size()), "file", "files"),
                       bytes_text(done.bytes), given.apply ? "deleted" : "would go");
  if (!given.apply && !done.files.empty()) context.output().note("--apply deletes them");
  return {};
}

void add_table(Command& command, TableArguments& values) {
  command.group(kGroupTables);
  command.option({.name = "TABLE",
                  .help = "layer.table, such as gold.cost_by_month",
                  .target = &values.table,
                  .required = true,
                  .kind = ValueKind::table});
  command.option({.name = "--tenant",
                  .value = "ID",
                  .help = "whose table",
                  .target = &values.tenant,
                  .required = true,
                  .kind = ValueKind::tenant});
}

}  // namespace

void add_table_commands(Command& root) {
  const auto values = std::make_shared<TableArguments>();
  Command& history = root.sub("history", "the versions of a table: when, by whom, in which run").keep(values);
  add_table(history, *values);
  history.option({.name = "--limit",
                  .value = "N",
                  .help = "newest versions shown (default 20; 0: all)",
                  .target = &values->limit});
  history.example("centavo history gold.cost_by_month --tenant acme", "its last 20 versions");
  history.needs(needs_right(access::Right::cost_read, values->tenant).of_table(values->table));
  history.action([values](Context& context) { return show_history(context, *values); });

  Command& restore = root.sub("restore", "make the rows of an earlier version of a table the newest");
  add_table(restore, *values);
  restore.option({.name = "--version", .value = "N", .help = "that version", .target = &values->version});
  restore.option({.name = "--as-of", .value = "TIME", .help = "the version of that time", .target = &values->as_of});
  restore.example("centavo restore gold.cost_by_month --tenant acme --version 4", "version 4 again, as a new version");
  restore.needs(needs_right(access::Right::rollback, values->tenant).of_table(values->table).writing());
  restore.action([values](Context& context) { return restore_table(context, *values); });

  Command& optimize = root.sub("optimize", "rewrite a table's small files as few larger ones");
  add_table(optimize, *values);
  optimize.option(
      {.name = "--target-mb", .value = "MB", .help = "size of the files (default 128)", .target = &values->target_mb});
  optimize.example("centavo optimize silver.focus_files_cost_and_usage --tenant acme", "the same rows in fewer files");
  optimize.needs(needs_right(access::Right::rollback, values->tenant).of_table(values->table).writing());
  optimize.action([values](Context& context) { return optimize_table(context, *values); });

  Command& vacuum = root.sub("vacuum", "delete files that no kept version of a table needs");
  vacuum.note("Files that a release points to are kept. Without --apply it only says what would go.");
  add_table(vacuum, *values);
  vacuum.option({.name = "--apply", .help = "delete", .target = &values->apply});
  vacuum.option({.name = "--retention-hours",
                 .value = "HOURS",
                 .help = "keep what was live within these hours (default 168)",
                 .target = &values->retention_hours});
  vacuum.option({.name = "--keep-releases",
                 .value = "N",
                 .help = "keep only what the newest N releases show (default: all of them)",
                 .target = &values->keep_releases});
  vacuum.option({.name = "--force",
                 .help = "allow less than 168 hours; no other program may be reading",
                 .target = &values->force});
  vacuum.example("centavo vacuum gold.cost_by_month --tenant acme", "what would go")
      .example("centavo vacuum gold.cost_by_month --tenant acme --keep-releases 30 --apply",
               "delete all but the last 30 releases' files");
  vacuum.needs(needs_right(access::Right::rollback, values->tenant).of_table(values->table).writing());
  vacuum.action([values](Context& context) { return vacuum_table(context, *values); });
}

}  // namespace centavo::cli
