#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/document/answers.h"
#include "app/document/export.h"
#include "app/document/html_page.h"
#include "app/document/report.h"

namespace centavo::document {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Table amounts() {
  Table out;
  out.columns = {{"service", "VARCHAR"}, {"cost", "DECIMAL(38,21)"}, {"charges", "BIGINT"}, {"day", "DATE"}};
  out.rows = {{"a,\"b\"", "-1.500000000000000000001", "2", "2026-09-01"},
              {std::nullopt, "0.5", std::nullopt, std::nullopt},
              {"=1+1", "3", "4", "2026-09-30"},
              {"", "0", "0", "2026-01-01"}};
  return out;
}

std::string written(FileFormat format, const Table& table = amounts()) {
  TextSink sink;
  ExportOptions options;
  options.format = format;
  options.about = {"acme", {{"period", "2026-09"}}};
  const auto rows = rows_of(table);
  const auto done = write_file(*rows, sink, options);
  EXPECT_TRUE(done) << done.error().message;
  return sink.text;
}

TEST(Files, CsvIsExactAndTellsNullFromNothing) {
  EXPECT_EQ(written(FileFormat::csv),
            "service,cost,charges,day\r\n\"a,\"\"b\"\"\",-1.500000000000000000001,2,2026-09-01\r\n,0.5,,\r\n=1+1,3,4,"
            "2026-09-30\r\n"
            "\"\",0,0,2026-01-01\r\n");
}

TEST(Files, BrazilianCsvHasDecimalCommasAndNoFormula) {
  EXPECT_EQ(written(FileFormat::csvbr),
            "\xEF\xBB\xBFservice;cost;charges;day\r\n\"a,\"\"b\"\"\";-1,500000000000000000001;2;2026-09-01\r\n;0,5;;"
            "\r\n'=1+1;3;4;2026-09-30\r\n"
            "\"\";0;0;2026-01-01\r\n");
}

TEST(Files, JsonLinesKeepAmountsAsText) {
  EXPECT_THAT(written(FileFormat::jsonl),
              StartsWith("{\"service\": \"a,\\\"b\\\"\", \"cost\": \"-1.500000000000000000001\", \"charges\": 2, "
                         "\"day\": \"2026-09-01\"}\n"
                         "{\"service\": null, \"cost\": \"0.5\", \"charges\": null, \"day\": null}\n"));
}

TEST(Files, ParquetGivesBackEveryDigit) {
  const auto path = std::filesystem::temp_directory_path() / "centavo-document-test.parquet";
  std::ofstream(path, std::ios::binary) << written(FileFormat::parquet);
  auto engine = duck::Database::open({.threads = 1});
  auto connection = engine->connect();
  const auto rows = connection->all(fmt::format("select * from read_parquet({})", duck::literal(path.string())));
  std::filesystem::remove(path);
  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_EQ(rows->size(), 4u);
  EXPECT_EQ((*rows)[0][0], "a,\"b\"");
  EXPECT_EQ((*rows)[0][1], "-1.500000000000000000001");
  EXPECT_EQ((*rows)[1][0], std::nullopt);
  EXPECT_EQ((*rows)[3][0], "");
}

TEST(Files, ASheetIsAnArchiveAndEndsNamedWhole) { EXPECT_THAT(written(FileFormat::xlsx), StartsWith("PK\x03\x04")); }

TEST(Files, NoSheetHoldsMoreRowsThanItHasRoom) {
  class Endless : public TableRows {
   public:
    const std::vector<TableColumn>& columns() const override { return columns_; }
    Result<bool> next() override { return ++count_ <= 1'048'576; }
    std::optional<std::string> value(std::size_t) const override { return std::nullopt; }
    bool may_be_long(std::size_t) const override { return false; }

   private:
    std::vector<TableColumn> columns_ = {{"n", "BIGINT"}};
    std::int64_t count_ = 0;
  } rows;
  TextSink sink;
  ExportOptions options;
  options.format = FileFormat::xlsx;
  const auto done = write_file(rows, sink, options);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::over_limit);
  EXPECT_TRUE(sink.text.empty());
}

