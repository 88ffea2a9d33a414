#pragma once
/// \file flow/explore/span.h
/// Spans of time as questions spell them, against the months and days that a release holds.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flow/explore/explore.h"

namespace centavo::explore {

/// How a period is spelled, before it is known what there is.
struct SpelledSpan {
  int months_back = 0;       ///< last: 1, 3m: 3, …; 0: not so spelled
  bool all = false;
  std::string from, to;      ///< months or days
  bool in_days = false;
};
/// `invalid_argument` says what may be written.
Result<SpelledSpan> parse_span(std::string_view text);

/// The span that it is compared with; absent for "none" and where the release has nothing of it.
Result<std::optional<Span>> compared_span(const Holdings& holdings, const Span& span, const std::string& compare);

/// First and last day ("2026-09-01", "2026-09-30").
std::string first_day_of(const Span& span);
std::string last_day_of(const Span& span);
/// Days or months of a span, ascending, at most kBucketsMax of them.
std::vector<std::string> days_of(const Span& span);
std::vector<std::string> months_of(const Span& span);
/// "day" for two months or less, else "month".
std::string natural_grain(const Span& span);
inline constexpr int kBucketsMax = 4000;

/// "2026-09-30" moved by days; by whole years with the 29th of February becoming the 28th.
std::string plus_days(const std::string& day, int days);
std::string plus_years(const std::string& day, int years);

}  // namespace centavo::explore
