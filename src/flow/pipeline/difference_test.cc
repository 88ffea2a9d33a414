#include "flow/pipeline/difference.h"

#include <filesystem>
#include <fstream>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "flow/pipeline/measured.h"
#include "flow/pipeline/replay.h"

namespace centavo {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// Lines of a month and rates without one; `factor` stands for the program.
pack::PackFiles toll_pack(int factor) {
  return {
      {"pack.yaml",
       "pack: toll\nversion: 1\ndescription: Tolls\nparameters:\n  - {name: owner, type: varchar, default: nobody, "
       "description: who pays for lorries}\n"},
      {"sources/toll_lines.yaml",
       "source: toll_lines\ndescription: CSV\nconnector: files\nformat: csv\nmatch: [\"line*.csv\"]\nperiod: {from: "
       "column, columns: [month]}\nfeeds: [{table: bronze.toll_lines}]\n"},
      {"sources/toll_rates.yaml",
       "source: toll_rates\ndescription: CSV\nconnector: files\nformat: csv\nmatch: [\"rates.csv\"]\nfeeds: [{table: "
       "bronze.toll_rates}]\n"},
      {"bronze/toll_lines.yaml",
       "table: bronze.toll_lines\ndescription: Lines.\nwrite: replace_period\nperiod_column: "
       "billing_period\ncolumns:\n  - {name: id, type: varchar}\n  - {name: kind, type: varchar}\n  - {name: cost, "
       "type: varchar}\n"},
      {"bronze/toll_rates.yaml",
       "table: bronze.toll_rates\ndescription: Rates.\nwrite: replace\ncause: rates\ncolumns:\n  - {name: rate, type: "
       "varchar}\n"},
      {"silver/tolls.yaml",
       "table: silver.tolls\ndescription: One row per line.\ngrain: [source_file_name, source_row_number]\nidentity: "
       "[billing_period, id]\nwrite: replace_period\nperiod_column: billing_period\ncolumns:\n"
       "  - {name: billing_period, type: date, required: true}\n  - {name: id, type: varchar, required: true}\n"
       "  - {name: owner, type: varchar}\n  - {name: amount, type: \"decimal(38,21)\", required: true}\n"
       "  - {name: source_file_name, type: varchar}\n  - {name: source_row_number, type: bigint}\n"},
      {"silver/tolls.sql",
       fmt::format("select billing_period, id, case when kind = 'lorry' then $owner else kind end as owner,\n"
                   "  cv_product(cv_decimal(cost) * {}, (select max(cv_decimal(rate)) from bronze.toll_rates)) as "
                   "amount,\n  source_file_name, source_row_number\nfrom bronze.toll_lines\nwhere billing_period >= "
                   "$period_first and billing_period < $period_end\n",
                   factor)},
  };
}

class Tolls : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = fs::temp_directory_path() / ("centavo-tolls-" + new_uuid());
    fs::create_directories(dir_ / "in");
    ASSERT_TRUE(Lake::create((dir_ / "lake").string()));
    lake_ = std::make_unique<Lake>(*Lake::open((dir_ / "lake").string()));
    catalog_ = *Catalog::open(lake_->dir());
    engine_ = std::make_unique<duck::Database>(*duck::Database::open({.threads = 2}));
    tenant_.id = "t1";
    tenant_.name = "Tenant one";
    tenant_.sources = {{"lines", "toll_lines", (dir_ / "in").string(), 0},
                       {"rates", "toll_rates", (dir_ / "in").string(), 0}};
    ASSERT_TRUE(lake_->add(tenant_));
    use_program(1);
    deliver("line-05.csv", "month,id,kind,cost\n2026-05-01,a,car,1.25\n2026-05-01,b,lorry,7.5\n");
    deliver("rates.csv", "rate\n2\n");
  }
  void TearDown() override { fs::remove_all(dir_); }

  void use_program(int factor) {
    auto library = pack::Library::from_files({{"toll", toll_pack(factor)}});
    ASSERT_TRUE(library) << library.error().message;
    library_ = std::make_unique<pack::Library>(std::move(*library));
    workshop_ = std::make_unique<Workshop>(Workshop{*lake_, *catalog_, *library_, *engine_});
  }
  void deliver(const std::string& name, const std::string& text) { std::ofstream(dir_ / "in" / name) << text; }

  std::int64_t run() {
    const auto report = centavo::run(*workshop_, tenant_, {}, {}, nullptr);
    EXPECT_TRUE(report) << report.error().message;
    if (!report || report->error) ADD_FAILURE() << (report ? report->error->message : "");
    return report && report->release ? report->release->number : 0;
  }

  Difference diff(std::int64_t from, std::int64_t to) {
    DifferenceQuestion question;
    question.from = from;
    question.to = to;
    question.measure = "amount";
    question.by = {"owner"};
    question.limit = 0;
    auto found = difference(*workshop_, tenant_, question, {}, nullptr);
    EXPECT_TRUE(found) << found.error().message;
    return found ? std::move(*found) : Difference{};
  }

  static std::vector<Cause> causes(const Difference& found) {
    std::vector<Cause> out;
    for (const auto& total : found.totals) {
      for (const auto& [cause, amount] : total.parts) out.push_back(cause);
    }
    return out;
  }

  fs::path dir_;
  std::unique_ptr<Lake> lake_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<pack::Library> library_;
  std::unique_ptr<duck::Database> engine_;
  std::unique_ptr<Workshop> workshop_;
  Tenant tenant_;
};

