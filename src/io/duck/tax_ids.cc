#include "io/duck/tax_ids.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace centavo::duck {
namespace {

// The `count` characters without punctuation, as their values; false when there are more, fewer or others.
template <std::size_t count>
bool read(std::string_view text, bool letters, std::array<int, count>& out) {
  std::size_t filled = 0;
  for (const char c : text) {
    if (c == '.' || c == '-' || c == '/' || c == ' ') continue;
    const bool digit = c >= '0' && c <= '9';
    const bool letter = letters && filled + 2 < count && c >= 'A' && c <= 'Z';
    if (filled == count || (!digit && !letter)) return false;
    out[filled++] = c - '0';
  }
  return filled == count && !std::all_of(out.begin(), out.end(), [&](int v) { return v == out[0]; });
}

// The check digit of the first `length` values, whose weights count up from 2 at the last one, to `weight_max`.
template <std::size_t count>
int check_digit(const std::array<int, count>& values, std::size_t length, int weight_max) {
  int sum = 0;
  int weight = 2;
  for (std::size_t i = length; i-- > 0;) {
    sum += values[i] * weight;
    weight = weight == weight_max ? 2 : weight + 1;
  }
  const int rest = sum % 11;
  return rest < 2 ? 0 : 11 - rest;
}

template <std::size_t count>
bool is_valid(std::string_view text, bool letters, int weight_max) {
  std::array<int, count> values{};
  return read(text, letters, values) && check_digit(values, count - 2, weight_max) == values[count - 2] &&
         check_digit(values, count - 1, weight_max) == values[count - 1];
}

}  // namespace

bool is_cpf(std::string_view text) { return is_valid<11>(text, false, 11); }
bool is_cnpj(std::string_view text) { return is_valid<14>(text, true, 9); }

}  // namespace centavo::duck
