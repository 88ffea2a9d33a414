/// Any bytes as the target of a request: what is taken keeps the promises of parse_target().

#include <algorithm>
#include <cstdlib>

#include "app/http/request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace centavo::http;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto target = parse_target(text);
  if (!target) return 0;
  const std::string& path = target->path;
  const auto has = [&](std::string_view what) { return path.find(what) != std::string::npos; };
  const bool plain =
      path.front() == '/' && !has("//") && !has("/../") && !has("/./") && !has("\\") && !path.ends_with("/..") &&
      !path.ends_with("/.") &&
      std::none_of(path.begin(), path.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (!plain || !is_utf8(path) || target->query.size() > 200) std::abort();
  std::string joined;
  for (const std::string& segment : target->segments) joined += '/' + segment;
  if (joined != path && joined + "/" != path) std::abort();
  for (const auto& [name, value] : target->query) {
    if (!is_utf8(name) || !is_utf8(value)) std::abort();
  }
  const auto inside = below(*target, "/a/b");
  if (inside && (inside->path.front() != '/' || inside->segments.size() + 2 != target->segments.size())) std::abort();
  return 0;
}
