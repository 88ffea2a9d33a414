// Every function here takes care of nulls itself, answers the same for the same input, and reads whole blocks:
// DuckDB hands the C API flat vectors only.

#include "io/duck/functions.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/conversion.h"
#include "base/currency.h"
#include "base/decimal.h"
#include "base/power_of_ten.h"
#include "base/product.h"
#include "base/split.h"
#include "io/duck/keyed_hash.h"
#include "io/duck/raw.h"
#include "io/duck/tax_ids.h"

namespace centavo::duck {
namespace {

constexpr int kWidth = 38;
constexpr int kScale = 21;

// One argument of a block.
template <class T>
class Argument {
 public:
  Argument(duckdb_data_chunk chunk, idx_t place) {
    const duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, place);
    data_ = static_cast<T*>(duckdb_vector_get_data(vector));
    validity_ = duckdb_vector_get_validity(vector);
  }
  bool is_null(idx_t row) const { return validity_ != nullptr && (validity_[row / 64] >> (row % 64) & 1) == 0; }
  const T& operator[](idx_t row) const { return data_[row]; }

 private:
  T* data_ = nullptr;
  std::uint64_t* validity_ = nullptr;
};

std::string_view view_of(const duckdb_string_t& text) {
  const std::uint32_t length = text.value.inlined.length;
  return {length <= sizeof text.value.inlined.inlined ? text.value.inlined.inlined : text.value.pointer.ptr, length};
}

// The vector that a function fills.
class Answer {
 public:
  explicit Answer(duckdb_vector vector) : vector_(vector), data_(duckdb_vector_get_data(vector)) {}
  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }
  void set_null(idx_t row) {
    if (validity_ == nullptr) {
      duckdb_vector_ensure_validity_writable(vector_);
      validity_ = duckdb_vector_get_validity(vector_);
    }
    validity_[row / 64] &= ~(std::uint64_t{1} << (row % 64));
  }
  void set_text(idx_t row, std::string_view text) {
    duckdb_vector_assign_string_element_len(vector_, row, text.data(), text.size());
  }

 private:
  duckdb_vector vector_;
  void* data_;
  std::uint64_t* validity_ = nullptr;
};

void fail_call(duckdb_function_info info, const std::string& message) {
  duckdb_scalar_function_set_error(info, message.c_str());
}

// ---------- centavo_decimal, centavo_try_decimal

std::string reason_of(DecimalFault fault, std::string_view text) {
  constexpr std::size_t kShownMax = 100;
  const std::string shown =
      text.size() <= kShownMax ? std::string(text) : fmt::format("{}...", text.substr(0, kShownMax));
  switch (fault) {
    case DecimalFault::too_many_digits:
      return fmt::format("\"{}\" has more than {} digits behind the point", shown, kScale);
    case DecimalFault::too_large: return fmt::format("\"{}\" is too large for DECIMAL({},{})", shown, kWidth, kScale);
    default: return fmt::format("\"{}\" is not a number", shown);
  }
}

// The text of a double that reads back as the same double, with the fewest digits.
std::string_view shortest(double value, std::array<char, 32>& buffer) {
  const auto [end, fault] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  static_cast<void>(fault);  // 24 characters are the longest
  return {buffer.data(), static_cast<std::size_t>(end - buffer.data())};
}

template <class T>
struct NumberText;
template <>
struct NumberText<duckdb_string_t> {
  std::string_view operator()(const duckdb_string_t& text) { return view_of(text); }
};
template <>
struct NumberText<double> {
  std::array<char, 32> buffer;
  std::string_view operator()(double value) { return shortest(value, buffer); }
};

// Text and doubles: T says how the text of a value is found.
template <class T, bool null_on_fault>
void parse_block(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const Argument<T> numbers(input, 0);
  Answer answer(output);
  Int128* const out = answer.as<Int128>();
  NumberText<T> text_of;
  const idx_t count = duckdb_data_chunk_get_size(input);
  for (idx_t row = 0; row < count; ++row) {
    if (numbers.is_null(row)) {
      answer.set_null(row);
      continue;
    }
    const std::string_view text = text_of(numbers[row]);
    Int128 value = 0;
    const DecimalFault fault = parse_decimal(text, kScale, value);
    if (fault == DecimalFault::none) {
      std::memcpy(out + row, &value, sizeof value);
    } else if (null_on_fault || text.empty()) {
      answer.set_null(row);
    } else {
      return fail_call(info, reason_of(fault, text));
    }
  }
}

