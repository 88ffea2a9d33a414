#pragma once
/// \file flow/pipeline/recovery.h
/// What a run that died left behind, read back from the Delta logs, which are the truth.

#include "flow/pipeline/graph.h"
#include "flow/pipeline/pipeline.h"

namespace centavo {

/// States of all tables of a tenant by their logs' user metadata: what was committed, whether or not it was recorded.
Result<std::vector<TableState>> states_in_logs(Workshop& workshop, const Tenant& tenant, const Graph& graph);

/// Brings the catalog's states in line with the logs and empties the staging folder. Returns how many states changed.
Result<int> recover(Workshop& workshop, const Tenant& tenant, const Graph& graph);

}  // namespace centavo
