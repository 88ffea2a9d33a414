#include "flow/pipeline/pipeline.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "lake/delta/table.h"

namespace centavo {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// A provider in one folder: what a user writes, and no C++.
const pack::PackFiles kAcmePack = {
    {"pack.yaml",
     "pack: acme\nversion: 1\ndescription: A small provider\nparameters:\n  - {name: limit, type: \"decimal(18,2)\", "
     "default: 100, description: big from here on}\n"},
    {"sources/acme_bill.yaml",
     "source: acme_bill\ndescription: CSV files\nconnector: files\nformat: csv\nperiod: {from: column, columns: "
     "[month]}\nfeeds: [{table: bronze.acme_lines}]\n"},
    {"bronze/acme_lines.yaml",
     "table: bronze.acme_lines\ndescription: Lines as delivered.\nwrite: replace_period\nperiod_column: "
     "billing_period\nother_columns: keep\ncolumns:\n"
     "  - {name: id, type: varchar}\n  - {name: service, type: varchar}\n  - {name: cost, type: varchar}\n  - {name: "
     "currency, type: varchar}\n"
     "proof:\n  - {measure: cost, amount: cv_decimal(cost), currency: currency, where: \"service <> 'ignored'\"}\n"},
    {"silver/acme_costs.yaml",
     "table: silver.acme_costs\ndescription: One row per line.\ngrain: [id]\nwrite: replace_period\nperiod_column: "
     "billing_period\ncolumns:\n"
     "  - {name: billing_period, type: date, required: true}\n  - {name: id, type: varchar, required: true}\n"
     "  - {name: service, type: varchar, required: true, accepted: [compute, storage], severity: quarantine}\n"
     "  - {name: cost, type: \"decimal(38,21)\", required: true}\n  - {name: currency, type: varchar, required: true}\n"
     "  - {name: is_big, type: boolean, required: true}\n  - {name: source_file_name, type: varchar}\n  - {name: "
     "source_row_number, type: bigint}\n"
     "rows: {in: bronze.acme_lines, dropped: [{name: ignored, where: \"service = 'ignored'\"}]}\n"
     "proof:\n  - {measure: cost, amount: cost, currency: currency}\nchecks:\n  - unique: [id]\n"},
    {"silver/acme_costs.sql",
     "select\n    billing_period,\n    id,\n    service,\n    cv_decimal(cost) as cost,\n    currency,\n    "
     "cv_decimal(cost) >= $limit as is_big,\n"
     "    source_file_name,\n    source_row_number\nfrom bronze.acme_lines\nwhere billing_period >= $period_first and "
     "billing_period < $period_end and service <> 'ignored'\n"},
    {"gold/acme_by_service.yaml",
     "table: gold.acme_by_service\ndescription: Cost by service.\ngrain: [billing_period, service]\nwrite: "
     "replace_period\nperiod_column: billing_period\ncolumns:\n"
     "  - {name: billing_period, type: date, required: true}\n  - {name: service, type: varchar, required: true}\n  - "
     "{name: currency, type: varchar}\n"
     "  - {name: cost, type: \"decimal(38,21)\"}\nproof:\n  - {measure: cost, amount: cost, currency: currency}\n"},
    {"gold/acme_by_service.sql",
     "select billing_period, service, currency, sum(cost) as cost\nfrom silver.acme_costs\nwhere billing_period >= "
     "$period_first and billing_period < $period_end\ngroup by billing_period, service, currency\n"},
};

// A table whose deliveries add up.
const pack::PackFiles kShopPack = {
    {"pack.yaml", "pack: shop\nversion: 1\ndescription: Deliveries that add up\n"},
    {"sources/shop_files.yaml",
     "source: shop_files\ndescription: CSV files\nconnector: files\nformat: csv\nperiod: {from: none}\nfeeds: [{table: "
     "bronze.shop_sales}]\n"},
    {"bronze/shop_sales.yaml",
     "table: bronze.shop_sales\ndescription: Sales as delivered.\nwrite: append\ncolumns:\n  - {name: id, type: "
     "varchar}\n"},
};

class Flow : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = fs::temp_directory_path() / ("centavo-flow-" + new_uuid());
    fs::create_directories(dir_ / "in");
    ASSERT_TRUE(Lake::create((dir_ / "lake").string()));
    lake_ = std::make_unique<Lake>(*Lake::open((dir_ / "lake").string()));
    catalog_ = *Catalog::open(lake_->dir());
    auto library = pack::Library::from_files({{"acme", kAcmePack}});
    ASSERT_TRUE(library) << library.error().message;
    library_ = std::make_unique<pack::Library>(std::move(*library));
    auto engine = duck::Database::open({.threads = 2});
    ASSERT_TRUE(engine) << engine.error().message;
    engine_ = std::make_unique<duck::Database>(std::move(*engine));
    workshop_ = std::make_unique<Workshop>(Workshop{*lake_, *catalog_, *library_, *engine_});
    tenant_.id = "t1";
    tenant_.name = "Tenant one";
    tenant_.sources = {{"bill", "acme_bill", (dir_ / "in").string(), 0}};
    ASSERT_TRUE(lake_->add(tenant_));
  }
  void TearDown() override { fs::remove_all(dir_); }

  void deliver(const std::string& name, const std::string& text) { std::ofstream(dir_ / "in" / name) << text; }

  RunReport run(RunOptions options = {}) {
    auto report = centavo::run(*workshop_, tenant_, options, {}, nullptr);
    EXPECT_TRUE(report) << report.error().message;
    return report ? std::move(*report) : RunReport{};
  }
  std::string ask(const std::string& sql, std::int64_t release = 0) {
    auto reader = Reader::open(*workshop_, tenant_, release);
    if (!reader) return reader.error().message;
    auto rows = reader->query(sql);
    if (!rows) return rows.error().message;
    std::string out;
    for (;;) {
      const auto more = rows->next();
      if (!more) return more.error().message;
      if (!*more) return out;
      for (std::size_t i = 0; i < rows->columns().size(); ++i) out += (i ? "," : "") + rows->text(i);
      out += ";";
    }
  }

  fs::path dir_;
  std::unique_ptr<Lake> lake_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<pack::Library> library_;
  std::unique_ptr<duck::Database> engine_;
  std::unique_ptr<Workshop> workshop_;
  Tenant tenant_;
};

