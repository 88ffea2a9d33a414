#include "lake/catalog/invoice.h"

#include <map>
#include <tuple>

#include "lake/catalog/numbered_log.h"

namespace centavo {
namespace {

NumberedLog log_of_invoices(Store& store, std::string_view tenant) {
  return {store, fmt::format("tenants/{}/_invoices", tenant), "an invoice"};
}

}  // namespace

Result<Invoice> record_invoice(Store& store, std::string_view tenant, Invoice invoice) {
  const auto entry_of = [&](std::int64_t number) -> Json {
    return {{"format", 1},
            {"number", number},
            {"invoice_id", invoice.id},
            {"period", invoice.period},
            {"issuer", invoice.issuer},
            {"currency", invoice.currency},
            {"amount", invoice.amount.text()},
            {"from", invoice.from},
            {"at", iso_time(invoice.at_ms)},
            {"by", invoice.user},
            {"withdrawn", invoice.withdrawn}};
  };
  invoice.number = TRY(log_of_invoices(store, tenant).append(entry_of));
  return invoice;
}

Result<std::vector<Invoice>> invoices(Store& store, std::string_view tenant) {
  const NumberedLog log = log_of_invoices(store, tenant);
  std::map<std::tuple<std::string, std::string, std::string, std::string>, Invoice> newest;
  for (const Json& json : TRY(log.read_all())) {
    Invoice invoice;
    invoice.number = int_or(json, "number");
    const std::string key = log.key(invoice.number);
    invoice.id = text_or(json, "invoice_id");
    invoice.period = text_or(json, "period");
    invoice.issuer = text_or(json, "issuer");
    invoice.currency = text_or(json, "currency");
    invoice.amount = TRY_IN(key, parse_decimal(text_or(json, "amount")));
    invoice.from = text_or(json, "from");
    invoice.at_ms = TRY_IN(key, parse_iso_time(text_or(json, "at")));
    invoice.user = text_or(json, "by");
    invoice.withdrawn = bool_or(json, "withdrawn", false);
    newest[{invoice.period, invoice.id, invoice.issuer, invoice.currency}] = std::move(invoice);
  }
  std::vector<Invoice> out;
  for (auto& [key, invoice] : newest) {
    if (!invoice.withdrawn) out.push_back(std::move(invoice));
  }
  return out;
}

}  // namespace centavo
