#pragma once
/// \file flow/validate/validate.h
/// Holds rules against data: one scan counts the bad rows of every rule about rows; rules about groups and the samples
/// of what failed are queries of their own.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "flow/validate/data.h"
#include "flow/validate/rules.h"

namespace centavo::rules {

enum class State { pass, fail, not_applicable, not_executable };
/// "pass", "fail", "not applicable", "not executable".
std::string_view name_of(State state);

struct Outcome {
  /// One bad row or group: where it came from ("" and 0 when it is no single row) and the values the rule is about.
  struct Sample {
    std::string file;
    std::int64_t row = 0;
    std::vector<std::pair<std::string, std::optional<std::string>>> values;  ///< column -> text as delivered, or null
  };
  const Rule* rule = nullptr;
  State state = State::not_executable;
  std::int64_t bad = 0;  ///< rows, or groups, that break it; 0 for a column that is missing
  std::string why;  ///< of a failure without rows, and of what was not executed
  std::vector<Sample> samples;
};

struct Options {
  std::vector<std::string> criteria;  ///< applicability criteria that the data's maker fulfils
  int samples_max = 3;  ///< of each failing rule
  bool invoices = false;  ///< a table `invoices` (InvoiceId, BilledCost, BillingCurrency) is there
};

struct Report {
  std::vector<Outcome> outcomes;  ///< in the order of the rules
  std::int64_t count(State state) const;
  /// Failing rules that MUST hold; those made of others are not counted again.
  std::int64_t binding_failures() const;
};

/// The criteria a person means: none, ALL, or names separated by commas. `invalid_argument` for an unknown one.
Result<std::vector<std::string>> chosen_criteria(const RuleSet& rules, const std::string& text);

/// `this` must be there (data.h) and the macros of term_macros(). The rule set must outlive the report.
Result<Report> validate(duck::Connection& connection, const Data& data, const RuleSet& rules, const Options& options);

}  // namespace centavo::rules
