#pragma once
/// \file flow/pipeline/difference.h
/// Two releases of a tenant compared: rows added, removed and changed, and what moved a total, each part with its
/// cause. The parts add up to the whole to the last digit.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "flow/pipeline/pipeline.h"
#include "flow/pipeline/stages.h"

namespace centavo {

struct DifferenceQuestion {
  std::int64_t from = 0, to = 0;          ///< releases
  std::string measure = "BilledCost";     ///< or table.column (measured.h)
  std::vector<std::string> by;            ///< columns; "Tags.team" is a key of a map
  std::optional<PeriodRange> periods;
  std::int64_t limit = 20;                ///< groups shown, those that moved most first; 0: all
};

using Parts = std::map<Cause, std::string>;   ///< exact decimals; a cause that did nothing is not there

struct Difference {
  struct Group {
    std::vector<std::string> by;
    std::string currency, before, after, change;
    Parts parts;
  };
  struct Rows {
    std::string period, currency;
    std::int64_t added = 0, removed = 0, changed = 0;
    std::string added_amount, removed_amount, changed_amount;   ///< what each adds to the change
  };
  struct Move {                            ///< one period of one table that is not what it was
    std::string table, period;
    std::vector<Cause> causes;
    std::string note;                      ///< why its causes cannot be told apart
  };
  std::string tenant;
  Release from, to;
  std::string table, measure;
  std::vector<std::string> by, identity;
  std::vector<Group> totals;               ///< one a currency
  std::vector<Group> groups;
  std::int64_t groups_moved = 0;           ///< with those that `limit` left out
  std::vector<Rows> rows;
  std::vector<Move> moves;
  std::map<Cause, std::vector<std::string>> reasons;   ///< "landing 3 of aws_cur: 2026-09", "pack aws: silver/x.sql"
  bool holds = true;  ///< the parts add up; false is a fault of ours, and an error for the caller
};

/// `from` may be newer than `to`: then everything is the other way round.
/// `not_found` names a release, or a version of a table that was vacuumed.
Result<Difference> difference(Workshop& workshop, const Tenant& tenant, const DifferenceQuestion& question,
                              const OnEvent& on_event, const Cancel* cancel);

}  // namespace centavo
