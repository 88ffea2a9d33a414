#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/decimal.h"
#include "flow/generate/generate.h"
#include "flow/generate/scratch_folder.h"

namespace centavo::generate {
namespace {

AwsOptions small_bill() {
  AwsOptions options;
  options.seed = 7;
  options.rows = 6000;
  options.months = 3;
  return options;
}

Result<GenerateReport> generate(const AwsOptions& options, const ScratchFolder& folder,
                                duck::Database* engine = nullptr) {
  return generate_aws(options, folder.path(), engine, {}, nullptr);
}

std::string text_at(const OrderedJson& json, const char* key) { return json.at(key).get<std::string>(); }

TEST(GenerateAws, TheBillGrows) {
  ScratchFolder folder;
  const auto report = generate(small_bill(), folder);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_LE(report->truth["periods"]["2026-08"]["rows"], report->truth["periods"]["2026-10"]["rows"]);
}

TEST(GenerateAws, FilesAreCutAtTheAskedRowsAndAllAnnounced) {
  ScratchFolder folder;
  AwsOptions options = small_bill();
  options.rows_per_file = 700;
  const auto report = generate(options, folder);
  ASSERT_TRUE(report) << report.error().message;
  const auto files = folder.files();
  for (const auto& [period, entry] : report->truth["periods"].items()) {
    const std::int64_t rows = entry["rows"];
    EXPECT_EQ(entry["files"].size(), static_cast<std::size_t>((rows + 699) / 700)) << period;
    const std::string days = period == "2026-10"   ? "20261001-20261101"
                             : period == "2026-09" ? "20260901-20261001"
                                                   : "20260801-20260901";
    const auto manifest = parse_json(files.at("cur-centavo/" + days + "/cur-centavo-Manifest.json"));
    ASSERT_TRUE(manifest);
    EXPECT_EQ(manifest->at("reportKeys"), Json(entry["files"]));
    EXPECT_EQ(manifest->at("assemblyId"), Json(entry["assembly"]));
    EXPECT_EQ(manifest->at("columns").size(), 107u);
    for (const std::string path : entry["files"]) EXPECT_TRUE(files.contains(path)) << path;
  }
}

TEST(GenerateAws, ARestatementIsDeliveredBesideWhatWasThereBefore) {
  ScratchFolder folder;
  AwsOptions options = small_bill();
  options.before_restatement = true;
  const auto before = generate(options, folder);
  ASSERT_TRUE(before) << before.error().message;
  const auto files_before = folder.files();
  options.before_restatement = false;
  const auto after = generate(options, folder);
  ASSERT_TRUE(after) << after.error().message;
  const auto files_after = folder.files();
  std::vector<std::string> changed;
  for (const auto& [path, bytes] : files_before) {
    ASSERT_TRUE(files_after.contains(path)) << path;
    if (files_after.at(path) != bytes) changed.push_back(path);
  }
  EXPECT_THAT(changed,
              testing::UnorderedElementsAre("truth.json", "cur-centavo/20260901-20261001/cur-centavo-Manifest.json"));
  const auto& restated = after->truth["periods"]["2026-09"];
  ASSERT_EQ(restated["assemblies"].size(), 2u);
  EXPECT_EQ(restated["assemblies"][0]["assembly"], before->truth["periods"]["2026-09"]["assembly"]);
  EXPECT_NE(restated["assemblies"][0]["unblended"], restated["unblended"]);
  EXPECT_FALSE(restated["assemblies"][0]["final"].get<bool>());
  EXPECT_TRUE(restated["final"].get<bool>());
}

TEST(GenerateAws, AmortisedIsUnblendedWithUpfrontFeesSpread) {
  ScratchFolder folder;
  const auto report = generate(small_bill(), folder);
  ASSERT_TRUE(report) << report.error().message;
  for (const auto& [period, entry] : report->truth["periods"].items()) {
    const auto without =
        subtract(*parse_decimal(text_at(entry, "unblended")), *parse_decimal(text_at(entry, "upfront")));
    const auto spread = add(*without, *parse_decimal(text_at(entry, "amortized_upfront")));
    EXPECT_EQ(spread->shortest(), text_at(entry, "amortized")) << period;
  }
}

TEST(GenerateAws, RefusesWhatMakesNoBill) {
  const auto kind_of_error = [](const auto& change) {
    ScratchFolder folder;
    AwsOptions options = small_bill();
    change(options);
    const auto report = generate(options, folder);
    EXPECT_TRUE(folder.files().empty());
    return report ? ErrorKind::internal : report.error().kind;
  };
  EXPECT_EQ(kind_of_error([](auto& o) { o.rows = 299; }), ErrorKind::invalid_argument);
  EXPECT_EQ(kind_of_error([](auto& o) { o.months = 0; }), ErrorKind::invalid_argument);
  EXPECT_EQ(kind_of_error([](auto& o) { o.last_period = "2026-13"; }), ErrorKind::invalid_argument);
  EXPECT_EQ(kind_of_error([](auto& o) { o.report = "../up"; }), ErrorKind::invalid_argument);
  EXPECT_EQ(kind_of_error([](auto& o) { o.rows_per_file = 0; }), ErrorKind::invalid_argument);
  EXPECT_EQ(kind_of_error([](auto& o) { o.format = FileFormat::parquet; }), ErrorKind::invalid_argument);
}

TEST(GenerateAws, StopsWhenCancelledAndLeavesNoHalfFile) {
  ScratchFolder folder;
  AwsOptions options = small_bill();
  options.rows = 100000;
  Cancel cancel;
  const auto report =
      generate_aws(options, folder.path(), nullptr, [&](std::int64_t, std::int64_t) { cancel.request(); }, &cancel);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, ErrorKind::cancelled);
  for (const auto& [path, bytes] : folder.files()) EXPECT_FALSE(path.ends_with(".part")) << path;
}

// The columns that the sums are made of, in either layout.
struct Names {
  std::string type, cost, net, plan_effective, plan_total, plan_used, covered, unused_upfront, unused_recurring, arn,
      list, id, interval, invoice;
};
const Names kLegacy = {"lineItem/LineItemType",
                       "lineItem/UnblendedCost",
                       "lineItem/NetUnblendedCost",
                       "savingsPlan/SavingsPlanEffectiveCost",
                       "savingsPlan/TotalCommitmentToDate",
                       "savingsPlan/UsedCommitment",
                       "reservation/EffectiveCost",
                       "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod",
                       "reservation/UnusedRecurringFee",
                       "reservation/ReservationARN",
                       "pricing/publicOnDemandCost",
                       "identity/LineItemId",
                       "identity/TimeInterval",
                       "bill/InvoiceId"};
const Names kCur2 = {"line_item_line_item_type",
                     "line_item_unblended_cost",
                     "line_item_net_unblended_cost",
                     "savings_plan_savings_plan_effective_cost",
                     "savings_plan_total_commitment_to_date",
                     "savings_plan_used_commitment",
                     "reservation_effective_cost",
                     "reservation_unused_amortized_upfront_fee_for_billing_period",
                     "reservation_unused_recurring_fee",
                     "reservation_reservation_a_r_n",
                     "pricing_public_on_demand_cost",
                     "identity_line_item_id",
                     "identity_time_interval",
                     "bill_invoice_id"};

class AwsTruth : public testing::TestWithParam<std::pair<AwsLayout, bool>> {
 protected:
  static std::string decimal(const std::string& column) {
    return fmt::format("coalesce(cast({} as decimal(38,10)), 0)", duck::name(column));
  }

