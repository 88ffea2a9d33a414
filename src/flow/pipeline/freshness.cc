#include "flow/pipeline/freshness.h"

#include <cmath>

namespace centavo {

Result<Freshness> freshness_of(Lake& lake, const Tenant& tenant, const TenantSource& source, const Clock& clock) {
  constexpr double kMsPerHour = 3'600'000;
  Freshness out{source.name, source.kind, source.sla_hours > 0 ? source.sla_hours : tenant.sla_hours, {}, 0, {}};
  for (const Landing& landing : TRY(read_landings(lake.store(), tenant.id, source.name))) {
    if (landing.landed_ms < out.landed_ms) continue;
    out.landed_ms = landing.landed_ms;
    out.newest_period = std::max(out.newest_period, landing.period);
  }
  if (out.landed_ms == 0) return out;
  const double hours = static_cast<double>(clock.now_ms() - out.landed_ms) / kMsPerHour;
  out.hours_lag = std::round(hours * 10) / 10;
  return out;
}

}  // namespace centavo
