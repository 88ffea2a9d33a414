// Random histories against a model in memory, faults at every call of the store, and many writers at once.
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "lake/delta/log_path.h"
#include "lake/delta/test_lake.h"

namespace centavo::delta {
namespace {

using ::testing::SizeIs;

/// What a table holds, as a test would write it down: lines by month.
using Model = std::map<std::string, std::set<int>>;

std::vector<std::string> rows_of(const Model& model) {
  std::vector<std::string> out;
  for (const auto& [month, lines] : model) {
    for (const int line : lines) out.push_back(fmt::format("{}-01|{}|{}.000000001", month, line, line));
  }
  return out;
}

class DeltaHistory : public CostsTest {};

TEST_F(DeltaHistory, RandomHistoriesReadAsTheModelSaysAtEveryVersion) {
  std::mt19937 random(20261121);
  const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  const std::vector<std::string> months{"2026-08", "2026-09", "2026-10"};
  int versions = 0;
  for (int round = 0; round < 8; ++round) {
    const auto leftover = *store_.list("", true, "");
    for (const ObjectInfo& object : leftover) ASSERT_THAT(store_.remove(object.key), IsOk());
    Table table = create({{"delta.checkpointInterval", std::to_string(1 + pick(6))}});
    std::vector<Model> history{{}};
    int line = 0;
    for (int step = 0; step < 14; ++step) {
      Model next = history.back();
      const std::string month = months[static_cast<std::size_t>(pick(3))];
      const int first = ++line, last = line += pick(3);
      Result<CommitResult> result;
      switch (pick(6)) {
        case 0:
        case 1:
          result = append(table, month, first, last);
          for (int i = first; i <= last; ++i) next[month].insert(i);
          break;
        case 2:
        case 3:
          result = table.replace(*table.snapshot(), this->month(month), {file(month, first, last)}, {});
          next[month].clear();
          for (int i = first; i <= last; ++i) next[month].insert(i);
          break;
        case 4: result = table.optimize(1 << 20, {}); break;
        default: {
          const int version = pick(static_cast<int>(history.size()));
          result = table.restore(version, {});
          next = history[static_cast<std::size_t>(version)];
        }
      }
      ASSERT_THAT(table.checkpoint_if_due(), IsOk());
      ASSERT_THAT(result, IsOk()) << "round " << round << " step " << step;
      if (!result->already_done) {
        ASSERT_EQ(result->version, static_cast<Version>(history.size()));
        history.push_back(std::move(next));
      }
      if (pick(4) == 0) table = open();  // with and without what the table remembers
    }
    Table fresh = open();
    for (std::size_t version = 0; version < history.size(); ++version) {
      const auto snapshot = fresh.snapshot_at(static_cast<Version>(version));
      ASSERT_THAT(snapshot, IsOk());
      ASSERT_EQ(delta::rows_of(*snapshot), rows_of(history[version])) << "round " << round << " version " << version;
      ++versions;
    }
    EXPECT_EQ(delta::rows_of(*table.snapshot()), rows_of(history.back()));
  }
  std::printf("%d versions compared with the model\n", versions);
}

/// Runs `operation` on a fresh table once for every call of the store, with a fault at that call; checks that the rows
/// are those before or those after, and that the operation can be done again.
class DeltaFaults : public CostsTest {
 protected:
  enum class When { before, after };

