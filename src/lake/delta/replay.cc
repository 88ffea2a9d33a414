#include "lake/delta/checkpoint_read.h"
#include "lake/delta/snapshot_state.h"

namespace centavo::delta {
namespace {

// A reader that is further behind than this opens the newest checkpoint instead of replaying every commit.
constexpr Version kReplayCommitsMax = 100;

Status replay_commits(SnapshotState& state, const std::vector<CommitFile>& commits) {
  for (const CommitFile& commit : commits) {
    Actions actions = TRY(read_commit(state.place, commit.version));
    const Json info = actions.commit_info;
    state.apply(std::move(actions));
    state.version = commit.version;
    state.time_ms = commit_time(state, info, commit.modified_ms);
  }
  return {};
}

struct Attempt {
  std::shared_ptr<SnapshotState> state;
  std::optional<Error> checkpoint_error;  ///< an older checkpoint, or none, may still do
};

Result<Attempt> load_from(const Place& place, const LogListing& listing, const CheckpointFiles* checkpoint,
                          Version version) {
  auto state = std::make_shared<SnapshotState>();
  state->place = place;
  if (checkpoint) {
    if (const Status read = read_checkpoint(*checkpoint, *state); !read) {
      if (read.error().kind == ErrorKind::cancelled) return fail(read.error());
      return Attempt{nullptr, read.error()};
    }
    if (!state->protocol || !state->metadata) {
      return fail(ErrorKind::corrupt_data, "checkpoint {} has no {}", checkpoint->version,
                  state->protocol ? "metaData" : "protocol");
    }
    state->version = checkpoint->version;
    state->checkpoint_version = checkpoint->version;
    state->time_ms = checkpoint->modified_ms;
    if (const CommitFile* commit = listing.commit(checkpoint->version)) {
      state->time_ms = commit->modified_ms;
      if (checkpoint->version == version) {
        if (const auto actions = read_commit(place, version)) {
          state->time_ms = commit_time(*state, actions->commit_info, commit->modified_ms);
        }
      }
    }
  }
  const std::vector<CommitFile> commits =
      TRY(commits_between(listing, checkpoint ? checkpoint->version + 1 : 0, version));
  TRY(replay_commits(*state, commits));
  TRY(state->settle());
  return Attempt{std::move(state), std::nullopt};
}

}  // namespace

std::string Place::key(std::string_view relative) const {
  return root.empty() ? std::string(relative) : fmt::format("{}/{}", root, relative);
}

void SnapshotState::apply(Actions actions) {
  if (actions.protocol) protocol = std::move(actions.protocol);
  if (actions.metadata) metadata = std::move(actions.metadata);
  for (Transaction& transaction : actions.transactions) transactions[transaction.app] = std::move(transaction);
  for (Json& domain : actions.domains) {
    const std::string name = text_or(domain, "domain");
    const auto removed = domain.find("removed");
    if (removed != domain.end() && *removed == Json(true)) {
      domains.erase(name);
    } else {
      domains[name] = std::move(domain);
    }
  }
  for (Remove& remove : actions.removes) {
    const std::string key = file_key(remove.path, remove.deletion_vector);
    files.erase(key);
    tombstones[key] = std::make_shared<const Remove>(std::move(remove));
  }
  for (Add& add : actions.adds) {
    const std::string key = file_key(add.file.path, add.file.deletion_vector);
    tombstones.erase(key);
    files[key] = std::make_shared<const DataFile>(std::move(add.file));
  }
}

Status SnapshotState::settle() {
  if (!protocol) return fail(ErrorKind::corrupt_data, "version {} has no protocol", version);
  if (!metadata) return fail(ErrorKind::corrupt_data, "version {} has no metaData", version);
  // The protocol first: a schema of the future is refused by its feature's name.
  TRY(check_readable(*protocol, *metadata, nullptr));
  if (metadata->schema_text.empty())
    return fail(ErrorKind::corrupt_data, "version {} has a metaData without schemaString", version);
  schema = TRY(parse_schema(metadata->schema_text));
  mapping = TRY(column_mapping_of(*metadata));
  return check_readable(*protocol, *metadata, &schema);
}

DataFile SnapshotState::file_for_callers(const DataFile& file) const {
  DataFile out = file;
  if (mapping == ColumnMapping::none) return out;
  out.partition_values.clear();
  for (const std::string& column : metadata->partition_columns) {
    const Field* field = schema.find(column);
    const auto it = file.partition_values.find(field ? physical_name(*field) : column);
    out.partition_values[column] = it == file.partition_values.end() ? std::nullopt : it->second;
  }
  return out;
}

Result<Actions> read_commit(const Place& place, Version version) {
  const std::string text = TRY(place.store->read(commit_key(place.root, version)));
  return TRY_IN(fmt::format("commit {}", version), parse_actions(text));
}

TimeMs commit_time(const SnapshotState& state, const Json& commit_info, TimeMs file_ms) {
  if (!state.metadata) return file_ms;
  const auto it = state.metadata->configuration.find("delta.enableInCommitTimestamps");
  if (it == state.metadata->configuration.end() || it->second != "true") return file_ms;
  return int_or(commit_info, "inCommitTimestamp", file_ms);
}

Result<std::shared_ptr<SnapshotState>> load_state(const Place& place, std::optional<Version> wanted) {
  const auto hint = last_checkpoint_hint(*place.store, place.root);
  const Version from = hint && (!wanted || *hint <= *wanted) ? *hint : 0;
  LogListing listing = TRY(list_log(*place.store, place.root, from));
  if (from > 0 && listing.checkpoints.empty()) listing = TRY(list_log(*place.store, place.root, 0));

  std::optional<Error> first_error;
  while (true) {
    if (listing.empty()) return fail(ErrorKind::not_found, "no Delta table at {}", place.root);
    const Version version = wanted.value_or(listing.newest());
    if (version > listing.newest() || version < 0) {
      return fail(ErrorKind::not_found, "version {} does not exist; the newest is {}", version, listing.newest());
    }
    for (auto it = listing.checkpoints.rbegin(); it != listing.checkpoints.rend(); ++it) {
      if (it->version > version) continue;
      Attempt attempt = TRY(load_from(place, listing, &*it, version));
      if (attempt.state) return std::move(attempt.state);
      if (!first_error) first_error = std::move(attempt.checkpoint_error);
    }
    if (listing.from == 0) {
      const bool begins_later = !listing.commits.empty() ? listing.commits.front().version > 0 : true;
      if (begins_later && !listing.checkpoints.empty() && listing.checkpoints.front().version > version) {
        return fail(ErrorKind::not_found, "version {} was cleaned up; the oldest is {}", version,
                    listing.checkpoints.front().version);
      }
      auto attempt = load_from(place, listing, nullptr, version);
      if (!attempt && first_error) return fail(*first_error);
      return TRY(std::move(attempt)).state;
    }
    // Nothing at the hint could be read: look at the whole log.
    listing = TRY(list_log(*place.store, place.root, 0));
  }
}

Result<std::shared_ptr<const SnapshotState>> refresh_state(std::shared_ptr<const SnapshotState> known) {
  const LogListing listing = TRY(list_log(*known->place.store, known->place.root, known->version + 1));
  if (listing.newest() <= known->version) return known;
  const bool far = listing.newest() - known->version > kReplayCommitsMax && !listing.checkpoints.empty();
  auto commits = commits_between(listing, known->version + 1, listing.newest());
  if (far || !commits) return std::shared_ptr<const SnapshotState>(TRY(load_state(known->place, std::nullopt)));
  for (CommitFile& commit : *commits) commit.modified_ms = std::max(commit.modified_ms, known->time_ms + 1);
  auto next = std::make_shared<SnapshotState>(*known);
  TRY(replay_commits(*next, *commits));
  TRY(next->settle());
  if (!listing.checkpoints.empty())
    next->checkpoint_version = std::max(next->checkpoint_version, listing.checkpoints.back().version);
  return std::shared_ptr<const SnapshotState>(std::move(next));
}

}  // namespace centavo::delta