constexpr char kMay[] =
    "month,id,service,cost,currency,note\n2026-05-01,a,compute,10.000000001,USD,x\n2026-05-01,b,storage,-2.5,USD,"
    "\n2026-05-01,c,ignored,99,USD,\n";

TEST_F(Flow, ANewProviderIsOneFolderAndEveryLayerAgrees) {
  deliver("may.csv", kMay);
  const auto report = run();
  ASSERT_FALSE(report.error) << report.error->message;
  EXPECT_EQ(report.plan.tasks.size(), 3u);
  ASSERT_TRUE(report.release);
  EXPECT_EQ(ask("select service, sum(cost) from gold.acme_by_service group by 1 order by 1"),
            "compute,10.000000001000000000000;storage,-2.500000000000000000000;");
  EXPECT_EQ(ask("select note, source_file_name, source_row_number from bronze.acme_lines where id = 'a'"),
            "x,may.csv,1;");
  const auto proof = reconcile(*workshop_, tenant_, {});
  ASSERT_TRUE(proof) << proof.error().message;
  EXPECT_TRUE(proof->holds);
  EXPECT_GE(proof->lines.size(), 3u);
}

TEST_F(Flow, DoesNothingWhenNothingChanged) {
  deliver("may.csv", kMay);
  run();
  const auto again = run();
  EXPECT_TRUE(again.plan.tasks.empty());
  EXPECT_EQ(again.plan.up_to_date, 3);
  EXPECT_FALSE(again.release);
}

