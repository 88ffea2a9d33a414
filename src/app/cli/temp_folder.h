#pragma once
/// \file app/cli/temp_folder.h
/// A folder for one command's work, that only its user may read.

#include <string>
#include <string_view>

#include "base/result.h"

namespace centavo::cli {

/// Beside other programs' (TMPDIR), and gone with all in it when this ends.
class TempFolder {
 public:
  /// "centavo-<purpose>-…". `io` when it cannot be made.
  static Result<TempFolder> make(std::string_view purpose);
  TempFolder(TempFolder&& other) noexcept;
  TempFolder& operator=(TempFolder&&) = delete;
  ~TempFolder();
  const std::string& path() const { return path_; }

 private:
  explicit TempFolder(std::string path);
  std::string path_;   // "": moved from
};

}  // namespace centavo::cli