// Integers are exact as they are: without this overload DuckDB would hand them over as doubles.
template <bool null_on_fault>
void scale_block(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  static const Int128 kUnit = power_of_ten(kScale);
  static const Int128 kLimit = power_of_ten(kWidth - kScale);
  const Argument<duckdb_hugeint> numbers(input, 0);
  Answer answer(output);
  Int128* const out = answer.as<Int128>();
  const idx_t count = duckdb_data_chunk_get_size(input);
  for (idx_t row = 0; row < count; ++row) {
    if (numbers.is_null(row)) {
      answer.set_null(row);
      continue;
    }
    Int128 value = 0;
    std::memcpy(&value, &numbers[row], sizeof value);
    if (value < kLimit && value > -kLimit) {
      value *= kUnit;
      std::memcpy(out + row, &value, sizeof value);
    } else if (null_on_fault) {
      answer.set_null(row);
    } else {
      return fail_call(info, reason_of(DecimalFault::too_large, Decimal{value, 0}.text()));
    }
  }
}

// A decimal that is one already.
void copy_block(duckdb_function_info, duckdb_data_chunk input, duckdb_vector output) {
  const Argument<duckdb_hugeint> numbers(input, 0);
  Answer answer(output);
  const idx_t count = duckdb_data_chunk_get_size(input);
  for (idx_t row = 0; row < count; ++row) {
    if (numbers.is_null(row)) {
      answer.set_null(row);
    } else {
      std::memcpy(answer.as<Int128>() + row, &numbers[row], sizeof(Int128));
    }
  }
}

// ---------- centavo_map

struct Pair {
  std::string_view key;
  std::string_view value;
};

bool has_twice(const std::vector<Pair>& pairs, std::size_t first, std::string_view key) {
  for (std::size_t i = first; i < pairs.size(); ++i) {
    if (pairs[i].key == key) return true;
  }
  return false;
}

void set_texts(duckdb_vector vector, const std::vector<Pair>& pairs, std::string_view Pair::* member) {
  auto* const texts = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector));
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const std::string_view text = pairs[i].*member;
    if (text.size() > sizeof texts[i].value.inlined.inlined) {
      duckdb_vector_assign_string_element_len(vector, i, text.data(), text.size());
      continue;
    }
    texts[i] = {};  // a short text lies inside, behind it zeros
    texts[i].value.inlined.length = static_cast<std::uint32_t>(text.size());
    std::memcpy(texts[i].value.inlined.inlined, text.data(), text.size());
  }
}

void map_block(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  std::vector<Argument<duckdb_string_t>> arguments;
  for (idx_t i = 0; i < duckdb_data_chunk_get_column_count(input); ++i) arguments.emplace_back(input, i);
  const idx_t count = duckdb_data_chunk_get_size(input);
  auto* const entries = static_cast<duckdb_list_entry*>(duckdb_vector_get_data(output));
  std::vector<Pair> pairs;
  for (idx_t row = 0; row < count; ++row) {
    const std::size_t first = pairs.size();
    for (std::size_t i = 0; i + 1 < arguments.size(); i += 2) {
      if (arguments[i].is_null(row) || arguments[i + 1].is_null(row)) continue;
      const Pair pair{view_of(arguments[i][row]), view_of(arguments[i + 1][row])};
      if (pair.value.empty()) continue;
      if (has_twice(pairs, first, pair.key))
        return fail_call(info, fmt::format("the key \"{}\" comes twice", pair.key));
      pairs.push_back(pair);
    }
    entries[row] = {first, pairs.size() - first};
  }
  duckdb_list_vector_reserve(output, pairs.size());
  duckdb_list_vector_set_size(output, pairs.size());
  const duckdb_vector child = duckdb_list_vector_get_child(output);
  set_texts(duckdb_struct_vector_get_child(child, 0), pairs, &Pair::key);
  set_texts(duckdb_struct_vector_get_child(child, 1), pairs, &Pair::value);
}

