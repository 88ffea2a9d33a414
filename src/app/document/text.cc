#include "app/document/text.h"

#include <algorithm>

#include "base/clock.h"
#include "base/decimal.h"

namespace centavo::document {

std::string time_text(std::int64_t time_ms) {
  if (time_ms == 0) return {};
  std::string text = iso_time(time_ms);
  text[10] = ' ';
  return text.substr(0, 19) + "Z";
}

OrderedJson time_json(std::int64_t time_ms) { return time_ms == 0 ? OrderedJson() : OrderedJson(iso_time(time_ms)); }

std::string money_text(std::string_view decimal) {
  const auto parsed = parse_decimal(decimal);
  return parsed ? parsed->shortest() : std::string(decimal);
}

std::string grouped(std::string_view digits) {
  std::string out(digits);
  const std::size_t first = out.starts_with('-') ? 1 : 0;
  if (out.size() == first || !std::all_of(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(),
                                          [](char c) { return c >= '0' && c <= '9'; })) {
    return out;
  }
  for (std::size_t i = out.size(); i > first + 3;) {
    i -= 3;
    out.insert(i, ",");
  }
  return out;
}

void append_csv_field(std::string& line, std::string_view text, char separator) {
  const bool quote = text.empty() || text.front() == ' ' || text.back() == ' ' ||
                     text.find_first_of("\"\r\n") != std::string_view::npos ||
                     text.find(separator) != std::string_view::npos;
  if (!quote) {
    line += text;
    return;
  }
  line += '"';
  for (const char c : text) {
    if (c == '"') line += '"';
    line += c;
  }
  line += '"';
}

std::string plain_text(const OrderedJson& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

}  // namespace centavo::document
