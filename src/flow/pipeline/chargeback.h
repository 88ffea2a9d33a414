#pragma once
/// \file flow/pipeline/chargeback.h
/// What each cost centre owes for a month, as numbered statements: issued from a release, closed, and corrected by
/// later notes. The sum of a month's statements and notes is the bill that they were issued from.

#include <string>
#include <vector>

#include "flow/pipeline/pipeline.h"
#include "lake/catalog/statement.h"

namespace centavo {

/// A month of all cost centres, or of one.
struct StatementRequest {
  std::string period;        ///< "2026-09"
  std::string cost_centre;   ///< "": every cost centre
  std::string user;
  std::string reason;
};

/// What statements would say now, unnumbered (number 0) and not kept: showback. In order of cost centre.
/// `not_found` when the release has no allocated cost of the month or of that cost centre.
Result<std::vector<Statement>> preview_statements(Workshop& workshop, const Tenant& tenant,
                                                  const StatementRequest& request);

/// Issues one for each cost centre whose newest says something else; an open one is replaced, a closed one stays.
/// The caller holds the tenant's lock, here and below. `invalid_argument` when the one asked for is closed.
Result<std::vector<Statement>> issue_statements(Workshop& workshop, const Tenant& tenant,
                                                const StatementRequest& request);

/// Closes the open statements of the month. `check_failed` when a cost centre of the month has none, or the newest
/// release says something else than one of them: nothing is closed then. Returns those closed.
Result<std::vector<Statement>> close_statements(Workshop& workshop, const Tenant& tenant,
                                                const StatementRequest& request);

/// Issues a note with the difference for each closed statement that, with its notes so far, is not what the newest
/// release says.
Result<std::vector<Statement>> correct_statements(Workshop& workshop, const Tenant& tenant,
                                                  const StatementRequest& request);

/// What a document is now: "open", "closed", "replaced"; a note is "final".
std::string state_of(const Statement& statement, const std::vector<Statement>& all,
                     const std::map<std::int64_t, StatementClosing>& closings);

}  // namespace centavo