  // Source: aws-solutions-library-samples/cloud-intelligence-dashboards-framework, summary_view.sql.
  static std::string amortized(const Names& n) {
    return fmt::format(
        "case {} when 'SavingsPlanCoveredUsage' then {} when 'SavingsPlanRecurringFee' then {} - {} when "
        "'SavingsPlanNegation' then 0 "
        "when 'SavingsPlanUpfrontFee' then 0 when 'DiscountedUsage' then {} when 'RIFee' then {} + {} "
        "when 'Fee' then case when {} is null then {} else 0 end else {} end",
        duck::name(n.type), decimal(n.plan_effective), decimal(n.plan_total), decimal(n.plan_used), decimal(n.covered),
        decimal(n.unused_upfront), decimal(n.unused_recurring), duck::name(n.arn), decimal(n.cost), decimal(n.cost));
  }
};

TEST_P(AwsTruth, IsWhatSqlFindsInTheFiles) {
  const auto [layout, discounts] = GetParam();
  const Names& n = layout == AwsLayout::legacy ? kLegacy : kCur2;
  ScratchFolder folder;
  AwsOptions options = small_bill();
  options.layout = layout;
  options.discounts = discounts;
  options.rows = 9000;
  const auto report = generate(options, folder);
  ASSERT_TRUE(report) << report.error().message;
  auto database = duck::Database::open({});
  ASSERT_TRUE(database) << database.error().message;
  auto connection = database->connect();
  ASSERT_TRUE(connection);
  for (const auto& [period, entry] : report->truth["periods"].items()) {
    for (const auto& assembly : entry["assemblies"]) {
      std::vector<std::string> paths;
      for (const std::string file : assembly["files"]) paths.push_back(folder.path() + "/" + file);
      const std::string from =
          fmt::format("read_csv({}, all_varchar = true, header = true, hive_partitioning = false, strict_mode = true)",
                      duck::path_list(paths));
      const auto columns = connection->describe("select * from " + from);
      ASSERT_TRUE(columns) << columns.error().message;
      EXPECT_EQ(columns->size(), layout == AwsLayout::legacy ? 107u : 127u);

      ASSERT_TRUE(connection->run("create or replace table bill as select * from " + from));
      const auto sums = connection->all(fmt::format(
          "select {0}, count(*), sum({1}), sum({2}), sum({3}) from {4} group by 1", duck::name(n.type), decimal(n.cost),
          amortized(n),
          fmt::format("case when {} <> 'SavingsPlanNegation' then {} else 0 end", duck::name(n.type), decimal(n.list)),
          "bill"));
      ASSERT_TRUE(sums) << sums.error().message;
      EXPECT_EQ(sums->size(), assembly["by_line_item_type"].size());
      EXPECT_GE(sums->size(), 9u);   // a preliminary assembly has no refunds yet
      for (const auto& row : *sums) {
        const auto& told = assembly["by_line_item_type"].at(*row[0]);
        EXPECT_EQ(told["rows"].dump(), *row[1]) << period << " " << *row[0];
        EXPECT_TRUE(equal(*parse_decimal(text_at(told, "unblended")), *parse_decimal(*row[2])))
            << period << " " << *row[0];
        EXPECT_TRUE(equal(*parse_decimal(text_at(told, "amortized")), *parse_decimal(*row[3])))
            << period << " " << *row[0];
        EXPECT_TRUE(equal(*parse_decimal(text_at(told, "list")), *parse_decimal(*row[4]))) << period << " " << *row[0];
      }
      const auto billed =
          connection->value(fmt::format("select sum(case when {0} is not null then {1} else {2} end) from bill",
                                        duck::name(n.net), decimal(n.net), decimal(n.cost)));
      ASSERT_TRUE(billed) << billed.error().message;
      EXPECT_TRUE(equal(*parse_decimal(text_at(assembly, "billed")), *parse_decimal(**billed)));
      // Discounts are in the net columns or in rows of their own, and both say the same.
      EXPECT_EQ(text_at(assembly, "billed"), text_at(assembly, "unblended"));

      const auto doubled =
          connection->value(fmt::format("select count(*) from (select 1 from {} group by {}, {} having count(*) > 1)",
                                        "bill", duck::name(n.id), duck::name(n.interval)));
      ASSERT_TRUE(doubled);
      EXPECT_EQ(**doubled, "0");
      const auto invoiced = connection->value(fmt::format("select count({}) from bill", duck::name(n.invoice)));
      ASSERT_TRUE(invoiced);
      EXPECT_EQ(**invoiced, assembly["final"].get<bool>() ? assembly["rows"].dump() : "0");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Layouts, AwsTruth,
                         testing::Values(std::pair(AwsLayout::legacy, false), std::pair(AwsLayout::legacy, true),
                                         std::pair(AwsLayout::cur2, false)));

TEST(GenerateAws, ParquetHasAwsTypesAndTheSameRows) {
  ScratchFolder folder;
  auto database = duck::Database::open({});
  ASSERT_TRUE(database) << database.error().message;
  AwsOptions options = small_bill();
  options.format = FileFormat::parquet;
  options.restate = false;
  const auto report = generate(options, folder, &*database);
  ASSERT_TRUE(report) << report.error().message;
  auto connection = database->connect();
  ASSERT_TRUE(connection);
  std::vector<std::string> paths;
  for (const auto& file : report->files) paths.push_back(folder.path() + "/" + file);
  const std::string from = fmt::format("read_parquet({}, hive_partitioning = false)", duck::path_list(paths));
  const auto columns = connection->describe("select * from " + from);
  ASSERT_TRUE(columns) << columns.error().message;
  std::map<std::string, std::string> types;
  for (const auto& column : *columns) types[column.name] = column.type;
  EXPECT_EQ(types.size(), 107u);
  EXPECT_EQ(types["line_item_unblended_cost"], "DOUBLE");
  EXPECT_EQ(types["line_item_usage_start_date"], "TIMESTAMP");
  EXPECT_EQ(types["reservation_reservation_a_r_n"], "VARCHAR");
  EXPECT_EQ(types["resource_tags_user_team"], "VARCHAR");
  EXPECT_EQ(types["bill_payer_account_id"], "VARCHAR");
  const auto rows = connection->value("select count(*) from " + from);
  ASSERT_TRUE(rows);
  EXPECT_EQ(**rows, "6000");
  // A double of ten decimals still says which decimal it was.
  const auto sum =
      connection->value("select sum(cast(cast(line_item_unblended_cost as varchar) as decimal(38,10))) from " + from);
  ASSERT_TRUE(sum) << sum.error().message;
  EXPECT_TRUE(equal(*parse_decimal(**sum), *parse_decimal(text_at(report->truth["total"], "unblended"))));
  for (const auto& [path, bytes] : folder.files()) EXPECT_FALSE(path.ends_with(".csv")) << path;
}

}  // namespace
}  // namespace centavo::generate
