#include "lake/delta/skipping.h"

#include "lake/delta/stats_text.h"
#include "lake/delta/test_lake.h"

namespace centavo::delta {
namespace {

using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Optional;
using ::testing::SizeIs;

std::string bound(std::string_view type, std::string_view text, bool upper) {
  const auto json = bound_json(type, text, upper);
  return !json ? std::string("error") : json->value_or("none");
}

TEST(DeltaStats, BoundsKeepEveryDigitAndNeverLie) {
  EXPECT_EQ(bound("decimal(38,21)", "12345678901234567.123456789012345678901", true),
            "12345678901234567.123456789012345678901");
  EXPECT_EQ(bound("decimal(9,2)", "-.50", false), "-0.50");
  EXPECT_EQ(bound("date", "2026-09-30", true), "\"2026-09-30\"");
  EXPECT_EQ(bound("date", "infinity", true), "error");
  EXPECT_EQ(bound("date", "0044-03-15 (BC)", false), "error");
  EXPECT_EQ(bound("timestamp", "2026-09-30 23:59:59.999999+00", false), "\"2026-09-30T23:59:59.999Z\"");
  EXPECT_EQ(bound("timestamp", "2026-09-30 23:59:59.999999+00", true), "\"2026-10-01T00:00:00.000Z\"");
  EXPECT_EQ(bound("timestamp", "2026-09-30 23:59:59+00", true), "\"2026-09-30T23:59:59.000Z\"");
  EXPECT_EQ(bound("double", "1.5", true), "none");
  EXPECT_EQ(bound("boolean", "1", true), "none");
  EXPECT_EQ(bound("string", "São", true), "\"São\"");
  const std::string a31(31, 'a'), a32(32, 'a'), a40(40, 'a');
  EXPECT_EQ(bound("string", a31, true), "\"" + a31 + "\"");
  EXPECT_EQ(bound("string", a40, false), "\"" + a32 + "\"");
  EXPECT_EQ(bound("string", a40, true), "\"" + a32 + "\xF4\x8F\xBF\xBF\"");
  EXPECT_EQ(bound("string", "\xff\xfe", true), "none");
}

TEST(DeltaStats, DecimalBoundsFromDoublesAreWidened) {
  EXPECT_EQ(widen_decimal("1.5", 2)->low, "1.50");
  EXPECT_EQ(widen_decimal("1.5", 2)->high, "1.50");
  // 0.3 may have been 0.30000000000000000001 before a double took it.
  EXPECT_EQ(widen_decimal("0.3", 20)->high, "0.30000000000000100000");
  EXPECT_EQ(widen_decimal("-0.3", 20)->low, "-0.30000000000000100000");
  EXPECT_TRUE(widen_decimal("1.2345678901234568e16", 9));
  EXPECT_FALSE(widen_decimal("x", 2));
}

class DeltaSkipping : public ::testing::Test {
 protected:
  const Schema schema_ = schema_of({{"period", "DATE"},
                                    {"n", "INTEGER"},
                                    {"cost", "DECIMAL(38,9)"},
                                    {"name", "VARCHAR"},
                                    {"ts", "TIMESTAMP WITH TIME ZONE"},
                                    {"f", "DOUBLE"},
                                    {"note", "VARCHAR"},
                                    {"flag", "BOOLEAN"}});
  MemoryStore store_;
  std::optional<Snapshot> snapshot_;

  void SetUp() override {
    Table table = *Table::create(store_, test_engine(), "t", schema_, {"period"}, {});
    std::vector<NewFile> files;
    for (int i = 0; i < 8; ++i) {
      const PartitionValues values{
          {"period", i == 7 ? std::nullopt : std::optional(fmt::format("2026-0{}-01", 1 + i / 2))}};
      files.push_back(*write_file(
          store_, "t", schema_,
          fmt::format(
              "select {0} * 100 + i as n, (12345678901234567.123456789 + {0}) * 1.0 + i as cost, repeat('x', 40) || "
              "'{0}' || i as name, "
              "timestamptz '2026-01-01 00:00:00.0005+00' + interval ({0}) day as ts, case when i = 1 then "
              "'nan'::double else i end as f, "
              "case when {0} % 2 = 0 then null else 'note{0}' end as note, i % 2 = 0 as flag from range(3) r(i)",
              i),
          {"period"}, values));
    }
    ASSERT_THAT(table.append(*table.snapshot(), files, {}), IsOk());
    snapshot_ = *table.snapshot();
  }

