#include "app/cli/temp_folder.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace centavo::cli {

Result<TempFolder> TempFolder::make(std::string_view purpose) {
  std::error_code ignored;
  const std::string name = fmt::format("centavo-{}-XXXXXX", purpose);
  std::string path = (std::filesystem::temp_directory_path(ignored) / name).string();
  if (mkdtemp(path.data()) == nullptr) return fail(ErrorKind::io, "make {}: {}", path, std::strerror(errno));
  return TempFolder(std::move(path));
}

TempFolder::TempFolder(std::string path) : path_(std::move(path)) {}
TempFolder::TempFolder(TempFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
TempFolder::~TempFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace centavo::cli
