#pragma once
/// \file app/cli/focus_dataset.h
/// The datasets of the FOCUS specification as a tenant's release holds them. The columns of dataset ContractCommitment
/// are those of interface focus.contract_commitment; its rows stand in gold.contract_commitment where a pack makes that
/// table, else in the interface's view. Of a BillingPeriod the lake itself knows when it came and whether it is closed.

#include <optional>
#include <string>
#include <vector>

#include "app/cli/context.h"
#include "lake/pack/library.h"

namespace centavo::cli {

struct FocusDataset {
  std::string name;  ///< "ContractCommitment"
  const pack::Interface* interface = nullptr;

  /// The version meant when nobody says one: 1.2 of CostAndUsage, else the first that has the dataset.
  std::string usual_version() const;
  /// Columns that `version` has, in the interface's order. `invalid_argument` for an unknown version.
  Result<std::vector<const pack::ColumnSpec*>> columns(const std::string& version) const;
};

/// `invalid_argument`, naming those there are, for another name.
Result<FocusDataset> focus_dataset(const pack::Library& library, const std::string& name);

/// The release that an export is of, and what is cut out of it.
struct DatasetScope {
  Workshop& workshop;
  const Tenant& tenant;
  bool is_newest = true;  ///< nobody asked for an earlier release: periods are open or closed as of now
  std::optional<PeriodRange> periods;
};

/// A select of `columns` over the reader's release; columns that its rows do not have are NULL. `not_found` when the
/// release has no such rows. `extra`: SQL of what comes before the columns.
Result<std::string> dataset_sql(Reader& reader, const FocusDataset& dataset, const DatasetScope& scope,
                                const std::vector<std::string>& columns, const std::string& extra = {});

}  // namespace centavo::cli
