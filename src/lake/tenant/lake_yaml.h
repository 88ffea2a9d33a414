#pragma once
/// \file lake/tenant/lake_yaml.h
/// centavo.yaml as text. Only for lake.cc; the source file holds all use of yaml-cpp in this module.

#include <string>
#include <string_view>

#include "lake/tenant/tenant.h"

namespace centavo {

/// `unsupported` for a newer format, before anything else in the file is looked at.
Result<LakeConfig> parse_lake_config(std::string_view yaml, const std::string& file);
std::string to_yaml(const LakeConfig& config);

}  // namespace centavo
