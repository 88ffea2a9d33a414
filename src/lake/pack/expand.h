#pragma once
/// \file lake/pack/expand.h
/// Portable functions written out for one engine.

#include <map>
#include <string>
#include <string_view>

#include "lake/pack/library.h"

namespace centavo::pack {

/// See Library::expand. Without `values` parameters stay as they are.
Result<std::string> expand_sql(std::string_view sql, std::string_view engine,
                               const std::map<std::string, std::string>* values, const FunctionMap& functions);

}  // namespace centavo::pack
