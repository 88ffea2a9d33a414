#include "base/currency.h"

#include <algorithm>
#include <array>

namespace centavo {
namespace {

constexpr std::array<std::string_view, 17> kWhole = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG",
                                                     "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"};
constexpr std::array<std::string_view, 7> kThousandths = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};
constexpr std::array<std::string_view, 2> kTenThousandths = {"CLF", "UYW"};
constexpr int kVarianceDigits = 6;
constexpr std::int64_t kSubunitsAlways = 100;

template <class List>
bool has(const List& list, std::string_view currency) {
  return std::find(list.begin(), list.end(), currency) != list.end();
}

// The largest number whose square is not above `value`.
UInt128 square_root(UInt128 value) {
  UInt128 low = 0;
  UInt128 high = static_cast<UInt128>(1) << 63;
  while (low < high) {
    const UInt128 middle = low + (high - low + 1) / 2;
    if (middle * middle <= value)
      low = middle;
    else
      high = middle - 1;
  }
  return low;
}

Decimal size_of(const Decimal& amount) { return {amount.value < 0 ? -amount.value : amount.value, amount.scale}; }

}  // namespace

int subunit_digits(std::string_view currency) {
  if (has(kWhole, currency)) return 0;
  if (has(kThousandths, currency)) return 3;
  return has(kTenThousandths, currency) ? 4 : 2;
}

Decimal rounding_variance(std::string_view currency, std::int64_t rows) {
  constexpr UInt128 kUnit = 1'000'000;  // 10^kVarianceDigits
  const UInt128 by_rows = square_root(static_cast<UInt128>(std::max<std::int64_t>(rows, 0)) * kUnit * kUnit) / 2;
  const UInt128 limit = std::max(by_rows, kSubunitsAlways * kUnit);
  return {static_cast<Int128>(limit), kVarianceDigits + subunit_digits(currency)};
}

Result<std::int64_t> in_subunits(const Decimal& amount, std::string_view currency) {
  Decimal size = size_of(amount);
  const int digits = subunit_digits(currency);
  for (; size.scale < digits; ++size.scale) {
    if (__builtin_mul_overflow(size.value, 10, &size.value))
      return fail(ErrorKind::invalid_argument, "{} {} is out of range", amount.text(), currency);
  }
  Int128 unit = 1;
  for (int i = digits; i < size.scale; ++i) unit *= 10;
  const Int128 whole = size.value / unit;
  const Int128 rest = size.value % unit;
  const Int128 rounded = whole + (rest >= unit - rest ? 1 : 0);
  if (rounded > INT64_MAX) return fail(ErrorKind::invalid_argument, "{} {} is out of range", amount.text(), currency);
  return static_cast<std::int64_t>(amount.value < 0 ? -rounded : rounded);
}

int compare_sizes(const Decimal& a, const Decimal& b) {
  const auto difference = subtract(size_of(a), size_of(b));
  if (!difference) return a.text().size() < b.text().size() ? -1 : 1;  // 38 digits apart
  return difference->value < 0 ? -1 : difference->value > 0 ? 1 : 0;
}

}  // namespace centavo
