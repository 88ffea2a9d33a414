#pragma once
/// \file flow/generate/azure_export.h
/// One run of an export of Azure Cost Management (MCA): its files, its manifest, and the exact sums of its rows.
/// Sources: "Cost and usage details file schema", MCA; manifest of exports, 2024-04-01.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/decimal.h"
#include "flow/generate/azure_catalog.h"
#include "flow/generate/calendar.h"
#include "flow/generate/generate.h"
#include "flow/generate/row_file.h"

namespace centavo::generate {

enum class AzureCharge { usage, purchase, refund, unused_reservation, unused_savings_plan, rounding };
enum class AzureModel { on_demand, spot, reservation, savings_plan };

/// Who is billed, and in what.
struct AzureAccount {
  std::string account, profile, currency;
  Amount rate = kOne;   ///< US dollars to the currency
};

/// A commitment as rows name it.
struct AzureBenefit {
  std::string id, name, reservation, term;
};

/// One row before it is spelled. Text is borrowed and safe in CSV; prices and amounts are US dollars.
struct AzureLine {
  AzureCharge charge = AzureCharge::usage;
  AzureModel model = AzureModel::on_demand;
  int day = 1;
  const AzureSubscription* subscription = nullptr;
  const AzureResource* resource = nullptr;   ///< null: no resource
  std::string_view product, place, unit;     ///< fields of AzureProduct
  std::string_view publisher;                ///< empty: Microsoft
  std::string_view frequency = "UsageBased";
  const AzureBenefit* benefit = nullptr;
  Amount quantity = kOne, price = 0, cost = 0, unit_price = kNone, list_price = kNone;
};

/// Exact sums, in the billing currency.
struct AzureSums {
  std::int64_t rows = 0;
  Int128 cost = 0, usage = 0, purchase = 0, adjustment = 0;   ///< all rows, then by FOCUS ChargeCategory
  Int128 commitments = 0, refunds = 0, marketplace = 0, unused_reservation = 0, unused_savings_plan = 0;
  std::int64_t commitment_rows = 0;   ///< bought or returned: what the amortised export leaves out
};

/// A run of one dataset for one month.
struct AzureRun {
  bool amortized = false;
  bool final = false;      ///< the month is invoiced
  Period period;
  int days = 1;            ///< month to date
  std::string id;          ///< UUID
  std::string submitted;   ///< "2026-10-05T05:05:00Z"
};

class AzureExport {
 public:
  AzureExport(const AzureOptions& options, const AzureAccount& account, AzureRun run, const std::string& out_dir,
              duck::Database* engine, Pace& pace);

  Status add(const AzureLine& line);
  /// Closes the last file (there is always one) and writes the manifest.
  Status close();

  const AzureRun& run() const { return run_; }
  const AzureSums& sums() const { return sums_; }
  const std::vector<std::string>& files() const { return files_; }
  std::int64_t bytes() const { return bytes_; }

 private:
  Status open_file();
  Status close_file();
  void append(const AzureLine& line, Amount billed);
  void count(const AzureLine& line, Amount billed);
  std::string folder() const;   ///< relative to out_dir, as the manifest says it
  std::string name() const { return run_.amortized ? "daily-amortized" : "daily-actual"; }

  const AzureOptions& options_;
  const AzureAccount& account_;
  AzureRun run_;
  const std::string& out_dir_;
  Pace& pace_;
  RowForm form_;
  std::string head_, period_;                      // fields that every row shares
  std::string tail_;
  std::vector<std::string> dates_;                 // by day: service period and date
  std::optional<RowFile> file_;
  std::vector<std::string> files_;
  std::vector<std::pair<std::int64_t, std::int64_t>> sizes_;   // bytes and rows of each file
  std::int64_t bytes_ = 0;
  AzureSums sums_;
};

}  // namespace centavo::generate