TEST_F(Flow, ARestatedMonthReplacesThatMonthOnly) {
  deliver("may.csv", kMay);
  deliver("june.csv", "month,id,service,cost,currency\n2026-06-01,z,compute,1,USD\n");
  run();
  deliver("may.csv", "month,id,service,cost,currency,note\n2026-05-01,a,compute,11,USD,corrected\n");
  const auto report = run();
  ASSERT_FALSE(report.error) << report.error->message;
  EXPECT_EQ(report.plan.tasks.size(), 3u);
  EXPECT_EQ(ask("select billing_period, sum(cost) from gold.acme_by_service group by 1 order by 1"),
            "2026-05-01,11.000000000000000000000;2026-06-01,1.000000000000000000000;");
  EXPECT_EQ(ask("select sum(cost) from silver.acme_costs", 1), "8.500000001000000000000;");
}

TEST_F(Flow, AFileOfSeveralMonthsIsTakenInWholeHoweverItWritesThem) {
  deliver("all.csv",
          "month,id,service,cost,currency\n2026-05,a,compute,1,USD\n20260630,b,compute,2,USD\n2026-07-01T00:00:00Z,c,"
          "compute,4,USD\n");
  const auto report = run();
  ASSERT_FALSE(report.error) << report.error->message;
  EXPECT_EQ(ask("select billing_period, sum(cost::int) from bronze.acme_lines group by 1 order by 1"),
            "2026-05-01,1;2026-06-01,2;2026-07-01,4;");
}

TEST_F(Flow, ARowOfAFileWithSeveralMonthsIsNeverLostAndTheProofCountsIt) {
  auto files = kAcmePack;
  files["sources/acme_bill.yaml"] =
      "source: acme_bill\ndescription: files\nconnector: files\nperiod: {from: column, columns: [month]}\nfeeds: "
      "[{table: bronze.acme_lines}]\n";
  *library_ = *pack::Library::from_files({{"acme", files}});
  const std::string row = R"({{"month":"{}","id":"{}","service":"compute","cost":"1","currency":"USD"}})";
  deliver("all.jsonl", fmt::format(fmt::runtime(row + "\n" + row + "\n" + row + "\n"), "2026-05-31T22:00:00-03:00", "a",
                                   "2026-06-01T00:00:00Z", "b", "2026-06-30 23:00:00 UTC", "c"));
  auto connection = *engine_->connect();
  ASSERT_TRUE(
      connection.run(fmt::format("copy (select unnest(['2026-05-01', '2026-06-01'])::date as month, unnest(['d', 'e']) "
                                 "as id, 'compute' as service, "
                                 "'1' as cost, 'USD' as currency) to '{}/in/all.parquet'",
                                 dir_.string())));
  const auto report = run();
  ASSERT_FALSE(report.error) << report.error->message;
  EXPECT_EQ(ask("select billing_period, count(*) from bronze.acme_lines group by 1 order by 1"),
            "2026-05-01,2;2026-06-01,3;");
  const auto proof = reconcile(*workshop_, tenant_, {});
  ASSERT_TRUE(proof) << proof.error().message;
  EXPECT_TRUE(proof->holds);
  std::map<std::string, std::string> counted;
  for (const auto& line : proof->lines) {
    if (line.from == "files") counted[line.period] = line.from_amount;
  }
  EXPECT_EQ(counted, (std::map<std::string, std::string>{{"2026-05", "2"}, {"2026-06", "3"}}));
}

TEST_F(Flow, APartOfTheMonthsIsShownOnlyWhenTheOthersAreWhole) {
  deliver("may.csv", kMay);
  deliver("june.csv", "month,id,service,cost,currency\n2026-06-01,z,compute,1,USD\n");
  run();
  deliver("may.csv", "month,id,service,cost,currency\n2026-05-01,a,compute,1,USD\n2026-05-01,a,compute,2,USD\n");
  EXPECT_TRUE(run().error) << "ids must be unique: bronze has the new May, silver the old one";
  deliver("june.csv", "month,id,service,cost,currency\n2026-06-01,z,compute,2,USD\n");
  RunOptions june;
  june.periods = *parse_period_range("2026-06");
  const auto report = run(june);
  EXPECT_FALSE(report.error) << report.error->message;
  EXPECT_FALSE(report.release);
}

