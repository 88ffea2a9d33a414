#include "app/cli/focus_dataset.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <map>

#include "flow/pipeline/bill_arrivals.h"
#include "lake/catalog/billing_period.h"

namespace centavo::cli {
namespace {

constexpr const char* kPack = "focus.";
constexpr const char* kBill = "focus.cost_and_usage";
constexpr const char* kBillingPeriod = "focus.billing_period";
constexpr const char* kBillVersion = "1.2";

/// "1.10" -> {1, 10, 1}; a preview comes before its version: "1.0-preview" -> {1, 0, 0}.
std::array<int, 3> version_parts(std::string_view text) {
  std::array<int, 3> parts = {0, 0, text.find('-') == std::string_view::npos ? 1 : 0};
  const std::size_t point = std::min(text.find('.'), text.size());
  std::from_chars(text.data(), text.data() + point, parts[0]);
  if (point < text.size()) std::from_chars(text.data() + point + 1, text.data() + text.size(), parts[1]);
  return parts;
}

/// "contract_commitment" -> "ContractCommitment"
std::string dataset_name(std::string_view interface) {
  std::string out;
  bool begins = true;
  for (const char c : interface) {
    if (c != '_') out += begins ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    begins = c == '_';
  }
  return out;
}

/// The versions of the specification, oldest first, in which columns of the interface appeared.
std::vector<std::string> versions_of(const pack::Interface& interface) {
  std::vector<std::string> versions;
  for (const pack::ColumnSpec& column : interface.columns) {
    const bool final = !column.since.empty() && version_parts(column.since) >= std::array{1, 0, 1};
    if (final && std::find(versions.begin(), versions.end(), column.since) == versions.end())
      versions.push_back(column.since);
  }
  std::sort(versions.begin(), versions.end(),
            [](const auto& a, const auto& b) { return version_parts(a) < version_parts(b); });
  return versions;
}

std::string time_literal(TimeMs at_ms) { return fmt::format("timestamptz '{}'", iso_time(at_ms)); }

/// One row an issuer and month of the bill.
Result<std::string> billing_periods_sql(Reader& reader, const pack::Interface& bill, const DatasetScope& scope) {
  struct State {
    BillArrival arrival;
    bool closed = false;
  };
  std::map<std::string, State> states;
  for (const auto& [period, arrival] : TRY(bill_arrivals(scope.workshop, scope.tenant, reader.release(), kBill)))
    states[period].arrival = arrival;
  for (const PeriodEvent& event : TRY(period_events(scope.workshop.lake.store(), scope.tenant.id))) {
    const auto state = states.find(event.period);
    if (state == states.end() || (!scope.is_newest && event.at_ms > reader.release().published_ms)) continue;
    state->second.closed = event.action != "reopen";
    state->second.arrival.newest_ms = std::max(state->second.arrival.newest_ms, event.at_ms);
  }
  std::string values;
  for (const auto& [period, state] : states) {
    values += fmt::format("{}(date '{}-01', {}, {}, '{}')", values.empty() ? "" : ", ", period,
                          time_literal(state.arrival.first_ms), time_literal(state.arrival.newest_ms),
                          state.closed ? "Closed" : "Open");
  }
  if (values.empty()) values = "(null::date, null::timestamptz, null::timestamptz, null)";
  return fmt::format(
      "(select billed.*, came.BillingPeriodCreated, came.BillingPeriodLastUpdated, "
      "coalesce(came.BillingPeriodStatus, 'Open') as BillingPeriodStatus from (select billing_period, "
      "InvoiceIssuerName, min(BillingPeriodStart) as BillingPeriodStart, max(BillingPeriodEnd) as BillingPeriodEnd "
      "from {} group by all) as billed left join (values {}) as came (billing_period, BillingPeriodCreated, "
      "BillingPeriodLastUpdated, BillingPeriodStatus) on came.billing_period = billed.billing_period)",
      bill.view().text(), values);
}

Result<std::string> rows_of(Reader& reader, const FocusDataset& dataset, const DatasetScope& scope) {
  const pack::Library& library = scope.workshop.library;
  if (dataset.interface->name == kBillingPeriod) {
    if (const auto* bill = library.interface(kBill)) return billing_periods_sql(reader, *bill, scope);
  }
  pack::TableName table = dataset.interface->view();
  const pack::TableName own{pack::Layer::gold, dataset.interface->name.substr(std::string(kPack).size())};
  if (library.model(own) == nullptr) return table.text();
  table = own;
  if (reader.release().versions.contains(table.text())) return table.text();
  return fail_hint("`centavo export focus --help` says what a dataset is made of", ErrorKind::not_found,
                   "tenant {}: release {} has no {}, none of the tenant's sources tells of any", scope.tenant.id,
                   reader.release().number, dataset.name);
}

/// Months without a charge have no dataset at all, which is another thing than one without rows.
Status refuse_without_charges(Reader& reader, const DatasetScope& scope, const std::string& inside) {
  const auto* bill = scope.workshop.library.interface(kBill);
  if (bill == nullptr) return {};
  const std::string view = bill->view().text();
  const auto charges = TRY(reader.connection().value(fmt::format("select count(*) from {}{}", view, inside)));
  if (charges != "0") return {};
  const auto there = TRY(reader.connection().value(fmt::format(
      "select string_agg(month, ', ' order by month) from (select distinct strftime(billing_period, '%Y-%m') as month "
      "from {})",
      view)));
  return fail_hint(there ? "there are " + *there : "", ErrorKind::not_found,
                   "tenant {}: release {} has no charges of {}", scope.tenant.id, reader.release().number,
                   scope.periods->first == scope.periods->last
                       ? scope.periods->first.text()
                       : fmt::format("{}..{}", scope.periods->first.text(), scope.periods->last.text()));
}

}  // namespace

std::string FocusDataset::usual_version() const {
  return interface->name == kBill ? kBillVersion : versions_of(*interface).front();
}

Result<std::vector<const pack::ColumnSpec*>> FocusDataset::columns(const std::string& version) const {
  const auto versions = versions_of(*interface);
  if (std::find(versions.begin(), versions.end(), version) == versions.end()) {
    return fail(ErrorKind::invalid_argument, "--version: \"{}\" is not one of {}, which have {}", version,
                fmt::join(versions, ", "), name);
  }
  std::vector<const pack::ColumnSpec*> out;
  for (const pack::ColumnSpec& column : interface->columns) {
    if (!column.since.empty() && version_parts(column.since) <= version_parts(version)) out.push_back(&column);
  }
  return out;
}

Result<FocusDataset> focus_dataset(const pack::Library& library, const std::string& name) {
  std::vector<std::string> known;
  for (const auto& [pack_name, pack] : library.packs()) {
    for (const pack::Interface& interface : pack.interfaces) {
      const bool specified = std::any_of(interface.columns.begin(), interface.columns.end(),
                                         [](const auto& column) { return !column.since.empty(); });
      if (!specified || !interface.name.starts_with(kPack)) continue;
      known.push_back(dataset_name(interface.name.substr(std::string(kPack).size())));
      if (known.back() == name) return FocusDataset{name, &interface};
    }
  }
  return fail(ErrorKind::invalid_argument, "--dataset: \"{}\" is none of {}", name, fmt::join(known, ", "));
}

Result<std::string> dataset_sql(Reader& reader, const FocusDataset& dataset, const DatasetScope& scope,
                                const std::vector<std::string>& columns, const std::string& extra) {
  const std::string from = TRY(rows_of(reader, dataset, scope));
  const auto there = TRY_IN(dataset.name, reader.connection().describe("select * from " + from));
  const auto has = [&](const std::string& name) {
    return std::any_of(there.begin(), there.end(), [&](const duck::Column& column) { return column.name == name; });
  };
  std::string list, missing;
  for (const std::string& column : columns)
    list += fmt::format("{}\n  {}", list.empty() && extra.empty() ? "" : ",", column);
  for (const pack::ColumnSpec& column : dataset.interface->columns) {
    if (!has(column.name)) missing += fmt::format(", cast(null as {}) as {}", column.type, duck::name(column.name));
  }
  std::string sql =
      fmt::format("select{}{}\nfrom (select *{} from {})", extra.empty() ? "" : " " + extra, list, missing, from);
  if (!scope.periods) return sql;
  if (!has("billing_period")) {
    return fail(ErrorKind::invalid_argument, "--period: a {} is not of one month; leave it out", dataset.name);
  }
  const std::string inside = fmt::format("\nwhere billing_period >= date '{}' and billing_period < date '{}'",
                                         scope.periods->first.first(), scope.periods->last.end());
  TRY(refuse_without_charges(reader, scope, inside));
  return sql + inside;
}

}  // namespace centavo::cli
