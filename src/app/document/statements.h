#pragma once
/// \file app/document/statements.h
/// Statements of cost centres as JSON, as a page to print and as CSV.

#include <string>
#include <vector>

#include "base/json.h"
#include "lake/catalog/statement.h"

namespace centavo::document {

/// `state`: preview, open, closed.
OrderedJson statement_object(const Statement& statement, const std::string& state);
/// Of objects that statement_object made: one page with all of them, and their lines as CSV.
std::string statements_page(const std::vector<OrderedJson>& documents, const std::string& tenant);
std::string statements_csv(const std::vector<OrderedJson>& documents);

}  // namespace centavo::document
