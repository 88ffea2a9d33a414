#include "flow/explore/explore.h"
#include "flow/pipeline/freshness.h"
#include "lake/catalog/billing_period.h"
#include "lake/catalog/certificate.h"

namespace centavo::explore {
namespace {

// How much of what it may a source has used; one that never landed is the latest of all.
double used_up(const Freshness& fresh) {
  return fresh.hours_lag ? *fresh.hours_lag / std::max(*fresh.sla_hours, 0.01) : 1e300;
}

}  // namespace

Result<Standing> standing(Workshop& workshop, const Tenant& tenant) {
  Standing out;
  for (const auto& source : tenant.sources) {
    const auto found = TRY(freshness_of(workshop.lake, tenant, source, workshop.clock));
    const Freshness fresh{found.state(), found.hours_lag, found.sla_hours};
    if (out.sources.empty() || used_up(fresh) > used_up(out.fresh)) out.fresh = fresh;
    out.sources.push_back({source.name, source.kind, fresh});
  }
  for (const auto& [period, event] : TRY(closed_periods(workshop.lake.store(), tenant.id))) out.closed.insert(period);
  const auto all = TRY(certificates(workshop.lake.store(), tenant.id));
  if (!all.empty()) {
    const auto& newest = all.back();
    out.certificate = {newest.number, newest.period, newest.issued_ms, newest.holds("strict")};
  }
  return out;
}

}  // namespace centavo::explore
