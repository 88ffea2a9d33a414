#include "io/store/key.h"

namespace centavo {

Status check_key(std::string_view key) {
  if (key.find('\0') != std::string_view::npos) return fail(ErrorKind::invalid_argument, "key with a zero byte");
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = std::min(key.find('/', begin), key.size());
    const std::string_view part = key.substr(begin, end - begin);
    if (part.empty() || part == "." || part == ".." || part.starts_with(kTempPrefix)) {
      return fail(ErrorKind::invalid_argument, "\"{}\" is not a key: a part is \"{}\"", key, part);
    }
    if (end == key.size()) return {};
    begin = end + 1;
  }
}

Status check_folder(std::string_view folder) { return folder.empty() ? Status() : check_key(folder); }

std::string_view folder_of(std::string_view key) {
  const std::size_t slash = key.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : key.substr(0, slash);
}

bool is_listed(std::string_view key, std::string_view folder, bool deep, std::string_view from_name) {
  std::string_view name = key;
  if (!folder.empty()) {
    if (key.size() <= folder.size() || !key.starts_with(folder) || key[folder.size()] != '/') return false;
    name.remove_prefix(folder.size() + 1);
  }
  return (deep || name.find('/') == std::string_view::npos) && name >= from_name;
}

}  // namespace centavo
