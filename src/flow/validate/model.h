#pragma once
/// \file flow/validate/model.h
/// A published requirement model (model-1.2.0.1.json and the like) as a rule set.
///
/// Read as the public validator reads it, so that the two can be compared: a condition that names no column counts for
/// none, checks of JSON paths have no condition, and an OR holds when one of its branches is kept by at least one row.
/// Rules of our own in packs/focus/rules have none of this.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "flow/validate/rules.h"

namespace centavo::rules {

/// The names of the model's datasets: CostAndUsage, ContractCommitment.
Result<std::vector<std::string>> model_datasets(std::string_view json);

/// The rules that the dataset reaches. `corrupt_data` when the text is not such a model.
Result<RuleSet> read_model(std::string_view json, std::string_view dataset, std::string_view origin);

}  // namespace centavo::rules
