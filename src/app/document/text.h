#pragma once
/// \file app/document/text.h
/// How documents write times, amounts and counts.

#include <string>
#include <string_view>

#include "base/json.h"

namespace centavo::document {

/// The value as a person reads it: text bare, null as nothing, the rest as JSON.
std::string plain_text(const OrderedJson& value);
/// 1970-01-01T… as "2026-09-30 12:00:05Z"; "" for 0.
std::string time_text(std::int64_t time_ms);
/// The same as a JSON value: ISO 8601, or null for 0.
OrderedJson time_json(std::int64_t time_ms);
/// A decimal without the zeros behind its last digit, exact.
std::string money_text(std::string_view decimal);
/// 1234567 as "1,234,567"; text that is no whole number as it is.
std::string grouped(std::string_view digits);
/// A field of a line of CSV (RFC 4180): quoted when it must be; an empty text is "", so it is no null.
void append_csv_field(std::string& line, std::string_view text, char separator = ',');

}  // namespace centavo::document