TEST_F(Flow, ATypeThatChangesBetweenMonthsLosesNoMonth) {
  auto connection = *engine_->connect();
  for (const auto& [month, value] : {std::pair{"2026-05", "7"}, {"2026-06", "'text'"}})
    ASSERT_TRUE(connection.run(fmt::format(
        "copy (select '{}-01' as month, 'a' as id, 'compute' as service, '1' as cost, 'USD' as currency, {} as odd) to "
        "'{}/in/{}.parquet'",
        month, value, dir_.string(), month)));
  auto files = kAcmePack;
  files["sources/acme_bill.yaml"] =
      "source: acme_bill\ndescription: files\nconnector: files\nformat: auto\nperiod: {from: column, columns: "
      "[month]}\nfeeds: [{table: bronze.acme_lines}]\n";
  *library_ = *pack::Library::from_files({{"acme", files}});
  const auto report = run();
  ASSERT_TRUE(report.error);
  EXPECT_EQ(report.error->kind, ErrorKind::corrupt_data);
  EXPECT_THAT(report.error->message, HasSubstr("odd"));
  EXPECT_FALSE(report.release);
  auto table = delta::Table::open(lake_->store(), *engine_, Lake::table_root("t1", "bronze", "acme_lines"));
  ASSERT_TRUE(table);
  EXPECT_EQ(table->snapshot()->total_rows(), 1) << "the month that was first stays";
}

class Shop : public Flow {
 protected:
  void SetUp() override {
    Flow::SetUp();
    auto library = pack::Library::from_files({{"shop", kShopPack}});
    ASSERT_TRUE(library) << library.error().message;
    *library_ = std::move(*library);
    fs::create_directories(dir_ / "north");
    fs::create_directories(dir_ / "south");
    tenant_.sources = {{"north", "shop_files", (dir_ / "north").string(), 0},
                       {"south", "shop_files", (dir_ / "south").string(), 0}};
  }
  void sell(const std::string& file, const std::string& id) {
    std::ofstream(dir_ / file) << "id,note\n" << id << ",x\n";
  }
  std::string sold() {
    const auto report = run();
    if (report.error) return report.error->message;
    return ask("select string_agg(id, ' ' order by id) from bronze.shop_sales");
  }
};

TEST_F(Shop, DeliveriesOfTwoSourcesAddUpOnce) {
  sell("north/1.csv", "n1");
  sell("south/1.csv", "s1");
  EXPECT_EQ(sold(), "n1 s1;");
  sell("north/2.csv", "n2");
  EXPECT_EQ(sold(), "n1 n2 s1;");
  sell("south/2.csv", "s2");
  RunOptions full;
  full.full = true;
  run(full);
  sell("north/3.csv", "n3");
  EXPECT_EQ(sold(), "n1 n2 n3 s1 s2;");
  tenant_.sources.pop_back();
  EXPECT_EQ(sold(), "n1 n2 n3;");
}

TEST_F(Shop, AFileThatCannotBeReadDoesNotLandAndTheNextGoodOneHeals) {
  sell("north/1.csv", "n1");
  EXPECT_EQ(sold(), "n1;");
  std::ofstream(dir_ / "north/2.csv") << "id,note\nn2,529.982.247-25,too,many\n";
  const auto error = sold();
  EXPECT_THAT(error, HasSubstr("2.csv: CSV error in row 1: "));
  EXPECT_THAT(error, testing::Not(HasSubstr("529")));
  sell("north/2.csv", "n2");
  EXPECT_EQ(sold(), "n1 n2;");
}

