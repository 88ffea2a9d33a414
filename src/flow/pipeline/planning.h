#pragma once
/// \file flow/pipeline/planning.h
/// The plan as a pure function: tables, landings and recorded states in, tasks out. Reads and writes nothing.

#include <map>
#include <optional>
#include <set>
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
  std::set<std::string> closed = {};   ///< periods that are left as they are
};

/// `invalid_argument` names a selected table the tenant has not.
Result<Plan> make_plan(const PlanInput& input, const RunOptions& options);

/// Whether every table was made of its inputs as they are recorded now, in every period that they have.
bool tables_agree(const Graph& graph, const Fingerprints& recorded);

/// The newest landing of each source for one table and period: together they are the period.
std::vector<const Landing*> current_landings(const std::vector<Landing>& landings, const pack::TableName& table,
                                             std::string_view period);
/// All landings of a table.
std::vector<const Landing*> landings_of(const std::vector<Landing>& landings, const pack::TableName& table);
/// What a table without periods holds: all landings in the order they came when it appends, else each source's newest.
std::vector<const Landing*> landings_without_period(const std::vector<Landing>& landings,
                                                    const pack::Contract& contract);
/// How many of `landings`, from the first, a table with the fingerprint `recorded` holds, when `wanted` is that of all.
/// None when its definition is another, or when it holds anything else.
std::optional<std::size_t> landings_held(const std::string& recorded, const std::string& wanted,
                                         const std::vector<const Landing*>& landings);

}  // namespace centavo
