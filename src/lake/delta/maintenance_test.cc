#include "lake/delta/compaction.h"
#include "lake/delta/log_path.h"
#include "lake/delta/test_lake.h"

namespace centavo::delta {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr TimeMs kDay = 86'400'000;

class DeltaCheckpoint : public CostsTest {};
class DeltaOptimize : public CostsTest {};
class DeltaRestore : public CostsTest {};
class DeltaEvolve : public CostsTest {};
class DeltaVacuum : public CostsTest {
 protected:
  FakeClock later_{Clock::system().now_ms() + 30 * kDay};
  Table open_later() { return *Table::open(store_, test_engine(), root_, later_); }
};
class DeltaCleanUp : public DeltaVacuum {};

TEST_F(DeltaCheckpoint, IsWrittenEveryTenCommitsAndReadAgain) {
  Table table = create();
  for (int i = 1; i <= 21; ++i) {
    ASSERT_THAT(table.append(*table.snapshot(), {file("2026-09", i, i)}, {}, AppTransaction{"a", i}), IsOk());
    ASSERT_THAT(table.checkpoint_if_due(), IsOk());
  }
  ASSERT_THAT(table.replace(*table.snapshot(), month("2026-09"), {file("2026-09", 99, 99)}, {}), IsOk());
  const auto before = rows_of(*table.snapshot_at(20));
  EXPECT_THAT(store_.info(checkpoint_key(root_, 10)), IsOk());
  EXPECT_THAT(store_.info(checkpoint_key(root_, 20)), IsOk());
  EXPECT_EQ((*parse_json(*store_.read(last_checkpoint_key(root_))))["version"], 20);

  store_.reset_counts();
  Table opened = open();
  EXPECT_LE(store_.count("read"), 4);  // the hint and the commits after the checkpoint
  EXPECT_THAT(rows_of(*opened.snapshot()), ElementsAre("2026-09-01|99|99.000000001"));
  EXPECT_EQ(opened.snapshot()->app_version("a"), 21);
  EXPECT_EQ(rows_of(*opened.snapshot_at(20)), before);
  EXPECT_EQ(opened.snapshot_at(20)->total_rows(), 20);

  // The same state without any JSON below the checkpoint.
  for (Version version = 0; version < 20; ++version) ASSERT_THAT(store_.remove(commit_key(root_, version)), IsOk());
  EXPECT_EQ(rows_of(*open().snapshot_at(20)), before);
  EXPECT_THAT(open().snapshot_at(9), Fails(ErrorKind::not_found));  // cleaned up
}

TEST_F(DeltaCheckpoint, ACommitDoesNotWaitForIt) {
  Table table = create({{"delta.checkpointInterval", "2"}});
  for (int i = 1; i <= 5; ++i) {
    store_.reset_counts();
    ASSERT_THAT(table.append(*table.snapshot(), {file("2026-09", i, i)}, {}), IsOk());
    EXPECT_EQ(store_.count("move"), 0);
  }
  EXPECT_FALSE(store_.info(last_checkpoint_key(root_)));
  // The writer died before it wrote one; the next one does, wherever the table is by then.
  Table next = open();
  ASSERT_THAT(next.checkpoint_if_due(), IsOk());
  EXPECT_THAT(store_.info(checkpoint_key(root_, 5)), IsOk());
  store_.reset_counts();
  ASSERT_THAT(next.checkpoint_if_due(), IsOk());
  ASSERT_THAT(next.append(*next.snapshot(), {file("2026-09", 6, 6)}, {}), IsOk());
  ASSERT_THAT(next.checkpoint_if_due(), IsOk());
  ASSERT_THAT(open().checkpoint_if_due(), IsOk());
  EXPECT_EQ(store_.count("move"), 0);
}

TEST_F(DeltaCheckpoint, ItsFailureDoesNotFailTheCommit) {
  Table table = create({{"delta.checkpointInterval", "2"}});
  store_.before([](const StoreCall& call) -> Status {
    if (call.name == "move") return fail(ErrorKind::io, "no checkpoint today");
    return {};
  });
  for (int i = 1; i <= 4; ++i) EXPECT_THAT(append(table, "2026-09", i, i), IsOk());
  store_.before(nullptr);
  EXPECT_FALSE(store_.info(checkpoint_key(root_, 2)));
  EXPECT_EQ(open().snapshot()->total_rows(), 4);
  const auto objects = *store_.list(root_ + "/_delta_log", true, "");
  for (const ObjectInfo& object : objects) EXPECT_THAT(object.key, Not(HasSubstr(".tmp")));
}

TEST_F(DeltaCheckpoint, AForgottenHintOrAWrongOneIsFine) {
  Table table = create({{"delta.checkpointInterval", "3"}});
  for (int i = 1; i <= 7; ++i) ASSERT_THAT(append(table, "2026-09", i, i), IsOk());
  const auto rows = rows_of(*table.snapshot());
  for (const char* hint : {"", "{", "{}", "[]", R"({"version":-5})", R"({"version":3})", R"({"version":1})",
                           R"({"version":999})", R"({"version":"6"})", R"({"version":7,"size":1})"}) {
    ASSERT_THAT(store_.write(last_checkpoint_key(root_), hint), IsOk());
    EXPECT_EQ(rows_of(*open().snapshot()), rows) << hint;
  }
  ASSERT_THAT(store_.remove(last_checkpoint_key(root_)), IsOk());
  EXPECT_EQ(rows_of(*open().snapshot()), rows);
}

TEST_F(DeltaOptimize, SmallFilesBecomeOneAndRowsStay) {
  Table table = create();
  for (int i = 1; i <= 5; ++i) ASSERT_THAT(append(table, i < 4 ? "2026-09" : "2026-10", i * 10, i * 10 + 3), IsOk());
  const auto rows = rows_of(*table.snapshot());
  ASSERT_THAT(table.optimize(1 << 20, {}), IsOk());
  EXPECT_THAT(*table.snapshot()->files(), SizeIs(2));
  EXPECT_EQ(rows_of(*table.snapshot()), rows);
  EXPECT_EQ(table.snapshot()->total_rows(), 20);
  EXPECT_EQ(rows_of(*table.snapshot_at(5)), rows);
  EXPECT_TRUE(table.optimize(1 << 20, {})->already_done);
  EXPECT_EQ(table.history(1)->front().operation, "OPTIMIZE");
}

TEST(DeltaCompaction, GroupsAreFullAndNeverTooBig) {
  const auto files_of = [](std::vector<std::int64_t> sizes) {
    std::vector<DataFile> files(sizes.size());
    for (std::size_t i = 0; i < sizes.size(); ++i) files[i].size_bytes = sizes[i];
    return files;
  };
  EXPECT_THAT(*plan_compaction(files_of({10, 20, 30, 100, 90}), 100),
              ElementsAre(ElementsAre(0, 4), ElementsAre(1, 2)));
  EXPECT_THAT(*plan_compaction(files_of({60, 60}), 100), IsEmpty());
  EXPECT_THAT(*plan_compaction(files_of({}), 100), IsEmpty());
  EXPECT_THAT(plan_compaction(files_of({1}), 0), Fails(ErrorKind::invalid_argument));
}

TEST_F(DeltaRestore, AnOldVersionBecomesTheNewest) {
  Table table = create();
  ASSERT_THAT(append(table, "2026-09", 1, 2), IsOk());
  const auto rows = rows_of(*table.snapshot());
  ASSERT_THAT(table.replace(*table.snapshot(), month("2026-09"), {file("2026-09", 5, 5)}, {}), IsOk());
  Schema wider = schema_;
  wider.fields.push_back(*field_of_duck("note", "VARCHAR"));
  ASSERT_THAT(table.evolve(*table.snapshot(), wider, {}), IsOk());
  ASSERT_THAT(table.restore(1, {}), IsOk());
  EXPECT_EQ(rows_of(*table.snapshot()), rows);
  EXPECT_EQ(table.snapshot()->schema().fields.size(), 3u);
  EXPECT_EQ(table.snapshot()->table_id(), table.snapshot_at(0)->table_id());
  EXPECT_TRUE(table.restore(1, {})->already_done);
}

TEST_F(DeltaRestore, IsRefusedWhenAFileIsGone) {
  Table table = create();
  ASSERT_THAT(append(table, "2026-09", 1, 2), IsOk());
  const DataFile gone = table.snapshot()->files()->front();
  ASSERT_THAT(table.replace(*table.snapshot(), month("2026-09"), {}, {}), IsOk());
  ASSERT_THAT(store_.remove(root_ + "/" + decode_path(gone.path)), IsOk());
  EXPECT_THAT(table.restore(1, {}), Fails(ErrorKind::not_found));
  EXPECT_EQ(table.snapshot()->version(), 2);
}

TEST_F(DeltaVacuum, DeletesOnlyWhatNobodyNeeds) {
  Table table = create();
  ASSERT_THAT(append(table, "2026-09", 1, 2), IsOk());
  ASSERT_THAT(table.replace(*table.snapshot(), month("2026-09"), {file("2026-09", 3, 3)}, {}), IsOk());
  ASSERT_THAT(table.replace(*table.snapshot(), month("2026-09"), {file("2026-09", 4, 4)}, {}), IsOk());
  const NewFile orphan = file("2026-10", 9, 9);
  ASSERT_THAT(store_.write(root_ + "/_centavo/note", "x"), IsOk());

  EXPECT_THAT(table.vacuum({.retention_hours = 24}), Fails(ErrorKind::invalid_argument));
  EXPECT_THAT(table.vacuum({})->files, IsEmpty());  // nothing is a week old
  Table later = open_later();
  EXPECT_THAT(later.vacuum({})->files, SizeIs(3));
  EXPECT_EQ(table.snapshot()->version(), 3);  // a dry run writes nothing
  EXPECT_THAT(store_.info(root_ + "/" + orphan.path), IsOk());

  const auto kept = rows_of(*table.snapshot_at(2));
  EXPECT_THAT(later.vacuum({.dry_run = false, .keep_versions = {2}})->files, SizeIs(2));
  EXPECT_THAT(rows_of(*later.snapshot()), ElementsAre("2026-09-01|4|4.000000001"));
  EXPECT_EQ(rows_of(*later.snapshot_at(2)), kept);
  EXPECT_FALSE(store_.info(root_ + "/" + orphan.path));
  EXPECT_THAT(store_.info(root_ + "/_centavo/note"), IsOk());
  EXPECT_EQ(later.history(1)->front().operation, "VACUUM END");
}

TEST_F(DeltaVacuum, KeepsWhatWasRemovedInsideTheRetention) {
  Table table = create();
  ASSERT_THAT(append(table, "2026-09", 1, 2), IsOk());
  Table later = open_later();  // the file is old, but goes only now
  ASSERT_THAT(later.replace(*later.snapshot(), month("2026-09"), {}, {}), IsOk());
  EXPECT_THAT(later.vacuum({})->files, IsEmpty());
  later_.advance_ms(8 * kDay);
  EXPECT_THAT(later.vacuum({})->files, SizeIs(1));
  EXPECT_THAT(later.vacuum({.keep_versions = {77}}), Fails(ErrorKind::not_found));
}

TEST_F(DeltaCleanUp, KeepsACheckpointAndAllAfterIt) {
  Table table = create({{"delta.checkpointInterval", "4"}});
  for (int i = 1; i <= 10; ++i) ASSERT_THAT(append(table, "2026-09", i, i), IsOk());
  const auto at_8 = rows_of(*table.snapshot_at(8)), newest = rows_of(*table.snapshot());
  const Snapshot old = *table.snapshot_at(3);
  EXPECT_EQ(*table.clean_up_log(1), 0);
  EXPECT_GT(*table.clean_up_log(later_.now_ms()), 0);
  EXPECT_EQ(rows_of(*open().snapshot()), newest);
  EXPECT_EQ(rows_of(*open().snapshot_at(8)), at_8);
  EXPECT_THAT(open().snapshot_at(7), Fails(ErrorKind::not_found));
  // A writer that slept so long must not write a version that no reader sees.
  EXPECT_THAT(table.append(old, {file("2026-09", 50, 50)}, {}), Fails(ErrorKind::conflict));
  EXPECT_THAT(append(table, "2026-09", 11, 11), IsOk());
  EXPECT_EQ(open().snapshot()->total_rows(), 11);
}

TEST_F(DeltaEvolve, AddsColumnsAndOldRowsHaveNulls) {
  Table table = create();
  ASSERT_THAT(append(table, "2026-09", 1, 1), IsOk());
  Schema wanted = schema_of({{"note", "VARCHAR"}, {"COST", "DECIMAL(38,9)"}, {"tags", "MAP(VARCHAR, VARCHAR)"}});
  ASSERT_THAT(table.evolve(*table.snapshot(), wanted, {}), IsOk());
  EXPECT_EQ(table.snapshot()->version(), 2);
  EXPECT_THAT(rows_of(*table.snapshot()), ElementsAre("2026-09-01|1|1.000000001|~|~"));
  EXPECT_EQ(table.evolve(*table.snapshot(), wanted, {})->version(), 2);  // nothing to do
  EXPECT_THAT(rows_of(*table.snapshot_at(1)), ElementsAre("2026-09-01|1|1.000000001"));
}

TEST_F(DeltaEvolve, WideningRewritesTheFilesInOneCommit) {
  Table table = create();
  ASSERT_THAT(append(table, "2026-09", 1, 2), IsOk());
  ASSERT_THAT(append(table, "2026-10", 3, 3), IsOk());
  const auto rows = rows_of(*table.snapshot());
  ASSERT_THAT(table.evolve(*table.snapshot(), schema_of({{"line", "BIGINT"}}), {}), IsOk());
  EXPECT_EQ(table.snapshot()->version(), 3);
  EXPECT_EQ(table.snapshot()->schema().find("line")->type, Json("long"));
  EXPECT_EQ(rows_of(*table.snapshot()), rows);
  EXPECT_EQ(table.snapshot()->total_rows(), 3);
  EXPECT_EQ(table.evolve(*table.snapshot(), schema_of({{"line", "SMALLINT"}}), {})->version(), 3);
  const auto narrowed = table.evolve(*table.snapshot(), schema_of({{"line", "VARCHAR"}}), {});
  ASSERT_THAT(narrowed, Fails(ErrorKind::invalid_argument));
  EXPECT_THAT(narrowed.error().message, HasSubstr("line"));
  EXPECT_THAT(narrowed.error().message, HasSubstr("long"));
  EXPECT_THAT(narrowed.error().message, HasSubstr("string"));
}

}  // namespace
}  // namespace centavo::delta
