#include "base/product.h"

#include <gtest/gtest.h>

namespace centavo {
namespace {

constexpr int kScale = 21;

Int128 amount(std::string_view text) {
  Int128 out = 0;
  EXPECT_EQ(parse_decimal(text, kScale, out), DecimalFault::none) << text;
  return out;
}

std::string text(const std::optional<Int128>& value) { return value ? Decimal{*value, kScale}.shortest() : "none"; }

TEST(Product, OfAmountsIsExactToEighteenDigits) {
  EXPECT_EQ(text(product_of_amounts(amount("0.000000001"), amount("-0.000000003"))), "-0.000000000000000003");
  EXPECT_EQ(text(product_of_amounts(amount("999999999.999999999"), amount("1"))), "999999999.999999999");
}

TEST(Product, OfAmountsRoundsTheFactorsHalfAwayFromZero) {
  EXPECT_EQ(text(product_of_amounts(amount("0.0000000005"), amount("1"))), "0.000000001");
  EXPECT_EQ(text(product_of_amounts(amount("-0.0000000005"), amount("1"))), "-0.000000001");
  EXPECT_EQ(text(product_of_amounts(amount("0.000000000499999999999"), amount("1"))), "0");
}

TEST(Product, OfAmountsThatAreTooLargeIsNone) {
  EXPECT_EQ(text(product_of_amounts(amount("1000000000"), amount("0"))), "none");
  EXPECT_EQ(text(product_of_amounts(amount("999999999"), amount("999999999"))), "none");
}

TEST(Product, OfAQuantityAndItsPriceIsRoundedOnce) {
  EXPECT_EQ(text(cost_of_quantity(amount("3.1415"), amount("0.1275"))), "0.40054125");
  EXPECT_EQ(text(cost_of_quantity(amount("0.000000000000000001"), amount("0.0005"))), "0.000000000000000000001");
  EXPECT_EQ(text(cost_of_quantity(amount("-0.000000000000000001"), amount("0.0005"))), "-0.000000000000000000001");
  EXPECT_EQ(text(cost_of_quantity(amount("0.000000000000000001"), amount("0.000499"))), "0");
  EXPECT_EQ(text(cost_of_quantity(amount("1"), amount("0.0000005"))), "0.000001");
}

TEST(Product, OfAQuantityOrPriceThatIsTooLargeIsNone) {
  EXPECT_EQ(text(cost_of_quantity(amount("100000000"), amount("1"))), "none");
  EXPECT_EQ(text(cost_of_quantity(amount("-100000000"), amount("1"))), "none");
  EXPECT_EQ(text(cost_of_quantity(amount("1"), amount("100000"))), "none");
  EXPECT_EQ(text(cost_of_quantity(amount("99999999"), amount("99999.999999"))), "9999999899900.000001");
}

}  // namespace
}  // namespace centavo
