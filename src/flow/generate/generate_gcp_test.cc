#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow/generate/generate.h"
#include "flow/generate/scratch_folder.h"

namespace centavo::generate {
namespace {

GcpOptions small_account() {
  GcpOptions options;
  options.seed = 7;
  options.rows = 3001;
  options.months = 2;
  return options;
}

Result<GenerateReport> generate(const GcpOptions& options, const ScratchFolder& folder,
                                duck::Database* engine = nullptr) {
  return generate_gcp(options, folder.path(), engine, {}, nullptr);
}

TEST(GenerateGcp, ALoadDayComesAgainInARunOfItsOwn) {
  ScratchFolder folder;
  GcpOptions options = small_account();
  options.before_restatement = true;
  const auto before = generate(options, folder);
  ASSERT_TRUE(before) << before.error().message;
  const auto early = folder.files();
  options.before_restatement = false;
  const auto after = generate(options, folder);
  ASSERT_TRUE(after) << after.error().message;
  for (const auto& [path, bytes] : early) {
    if (path != "truth.json") {
      EXPECT_EQ(folder.files().at(path), bytes) << path;
    }
  }
  EXPECT_EQ(folder.files().size(), early.size() + 1);
  EXPECT_TRUE(folder.files().contains("day=2026-10-10/run=20261012T060000/000000000000.jsonl.gz"));
  EXPECT_LT(before->truth["total"]["rows"], after->truth["total"]["rows"]);
}

TEST(GenerateGcp, RefusesWhatMakesNoBill) {
  const auto kind_of_error = [](const auto& change) {
    ScratchFolder folder;
    GcpOptions options = small_account();
    change(options);
    const auto report = generate(options, folder);
    EXPECT_TRUE(folder.files().empty());
    return report ? ErrorKind::internal : report.error().kind;
  };
  EXPECT_EQ(kind_of_error([](auto& o) { o.rows = 399; }), ErrorKind::invalid_argument);
  EXPECT_EQ(kind_of_error([](auto& o) { o.months = 0; }), ErrorKind::invalid_argument);
  EXPECT_EQ(kind_of_error([](auto& o) { o.currency = "ARS"; }), ErrorKind::invalid_argument);
  EXPECT_EQ(kind_of_error([](auto& o) { o.rows_per_file = 0; }), ErrorKind::invalid_argument);
  EXPECT_EQ(kind_of_error([](auto& o) { o.format = FileFormat::csv_gz; }), ErrorKind::invalid_argument);
  EXPECT_EQ(kind_of_error([](auto& o) { o.format = FileFormat::parquet; }), ErrorKind::invalid_argument);
}

// Reads the newest run of each load day in SQL of its own, and finds what truth.json says, in either format.
TEST(GenerateGcp, TheTruthIsWhatSqlFindsInTheFiles) {
  for (const FileFormat format : {FileFormat::jsonl_gz, FileFormat::parquet}) {
    ScratchFolder folder;
    auto database = duck::Database::open({});
    ASSERT_TRUE(database) << database.error().message;
    GcpOptions options = small_account();
    options.format = format;
    options.rows = 20000;
    const auto report = generate(options, folder, &*database);
    ASSERT_TRUE(report) << report.error().message;
    auto connection = database->connect();
    ASSERT_TRUE(connection);
    const bool is_parquet = format == FileFormat::parquet;
    // JSON keeps amounts as they are written; a float prints as its shortest text.
    const Status made = connection->run(fmt::format(
        R"sql(
create table files as select *, filename like '%day=2026-10-10/run=20261011%' as superseded from {};
create table lines as
  select invoice.month as month, cost_type as type, sku.description as sku, cast(cast("cost" as varchar) as decimal(38,10)) as cost,
    [c.type for c in credits] as kinds, [cast(cast(c.amount as varchar) as decimal(38,10)) for c in credits] as amounts,
    date_diff('day', cast(left(cast(usage_start_time as varchar), 10) as date), cast(left(cast(export_time as varchar), 10) as date)) as days
  from files where not superseded;
create table credit_lines as select month, unnest(kinds) as kind, unnest(amounts) as amount from lines;)sql",
        is_parquet
            ? fmt::format("read_parquet({}, filename = true, hive_partitioning = false)",
                          duck::literal(folder.path() + "/**/*.parquet"))
            : fmt::format(
                  "read_json({}, filename = true, hive_partitioning = false, columns = {{\"cost\": 'VARCHAR', invoice: "
                  "'STRUCT(\"month\" VARCHAR)', "
                  "cost_type: 'VARCHAR', sku: 'STRUCT(description VARCHAR)', usage_start_time: 'VARCHAR', export_time: "
                  "'VARCHAR', credits: 'STRUCT(\"type\" VARCHAR, amount VARCHAR)[]'}})",
                  duck::literal(folder.path() + "/**/*.jsonl.gz"))));
    ASSERT_TRUE(made) << made.error().message;
    for (const auto& [period, entry] : report->truth["periods"].items()) {
      const std::string month = period.substr(0, 4) + period.substr(5);
      const auto holds = [&](const std::string& table, const std::string& what, const OrderedJson& told) {
        const std::string text = told.is_string() ? told.get<std::string>() : told.dump();
        const auto found = connection->value(
            fmt::format("select coalesce({}, 0) = {} from {} where month = '{}'", what, text, table, month));
        EXPECT_EQ(found.value_or("failed").value_or("null"), "true") << period << ": " << what << " is " << text;
      };
      holds("lines", "count(*)", entry["rows"]);
      holds("lines", "sum(cost)", entry["cost"]);
      holds("credit_lines", "sum(amount)", entry["credits"]);
      for (const auto& [kind, amount] : entry["credits_by_type"].items())
        holds("credit_lines", fmt::format("sum(amount) filter (where kind = '{}')", kind), amount);
      EXPECT_EQ(entry["credits_by_type"].size(), 6u);
      holds("lines", "sum(cost) filter (where type = 'regular' and sku like 'Commitment%')",
            entry["billed_by_charge_category"]["Purchase"]);
      holds("lines", "sum(cost) filter (where type = 'tax')", entry["billed_by_charge_category"]["Tax"]);
      holds("lines", "sum(cost) filter (where type in ('adjustment', 'rounding_error'))",
            entry["billed_by_charge_category"]["Adjustment"]);
      holds("lines", "count(*) filter (where days > 3)", entry["rows_more_than_3_days_late"]);
    }
    const auto later = connection->value(
        "select count(*) from files where invoice.month = '202610' and cast(usage_start_time as varchar) < "
        "'2026-10-01' and not superseded");
    EXPECT_NE(later.value_or("failed").value_or("null"), "0");
  }
}

}  // namespace
}  // namespace centavo::generate
