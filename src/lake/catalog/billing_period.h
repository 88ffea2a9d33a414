#pragma once
/// \file lake/catalog/billing_period.h
/// Billing periods of a tenant: open until somebody closes them. A log of files in tenants/<id>/_periods; the newest
/// entry of a period counts, and a period without one is open.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "io/store/store.h"

namespace centavo {

/// What happened to a period.
struct PeriodEvent {
  std::int64_t number = 0;        ///< position in the log
  std::string period;             ///< "2026-09"
  std::string action;             ///< close; reopen; restate: a correction was applied to the closed period
  TimeMs at_ms = 0;
  std::string user;
  std::string reason;             ///< in the words of who did it
  std::int64_t certificate = 0;   ///< number of the certificate that was issued with it; 0: none
  std::string seal;               ///< of that certificate
};

/// The folder of that log.
std::string periods_root(std::string_view tenant);
/// Numbers the event and writes it.
Result<PeriodEvent> record_period_event(Store& store, std::string_view tenant, PeriodEvent event);
/// All events, oldest first.
Result<std::vector<PeriodEvent>> period_events(Store& store, std::string_view tenant);
/// The periods that are closed now, each with the event that closed it or corrected it last.
Result<std::map<std::string, PeriodEvent>> closed_periods(Store& store, std::string_view tenant);

}  // namespace centavo
