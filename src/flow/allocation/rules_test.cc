#include "flow/allocation/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow/allocation/compile.h"

namespace centavo {
namespace {

using testing::HasSubstr;
using testing::Not;

const pack::Library& library() {
  static const auto loaded = pack::Library::load({});
  return *loaded;
}

Allocation rules_of(const std::map<std::string, std::string>& files) {
  const auto read = read_allocation(library(), files);
  EXPECT_TRUE(read) << (read ? "" : read.error().message);
  return read && *read ? **read : Allocation();
}

std::string mistake_in(const std::string& text) {
  const auto read = read_allocation(library(), {{"a.yaml", text}});
  EXPECT_FALSE(read) << text;
  return read ? std::string() : read.error().message;
}

constexpr const char* kTag = "virtual_tag: team\nrules:\n  - {name: own, value_sql: \"cv_map_get(Tags, 'team')\"}\n";

TEST(AllocationRules, NoFilesAreNoRules) {
  const auto read = read_allocation(library(), {});
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->has_value());
}

TEST(AllocationRules, ATagAloneIsWhatPays) { EXPECT_EQ(rules_of({{"tag.yaml", kTag}}).pays, "team"); }

TEST(AllocationRules, ALaterTagMayReadAnEarlierAndNotTheOtherWayRound) {
  const std::string unit = "virtual_tag: unit\nrules:\n  - {name: u, where: \"team = 'ads'\", value: sales}\n";
  EXPECT_EQ(rules_of({{"1.yaml", kTag}, {"2.yaml", unit}}).tags.size(), 2U);
  const auto read = read_allocation(library(), {{"1.yaml", unit}, {"2.yaml", kTag}});
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, HasSubstr("unknown column \"team\""));
}

TEST(AllocationRules, EveryMistakeIsToldAtOnceWithItsLine) {
  const std::string message = mistake_in(
      "virtual_tag: Team\n"
      "rules:\n"
      "  - {name: a, value: x, valid_from: 2026-13-01}\n"
      "  - {name: b, value: x, value_sql: y}\n"
      "  - {name: c, value_sql: \"random()\"}\n");
  EXPECT_THAT(message, HasSubstr("5 mistakes"));
  EXPECT_THAT(message, HasSubstr("allocation/a.yaml:1: \"Team\" is no name of a tag"));
  EXPECT_THAT(message, HasSubstr("allocation/a.yaml:3: \"valid_from\""));
  EXPECT_THAT(message, HasSubstr("allocation/a.yaml:4: rule b says several kinds of values"));
  EXPECT_THAT(message, HasSubstr("allocation/a.yaml:5: rule c: value_sql"));
}

TEST(AllocationRules, AHierarchyNamesWhoStandsUnderIt) {
  const auto rules = rules_of({{"0.yaml", kTag},
                               {"1.yaml",
                                "allocation: team\nrules:\n"
                                "  - {name: r, take: {cost_centre: shared}, split: even, to: {under: b}}\n"},
                               {"2.yaml", "hierarchy: {a: [b, c], b: [d, e], e: [f]}\n"}});
  EXPECT_THAT(rules.splits.front().to, testing::UnorderedElementsAre("d", "e", "f"));
}

TEST(AllocationRules, ACircleIsNamed) {
  const auto read = read_allocation(library(), {{"0.yaml", kTag},
                                                {"1.yaml",
                                                 "allocation: team\nrules:\n"
                                                 "  - {name: x, take: {cost_centre: a}, split: even, to: [b, z]}\n"
                                                 "  - {name: y, take: {cost_centre: b}, split: fixed, shares: {c: 1}}\n"
                                                 "  - {name: z, take: {cost_centre: c}, split: even, to: [a]}\n"}});
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, HasSubstr("a -(x)-> b -(y)-> c -(z)-> a"));
}

TEST(AllocationSql, ARuleLeavesNoTraceInPeriodsInWhichItCannotHold) {
  const std::string old = "virtual_tag: team\nrules:\n  - {name: own, value: x}\n";
  const std::string dated = old + "  - {name: new, value: y, valid_from: 2026-10-01, recorded_at: 2026-10-20}\n";
  const auto before = rules_of({{"a.yaml", old}});
  const auto after = rules_of({{"a.yaml", dated}});
  EXPECT_EQ(allocated_cost_sql(before, "2026-09"), allocated_cost_sql(after, "2026-09"));
  EXPECT_NE(allocated_cost_sql(before, "2026-10"), allocated_cost_sql(after, "2026-10"));
  const auto pinned = rules_of({{"a.yaml", dated}, {"b.yaml", "as_recorded: {2026-10: 2026-10-05}\n"}});
  EXPECT_EQ(allocated_cost_sql(before, "2026-10"), allocated_cost_sql(pinned, "2026-10"));
}

TEST(AllocationSql, AMonthThatARuleHoldsInWhollyAsksForNoDay) {
  const auto rules = rules_of(
      {{"a.yaml",
        "virtual_tag: team\nrules:\n  - {name: r, value: x, valid_from: 2026-09-01, valid_to: 2026-09-30}\n"}});
  EXPECT_THAT(allocated_cost_sql(rules, "2026-09"), Not(HasSubstr("2026-09-30")));
  const auto part =
      rules_of({{"a.yaml", "virtual_tag: team\nrules:\n  - {name: r, value: x, valid_to: 2026-09-15}\n"}});
  EXPECT_THAT(allocated_cost_sql(part, "2026-09"), HasSubstr("centavo_day <= cast('2026-09-15' as date)"));
}

TEST(AllocationSql, TextOfRulesIsOnlyEverText) {
  const auto rules = rules_of({{"a.yaml", "virtual_tag: team\nrules:\n  - {name: r, value: \"x' or 1=1 --\"}\n"}});
  EXPECT_THAT(allocated_cost_sql(rules, "2026-09"), HasSubstr("'x'' or 1=1 --'"));
}

}  // namespace
}  // namespace centavo
