#include "flow/pipeline/bill_arrivals.h"

#include <set>

#include "flow/connect/landing.h"
#include "flow/pipeline/making.h"

namespace centavo {
namespace {

// Bronze tables that the implementers of an interface read, near or far.
std::set<pack::TableName> bronze_behind(const pack::Library& library, const std::string& interface) {
  std::set<pack::TableName> seen, bronze;
  std::vector<const pack::Model*> open = library.implementers(interface);
  while (!open.empty()) {
    const auto* model = open.back();
    open.pop_back();
    for (const auto& input : model->inputs) {
      if (!seen.insert(input).second) continue;
      if (input.layer == pack::Layer::bronze) bronze.insert(input);
      if (const auto* other = library.model(input)) open.push_back(other);
    }
  }
  return bronze;
}

}  // namespace

Result<std::map<std::string, BillArrival>> bill_arrivals(Workshop& workshop, const Tenant& tenant,
                                                         const Release& release, const std::string& interface) {
  std::map<std::string, BillArrival> out;
  const auto tables = bronze_behind(workshop.library, interface);
  for (const auto& table : tables) {
    const auto version = release.versions.find(table.text());
    if (version == release.versions.end()) continue;
    for (const auto& [period, making] : TRY(makings_of(workshop, tenant, table, version->second))) {
      if (period.empty()) continue;
      for (const auto& held : making.landings)
        out[period].newest_ms = std::max(out[period].newest_ms, held.stamp.started_ms);
    }
  }
  for (const auto& source : tenant.sources) {
    for (const auto& landing : TRY(read_landings(workshop.lake.store(), tenant.id, source.name))) {
      const auto table = TRY(pack::parse_table_name(landing.table));
      const auto arrival = out.find(landing.period);
      if (arrival == out.end() || !tables.contains(table)) continue;
      TimeMs& first = arrival->second.first_ms;
      first = first == 0 ? landing.landed_ms : std::min(first, landing.landed_ms);
    }
  }
  for (auto& [period, arrival] : out) {
    if (arrival.first_ms == 0) arrival.first_ms = arrival.newest_ms;  // its source is gone
    arrival.newest_ms = std::max(arrival.newest_ms, arrival.first_ms);
  }
  return out;
}

}  // namespace centavo
