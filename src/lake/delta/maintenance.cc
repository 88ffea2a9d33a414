#include <algorithm>

#include "base/digest.h"
#include "lake/delta/checkpoint_read.h"
#include "lake/delta/commit.h"
#include "lake/delta/compaction.h"
#include "lake/delta/rewrite.h"

namespace centavo::delta {
namespace {

constexpr std::int64_t kRetentionHoursMin = 168;
constexpr TimeMs kLeftoverMs = kDayMs;  // temporary files of the log that are older belong to nobody

/// Any part of the path that starts with '_' (but _change_data) or '.' is not ours to delete.
bool is_hidden(std::string_view relative) {
  while (!relative.empty()) {
    const std::size_t end = std::min(relative.find('/'), relative.size());
    const std::string_view part = relative.substr(0, end);
    if (part.starts_with('.') || (part.starts_with('_') && part != "_change_data")) return true;
    relative.remove_prefix(std::min(end + 1, relative.size()));
  }
  return false;
}

void keep_files(const SnapshotState& state, std::set<std::string>& keep) {
  for (const auto& [key, file] : state.files) keep.insert(canonical_path(file->path));
}

/// Paths that some version inside the retention may still read: tombstones of the checkpoint and of the commits.
Status keep_recently_removed(const SnapshotState& state, TimeMs since_ms, std::set<std::string>& keep) {
  for (const auto& [key, tombstone] : state.tombstones) {
    if (tombstone->deleted_ms >= since_ms) keep.insert(canonical_path(tombstone->path));
  }
  const LogListing listing = TRY(list_log(*state.place.store, state.place.root, 0));
  for (const CommitFile& commit : listing.commits) {
    if (commit.modified_ms < since_ms) continue;
    const Actions actions = TRY(read_commit(state.place, commit.version));
    for (const Remove& remove : actions.removes) keep.insert(canonical_path(remove.path));
  }
  return {};
}

Result<CommitResult> commit_nothing(TableState& table, const SnapshotState& base, std::string operation,
                                    std::map<std::string, std::string> parameters,
                                    std::map<std::string, std::string> metrics) {
  Prepared prepared;
  prepared.info.operation = std::move(operation);
  prepared.info.parameters = std::move(parameters);
  prepared.info.metrics = std::move(metrics);
  prepared.footprint.data_change = false;
  return write_commit(table, base, prepared);
}

}  // namespace

Result<CommitResult> Table::optimize(std::int64_t target_bytes, CommitInfo info) {
  const std::string doing = fmt::format("optimize {}", root());
  const Snapshot base = TRY(snapshot());
  TRY_IN(doing, check_writable(*base.state().protocol, *base.state().metadata, base.schema()));
  std::map<PartitionValues, std::vector<DataFile>> partitions;
  for (DataFile& file : TRY(base.files())) partitions[file.partition_values].push_back(std::move(file));

  Change change;
  change.info = std::move(info);
  if (change.info.operation.empty()) change.info.operation = "OPTIMIZE";
  change.info.parameters.emplace("targetSize", std::to_string(target_bytes));
  change.data_change = false;
  for (const auto& [values, files] : partitions) {
    for (const std::vector<std::size_t>& group : TRY_IN(doing, plan_compaction(files, target_bytes))) {
      std::vector<DataFile> members;
      for (const std::size_t i : group) members.push_back(files[i]);
      auto rewritten = rewrite_files(base.state(), members);
      if (!rewritten) {
        drop_files(state_->place, change.add);
        return fail_within(doing, rewritten.error());
      }
      change.add.push_back(std::move(*rewritten));
      change.remove.insert(change.remove.end(), members.begin(), members.end());
    }
  }
  if (change.add.empty()) return CommitResult{base.version(), true};
  const std::vector<NewFile> written = change.add;
  const auto result = commit(base, std::move(change));
  if (!result && result.error().kind != ErrorKind::outcome_unknown) drop_files(state_->place, written);
  return result;
}

Result<CommitResult> Table::restore(Version version, CommitInfo info) {
  const std::string doing = fmt::format("restore {} to version {}", root(), version);
  const Snapshot now = TRY(snapshot());
  const Snapshot then = TRY_IN(doing, snapshot_at(version));
  const SnapshotState &newest = now.state(), &old = then.state();
  TRY_IN(doing, check_writable(*newest.protocol, *newest.metadata, newest.schema));
  const auto append_only = newest.metadata->configuration.find("delta.appendOnly");
  const TimeMs time = state_->place.clock->now_ms();

  Prepared prepared;
  prepared.info = std::move(info);
  if (prepared.info.operation.empty()) prepared.info.operation = "RESTORE";
  prepared.info.parameters.emplace("version", std::to_string(version));
  prepared.footprint.reads_all = true;
  for (const auto& [key, file] : old.files) {
    if (newest.files.contains(key)) continue;
    const std::string path = canonical_path(file->path);
    if (!is_absolute(path) && !state_->place.store->info(state_->place.key(path))) {
      return fail(ErrorKind::not_found, "{}: its file {} is gone", doing, path);
    }
    prepared.actions.adds.push_back({*file, true});
  }
  for (const auto& [key, file] : newest.files) {
    if (old.files.contains(key)) continue;
    prepared.actions.removes.push_back(remove_of(*file, time, true));
    prepared.footprint.removes.insert(key);
  }
  if (!prepared.actions.removes.empty() && append_only != newest.metadata->configuration.end() &&
      append_only->second == "true") {
    return fail(ErrorKind::invalid_argument, "{}: the table is append-only (delta.appendOnly)", doing);
  }
  if (old.metadata->raw != newest.metadata->raw) {
    prepared.actions.metadata = *old.metadata;
    prepared.actions.metadata->raw["id"] = newest.metadata->id;  // one table, one id for ever
  }
  if (prepared.actions.adds.empty() && prepared.actions.removes.empty() && !prepared.actions.metadata) {
    return CommitResult{now.version(), true};
  }
  prepared.info.metrics.emplace("numRestoredFiles", std::to_string(prepared.actions.adds.size()));
  prepared.info.metrics.emplace("numRemovedFiles", std::to_string(prepared.actions.removes.size()));
  return TRY_IN(doing, write_commit(*state_, newest, prepared));
}

Result<VacuumResult> Table::vacuum(const VacuumOptions& options) {
  const std::string doing = fmt::format("vacuum {}", root());
  Store& store = *state_->place.store;
  if (options.retention_hours < kRetentionHoursMin && !options.force) {
    return fail_hint("a running writer or reader may lose its files; force it if you know there is none",
                     ErrorKind::invalid_argument, "{}: retention of {} hours is less than {}", doing,
                     options.retention_hours, kRetentionHoursMin);
  }
  if (options.retention_hours < 0) return fail(ErrorKind::invalid_argument, "{}: negative retention", doing);
  // First what is there, then what the log says: a file written in between is not on the list.
  const std::vector<ObjectInfo> objects = TRY_IN(doing, store.list(root(), true));
  const Snapshot newest = TRY(snapshot());
  const SnapshotState& state = newest.state();
  TRY_IN(doing, check_writable(*state.protocol, *state.metadata, state.schema));
  TimeMs retention_ms = options.retention_hours * kHourMs;
  if (!options.force) {
    retention_ms = std::max(retention_ms, interval_ms(newest.properties(), "delta.deletedFileRetentionDuration", 0));
  }
  const TimeMs since_ms = state_->place.clock->now_ms() - retention_ms;

  std::set<std::string> keep;
  keep_files(state, keep);
  TRY_IN(doing, keep_recently_removed(state, since_ms, keep));
  for (const Version version : options.keep_versions) {
    const Snapshot kept = TRY_IN(doing, snapshot_at(version));
    keep_files(kept.state(), keep);
  }
  VacuumResult result;
  const std::size_t root_length = root().empty() ? 0 : root().size() + 1;
  std::set<std::string> absolute;  // live files that the log names by their full path
  for (const std::string& path : keep) {
    if (is_absolute(path)) absolute.insert(path.substr(path.rfind('/') + 1));
  }
  for (const ObjectInfo& object : objects) {
    const std::string relative = object.key.substr(root_length);
    if (is_hidden(relative) || object.modified_ms >= since_ms || keep.contains(relative)) continue;
    if (absolute.contains(relative.substr(relative.rfind('/') + 1))) continue;
    result.files.push_back(relative);
    result.bytes += object.size_bytes;
  }
  if (options.dry_run || result.files.empty()) return result;

  TRY_IN(doing,
         commit_nothing(*state_, state, "VACUUM START", {{"retentionHours", std::to_string(options.retention_hours)}},
                        {{"numFilesToDelete", std::to_string(result.files.size())},
                         {"sizeOfDataToDelete", std::to_string(result.bytes)}}));
  const std::string manifest =
      fmt::format("{}/_centavo_vacuum/{}-{}.json", log_folder(root()), newest.version(), new_uuid());
  TRY_IN(doing, store.write(manifest, Json(result.files).dump(1, ' ', false, Json::error_handler_t::replace)));
  Status deleted;
  for (const std::string& file : result.files) {
    deleted = store.remove(state_->place.key(file));
    if (!deleted) break;
  }
  const Snapshot after = TRY(snapshot());
  TRY_IN(doing, commit_nothing(*state_, after.state(), "VACUUM END", {{"status", deleted ? "COMPLETED" : "FAILED"}},
                               {{"numDeletedFiles", std::to_string(result.files.size())}}));
  if (!deleted) return fail_within(doing, deleted.error());
  return result;
}

Result<int> Table::clean_up_log(TimeMs older_than_ms) {
  const std::string doing = fmt::format("clean up the log of {}", root());
  const Snapshot newest = TRY(snapshot());
  TRY_IN(doing, check_writable(*newest.state().protocol, *newest.state().metadata, newest.schema()));
  Store& store = *state_->place.store;
  const std::vector<ObjectInfo> objects = TRY_IN(doing, store.list(log_folder(root()), false));
  const LogListing listing = listing_of(objects, 0);

  // The newest checkpoint that is old enough and can be read; its own commit stays, for its time.
  std::optional<Version> first_kept;
  for (auto it = listing.checkpoints.rbegin(); it != listing.checkpoints.rend() && !first_kept; ++it) {
    const CommitFile* commit = listing.commit(it->version);
    if (!commit || commit->modified_ms > older_than_ms) continue;
    SnapshotState state;
    state.place = state_->place;
    if (read_checkpoint(*it, state) && state.protocol && state.metadata) first_kept = it->version;
  }
  int removed = 0;
  const auto drop = [&](const std::string& key) -> Status {
    TRY_IN(doing, store.remove(key));
    ++removed;
    return {};
  };
  // Oldest first: a clean-up that stops half way leaves no gap.
  for (const ObjectInfo& object : objects) {
    const std::string name = object.key.substr(object.key.rfind('/') + 1);
    const bool is_old = object.modified_ms < state_->place.clock->now_ms() - kLeftoverMs;
    if (name.starts_with('.') && is_old) {
      TRY(drop(object.key));
      continue;
    }
    const bool of_log = name.ends_with(".json") || name.ends_with(".crc") || name.ends_with(".parquet");
    if (!first_kept || !of_log || name.size() < 20 || name.substr(0, 20) >= fmt::format("{:020d}", *first_kept))
      continue;
    if (name.find_first_not_of("0123456789") < 20) continue;
    TRY(drop(object.key));
  }
  return removed;
}

}  // namespace centavo::delta
