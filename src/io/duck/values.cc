#include "io/duck/values.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/decimal.h"

namespace centavo::duck {
namespace {

Int128 wide(duckdb_hugeint v) {
  return static_cast<Int128>(static_cast<UInt128>(static_cast<std::uint64_t>(v.upper)) << 64 | v.lower);
}
UInt128 wide(duckdb_uhugeint v) { return static_cast<UInt128>(v.upper) << 64 | v.lower; }

std::string unsigned_text(UInt128 value) {
  char buffer[40];
  char* at = buffer + sizeof buffer;
  do {
    *--at = static_cast<char>('0' + static_cast<int>(value % 10));
    value /= 10;
  } while (value != 0);
  return {at, buffer + sizeof buffer};
}

std::string signed_text(Int128 value) {
  return value < 0 ? "-" + unsigned_text(-static_cast<UInt128>(value)) : unsigned_text(static_cast<UInt128>(value));
}

template <class T>
std::string real_text(T value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  std::string out = fmt::format("{}", value);
  if (out.find_first_of(".e") == std::string::npos) out += ".0";
  return out;
}

// Howard Hinnant's civil_from_days (chrono-Compatible Low-Level Date Algorithms).
std::string date_text(std::int64_t days, bool& before_christ) {
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const std::int64_t day_of_era = days - era * 146097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted = (5 * day_of_year + 2) / 153;
  const std::int64_t day = day_of_year - (153 * shifted + 2) / 5 + 1;
  const std::int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
  std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  before_christ = year <= 0;
  if (before_christ) year = 1 - year;
  return fmt::format("{:04}-{:02}-{:02}", year, month, day);
}

constexpr std::string_view kBeforeChrist = " (BC)";

std::string date_text(std::int32_t days) {
  if (days == std::numeric_limits<std::int32_t>::max()) return "infinity";
  if (days == -std::numeric_limits<std::int32_t>::max()) return "-infinity";
  bool before_christ = false;
  std::string out = date_text(static_cast<std::int64_t>(days), before_christ);
  if (before_christ) out += kBeforeChrist;
  return out;
}

// "12:34:56.5" of a count of `per_second` units; at most `per_second`'s digits of fraction, without trailing zeros.
std::string time_text(std::int64_t units, std::int64_t per_second) {
  const std::int64_t seconds = units / per_second;
  std::string out = fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  std::int64_t rest = units % per_second;
  if (rest == 0) return out;
  out += '.';
  for (std::int64_t place = per_second / 10; rest != 0; place /= 10) {
    out += static_cast<char>('0' + rest / place);
    rest %= place;
  }
  return out;
}

std::string timestamp_text(std::int64_t units, std::int64_t per_second, std::string_view zone) {
  if (units == std::numeric_limits<std::int64_t>::max()) return "infinity";
  if (units == -std::numeric_limits<std::int64_t>::max()) return "-infinity";
  const std::int64_t per_day = per_second * 86400;
  std::int64_t days = units / per_day;
  std::int64_t rest = units % per_day;
  if (rest < 0) {
    rest += per_day;
    --days;
  }
  bool before_christ = false;
  const std::string date = date_text(days, before_christ);
  return fmt::format("{} {}{}{}", date, time_text(rest, per_second), zone, before_christ ? kBeforeChrist : "");
}

std::string time_tz_text(duckdb_time_tz value) {
  constexpr std::int64_t kOffsetMax = 16 * 60 * 60 - 1;
  std::int64_t offset = kOffsetMax - static_cast<std::int64_t>(value.bits & 0xffffff);
  std::string out = time_text(static_cast<std::int64_t>(value.bits >> 24), 1'000'000);
  out += offset < 0 ? '-' : '+';
  offset = std::abs(offset);
  out += fmt::format("{:02}", offset / 3600);
  if (offset % 3600 != 0) out += fmt::format(":{:02}", offset / 60 % 60);
  if (offset % 60 != 0) out += fmt::format(":{:02}", offset % 60);
  return out;
}

std::string interval_text(const duckdb_interval& value) {
  std::string out;
  const auto add = [&](std::int64_t count, std::string_view unit) {
    if (count == 0) return;
    out += fmt::format("{}{} {}{}", out.empty() ? "" : " ", count, unit, count == 1 || count == -1 ? "" : "s");
  };
  add(value.months / 12, "year");
  add(value.months % 12, "month");
  add(value.days, "day");
  if (value.micros == 0) return out.empty() ? "00:00:00" : out;
  if (!out.empty()) out += ' ';
  if (value.micros < 0) out += '-';
  return out + time_text(std::abs(value.micros), 1'000'000);
}

std::string uuid_text(duckdb_hugeint value) {
  const std::uint64_t high = static_cast<std::uint64_t>(value.upper) ^ (std::uint64_t{1} << 63);  // stored to sort
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xffff, high & 0xffff,
                     value.lower >> 48, value.lower & 0xffffffffffff);
}

// The first byte counts the padding bits at the front of the second.
std::string bit_text(std::string_view bytes) {
  std::string out;
  if (bytes.empty()) return out;
  const int padding = bytes[0];
  for (std::size_t i = 1; i < bytes.size(); ++i) {
    for (int bit = i == 1 ? 7 - padding : 7; bit >= 0; --bit) {
      out += (static_cast<unsigned char>(bytes[i]) >> bit & 1) != 0 ? '1' : '0';
    }
  }
  return out;
}

std::string hex_text(std::string_view bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    out += kHex[static_cast<unsigned char>(c) >> 4];
    out += kHex[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::string_view bytes_at(const Values& values, std::uint64_t row) {
  auto* const text = const_cast<duckdb_string_t*>(static_cast<const duckdb_string_t*>(values.data)) + row;
  return {duckdb_string_t_data(text), duckdb_string_t_length(*text)};
}

std::uint64_t index_at(const Values& values, std::uint64_t row) {
  switch (values.type->stored_as) {
    case DUCKDB_TYPE_UTINYINT: return values.at<std::uint8_t>(row);
    case DUCKDB_TYPE_USMALLINT: return values.at<std::uint16_t>(row);
    default: return values.at<std::uint32_t>(row);
  }
}

Int128 decimal_at(const Values& values, std::uint64_t row) {
  switch (values.type->stored_as) {
    case DUCKDB_TYPE_SMALLINT: return values.at<std::int16_t>(row);
    case DUCKDB_TYPE_INTEGER: return values.at<std::int32_t>(row);
    case DUCKDB_TYPE_BIGINT: return values.at<std::int64_t>(row);
    default: return wide(values.at<duckdb_hugeint>(row));
  }
}

bool is_integer(duckdb_type id) {
  switch (id) {
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_HUGEINT: return true;
    default: return false;
  }
}

Int128 integer_at(const Values& values, std::uint64_t row) {
  switch (values.type->id) {
    case DUCKDB_TYPE_TINYINT: return values.at<std::int8_t>(row);
    case DUCKDB_TYPE_SMALLINT: return values.at<std::int16_t>(row);
    case DUCKDB_TYPE_INTEGER: return values.at<std::int32_t>(row);
    case DUCKDB_TYPE_BIGINT: return values.at<std::int64_t>(row);
    case DUCKDB_TYPE_UTINYINT: return values.at<std::uint8_t>(row);
    case DUCKDB_TYPE_USMALLINT: return values.at<std::uint16_t>(row);
    case DUCKDB_TYPE_UINTEGER: return values.at<std::uint32_t>(row);
    case DUCKDB_TYPE_UBIGINT: return values.at<std::uint64_t>(row);
    case DUCKDB_TYPE_HUGEINT: return wide(values.at<duckdb_hugeint>(row));
    default: return 0;
  }
}

bool is_nested(duckdb_type id) {
  switch (id) {
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_ARRAY:
    case DUCKDB_TYPE_STRUCT:
    case DUCKDB_TYPE_MAP:
    case DUCKDB_TYPE_UNION: return true;
    default: return false;
  }
}

std::string json_text(std::string_view text) { return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace); }

// Where the elements of a list, map or array lie in the child.
duckdb_list_entry elements_at(const Values& values, std::uint64_t row) {
  if (values.type->id == DUCKDB_TYPE_ARRAY) return {row * values.type->array_size, values.type->array_size};
  return values.at<duckdb_list_entry>(row);
}

}  // namespace

Values Values::of(const Type& type, duckdb_vector vector) {
  Values out;
  out.type = &type;
  out.data = duckdb_vector_get_data(vector);
  out.validity = duckdb_vector_get_validity(vector);
  switch (type.id) {
    case DUCKDB_TYPE_LIST: out.children.push_back(of(type.children[0], duckdb_list_vector_get_child(vector))); break;
    case DUCKDB_TYPE_ARRAY: out.children.push_back(of(type.children[0], duckdb_array_vector_get_child(vector))); break;
    case DUCKDB_TYPE_MAP: {
      const duckdb_vector entries = duckdb_list_vector_get_child(vector);
      for (std::size_t i = 0; i < 2; ++i) {
        out.children.push_back(of(type.children[i], duckdb_struct_vector_get_child(entries, i)));
      }
      break;
    }
    case DUCKDB_TYPE_STRUCT:
      for (std::size_t i = 0; i < type.children.size(); ++i) {
        out.children.push_back(of(type.children[i], duckdb_struct_vector_get_child(vector, i)));
      }
      break;
    case DUCKDB_TYPE_UNION:  // child 0 says which member it is
      out.data = duckdb_vector_get_data(duckdb_struct_vector_get_child(vector, 0));
      for (std::size_t i = 0; i < type.children.size(); ++i) {
        out.children.push_back(of(type.children[i], duckdb_struct_vector_get_child(vector, i + 1)));
      }
      break;
    default: break;
  }
  return out;
}

std::string Values::text(std::uint64_t row) const {
  switch (type->id) {
    case DUCKDB_TYPE_VARCHAR: return std::string(bytes_at(*this, row));
    case DUCKDB_TYPE_BOOLEAN: return at<bool>(row) ? "true" : "false";
    case DUCKDB_TYPE_UHUGEINT: return unsigned_text(wide(at<duckdb_uhugeint>(row)));
    case DUCKDB_TYPE_FLOAT: return real_text(at<float>(row));
    case DUCKDB_TYPE_DOUBLE: return real_text(at<double>(row));
    case DUCKDB_TYPE_DECIMAL: return Decimal{decimal_at(*this, row), type->scale}.text();
    case DUCKDB_TYPE_DATE: return date_text(at<std::int32_t>(row));
    case DUCKDB_TYPE_TIME: return time_text(at<std::int64_t>(row), 1'000'000);
    case DUCKDB_TYPE_TIME_NS: return time_text(at<std::int64_t>(row), 1'000'000'000);
    case DUCKDB_TYPE_TIME_TZ: return time_tz_text(at<duckdb_time_tz>(row));
    case DUCKDB_TYPE_TIMESTAMP: return timestamp_text(at<std::int64_t>(row), 1'000'000, {});
    case DUCKDB_TYPE_TIMESTAMP_TZ: return timestamp_text(at<std::int64_t>(row), 1'000'000, "+00");
    case DUCKDB_TYPE_TIMESTAMP_S: return timestamp_text(at<std::int64_t>(row), 1, {});
    case DUCKDB_TYPE_TIMESTAMP_MS: return timestamp_text(at<std::int64_t>(row), 1'000, {});
    case DUCKDB_TYPE_TIMESTAMP_NS: return timestamp_text(at<std::int64_t>(row), 1'000'000'000, {});
    case DUCKDB_TYPE_INTERVAL: return interval_text(at<duckdb_interval>(row));
    case DUCKDB_TYPE_UUID: return uuid_text(at<duckdb_hugeint>(row));
    case DUCKDB_TYPE_BLOB: return hex_text(bytes_at(*this, row));
    case DUCKDB_TYPE_BIT: return bit_text(bytes_at(*this, row));
    case DUCKDB_TYPE_ENUM: return type->names[index_at(*this, row)];
    default: break;
  }
  if (is_integer(type->id)) return signed_text(integer_at(*this, row));
  std::string out;
  if (is_nested(type->id)) append_json(row, out);
  return out;
}

// Written by hand, not through Json, because Json sorts the keys.
void Values::append_json(std::uint64_t row, std::string& out) const {
  if (is_null(row)) {
    out += "null";
    return;
  }
  switch (type->id) {
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_ARRAY: {
      const auto [offset, length] = elements_at(*this, row);
      out += '[';
      for (std::uint64_t i = 0; i < length; ++i) {
        if (i != 0) out += ',';
        children[0].append_json(offset + i, out);
      }
      out += ']';
      return;
    }
    case DUCKDB_TYPE_MAP: {
      const auto [offset, length] = elements_at(*this, row);
      out += '{';
      for (std::uint64_t i = 0; i < length; ++i) {
        if (i != 0) out += ',';
        out += json_text(children[0].text(offset + i)) + ':';
        children[1].append_json(offset + i, out);
      }
      out += '}';
      return;
    }
    case DUCKDB_TYPE_STRUCT:
      out += '{';
      for (std::size_t i = 0; i < children.size(); ++i) {
        if (i != 0) out += ',';
        out += json_text(type->names[i]) + ':';
        children[i].append_json(row, out);
      }
      out += '}';
      return;
    case DUCKDB_TYPE_UNION: children[at<std::uint8_t>(row)].append_json(row, out); return;
    default: out += json(row).dump(-1, ' ', false, Json::error_handler_t::replace);
  }
}

Json Values::json(std::uint64_t row) const {
  switch (type->id) {
    case DUCKDB_TYPE_BOOLEAN: return at<bool>(row);
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE: {
      const double value = type->id == DUCKDB_TYPE_FLOAT ? static_cast<double>(at<float>(row)) : at<double>(row);
      return std::isfinite(value) ? Json(value) : Json(text(row));
    }
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_ARRAY:
    case DUCKDB_TYPE_MAP: {
      const auto [offset, length] = elements_at(*this, row);
      const bool is_map = type->id == DUCKDB_TYPE_MAP;
      const Values& values = children[is_map ? 1 : 0];
      Json out = is_map ? Json::object() : Json::array();
      for (std::uint64_t i = offset; i < offset + length; ++i) {
        Json value = values.is_null(i) ? Json() : values.json(i);
        if (is_map) {
          out[children[0].text(i)] = std::move(value);
        } else {
          out.push_back(std::move(value));
        }
      }
      return out;
    }
    case DUCKDB_TYPE_STRUCT: {
      Json out = Json::object();
      for (std::size_t i = 0; i < children.size(); ++i) {
        out[type->names[i]] = children[i].is_null(row) ? Json() : children[i].json(row);
      }
      return out;
    }
    case DUCKDB_TYPE_UNION: {
      const Values& member = children[at<std::uint8_t>(row)];
      return member.is_null(row) ? Json() : member.json(row);
    }
    default: break;
  }
  if (!is_integer(type->id)) return text(row);
  const Int128 value = integer_at(*this, row);
  if (value >= std::numeric_limits<std::int64_t>::min() && value <= std::numeric_limits<std::int64_t>::max()) {
    return static_cast<std::int64_t>(value);
  }
  if (value > 0 && value <= std::numeric_limits<std::uint64_t>::max()) return static_cast<std::uint64_t>(value);
  return signed_text(value);  // more than a JSON reader keeps
}

std::int64_t Values::integer(std::uint64_t row) const {
  if (type->id == DUCKDB_TYPE_BOOLEAN) return at<bool>(row) ? 1 : 0;
  constexpr Int128 kMin = std::numeric_limits<std::int64_t>::min();
  constexpr Int128 kMax = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::clamp(integer_at(*this, row), kMin, kMax));
}

}  // namespace centavo::duck
