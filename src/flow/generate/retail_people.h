#pragma once
/// \file flow/generate/retail_people.h
/// Customers who do not exist: invented names, e-mail addresses under example domains, CPFs with right check digits,
/// card numbers of an industry digit that no issuer has.

#include <cstdint>
#include <string>

#include "flow/generate/random.h"

namespace centavo::generate {

struct Person {
  std::string customer_id, name, email, cpf, card, city;
};

/// The customer that `seed` and `index` decide.
Person person_of(std::uint64_t seed, std::int64_t index);

/// The 11 digits with a check digit that is off.
std::string with_wrong_check_digit(std::string cpf);
/// 529.982.247-25
std::string with_points(const std::string& cpf);

}  // namespace centavo::generate
