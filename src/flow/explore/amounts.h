#pragma once
/// \file flow/explore/amounts.h
/// Exact amounts as answers write them.

#include <optional>
#include <string>

#include "base/decimal.h"

namespace centavo::explore {

/// The engine's text without zeros at the end; "0" for nothing.
std::string plain(const std::optional<std::string>& amount);
/// The same, and nothing for nothing.
std::optional<std::string> plain_or_none(const std::optional<std::string>& amount);
/// a - b of plain amounts.
Result<std::string> difference(const std::string& a, const std::string& b);
/// a / |b| to six digits, half away from zero; nothing when b is 0.
Result<std::optional<std::string>> ratio(const std::string& a, const std::string& b);

}  // namespace centavo::explore
