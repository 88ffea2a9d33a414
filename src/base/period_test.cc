#include "base/period.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace centavo {
namespace {

TEST(Period, KnowsItsBorders) {
  const Period december = *Period::parse("2026-12");
  EXPECT_EQ(december.first(), "2026-12-01");
  EXPECT_EQ(december.end(), "2027-01-01");
  EXPECT_EQ(december.next().text(), "2027-01");
}

TEST(Period, RefusesWhatIsNotAMonth) {
  for (const char* text : {"", "2026", "2026-13", "2026-00", "26-09", "2026/09", "2026-9", "2026-09-01", "abcd-ef"}) {
    EXPECT_FALSE(Period::parse(text)) << text;
  }
}

TEST(Period, ReadsDatesInBothFormsOfTheBills) {
  EXPECT_EQ(Period::of_date("20190101T000000.000Z")->text(), "2019-01");
  EXPECT_EQ(Period::of_date("2026-05-01T00:00:00.000Z")->text(), "2026-05");
  EXPECT_FALSE(Period::of_date("x"));
  EXPECT_EQ(Period::of_month_first_date("09/30/2026")->text(), "2026-09");
  EXPECT_EQ(Period::of_month_first_date("2/1/2021 00:00:00")->text(), "2021-02");
  for (const char* text :
       {"", "/", "//", "30/09/2026", "9/30/26", "09/32/2026", "2026-09-30", "009/30/2026", "9/x/2026"}) {
    EXPECT_FALSE(Period::of_month_first_date(text)) << text;
  }
}

TEST(PeriodRange, IncludesBothEnds) {
  EXPECT_EQ(parse_period_range("2026-11..2027-02")->all().size(), 4u);
  EXPECT_FALSE(parse_period_range("2026-11..2026-02"));
}

}  // namespace
}  // namespace centavo
