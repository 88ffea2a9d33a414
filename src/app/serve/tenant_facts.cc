#include "app/serve/tenant_facts.h"

namespace centavo::serve {
namespace {

Status add_files(Store& store, const std::string& folder, std::string& stamp) {
  for (const ObjectInfo& file : TRY(store.list(folder, false)))
    stamp += fmt::format("{} {} {}\n", file.key, file.size_bytes, file.modified_ms);
  return {};
}

// All that the facts are made of, without reading it.
Result<std::string> stamp_of(OpenTenant& open) {
  const Tenant& tenant = open.tenant;
  Store& store = open.lake.store();
  std::string out = fmt::format("{}\n", tenant.sla_hours);
  for (const TenantSource& source : tenant.sources) {
    out += fmt::format("{} {} {}\n", source.name, source.kind, source.sla_hours);
    TRY(add_files(store, Lake::raw_root(tenant.id, source.name) + "/_landings", out));
  }
  for (const char* log : {"_certificates", "_periods"})
    TRY(add_files(store, Lake::tenant_root(tenant.id) + "/" + log, out));
  TRY(add_files(store, Lake::releases_root(tenant.id), out));
  return out;
}

Result<TenantFacts> read_facts(OpenTenant& open) {
  Workshop workshop = open.workshop();
  TenantFacts out{TRY(explore::standing(workshop, open.tenant)), {}};
  for (const Release& each : TRY(releases(open.lake.store(), open.tenant.id))) {
    if (!each.run.empty()) out.release_of_run.try_emplace(each.run, each.number);
  }
  return out;
}

}  // namespace

Result<std::shared_ptr<const TenantFacts>> AllTenantFacts::of(OpenTenant& open) {
  std::shared_ptr<Entry> entry;
  {
    const std::lock_guard lock(mutex_);
    auto& known = entries_[open.tenant.id];
    if (!known) known = std::make_shared<Entry>();
    entry = known;
  }
  const std::lock_guard lock(entry->mutex);
  const std::int64_t now = open.clock.now_ms();
  const auto within = [&](std::int64_t since, std::int64_t limit) { return now >= since && now - since < limit; };
  if (entry->facts && within(entry->looked_ms, kLookMs)) return entry->facts;
  std::string stamp = TRY(stamp_of(open));
  if (!entry->facts || stamp != entry->stamp || !within(entry->read_ms, kReadMs)) {
    entry->facts = std::make_shared<const TenantFacts>(TRY(read_facts(open)));
    entry->stamp = std::move(stamp);
    entry->read_ms = now;
  }
  entry->looked_ms = now;
  return entry->facts;
}

void AllTenantFacts::forget(const std::string& tenant) {
  const std::lock_guard lock(mutex_);
  entries_.erase(tenant);
}

}  // namespace centavo::serve
