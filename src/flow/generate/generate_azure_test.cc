#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "flow/generate/generate.h"
#include "flow/generate/scratch_folder.h"

namespace centavo::generate {
namespace {

AzureOptions small_agreement() {
  AzureOptions options;
  options.seed = 7;
  options.rows = 3001;
  options.months = 2;
  return options;
}

Result<GenerateReport> generate(const AzureOptions& options, const ScratchFolder& folder,
                                duck::Database* engine = nullptr) {
  return generate_azure(options, folder.path(), engine, {}, nullptr);
}

TEST(GenerateAzure, ManifestsSayWhatIsThere) {
  ScratchFolder folder;
  AzureOptions options = small_agreement();
  options.rows_per_file = 500;
  ASSERT_TRUE(generate(options, folder));
  const auto files = folder.files();
  int manifests = 0;
  for (const auto& [path, bytes] : files) {
    if (!path.ends_with("manifest.json")) continue;
    ++manifests;
    const auto manifest = *parse_json(bytes);
    std::int64_t size = 0, rows = 0;
    for (const auto& blob : manifest["blobs"]) {
      EXPECT_EQ(files.at(blob["blobName"].get<std::string>()).size(), blob["byteCount"].get<std::size_t>());
      EXPECT_LE(blob["dataRowCount"].get<std::int64_t>(), 500);
      size += blob["byteCount"].get<std::int64_t>();
      rows += blob["dataRowCount"].get<std::int64_t>();
    }
    EXPECT_EQ(manifest["byteCount"], size);
    EXPECT_EQ(manifest["dataRowCount"], rows);
    EXPECT_EQ(manifest["blobCount"], manifest["blobs"].size());
  }
  EXPECT_EQ(manifests, 6);   // two exports of one whole month, of one to date and of it whole
}

TEST(GenerateAzure, AWholeMonthComesBesideItsFirstDays) {
  ScratchFolder folder;
  AzureOptions options = small_agreement();
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
  EXPECT_EQ(folder.files().size(), early.size() + 4);
  const auto& runs = after->truth["periods"]["2026-10"]["runs"];
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0]["billed"], before->truth["periods"]["2026-10"]["billed"]);
  EXPECT_LT(runs[0]["rows"], runs[1]["rows"]);
}

TEST(GenerateAzure, RefusesWhatMakesNoBill) {
  const auto kind_of_error = [](const auto& change) {
    ScratchFolder folder;
    AzureOptions options = small_agreement();
    change(options);
    const auto report = generate(options, folder);
    EXPECT_TRUE(folder.files().empty());
    return report ? ErrorKind::internal : report.error().kind;
  };
  EXPECT_EQ(kind_of_error([](auto& o) { o.rows = 399; }), ErrorKind::invalid_argument);
  EXPECT_EQ(kind_of_error([](auto& o) { o.months = 0; }), ErrorKind::invalid_argument);
  EXPECT_EQ(kind_of_error([](auto& o) { o.currency = "ARS"; }), ErrorKind::invalid_argument);
  EXPECT_EQ(kind_of_error([](auto& o) { o.rows_per_file = 0; }), ErrorKind::invalid_argument);
  EXPECT_EQ(kind_of_error([](auto& o) { o.format = FileFormat::parquet; }), ErrorKind::invalid_argument);
}

