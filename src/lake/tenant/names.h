#pragma once
/// \file lake/tenant/names.h
/// What the words in a tenant's YAML may be. Each check names the value and what is allowed.

#include <string_view>

#include "base/result.h"

namespace centavo {

/// ^[a-z][a-z0-9_-]{0,62}$ : tenants, sources, kinds of source, packs. Safe as a part of a key.
bool is_id(std::string_view text);

Status check_id(std::string_view what, std::string_view text);   ///< `what`: "tenant", "source"
Status check_currency(std::string_view text);                    ///< three capital letters, as ISO 4217 has them
Status check_hours(std::string_view what, double hours);         ///< finite and above 0
Status check_uri(std::string_view text);  ///< a path or file://; other schemes are `unsupported`
Status check_parameter_name(std::string_view text);  ///< snake_case
Status check_free_text(std::string_view what,
                       std::string_view text);  ///< UTF-8 without control characters, at most 500 bytes

}  // namespace centavo
