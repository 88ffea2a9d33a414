#pragma once
/// \file flow/pipeline/allocation_use.h
/// How a tenant's allocation rules meet the charges of its release: which fit nothing, and which stand in another's
/// way.

#include <optional>
#include <string>
#include <vector>

#include "flow/pipeline/pipeline.h"

namespace centavo {

/// One rule over all periods looked at.
struct RuleUse {
  std::string tag;                  ///< the virtual tag it is of; "" for a rule that splits
  std::string rule, place;
  std::int64_t fits = 0;            ///< charges that it is true for
  std::int64_t takes = 0;           ///< of them those that no earlier rule took
  std::vector<std::pair<std::string, std::int64_t>> behind;  ///< earlier rules that took charges it fits, and how many
};

struct AllocationFinding {
  std::string kind;  ///< never_fits, overlap, too_early
  std::string rule, place, text;
};

struct AllocationUse {
  std::vector<std::string> periods;
  std::vector<RuleUse> rules;
  std::vector<AllocationFinding> findings;
};

/// Tries the tenant's rules of now on the charges of its newest release; makes nothing. `not_found` when the tenant has
/// no rules or no release; `invalid_argument` lists the mistakes in the rules.
Result<AllocationUse> allocation_use(Workshop& workshop, const Tenant& tenant,
                                     const std::optional<PeriodRange>& periods);

}  // namespace centavo
