#pragma once
/// \file flow/explore/explore.h
/// Questions about a bill as people ask them, by dimensions, measure, period and filters, and their exact answers from
/// one release: totals, a table with what it was before, a pivot, the lines behind a number.
/// The same questions serve the web application, its exports and the report.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/period.h"
#include "base/result.h"
#include "flow/pipeline/pipeline.h"

namespace centavo::explore {

/// A dimension: a column of the cost tables ("ServiceName"), "month", "day", a tag ("tag:team") or a virtual tag
/// ("vtag:cost_centre").
struct Filter {
  std::string dimension;
  std::vector<std::string> values;     ///< "(none)" is null
  bool exclude = false;
};

/// As the address of a page spells it (web/src/lib/view.ts): p, c, m, cur, by, g, sort, rel, crel, f.X, x.X.
struct Question {
  std::string period = "last";         ///< last, 3m, 6m, 12m, all, 2026-09, 2026-08..2026-09, 2026-09-01..2026-09-15
  std::string compare = "prev";        ///< prev, yoy, none, 2026-08
  std::string measure = "EffectiveCost";
  std::string currency;                ///< "": the tenant's
  std::vector<std::string> by;         ///< up to 3
  std::string grain;                   ///< of the series: day, month; "": by the length of the period
  std::string sort = "-value";         ///< value, before, change, share, key; "-" for falling
  std::int64_t limit = 1000;
  std::vector<Filter> filters;
};
/// `invalid_argument` names the parameter and what it may be. Unknown parameters are refused unless in `others`.
Result<Question> parse_question(const std::vector<std::pair<std::string, std::string>>& parameters,
                                const std::vector<std::string>& others = {});

/// A span of days, both of which count.
struct Span {
  std::string from, to, spelled;
};

}  // namespace centavo::explore
