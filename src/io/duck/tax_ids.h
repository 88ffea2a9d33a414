#pragma once
/// \file io/duck/tax_ids.h
/// Brazilian tax numbers. Source: Receita Federal, check digits modulo 11; for letters in a CNPJ, Instrução Normativa
/// RFB 2.229/2024 (from July 2026: a letter counts as its ASCII code less 48).

#include <string_view>

namespace centavo::duck {

/// 11 digits whose last two check the others, with or without '.', '-', '/' and blanks; not one digit repeated.
bool is_cpf(std::string_view text);

/// The same of 14 characters; the first twelve may be capital letters too.
bool is_cnpj(std::string_view text);

}  // namespace centavo::duck
