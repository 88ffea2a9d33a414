#include "lake/delta/conflict.h"

#include <algorithm>

namespace centavo::delta {
namespace {

bool matches(const PartitionValues& file, const PartitionValues& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& pair) {
    const auto it = file.find(pair.first);
    return it != file.end() && it->second == pair.second;
  });
}

bool is_read(const Footprint& ours, const PartitionValues& file) {
  return ours.reads_all || std::any_of(ours.reads.begin(), ours.reads.end(),
                                       [&](const PartitionValues& wanted) { return matches(file, wanted); });
}

bool is_blind_append(const Actions& winner) {
  if (!winner.commit_info.is_object()) return false;
  const auto it = winner.commit_info.find("isBlindAppend");
  return it != winner.commit_info.end() && it->is_boolean() && it->get<bool>();
}

}  // namespace

std::optional<std::string> conflict_with(const Footprint& ours, const Actions& winner) {
  if (winner.protocol) return "it changed the table's protocol";
  if (winner.metadata) return "it changed the table's schema or properties";
  for (const Transaction& transaction : winner.transactions) {
    if (ours.transaction && transaction.app == ours.transaction->app) {
      return fmt::format("it is transaction {} of the same application {}", transaction.version, transaction.app);
    }
  }
  // A compaction of ours reads only the files that it removes.
  const bool sees_adds = ours.data_change && !(ours.write_serializable && is_blind_append(winner));
  for (const Add& add : winner.adds) {
    if (sees_adds && add.data_change && is_read(ours, add.file.partition_values)) {
      return fmt::format("it added {} to what this change read", add.file.path);
    }
  }
  for (const Remove& remove : winner.removes) {
    if (ours.removes.contains(file_key(remove.path, remove.deletion_vector))) {
      return fmt::format("it removed {}, which this change removes too", remove.path);
    }
    // Without its partition values a removed file may have been any of those that were read.
    const bool read =
        ours.data_change && remove.data_change &&
        (remove.has_partition_values ? is_read(ours, remove.partition_values) : ours.reads_all || !ours.reads.empty());
    if (read) return fmt::format("it removed {}, which this change read", remove.path);
  }
  return std::nullopt;
}

}  // namespace centavo::delta
