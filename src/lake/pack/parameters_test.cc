#include "lake/pack/parameters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lake/pack/shop_pack.h"

namespace centavo::pack {
namespace {

using testing::HasSubstr;

Parameter parameter(std::string type) {
  Parameter out;
  out.name = "carry";
  out.type = std::move(type);
  return out;
}

std::string refused(const Parameter& parameter, std::string_view text) {
  const auto value = parameter_value(parameter, text);
  return value ? "taken: " + *value : value.error().message;
}

TEST(Parameters, AreValuesOfTheirType) {
  EXPECT_EQ(refused(parameter("INTEGER"), "1e2"), "taken: 100");
  EXPECT_EQ(refused(parameter("INTEGER"), "7.5"), "parameter carry: \"7.5\" is not a whole number");
  EXPECT_EQ(refused(parameter("VARCHAR"), ""), "taken: ");
  EXPECT_EQ(refused(parameter("DATE"), "2026-02-30"), "parameter carry: \"2026-02-30\" is not a date");
}

TEST(Parameters, KeepToTheirLimits) {
  Parameter days = parameter("INTEGER");
  days.min = "0";
  days.max = "28";
  EXPECT_EQ(refused(days, "0"), "taken: 0");
  EXPECT_EQ(refused(days, "28"), "taken: 28");
  EXPECT_EQ(refused(days, "29"), "parameter carry: 29 is not 0 to 28");
  EXPECT_EQ(refused(days, "-1"), "parameter carry: -1 is not 0 to 28");
  days.max = "";
  EXPECT_EQ(refused(days, "-1"), "parameter carry: -1 is not at least 0");
  EXPECT_EQ(refused(days, "1000"), "taken: 1000");
  Parameter words = parameter("VARCHAR");
  words.accepted = {"charge", "period_end"};
  EXPECT_EQ(refused(words, "period_end"), "taken: period_end");
  EXPECT_EQ(refused(words, "noon"), "parameter carry: \"noon\" is none of its values");
  EXPECT_EQ(parameter_value(words, "noon").error().hint, "write one of charge, period_end");
}

TEST(Parameters, MayBeSeveralOfTheirValues) {
  Parameter clouds = parameter("VARCHAR");
  clouds.accepted = {"AWS", "AZURE"};
  clouds.separator = "|";
  for (const char* good : {"", "AWS", "AZURE|AWS"}) EXPECT_EQ(refused(clouds, good), "taken: " + std::string(good));
  for (const char* bad : {"Azur", "AWS|", "|AWS", "AWS||AZURE", "AWS,AZURE", "AWS|azur"})
    EXPECT_EQ(refused(clouds, bad), fmt::format("parameter carry: \"{}\" is none of its values", bad));
  EXPECT_EQ(parameter_value(clouds, "x").error().hint, "write of AWS, AZURE, with | between");
  clouds.accepted.resize(40, "AWS");
  clouds.description = "clouds that bill";
  EXPECT_EQ(parameter_value(clouds, "x").error().hint, "clouds that bill");
}

TEST(Parameters, OfNoPackAreNamed) {
  const auto library = Library::from_files({{"shop", shop_files()}});
  ASSERT_TRUE(library) << library.error().message;
  EXPECT_TRUE(check_parameters(*library, {{"large_from", "7"}}));
  EXPECT_THAT(check_parameters(*library, {{"large_from", "much"}}).error().message,
              HasSubstr("\"much\" is not a number"));
  const auto unknown = check_parameters(*library, {{"larg_from", "7"}});
  EXPECT_EQ(unknown.error().message, "no pack has a parameter \"larg_from\"");
  EXPECT_EQ(unknown.error().hint, "did you mean \"large_from\"?");
  // A tenant's values may be of other packs.
  EXPECT_TRUE(check_parameters(library->packs().at("shop"), {{"of_another", "x"}}));
}

}  // namespace
}  // namespace centavo::pack