void check_map_arguments(duckdb_bind_info info) {
  if (duckdb_scalar_function_bind_get_argument_count(info) % 2 != 0) {
    duckdb_scalar_function_bind_set_error(info, "centavo_map takes keys and values in turn: a value is missing");
  }
}

// ---------- centavo_valid_cpf, centavo_valid_cnpj, centavo_keyed_hash

template <bool (*is_valid)(std::string_view)>
void validate_block(duckdb_function_info, duckdb_data_chunk input, duckdb_vector output) {
  const Argument<duckdb_string_t> texts(input, 0);
  Answer answer(output);
  const idx_t count = duckdb_data_chunk_get_size(input);
  for (idx_t row = 0; row < count; ++row) {
    if (texts.is_null(row)) {
      answer.set_null(row);
    } else {
      answer.as<bool>()[row] = is_valid(view_of(texts[row]));
    }
  }
}

void hash_block(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const Argument<duckdb_string_t> values(input, 0);
  const Argument<duckdb_string_t> keys(input, 1);
  Answer answer(output);
  KeyedHash hash;
  const idx_t count = duckdb_data_chunk_get_size(input);
  for (idx_t row = 0; row < count; ++row) {
    if (values.is_null(row) || keys.is_null(row)) {
      answer.set_null(row);
      continue;
    }
    if (view_of(keys[row]).empty()) return fail_call(info, "centavo_keyed_hash: the key is empty");
    const auto hex = hash.hex(view_of(keys[row]), view_of(values[row]));
    if (!hex) return fail_call(info, "centavo_keyed_hash: HMAC-SHA-256 failed");
    answer.set_text(row, {hex->data(), hex->size()});
  }
}

void reading_hash_block(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const Argument<duckdb_string_t> values(input, 0);
  const auto& key = *static_cast<const std::string*>(duckdb_scalar_function_get_extra_info(info));
  Answer answer(output);
  KeyedHash hash;
  const idx_t count = duckdb_data_chunk_get_size(input);
  for (idx_t row = 0; row < count; ++row) {
    if (values.is_null(row)) {
      answer.set_null(row);
      continue;
    }
    const auto hex = hash.hex(key, view_of(values[row]));
    if (!hex) return fail_call(info, "centavo_reading_hash: HMAC-SHA-256 failed");
    answer.set_text(row, {hex->data(), hex->size()});
  }
}

// ---------- centavo_split, centavo_subunit_digits

// before, amount, weights, digits: the parts of one step of a running split.
void split_block(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const Argument<duckdb_hugeint> before(input, 0);
  const Argument<duckdb_hugeint> amounts(input, 1);
  const Argument<duckdb_list_entry> lists(input, 2);
  const Argument<std::int32_t> digits(input, 3);
  const duckdb_vector child = duckdb_list_vector_get_child(duckdb_data_chunk_get_vector(input, 2));
  const auto* const all = static_cast<const duckdb_hugeint*>(duckdb_vector_get_data(child));
  Answer answer(output);
  auto* const entries = answer.as<duckdb_list_entry>();
  const idx_t count = duckdb_data_chunk_get_size(input);
  std::vector<Int128> parts, weights, own;
  for (idx_t row = 0; row < count; ++row) {
    entries[row] = {parts.size(), 0};
    if (before.is_null(row) || amounts.is_null(row) || lists.is_null(row) || digits.is_null(row)) {
      answer.set_null(row);
      continue;
    }
    if (digits[row] < 0 || digits[row] > kScale)
      return fail_call(info, fmt::format("cv_split: digits are 0 to {}, not {}", kScale, digits[row]));
    const duckdb_list_entry list = lists[row];
    own.resize(list.length);
    weights.resize(list.length);
    if (list.length > 0) std::memcpy(weights.data(), all + list.offset, list.length * sizeof(Int128));
    Int128 start = 0, amount = 0;
    std::memcpy(&start, &before[row], sizeof start);
    std::memcpy(&amount, &amounts[row], sizeof amount);
    const auto done = split_step(start, amount, weights, power_of_ten(kScale - digits[row]), own);
    if (!done) return fail_call(info, done.error().message);
    entries[row].length = list.length;
    parts.insert(parts.end(), own.begin(), own.end());
  }
  duckdb_list_vector_reserve(output, parts.size());
  duckdb_list_vector_set_size(output, parts.size());
  if (!parts.empty())
    std::memcpy(duckdb_vector_get_data(duckdb_list_vector_get_child(output)), parts.data(),
                parts.size() * sizeof(Int128));
}

