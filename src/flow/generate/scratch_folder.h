#pragma once
/// \file flow/generate/scratch_folder.h
/// A folder for one test, gone afterwards.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "base/digest.h"

namespace centavo::generate {

class ScratchFolder {
 public:
  ScratchFolder() : path_((std::filesystem::temp_directory_path() / ("centavo-generate-" + new_uuid())).string()) {}
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

  /// Every file's bytes, by path in the folder.
  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> out;
    if (!std::filesystem::exists(path_)) return out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path_)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream stream(entry.path(), std::ios::binary);
      out[std::filesystem::relative(entry.path(), path_).string()] = {std::istreambuf_iterator<char>(stream), {}};
    }
    return out;
  }

 private:
  std::string path_;
};

}  // namespace centavo::generate
