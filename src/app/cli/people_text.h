#pragma once
/// \file app/cli/people_text.h
/// People, tokens and grants as the command line shows them.

#include <string>

#include "app/cli/output.h"
#include "lake/access/people.h"

namespace centavo::cli {

OrderedJson user_object(const access::User& user);
OrderedJson token_object(const access::Token& token);
/// "engineer of acme"
std::string text_of(const access::RoleGrant& role);
/// "silver.x.cpf" -> table and column; "*" for every one. `invalid_argument` for anything else.
Result<access::UnmaskGrant> parse_column(const std::string& text, const std::string& tenant);

}  // namespace centavo::cli
