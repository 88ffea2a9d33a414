#include <set>

#include "flow/pipeline/planning.h"
#include "flow/pipeline/work.h"

namespace centavo {
namespace {

// Measures one table at a version, a period at a time.
Status measure_table(Workshop& workshop, const Tenant& tenant, const Node& node, std::int64_t version,
                     const std::optional<PeriodRange>& periods, std::vector<ProofRecord>& out) {
  const auto& contract = node.model->contract;
  auto table = TRY(delta::Table::open(
      workshop.lake.store(), workshop.engine,
      Lake::table_root(tenant.id, pack::name_of(contract.table.layer), contract.table.table), workshop.clock));
  const auto snapshot = TRY(table.snapshot_at(version));
  std::map<std::string, std::vector<delta::DataFile>> by_period;
  for (auto& file : TRY(snapshot.files())) {
    std::string period;
    if (node.is_periodic()) {
      const auto it = file.partition_values.find(contract.period_column);
      period = it == file.partition_values.end() ? "" : it->second.value_or("").substr(0, 7);
    }
    by_period[period].push_back(std::move(file));
  }
  for (const auto& [period, files] : by_period) {
    const auto parsed = Period::parse(period);
    if (periods && parsed && !periods->contains(*parsed)) continue;
    auto desk = TRY(Desk::open(workshop.engine, nullptr));
    const std::string select = TRY(snapshot.select_sql(files));
    TRY(desk.define_this("select * from " + select));
    Task task;
    task.table = contract.table;
    task.period = period;
    auto proofs = TRY(measure(desk, workshop.library, contract, sql_values(node, period), task, tenant.id));
    out.insert(out.end(), std::make_move_iterator(proofs.begin()), std::make_move_iterator(proofs.end()));
  }
  return {};
}

// That the table was made for the period, and nothing came of it.
ProofRecord no_rows(const std::string& tenant, const TableState& state) {
  ProofRecord record;
  record.tenant = tenant;
  record.table = state.table;
  record.period = state.period;
  record.measure = "rows";
  record.amount = "0";
  return record;
}

}  // namespace

Result<Reconciliation> reconcile(Workshop& workshop, const Tenant& tenant, const std::optional<PeriodRange>& periods) {
  auto found = centavo::release(workshop.lake.store(), tenant.id);
  if (!found) {
    if (found.error().kind != ErrorKind::not_found) return fail(found.error());
    return fail_hint(fmt::format("make one with `centavo run --tenant {}`", tenant.id), ErrorKind::not_found,
                     "tenant {} has no release yet", tenant.id);
  }
  const auto graph = TRY(Graph::of(workshop.library, tenant));
  std::vector<ProofRecord> proofs;
  for (const auto& [name, version] : found->versions) {
    const auto table = TRY(pack::parse_table_name(name));
    const auto* node = graph.find(table);
    if (node != nullptr)
      TRY_IN(fmt::format("measure {}", name), measure_table(workshop, tenant, *node, version, periods, proofs));
  }
  // Files and quarantine as the catalog knows them are those of the newest rows: after a rollback not of the shown
  // ones.
  std::set<std::pair<std::string, std::string>> measured, newer;
  for (const auto& proof : proofs) measured.insert({proof.table, proof.period});
  for (const auto& state : TRY(workshop.catalog.states(tenant.id))) {
    const auto shown = found->versions.find(state.table);
    const auto parsed = Period::parse(state.period);
    if (shown == found->versions.end() || state.version > shown->second) {
      newer.insert({state.table, state.period});
    } else if (state.rows == 0 && !measured.contains({state.table, state.period}) &&
               (!periods || !parsed || periods->contains(*parsed))) {
      proofs.push_back(no_rows(tenant.id, state));  // a period without a row has no file to measure
    }
  }
  for (auto& proof : TRY(workshop.catalog.proofs(tenant.id))) {
    const auto colon = proof.table.find(':');
    if (colon == std::string::npos || newer.contains({proof.table.substr(colon + 1), proof.period})) continue;
    proofs.push_back(std::move(proof));
  }
  Reconciliation out;
  out.tenant = tenant.id;
  out.release = found->number;
  out.lines = compare(graph, proofs, periods);
  out.holds = std::all_of(out.lines.begin(), out.lines.end(), [](const auto& line) { return line.holds; });
  return out;
}

}  // namespace centavo
