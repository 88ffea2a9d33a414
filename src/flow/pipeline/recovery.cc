#include "flow/pipeline/recovery.h"

#include "flow/pipeline/making.h"

namespace centavo {

Result<std::vector<TableState>> states_in_logs(Workshop& workshop, const Tenant& tenant, const Graph& graph) {
  std::vector<TableState> out;
  for (const auto& node : graph.nodes()) {
    auto makings = TRY(makings_of(workshop, tenant, node.model->contract.table));
    for (auto& [period, making] : makings) out.push_back(std::move(making.state));
  }
  return out;
}

Result<int> recover(Workshop& workshop, const Tenant& tenant, const Graph& graph) {
  int changed = 0;
  const auto recorded = TRY(workshop.catalog.states(tenant.id));
  // What was committed but not recorded is made again: replacing a period twice gives the same rows, and a table that
  // appends knows its landings. Only a catalog that knows nothing is filled from the logs.
  std::vector<TableState> states;
  if (recorded.empty()) states = TRY(states_in_logs(workshop, tenant, graph));
  for (const auto& state : states) {
    TRY(workshop.catalog.save_state(tenant.id, state));
    ++changed;
  }
  auto& store = workshop.lake.store();
  for (const auto& object : TRY(store.list(Lake::staging_root(tenant.id)))) TRY(store.remove(object.key));
  return changed;
}

}  // namespace centavo
