#pragma once
/// \file io/duck/functions.h
/// The scalar functions that centavo adds to DuckDB, because SQL alone is slow or wrong there (facts: text to a wide
/// decimal costs 50 us a value in DuckDB 1.5.5). Models do not call them by these names: packs/core/functions.yaml
/// maps the portable cv_* names to them.
///
/// centavo_decimal(text VARCHAR) -> DECIMAL(38,21)   exact; '' and null -> null; error naming the text otherwise
/// centavo_decimal(number DOUBLE) -> DECIMAL(38,21)  the shortest decimal that is this double; NaN, infinity are errors
/// centavo_decimal(HUGEINT or DECIMAL(38,21))        every integer and decimal comes here, never through a double
/// centavo_try_decimal(...)                          the same, null where the other fails
/// centavo_map(key VARCHAR, value VARCHAR, ...) -> MAP(VARCHAR, VARCHAR)   pairs with null or '' values left out;
///     keys must be distinct
/// centavo_valid_cpf(VARCHAR) -> BOOLEAN, centavo_valid_cnpj(VARCHAR) -> BOOLEAN   with or without punctuation;
///     null -> null. What is valid: tax_ids.h
/// centavo_convert(amount DECIMAL(38,21), rate DECIMAL(20,12)) -> DECIMAL(38,21)   the product, exact and rounded once,
/// half
///     away from zero; null -> null; an error when it needs more than 38 digits
/// centavo_divide_rates(a DECIMAL(20,12), b DECIMAL(20,12)) -> DECIMAL(20,12)   likewise; an error for b = 0
/// centavo_product(a DECIMAL(38,21), b DECIMAL(38,21)), centavo_cost(quantity DECIMAL(38,21), price DECIMAL(38,21))
///     -> DECIMAL(38,21)   base/product.h; an error where that has no value. DuckDB divides 128 bits bit by bit, so
///     that the casts of the same in SQL cost ten times as much
/// centavo_split(before DECIMAL(38,21), amount DECIMAL(38,21), weights DECIMAL(38,21)[], digits INTEGER)
///     -> DECIMAL(38,21)[]   one step of a running split to so many digits behind the point: base/split.h
/// centavo_subunit_digits(currency VARCHAR) -> INTEGER   base/currency.h
/// centavo_keyed_hash(value VARCHAR, key VARCHAR) -> VARCHAR   HMAC-SHA-256 in lower hex; null -> null; '' as key is an
///     error
/// centavo_reading_hash(value VARCHAR) -> VARCHAR   the same with the key of Database::bind_reading_key

#include <string>

#include "base/result.h"

namespace centavo::duck {

struct RawConnection;  // wraps duckdb_connection

/// Registers all of the above. Called once per database by Database::open.
Status register_functions(RawConnection& connection);
Status register_reading_hash(RawConnection& connection, std::string key);

}  // namespace centavo::duck
