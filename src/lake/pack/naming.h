#pragma once
/// \file lake/pack/naming.h
/// From the name of a delivered column to its name in bronze.

#include <string>
#include <string_view>

#include "lake/pack/pack.h"

namespace centavo {

/// The name of a delivered column in bronze, by the source's naming.
/// snake_case is AWS's rule for Athena: `_` before every upper-case letter, lower case,
/// everything else `_`, runs to one, none at the ends. Source: AWS CUR user guide, "Column names".
std::string bronze_name(const pack::SourceKind& source, std::string_view delivered);

/// Only the letters A to Z become lower; what is not ASCII stays as it is.
std::string lower_case(std::string_view text);

}  // namespace centavo
