#pragma once
/// \file io/store/key.h
/// What a key may look like; shared by the stores.

#include <string_view>

#include "base/result.h"

namespace centavo {

/// Names of files under way. A store never lists them, and no key may use them.
inline constexpr std::string_view kTempPrefix = ".tmp-";

/// `invalid_argument` unless `key` is a relative path without empty part, ".", "..", zero byte or kTempPrefix.
Status check_key(std::string_view key);

/// The same for a folder, where "" is the root.
Status check_folder(std::string_view folder);

/// "a/b" for "a/b/c", "" for "c".
std::string_view folder_of(std::string_view key);

/// Whether list(folder, deep, from_name) shows `key`.
bool is_listed(std::string_view key, std::string_view folder, bool deep, std::string_view from_name);

}  // namespace centavo
