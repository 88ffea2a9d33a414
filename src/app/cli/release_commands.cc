/// \file app/cli/release_commands.cc
/// release list|show|rollback

#include "app/cli/commands.h"
#include "app/cli/release_choice.h"
#include "app/cli/report_text.h"
#include "flow/pipeline/making.h"
#include "lake/delta/log_path.h"
#include "lake/delta/table.h"

namespace centavo::cli {
namespace {

struct ReleaseArguments {
  std::string tenant;
  std::int64_t number = 0;
};

OrderedJson release_object(const Release& release) {
  return {{"release", release.number},         {"published_at", iso_time(release.published_ms)},
          {"reason", release.reason},          {"run", release.run},
          {"tables", release.versions.size()}, {"proof", proof_word(release)}};
}

Status list_releases(Context& context, const ReleaseArguments& given) {
  Lake lake = TRY(context.lake());
  TRY(lake.tenant(given.tenant));
  std::vector<OrderedJson> objects;
  for (const Release& each : TRY(releases(lake.store(), given.tenant))) objects.push_back(release_object(each));
  std::reverse(objects.begin(), objects.end());
  context.output().list(objects,
                        {{.key = "release", .align = Align::right},
                         {.key = "published_at", .title = "published", .show = show_time},
                         {.key = "reason"},
                         {.key = "tables", .align = Align::right},
                         {.key = "proof", .tone = state_tone},
                         {.key = "run"}},
                        fmt::format("nothing published yet: centavo run --tenant {}", given.tenant));
  return {};
}

Status show_release(Context& context, const ReleaseArguments& given) {
  Lake lake = TRY(context.lake());
  TRY(lake.tenant(given.tenant));
  const Release found = TRY(release(lake.store(), given.tenant, given.number));
  OrderedJson object = release_object(found);
  Output& output = context.output();
  if (output.json()) {
    object["versions"] = found.versions;
    object["certificate"] = found.certificate;
    output.json_document(object);
    return {};
  }
  output.object(object);
  output.line();
  std::vector<OrderedJson> tables;
  for (const auto& [table, version] : found.versions) tables.push_back({{"table", table}, {"version", version}});
  output.list(tables, {{.key = "table"}, {.key = "version", .align = Align::right}}, "no tables");
  return {};
}

/// Every file that a release's tables need is there: a vacuum may have taken some.
Status check_files(OpenLake& open, const std::string& tenant, const Release& target, const Clock& clock) {
  for (const auto& [name, version] : target.versions) {
    const std::string doing = fmt::format("show release {} of {} again: {}", target.number, tenant, name);
    const pack::TableName table = TRY(pack::parse_table_name(name));
    const std::string root = Lake::table_root(tenant, pack::name_of(table.layer), table.table);
    auto opened = TRY_IN(doing, delta::Table::open(open.lake.store(), open.engine, root, clock));
    const auto snapshot = TRY_IN(doing, opened.snapshot_at(version));
    const auto files = TRY_IN(doing, snapshot.files());
    std::size_t gone = 0;
    std::string first;
    for (const auto& file : files) {
      const std::string path = delta::decode_path(file.path);
      if (open.lake.store().info(root + "/" + path)) continue;
      if (gone++ == 0) first = path;
    }
    if (gone > 0) {
      return fail_hint("a vacuum deleted them; `centavo release list` shows other releases", ErrorKind::not_found,
                       "{}: {} of its {} files in version {} are gone, such as {}", doing, gone, files.size(), version,
                       first);
    }
  }
  return {};
}

/// What both releases show of closed periods is the same.
Status keep_closed_periods(OpenLake& open, const Tenant& tenant, const Release& newest, const Release& target,
                           const Clock& clock) {
  Workshop workshop = open.workshop(clock);
  std::set<std::string> names;
  for (const auto& [name, version] : newest.versions) names.insert(name);
  for (const auto& [name, version] : target.versions) names.insert(name);
  const auto version_in = [](const Release& release, const std::string& name) {
    const auto it = release.versions.find(name);
    return it == release.versions.end() ? std::nullopt : std::optional<delta::Version>(it->second);
  };
  for (const auto& name : names) {
    const auto before = version_in(newest, name), after = version_in(target, name);
    if (before == after) continue;
    const pack::TableName table = TRY(pack::parse_table_name(name));
    TRY(centavo::keep_closed_periods(workshop, tenant, table, before, after));
  }
  return {};
}

Status roll_back(Context& context, const ReleaseArguments& given) {
  OpenLake open = TRY(context.open_lake());
  Lake& lake = open.lake;
  const Tenant tenant = TRY(lake.tenant(given.tenant));
  const TenantLock lock = TRY(TenantLock::take(lake, given.tenant));
  const Release target = TRY(release(lake.store(), given.tenant, given.number));
  const Release newest = TRY(release(lake.store(), given.tenant));
  if (target.versions == newest.versions) {
    return fail(ErrorKind::invalid_argument, "release {} of {} shows what the newest, {}, shows already", target.number,
                given.tenant, newest.number);
  }
  TRY(check_files(open, given.tenant, target, context.clock()));
  TRY(keep_closed_periods(open, tenant, newest, target, context.clock()));
  Release next = target;
  next.withheld = newest.withheld;
  for (const TableState& state : TRY(open.catalog->states(given.tenant))) {
    auto& version = next.withheld.try_emplace(state.table, state.version).first->second;
    version = std::max(version, state.version);
  }
  next.reason = fmt::format("rollback to {}", target.number);
  next.published_ms = context.clock().now_ms();
  next = TRY(publish(lake.store(), given.tenant, std::move(next)));
  if (context.output().json()) context.output().json_document(release_object(next));
  context.output().say("release {} of {} shows what release {} showed", next.number, given.tenant, target.number);
  context.output().note("it stays so until a run changes a table, which publishes the newest versions again");
  return {};
}

}  // namespace

Result<std::int64_t> moment(const std::string& text) {
  constexpr std::int64_t kDayMs = 86'400'000;
  const TimeMs time = TRY_IN("--as-of", parse_iso_time(text));
  return text.size() == std::string_view("2026-09-30").size() ? time + kDayMs - 1 : time;
}

Result<std::int64_t> chosen_release(Store& store, const std::string& tenant, std::int64_t number,
                                    const std::string& as_of) {
  if (number < 0) return fail(ErrorKind::invalid_argument, "--release: {} is no release; they count from 1", number);
  if (as_of.empty()) return number;
  if (number != 0) return fail(ErrorKind::invalid_argument, "--release and --as-of exclude each other");
  const TimeMs time = TRY(moment(as_of));
  const std::vector<Release> all = TRY(releases(store, tenant));
  std::int64_t chosen = 0;
  for (const Release& each : all) {
    if (each.published_ms <= time) chosen = each.number;
  }
  if (chosen != 0) return chosen;
  if (all.empty())
    return fail_hint(fmt::format("centavo run --tenant {}", tenant), ErrorKind::not_found,
                     "tenant {} has no release yet", tenant);
  return fail(ErrorKind::not_found, "tenant {} had no release by {}; the first was published {}", tenant, as_of,
              iso_time(all.front().published_ms));
}

void add_release_commands(Command& root) {
  const auto values = std::make_shared<ReleaseArguments>();
  Command& release = root.sub("release", "what readers see: list, show, go back").group(kGroupTables).keep(values);
  const Option tenant = {.name = "--tenant",
                         .value = "ID",
                         .help = "whose releases",
                         .target = &values->tenant,
                         .required = true,
                         .kind = ValueKind::tenant};

  Command& list = release.sub("list", "all releases, newest first").option(tenant);
  list.example("centavo release list --tenant acme", "when what was published, and why");
  list.needs(needs_right(access::Right::cost_read, values->tenant));
  list.action([values](Context& context) { return list_releases(context, *values); });

  Command& show = release.sub("show", "one release: its tables' versions and its proof").option(tenant);
  show.option({.name = "N", .help = "its number (default: the newest)", .target = &values->number});
  show.example("centavo release show 3 --tenant acme", "release 3");
  show.needs(needs_right(access::Right::cost_read, values->tenant));
  show.action([values](Context& context) { return show_release(context, *values); });

  Command& rollback = release.sub("rollback", "show readers again what an earlier release showed").option(tenant);
  rollback.note("Nothing is deleted: a new release points at the old versions.");
  rollback.option({.name = "N", .help = "the release to go back to", .target = &values->number, .required = true});
  rollback.example("centavo release rollback 3 --tenant acme", "readers see release 3 again");
  rollback.needs(needs_right(access::Right::rollback, values->tenant).writing([values] {
    return std::to_string(values->number);
  }));
  rollback.action([values](Context& context) { return roll_back(context, *values); });
}

}  // namespace centavo::cli
