#include "flow/pipeline/rollback.h"

#include "flow/pipeline/making.h"
#include "lake/delta/log_path.h"
#include "lake/delta/table.h"

namespace centavo {
namespace {

/// Every file that a release's tables need is there: a vacuum may have taken some.
Status check_files(Workshop& workshop, const std::string& tenant, const Release& target) {
  for (const auto& [name, version] : target.versions) {
    const std::string doing = fmt::format("show release {} of {} again: {}", target.number, tenant, name);
    const pack::TableName table = TRY(pack::parse_table_name(name));
    const std::string root = Lake::table_root(tenant, pack::name_of(table.layer), table.table);
    auto opened = TRY_IN(doing, delta::Table::open(workshop.lake.store(), workshop.engine, root, workshop.clock));
    const auto snapshot = TRY_IN(doing, opened.snapshot_at(version));
    const auto files = TRY_IN(doing, snapshot.files());
    std::size_t gone = 0;
    std::string first;
    for (const auto& file : files) {
      const std::string path = delta::decode_path(file.path);
      if (workshop.lake.store().info(root + "/" + path)) continue;
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
Status keep_all_closed_periods(Workshop& workshop, const Tenant& tenant, const Release& newest, const Release& target) {
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

}  // namespace

Result<Release> roll_back(Workshop& workshop, const Tenant& tenant, std::int64_t number) {
  Store& store = workshop.lake.store();
  const Release target = TRY(release(store, tenant.id, number));
  const Release newest = TRY(release(store, tenant.id));
  if (target.versions == newest.versions) {
    return fail(ErrorKind::invalid_argument, "release {} of {} shows what the newest, {}, shows already", target.number,
                tenant.id, newest.number);
  }
  TRY(check_files(workshop, tenant.id, target));
  TRY(keep_all_closed_periods(workshop, tenant, newest, target));
  Release next = target;
  next.withheld = newest.withheld;
  for (const TableState& state : TRY(workshop.catalog.states(tenant.id))) {
    auto& version = next.withheld.try_emplace(state.table, state.version).first->second;
    version = std::max(version, state.version);
  }
  next.reason = fmt::format("rollback to {}", target.number);
  next.published_ms = workshop.clock.now_ms();
  return publish(store, tenant.id, std::move(next));
}

}  // namespace centavo
