#pragma once
/// \file app/http/header_text.h
/// Text of header fields.

#include <string_view>

namespace centavo::http {

/// Without the white space that RFC 9110 §5.6.3 allows around it.
inline std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace centavo::http
