#include "app/serve/tenant_facts.h"

#include "flow/connect/landing.h"
#include "lake/catalog/billing_period.h"
#include "lake/catalog/certificate.h"

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
    TRY(add_files(store, landings_root(tenant.id, source.name), out));
  }
  for (const auto& log : {certificates_root(tenant.id), periods_root(tenant.id), Lake::releases_root(tenant.id)})
    TRY(add_files(store, log, out));
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
