#pragma once
/// \file base/period.h
/// A billing period: one calendar month. Written YYYY-MM; ends are exclusive.

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace centavo {

class Period {
 public:
  Period() = default;
  /// `invalid_argument` unless 1 <= month <= 12 and 1900 <= year <= 9998.
  static Result<Period> of(int year, int month);
  /// Parses "2026-09". `invalid_argument` on anything else.
  static Result<Period> parse(std::string_view text);
  /// Period of a date written "2026-09-30" or "20260930", with or without a time behind it.
  static Result<Period> of_date(std::string_view text);
  /// Period of a date written "09/30/2026" or "9/3/2026", month first, with or without a time behind it.
  static Result<Period> of_month_first_date(std::string_view text);

  int year() const { return months_ / 12; }
  int month() const { return months_ % 12 + 1; }
  Period next() const { return Period(months_ + 1); }
  Period previous() const { return Period(months_ - 1); }

  std::string text() const;   ///< "2026-09"
  std::string first() const;  ///< "2026-09-01"
  std::string end() const;    ///< "2026-10-01", the first day after it
  std::string last() const;   ///< "2026-09-30"
  auto operator<=>(const Period&) const = default;

 private:
  explicit Period(int months) : months_(months) {}
  int months_ = 0;  // since year 0
};

/// Both ends included.
struct PeriodRange {
  Period first;
  Period last;
  bool contains(Period p) const { return first <= p && p <= last; }
  std::vector<Period> all() const;
};

/// Parses "2026-09" or "2026-09..2026-11". `invalid_argument` when malformed or the wrong way round.
Result<PeriodRange> parse_period_range(std::string_view text);

}  // namespace centavo
