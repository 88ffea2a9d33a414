#pragma once
/// \file lake/delta/log_segment.h
/// Which files of `_delta_log` make a version: the newest complete checkpoint at or below it, and the commits after.
/// Source: delta-io/delta PROTOCOL.md, "Delta Log Entries", "Checkpoints", "Last Checkpoint File".

#include <optional>
#include <string>
#include <vector>

#include "io/store/store.h"
#include "lake/delta/log_path.h"

namespace centavo::delta {

struct CommitFile {
  Version version = 0;
  TimeMs modified_ms = 0;  ///< of the file, made to grow from commit to commit
};

/// All parts of one checkpoint.
struct CheckpointFiles {
  Version version = 0;
  TimeMs modified_ms = 0;
  bool json = false;
  std::vector<std::string> keys;
};

/// What a folder holds from `from` on. Both lists ascend; checkpoints with missing parts are not there.
struct LogListing {
  Version from = 0;
  std::vector<CommitFile> commits;
  std::vector<CheckpointFiles> checkpoints;

  bool empty() const { return commits.empty() && checkpoints.empty(); }
  Version newest() const;  ///< -1 when empty
  const CommitFile* commit(Version version) const;
};

LogListing listing_of(const std::vector<ObjectInfo>& objects, Version from);
Result<LogListing> list_log(Store& store, const std::string& root, Version from);

/// The version that `_last_checkpoint` hints at; nullopt when it is missing or makes no sense: it is never trusted.
std::optional<Version> last_checkpoint_hint(Store& store, const std::string& root);

/// The commits from `first` to `last`. `corrupt_data` names the first one that is missing.
Result<std::vector<CommitFile>> commits_between(const LogListing& listing, Version first, Version last);

}  // namespace centavo::delta