  std::int64_t rows(const std::string& sql, const std::string& predicate) {
    duck::Connection connection = *test_engine().connect();
    const auto count = connection.value(fmt::format("select count(*) from {} as t where {}", sql, predicate));
    EXPECT_THAT(count, IsOk()) << predicate;
    return count ? std::stoll(**count) : -1;
  }
};

TEST_F(DeltaSkipping, NeverLosesARow) {
  const std::vector<std::string> predicates{"n = 203",
                                            "n = 201",
                                            "n < 100",
                                            "n <= 100",
                                            "n > 601",
                                            "n >= 602",
                                            "100 < n",
                                            "n between 200 and 302",
                                            "n in (1, 702)",
                                            "n <> 201",
                                            "not (n = 201)",
                                            "n is null",
                                            "n is not null",
                                            "cost = 12345678901234569.123456789",
                                            "cost > 12345678901234573.123456789",
                                            "cost < 12345678901234568",
                                            "name = repeat('x', 40) || '30'",
                                            "name >= 'x'",
                                            "name < 'y' and n < 5",
                                            "name > repeat('x', 33)",
                                            "ts = timestamptz '2026-01-04 00:00:00.0005+00'",
                                            "ts > timestamptz '2026-01-08 00:00:00.0004+00'",
                                            "ts >= date '2026-01-05'",
                                            "ts < '2026-01-02'",
                                            "f = 2",
                                            "f > 1e300",
                                            "f = 'nan'::double",
                                            "note is null",
                                            "note is not null",
                                            "note = 'note3'",
                                            "period = '2026-02-01'",
                                            "period = date '2026-02-01'",
                                            "period is null",
                                            "period is not null and n > 300",
                                            "period >= date '2026-01-01' + interval 2 month",
                                            "period in ('2026-01-01')",
                                            "flag",
                                            "flag = true",
                                            "n = 5 or note = 'note1'",
                                            "n = 5 and unknown_is_fine(1) is null or true",
                                            "length(name) > 3",
                                            "n + 1 = 202",
                                            "(n, note) = (101, 'note1')",
                                            "name like 'xx%'",
                                            "n = (select 201)",
                                            "n > -5",
                                            "-n < -700",
                                            "name > 5::varchar",
                                            "n = '201'",
                                            "cost > 1e16",
                                            "extract(month from period) = 2",
                                            "period < '2026-03-01' and period >= '2026-02-01'",
                                            "1 = 1",
                                            "false"};
  const std::string all = *snapshot_->select_sql();
  int skipped = 0;
  for (const std::string& predicate : predicates) {
    if (predicate.find("unknown_is_fine") != std::string::npos) continue;
    const auto files = snapshot_->files_for(predicate);
    ASSERT_THAT(files, IsOk()) << predicate;
    if (files->size() < 8) ++skipped;
    EXPECT_EQ(rows(*snapshot_->select_sql(*files), predicate), rows(all, predicate)) << predicate;
  }
  EXPECT_GT(skipped, 25);
}

TEST_F(DeltaSkipping, LeavesOutWhatCannotMatch) {
  const auto kept = [&](const std::string& predicate) { return snapshot_->files_for(predicate)->size(); };
  EXPECT_EQ(kept("n = 201"), 1u);
  EXPECT_EQ(kept("n between 200 and 302"), 2u);
  EXPECT_EQ(kept("period = '2026-02-01'"), 2u);
  EXPECT_EQ(kept("period is null"), 1u);
  EXPECT_EQ(kept("period = '2026-02-01' and n = 201"), 1u);
  EXPECT_EQ(kept("note is not null"), 4u);
  EXPECT_EQ(kept("ts >= date '2026-01-05'"), 4u);
  EXPECT_EQ(kept("n in (5000, 6000)"), 0u);
  EXPECT_EQ(kept("f > 100"), 8u);
  EXPECT_EQ(kept("something(n)"), 8u);
  EXPECT_THAT(snapshot_->files_for("n = = 1"), Fails(ErrorKind::invalid_argument));
}

TEST_F(DeltaSkipping, StatisticsAreWrittenForTheLog) {
  const DataFile first = snapshot_->files_for("n = 0")->front();
  const Json stats = *parse_json(first.stats_json);
  EXPECT_EQ(stats["numRecords"], 3);
  EXPECT_EQ(stats["nullCount"]["note"], 3);
  EXPECT_FALSE(stats["minValues"].contains("period"));
  EXPECT_FALSE(stats["minValues"].contains("f"));
  EXPECT_FALSE(stats["minValues"].contains("note"));
  EXPECT_THAT(first.stats_json, HasSubstr("\"cost\":12345678901234567.123456789"));
}

}  // namespace
}  // namespace centavo::delta
