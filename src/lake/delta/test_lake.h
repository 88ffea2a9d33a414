#pragma once
/// \file lake/delta/test_lake.h
/// For the tests of this module: a store, an engine, and tables filled by SQL.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "io/store/memory_store.h"
#include "lake/delta/stats.h"
#include "lake/delta/table.h"

namespace centavo::delta {

/// EXPECT_THAT(result, IsOk())
MATCHER(IsOk, "is a success") {
  if (arg) return true;
  *result_listener << name_of(arg.error().kind) << ": " << arg.error().message;
  return false;
}

/// EXPECT_THAT(result, Fails(ErrorKind::conflict))
MATCHER_P(Fails, kind, fmt::format("fails with {}", name_of(kind))) {
  if (arg) return false;
  *result_listener << name_of(arg.error().kind) << ": " << arg.error().message;
  return arg.error().kind == kind;
}

/// One engine for all tests of the program: it is slow to open. Never destroyed: closing one after the main thread's
/// own variables are gone reads freed memory in DuckDB.
inline duck::Database& test_engine() {
  static auto* const engine = new duck::Database(*duck::Database::open({.threads = 2}));
  return *engine;
}

inline Schema schema_of(const std::vector<std::pair<std::string, std::string>>& columns) {
  Schema schema;
  for (const auto& [name, type] : columns) schema.fields.push_back(*field_of_duck(name, type));
  return schema;
}

/// Writes `select` as a data file of the partition `values` below `root`, as the pipeline does.
inline Result<NewFile> write_file(Store& store, const std::string& root, const Schema& schema,
                                  const std::string& select, const std::vector<std::string>& partition_columns = {},
                                  const PartitionValues& values = {}) {
  Schema data;
  std::string columns;
  for (const Field& field : schema.fields) {
    if (values.contains(field.name)) continue;
    data.fields.push_back(field);
    columns += fmt::format("{}cast({} as {}) as {}", columns.empty() ? "" : ", ", duck::name(field.name),
                           TRY(duck_type_of(field.type)), duck::name(field.name));
  }
  const std::string folder = partition_folder(partition_columns, values);
  const std::string path =
      fmt::format("{}{}part-00000-{}.c000.zstd.parquet", folder, folder.empty() ? "" : "/", new_uuid());
  duck::Connection connection = TRY(test_engine().connect());
  const std::string engine_path = TRY(store.engine_path(root + "/" + path));
  const auto files =
      TRY(copy_to_parquet(connection, fmt::format("select {} from ({})", columns, select), engine_path, data));
  return NewFile{path, values, files.at(0).size_bytes, files.at(0).stats_json};
}

/// All rows as "a|b" lines in order; null is "~".
inline std::vector<std::string> rows_of(const std::string& table_sql) {
  duck::Connection connection = *test_engine().connect();
  const auto rows = connection.all(fmt::format("select * from {} as t order by all", table_sql));
  if (!rows) return {"error: " + rows.error().message};
  std::vector<std::string> out;
  for (const auto& row : *rows) {
    std::string line;
    for (const auto& value : row) line += (line.empty() ? "" : "|") + value.value_or("~");
    out.push_back(std::move(line));
  }
  return out;
}

inline std::vector<std::string> rows_of(const Snapshot& snapshot) {
  const auto sql = snapshot.select_sql();
  return sql ? rows_of(*sql) : std::vector<std::string>{"error: " + sql.error().message};
}

/// A table of costs by month: period (partition), line, cost.
class CostsTest : public ::testing::Test {
 protected:
  const std::string root_ = "gold/costs";
  const std::vector<std::string> partitions_{"period"};
  Schema schema_ = schema_of({{"period", "DATE"}, {"line", "INTEGER"}, {"cost", "DECIMAL(38,9)"}});
  MemoryStore store_;

  Table create(std::map<std::string, std::string> properties = {}) {
    auto table = Table::create(store_, test_engine(), root_, schema_, partitions_, {}, std::move(properties));
    EXPECT_THAT(table, IsOk());
    return *table;
  }
  Table open() {
    auto table = Table::open(store_, test_engine(), root_);
    EXPECT_THAT(table, IsOk());
    return *table;
  }
  /// Lines first..last of a month, each at cost line + 0.000000001.
  NewFile file(const std::string& month, int first, int last) {
    auto file =
        write_file(store_, root_, schema_,
                   fmt::format("select i as line, i + 0.000000001 as cost from range({}, {}) t(i)", first, last + 1),
                   partitions_, {{"period", month + "-01"}});
    EXPECT_THAT(file, IsOk());
    return *file;
  }
  static PartitionValues month(const std::string& text) { return {{"period", text + "-01"}}; }

  Result<CommitResult> append(Table& table, const std::string& period, int first, int last) {
    const Snapshot base = TRY(table.snapshot());
    CommitResult done = TRY(table.append(base, {file(period, first, last)}, {}));
    (void)table.checkpoint_if_due();
    return done;
  }
};

}  // namespace centavo::delta
