#pragma once
/// \file flow/pipeline/making.h
/// What each period of a table was made of, read from the user metadata of its commits: the logs are the truth, so this
/// holds for any version, also after a restore and when the catalog is lost.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "flow/pipeline/pipeline.h"
#include "lake/delta/table.h"

namespace centavo {

/// A landing whose rows a bronze table holds.
struct HeldLanding {
  std::string source;
  std::int64_t number = 0;
  Stamp stamp;
};

/// One period of a table at a version.
struct Making {
  TableState state;
  std::string definition;  ///< digest (definition.h); "" when made before definitions were kept
  std::vector<HeldLanding> landings;  ///< bronze only
  std::string changed_by;  ///< "WRITE by Apache-Spark/4.0" when somebody else changed the rows since
};

/// By period; "" for a table without periods.
using Makings = std::map<std::string, Making>;

/// `version` absent: the newest. Empty when there is no table. `not_found` when the log no longer reaches `version`.
Result<Makings> makings_of(Workshop& workshop, const Tenant& tenant, const pack::TableName& table,
                           std::optional<delta::Version> version = {});

/// The same for all tables of a release.
Result<std::map<pack::TableName, Makings>> makings_of(Workshop& workshop, const Tenant& tenant, const Release& release);

/// That a table shows the same rows of every closed period at both versions; absent: it has none.
/// `conflict` names the closed periods that would change.
Status keep_closed_periods(Workshop& workshop, const Tenant& tenant, const pack::TableName& table,
                           std::optional<delta::Version> before, std::optional<delta::Version> after);

}  // namespace centavo
