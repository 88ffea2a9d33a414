#pragma once
/// \file flow/connect/seen_files.h
/// What the last landing learned about each file of a source, so that an unchanged file is not opened again. Only a
/// cache: raw/<source>/_seen.json may be removed at any time, the landings are the truth.

#include <map>
#include <string>

#include "flow/connect/file_periods.h"
#include "flow/connect/landing.h"
#include "flow/connect/source_files.h"

namespace centavo {

struct SeenFile {
  LandedFile file;
  FilePeriods periods;
};

class SeenFiles {
 public:
  /// `kind_digest`: of the source's kind; what another version of it learned does not count. Without the cache, what
  /// the landings say.
  static Result<SeenFiles> load(Store& store, const std::string& raw_root, const std::string& kind_digest,
                                const std::vector<Landing>& landings);
  /// Writes it when it changed.
  Status save(Store& store) const;

  /// Null unless its path, size and time are as they were.
  const SeenFile* unchanged(const SourceFile& file) const;
  const SeenFile* find(const std::string& path) const;
  void put(SeenFile file);
  void forget(const std::string& path) { files_.erase(path); }
  const std::map<std::string, SeenFile>& files() const { return files_; }

 private:
  std::string text() const;

  std::string key_;
  std::string kind_digest_;
  std::string written_;
  std::map<std::string, SeenFile> files_;
};

}  // namespace centavo
