#include "lake/delta/table.h"

#include <algorithm>

#include "lake/delta/table_state.h"

namespace centavo::delta {
namespace {

/// `file_ms` made to grow along the log, or the commit's own time when the table has in-commit timestamps.
struct TimedCommit {
  Version version = 0;
  TimeMs time_ms = 0;
};

Result<std::vector<TimedCommit>> timed_commits(const SnapshotState& newest) {
  const LogListing listing = TRY(list_log(*newest.place.store, newest.place.root, 0));
  const auto& properties = newest.metadata->configuration;
  const auto it = properties.find("delta.enableInCommitTimestamps");
  const bool in_commit = it != properties.end() && it->second == "true";
  std::vector<TimedCommit> out;
  for (const CommitFile& commit : listing.commits) {
    TimeMs time = commit.modified_ms;
    if (in_commit) {
      const Actions actions = TRY(read_commit(newest.place, commit.version));
      time = int_or(actions.commit_info, "inCommitTimestamp", time);
    }
    out.push_back({commit.version, time});
  }
  return out;
}

}  // namespace

Table::Table(std::shared_ptr<TableState> state) : state_(std::move(state)) {}

Result<Table> Table::open(Store& store, duck::Database& engine, std::string root, const Clock& clock) {
  auto state = std::make_shared<TableState>();
  state->place = {&store, &engine, &clock, std::move(root)};
  state->newest = TRY_IN(state->words(), load_state(state->place, std::nullopt));
  return Table(std::move(state));
}

const std::string& Table::root() const { return state_->place.root; }

Result<Snapshot> Table::snapshot() {
  state_->newest = TRY_IN(state_->words(), refresh_state(state_->newest));
  return Snapshot(state_->newest);
}

Result<Snapshot> Table::snapshot_at(Version version) {
  if (version == state_->newest->version) return Snapshot(state_->newest);
  return Snapshot(TRY_IN(state_->words(), load_state(state_->place, version)));
}

Result<Snapshot> Table::snapshot_as_of(TimeMs time_ms) {
  TRY(snapshot());
  const std::vector<TimedCommit> commits = TRY_IN(state_->words(), timed_commits(*state_->newest));
  const TimedCommit* found = nullptr;
  for (const TimedCommit& commit : commits) {
    if (commit.time_ms <= time_ms) found = &commit;
  }
  if (!found) {
    const std::string oldest = commits.empty() ? "unknown" : iso_time(commits.front().time_ms);
    return fail(ErrorKind::not_found, "{}: nothing at {}; the oldest version is of {}", state_->words(),
                iso_time(time_ms), oldest);
  }
  return snapshot_at(found->version);
}

Result<std::vector<HistoryEntry>> Table::history(int limit) {
  TRY(snapshot());
  const LogListing listing = TRY_IN(state_->words(), list_log(*state_->place.store, state_->place.root, 0));
  std::vector<HistoryEntry> out;
  for (auto it = listing.commits.rbegin(); it != listing.commits.rend(); ++it) {
    if (limit > 0 && static_cast<int>(out.size()) == limit) break;
    const Actions actions = TRY_IN(state_->words(), read_commit(state_->place, it->version));
    const Json& info = actions.commit_info;
    const auto map = [&](const char* key) {
      return info.is_object() && info.contains(key) ? text_map_of(info[key]) : std::map<std::string, std::string>();
    };
    out.push_back({it->version, int_or(info, "inCommitTimestamp", it->modified_ms), text_or(info, "operation"),
                   map("operationParameters"), map("operationMetrics"), text_or(info, "engineInfo"),
                   text_or(info, "userMetadata"), text_or(info, "userName")});
  }
  return out;
}

}  // namespace centavo::delta
