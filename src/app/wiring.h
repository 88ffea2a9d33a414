#pragma once
/// \file app/wiring.h
/// What the program is made of. Nothing registers itself.

#include <memory>

#include "app/cli/program.h"

namespace centavo {

/// The whole command line; values of the options of every command land in `globals`.
std::unique_ptr<cli::Command> make_command_line(cli::GlobalOptions& globals);

}  // namespace centavo
