#include <algorithm>
#include <charconv>
#include <set>

#include "flow/explore/explore.h"
#include "flow/explore/span.h"

namespace centavo::explore {
namespace {

constexpr std::size_t kDimensionsMax = 3;
constexpr std::size_t kFiltersMax = 40;
constexpr std::size_t kValuesMax = 1000;
constexpr std::size_t kTextMax = 2000;

Status wrong(std::string_view parameter, std::string_view value, std::string_view may_be) {
  return fail_hint(std::string(may_be), ErrorKind::invalid_argument, "{}={}: not understood", parameter,
                   value.substr(0, 200));
}

Result<std::int64_t> whole_number(std::string_view parameter, std::string_view text, std::int64_t least,
                                  std::int64_t most) {
  std::int64_t out = 0;
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, out);
  if (read.ec != std::errc() || read.ptr != end || out < least || out > most) {
    return fail(wrong(parameter, text, fmt::format("write a whole number from {} to {}", least, most)).error());
  }
  return out;
}

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

Status read_filter(Question& out, std::string_view key, std::string_view value) {
  Filter filter{std::string(key.substr(2)), split_list(value), key.front() == 'x'};
  if (filter.dimension.empty()) return wrong(key, value, "write f.DIMENSION=value, such as f.RegionId=us-east-1");
  if (filter.values.empty()) return wrong(key, value, "write one value or more, with commas between; (none) is none");
  if (filter.values.size() > kValuesMax) {
    return fail_hint("filter by a dimension with fewer values", ErrorKind::invalid_argument,
                     "{}: {} values, {} are allowed", key, filter.values.size(), kValuesMax);
  }
  for (const auto& other : out.filters) {
    if (other.dimension == filter.dimension && other.exclude == filter.exclude)
      return wrong(key, value, "write a filter once, with commas between its values");
  }
  if (out.filters.size() == kFiltersMax) return fail(ErrorKind::invalid_argument, "more than {} filters", kFiltersMax);
  out.filters.push_back(std::move(filter));
  return {};
}

Status read_by(std::string_view key, std::string_view value, std::size_t most, std::vector<std::string>& out) {
  out = split_list(value);
  if (out.size() == 1 && out.front() == "-") out.clear();
  if (out.size() > most) return wrong(key, value, fmt::format("name {} dimensions at most", most));
  if (std::set<std::string>(out.begin(), out.end()).size() != out.size())
    return wrong(key, value, "name each dimension once");
  return {};
}

Status read_one(Question& out, const std::string& key, const std::string& value) {
  if (key == "p") {
    TRY(parse_span(value));
    out.period = value;
  } else if (key == "c") {
    if (!one_of(value, {"prev", "yoy", "none"}) && !Period::parse(value))
      return wrong(key, value, "prev, yoy, none or a month such as 2026-08");
    out.compare = value;
  } else if (key == "m") {
    if (!one_of(value, {"EffectiveCost", "BilledCost", "ListCost", "ContractedCost"}))
      return wrong(key, value, "EffectiveCost, BilledCost, ListCost or ContractedCost");
    out.measure = value;
  } else if (key == "cur") {
    const bool fits =
        value.size() == 3 && std::all_of(value.begin(), value.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    if (!fits && !value.empty()) return wrong(key, value, "a currency of three letters, such as USD");
    out.currency = value;
  } else if (key == "by") {
    TRY(read_by(key, value, kDimensionsMax, out.by));
  } else if (key == "g") {
    if (!one_of(value, {"", "day", "month"})) return wrong(key, value, "day or month");
    out.grain = value;
  } else if (key == "sort") {
    std::string_view by = value;
    if (by.starts_with('-')) by.remove_prefix(1);
    if (!one_of(by, {"value", "before", "change", "share", "key"}))
      return wrong(key, value, "value, before, change, share or key; - in front for the largest first");
    out.sort = value;
  } else if (key == "limit") {
    out.limit = TRY(whole_number(key, value, 1, kLimitMax));
  } else if (key == "rel") {
    if (!value.empty()) out.release = TRY(whole_number(key, value, 0, 1'000'000'000));
  } else if (key == "crel") {
    if (!value.empty()) out.compare_release = TRY(whole_number(key, value, 0, 1'000'000'000));
  } else if (key.starts_with("f.") || key.starts_with("x.")) {
    TRY(read_filter(out, key, value));
  } else {
    return fail_hint("p, c, m, cur, by, g, sort, limit, rel, crel, f.DIMENSION or x.DIMENSION",
                     ErrorKind::invalid_argument, "{}: there is no such parameter", key.substr(0, 100));
  }
  return {};
}

}  // namespace

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> out(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      out.back() += text[++i];
    } else if (text[i] == ',') {
      out.emplace_back();
    } else {
      out.back() += text[i];
    }
  }
  std::erase(out, std::string());
  return out;
}

std::string join_list(const std::vector<std::string>& values) {
  std::string out;
  for (const auto& value : values) {
    if (!out.empty()) out += ',';
    for (const char c : value) {
      if (c == ',' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out;
}

Result<Question> parse_question(const Parameters& parameters, const std::vector<std::string>& others) {
  Question out;
  std::set<std::string> seen;
  for (const auto& [key, value] : parameters) {
    if (std::find(others.begin(), others.end(), key) != others.end()) continue;
    if (!seen.insert(key).second)
      return fail_hint("write it once", ErrorKind::invalid_argument, "{} is there twice", key.substr(0, 100));
    if (value.size() > kTextMax * 10 || value.find('\0') != std::string::npos)
      return fail(ErrorKind::invalid_argument, "{}: the value is too long or no text", key.substr(0, 100));
    TRY(read_one(out, key, value));
  }
  return out;
}

Result<PivotQuestion> parse_pivot(const Parameters& parameters, const std::vector<std::string>& others) {
  std::vector<std::string> mine = others;
  mine.insert(mine.end(), {"r", "k", "val", "subtotals"});
  PivotQuestion out;
  out.question = TRY(parse_question(parameters, mine));
  out.rows = {"ServiceCategory", "ServiceName"};
  out.columns = {"month"};
  for (const auto& [key, value] : parameters) {
    if (key == "r") TRY(read_by(key, value, 4, out.rows));
    if (key == "k") TRY(read_by(key, value, 1, out.columns));
    if (key == "subtotals") {
      if (!one_of(value, {"0", "1"})) return fail(wrong(key, value, "0 or 1").error());
      out.subtotals = value == "1";
    }
    if (key != "val") continue;
    for (const auto& each : split_list(value)) {
      const auto colon = each.find(':');
      PivotValue one{each.substr(0, colon), colon == std::string::npos ? "sum" : each.substr(colon + 1)};
      const bool is_count = one.measure == "charge_count";
      if (!one_of(one.measure, {"EffectiveCost", "BilledCost", "ListCost", "ContractedCost", "charge_count"}) ||
          !one_of(one.aggregate, {"sum", "count", "min", "max"}) ||
          (is_count && !one_of(one.aggregate, {"sum", "count"})))
        return fail(wrong(key, value, "MEASURE:sum, :count, :min or :max, such as EffectiveCost:sum; charge_count:sum")
                        .error());
      out.values.push_back(std::move(one));
    }
    if (out.values.size() > 4) return fail(wrong(key, value, "four values at most").error());
  }
  for (const auto& column : out.columns) {
    if (std::find(out.rows.begin(), out.rows.end(), column) != out.rows.end())
      return fail_hint("have it in the rows or in the columns", ErrorKind::invalid_argument,
                       "{} stands in the rows and in the columns", column);
  }
  if (out.values.empty()) out.values.push_back({out.question.measure, "sum"});
  return out;
}

}  // namespace centavo::explore