void digits_block(duckdb_function_info, duckdb_data_chunk input, duckdb_vector output) {
  const Argument<duckdb_string_t> currencies(input, 0);
  Answer answer(output);
  const idx_t count = duckdb_data_chunk_get_size(input);
  for (idx_t row = 0; row < count; ++row) {
    if (currencies.is_null(row)) {
      answer.set_null(row);
    } else {
      answer.as<std::int32_t>()[row] = subunit_digits(view_of(currencies[row]));
    }
  }
}

// ---------- centavo_convert, centavo_divide_rates, centavo_product, centavo_cost

std::string no_place(std::string_view left, std::string_view word, std::string_view right) {
  return fmt::format("{} {} {} has no place in the digits of its type", left, word, right);
}
std::string not_converted(Int128 amount, Int128 rate) {
  return no_place(Decimal{amount, kScale}.shortest(), "at the rate", Decimal{rate, kRateScale}.shortest());
}
std::string not_divided(Int128 numerator, Int128 denominator) {
  return no_place(Decimal{numerator, kRateScale}.shortest(), "over", Decimal{denominator, kRateScale}.shortest());
}
std::string not_multiplied(Int128 left, Int128 right) {
  return fmt::format("{} times {}: one of them is out of range", Decimal{left, kScale}.shortest(),
                     Decimal{right, kScale}.shortest());
}

// Two decimals make one; `fault` says why they make none.
template <std::optional<Int128> (*compute)(Int128, Int128), std::string (*fault)(Int128, Int128)>
void pair_block(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const Argument<duckdb_hugeint> left(input, 0);
  const Argument<duckdb_hugeint> right(input, 1);
  Answer answer(output);
  const idx_t count = duckdb_data_chunk_get_size(input);
  for (idx_t row = 0; row < count; ++row) {
    if (left.is_null(row) || right.is_null(row)) {
      answer.set_null(row);
      continue;
    }
    Int128 a = 0, b = 0;
    std::memcpy(&a, &left[row], sizeof a);
    std::memcpy(&b, &right[row], sizeof b);
    const auto value = compute(a, b);
    if (!value) return fail_call(info, fault(a, b));
    std::memcpy(answer.as<Int128>() + row, &*value, sizeof *value);
  }
}

// ---------- registration

RawType decimal_type() { return RawType(duckdb_create_decimal_type(kWidth, kScale)); }
RawType simple_type(duckdb_type id) { return RawType(duckdb_create_logical_type(id)); }

RawFunction function_of(const char* name, const std::vector<const RawType*>& parameters, const RawType& returns,
                        duckdb_scalar_function_t body) {
  RawFunction function(duckdb_create_scalar_function());
  duckdb_scalar_function_set_name(function.get(), name);
  for (const RawType* parameter : parameters) duckdb_scalar_function_add_parameter(function.get(), parameter->get());
  duckdb_scalar_function_set_return_type(function.get(), returns.get());
  duckdb_scalar_function_set_special_handling(function.get());
  duckdb_scalar_function_set_function(function.get(), body);
  return function;
}

Status check(duckdb_state state, const char* name) {
  if (state == DuckDBSuccess) return {};
  return fail(ErrorKind::internal, "register the function {}", name);
}

