#include "lake/tenant/names.h"

#include <cmath>

#include "base/json.h"

namespace centavo {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// What stands before "://", or nothing.
std::string_view scheme_of(std::string_view uri) {
  const auto at = uri.find("://");
  if (at == std::string_view::npos || at == 0) return {};
  for (char c : uri.substr(0, at)) {
    if (!is_lower(c) && !is_digit(c) && !(c >= 'A' && c <= 'Z') && c != '+' && c != '-' && c != '.') return {};
  }
  return uri.substr(0, at);
}

}  // namespace

bool is_id(std::string_view text) {
  if (text.empty() || text.size() > 63 || !is_lower(text[0])) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_lower(c) || is_digit(c) || c == '_' || c == '-'; });
}

Status check_id(std::string_view what, std::string_view text) {
  if (is_id(text)) return {};
  return fail_hint("start with a lower-case letter, then lower-case letters, digits, _ or -; at most 63 characters",
                   ErrorKind::invalid_argument, "{} {}: not a name that can be used", what,
                   Json(text).dump(-1, ' ', true, Json::error_handler_t::replace));
}

Status check_currency(std::string_view text) {
  if (text.size() == 3 && std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) return {};
  return fail_hint("write its three letters as ISO 4217 has them, such as USD or BRL", ErrorKind::invalid_argument,
                   "currency \"{}\" is not a currency code", text);
}

Status check_hours(std::string_view what, double hours) {
  if (std::isfinite(hours) && hours > 0) return {};
  return fail_hint("write the hours within which data must be there, such as 36", ErrorKind::invalid_argument,
                   "{} {}: not above 0", what, hours);
}

Status check_uri(std::string_view text) {
  if (text.empty() || text == "file://" || has_control(text)) {
    return fail_hint("write a folder, a file or a glob such as /data/cur/**/*.csv.gz", ErrorKind::invalid_argument,
                     "uri \"{}\": not a path", text);
  }
  const std::string_view scheme = scheme_of(text);
  if (scheme.empty() || scheme == "file") return {};
  return fail_hint("bring the files to a local or mounted folder and name that", ErrorKind::unsupported,
                   "uri \"{}\": {}:// cannot be read yet", text, scheme);
}

Status check_parameter_name(std::string_view text) {
  const bool good =
      !text.empty() && is_lower(text[0]) && text.size() <= 63 &&
      std::all_of(text.begin(), text.end(), [](char c) { return is_lower(c) || is_digit(c) || c == '_'; });
  if (good) return {};
  return fail_hint("write it as the pack declares it, in snake_case", ErrorKind::invalid_argument,
                   "parameter \"{}\": not a name", text);
}

Status check_free_text(std::string_view what, std::string_view text) {
  if (text.size() <= 500 && !has_control(text)) return {};
  return fail_hint("use one line of at most 500 bytes", ErrorKind::invalid_argument,
                   "{}: too long or with control characters", what);
}

}  // namespace centavo
