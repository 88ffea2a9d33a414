#include "flow/pipeline/recovery.h"

#include "lake/delta/table.h"

namespace centavo {
namespace {

using StatesByPeriod = std::map<std::string, TableState>;

// Follows a table's history; a restore goes back to what an earlier version held.
Result<StatesByPeriod> states_of(Workshop& workshop, const Tenant& tenant, const pack::TableName& name) {
  auto table = delta::Table::open(workshop.lake.store(), workshop.engine,
                                  Lake::table_root(tenant.id, pack::name_of(name.layer), name.table), workshop.clock);
  if (!table) {
    if (table.error().kind == ErrorKind::not_found) return StatesByPeriod{};
    return fail(table.error());
  }
  auto history = TRY(table->history());
  std::sort(history.begin(), history.end(), [](const auto& a, const auto& b) { return a.version < b.version; });
  std::map<delta::Version, StatesByPeriod> at;
  StatesByPeriod now;
  for (const auto& entry : history) {
    if (entry.operation == "RESTORE") {
      const auto to = entry.parameters.find("version");
      const auto version = to == entry.parameters.end() ? -1 : std::atoll(to->second.c_str());
      if (const auto it = at.find(version); it != at.end()) now = it->second;
      for (auto& [period, state] : now) state.version = entry.version;
    } else if (const auto metadata = parse_json(entry.user_metadata); metadata && metadata->contains("fingerprint")) {
      TableState state;
      state.table = name.text();
      state.period = text_or(*metadata, "period");
      state.fingerprint = text_or(*metadata, "fingerprint");
      state.run = text_or(*metadata, "run");
      state.rows = int_or(*metadata, "rows");
      state.version = entry.version;
      state.committed_ms = entry.time_ms;
      now[state.period] = state;
    }
    at[entry.version] = now;
  }
  return now;
}

}  // namespace

Result<std::vector<TableState>> states_in_logs(Workshop& workshop, const Tenant& tenant, const Graph& graph) {
  std::vector<TableState> out;
  for (const auto& node : graph.nodes()) {
    auto states = TRY_IN(node.model->contract.table.text(), states_of(workshop, tenant, node.model->contract.table));
    for (auto& [period, state] : states) {
      out.push_back(std::move(state));
    }
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
