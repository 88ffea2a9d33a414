#pragma once
/// \file flow/pipeline/rule_trace.h
/// Numbers that a tenant's rules made (gold.allocated_cost, gold.cost_by_virtual_tag): the charges behind them, and the
/// number once more from the release's charges, by the rules of its day.

#include <optional>
#include <string>
#include <vector>

#include "flow/pipeline/made_by.h"
#include "flow/pipeline/trace.h"

namespace centavo {

/// The rows asked about stand in the connection's table `cells`.
class RuleTrace {
 public:
  /// `where`: the question's condition, vetted; "": none. All but texts are only referred to.
  RuleTrace(Reader& reader, MadeBy& made_by, const pack::TableName& table, std::string measure, std::string where);

  ~RuleTrace();

  /// Absent when no rules made the table.
  Result<std::optional<Traced>> trace(const Measured& charges);
  /// The number once more. After trace().
  Result<std::string> total_again();
  /// How the parts that rules gave came about, at most so many. After trace().
  Result<std::vector<Explanation::Split>> splits(std::int64_t limit);

 private:
  struct Month;
  Status add_up(const Month& month);

  Reader& reader_;
  MadeBy& made_by_;
  const pack::TableName& table_;
  const std::string measure_, where_;
  const bool is_split_;
  std::vector<Month> months_;
};

}  // namespace centavo
