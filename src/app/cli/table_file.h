#pragma once
/// \file app/cli/table_file.h
/// A select over a tenant's release as a typed Parquet file.

#include <functional>
#include <string>

#include "app/cli/context.h"

namespace centavo::cli {

/// What a select may take.
struct SelectLimits {
  const Cancel* cancel = nullptr;   ///< stops it; null: the command's own
  std::int64_t rows_max = 0;        ///< more are `over_limit`; 0: any number
};

/// Opens the release, asks `make_sql` for the select over it, and writes its rows to `path`, which appears when whole.
/// The select runs locked down; only `path` may be written.
Status write_parquet(Context& context, Workshop& workshop, const Tenant& tenant, std::int64_t release,
                     const std::function<Result<std::string>(Reader&)>& make_sql, const std::string& path,
                     const SelectLimits& limits = {});

}  // namespace centavo::cli
