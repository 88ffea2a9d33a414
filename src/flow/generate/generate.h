#pragma once
/// \file flow/generate/generate.h
/// Believable inputs with their truth beside them, for demos, tests and benches. The same options give the same bytes.
///
/// Money is integers of 1e-10; nothing here is a double. Memory does not grow with the number of rows.
/// Every generator writes `truth.json` into `out_dir`: what a right reader must find, decimals as strings.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/json.h"
#include "base/result.h"
#include "io/duck/duck.h"

namespace centavo::generate {

enum class FileFormat { csv_gz, jsonl_gz, parquet };
enum class AwsLayout { legacy, cur2 };  ///< CUR with 107 columns named "bill/InvoiceId"; CUR 2.0 with maps as JSON text

struct AwsOptions {
  std::uint64_t seed = 1;
  std::int64_t rows = 100000;  ///< of the final state, all months together; at least 100 a month
  int months = 3;
  std::string last_period = "2026-10";  ///< the open one: its invoice ids are empty
  FileFormat format = FileFormat::csv_gz;
  AwsLayout layout = AwsLayout::legacy;
  std::int64_t rows_per_file = 500000;
  std::string report = "cur-centavo";  ///< name of the report: the folder under `out_dir`
  std::string currency = "USD";
  /// The newest closed month (the only month, when there is one) comes twice: a preliminary assembly without invoice
  /// ids, a few rows short and some amounts off, and the assembly that replaces it.
  bool restate = true;
  /// With `restate`: stop where the provider stood before it: only the preliminary assembly of that month is there. A
  /// second call without it, into the same folder, delivers the restatement; all other files keep their bytes.
  bool before_restatement = false;
  bool discounts = false;  ///< an enterprise discount: EdpDiscount rows, NetUnblendedCost filled
};

struct AzureOptions {
  std::uint64_t seed = 1;
  std::int64_t rows = 100000;  ///< of both exports in the final state, all months together; at least 200 a month
  int months = 3;
  std::string last_period = "2026-10";  ///< the open one: its invoice ids are empty
  FileFormat format = FileFormat::csv_gz;
  std::int64_t rows_per_file = 500000;
  std::string currency = "BRL";  ///< of the bill, priced in US dollars: BRL, EUR or USD
  /// The newest month comes twice: month to date of its first nine days, and whole.
  bool restate = true;
  /// With `restate`: stop behind the first of the two. A second call without it, into the same folder, adds the other.
  bool before_restatement = false;
};

struct GcpOptions {
  std::uint64_t seed = 1;
  std::int64_t rows = 100000;  ///< of the final state, all months together; at least 200 a month
  int months = 3;
  std::string last_period = "2026-10";  ///< the open one: not taxed yet
  FileFormat format = FileFormat::jsonl_gz;  ///< or parquet
  std::int64_t rows_per_file = 500000;
  std::string currency = "BRL";  ///< of the account: BRL, EUR or USD
  /// A load day of the newest month comes twice: a run that a part of its lines misses, and a later one with all.
  bool restate = true;
  /// With `restate`: stop behind the first of the two. A second call without it, into the same folder, adds the other.
  bool before_restatement = false;
};

struct RetailOptions {
  std::uint64_t seed = 1;
  std::int64_t rows = 10000;  ///< purchases, over the three files together
  int months = 6;
  std::string last_period = "2026-10";
};

struct DatabricksOptions {
  std::uint64_t seed = 1;
  std::int64_t rows = 10000;  ///< usage records, corrections among them; at least 100 a month
  int months = 2;
  std::string last_period = "2026-10";
};

struct GenerateReport {
  std::int64_t rows = 0;  ///< all rows written, of every assembly
  std::int64_t bytes = 0;  ///< of the data files
  std::vector<std::string> files;  ///< data files, relative to `out_dir`, in order of writing
  OrderedJson truth;  ///< what truth.json holds
};

/// Called now and then with rows written and rows to write.
using Progress = std::function<void(std::int64_t rows_done, std::int64_t rows_total)>;

/// Writes DIR/<report>/… as AWS delivers it: data files, a manifest beside each assembly and, last, the period's
/// manifest. Files in place are replaced; others are left alone. `engine` writes Parquet and may be null for csv_gz.
/// `invalid_argument` when the options do not make a bill, `cancelled` between rows, `io` and `out_of_space` of the
/// disk. Legacy: <report>/yyyymmdd-yyyymmdd/<assembly>/<report>-00001.csv.gz CUR 2.0:
/// <report>/data/BILLING_PERIOD=yyyy-mm/<time>-<execution>/<report>-00001.csv.gz, manifests under <report>/metadata/
Result<GenerateReport> generate_aws(const AwsOptions& options, const std::string& out_dir, duck::Database* engine,
                                    const Progress& progress, const Cancel* cancel);

/// Writes the exports of a Microsoft Customer Agreement, actual and amortised, a run of each month to date or whole:
/// daily-actual/20260901-20260930/202610050505/<run>/part_0_0001.csv.gz and manifest.json beside it.
Result<GenerateReport> generate_azure(const AzureOptions& options, const std::string& out_dir, duck::Database* engine,
                                      const Progress& progress, const Cancel* cancel);

/// Writes the detailed BigQuery export by load day: day=2026-09-01/run=20260902T060000/000000000000.jsonl.gz. Lines
/// come up to six days after their use; an invoice holds use of the month before, too.
Result<GenerateReport> generate_gcp(const GcpOptions& options, const std::string& out_dir, duck::Database* engine,
                                    const Progress& progress, const Cancel* cancel);

/// Writes customers.json (a database extract: one array), purchases_api.json (an API answer, rows under data.items) and
/// purchases.csv, with invalid, missing and doubled rows among them.
Result<GenerateReport> generate_retail(const RetailOptions& options, const std::string& out_dir,
                                       const Progress& progress, const Cancel* cancel);

/// Writes system_billing_usage.jsonl, system_billing_list_prices.jsonl and system_billing_account_prices.jsonl as the
/// system tables have them, with retractions, restatements, a price that changes and a SKU without one.
Result<GenerateReport> generate_databricks(const DatabricksOptions& options, const std::string& out_dir,
                                           const Progress& progress, const Cancel* cancel);

}  // namespace centavo::generate
