#pragma once
/// \file lake/pack/parameters.h
/// What a tenant may give for the parameters of packs.

#include <map>
#include <string>
#include <string_view>

#include "lake/pack/library.h"

namespace centavo::pack {

/// `text` as the plain value of the parameter's type, when it is one of `accepted` and within `min` and `max`, as far
/// as the parameter says. `invalid_argument` names the value and what may stand there.
Result<std::string> parameter_value(const Parameter& parameter, std::string_view text);

/// Those of `values` that the pack declares are values of theirs. Others are not looked at.
Status check_parameters(const Pack& pack, const std::map<std::string, std::string>& values);

/// The same for all packs, each of which may declare the name; `invalid_argument` when none does.
Status check_parameters(const Library& library, const std::map<std::string, std::string>& values);

}  // namespace centavo::pack
