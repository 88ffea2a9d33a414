#include "flow/connect/path_deliveries.h"

namespace centavo {
namespace {

constexpr const char* kDays = "^(.*day=[^/]+)/(?:run=([^/]+)/)?";

SourceFiles listing_of(const std::vector<std::string>& paths) {
  SourceFiles out;
  for (const std::string& path : paths) out.files.push_back({path, "/in/" + path, 1, 1});
  return out;
}

TEST(PathDeliveries, TheNewestRunOfADayCounts) {
  const auto found = PathDeliveries::find(
      kDays, listing_of({"a/day=2026-09-01/run=1/x", "a/day=2026-09-01/run=2/x", "a/day=2026-09-02/run=1/x", "b.json"}),
      {});
  EXPECT_TRUE(found->is_superseded("a/day=2026-09-01/run=1/x"));
  EXPECT_FALSE(found->is_superseded("a/day=2026-09-01/run=2/x"));
  EXPECT_FALSE(found->is_superseded("a/day=2026-09-02/run=1/x"));
  EXPECT_FALSE(found->is_superseded("b.json"));
  EXPECT_EQ(found->unit_of("a/day=2026-09-01/run=1/x"), "a/day=2026-09-01");
  EXPECT_EQ(found->unit_of("b.json"), "");
}

TEST(PathDeliveries, ARunBeatsFilesWithoutOne) {
  const auto found = PathDeliveries::find(kDays, listing_of({"day=1/x", "day=1/run=0/x", "day=2/x", "day=2/y"}), {});
  EXPECT_TRUE(found->is_superseded("day=1/x"));
  EXPECT_FALSE(found->is_superseded("day=2/x"));
  EXPECT_FALSE(found->is_superseded("day=2/y"));
}

TEST(PathDeliveries, AnOlderRunDoesNotComeBackWhenTheNewerLeaves) {
  const auto found = PathDeliveries::find(kDays, listing_of({"day=1/run=1/x"}), {"day=1/run=2/x", "day=7/run=1/x"});
  EXPECT_TRUE(found->is_superseded("day=1/run=1/x"));
  EXPECT_FALSE(found->is_superseded("day=1/run=2/x"));
  EXPECT_FALSE(found->has_files_now("day=1/run=2/x"));
  EXPECT_TRUE(
      PathDeliveries::find(kDays, listing_of({"day=1/run=2/y"}), {"day=1/run=1/x"})->has_files_now("day=1/run=1/x"));
  EXPECT_FALSE(found->has_files_now("day=7/run=1/x"));
}

TEST(PathDeliveries, WithoutAPatternEachFileStandsForItself) {
  const auto found = PathDeliveries::find("", listing_of({"day=1/run=1/x", "day=1/run=2/x"}), {});
  EXPECT_FALSE(found->is_superseded("day=1/run=1/x"));
  EXPECT_EQ(PathDeliveries::find("(", listing_of({}), {}).error().kind, ErrorKind::invalid_argument);
}

}  // namespace
}  // namespace centavo
