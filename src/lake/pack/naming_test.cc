#include "lake/pack/naming.h"

namespace centavo {
namespace {

TEST(Naming, OneColumnWhateverItsCaseAndLanguage) {
  pack::SourceKind source;
  source.lower_case = true;
  source.original_in_parentheses = true;
  for (const char* name :
       {"SubscriptionGuid", "subscriptionGuid", "SUBSCRIPTIONGUID", "Abonnement-GUID (SubscriptionGuid)"})
    EXPECT_EQ(bronze_name(source, name), "subscriptionguid") << name;
  EXPECT_EQ(bronze_name(source, "Cost ()"), "cost___");
  EXPECT_EQ(bronze_name(source, "(x"), "_x");
  source.rename["Cost"] = "amount";
  EXPECT_EQ(bronze_name(source, "Cost"), "amount");
}

TEST(Naming, AsDeliveredKeepsCaseAndParentheses) {
  EXPECT_EQ(bronze_name(pack::SourceKind{}, "Kosten (PreTaxCost)"), "Kosten__PreTaxCost_");
}

TEST(Naming, SnakeCaseIsTheRuleOfAthena) {
  pack::SourceKind source;
  source.snake_case = true;
  EXPECT_EQ(bronze_name(source, "reservation/ReservationARN"), "reservation_reservation_a_r_n");
}

}  // namespace
}  // namespace centavo
