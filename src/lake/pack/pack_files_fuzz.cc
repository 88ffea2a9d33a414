/// Any text as the files of a pack: loaded, or refused with file and line. Files are separated by a line "=== path".

#include <cstdlib>

#include "lake/pack/library.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace centavo::pack;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  PackFiles files{{"pack.yaml", "pack: fuzz\nversion: 1\ndescription: any\n"}};
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = text.find("\n=== ", at);
    const std::string_view file = text.substr(at, end == std::string_view::npos ? end : end - at);
    const std::size_t line = file.find('\n');
    files[std::string(file.substr(0, line))] = line == std::string_view::npos ? "" : std::string(file.substr(line + 1));
    at = end == std::string_view::npos ? text.size() : end + 5;
  }
  for (const auto& mistake : Library::lint_files({{"fuzz", files}})) {
    if (mistake.message.empty()) std::abort();
  }
  return 0;
}
