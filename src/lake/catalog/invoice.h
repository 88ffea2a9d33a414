#pragma once
/// \file lake/catalog/invoice.h
/// What the issuers' invoices say, as somebody typed it in or a file brought it: a log of files in
/// tenants/<id>/_invoices. Of one (period, id, issuer, currency) the newest entry counts.

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/decimal.h"
#include "base/result.h"
#include "io/store/store.h"

namespace centavo {

struct Invoice {
  std::int64_t number = 0;   ///< position in the log
  std::string id;            ///< FOCUS InvoiceId
  std::string period;        ///< "2026-09"
  std::string issuer;        ///< FOCUS InvoiceIssuerName; "": whoever the bill names for this id
  std::string currency;      ///< "": that of the bill
  Decimal amount;            ///< payable
  std::string from;          ///< file it came from; "": the command line
  TimeMs at_ms = 0;
  std::string user;
  bool withdrawn = false;    ///< the earlier entry no longer counts
};

Result<Invoice> record_invoice(Store& store, std::string_view tenant, Invoice invoice);
/// Those that count, in order of period, id, issuer and currency.
Result<std::vector<Invoice>> invoices(Store& store, std::string_view tenant);

}  // namespace centavo
