/// \file app/cli/release_commands.cc
/// release list|show|rollback

#include "app/cli/commands.h"
#include "app/cli/release_choice.h"
#include "app/cli/report_text.h"
#include "flow/pipeline/rollback.h"

namespace centavo::cli {
namespace {

struct ReleaseArguments {
  std::string tenant;
  std::int64_t number = 0;
};

Status list_releases(Context& context, const ReleaseArguments& given) {
  Lake lake = TRY(context.lake());
  TRY(lake.tenant(given.tenant));
  std::vector<OrderedJson> objects;
  for (const Release& each : TRY(releases(lake.store(), given.tenant)))
    objects.push_back(document::release_object(each));
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
  OrderedJson object = document::release_object(found);
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

Status roll_back(Context& context, const ReleaseArguments& given) {
  OpenLake open = TRY(context.open_lake());
  Workshop workshop = open.workshop(context.clock());
  const Tenant tenant = TRY(open.lake.tenant(given.tenant));
  const TenantLock lock = TRY(TenantLock::take(open.lake, given.tenant));
  const Release next = TRY(centavo::roll_back(workshop, tenant, given.number));
  if (context.output().json()) context.output().json_document(document::release_object(next));
  context.output().say("release {} of {} shows what release {} showed", next.number, given.tenant, given.number);
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