TEST(Files, ASinkThatFailsEndsTheExport) {
  class Broken : public Sink {
   public:
    Status write(std::string_view) override { return fail(ErrorKind::cancelled, "gone"); }
  } sink;
  const Table table = amounts();
  for (const auto format :
       {FileFormat::csv, FileFormat::csvbr, FileFormat::jsonl, FileFormat::xlsx, FileFormat::parquet}) {
    ExportOptions options;
    options.format = format;
    const auto rows = rows_of(table);
    const auto done = write_file(*rows, sink, options);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().message, "gone");
  }
}

TEST(Files, ObjectsBecomeATableWithTypes) {
  const auto table =
      table_of(OrderedJson::parse(R"([{"a": "1.50", "n": 3, "t": "x"}, {"t": null, "a": "-2", "more": ["q"]}])"));
  ASSERT_EQ(table.columns.size(), 4u);
  EXPECT_EQ(table.columns[0].type, "DECIMAL(38,21)");
  EXPECT_EQ(table.columns[1].type, "BIGINT");
  EXPECT_EQ(table.columns[2].type, "VARCHAR");
  EXPECT_EQ(table.rows[1][3], "[\"q\"]");
  EXPECT_EQ(table.rows[0][3], std::nullopt);
}

TEST(Shown, MoneyIsRoundedToItsCoinInEachLanguage) {
  EXPECT_EQ(money_shown("1234567.895", "USD", Language::english), "$1,234,567.90");
  EXPECT_EQ(money_shown("-1234.565", "USD", Language::portuguese), "−US$ 1.234,57");
  EXPECT_EQ(money_shown("0.004999999999999999999", "BRL", Language::portuguese), "R$ 0,00");
  EXPECT_EQ(money_shown("-0.004", "USD", Language::english), "$0.00");
  EXPECT_EQ(money_shown("1234.5", "JPY", Language::english), "JPY 1,235");
  EXPECT_EQ(money_shown("7", "KWD", Language::english), "KWD 7.000");
  EXPECT_EQ(money_shown("99999999999999999.995", "USD", Language::english), "$100,000,000,000,000,000.00");
  EXPECT_EQ(percent_shown("0.0325", Language::english, true), "+3.3%");
  EXPECT_EQ(percent_shown("-0.5", Language::portuguese, true), "−50,0%");
  EXPECT_EQ(percent_shown("0.0001", Language::english, true), "0.0%");
}

Report a_report() {
  Report out;
  out.tenant.id = "acme";
  out.tenant.name = "Acme <script>alert(1)</script> & Sons";
  out.release.number = 3;
  auto& overview = out.overview;
  overview.period = {"2026-09", "2026-09", "2026-09", false};
  overview.currency = "USD";
  overview.measure = "EffectiveCost";
  overview.total = "12.5";
  overview.series = {"day", {"2026-09-01", "2026-09-02"}, {{std::nullopt, {"10", "2.5"}}}};
  explore::Cost cost;
  static_cast<explore::Totals&>(cost) = overview;
  cost.by = {"ServiceName"};
  for (int i = 0; i < 20; ++i)
    cost.rows.push_back({{fmt::format("<b>{}", i)}, {std::nullopt}, "0.5", {}, {}, {}, "0.04"});
  cost.rows_total = 25;
  out.services = out.accounts = out.regions = cost;
  return out;
}

TEST(ReportPage, HoldsNoScriptAndNothingFromElsewhereWhateverItIsTold) {
  for (const auto language : {Language::english, Language::portuguese}) {
    const std::string page = report_page(a_report(), language);
    for (const char* unwanted : {"<script", "<b>", "http:", "https:", "url(", "@import", " src=", "<link", "onload"})
      EXPECT_EQ(page.find(unwanted), std::string::npos) << unwanted;
    EXPECT_THAT(page, HasSubstr("&lt;b&gt;0"));
    EXPECT_THAT(page, HasSubstr("</main></body></html>"));
  }
}

TEST(ReportPage, WhatIsNotListedStandsInOneRowSoThatTheTableAddsUp) {
  const std::string page = report_page(a_report(), Language::english);
  EXPECT_THAT(page, HasSubstr("All others (15)"));
  EXPECT_THAT(page, HasSubstr("title=\"7.5 USD\""));
  EXPECT_THAT(page, HasSubstr("title=\"12.5 USD\">$12.50"));
}

}  // namespace
}  // namespace centavo::document
