// Makes a table that other readers are asked to read (tests/interop/delta_table_test.py). Without CENTAVO_INTEROP_DIR
// it is made in a temporary folder and read by us alone.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "lake/delta/log_path.h"
#include "lake/delta/test_lake.h"

namespace centavo::delta {
namespace {

namespace fs = std::filesystem;

const Schema kSchema = schema_of({{"period", "DATE"},
                                  {"account", "VARCHAR"},
                                  {"n", "INTEGER"},
                                  {"big", "BIGINT"},
                                  {"cost", "DECIMAL(38,21)"},
                                  {"price", "DECIMAL(18,9)"},
                                  {"rate", "DOUBLE"},
                                  {"name", "VARCHAR"},
                                  {"at_time", "TIMESTAMP WITH TIME ZONE"},
                                  {"day", "DATE"},
                                  {"flag", "BOOLEAN"},
                                  {"tags", "MAP(VARCHAR, VARCHAR)"},
                                  {"list", "INTEGER[]"},
                                  {"place", "STRUCT(city VARCHAR, zip INTEGER)"}});

class Lake {
 public:
  explicit Lake(const std::string& folder)
      : store_(*open_local_store(folder)),
        table_(*Table::create(*store_, test_engine(), "wide", kSchema, {"period", "account"}, {},
                              {{"delta.checkpointInterval", "5"}})) {}

  Table& table() { return table_; }

  NewFile file(const std::string& period, const std::optional<std::string>& account, int first, int last,
               const std::string& more = "") {
    const std::string select = fmt::format(
        "select i as n, i * 10000000000::bigint as big, (i - 3) * 1.000000000000000000001::decimal(38,21) as cost, "
        "(i - 3) * 0.000000001::decimal(18,9) as price, i / 7.0 as rate, case when i % 4 = 0 then null else "
        "repeat('ñ', i) end as name, "
        "timestamptz '2026-09-30 23:59:59.999999+00' + interval (i) hour as at_time, date '2026-09-01' + i::int as "
        "day, i % 2 = 0 as flag, "
        "map {{'k' || i: 'v', 'empty': null}} as tags, [i, null, i + 1] as list, "
        "{{'city': 'São Paulo', 'zip': i}} as place{} from range({}, {}) t(i)",
        more, first, last + 1);
    auto made = write_file(*store_, "wide", table_.snapshot()->schema(), select, {"period", "account"},
                           {{"period", period}, {"account", account}});
    EXPECT_THAT(made, IsOk());
    return *made;
  }

 private:
  std::unique_ptr<Store> store_;
  Table table_;
};

TEST(DeltaInterop, ATableForOtherReaders) {
  const char* set = std::getenv("CENTAVO_INTEROP_DIR");
  const fs::path folder = set ? fs::path(set) : fs::temp_directory_path() / ("centavo-interop-" + new_uuid());
  fs::create_directories(folder / "expected");
  Lake lake(folder.string());
  Table& table = lake.table();
  const auto now = [&] {
    EXPECT_THAT(table.checkpoint_if_due(), IsOk());
    return *table.snapshot();
  };
  const std::string september = "2026-09-01", october = "2026-10-01";

  ASSERT_THAT(table.append(now(), {lake.file(september, "a b", 1, 9), lake.file(october, "x/y%z", 10, 14)}, {},
                           AppTransaction{"acme/wide", 1}),
              IsOk());
  ASSERT_THAT(
      table.append(now(), {lake.file(september, std::nullopt, 15, 17), lake.file(september, "São \"q\" 'r'", 18, 18)},
                   {}),
      IsOk());
  ASSERT_THAT(table.append(now(), {lake.file(september, "a b", 20, 22)}, {}), IsOk());
  // A restated month: every account of it goes.
  ASSERT_THAT(table.replace(now(), {{"period", september}},
                            {lake.file(september, "a b", 30, 33), lake.file(september, "a b", 34, 36)}, {}),
              IsOk());
  Schema wider = kSchema;
  wider.fields.push_back(*field_of_duck("note", "VARCHAR"));
  ASSERT_THAT(table.evolve(now(), wider, {}), IsOk());
  ASSERT_THAT(table.append(now(), {lake.file(october, "2", 40, 44, ", 'note ' || i as note")}, {}), IsOk());
  ASSERT_THAT(table.optimize(1 << 24, {}), IsOk());
  ASSERT_THAT(table.evolve(now(), schema_of({{"n", "BIGINT"}}), {}), IsOk());
  ASSERT_THAT(table.restore(3, {}), IsOk());
  ASSERT_THAT(table.restore(8, {}), IsOk());
  ASSERT_THAT(table.append(now(), {lake.file(october, "2", 50, 51, ", null as note")}, {}), IsOk());

  std::string versions;
  for (Version version = 0; version <= now().version(); ++version) {
    const Snapshot snapshot = *table.snapshot_at(version);
    duck::Connection connection = *test_engine().connect();
    const std::string out = (folder / "expected" / fmt::format("{}.parquet", version)).string();
    ASSERT_THAT(connection.run(
                    fmt::format("copy (from {}) to {} (format parquet)", *snapshot.select_sql(), duck::literal(out))),
                IsOk());
    versions += fmt::format("{}\n", version);
  }
  std::ofstream(folder / "versions.txt") << versions;
  EXPECT_EQ(now().total_rows(), 19);
  if (!set) fs::remove_all(folder);
}

}  // namespace
}  // namespace centavo::delta
