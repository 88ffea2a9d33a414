/// \file app/cli/source_commands.cc
/// source add|remove|list|kinds|probe|sample, land

#include <filesystem>

#include "app/cli/commands.h"
#include "app/cli/progress.h"
#include "app/cli/report_text.h"
#include "app/cli/row_format.h"
#include "flow/connect/parts.h"
#include "flow/pipeline/masking.h"

namespace centavo::cli {
namespace {

struct SourceArguments {
  std::string tenant, name, kind, uri, period;
  std::int64_t rows = 10, sla_hours = 0;
};

Result<TenantSource> source_named(const Tenant& tenant, const std::string& name) {
  std::vector<std::string> known;
  for (const TenantSource& source : tenant.sources) {
    if (source.name == name) return source;
    known.push_back(source.name);
  }
  const auto near = nearest(name, known);
  return fail_hint(
      near ? fmt::format("did you mean {}?", *near) : fmt::format("centavo source list --tenant {}", tenant.id),
      ErrorKind::not_found, "tenant {} has no source {}", tenant.id, name);
}

Status add_source(Context& context, const SourceArguments& given) {
  Lake lake = TRY(context.lake());
  Tenant tenant = TRY(lake.tenant(given.tenant));
  const pack::Library library = TRY(pack::Library::load(lake.pack_folders(), lake.pack_trees()));
  const std::string kind = given.kind.empty() ? given.name : given.kind;
  if (library.source(kind) == nullptr) {
    std::vector<std::string> known;
    for (const auto& [name, pack] : library.packs()) {
      for (const pack::SourceKind& each : pack.sources) known.push_back(each.name);
    }
    const auto near = nearest(kind, known);
    return fail_hint(
        near ? fmt::format("did you mean {}?", *near) : fmt::format("there are {}", fmt::join(known, ", ")),
        ErrorKind::invalid_argument, "there is no kind of source \"{}\"", kind);
  }
  for (const TenantSource& source : tenant.sources) {
    if (source.name == given.name)
      return fail(ErrorKind::already_exists, "tenant {} has a source {} already", tenant.id, given.name);
  }
  if (given.sla_hours < 0) return fail(ErrorKind::invalid_argument, "--sla-hours: {} is below 0", given.sla_hours);
  tenant.sources.push_back({given.name, kind, source_uri(given.uri, lake.dir()), static_cast<double>(given.sla_hours)});
  TRY(lake.save(tenant));
  const TenantSource& added = tenant.sources.back();
  if (context.output().json())
    context.output().json_document(
        {{"tenant", tenant.id}, {"name", added.name}, {"kind", added.kind}, {"uri", added.uri}});
  context.output().say("tenant {} has the source {} at {}", tenant.id, added.name, added.uri);
  return {};
}

Status remove_source(Context& context, const SourceArguments& given) {
  Lake lake = TRY(context.lake());
  const TenantLock lock = TRY(TenantLock::take(lake, given.tenant));
  Tenant tenant = TRY(lake.tenant(given.tenant));
  const TenantSource source = TRY(source_named(tenant, given.name));
  std::erase(tenant.sources, source);
  TRY(lake.save(tenant));
  Output& output = context.output();
  if (output.json()) output.json_document({{"tenant", tenant.id}, {"name", source.name}, {"state", "removed"}});
  output.say("tenant {} no longer has the source {}", tenant.id, source.name);
  if (tenant.sources.empty()) {
    output.note("it was the last one: readers keep the newest release, and what landed stays in raw");
    return {};
  }
  output.note(
      "the next run takes its rows out of the tables (`centavo plan --tenant {}` shows where); earlier releases keep "
      "them, and what landed stays in raw: add it again under this name to have them back",
      tenant.id);
  return {};
}

Status list_sources(Context& context, const SourceArguments& given) {
  Lake lake = TRY(context.lake());
  std::vector<OrderedJson> objects;
  std::vector<Tenant> tenants;
  if (given.tenant.empty()) {
    tenants = TRY(lake.tenants());
  } else {
    tenants.push_back(TRY(lake.tenant(given.tenant)));
  }
  for (const Tenant& tenant : tenants) {
    for (const TenantSource& source : tenant.sources) {
      objects.push_back({{"tenant", tenant.id},
                         {"source", source.name},
                         {"kind", source.kind},
                         {"uri", source.uri},
                         {"sla_hours", source.sla_hours > 0 ? source.sla_hours : tenant.sla_hours}});
    }
  }
  context.output().list(objects,
                        {{.key = "tenant"},
                         {.key = "source"},
                         {.key = "kind"},
                         {.key = "uri"},
                         {.key = "sla_hours", .title = "SLA hours", .align = Align::right, .show = show_hours}},
                        "no sources yet");
  return {};
}

Status list_kinds(Context& context) {
  pack::Library library = TRY(pack::Library::load({}));
  if (const auto dir = Lake::find(context.globals().lake)) {
    const Lake lake = TRY(Lake::open(*dir));
    library = TRY(pack::Library::load(lake.pack_folders(), lake.pack_trees()));
  }
  std::vector<OrderedJson> objects;
  for (const auto& [name, pack] : library.packs()) {
    for (const pack::SourceKind& kind : pack.sources) {
      objects.push_back(
          {{"kind", kind.name}, {"pack", name}, {"connector", kind.connector}, {"description", kind.description}});
    }
  }
  context.output().list(
      objects, {{.key = "kind"}, {.key = "pack"}, {.key = "connector"}, {.key = "description", .width_max = 90}},
      "no kinds");
  return {};
}

Status probe_source(Context& context, const SourceArguments& given) {
  OpenLake open = TRY(context.open_lake());
  const Tenant tenant = TRY(open.lake.tenant(given.tenant));
  const TenantSource source = TRY(source_named(tenant, given.name));
  OrderedJson found = TRY(probe(open.lake, open.engine, open.library, tenant, source));
  Output& output = context.output();
  if (output.json()) {
    output.json_document(found);
    return {};
  }
  const OrderedJson deliveries = found.value("deliveries", OrderedJson::array());
  const OrderedJson problems = found.value("problems", OrderedJson::array());
  const OrderedJson columns = found.value("columns", OrderedJson::array());
  for (const char* key : {"deliveries", "problems", "columns"}) found.erase(key);
  found["periods"] = show_words(found.value("periods", OrderedJson::array()));
  output.object(found);
  output.line(fmt::format("{} columns: {}", columns.size(), printable(shortened(show_words(columns), 400))));
  output.line();
  output.list(deliveries.get<std::vector<OrderedJson>>(),
              {{.key = "period"},
               {.key = "files", .align = Align::right},
               {.key = "missing", .align = Align::right},
               {.key = "bytes", .align = Align::right, .show = show_bytes},
               {.key = "delivery", .optional = true},
               {.key = "manifest", .optional = true}},
              "no deliveries with a manifest");
  if (!problems.empty()) {
    output.line();
    output.list(problems.get<std::vector<OrderedJson>>(), {{.key = "where"}, {.key = "error"}}, "");
  }
  return {};
}

/// SQL that reads the first rows of a landed file.
Result<std::string> sample_sql(OpenLake& open, const pack::SourceKind& kind, const LandedFile& file,
                               const std::string& folder, std::int64_t rows) {
  const std::string path = TRY(open.lake.store().engine_path(file.raw_key));
  if (file.format == "parquet")
    return fmt::format("select * from read_parquet({}) limit {}", duck::path_list({path}), rows);
  if (file.format != "csv") {
    const std::string compression = file.compression.empty() ? "uncompressed" : file.compression;
    return fmt::format("select * from read_json({}, compression = {}) limit {}", duck::path_list({path}),
                       duck::literal(compression), rows);
  }
  // As a run reads it: cut and decoded by our own reader, which stops after the first part.
  CsvDialect dialect;
  if (!kind.delimiter.empty()) dialect.delimiter = kind.delimiter.front();
  if (!kind.quote.empty()) dialect.quote = kind.quote.front();
  if (!kind.encoding.empty()) dialect.encoding = kind.encoding;
  constexpr std::int64_t kPartBytes = 1 << 20;
  std::string part;
  std::error_code code;
  std::filesystem::create_directories(folder, code);
  const auto cut = split_csv(
      path, file, dialect, folder, kPartBytes,
      [&](CsvPart first) -> Status {
        if (!part.empty()) std::filesystem::remove(first.path, code);
        if (!part.empty()) return fail(ErrorKind::cancelled, "enough");
        part = first.path;
        return {};
      },
      nullptr);
  if (!cut && (cut.error().kind != ErrorKind::cancelled || part.empty())) return fail(cut.error());
  if (part.empty()) return fail(ErrorKind::not_found, "{} has no rows", file.source_path);
  return fmt::format("select * from read_csv({}, delim = {}, quote = {}, header = true, all_varchar = true) limit {}",
                     duck::path_list({part}), duck::literal(std::string_view(&dialect.delimiter, 1)),
                     duck::literal(std::string_view(&dialect.quote, 1)), rows);
}

Status sample_source(Context& context, const SourceArguments& given) {
  if (given.rows < 1) return fail(ErrorKind::invalid_argument, "--rows: {} is below 1", given.rows);
  OpenLake open = TRY(context.open_lake());
  const Tenant tenant = TRY(open.lake.tenant(given.tenant));
  const TenantSource source = TRY(source_named(tenant, given.name));
  const pack::SourceKind* const kind = open.library.source(source.kind);
  if (kind == nullptr) return fail(ErrorKind::not_found, "no pack has the kind of source {}", source.kind);
  const std::vector<Landing> landings = TRY(read_landings(open.lake.store(), tenant.id, source.name));
  const auto newest =
      std::find_if(landings.rbegin(), landings.rend(), [](const Landing& landing) { return !landing.files.empty(); });
  if (newest == landings.rend()) {
    return fail_hint(fmt::format("centavo land --tenant {} --source {}", tenant.id, source.name), ErrorKind::not_found,
                     "nothing of {} has landed yet", source.name);
  }
  const auto table = TRY(pack::parse_table_name(newest->table));
  const auto* const model = open.library.model(table);
  const access::Sight sight = context.sight(tenant.id);
  if (sight.masks && (model == nullptr || !masks_of(model->contract, all_columns(model->contract), sight).empty())) {
    return fail_hint(fmt::format("centavo query --tenant {} \"from {} limit 10\"", tenant.id, newest->table),
                     ErrorKind::permission_denied, "{} has columns that are masked for {}, and a sample masks nothing",
                     newest->table, context.who().user);
  }
  const std::string folder = spill_folder(open.lake.dir());
  const LandedFile& file = newest->files.front();
  context.output().note("{} {}: {}", newest->table, newest->period, file.source_path);
  const auto show = [&]() -> Status {
    const std::string sql = TRY(sample_sql(open, *kind, file, folder, given.rows));
    duck::Connection connection = TRY(open.engine.connect());
    duck::Rows rows = TRY(connection.query(sql));
    RowSink sink = TRY(RowSink::open(context.output(), {}));
    return write_rows(context, rows, context.output().json() ? RowFormat::json : RowFormat::table, sink, 0);
  };
  const Status shown = show();
  std::error_code code;
  std::filesystem::remove_all(folder, code);
  return shown;
}

Status land_sources(Context& context, const SourceArguments& given) {
  const auto periods = TRY(period_option(given.period));
  OpenLake open = TRY(context.open_lake());
  if (!given.name.empty() && given.tenant.empty())
    return fail(ErrorKind::invalid_argument, "land: --source {} needs --tenant", given.name);
  Output& output = context.output();
  std::vector<OrderedJson> objects;
  std::optional<Error> first;
  for (const Tenant& tenant : TRY(context.tenants_for(open.lake, given.tenant))) {
    const TenantLock lock = TRY(TenantLock::take(open.lake, tenant.id));
    if (!given.name.empty()) TRY(source_named(tenant, given.name));
    for (const TenantSource& source : tenant.sources) {
      if (!given.name.empty() && source.name != given.name) continue;
      Progress line(output);
      const auto progress = [&](const std::string& file, std::int64_t done, std::int64_t total) {
        line.show("landing " + file,
                  total > 0 ? std::optional(static_cast<double>(done) / static_cast<double>(total)) : std::nullopt);
      };
      const LandReport report = TRY_IN(fmt::format("land {} of {}", source.name, tenant.id),
                                       land(open.lake, open.engine, open.library, tenant, source, periods, progress,
                                            context.cancel(), context.clock()));
      line.clear();
      output.say("{}  {}: {} landed; {} seen, {} read ({})", tenant.id, source.name,
                 count_text(static_cast<std::int64_t>(report.landed.size()), "delivery", "deliveries"),
                 count_text(report.files_seen, "file", "files"), report.files_read, bytes_text(report.bytes_read));
      for (const Landing& landing : report.landed) {
        output.say("  landing {}  {}  {}  {}", landing.number, landing.table, landing.period,
                   count_text(static_cast<std::int64_t>(landing.files.size()), "file", "files"));
      }
      print_landing(context, report);
      if (!report.problems.empty() && !first) {
        first = within(fmt::format("land {} of {}", source.name, tenant.id), report.problems.front().error);
      }
      objects.push_back(land_object(tenant.id, source.name, report));
    }
  }
  if (output.json()) output.list(objects, {}, "");
  if (first) return fail(*first);
  return {};
}

Option tenant_option(SourceArguments& values, bool required) {
  return {.name = "--tenant",
          .value = "ID",
          .help = required ? "whose source" : "only this tenant",
          .target = &values.tenant,
          .required = required,
          .kind = ValueKind::tenant};
}

Option name_option(SourceArguments& values, std::string help) {
  return {.name = "NAME", .help = std::move(help), .target = &values.name, .required = true};
}

}  // namespace

void add_source_commands(Command& root) {
  const auto values = std::make_shared<SourceArguments>();
  Command& source = root.sub("source", "where a tenant's bytes come from").group(kGroupTenants).keep(values);

  Command& add = source.sub("add", "another source of a tenant")
                     .option(name_option(*values, "its name; also its kind, unless --kind says"));
  add.option(tenant_option(*values, true));
  add.option({.name = "--uri",
              .value = "URI",
              .help = "folder, file or glob",
              .target = &values->uri,
              .required = true,
              .kind = ValueKind::file});
  add.option(
      {.name = "--kind", .value = "KIND", .help = "kind of source, see `source kinds`", .target = &values->kind});
  add.option({.name = "--sla-hours",
              .value = "HOURS",
              .help = "how old its newest delivery may be (default: the tenant's)",
              .target = &values->sla_hours});
  add.example("centavo source add focus_files --tenant acme --uri ./bills/focus",
              "FOCUS files beside the bills there are");
  add.needs(needs_manager_in(values->tenant).writing([values] { return values->name; }));
  add.action([values](Context& context) { return add_source(context, *values); });

  Command& remove = source.sub("remove", "take a source from a tenant").option(name_option(*values, "the source"));
  remove.option(tenant_option(*values, true));
  remove.note(
      "The next run takes its rows out of the tables, so that they show what the sources there are have brought. "
      "Earlier releases keep them, and what landed stays in raw: with the source added again under its name they come "
      "back.");
  remove.example("centavo source remove focus_files --tenant acme", "its rows leave with the next run");
  remove.needs(needs_manager_in(values->tenant).writing([values] { return values->name; }));
  remove.action([values](Context& context) { return remove_source(context, *values); });

  Command& list = source.sub("list", "all sources").option(tenant_option(*values, false));
  list.example("centavo source list", "of all tenants");
  list.needs(needs_right(access::Right::cost_read, values->tenant));
  list.action([values](Context& context) { return list_sources(context, *values); });

  Command& kinds = source.sub("kinds", "the kinds of source that the packs know");
  kinds.example("centavo source kinds", "what --kind may be");
  kinds.needs(needs_person());
  kinds.action(list_kinds);

  Command& probe =
      source.sub("probe", "what a source has, without landing it").option(name_option(*values, "the source"));
  probe.option(tenant_option(*values, true));
  probe.example("centavo source probe focus_files --tenant acme", "deliveries, periods, files, columns");
  probe.needs(needs_right(access::Right::run, values->tenant));
  probe.action([values](Context& context) { return probe_source(context, *values); });

  Command& sample = source.sub("sample", "first rows of the newest landed file, as delivered")
                        .option(name_option(*values, "the source"));
  sample.option(tenant_option(*values, true));
  sample.option({.name = "--rows", .value = "N", .help = "rows shown (default 10)", .target = &values->rows});
  sample.example("centavo source sample focus_files --tenant acme --rows 3", "three rows");
  sample.needs(needs_right(access::Right::run, values->tenant).of_layer("raw"));
  sample.action([values](Context& context) { return sample_source(context, *values); });

  Command& land = root.sub("land", "bring new and changed files into raw, without transforming").group(kGroupTenants);
  land.option(tenant_option(*values, false));
  land.option({.name = "--source", .value = "NAME", .help = "only this source of the tenant", .target = &values->name});
  land.option({.name = "--period",
               .value = "MONTHS",
               .help = "only these months; others are left for later",
               .target = &values->period});
  land.example("centavo land", "all sources of all tenants")
      .example("centavo land --tenant acme --source focus_files", "one source");
  land.needs(needs_right(access::Right::run, values->tenant).writing([values] { return values->name; }));
  land.action([values](Context& context) { return land_sources(context, *values); });
}

}  // namespace centavo::cli
