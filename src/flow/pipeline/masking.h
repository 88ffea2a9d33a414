#pragma once
/// \file flow/pipeline/masking.h
/// What somebody sees of a table's columns.

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "flow/engine/desk.h"
#include "lake/access/access.h"
#include "lake/pack/library.h"
#include "lake/tenant/tenant.h"

namespace centavo {

/// The engine's function behind the mask "hash": Database::bind_reading_key.
inline constexpr const char* kReadingHash = "centavo_reading_hash";

/// Masked columns, as the table spells them, with the word of their mask.
using Masks = std::map<std::string, std::string>;

/// Of columns that its contract masks and `sight` does not clear. Columns that the contract does not name are hidden,
/// in bronze only where the table has masked ones: they may be what an older contract masked, or personal data that
/// nobody has declared yet.
Masks masks_of(const pack::Contract& contract, const std::vector<pack::ColumnSpec>& columns,
               const access::Sight& sight);
/// The same of what an interface's view shows.
Masks masks_of(const pack::TableName& view, const std::vector<pack::ColumnSpec>& columns, const access::Sight& sight);

/// `select` with those of its columns masked.
Result<std::string> masked_select(const std::string& select, const std::vector<pack::ColumnSpec>& columns,
                                  const Masks& masks);

/// `permission_denied` when one of these columns ("ServiceName,Tags.team") is in no table in sight, or masked in one
/// that has it.
Status vet_dimensions(const pack::Library& library, const access::Sight& sight, std::string_view list);

/// The key of masks as they are read: from the tenant's key, which it does not tell.
Result<std::string> reading_key(Lake& lake, std::string_view tenant);

}  // namespace centavo