Landing landing_of(std::vector<std::string> digests) {
  Landing out;
  out.table = "bronze.toll_lines";
  for (auto& digest : digests) {
    LandedFile file;
    file.digest = std::move(digest);
    out.files.push_back(std::move(file));
  }
  return out;
}

TEST(CauseOfLanding, ANewFileBesideTheOthersIsNewAndAnotherInPlaceOfOneIsRestated) {
  const auto library = *pack::Library::from_files({{"toll", toll_pack(1)}});
  const Landing before = landing_of({"a", "b"});
  EXPECT_EQ(cause_of_landing(library, nullptr, before), Cause::new_data);
  EXPECT_EQ(cause_of_landing(library, &before, landing_of({"b", "a", "c"})), Cause::new_data);
  EXPECT_EQ(cause_of_landing(library, &before, landing_of({"a", "c"})), Cause::restated_data);
  EXPECT_EQ(cause_of_landing(library, &before, landing_of({"a"})), Cause::restated_data);
  Landing rates = landing_of({"a"});
  rates.table = "bronze.toll_rates";
  EXPECT_EQ(cause_of_landing(library, nullptr, rates), Cause::rates);
}

TEST_F(Tolls, AMeasureIsFoundByItsNameAndByItsTable) {
  run();
  const Release newest = *release(lake_->store(), "t1");
  EXPECT_EQ(find_measured(*library_, newest, "AMOUNT")->measure, "amount");
  EXPECT_EQ(find_measured(*library_, newest, "silver.tolls.amount")->table.text(), "silver.tolls");
  EXPECT_EQ(find_measured(*library_, newest, "owner").error().kind, ErrorKind::invalid_argument);
  EXPECT_EQ(find_measured(*library_, newest, "silver.tolls.owner").error().kind, ErrorKind::invalid_argument);
  EXPECT_EQ(find_measured(*library_, newest, "silver.tools.amount").error().kind, ErrorKind::not_found);
  EXPECT_THAT(find_measured(*library_, newest, "silver.tolls.sum").error().hint, HasSubstr("amount"));
}

TEST_F(Tolls, WhatAnotherProgramWroteIsNotToldApart) {
  run();
  use_program(2);
  run();
  auto table = *delta::Table::open(lake_->store(), *engine_, Lake::table_root("t1", "silver", "tolls"));
  const auto base = *table.snapshot();
  delta::Change change;
  change.info.operation = "DELETE";
  change.remove = *base.files();
  change.reads_all = true;
  ASSERT_TRUE(table.commit(base, std::move(change)));
  Release next = *release(lake_->store(), "t1");
  next.versions["silver.tolls"] = table.snapshot()->version();
  ASSERT_TRUE(publish(lake_->store(), "t1", next));
  const Difference found = diff(1, 3);
  EXPECT_EQ(causes(found), std::vector{Cause::joint});
  EXPECT_TRUE(found.holds);
  ASSERT_EQ(found.totals.size(), 1u);
  EXPECT_EQ(parse_decimal(found.totals[0].change)->shortest(), "-17.5");
  EXPECT_THAT(found.moves.at(0).note, HasSubstr("DELETE by"));
  const auto again = replay(*workshop_, tenant_, 3, {}, nullptr);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_FALSE(again->same);
}

// Whatever moved, in any order and number: the parts add up, and one step alone is its own cause.
TEST_F(Tolls, PartsOfRandomHistoriesAddUp) {
  run();
  std::mt19937 random(7);
  std::vector<Cause> steps = {Cause::program,  Cause::rates,         Cause::rules,   Cause::restated_data,
                              Cause::new_data, Cause::restated_data, Cause::program, Cause::rates};
  std::shuffle(steps.begin(), steps.end(), random);
  int serial = 10;
  for (const Cause step : steps) {
    ++serial;
    const std::string cost = fmt::format("{}.{:09}", random() % 1000, random() % 1000000000);
    if (step == Cause::program) use_program(serial);
    if (step == Cause::rules) tenant_.parameters["owner"] = fmt::format("o{}", serial);
    if (step == Cause::rates) deliver("rates.csv", fmt::format("rate\n{}\n", serial));
    if (step == Cause::restated_data)
      deliver("line-05.csv",
              fmt::format("month,id,kind,cost\n2026-05-01,a,car,{}\n2026-05-01,c{},lorry,-3.125\n", cost, serial));
    if (step == Cause::new_data)
      deliver("line-06.csv", fmt::format("month,id,kind,cost\n2026-06-01,d,lorry,{}\n", cost));
    const auto number = run();
    ASSERT_GT(number, 1);
    EXPECT_EQ(causes(diff(number - 1, number)), std::vector{step}) << "release " << number;
  }
  const auto last = static_cast<std::int64_t>(steps.size()) + 1;
  for (std::int64_t from = 1; from <= last; from += 4) {
    for (std::int64_t to = 1; to <= last; to += 3) {
      const Difference found = diff(from, to);
      EXPECT_TRUE(found.holds) << from << " to " << to;
      EXPECT_THAT(causes(found), testing::Not(testing::Contains(Cause::joint))) << from << " to " << to;
    }
  }
  for (std::int64_t number = 1; number <= last; number += 4) {
    const auto again = replay(*workshop_, tenant_, number, {}, nullptr);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_TRUE(again->same) << "release " << number;
  }
}

}  // namespace
}  // namespace centavo
