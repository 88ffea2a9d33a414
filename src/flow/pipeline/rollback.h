#pragma once
/// \file flow/pipeline/rollback.h
/// Going back to what an earlier release showed, by a new release that points at the old versions.

#include "flow/pipeline/pipeline.h"

namespace centavo {

/// Publishes again what release `number` shows. Nothing is deleted; a run that changes a table publishes the newest
/// versions again. `invalid_argument` when the newest shows the same, `not_found` when a vacuum took one of its files,
/// `conflict` when a closed period would change. The caller holds the tenant's lock.
Result<Release> roll_back(Workshop& workshop, const Tenant& tenant, std::int64_t number);

}  // namespace centavo
