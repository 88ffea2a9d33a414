#pragma once
/// \file app/cli/table_pages.h
/// The packs as Markdown for people who read tables.

#include <map>
#include <string>

#include "lake/pack/library.h"

namespace centavo::cli {

/// File name -> text: README.md lists all tables; each has a page with columns, checks, inputs and SQL.
std::map<std::string, std::string> table_pages(const pack::Library& library);

}  // namespace centavo::cli
