#pragma once
/// \file flow/pipeline/released.h
/// The rows of a release, a period of a table at a time, by what the logs and not today's packs say.

#include <map>
#include <string>

#include "flow/pipeline/pipeline.h"
#include "lake/delta/table.h"

namespace centavo {

/// Does not own; all must outlive it. Not thread-safe.
class ReleasedTables {
 public:
  ReleasedTables(Workshop& workshop, const Tenant& tenant, const Release& release)
      : workshop_(workshop), tenant_(tenant), release_(release) {}

  /// The table as the release shows it. `not_found` when the release has no such table.
  Result<delta::Snapshot> snapshot(const pack::TableName& table);
  /// "select …" over all columns of a period, "" the whole table; "" when it has no rows.
  /// `not_found` names a file that a vacuum took.
  Result<std::string> select(const pack::TableName& table, const std::string& period);
  bool has(const pack::TableName& table) const { return release_.versions.contains(table.text()); }

 private:
  Workshop& workshop_;
  const Tenant& tenant_;
  const Release& release_;
  std::map<pack::TableName, delta::Snapshot> snapshots_;
};

/// The partition that holds a period, in a table as it is; none when the table is not partitioned.
delta::PartitionValues partition_in(const delta::Snapshot& snapshot, const std::string& period);

/// `select` with exactly `columns`: cast to their types, null where it lacks one.
Result<std::string> with_columns(duck::Connection& connection, const std::string& select,
                                 const std::vector<pack::ColumnSpec>& columns);

}  // namespace centavo
