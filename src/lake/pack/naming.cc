#include "lake/pack/naming.h"

namespace centavo {
namespace {

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

std::string snake_case(std::string_view name) {
  std::string out;
  for (char c : name) {
    if (is_upper(c)) {
      if (!out.empty() && out.back() != '_') out += '_';
      out += static_cast<char>(c - 'A' + 'a');
    } else if (is_lower_or_digit(c) || static_cast<unsigned char>(c) >= 0x80) {
      out += c;
    } else if (!out.empty() && out.back() != '_') {
      out += '_';
    }
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  return out.empty() ? "_" : out;
}

// Delta cannot hold these in a column name without column mapping.
std::string delta_name(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (std::string_view(" ,;{}()\n\t=").find(c) != std::string_view::npos) c = '_';
  }
  return out;
}

// "Kosten vor Steuern (PreTaxCost)" means PreTaxCost.
std::string_view original_name(std::string_view delivered) {
  const auto open = delivered.rfind('(');
  if (open == std::string_view::npos || !delivered.ends_with(')') || open + 2 == delivered.size()) return delivered;
  return delivered.substr(open + 1, delivered.size() - open - 2);
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string bronze_name(const pack::SourceKind& source, std::string_view delivered) {
  if (const auto it = source.rename.find(std::string(delivered)); it != source.rename.end()) return it->second;
  const std::string_view name = source.original_in_parentheses ? original_name(delivered) : delivered;
  if (source.snake_case) return snake_case(name);
  return source.lower_case ? lower_case(delta_name(name)) : delta_name(name);
}

}  // namespace centavo
