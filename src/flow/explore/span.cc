#include "flow/explore/span.h"

#include <chrono>

namespace centavo::explore {
namespace {

namespace chrono = std::chrono;

constexpr const char* kPeriods =
    "last, 3m, 6m, 12m, all, a month (2026-09), months (2026-08..2026-09) or days (2026-09-01..2026-09-15)";

std::optional<chrono::sys_days> day_in(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  int parts[3] = {0, 0, 0};
  int at = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 4 || i == 7) {
      ++at;
    } else if (text[i] < '0' || text[i] > '9') {
      return std::nullopt;
    } else {
      parts[at] = parts[at] * 10 + (text[i] - '0');
    }
  }
  const chrono::year_month_day day{chrono::year{parts[0]}, chrono::month{static_cast<unsigned>(parts[1])},
                                   chrono::day{static_cast<unsigned>(parts[2])}};
  if (!day.ok() || parts[0] < 1900 || parts[0] > 9998) return std::nullopt;
  return chrono::sys_days{day};
}

std::string text_of(chrono::sys_days days) {
  const chrono::year_month_day day{days};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                     static_cast<unsigned>(day.day()));
}

chrono::sys_days known(const std::string& day) { return day_in(day).value_or(chrono::sys_days{}); }

Period month_of(const std::string& text) {
  const auto month = Period::parse(text);
  return month ? *month : Period();
}

Period plus_months(Period month, int months) {
  for (; months > 0; --months) month = month.next();
  for (; months < 0; ++months) month = month.previous();
  return month;
}

int months_between(Period first, Period last) {
  return (last.year() - first.year()) * 12 + last.month() - first.month();
}

// Whether the release has anything of a span.
bool is_known(const Holdings& holdings, const Span& span) {
  if (holdings.periods.empty()) return false;
  if (span.in_days) return span.from <= holdings.last_day && span.to >= holdings.first_day;
  return span.from <= holdings.periods.back() && span.to >= holdings.periods.front();
}

}  // namespace

Result<SpelledSpan> parse_span(std::string_view text) {
  SpelledSpan out;
  if (text == "all") {
    out.all = true;
    return out;
  }
  static const std::map<std::string_view, int> words = {{"last", 1}, {"3m", 3}, {"6m", 6}, {"12m", 12}};
  if (const auto it = words.find(text); it != words.end()) {
    out.months_back = it->second;
    return out;
  }
  const auto dots = text.find("..");
  out.from = text.substr(0, dots);
  out.to = dots == std::string_view::npos ? out.from : std::string(text.substr(dots + 2));
  const bool months = Period::parse(out.from) && Period::parse(out.to);
  out.in_days = !months && day_in(out.from) && day_in(out.to);
  if ((!months && !out.in_days) || out.from > out.to) {
    return fail_hint(kPeriods, ErrorKind::invalid_argument, "p={}: not a period{}", text.substr(0, 100),
                     (months || out.in_days) ? ": it ends before it begins" : "");
  }
  return out;
}

Result<Span> span_of(const Holdings& holdings, const std::string& period) {
  const auto spelled = TRY(parse_span(period));
  if (holdings.periods.empty()) {
    return fail_hint("land a bill and run", ErrorKind::not_found, "release {} holds no cost", holdings.release);
  }
  Span out{spelled.from, spelled.to, period, spelled.in_days};
  if (spelled.all) out.from = holdings.periods.front();
  if (spelled.months_back > 0) {
    out.from = plus_months(month_of(holdings.periods.back()), 1 - spelled.months_back).text();
    if (out.from < holdings.periods.front()) out.from = holdings.periods.front();
  }
  if (spelled.all || spelled.months_back > 0) out.to = holdings.periods.back();
  return out;
}

Result<std::optional<Span>> compared_span(const Holdings& holdings, const Span& span, const std::string& compare) {
  if (compare == "none") return std::optional<Span>();
  Span out;
  out.spelled = compare;
  out.in_days = span.in_days;
  if (compare != "prev" && compare != "yoy") {
    out.from = out.to = TRY(Period::parse(compare)).text();
    out.in_days = false;
  } else if (span.in_days) {
    const auto days = (known(span.to) - known(span.from)).count() + 1;
    out.from = compare == "yoy" ? plus_years(span.from, -1) : plus_days(span.from, -static_cast<int>(days));
    out.to = compare == "yoy" ? plus_years(span.to, -1) : plus_days(span.to, -static_cast<int>(days));
  } else {
    const int back = compare == "yoy" ? 12 : months_between(month_of(span.from), month_of(span.to)) + 1;
    out.from = plus_months(month_of(span.from), -back).text();
    out.to = plus_months(month_of(span.to), -back).text();
  }
  if (!is_known(holdings, out)) return std::optional<Span>();
  return std::optional<Span>(out);
}

std::string first_day_of(const Span& span) { return span.in_days ? span.from : month_of(span.from).first(); }
std::string last_day_of(const Span& span) { return span.in_days ? span.to : month_of(span.to).last(); }

std::vector<std::string> days_of(const Span& span) {
  std::vector<std::string> out;
  const auto last = known(last_day_of(span));
  for (auto day = known(first_day_of(span)); day <= last && out.size() < kBucketsMax; day += chrono::days{1})
    out.push_back(text_of(day));
  return out;
}

std::vector<std::string> months_of(const Span& span) {
  std::vector<std::string> out;
  const auto last = month_of(last_day_of(span).substr(0, 7));
  for (auto month = month_of(first_day_of(span).substr(0, 7)); month <= last && out.size() < kBucketsMax;
       month = month.next())
    out.push_back(month.text());
  return out;
}

std::string natural_grain(const Span& span) {
  return (known(last_day_of(span)) - known(first_day_of(span))).count() < 62 ? "day" : "month";
}

std::string plus_days(const std::string& day, int days) { return text_of(known(day) + chrono::days{days}); }

std::string plus_years(const std::string& day, int years) {
  const chrono::year_month_day from{known(day)};
  const chrono::year_month_day to = from + chrono::years{years};
  return text_of(to.ok() ? chrono::sys_days{to} : chrono::sys_days{to.year() / to.month() / chrono::last});
}

}  // namespace centavo::explore
