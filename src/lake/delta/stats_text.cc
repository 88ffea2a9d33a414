#include "lake/delta/stats_text.h"

#include <cctype>

#include "base/clock.h"
#include "base/json.h"

namespace centavo::delta {
namespace {

constexpr std::size_t kTextCharactersMax = 32;
constexpr std::size_t kMaximumCharactersMax = 64;
constexpr std::string_view kLastCharacter = "\xF4\x8F\xBF\xBF";  // U+10FFFF

/// Byte length of the first `characters` characters of UTF-8 text, or of all of it.
std::size_t prefix_bytes(std::string_view text, std::size_t characters) {
  std::size_t at = 0;
  for (std::size_t n = 0; n < characters && at < text.size(); ++n) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
  }
  return at;
}

std::optional<std::string> json_text(std::string_view text) {
  try {
    return Json(text).dump();
  } catch (const Json::exception&) {
    return std::nullopt;  // not UTF-8: no bound
  }
}

std::optional<std::string> text_bound(std::string_view text, bool upper) {
  const std::size_t cut = prefix_bytes(text, kTextCharactersMax);
  if (!upper) return json_text(text.substr(0, cut));
  // DuckDB cuts long maxima without saying so: a text of this length may be one.
  if (prefix_bytes(text, kTextCharactersMax - 1) == text.size()) return json_text(text);
  std::size_t end = cut;
  while (text.substr(end).starts_with(kLastCharacter)) end += kLastCharacter.size();
  if (end > cut + (kMaximumCharactersMax - kTextCharactersMax) * kLastCharacter.size()) return std::nullopt;
  return json_text(std::string(text.substr(0, end)) + std::string(kLastCharacter));
}

bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  for (const std::size_t i : {0, 1, 2, 3, 5, 6, 8, 9}) {
    if (!std::isdigit(static_cast<unsigned char>(text[i]))) return false;
  }
  return true;
}

tl::unexpected<Error> out_of_range(std::string_view text) {
  return fail_hint("keep dates and times between the years 1 and 9999", ErrorKind::invalid_argument,
                   "{} cannot be written to a Delta table", text);
}

/// "2026-09-01 10:00:00.123456+00" -> "2026-09-01T10:00:00.123Z" (or .124Z for a maximum).
Result<std::optional<std::string>> time_bound(std::string_view text, bool upper, std::string_view zone) {
  if (text.size() < 19 || !is_date(text.substr(0, 10)) || text[10] != ' ' || text.ends_with("(BC)"))
    return out_of_range(text);
  std::size_t end = 19;
  std::string micros;
  if (end < text.size() && text[end] == '.') {
    for (++end; end < text.size() && std::isdigit(static_cast<unsigned char>(text[end])); ++end) micros += text[end];
  }
  const std::string_view rest = text.substr(end);
  if (!rest.empty() && rest != "+00" && rest != "+00:00") {
    return fail(ErrorKind::internal, "statistics: {} is not in UTC", text);
  }
  micros.resize(6, '0');
  TimeMs time = TRY(parse_iso_time(fmt::format("{}T{}Z", text.substr(0, 10), text.substr(11, 8)))) +
                std::stoll(micros.substr(0, 3));
  if (upper && micros.substr(3) != "000") ++time;
  const std::string iso = iso_time(time);  // …Z
  if (iso.size() != 24) return std::optional<std::string>();  // rounding up left the year 9999
  return std::optional(fmt::format("\"{}{}\"", iso.substr(0, 23), zone));
}

}  // namespace

Result<std::optional<std::string>> bound_json(std::string_view type, std::string_view text, bool upper) {
  if (type == "byte" || type == "short" || type == "integer" || type == "long" || type.starts_with("decimal")) {
    const bool plain = !text.empty() && text.find_first_not_of("0123456789.-") == std::string_view::npos;
    if (!plain) return fail(ErrorKind::internal, "statistics: {} is not a number", text);
    // JSON has no ".5" and no "-.5".
    std::string number(text);
    if (const std::size_t at = number.starts_with('-') ? 1 : 0; number.size() > at && number[at] == '.')
      number.insert(at, "0");
    return std::optional(number);
  }
  if (type == "string") return text_bound(text, upper);
  if (type == "date") {
    if (!is_date(text)) return out_of_range(text);
    return json_text(text);
  }
  if (type == "timestamp") return time_bound(text, upper, "Z");
  if (type == "timestamp_ntz") return time_bound(text, upper, "");
  return std::optional<std::string>();
}

}  // namespace centavo::delta
