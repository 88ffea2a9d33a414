#pragma once
/// \file flow/pipeline/bill_comparison.h
/// One bill by two ways into the same columns, such as our silver and the provider's own export: what differs, column
/// by column.

#include <string>
#include <vector>

#include "flow/pipeline/pipeline.h"

namespace centavo {

struct BillQuestion {
  const pack::Interface* interface = nullptr;   ///< whose columns are compared
  std::int64_t release = 0;                     ///< ours; 0: the newest
  /// Theirs: another tenant's newest release, or a file or folder, which is read by `file_source`.
  std::optional<Tenant> tenant;
  std::string file;
  std::string file_source;                      ///< kind of source that reads files with these columns
  std::optional<PeriodRange> periods;           ///< absent: the months that both have
  std::vector<std::string> key;  ///< columns that pair rows; empty: those of the interface's identity that agree
  int samples = 3;  ///< differing pairs shown a column
};

struct BillComparison {
  struct Column {
    std::string name;
    std::int64_t differing = 0;  ///< pairs with two values that are not the same
    std::int64_t missing_ours = 0, missing_theirs = 0;  ///< pairs where only the other side has a value
    std::string ours, theirs, difference;  ///< sums of all rows, of decimals only
    Json samples = Json::array();  ///< {ours, theirs, file, row, their_file, their_row}
    bool same() const {
      return differing + missing_ours + missing_theirs == 0 && (difference.empty() || difference == "0");
    }
  };
  std::string tenant, theirs;
  std::int64_t release = 0;
  std::vector<std::string> periods, only_ours, only_theirs;  ///< months
  std::vector<std::string> key, not_in_key;  ///< columns that pair rows; those of the identity that do not agree
  std::int64_t rows_ours = 0, rows_theirs = 0, pairs = 0;
  std::vector<Column> columns;  ///< all; those that differ first
  bool same = true;
};

/// `not_found` when one side has no rows of these columns; `invalid_argument` when no month is on both sides.
Result<BillComparison> compare_bills(Workshop& workshop, const Tenant& tenant, const BillQuestion& question,
                                     const OnEvent& on_event, const Cancel* cancel);

}  // namespace centavo