TEST_F(Shop, ACrashBetweenQuarantineAndTableSetsNoRowAsideTwice) {
  auto files = kShopPack;
  auto& bronze = files["bronze/shop_sales.yaml"];
  bronze.replace(bronze.find("type: varchar}"), 14, "type: varchar, pattern: '^[ns]', severity: quarantine}");
  *library_ = *pack::Library::from_files({{"shop", files}});
  const auto quarantined = [&] {
    auto table = delta::Table::open(lake_->store(), *engine_, Lake::quarantine_root("t1", "bronze", "shop_sales"));
    return table ? table->snapshot()->total_rows() : 0;
  };
  sell("north/1.csv", "n1");
  sell("north/2.csv", "bad1");
  EXPECT_EQ(sold(), "n1;");
  EXPECT_EQ(quarantined(), 1);
  // The next delivery is set aside, and the table and the catalog are as they were before: as after a crash in between.
  const fs::path bronze_dir = dir_ / "lake/tenants/t1/bronze";
  fs::copy(bronze_dir, dir_ / "saved", fs::copy_options::recursive);
  catalog_.reset();
  fs::copy(dir_ / "lake/catalog.sqlite", dir_ / "saved.sqlite");
  const auto reopen = [&] {
    catalog_ = *Catalog::open(lake_->dir());
    workshop_ = std::make_unique<Workshop>(Workshop{*lake_, *catalog_, *library_, *engine_});
  };
  reopen();
  sell("north/3.csv", "n3");
  sell("north/4.csv", "bad2");
  EXPECT_EQ(sold(), "n1 n3;");
  EXPECT_EQ(quarantined(), 2);
  catalog_.reset();
  for (const char* file : {"catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm"})
    fs::remove(dir_ / "lake" / file);
  fs::copy(dir_ / "saved.sqlite", dir_ / "lake/catalog.sqlite");
  fs::remove_all(bronze_dir);
  fs::copy(dir_ / "saved", bronze_dir, fs::copy_options::recursive);
  reopen();
  const auto report = run();
  ASSERT_FALSE(report.error) << report.error->message;
  EXPECT_EQ(quarantined(), 2);
  sell("north/5.csv", "bad3");
  run();
  EXPECT_EQ(quarantined(), 3);
}

TEST_F(Flow, AnotherMaskKeyMakesWhatItMasksAgain) {
  auto files = kAcmePack;
  auto& sql = files["silver/acme_costs.sql"];
  sql.replace(sql.find("    id,"), 7, "    cv_keyed_hash(id) as id,");
  auto library = pack::Library::from_files({{"acme", files}});
  ASSERT_TRUE(library) << library.error().message;
  *library_ = std::move(*library);
  deliver("may.csv", kMay);
  run();
  const std::string before = ask("select min(id) from silver.acme_costs");
  EXPECT_TRUE(run().plan.tasks.empty());
  std::ofstream(dir_ / "lake/tenants/t1/.secrets/mask.key") << std::string(64, 'a') << "\n";
  const auto report = run();
  ASSERT_FALSE(report.error) << report.error->message;
  ASSERT_FALSE(report.plan.tasks.empty());
  EXPECT_EQ(report.plan.tasks[0].table.text(), "silver.acme_costs");
  EXPECT_EQ(report.plan.tasks[0].reason, "a parameter changed");
  EXPECT_NE(ask("select min(id) from silver.acme_costs"), before);
}

TEST_F(Flow, BadRowsAreSetAsideAndCounted) {
  deliver("may.csv", "month,id,service,cost,currency\n2026-05-01,a,compute,5,USD\n2026-05-01,b,magic,7,USD\n");
  const auto report = run();
  ASSERT_FALSE(report.error) << report.error->message;
  // The bill is silver and what was set aside, to the last digit.
  const auto proof = reconcile(*workshop_, tenant_, {});
  EXPECT_TRUE(proof->holds);
  EXPECT_EQ(proof->lines[1].note, "7 in quarantine");
  EXPECT_EQ(report.outcomes[1].rows_quarantined, 1);
  auto table = delta::Table::open(lake_->store(), *engine_, Lake::quarantine_root("t1", "silver", "acme_costs"));
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->snapshot()->total_rows(), 1);
}

