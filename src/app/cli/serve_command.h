#pragma once
/// \file app/cli/serve_command.h
/// `serve`, and how `demo` ends.

#include <string>

#include "app/cli/context.h"
#include "app/serve/serve.h"

namespace centavo::cli {

/// Serves until Ctrl-C; says the address, and the link of the first administrator or of `user` with `always_link`.
Status serve_lake(Context& context, const serve::ServeOptions& options, const std::string& user, bool always_link);

}  // namespace centavo::cli
