#pragma once
/// \file flow/generate/calendar.h
/// Days of the months of a generated bill.

#include <chrono>
#include <string>

#include <fmt/format.h>

#include "base/period.h"

namespace centavo::generate {

using Day = std::chrono::sys_days;

inline Day first_day(const Period& period) { return std::chrono::year(period.year()) / period.month() / 1; }
inline int days_of(const Period& period) {
  return static_cast<int>((first_day(period.next()) - first_day(period)).count());
}

/// "2026-09-30"
inline std::string date_text(Day day) {
  const std::chrono::year_month_day date(day);
  return fmt::format("{}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

}  // namespace centavo::generate
