#pragma once
/// \file flow/pipeline/vetting.h
/// What SQL of a person may hold, by its parse tree.

#include <functional>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "lake/access/access.h"

namespace centavo {

/// `tree`: what json_serialize_sql says of it. `permission_denied` for anything but one select over tables of the
/// layers in sight and harmless functions; `invalid_argument` for what is no SQL.
Status vet_tree(const Json& tree, const access::Sight& sight);

/// For a person's condition on one table, as "select 1 from T where (…)": it looks at no other table, and names columns
/// of that table only, none of them masked.
Status vet_condition(const Json& tree, const std::function<bool(std::string_view)>& is_column,
                     const std::function<bool(std::string_view)>& is_masked);

}  // namespace centavo