// Reads the newest runs in SQL of its own, and finds what truth.json says, in either format.
TEST(GenerateAzure, TheTruthIsWhatSqlFindsInTheFiles) {
  for (const FileFormat format : {FileFormat::csv_gz, FileFormat::parquet}) {
    ScratchFolder folder;
    auto database = duck::Database::open({});
    ASSERT_TRUE(database) << database.error().message;
    AzureOptions options = small_agreement();
    options.format = format;
    options.rows = 20000;
    const auto report = generate(options, folder, &*database);
    ASSERT_TRUE(report) << report.error().message;
    auto connection = database->connect();
    ASSERT_TRUE(connection);
    for (const auto& [period, entry] : report->truth["periods"].items()) {
      std::string files;
      for (const auto& file : entry["files"])
        files += (files.empty() ? "" : ", ") + duck::literal(folder.path() + "/" + file.get<std::string>());
      const std::string reader = format == FileFormat::parquet
                                     ? fmt::format("read_parquet([{}], filename = true)", files)
                                     : fmt::format("read_csv([{}], all_varchar = true, filename = true)", files);
      ASSERT_TRUE(connection->run(fmt::format(
          "create or replace table lines as select filename like '%amortized%' as spread, chargeType as kind, "
          "coalesce(pricingModel, '') in ('Reservation', 'SavingsPlan') as committed, publisherType, tags, "
          "cast(cast(costInBillingCurrency as varchar) as decimal(38,10)) as cost from {}",
          reader)));
      const auto holds = [&](const std::string& what, const OrderedJson& told) {
        const std::string text = told.is_string() ? told.get<std::string>() : told.dump();
        const auto found = connection->value(fmt::format("select coalesce({}, 0) = {} from lines", what, text));
        EXPECT_EQ(found.value_or("failed").value_or("null"), "true") << period << ": " << what << " is " << text;
      };
      holds("count(*) filter (where spread)", entry["rows_amortized"]);
      holds("count(*) filter (where not spread)", entry["rows_actual"]);
      holds("sum(cost) filter (where not spread)", entry["billed"]);
      holds("sum(cost) filter (where spread)", entry["effective"]);
      holds("sum(cost) filter (where not spread and kind in ('Purchase', 'Refund'))",
            entry["billed_by_charge_category"]["Purchase"]);
      holds("sum(cost) filter (where not spread and kind = 'Usage')", entry["billed_by_charge_category"]["Usage"]);
      holds("sum(cost) filter (where not spread and kind in ('Purchase', 'Refund') and committed)",
            entry["commitments"]);
      holds("sum(cost) filter (where spread and kind = 'UnusedReservation')", entry["unused_reservation"]);
      holds("sum(cost) filter (where spread and kind = 'UnusedSavingsPlan')", entry["unused_savings_plan"]);
      holds("sum(cost) filter (where not spread and publisherType = 'Marketplace')", entry["marketplace"]);
      holds("sum(cost) filter (where not spread and kind = 'Usage' and committed)", "0");
      holds("count(*) filter (where tags like '{%')", "0");
    }
  }
}

// What a month's fees buy is used or idle, to the last digit.
TEST(GenerateAzure, WhatIsBoughtByTheMonthIsUsedOrIdle) {
  ScratchFolder folder;
  AzureOptions options = small_agreement();
  options.currency = "USD";
  options.restate = false;
  const auto report = generate(options, folder);
  ASSERT_TRUE(report) << report.error().message;
  auto database = duck::Database::open({});
  ASSERT_TRUE(database);
  auto connection = database->connect();
  ASSERT_TRUE(connection);
  const auto found = connection->value(fmt::format(
      "select count(*) filter (where bought = spread) || ' of ' || count(*) from (select benefitId, "
      "billingPeriodStartDate, "
      "sum(cast(costInBillingCurrency as decimal(38,10))) filter (where chargeType = 'Purchase') as bought, "
      "sum(cast(costInBillingCurrency as decimal(38,10))) filter (where filename like '%amortized%') as spread "
      "from read_csv({}, all_varchar = true, filename = true) where benefitId is not null group by all)",
      duck::literal(folder.path() + "/**/*.csv.gz")));
  EXPECT_EQ(found.value_or("failed").value_or("null"), "4 of 4");   // a reservation and a plan, two months
}

TEST(GenerateAzure, StopsWhenCancelledAndLeavesNoHalfFile) {
  ScratchFolder folder;
  AzureOptions options = small_agreement();
  options.rows = 100000;
  Cancel cancel;
  const auto report =
      generate_azure(options, folder.path(), nullptr, [&](std::int64_t, std::int64_t) { cancel.request(); }, &cancel);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, ErrorKind::cancelled);
  for (const auto& [path, bytes] : folder.files()) EXPECT_FALSE(path.ends_with(".part")) << path;
}

}  // namespace
}  // namespace centavo::generate
