#include "lake/catalog/billing_period.h"

#include "lake/catalog/numbered_log.h"

namespace centavo {
namespace {

NumberedLog log_of_periods(Store& store, std::string_view tenant) {
  return {store, periods_root(tenant), "a billing period's event"};
}

}  // namespace

std::string periods_root(std::string_view tenant) { return fmt::format("tenants/{}/_periods", tenant); }

Result<PeriodEvent> record_period_event(Store& store, std::string_view tenant, PeriodEvent event) {
  const auto entry_of = [&](std::int64_t number) -> Json {
    return {{"format", 1},
            {"number", number},
            {"period", event.period},
            {"action", event.action},
            {"at", iso_time(event.at_ms)},
            {"by", event.user},
            {"reason", event.reason},
            {"certificate", event.certificate},
            {"seal", event.seal}};
  };
  event.number = TRY(log_of_periods(store, tenant).append(entry_of));
  return event;
}

Result<std::vector<PeriodEvent>> period_events(Store& store, std::string_view tenant) {
  const NumberedLog log = log_of_periods(store, tenant);
  std::vector<PeriodEvent> out;
  for (const Json& json : TRY(log.read_all())) {
    PeriodEvent event;
    event.number = int_or(json, "number");
    event.period = text_or(json, "period");
    event.action = text_or(json, "action");
    event.user = text_or(json, "by");
    event.reason = text_or(json, "reason");
    event.certificate = int_or(json, "certificate");
    event.seal = text_or(json, "seal");
    event.at_ms = TRY_IN(log.key(event.number), parse_iso_time(text_or(json, "at")));
    if (event.action != "close" && event.action != "reopen" && event.action != "restate") {
      return fail_hint("a newer program may have written it", ErrorKind::corrupt_data, "{}: unknown action \"{}\"",
                       log.key(event.number), event.action);
    }
    out.push_back(std::move(event));
  }
  return out;
}

Result<std::map<std::string, PeriodEvent>> closed_periods(Store& store, std::string_view tenant) {
  std::map<std::string, PeriodEvent> out;
  for (auto& event : TRY(period_events(store, tenant))) {
    if (event.action == "reopen")
      out.erase(event.period);
    else
      out[event.period] = std::move(event);
  }
  return out;
}

}  // namespace centavo
