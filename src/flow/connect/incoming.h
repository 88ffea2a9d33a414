#pragma once
/// \file flow/connect/incoming.h
/// Files on their way into raw: copied, hashed and checked in one pass under raw/<source>/_incoming, then moved to
/// their digest.

#include <functional>
#include <optional>
#include <string>

#include "flow/connect/landing.h"
#include "flow/connect/source_files.h"

namespace centavo {

/// A file that is in raw, or waits in _incoming to be moved there.
struct Arrived {
  LandedFile file;        ///< `raw_key` empty while it waits
  std::string temp_key;   ///< where it waits; empty when it is in raw
  std::string local_path; ///< where its bytes can be read now
};

/// Does not own the store. Removes what waits when destroyed.
class Incoming {
 public:
  /// `raw_root`: tenants/<id>/raw/<source>
  Incoming(Store& store, std::string raw_root) : store_(store), raw_root_(std::move(raw_root)) {}
  ~Incoming();
  Incoming(const Incoming&) = delete;
  Incoming& operator=(const Incoming&) = delete;

  /// Removes what a run that died left behind.
  Status clean();

  /// Copies, hashes and checks one file. `corrupt_data` when its compression is broken or cut, a Parquet file has no
  /// footer, it is empty; `conflict` when it changed while it was read. `lake_failed` tells whether it was the lake
  /// that failed.
  Result<Arrived> take(const SourceFile& file, const FileKind& kind, const std::function<void(std::int64_t)>& progress,
                       const Cancel* cancel);

  /// Moves it to raw/<source>/<folder>/<digest>.<ending>, durably.
  Status keep(Arrived& file, std::string_view folder);

  /// A folder for files of the moment; `clean` empties it.
  Result<std::string> folder();
  bool lake_failed() const { return lake_failed_; }

 private:
  Status check_whole(const std::string& path, const FileKind& kind, std::int64_t size_bytes) const;

  Store& store_;
  std::string raw_root_;
  std::set<std::string> waiting_;
  bool lake_failed_ = false;
};

}  // namespace centavo