TEST_F(Flow, OfRowsEqualInTheirKeyTheFirstDeliveredStaysWhateverTheThreadsAndTheOrderOfFiles) {
  auto files = kAcmePack;
  files["silver/acme_costs.yaml"] += "    severity: quarantine\n";
  auto library = pack::Library::from_files({{"acme", files}});
  ASSERT_TRUE(library) << library.error().message;
  *library_ = std::move(*library);
  std::map<std::string, std::string> bills;
  for (int file = 1; file <= 4; ++file) {
    std::string& text = bills[fmt::format("{}.csv", file)] = "month,id,service,cost,currency\n";
    for (int row = 0; row < 3000; ++row)
      text += fmt::format("2026-05-01,{},compute,{},USD\n", (row * 7 + file) % 1000, file * 10000 + row);
  }
  RunOptions again;
  again.full = true;
  for (const int threads : {1, 2, 8}) {
    auto engine = duck::Database::open({.threads = threads});
    ASSERT_TRUE(engine);
    *engine_ = std::move(*engine);
    for (const auto& [name, text] : bills) fs::remove(dir_ / "in" / name);
    if (threads == 2) {
      for (auto bill = bills.rbegin(); bill != bills.rend(); ++bill) deliver(bill->first, bill->second);
    } else {
      for (const auto& [name, text] : bills) deliver(name, text);
    }
    const auto report = run(again);
    ASSERT_FALSE(report.error) << report.error->message;
    EXPECT_EQ(ask("select count(*), count(distinct id), max(source_file_name), max(source_row_number), "
                  "sum(cost)::bigint from silver.acme_costs"),
              fmt::format("1000,1000,1.csv,1000,{};", 1000 * 10000 + 999 * 500))
        << threads << " threads";
  }
}

TEST_F(Flow, UpperCaseNamesOfLayersAndTablesAreTheSameTables) {
  deliver("may.csv", kMay);
  run();
  EXPECT_EQ(ask("select count(*) from BRONZE.acme_lines"), "3;");
  EXPECT_EQ(ask("select count(*) from SILVER.ACME_COSTS"), "2;");
  EXPECT_THAT(ask("select * from SILVER.nothing"), HasSubstr("nothing"));
}

TEST_F(Flow, AFailedCheckLeavesReadersWhereTheyWere) {
  deliver("may.csv", kMay);
  run();
  deliver("may.csv", "month,id,service,cost,currency\n2026-05-01,a,compute,5,USD\n2026-05-01,a,compute,5,USD\n");
  const auto report = run();
  ASSERT_TRUE(report.error);
  EXPECT_EQ(report.error->kind, ErrorKind::check_failed);
  EXPECT_THAT(report.error->message, HasSubstr("unique"));
  EXPECT_EQ(ask("select sum(cost) from gold.acme_by_service"), "7.500000001000000000000;");
  deliver("may.csv", "month,id,service,cost,currency\n2026-05-01,a,compute,6,USD\n");
  EXPECT_FALSE(run().error);
  EXPECT_EQ(ask("select sum(cost) from gold.acme_by_service"), "6.000000000000000000000;");
}

TEST_F(Flow, AnAmountThatIsNotANumberNamesItself) {
  deliver("may.csv", "month,id,service,cost,currency\n2026-05-01,a,compute,12x,USD\n");
  const auto report = run();
  ASSERT_TRUE(report.error);
  EXPECT_THAT(report.error->message, HasSubstr("bronze.acme_lines 2026-05: may.csv: row 1, column cost: "));
  EXPECT_THAT(report.error->message, HasSubstr("\"12x\" is not a number"));
  EXPECT_FALSE(report.release);
}

TEST_F(Flow, AnAmountThatOnlySilverReadsNamesItsFileRowAndColumn) {
  auto files = kAcmePack;
  auto& bronze = files["bronze/acme_lines.yaml"];
  bronze.erase(bronze.find("proof:"));
  *library_ = *pack::Library::from_files({{"acme", files}});
  deliver("may.csv", kMay);
  // The same text stands elsewhere, where it does no harm.
  deliver("more.csv",
          "month,id,service,cost,currency\n2026-05-01,12x,compute,1,USD\n2026-05-01,e,compute,12x,USD\n2026-05-01,f,"
          "ignored,12x,USD\n");
  const auto report = run();
  ASSERT_TRUE(report.error);
  EXPECT_THAT(report.error->message, HasSubstr("silver.acme_costs 2026-05: more.csv: row 2, column cost: "));
}

