#include "flow/pipeline/released.h"

#include "flow/engine/desk.h"
#include "lake/delta/log_path.h"

namespace centavo {
namespace {

std::string root_of(const Tenant& tenant, const pack::TableName& table) {
  return Lake::table_root(tenant.id, pack::name_of(table.layer), table.table);
}

}  // namespace

delta::PartitionValues partition_in(const delta::Snapshot& snapshot, const std::string& period) {
  if (period.empty() || snapshot.partition_columns().empty()) return {};
  return {{snapshot.partition_columns().front(), period + "-01"}};
}

Result<delta::Snapshot> ReleasedTables::snapshot(const pack::TableName& name) {
  if (const auto it = snapshots_.find(name); it != snapshots_.end()) return it->second;
  const auto version = release_.versions.find(name.text());
  if (version == release_.versions.end())
    return fail(ErrorKind::not_found, "release {} has no table {}", release_.number, name.text());
  const std::string doing = fmt::format("release {}: {}", release_.number, name.text());
  auto table = TRY_IN(
      doing, delta::Table::open(workshop_.lake.store(), workshop_.engine, root_of(tenant_, name), workshop_.clock));
  const auto snapshot = TRY_IN(doing, table.snapshot_at(version->second));
  snapshots_.emplace(name, snapshot);
  return snapshot;
}

Result<std::string> ReleasedTables::select(const pack::TableName& name, const std::string& period) {
  const auto at = TRY(snapshot(name));
  const auto files = TRY(at.files_in(partition_in(at, period)));
  for (const auto& file : files) {
    const auto there = workshop_.lake.store().info(root_of(tenant_, name) + "/" + delta::decode_path(file.path));
    if (there || there.error().kind != ErrorKind::not_found) continue;
    return fail_hint("a vacuum took it: that release can no longer be read", ErrorKind::not_found,
                     "release {}: version {} of {} lacks its file {}", release_.number, at.version(), name.text(),
                     file.path);
  }
  if (files.empty()) return std::string();
  return "select * from " + TRY(at.select_sql(files));
}

Result<std::string> with_columns(duck::Connection& connection, const std::string& select,
                                 const std::vector<pack::ColumnSpec>& columns) {
  if (select.empty()) return empty_select(columns);
  const auto there = TRY(connection.describe(select));
  std::string list;
  for (const auto& column : columns) {
    const bool has =
        std::any_of(there.begin(), there.end(), [&](const auto& each) { return each.name == column.name; });
    list += fmt::format("{}cast({} as {}) as {}", list.empty() ? "" : ", ", has ? duck::name(column.name) : "null",
                        column.type, duck::name(column.name));
  }
  return fmt::format("select {} from ({})", list, select);
}

}  // namespace centavo
