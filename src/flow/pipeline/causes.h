#pragma once
/// \file flow/pipeline/causes.h
/// Neighbouring stages of an account compared, and the bill with its invoices; every difference gets the name of its
/// cause. The words: docs/formats/certificate.md.

#include <string>
#include <vector>

#include "flow/pipeline/account.h"
#include "lake/catalog/invoice.h"

namespace centavo {

/// One amount in two neighbouring stages. difference = to + aside - from.
struct Compared {
  std::string measure;          ///< "rows", or a proof's measure
  std::string currency, category, issuer, invoice;
  bool by_invoice = false;      ///< of one issuer and invoice (either may be "": no invoice yet)
  std::string from, to;         ///< tables; "raw:<table>" for the files; "invoice"
  Decimal from_amount, to_amount, aside, difference;
  std::int64_t rows = 0;        ///< rows behind from_amount: they decide the FOCUS tolerance
  std::string cause;            ///< "" when there is no difference
  std::string text;             ///< what the cause is, in words
  bool focus = true;            ///< within FOCUS's tolerance; only an invoice has one that is not 0
  bool strict() const { return difference.is_zero(); }
};

/// What an earlier certificate of the period knew, to name what is gone since.
struct Earlier {
  std::vector<std::pair<std::string, Decimal>> files;   ///< payable amounts of files that are not there now
  std::map<std::pair<std::string, std::string>, Decimal> categories;   ///< payable, by (category, currency)
};

std::vector<Compared> compare_stages(const Graph& graph, const Account& account);

/// The bill against the invoices of the period.
Result<std::vector<Compared>> compare_invoices(const Graph& graph, const Account& account,
                                               const std::vector<Invoice>& invoices, const Earlier& earlier);

/// What the account says of itself: files and rows that are there twice, invoices in two currencies. `settled`:
/// currencies of which every invoice is known and agrees: what is there twice is then only a remark.
std::vector<Finding> look_for_repeats(const Graph& graph, const Account& account, const std::set<std::string>& settled);

/// The bill: payable sums of the tables that implement a cost interface, by every key.
Sums payable_sums(const Graph& graph, const Account& account);

}  // namespace centavo