  template <class Prepare, class Operation>
  void at_every_call(const Prepare& prepare, const Operation& operation, When when, ErrorKind kind) {
    int failed = 0, survived = 0;
    for (int call = 0; call < 500; ++call) {
      const auto leftover = *store_.list("", true, "");
      for (const ObjectInfo& object : leftover) ASSERT_THAT(store_.remove(object.key), IsOk());
      Table table = create({{"delta.checkpointInterval", "2"}});
      prepare(table);
      const auto before = rows_of(*open().snapshot());
      int calls = 0;
      const auto hook = [&calls, call, kind](const StoreCall& at) -> Status {
        if (calls++ == call) return fail(kind, "injected at call {}, {}", call, at.name);
        return {};
      };
      when == When::before ? store_.before(hook) : store_.after(hook);
      const bool done = operation(table);
      store_.before(nullptr);
      store_.after(nullptr);
      const auto after = rows_of(*open().snapshot());
      ++(done ? survived : failed);
      // It may have happened when the reply was lost, but never by halves.
      if (!done && after == before) {
        ASSERT_TRUE(operation(table)) << "call " << call;
      }
      wanted_ = wanted_.empty() ? rows_of(*open().snapshot()) : wanted_;
      ASSERT_EQ(rows_of(*open().snapshot()), wanted_) << "call " << call;
      if (calls <= call) {
        std::printf("  faults at %d calls: %d failed, %d went on\n", call, failed, survived - 1);
        return;
      }
    }
    FAIL() << "the operation makes too many calls";
  }

