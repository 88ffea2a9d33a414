#include "io/duck/duck.h"
#include "io/duck/session.h"

namespace centavo::duck {
namespace {

std::string enclosed(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote) out += quote;
    out += c;
  }
  return out + quote;
}

template <class Text>
std::string list_of(const std::vector<std::string>& items, Text text) {
  std::string out = "[";
  for (const std::string& item : items) {
    if (out.size() > 1) out += ", ";
    out += literal(text(item));
  }
  return out + "]";
}

}  // namespace

std::string literal(std::string_view text) { return enclosed(text, '\''); }
std::string name(std::string_view text) { return enclosed(text, '"'); }

std::string string_list(const std::vector<std::string>& items) {
  return items.empty() ? "[]::varchar[]" : list_of(items, [](const std::string& item) { return item; });
}

std::string path_list(const std::vector<std::string>& paths) {
  return list_of(paths, [](const std::string& path) {
    std::string out;
    for (const char c : path) {
      if (c == '[' || c == '*' || c == '?') {
        out += fmt::format("[{}]", c);
      } else {
        out += c;
      }
    }
    return out;
  });
}

}  // namespace centavo::duck
