/// \file app/cli/rates_command.cc
/// rates list: the rates that bills are converted by, and where they come from

#include <set>

#include "app/cli/commands.h"
#include "app/cli/report_text.h"
#include "base/period.h"

namespace centavo::cli {
namespace {

struct RatesArguments {
  std::string tenant, period;
};

// Of the currencies that bills come in, to USD and the tenant's own, a row a day.
constexpr std::string_view kUsed = R"(
with bills as (
    select distinct billing_period, BillingCurrency from silver.focus_cost_and_usage
),
used as (
    select r.* from silver.focus_rates as r
    join bills as b on b.billing_period = r.billing_period and b.BillingCurrency = r.currency
    where {0}
),
pairs as (
    select billing_period, charge_date, currency, 'USD' as into_currency, usd_rate as rate, usd_rate_date as published, usd_rate_source as source
    from used
    union
    select billing_period, charge_date, currency, tenant_currency, tenant_rate, tenant_rate_date, tenant_rate_source
    from used
)
select strftime(billing_period, '%Y-%m'), charge_date, currency, into_currency, rate, published, source
from pairs
where currency <> into_currency
order by all)";

// Kinds of sources that bring rates.
std::set<std::string> kinds_of_rates(const pack::Library& library) {
  std::set<std::string> out;
  for (const auto& [name, pack] : library.packs()) {
    for (const auto& source : pack.sources) {
      for (const auto& feed : source.feeds) {
        const auto* model = library.model(feed.table);
        if (model != nullptr && model->contract.cause == "rates") out.insert(source.name);
      }
    }
  }
  return out;
}

Status list_rates(Context& context, const RatesArguments& given) {
  std::string where = "true";
  if (!given.period.empty()) {
    const Period period = TRY(Period::parse(given.period));
    where = fmt::format("r.billing_period = date '{}'", period.first());
  }
  OpenLake open = TRY(context.open_lake());
  Workshop workshop = open.workshop(context.clock());
  const Tenant tenant = TRY(open.lake.tenant(given.tenant));
  const Release newest = TRY(release(open.lake.store(), tenant.id));
  std::vector<OrderedJson> objects;
  const bool has_rates = newest.versions.contains("silver.focus_rates");
  if (has_rates) {
    Reader reader = TRY(Reader::open(workshop, tenant, 0));
    reader.connection().watch(context.cancel());
    for (const auto& row : TRY(reader.connection().all(fmt::format(kUsed, where)))) {
      OrderedJson object;
      const char* const names[] = {"period", "day", "currency", "to", "rate", "published", "source"};
      for (std::size_t i = 0; i < row.size(); ++i) object[names[i]] = row[i] ? OrderedJson(*row[i]) : OrderedJson();
      objects.push_back(std::move(object));
    }
  }
  context.output().list(
      objects,
      {{.key = "period"},
       {.key = "day"},
       {.key = "currency"},
       {.key = "to"},
       {.key = "rate", .align = Align::point},
       {.key = "published"},
       {.key = "source"}},
      has_rates ? "no bill needs a rate"
                : fmt::format("no source of rates: centavo source add KIND --tenant {} --uri FOLDER, KIND one of {}",
                              tenant.id, fmt::join(kinds_of_rates(open.library), ", ")));
  return {};
}

}  // namespace

void add_rates_command(Command& root) {
  const auto values = std::make_shared<RatesArguments>();
  Command& rates = root.sub("rates", "exchange rates that costs are converted by").group(kGroupProof);
  Command& list =
      rates.sub("list", "each day's rates of the newest release, when and by whom they were published").keep(values);
  list.option({.name = "--tenant",
               .value = "ID",
               .help = "whose bills",
               .target = &values->tenant,
               .required = true,
               .kind = ValueKind::tenant});
  list.option({.name = "--period", .value = "YYYY-MM", .help = "only this billing period", .target = &values->period});
  list.example("centavo rates list --tenant acme --period 2026-09", "September's rates");
  list.needs(needs_right(access::Right::cost_read, values->tenant));
  list.action([values](Context& context) { return list_rates(context, *values); });
}

}  // namespace centavo::cli