TEST_F(Flow, AFailedCheckShowsWhatIsWrongAndLittleElse) {
  std::string long_note(400, 'n');
  deliver("may.csv",
          "month,id,service,cost,currency,note\n2026-05-01,a,compute,5,USD," + long_note + "\n2026-05-01,b,,5,USD,x\n");
  auto files = kAcmePack;
  files["bronze/acme_lines.yaml"] += "checks:\n  - required: [service]\n";
  *library_ = *pack::Library::from_files({{"acme", files}});
  const auto report = run();
  ASSERT_TRUE(report.error);
  EXPECT_THAT(report.error->hint, HasSubstr("\"source_file_name\":\"may.csv\""));
  EXPECT_THAT(report.error->hint, HasSubstr("\"source_row_number\":2"));
  EXPECT_THAT(report.error->hint, testing::Not(HasSubstr("currency")));
  EXPECT_LT(report.error->hint.size(), 330u);
}

TEST_F(Flow, NamesMayBeWrittenInCapitals) {
  deliver("may.csv", kMay);
  run();
  EXPECT_EQ(ask("select COUNT(*) from BRONZE.acme_lines"), "3;");
  EXPECT_EQ(ask("select count(*) from Gold.ACME_BY_SERVICE"), "2;");
  EXPECT_THAT(ask("select * from INFORMATION_SCHEMA.VIEWS"), HasSubstr("is not a table of this tenant"));
  EXPECT_THAT(ask("select * from DUCKDB_VIEWS"), HasSubstr("is not a table of this tenant"));
}

TEST_F(Flow, PeopleMayOnlyReadTheirTables) {
  deliver("may.csv", kMay);
  run();
  for (const char* sql :
       {"select * from read_csv('/etc/passwd')", "copy (select 1) to 'x.csv'", "select * from '/etc/passwd'",
        "attach 'x.db'", "select 1; select 2", "set threads = 1", "select * from glob('/*')",
        "insert into gold.acme_by_service select * from gold.acme_by_service", "select * from duckdb_settings()",
        "select * from read_parquet('x')", "pragma version", "call pragma_version()"}) {
    auto reader = Reader::open(*workshop_, tenant_, 0);
    ASSERT_TRUE(reader) << reader.error().message;
    EXPECT_FALSE(reader->query(sql)) << sql;
  }
}

TEST_F(Flow, EveryNumberGoesBackToItsRawRows) {
  deliver("may.csv", kMay);
  run();
  const auto found = explain(*workshop_, tenant_, "cost where service = 'compute'", 0, 10);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_TRUE(found->holds);
  ASSERT_EQ(found->lines.size(), 1u);
  EXPECT_EQ(found->lines[0].file, "may.csv");
  EXPECT_EQ(found->lines[0].row, 1);
  EXPECT_THAT(found->lines[0].raw_text, HasSubstr("10.000000001"));
  Cancel cancel;
  cancel.request();
  const auto stopped = explain(*workshop_, tenant_, "cost", 0, 10, access::whole_sight(), true, &cancel);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind, ErrorKind::cancelled);
  EXPECT_EQ(explain(*workshop_, tenant_, "cost where ", 0, 10).error().kind, ErrorKind::invalid_argument);
}

TEST_F(Flow, ALostCatalogIsReadBackFromTheLogs) {
  deliver("may.csv", kMay);
  run();
  catalog_.reset();
  for (const auto& entry : fs::directory_iterator(lake_->dir())) {
    if (entry.path().filename().string().starts_with("catalog")) fs::remove(entry.path());
  }
  catalog_ = *Catalog::open(lake_->dir());
  workshop_ = std::make_unique<Workshop>(Workshop{*lake_, *catalog_, *library_, *engine_});
  const auto report = run();
  EXPECT_FALSE(report.error);
  EXPECT_TRUE(report.plan.tasks.empty());
  EXPECT_TRUE(reconcile(*workshop_, tenant_, {})->holds);
}

TEST_F(Flow, AChangedParameterMakesOnlyWhatUsesIt) {
  deliver("may.csv", kMay);
  run();
  tenant_.parameters["limit"] = "5";
  const auto report = run();
  ASSERT_FALSE(report.error) << report.error->message;
  ASSERT_EQ(report.plan.tasks.size(), 2u);
  EXPECT_EQ(report.plan.tasks[0].reason, "a parameter changed");
  EXPECT_EQ(ask("select is_big from silver.acme_costs where id = 'a'"), "true;");
}

}  // namespace
}  // namespace centavo
