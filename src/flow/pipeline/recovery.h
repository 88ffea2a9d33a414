#pragma once
/// \file flow/pipeline/recovery.h
/// What a run that died left behind, read back from the Delta logs, which are the truth.

#include "flow/pipeline/graph.h"
#include "flow/pipeline/pipeline.h"

namespace centavo {

/// States of all tables of a tenant by their logs' user metadata: what was committed, whether or not it was recorded.
Result<std::vector<TableState>> states_in_logs(Workshop& workshop, const Tenant& tenant, const Graph& graph);

/// Fills a catalog that knows nothing from the logs, and empties the staging folder. Returns how many states were read
/// back.
Result<int> recover(Workshop& workshop, const Tenant& tenant, const Graph& graph);

}  // namespace centavo
