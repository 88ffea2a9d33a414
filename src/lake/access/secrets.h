#pragma once
/// \file lake/access/secrets.h
/// Random secrets, and passwords by argon2id (libsodium).

#include <string>
#include <string_view>

#include "base/result.h"

namespace centavo::access {

/// 32 random bytes as base64url: 43 characters.
std::string new_secret();
/// 8 random bytes as hex.
std::string new_id();

/// One at a time in the process, because each takes 64 MiB for some tens of milliseconds; `busy` when too many wait.
Result<std::string> hash_password(std::string_view password);
/// False for a wrong one. With "" as hash it takes as long, and is false.
Result<bool> check_password(const std::string& hash, std::string_view password);

}  // namespace centavo::access