template <bool null_on_fault>
Status register_decimal(duckdb_connection connection, const char* name) {
  const RawType text = simple_type(DUCKDB_TYPE_VARCHAR);
  const RawType real = simple_type(DUCKDB_TYPE_DOUBLE);
  const RawType whole = simple_type(DUCKDB_TYPE_HUGEINT);
  const RawType decimal = decimal_type();
  RawFunctionSet set(duckdb_create_scalar_function_set(name));
  for (const RawFunction& overload : {function_of(name, {&text}, decimal, parse_block<duckdb_string_t, null_on_fault>),
                                      function_of(name, {&real}, decimal, parse_block<double, null_on_fault>),
                                      function_of(name, {&whole}, decimal, scale_block<null_on_fault>),
                                      function_of(name, {&decimal}, decimal, copy_block)}) {
    TRY(check(duckdb_add_scalar_function_to_set(set.get(), overload.get()), name));
  }
  return check(duckdb_register_scalar_function_set(connection, set.get()), name);
}

Status register_map(duckdb_connection connection) {
  const RawType text = simple_type(DUCKDB_TYPE_VARCHAR);
  const RawType map(duckdb_create_map_type(text.get(), text.get()));
  const RawFunction function = function_of("centavo_map", {}, map, map_block);
  duckdb_scalar_function_set_varargs(function.get(), text.get());
  duckdb_scalar_function_set_bind(function.get(), check_map_arguments);
  return check(duckdb_register_scalar_function(connection, function.get()), "centavo_map");
}

}  // namespace

Status register_functions(RawConnection& connection) {
  const RawType text = simple_type(DUCKDB_TYPE_VARCHAR);
  const RawType truth = simple_type(DUCKDB_TYPE_BOOLEAN);
  const RawType amount = decimal_type();
  const RawType rate(duckdb_create_decimal_type(kRateDigits, kRateScale));
  TRY(register_decimal<false>(connection.handle, "centavo_decimal"));
  TRY(register_decimal<true>(connection.handle, "centavo_try_decimal"));
  TRY(register_map(connection.handle));
  const auto add = [&](const char* name, const std::vector<const RawType*>& parameters, const RawType& returns,
                       duckdb_scalar_function_t body) {
    const RawFunction function = function_of(name, parameters, returns, body);
    return check(duckdb_register_scalar_function(connection.handle, function.get()), name);
  };
  TRY(add("centavo_valid_cpf", {&text}, truth, validate_block<is_cpf>));
  TRY(add("centavo_valid_cnpj", {&text}, truth, validate_block<is_cnpj>));
  TRY(add("centavo_convert", {&amount, &rate}, amount, pair_block<convert_amount, not_converted>));
  TRY(add("centavo_product", {&amount, &amount}, amount, pair_block<product_of_amounts, not_multiplied>));
  TRY(add("centavo_cost", {&amount, &amount}, amount, pair_block<cost_of_quantity, not_multiplied>));
  TRY(add("centavo_divide_rates", {&rate, &rate}, rate, pair_block<divide_rates, not_divided>));
  const RawType amounts(duckdb_create_list_type(amount.get()));
  const RawType whole = simple_type(DUCKDB_TYPE_INTEGER);
  TRY(add("centavo_split", {&amount, &amount, &amounts, &whole}, amounts, split_block));
  TRY(add("centavo_subunit_digits", {&text}, whole, digits_block));
  return add("centavo_keyed_hash", {&text, &text}, text, hash_block);
}

Status register_reading_hash(RawConnection& connection, std::string key) {
  if (key.empty()) return fail(ErrorKind::internal, "the reading key is empty");
  const RawType text = simple_type(DUCKDB_TYPE_VARCHAR);
  const RawFunction function = function_of("centavo_reading_hash", {&text}, text, reading_hash_block);
  duckdb_scalar_function_set_extra_info(function.get(), new std::string(std::move(key)),
                                        [](void* kept) { delete static_cast<std::string*>(kept); });
  return check(duckdb_register_scalar_function(connection.handle, function.get()), "centavo_reading_hash");
}

}  // namespace centavo::duck
