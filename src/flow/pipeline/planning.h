#pragma once
/// \file flow/pipeline/planning.h
/// The plan as a pure function: tables, landings and recorded states in, tasks out. Reads and writes nothing.

#include <map>
#include <string>
#include <vector>

#include "flow/pipeline/graph.h"
#include "flow/pipeline/pipeline.h"

namespace centavo {

/// Fingerprints by table and period; "" for a table without periods.
using Fingerprints = std::map<pack::TableName, std::map<std::string, std::string>>;

struct PlanInput {
  const Graph& graph;
  const pack::Library& library;
  const std::vector<Landing>& landings;   ///< of all the tenant's sources, in order of number per source
  const Fingerprints& recorded;
};

/// `invalid_argument` names a selected table the tenant has not.
Result<Plan> make_plan(const PlanInput& input, const RunOptions& options);

/// The newest landing of each source for one table and period: together they are the period.
std::vector<const Landing*> current_landings(const std::vector<Landing>& landings, const pack::TableName& table,
                                             std::string_view period);
/// All landings of a table that appends, in order.
std::vector<const Landing*> landings_of(const std::vector<Landing>& landings, const pack::TableName& table);

}  // namespace centavo
