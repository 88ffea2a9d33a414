#include "base/period.h"

#include <charconv>

namespace centavo {
namespace {

// The number in text[from, from+size), or -1 when a character is not a digit.
int digits(std::string_view text, std::size_t from, std::size_t size) {
  if (text.size() < from + size) return -1;
  int value = 0;
  for (char c : text.substr(from, size)) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace

Result<Period> Period::of(int year, int month) {
  if (year < 1900 || year > 9998 || month < 1 || month > 12) {
    return fail_hint("write a period as YYYY-MM, for example 2026-09", ErrorKind::invalid_argument,
                     "period {}-{:02}: no such month", year, month);
  }
  return Period(year * 12 + month - 1);
}

Result<Period> Period::parse(std::string_view text) {
  if (text.size() != 7 || text[4] != '-') {
    return fail_hint("write a period as YYYY-MM, for example 2026-09", ErrorKind::invalid_argument,
                     "period \"{}\" is not a month", text);
  }
  return of(digits(text, 0, 4), digits(text, 5, 2));
}

Result<Period> Period::of_date(std::string_view text) {
  const bool dashed = text.size() >= 10 && text[4] == '-' && text[7] == '-';
  const int year = digits(text, 0, 4);
  const int month = digits(text, dashed ? 5 : 4, 2);
  const int day = digits(text, dashed ? 8 : 6, 2);
  if (year < 0 || month < 0 || day < 1 || day > 31) {
    return fail(ErrorKind::invalid_argument, "\"{}\" does not start with a date", text);
  }
  return of(year, month);
}

Result<Period> Period::of_month_first_date(std::string_view text) {
  const auto first = text.find('/');
  const auto second = first == std::string_view::npos ? first : text.find('/', first + 1);
  const bool shaped = second != std::string_view::npos && first >= 1 && first <= 2 && second - first >= 2 &&
                      second - first <= 3 && text.size() >= second + 5;
  const int month = shaped ? digits(text, 0, first) : -1;
  const int day = shaped ? digits(text, first + 1, second - first - 1) : -1;
  const int year = shaped ? digits(text, second + 1, 4) : -1;
  if (year < 0 || month < 0 || day < 1 || day > 31) {
    return fail(ErrorKind::invalid_argument, "\"{}\" does not start with a date, month first", text);
  }
  return of(year, month);
}

std::string Period::text() const { return fmt::format("{:04}-{:02}", year(), month()); }
std::string Period::first() const { return text() + "-01"; }
std::string Period::end() const { return next().first(); }

std::string Period::last() const {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year() % 4 == 0 && (year() % 100 != 0 || year() % 400 == 0);
  return fmt::format("{}-{:02}", text(), kDays[month() - 1] + (month() == 2 && leap ? 1 : 0));
}

std::vector<Period> PeriodRange::all() const {
  std::vector<Period> out;
  for (Period p = first; p <= last; p = p.next()) out.push_back(p);
  return out;
}

Result<PeriodRange> parse_period_range(std::string_view text) {
  const auto dots = text.find("..");
  if (dots == std::string_view::npos) {
    const Period p = TRY(Period::parse(text));
    return PeriodRange{p, p};
  }
  const PeriodRange range{TRY(Period::parse(text.substr(0, dots))), TRY(Period::parse(text.substr(dots + 2)))};
  if (range.last < range.first) {
    return fail(ErrorKind::invalid_argument, "period range {}: the end is before the start", text);
  }
  return range;
}

}  // namespace centavo
