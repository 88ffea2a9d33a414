#pragma once
/// \file app/cli/completion.h
/// Scripts that complete the command line in a shell, made from the tree of commands.

#include <string>

#include "app/cli/args.h"

namespace centavo::cli {

std::string bash_completion(const Command& root);
std::string zsh_completion(const Command& root);
std::string fish_completion(const Command& root);

}  // namespace centavo::cli
