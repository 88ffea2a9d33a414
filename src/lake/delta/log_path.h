#pragma once
/// \file lake/delta/log_path.h
/// Names of the files in `_delta_log`, and the two escapings of data file paths.
/// Source: delta-io/delta PROTOCOL.md, "File Types", "Add File", "Partition Value Serialization".

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "lake/delta/table.h"

namespace centavo::delta {

/// "<root>/_delta_log"
std::string log_folder(std::string_view root);
/// "00000000000000000041.json"
std::string commit_name(Version version);
/// "<root>/_delta_log/00000000000000000041.json"
std::string commit_key(std::string_view root, Version version);
std::string checkpoint_key(std::string_view root, Version version);
std::string last_checkpoint_key(std::string_view root);

/// The version in the name of a commit file; `corrupt_data` when it is not 20 digits and ".json".
Result<Version> parse_commit_name(std::string_view name);

struct CheckpointName {
  enum class Kind { classic, part, unique_json, unique_parquet };
  Kind kind = Kind::classic;
  Version version = 0;
  int part = 1;   ///< of a multi-part checkpoint, from 1
  int parts = 1;
};

/// nullopt when `name` is not a checkpoint's.
std::optional<CheckpointName> parse_checkpoint_name(std::string_view name);

/// RFC 2396 percent-encoding of a path, as `add.path` has it.
std::string encode_path(std::string_view path);
/// The inverse; a '%' without two hex digits stays.
std::string decode_path(std::string_view path);
/// The path that `path` of the log means: decoded, "file:" dropped. Equal for two spellings of one file.
std::string canonical_path(std::string_view path);
/// Does a decoded path name a place outside the table's folder ("/…", "s3://…")?
bool is_absolute(std::string_view decoded_path);

}  // namespace centavo::delta
