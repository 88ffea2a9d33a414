#include <cmath>

#include "flow/connect/landing.h"
#include "flow/explore/explore.h"
#include "lake/catalog/billing_period.h"
#include "lake/catalog/certificate.h"

namespace centavo::explore {
namespace {

constexpr double kMsPerHour = 3'600'000;

Result<Freshness> freshness_of(Workshop& workshop, const Tenant& tenant, const TenantSource& source) {
  Freshness out;
  out.sla_hours = source.sla_hours > 0 ? source.sla_hours : tenant.sla_hours;
  TimeMs newest = 0;
  for (const auto& landing : TRY(read_landings(workshop.lake.store(), tenant.id, source.name)))
    newest = std::max(newest, landing.landed_ms);
  out.state = "BREACH";
  if (newest == 0) return out;
  const double lag = static_cast<double>(workshop.clock.now_ms() - newest) / kMsPerHour;
  out.hours_lag = std::round(lag * 10) / 10;
  if (lag <= *out.sla_hours) out.state = "OK";
  return out;
}

// How much of what it may a source has used; one that never landed is the latest of all.
double used_up(const Freshness& fresh) {
  return fresh.hours_lag ? *fresh.hours_lag / std::max(*fresh.sla_hours, 0.01) : 1e300;
}

}  // namespace

Result<Standing> standing(Workshop& workshop, const Tenant& tenant, const Holdings& holdings) {
  Standing out;
  for (const auto& source : tenant.sources) {
    const auto fresh = TRY(freshness_of(workshop, tenant, source));
    if (out.sources.empty() || used_up(fresh) > used_up(out.fresh)) out.fresh = fresh;
    out.sources.push_back({source.name, source.kind, fresh});
  }
  const auto closed = TRY(closed_periods(workshop.lake.store(), tenant.id));
  for (const auto& period : holdings.periods) out.periods.push_back({period, closed.contains(period)});
  const auto all = TRY(certificates(workshop.lake.store(), tenant.id));
  if (!all.empty()) {
    const auto& newest = all.back();
    out.certificate = {newest.number, newest.period, newest.issued_ms, newest.holds("strict")};
  }
  return out;
}

}  // namespace centavo::explore
