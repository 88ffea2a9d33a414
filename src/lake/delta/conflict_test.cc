#include "lake/delta/conflict.h"

#include "lake/delta/test_lake.h"

namespace centavo::delta {
namespace {

/// Two changes made against one base, in every pair and both orders. Source: the conflict table of
/// docs/formats/delta.md.
enum class Kind { append, replace_p, replace_q, replace_empty, optimize, add_column, restore };

constexpr std::array<Kind, 7> kKinds{Kind::append,   Kind::replace_p,  Kind::replace_q, Kind::replace_empty,
                                     Kind::optimize, Kind::add_column, Kind::restore};

const char* name_of_kind(Kind kind) {
  switch (kind) {
    case Kind::append: return "append to P";
    case Kind::replace_p: return "replace P";
    case Kind::replace_q: return "replace Q";
    case Kind::replace_empty: return "replace E, which is empty";
    case Kind::optimize: return "optimize P";
    case Kind::add_column: return "add column";
    case Kind::restore: return "restore";
  }
  return "";
}

class DeltaConflict : public CostsTest {
 protected:
  const std::string p_ = "2026-09", q_ = "2026-10", empty_ = "2026-11";

  /// P has two small files, Q one; a version before has less of Q.
  Table prepared(std::map<std::string, std::string> properties = {}) {
    Table table = create(std::move(properties));
    EXPECT_THAT(append(table, p_, 1, 1), IsOk());
    EXPECT_THAT(append(table, p_, 2, 2), IsOk());
    EXPECT_THAT(append(table, q_, 3, 3), IsOk());
    return table;
  }

  Result<CommitResult> run(Kind kind, const Snapshot& base) {
    Table table = open();
    switch (kind) {
      case Kind::append: return table.append(base, {file(p_, 100, 100)}, {});
      case Kind::replace_p: return table.replace(base, month(p_), {file(p_, 200, 200)}, {});
      case Kind::replace_q: return table.replace(base, month(q_), {file(q_, 300, 300)}, {});
      case Kind::replace_empty: return table.replace(base, month(empty_), {file(empty_, 400, 400)}, {});
      case Kind::optimize: {
        Change change;
        change.info.operation = "OPTIMIZE";
        change.data_change = false;
        change.remove = TRY(base.files_in(month(p_)));
        change.add = {file(p_, 1, 2)};
        return table.commit(base, std::move(change));
      }
      case Kind::add_column: {
        Schema wider = base.schema();
        wider.fields.push_back(TRY(field_of_duck("note", "VARCHAR")));
        return CommitResult{TRY(table.evolve(base, wider, {})).version(), false};
      }
      case Kind::restore: {
        // As restore does it: reads all, and puts Q's file away.
        Change change;
        change.info.operation = "RESTORE";
        change.reads_all = true;
        change.remove = TRY(base.files_in(month(q_)));
        return table.commit(base, std::move(change));
      }
    }
    return fail(ErrorKind::internal, "no kind");
  }

  static bool must_fail(Kind ours, Kind winner) {
    if (winner == Kind::add_column) return true;
    switch (ours) {
      case Kind::append:
      case Kind::add_column: return false;
      case Kind::replace_p: return winner == Kind::append || winner == Kind::replace_p || winner == Kind::optimize;
      case Kind::replace_q: return winner == Kind::replace_q || winner == Kind::restore;
      case Kind::replace_empty: return winner == Kind::replace_empty;
      case Kind::optimize: return winner == Kind::replace_p || winner == Kind::optimize;
      case Kind::restore: return winner != Kind::optimize;
    }
    return true;
  }
};

TEST_F(DeltaConflict, EveryPairStandsOrFailsAsTheProtocolSays) {
  for (const Kind winner : kKinds) {
    for (const Kind ours : kKinds) {
      SCOPED_TRACE(fmt::format("ours: {}, winner: {}", name_of_kind(ours), name_of_kind(winner)));
      const auto leftover = *store_.list("", true, "");
      for (const ObjectInfo& object : leftover) ASSERT_THAT(store_.remove(object.key), IsOk());
      const Snapshot base = *prepared().snapshot();
      ASSERT_THAT(run(winner, base), IsOk());
      const auto after_winner = rows_of(*open().snapshot());
      const auto result = run(ours, base);
      if (must_fail(ours, winner)) {
        EXPECT_THAT(result, Fails(ErrorKind::conflict));
        EXPECT_EQ(open().snapshot()->version(), base.version() + 1);
        EXPECT_EQ(rows_of(*open().snapshot()), after_winner);  // the loser left no trace
      } else {
        ASSERT_THAT(result, IsOk());
        EXPECT_EQ(result->version, base.version() + 2);
      }
    }
  }
}

TEST_F(DeltaConflict, WriteSerializableLetsABlindAppendBy) {
  const Snapshot base = *prepared({{"delta.isolationLevel", "WriteSerializable"}}).snapshot();
  ASSERT_THAT(run(Kind::append, base), IsOk());
  EXPECT_THAT(run(Kind::replace_p, base), IsOk());
  EXPECT_EQ(open().snapshot()->total_rows(), 3);  // the appended row, the replaced month, Q
}

TEST_F(DeltaConflict, AChangeOfTheProtocolFailsEverything) {
  const Snapshot base = *prepared().snapshot();
  ASSERT_THAT(store_.write(root_ + "/_delta_log/00000000000000000004.json",
                           "{\"protocol\":{\"minReaderVersion\":1,\"minWriterVersion\":3}}\n"),
              IsOk());
  EXPECT_THAT(run(Kind::append, base), Fails(ErrorKind::conflict));
}

TEST_F(DeltaConflict, ARemoveWithoutPartitionValuesMayBeOfAnyPartition) {
  Actions winner;
  winner.removes.push_back(Remove{"x.parquet", 0, true, {}, false, 0, Json()});
  Footprint ours;
  EXPECT_EQ(conflict_with(ours, winner), std::nullopt);
  ours.reads = {{{"period", "2026-09-01"}}};
  EXPECT_NE(conflict_with(ours, winner), std::nullopt);
}

}  // namespace
}  // namespace centavo::delta
