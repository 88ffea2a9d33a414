// Reads every table of ../shared/delta_golden, or refuses it, as its manifest says. Skipped aloud when absent.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lake/delta/table.h"

namespace centavo::delta {
namespace {

namespace fs = std::filesystem;

fs::path shared_folder() {
  if (const char* set = std::getenv("CENTAVO_SHARED")) return set;
  for (const char* near : {"../shared", "../../shared", "../../../shared"}) {
    if (fs::exists(near)) return near;
  }
  return {};
}

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Tables whose own files or features make them refusals; the text is part of the refusal.
const std::map<std::string, std::string> kRefused{
    {"kernel_data/unshredded-variant", "variantType"},
    {"delta_rs/spark-variant-checkpoint", "variantType"},
    {"delta_spark/variant-stats-nested-no-checkpoint", "variant"},
    {"delta_spark/variant-stats-no-checkpoint", "variant"},
    {"delta_kernel_java/spark-shredded-variant-preview-delta", "variant"},
    {"duckdb_delta/variant__basic", "variantType"},
};

class Golden {
 public:
  Golden(fs::path folder, duck::Database& engine)
      : folder_(std::move(folder)), engine_(engine), store_(*open_local_store(folder_.string())) {}

  /// "" when the rows are equal; else what differs.
  std::string compare(const Json& entry) {
    const std::string table = entry["table"].get<std::string>();
    auto sql = rows_sql(table);
    if (!sql) return fmt::format("{}: {}", name_of(sql.error().kind), sql.error().message);
    const fs::path base = folder_ / table;
    std::string files = (base / "expected_latest.parquet").string();
    if (fs::exists(base / "expected")) files = (base / "expected" / "**" / "*.parquet").string();
    duck::Connection connection = *engine_.connect();
    const std::string expected =
        fmt::format("read_parquet({}, hive_partitioning=false, union_by_name=true)", duck::literal(files));
    const auto columns = connection.describe(fmt::format("select * from {}", *sql));
    if (!columns) return columns.error().message;
    const auto theirs = connection.describe(fmt::format("select * from {}", expected));
    if (!theirs) return theirs.error().message;
    if (columns->size() != theirs->size())
      return fmt::format("{} columns, {} expected", columns->size(), theirs->size());
    std::string ours_list, their_list;
    for (const duck::Column& column : *columns) {
      std::string expression = duck::name(column.name);
      // Written without a zone by a writer in Los Angeles; Spark's answer is that zone's.
      const bool zoned = table == "kernel_golden/data-reader-partition-values" && column.name == "as_timestamp";
      ours_list += fmt::format("{}{}{}", ours_list.empty() ? "" : ", ", expression, zoned ? " + interval 7 hours" : "");
      their_list += fmt::format("{}cast({} as {})", their_list.empty() ? "" : ", ", expression, column.type);
    }
    const std::string a = fmt::format("(select {} from {})", ours_list, *sql);
    const std::string b = fmt::format("(select {} from {})", their_list, expected);
    const auto counts = connection.all(
        fmt::format("select (select count(*) from {0}), (select count(*) from {1}), "
                    "(select count(*) from ({0} except all {1})), (select count(*) from ({1} except all {0}))",
                    a, b));
    if (!counts) return counts.error().message;
    const auto& row = counts->front();
    rows_read_ += std::stoll(*row[0]);
    if (*row[2] == "0" && *row[3] == "0") return {};
    return fmt::format("{} rows, {} expected, {} only ours, {} missing", *row[0], *row[1], *row[2], *row[3]);
  }

  Result<std::string> rows_sql(const std::string& table) {
    Table opened = TRY(Table::open(*store_, engine_, table + "/delta"));
    return TRY(opened.snapshot()).select_sql();
  }

  /// How reading fails; nullopt when it does not.
  std::optional<Error> refusal(const std::string& table) {
    const auto sql = rows_sql(table);
    if (!sql) return sql.error();
    duck::Connection connection = *engine_.connect();
    const auto count = connection.value(fmt::format("select count(t) from {} as t", *sql));
    if (!count) return count.error();
    return std::nullopt;
  }

  long long rows_read() const { return rows_read_; }

 private:
  fs::path folder_;
  duck::Database& engine_;
  std::unique_ptr<Store> store_;
  long long rows_read_ = 0;
};

TEST(DeltaGolden, EveryTableIsReadOrRefusedAsTheManifestSays) {
  const fs::path folder = shared_folder() / "delta_golden";
  if (!fs::exists(folder / "manifest.json")) {
    GTEST_SKIP() << "no golden Delta tables: set CENTAVO_SHARED or put ../shared/delta_golden beside the repository";
  }
  const Json manifest = *parse_json(read_text(folder / "manifest.json"));
  duck::Database engine = *duck::Database::open({});
  Golden golden(folder, engine);
  int compared = 0, refused = 0, read_anyway = 0;
  for (const Json& entry : manifest) {
    const std::string table = entry["table"].get<std::string>();
    const std::string use = entry["use"].get<std::string>();
    if (const auto feature = kRefused.find(table); feature != kRefused.end()) {
      const auto error = golden.refusal(table);
      EXPECT_TRUE(error && error->kind == ErrorKind::unsupported &&
                  error->message.find(feature->second) != std::string::npos)
          << table << ": " << (error ? error->message : "was read");
      ++refused;
    } else if (use.starts_with("compare with") || table == "kernel_golden/parquet-all-types-legacy-format") {
      EXPECT_EQ(golden.compare(entry), "") << table;
      ++compared;
    } else if (use.starts_with("negative")) {
      const auto error = golden.refusal(table);
      if (error) {
        std::printf("refused  %s: %s\n", table.c_str(), error->message.substr(0, 160).c_str());
        EXPECT_NE(error->kind, ErrorKind::internal) << table << ": " << error->message;
        ++refused;
      } else {
        std::printf("read     %s\n", table.c_str());
        ++read_anyway;
      }
    } else {  // "compare by hand": two readers differ, the count of the right one stands
      const auto sql = golden.rows_sql(table);
      ASSERT_TRUE(sql) << table << ": " << sql.error().message;
      duck::Connection connection = *engine.connect();
      const auto count = connection.value(fmt::format("select count(*) from {}", *sql));
      ASSERT_TRUE(count) << table << ": " << count.error().message;
      EXPECT_EQ(**count, std::to_string(entry["rows_duckdb"].get<long long>())) << table;
      ++compared;
    }
  }
  std::printf("golden tables: %d compared row by row (%lld rows), %d refused, %d of the negative ones read\n", compared,
              golden.rows_read(), refused, read_anyway);
  EXPECT_EQ(compared + refused + read_anyway, static_cast<int>(manifest.size()));
}

}  // namespace
}  // namespace centavo::delta
