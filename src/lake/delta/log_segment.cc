#include "lake/delta/log_segment.h"

#include <algorithm>

#include "base/json.h"

namespace centavo::delta {
namespace {

constexpr std::int64_t kHintBytesMax = 1 << 20;

void make_times_grow(std::vector<CommitFile>& commits) {
  for (std::size_t i = 1; i < commits.size(); ++i) {
    commits[i].modified_ms = std::max(commits[i].modified_ms, commits[i - 1].modified_ms + 1);
  }
}

}  // namespace

Version LogListing::newest() const {
  const Version commit = commits.empty() ? -1 : commits.back().version;
  const Version checkpoint = checkpoints.empty() ? -1 : checkpoints.back().version;
  return std::max(commit, checkpoint);
}

const CommitFile* LogListing::commit(Version version) const {
  const auto it = std::lower_bound(commits.begin(), commits.end(), version,
                                   [](const CommitFile& file, Version wanted) { return file.version < wanted; });
  return it != commits.end() && it->version == version ? &*it : nullptr;
}

LogListing listing_of(const std::vector<ObjectInfo>& objects, Version from) {
  LogListing listing;
  listing.from = from;
  struct Parts {
    int expected = 0;
    std::map<int, const ObjectInfo*> found;
  };
  std::map<std::pair<Version, int>, Parts> multi_part;
  for (const ObjectInfo& object : objects) {
    const std::string_view key = object.key;
    const std::string_view name = key.substr(key.rfind('/') + 1);
    if (const auto version = parse_commit_name(name)) {
      if (*version >= from) listing.commits.push_back({*version, object.modified_ms});
      continue;
    }
    const auto checkpoint = parse_checkpoint_name(name);
    if (!checkpoint || checkpoint->version < from) continue;
    if (checkpoint->kind == CheckpointName::Kind::part) {
      Parts& parts = multi_part[{checkpoint->version, checkpoint->parts}];
      parts.expected = checkpoint->parts;
      parts.found[checkpoint->part] = &object;
    } else {
      listing.checkpoints.push_back({checkpoint->version,
                                     object.modified_ms,
                                     checkpoint->kind == CheckpointName::Kind::unique_json,
                                     {object.key}});
    }
  }
  for (const auto& [key, parts] : multi_part) {
    if (static_cast<int>(parts.found.size()) != parts.expected) continue;
    CheckpointFiles files{key.first, 0, false, {}};
    for (const auto& [number, object] : parts.found) {
      files.keys.push_back(object->key);
      files.modified_ms = std::max(files.modified_ms, object->modified_ms);
    }
    listing.checkpoints.push_back(std::move(files));
  }
  std::sort(listing.commits.begin(), listing.commits.end(),
            [](const CommitFile& a, const CommitFile& b) { return a.version < b.version; });
  std::stable_sort(listing.checkpoints.begin(), listing.checkpoints.end(),
                   [](const CheckpointFiles& a, const CheckpointFiles& b) { return a.version < b.version; });
  make_times_grow(listing.commits);
  return listing;
}

Result<LogListing> list_log(Store& store, const std::string& root, Version from) {
  const std::string first = from > 0 ? fmt::format("{:020d}", from) : std::string();
  return listing_of(TRY(store.list(log_folder(root), false, first)), from);
}

std::optional<Version> last_checkpoint_hint(Store& store, const std::string& root) {
  const auto text = store.read(last_checkpoint_key(root));
  if (!text || static_cast<std::int64_t>(text->size()) > kHintBytesMax) return std::nullopt;
  const auto json = parse_json(*text);
  if (!json) return std::nullopt;
  const std::int64_t version = int_or(*json, "version", -1);
  return version >= 0 ? std::optional(version) : std::nullopt;
}

Result<std::vector<CommitFile>> commits_between(const LogListing& listing, Version first, Version last) {
  std::vector<CommitFile> out;
  Version expected = first;
  for (const CommitFile& commit : listing.commits) {
    if (commit.version < first || commit.version > last) continue;
    if (commit.version != expected) break;
    out.push_back(commit);
    ++expected;
  }
  if (expected <= last) return fail(ErrorKind::corrupt_data, "commit {} of {} is missing", expected, last);
  return out;
}

}  // namespace centavo::delta
