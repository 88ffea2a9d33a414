#pragma once
/// \file flow/pipeline/account.h
/// The account of one period, measured anew: what stands in the raw files, in bronze, silver, quarantine and gold, by
/// measure, currency, category, issuer and invoice. certify.cc makes a statement of it.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "flow/pipeline/certify.h"
#include "flow/pipeline/graph.h"

namespace centavo {

/// What is to be paid.
inline constexpr std::string_view kPayable = "BilledCost";

/// Issuer and invoice are "" where a stage does not know them, and where a row has none.
struct SumKey {
  std::string measure, currency, category, issuer, invoice;
  auto operator<=>(const SumKey&) const = default;
};

struct Sum {
  std::int64_t rows = 0;
  Decimal amount;
  Status add(std::int64_t more_rows, const Decimal& more);
};
using Sums = std::map<SumKey, Sum>;

/// One table (or the raw files that fill one) for the period.
struct StageSums {
  std::string stage;   ///< raw, bronze, silver, gold, quarantine
  std::string table;
  std::int64_t rows = 0;
  Sums sums;
  std::set<std::string> measures, categorised, invoiced;  ///< measures it proves; those with categories, with invoices
  bool readable = true;
  bool whole = false;  ///< all periods: an input of a table without periods
};

/// One raw file's part of a bronze table.
struct FilePart {
  std::string table, source, path, raw_key, digest, digest_now;
  std::int64_t landing = 0, size_bytes = 0, rows = 0;
  std::map<std::string, Decimal> amounts;  ///< of the table's first measure, by currency
  std::int64_t bronze_rows = 0;  ///< what bronze has of it
  std::map<std::string, Decimal> bronze_amounts;
  std::string fingerprint;  ///< equal for files with the same rows, in any order
  bool readable = true;
};

/// Rows that stand more than once, the same in every delivered column.
struct Repeated {
  std::string table, currency, place;  ///< place of one of them: "file, row 7"
  std::int64_t rows = 0;  ///< too many
  Decimal amount;  ///< too much
};

/// A data file of a table as it is now.
struct TableFile {
  std::string table, path;
  std::int64_t version = 0, size_bytes = 0;
  std::string digest;
};

struct Account {
  std::string period;
  std::vector<StageSums> stages;
  std::vector<FilePart> files;
  std::vector<TableFile> table_files;
  std::vector<Repeated> repeated;
  std::vector<Finding> findings;  ///< what could not be read, or is not what landed
  const StageSums* find(std::string_view stage, std::string_view table) const;
};

/// Which versions and landings to measure.
struct AccountOf {
  std::string period;  ///< "" : the tables without periods
  std::map<std::string, std::int64_t> versions;  ///< by table; "quarantine:<table>" too
  std::map<std::string, std::vector<const Landing*>> landings;  ///< by bronze table
};

/// Reads everything; nothing is written. What is missing or damaged becomes a finding, not an error.
Result<Account> measure_account(Workshop& workshop, const Tenant& tenant, const Graph& graph, const AccountOf& of,
                                const Cancel* cancel);

}  // namespace centavo
