#include "app/document/lineage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace centavo::document {
namespace {

using ::testing::HasSubstr;

Lineage two_chains() {
  Lineage lineage;
  lineage.nodes = {{"source a", "source", "x"}, {"bronze.a", "bronze", "x"}, {"bronze.b", "bronze", "x"},
                   {"silver.a", "silver", "x"}, {"gold.a", "gold", "x"},     {"gold.b", "gold", "x"}};
  lineage.edges = {{"source a", "bronze.a"},
                   {"bronze.a", "silver.a"},
                   {"silver.a", "gold.a"},
                   {"bronze.b", "gold.b"},
                   {"silver.a", "gold.b"}};
  return lineage;
}

TEST(Lineage, AroundATableIsWhatItComesFromAndGoesInto) {
  const auto part = around(two_chains(), "silver.a");
  ASSERT_TRUE(part);
  EXPECT_EQ(
      to_text(*part),
      "source a\nbronze.a\n  <- source a\nsilver.a\n  <- bronze.a\ngold.a\n  <- silver.a\ngold.b\n  <- silver.a\n");
}

TEST(Lineage, OfAnUnknownTableNamesTheNearest) {
  const auto part = around(two_chains(), "silver.aa");
  ASSERT_FALSE(part);
  EXPECT_EQ(part.error().kind, ErrorKind::not_found);
  EXPECT_EQ(part.error().hint, "did you mean \"silver.a\"?");
}

TEST(Lineage, IsDrawnForOthers) {
  const Lineage lineage = two_chains();
  EXPECT_THAT(to_dot(lineage), HasSubstr("\"bronze.a\" -> \"silver.a\";"));
  EXPECT_THAT(to_mermaid(lineage), HasSubstr("n0([\"source a\"])"));
  EXPECT_THAT(to_mermaid(lineage), HasSubstr("n0 --> n1"));
  EXPECT_EQ(to_json(lineage)["edges"].size(), 5U);
}

}  // namespace
}  // namespace centavo::document
