#include "lake/delta/test_lake.h"

namespace centavo::delta {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class DeltaCommit : public CostsTest {};

TEST_F(DeltaCommit, WhatIsAppendedIsReadBack) {
  Table table = create();
  ASSERT_THAT(append(table, "2026-09", 1, 2), IsOk());
  ASSERT_THAT(append(table, "2026-10", 3, 3), IsOk());
  EXPECT_THAT(rows_of(*table.snapshot()),
              ElementsAre("2026-09-01|1|1.000000001", "2026-09-01|2|2.000000001", "2026-10-01|3|3.000000001"));
  EXPECT_EQ(table.snapshot()->total_rows(), 3);
  EXPECT_EQ(table.snapshot_at(1)->total_rows(), 2);
  EXPECT_THAT(table.snapshot_at(3), Fails(ErrorKind::not_found));
}

TEST_F(DeltaCommit, AnEmptyTableHasItsColumns) {
  Table table = create();
  EXPECT_THAT(rows_of(*table.snapshot()), ElementsAre());
  EXPECT_THAT(Table::open(store_, test_engine(), "gold/none"), Fails(ErrorKind::not_found));
  EXPECT_THAT(Table::create(store_, test_engine(), root_, schema_, partitions_, {}), Fails(ErrorKind::already_exists));
}

TEST_F(DeltaCommit, ReplaceChangesOnePeriodOnly) {
  Table table = create();
  ASSERT_THAT(append(table, "2026-09", 1, 5), IsOk());
  ASSERT_THAT(append(table, "2026-10", 6, 6), IsOk());
  ASSERT_THAT(table.replace(*table.snapshot(), month("2026-09"), {file("2026-09", 7, 7)}, {}), IsOk());
  EXPECT_THAT(rows_of(*table.snapshot()), ElementsAre("2026-09-01|7|7.000000001", "2026-10-01|6|6.000000001"));
  EXPECT_THAT(rows_of(*table.snapshot_at(2)), SizeIs(6));
  EXPECT_THAT(table.replace(*table.snapshot(), month("2026-09"), {file("2026-10", 1, 1)}, {}),
              Fails(ErrorKind::invalid_argument));
}

TEST_F(DeltaCommit, ARepeatedTransactionIsANoOp) {
  Table table = create();
  const Snapshot base = *table.snapshot();
  const AppTransaction run{"aws/costs/cur", 7};
  EXPECT_EQ(table.append(base, {file("2026-09", 1, 1)}, {}, run)->version, 1);
  // The same run again: on a new snapshot, on the old one, and by another process.
  EXPECT_TRUE(table.append(*table.snapshot(), {file("2026-09", 1, 1)}, {}, run)->already_done);
  EXPECT_TRUE(table.append(base, {file("2026-09", 1, 1)}, {}, run)->already_done);
  Table other = open();
  EXPECT_TRUE(other.append(base, {file("2026-09", 1, 1)}, {}, AppTransaction{"aws/costs/cur", 6})->already_done);
  EXPECT_EQ(other.snapshot()->version(), 1);
  EXPECT_EQ(other.snapshot()->app_version("aws/costs/cur"), 7);
  EXPECT_THAT(other.append(base, {file("2026-09", 1, 1)}, {}, AppTransaction{"aws/costs/cur", 8}),
              Fails(ErrorKind::conflict));
}

TEST_F(DeltaCommit, HistoryTellsWhoDidWhat) {
  Table table = create();
  CommitInfo info{"WRITE", {{"run", "r1"}}, {}, R"({"run":"r1"})", "ana"};
  ASSERT_THAT(table.append(*table.snapshot(), {file("2026-09", 1, 4)}, info), IsOk());
  const auto history = *table.history();
  ASSERT_THAT(history, SizeIs(2));
  EXPECT_EQ(history[0].version, 1);
  EXPECT_EQ(history[0].user, "ana");
  EXPECT_EQ(history[0].user_metadata, R"({"run":"r1"})");
  EXPECT_EQ(history[0].metrics.at("numOutputRows"), "4");
  EXPECT_THAT(history[0].engine, HasSubstr("centavo/"));
  EXPECT_EQ(history[1].operation, "CREATE TABLE");
  EXPECT_THAT(*table.history(1), SizeIs(1));
}

TEST_F(DeltaCommit, AVersionIsFoundByItsTime) {
  Table table = create();
  ASSERT_THAT(append(table, "2026-09", 1, 1), IsOk());
  ASSERT_THAT(append(table, "2026-09", 2, 2), IsOk());
  const TimeMs second = table.snapshot_at(1)->time_ms();
  EXPECT_EQ(table.snapshot_as_of(second)->version(), 1);
  EXPECT_EQ(table.snapshot_as_of(second + 1'000'000)->version(), 2);
  EXPECT_THAT(table.snapshot_as_of(1), Fails(ErrorKind::not_found));
}

TEST_F(DeltaCommit, WhatDoesNotFitTheTableIsRefused) {
  Table table = create();
  const Snapshot base = *table.snapshot();
  NewFile no_partition = file("2026-09", 1, 1);
  no_partition.partition_values.clear();
  EXPECT_THAT(table.append(base, {no_partition}, {}), Fails(ErrorKind::invalid_argument));
  NewFile empty = file("2026-09", 1, 1);
  empty.partition_values["period"] = "";
  EXPECT_THAT(table.append(base, {empty}, {}), Fails(ErrorKind::invalid_argument));
  NewFile word = file("2026-09", 1, 1);
  word.partition_values["period"] = "september";
  EXPECT_THAT(table.append(base, {word}, {}), Fails(ErrorKind::invalid_argument));
  NewFile cut = file("2026-09", 1, 1);
  cut.size_bytes += 1;
  EXPECT_THAT(table.append(base, {cut}, {}), Fails(ErrorKind::corrupt_data));
  NewFile missing = file("2026-09", 1, 1);
  missing.path = "period=2026-09-01/nothing.parquet";
  EXPECT_FALSE(table.append(base, {missing}, {}));
  EXPECT_EQ(table.snapshot()->version(), 0);
}

TEST_F(DeltaCommit, AppendOnlyTablesLoseNoRow) {
  Table table = create({{"delta.appendOnly", "true"}});
  ASSERT_THAT(append(table, "2026-09", 1, 1), IsOk());
  EXPECT_THAT(table.replace(*table.snapshot(), month("2026-09"), {}, {}), Fails(ErrorKind::invalid_argument));
}

TEST_F(DeltaCommit, SchemasThatNeedAFeatureAreRefused) {
  const auto create_with = [&](const Schema& schema, std::vector<std::string> partitions = {}) {
    return Table::create(store_, test_engine(), "t", schema, std::move(partitions), {});
  };
  EXPECT_THAT(create_with(schema_of({{"a b", "INTEGER"}})), Fails(ErrorKind::unsupported));
  EXPECT_THAT(create_with(schema_of({{"a", "TIMESTAMP"}})), Fails(ErrorKind::unsupported));
  EXPECT_THAT(create_with(schema_of({{"a", "INTEGER"}, {"A", "INTEGER"}})), Fails(ErrorKind::invalid_argument));
  EXPECT_THAT(create_with(schema_of({{"a", "INTEGER"}, {"m", "DECIMAL(9,2)"}}), {"m"}),
              Fails(ErrorKind::invalid_argument));
  EXPECT_THAT(create_with(schema_of({{"a", "INTEGER"}}), {"a"}), Fails(ErrorKind::invalid_argument));
  EXPECT_THAT(field_of_duck("h", "HUGEINT"), Fails(ErrorKind::unsupported));
  EXPECT_THAT(Table::create(store_, test_engine(), "t", schema_, {}, {}, {{"delta.enableDeletionVectors", "true"}}),
              Fails(ErrorKind::unsupported));
}

TEST_F(DeltaCommit, NastyPartitionValuesRoundTrip) {
  const Schema schema = schema_of({{"tag", "VARCHAR"}, {"n", "INTEGER"}});
  Table table = *Table::create(store_, test_engine(), "silver/tags", schema, {"tag"}, {});
  const std::vector<std::string> values{"a b",         "a/b",         "50%",    "a:b",  "a=b",
                                        "it's \"it\"", "São Paulo €", "&+?#",   "[x]*", "back\\slash",
                                        "a%20b",       "tab\there",   "__HIVE", "~",    ".hidden"};
  int n = 0;
  std::vector<std::string> expected{"~|-1"};
  std::vector<NewFile> files{
      *write_file(store_, "silver/tags", schema, "select -1 as n", {"tag"}, {{"tag", std::nullopt}})};
  for (const std::string& value : values) {
    auto file = write_file(store_, "silver/tags", schema, fmt::format("select {} as n", n), {"tag"}, {{"tag", value}});
    ASSERT_THAT(file, IsOk()) << value;
    files.push_back(*file);
    expected.push_back(fmt::format("{}|{}", value, n++));
  }
  ASSERT_THAT(table.append(*table.snapshot(), files, {}), IsOk());
  EXPECT_THAT(rows_of(*Table::open(store_, test_engine(), "silver/tags")->snapshot()),
              ::testing::UnorderedElementsAreArray(expected));
  for (const std::string& value : values)
    EXPECT_THAT(*table.snapshot()->files_in({{"tag", value}}), SizeIs(1)) << value;
  EXPECT_THAT(*table.snapshot()->files_in({{"tag", std::nullopt}}), SizeIs(1));
}

TEST_F(DeltaCommit, ManyPartitionsAreOneScan) {
  const Schema schema = schema_of({{"day", "INTEGER"}, {"n", "INTEGER"}});
  Table table = *Table::create(store_, test_engine(), "t", schema, {"day"}, {});
  // One file under many partitions' names: what matters is the plan, not the bytes.
  std::vector<NewFile> files;
  for (int day = 0; day < 230; ++day) {
    files.push_back(*write_file(store_, "t", schema, fmt::format("select {} as n", day * 2), {"day"},
                                {{"day", std::to_string(day)}}));
  }
  ASSERT_THAT(table.append(*table.snapshot(), files, {}), IsOk());
  duck::Connection connection = *test_engine().connect();
  EXPECT_EQ(
      **connection.value(fmt::format("select count(*) from {} t where n = day * 2", *table.snapshot()->select_sql())),
      "230");
}

TEST_F(DeltaCommit, ALostReplyIsNotALostOrDoubledCommit) {
  Table table = create();
  const Snapshot base = *table.snapshot();
  NewFile data = file("2026-09", 1, 1);
  store_.after([](const StoreCall& call) -> Status {
    if (call.name == "write_if_absent") return fail(ErrorKind::io, "connection reset");
    return {};
  });
  const auto result = table.append(base, {data}, {});
  store_.after(nullptr);
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->version, 1);
  EXPECT_EQ(table.snapshot()->total_rows(), 1);
}

TEST_F(DeltaCommit, AnUnknownOutcomeIsSaid) {
  Table table = create();
  const Snapshot base = *table.snapshot();
  NewFile data = file("2026-09", 1, 1);
  store_.after([](const StoreCall& call) -> Status {
    if (call.name == "write_if_absent") return fail(ErrorKind::outcome_unknown, "folder not synced");
    return {};
  });
  EXPECT_THAT(table.append(base, {data}, {}), Fails(ErrorKind::outcome_unknown));
  store_.after(nullptr);
}

}  // namespace
}  // namespace centavo::delta
