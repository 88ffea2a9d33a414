#pragma once
/// \file flow/pipeline/freshness.h
/// How old the newest delivery of a source is, against what the tenant allows.

#include <optional>
#include <string>

#include "flow/pipeline/pipeline.h"

namespace centavo {

struct Freshness {
  std::string source, kind;
  double sla_hours = 0;                ///< the source's, else the tenant's
  std::optional<double> hours_lag;     ///< since the newest landing, to a tenth; absent: nothing ever landed
  TimeMs landed_ms = 0;                ///< of the newest landing
  std::string newest_period;           ///< of those that landed last
  bool is_late() const { return !hours_lag || *hours_lag > sla_hours; }
  const char* state() const { return is_late() ? "BREACH" : "OK"; }
};

Result<Freshness> freshness_of(Lake& lake, const Tenant& tenant, const TenantSource& source,
                               const Clock& clock = Clock::system());

}  // namespace centavo
