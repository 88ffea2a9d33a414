#pragma once
/// \file app/cli/password_input.h
/// A password from the person at the terminal, never from an argument, where `ps` would show it.

#include <string>

#include "base/result.h"

namespace centavo::cli {

/// The first line of standard input when `from_stdin`; else asked for on the terminal, twice, without echo.
/// `invalid_argument` when there is no terminal, the two differ or nothing comes.
Result<std::string> read_password(bool from_stdin);

}  // namespace centavo::cli