  std::vector<std::string> wanted_;
};

TEST_F(DeltaFaults, AReplaceHappensOnceOrNotAtAll) {
  const auto prepare = [&](Table& table) {
    ASSERT_THAT(append(table, "2026-09", 1, 2), IsOk());
    ASSERT_THAT(append(table, "2026-10", 3, 3), IsOk());
    ASSERT_THAT(append(table, "2026-10", 4, 4), IsOk());
  };
  const auto replace = [&](Table& table) {
    const auto base = table.snapshot();
    if (!base) return false;
    const auto data =
        write_file(store_, root_, schema_, "select 7 as line, 7.000000001 as cost", partitions_, month("2026-09"));
    return data && table.replace(*base, month("2026-09"), {*data}, {}, AppTransaction{"run", 1}).has_value();
  };
  for (const When when : {When::before, When::after}) {
    at_every_call(prepare, replace, when, ErrorKind::io);
    at_every_call(prepare, replace, when, ErrorKind::out_of_space);
  }
}

TEST_F(DeltaFaults, AnOptimizeLosesNoRow) {
  const auto prepare = [&](Table& table) {
    ASSERT_THAT(append(table, "2026-09", 1, 2), IsOk());
    ASSERT_THAT(append(table, "2026-09", 3, 3), IsOk());
    ASSERT_THAT(append(table, "2026-09", 4, 4), IsOk());
  };
  const auto optimize = [&](Table& table) { return table.optimize(1 << 20, {}).has_value(); };
  for (const When when : {When::before, When::after}) at_every_call(prepare, optimize, when, ErrorKind::io);
}

TEST_F(DeltaFaults, OpeningFailsCleanlyOrIsRight) {
  Table table = create({{"delta.checkpointInterval", "2"}});
  for (int i = 1; i <= 3; ++i) ASSERT_THAT(append(table, "2026-09", i, i), IsOk());
  const auto rows = rows_of(*table.snapshot());
  for (int call = 0;; ++call) {
    int calls = 0;
    store_.before([&](const StoreCall& at) -> Status {
      if (calls++ == call) return fail(ErrorKind::io, "injected at {}", at.name);
      return {};
    });
    auto opened = Table::open(store_, test_engine(), root_);
    store_.before(nullptr);
    if (opened) {
      EXPECT_EQ(rows_of(*opened->snapshot()), rows) << call;
    }
    if (calls <= call) break;
  }
}

/// A folder that goes away with the test.
class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / ("centavo-delta-" + new_uuid())) {}
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string text() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

TEST(DeltaWriters, ManyAtOnceLoseAndDoubleNothing) {
  constexpr int kWriters = 6, kCommits = 12;
  const Folder folder;
  const Schema schema = schema_of({{"period", "DATE"}, {"line", "INTEGER"}, {"cost", "DECIMAL(38,9)"}});
  const auto store = *open_local_store(folder.text());
  ASSERT_THAT(Table::create(*store, test_engine(), "t", schema, {"period"}, {}), IsOk());
  std::atomic<int> conflicts{0}, failures{0};
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      auto table = Table::open(*store, test_engine(), "t");
      const PartitionValues mine{{"period", fmt::format("2026-{:02}-01", w + 1)}};
      for (int c = 0; c < kCommits && table; ++c) {
        const int line = w * 1000 + c;
        for (int attempt = 0;; ++attempt) {
          const auto base = table->snapshot();
          const auto data =
              write_file(*store, "t", schema, fmt::format("select {} as line, 1 as cost", line), {"period"}, mine);
          if (!base || !data || attempt > 50) {
            ADD_FAILURE() << (!base ? base.error().message : !data ? data.error().message : "too many attempts");
            ++failures;
            break;
          }
          // Even writers append; odd ones replace their own month. One in the middle compacts.
          Result<CommitResult> result =
              w % 2 == 0 ? table->append(*base, {*data}, {}, AppTransaction{fmt::format("w{}", w), c})
                         : table->replace(*base, mine, {*data}, {});
          if (result) break;
          if (result.error().kind != ErrorKind::conflict) {
            ADD_FAILURE() << name_of(result.error().kind) << ": " << result.error().message;
            ++failures;
            break;
          }
          ++conflicts;
        }
        if (w == 2 && c % 5 == 4) (void)table->optimize(1 << 20, {});
      }
      if (!table) ++failures;
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(failures, 0);
  Table table = *Table::open(*store, test_engine(), "t");
  const Snapshot snapshot = *table.snapshot();
  EXPECT_EQ(snapshot.total_rows(), kWriters / 2 * kCommits + kWriters / 2);
  EXPECT_THAT(delta::rows_of(snapshot), SizeIs(static_cast<std::size_t>(snapshot.total_rows())));
  EXPECT_GE(snapshot.version(), kWriters * kCommits);
  EXPECT_THAT(*table.history(), SizeIs(static_cast<std::size_t>(snapshot.version() + 1)));  // contiguous
  std::printf("%d writers, %lld versions, %d conflicts done again\n", kWriters,
              static_cast<long long>(snapshot.version()), conflicts.load());
}

TEST(DeltaLongLog, OpensByItsCheckpoint) {
  constexpr int kCommits = 10'000;
  const Folder folder;
  const auto store = *open_local_store(folder.text());
  const Schema schema = schema_of({{"period", "DATE"}, {"line", "INTEGER"}});
  Table table = *Table::create(*store, test_engine(), "t", schema, {"period"}, {});
  for (int i = 1; i <= kCommits; ++i) {  // as a writer would, but without syncing each
    std::ofstream(folder.text() + "/" + commit_key("t", i)) << fmt::format(
        R"({{"commitInfo":{{"operation":"WRITE"}}}}{}{{"add":{{"path":"period=2026-09-01/f{}.parquet",)"
        R"("partitionValues":{{"period":"2026-09-01"}},"size":1,"modificationTime":1,"dataChange":true,)"
        R"("stats":"{{\"numRecords\":1,\"minValues\":{{\"line\":{}}},\"maxValues\":{{\"line\":{}}}}}"}}}}{})",
        "\n", i, i, i, "\n");
  }
  const auto timed = [](const char* what, const auto& work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    const auto ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin).count();
    std::printf("  %s: %lld ms\n", what, static_cast<long long>(ms));
  };
  timed("replay of 10,000 commits", [&] { EXPECT_EQ(table.snapshot()->version(), kCommits); });
  timed("checkpoint of 10,000 files", [&] { ASSERT_THAT(table.checkpoint(), IsOk()); });
  timed("open by the checkpoint",
        [&] { EXPECT_EQ(Table::open(*store, test_engine(), "t")->snapshot()->total_rows(), kCommits); });
  timed("snapshot when nothing is new", [&] { EXPECT_EQ(table.snapshot()->version(), kCommits); });
  timed("skipping over 10,000 files", [&] { EXPECT_THAT(*table.snapshot()->files_for("line = 77"), SizeIs(1)); });
  timed("SQL over 10,000 files", [&] { EXPECT_THAT(table.snapshot()->select_sql(), IsOk()); });
}

}  // namespace
}  // namespace centavo::delta
