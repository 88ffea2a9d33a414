#pragma once
/// \file app/cli/program.h
/// From arguments to an exit code.

#include <cstdio>
#include <string>
#include <vector>

#include "app/cli/args.h"
#include "app/cli/context.h"
#include "base/cancel.h"

namespace centavo::cli {

/// The empty command line: its name and the options of every command, which land in `globals`.
Command make_root(GlobalOptions& globals);

/// Parses, acts, says what went wrong. Returns the exit code (docs/errors/exit-codes.md).
int run_program(const Command& root, const GlobalOptions& globals, const std::vector<std::string>& arguments,
                std::FILE* out, std::FILE* err, const Cancel& cancel);

}  // namespace centavo::cli
