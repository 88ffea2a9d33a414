#pragma once
/// \file flow/engine/checks.h
/// Runs a table's checks over the view `this` of a desk. A check is a query that returns the bad rows.

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "flow/engine/desk.h"
#include "lake/pack/library.h"

namespace centavo {

struct CheckResult {
  const pack::CheckSpec* check = nullptr;
  std::int64_t bad_rows = 0;
  std::string sample;     ///< JSON array of a few bad rows, without personal and secret columns
  bool passed() const { return bad_rows == 0; }
};

/// What is known before a row is read.
struct StagedFacts {
  std::int64_t rows = 0;
  std::map<std::string, std::int64_t> null_counts;   ///< by column, exact; a column without one must be looked at
  std::optional<std::int64_t> rows_before;           ///< of the same table and period in the newest release
  TimeMs now_ms = 0;
};

/// Runs all checks but schema_unchanged, in order. Checks on single rows share one scan of the columns they name.
/// Inputs that checks read (`reference`, `reconciles`) must be defined on the desk.
Result<std::vector<CheckResult>> run_checks(Desk& desk, const pack::Library& library, const pack::Contract& contract,
                                            const SqlValues& values, const StagedFacts& facts);

/// SQL over `this` that is null for a good row and names its failed quarantine checks for a bad one; "" without such
/// checks. `failed` are those that found bad rows.
Result<std::string> quarantine_reason_sql(const pack::Library& library, const pack::Contract& contract,
                                          const std::vector<CheckResult>& failed, const SqlValues& values);

}  // namespace centavo
