#include "flow/connect/landing.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "flow/connect/gzip_testing.h"
#include "io/duck/duck.h"

namespace centavo {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

const pack::PackFiles kPack = {
    {"pack.yaml", "pack: bills\nversion: 1\ndescription: for tests\n"},
    {"sources/cur.yaml",
     "source: cur\ndescription: d\nconnector: files\nformat: auto\nmanifest: aws\nmatch: ['**/*.csv', '**/*.csv.gz', "
     "'**/*.csv.zip', '**/*.parquet']\n"
     "period: {from: manifest, columns: [month, other_month]}\nfeeds: [{table: bronze.cur}]\n"},
    {"sources/by_path.yaml",
     "source: by_path\ndescription: d\nconnector: files\nperiod: {from: path, path: '(\\d{4})-(\\d{2})/'}\nfeeds: "
     "[{table: bronze.cur}]\n"},
    {"sources/events.yaml",
     "source: events\ndescription: d\nconnector: files\njson: {record_path: data.items}\n"
     "period: {from: column, columns: [invoice.month, at]}\nfeeds: [{table: bronze.cur}]\n"},
    {"sources/extract.yaml",
     "source: extract\ndescription: d\nconnector: files\nperiod: {from: none}\n"
     "feeds:\n  - {table: bronze.purchases, match: ['purchases*']}\n  - {table: bronze.customers, match: "
     "['customers*']}\n"},
    {"sources/tidy.yaml",
     "source: tidy\ndescription: d\nconnector: files\nignore: ['**/truth.csv', 'notes/**']\n"
     "period: {from: column, columns: [month]}\nfeeds: [{table: bronze.cur}]\n"},
    {"sources/mixed.yaml",
     "source: mixed\ndescription: d\nconnector: files\nperiod: {from: column, columns: [month]}\n"
     "feeds:\n  - {table: bronze.cur, match: ['usage*', 'both*']}\n  - {table: bronze.customers, match: "
     "['prices*', 'both*']}\n"},
    {"sources/history.yaml",
     "source: history\ndescription: d\nconnector: files\nformat: csv\ncsv: {delimiter: ';', columns: [day, id]}\n"
     "period: {from: column, columns: [day], dates: day_first, new_by: rows}\nfeeds: [{table: bronze.cur}]\n"},
    {"bronze/cur.yaml",
     "table: bronze.cur\ndescription: d\nwrite: replace_period\nperiod_column: billing_period\ncolumns: [{name: month, "
     "type: varchar}]\n"},
    {"bronze/purchases.yaml",
     "table: bronze.purchases\ndescription: d\nwrite: append\ncolumns: [{name: id, type: varchar}]\n"},
    {"bronze/customers.yaml",
     "table: bronze.customers\ndescription: d\nwrite: replace\ncolumns: [{name: id, type: varchar}]\n"},
};

class LandingTest : public testing::Test {
 protected:
  LandingTest() : clock_(1'790'000'000'000) {
    std::string name = (fs::temp_directory_path() / "centavo-land-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) dir_ = name;
    fs::create_directories(dir_ / "in");
    lake_ = std::make_unique<Lake>(std::move(*Lake::create((dir_ / "lake").string())));
    duck::Options options;
    options.threads = 1;
    engine_ = std::make_unique<duck::Database>(std::move(*duck::Database::open(options)));
    const auto library = pack::Library::from_files({{"bills", kPack}});
    if (!library) ADD_FAILURE() << library.error().message;
    library_ = std::make_unique<pack::Library>(*library);
    tenant_.id = "acme";
    source_ = {"cur", "cur", (dir_ / "in").string(), 0};
    tenant_.sources = {source_};
    if (!lake_->add(tenant_)) ADD_FAILURE();
  }
  ~LandingTest() override { fs::remove_all(dir_); }

  void put(const std::string& path, const std::string& bytes, int age = 0) {
    fs::create_directories((dir_ / "in" / path).parent_path());
    std::ofstream(dir_ / "in" / path, std::ios::binary) << bytes;
    // Times of their own, so that a changed file never has the size and time of the old one by chance.
    fs::last_write_time(dir_ / "in" / path, fs::file_time_type::clock::now() + std::chrono::seconds(++ticks_ - age));
  }
  void put_legacy(const std::string& path, const std::string& assembly, const std::vector<std::string>& keys,
                  const std::string& month = "202609", const std::string& next = "202610",
                  const std::string& report = "cur") {
    Json json = {{"assemblyId", assembly},
                 {"account", "1"},
                 {"reportName", report},
                 {"bucket", "b"},
                 {"reportKeys", keys},
                 {"billingPeriod", {{"start", month + "01T000000.000Z"}, {"end", next + "01T000000.000Z"}}},
                 {"columns", Json::array({{{"category", ""}, {"name", "id"}}, {{"category", ""}, {"name", "month"}}})}};
    put(path, json.dump());
  }

  LandReport land(std::optional<PeriodRange> periods = {}) {
    auto report = centavo::land(*lake_, *engine_, *library_, tenant_, source_, periods, nullptr, nullptr, clock_);
    if (!report) {
      ADD_FAILURE() << report.error().message;
      return {};
    }
    // Whatever happened: the log reads back, names bytes that are there, and nothing waits.
    const auto log = read_landings(lake_->store(), "acme", source_.name);
    for (const Landing& landing : log.value_or(std::vector<Landing>())) {
      for (const LandedFile& file : landing.files) EXPECT_TRUE(lake_->store().info(file.raw_key)) << file.raw_key;
    }
    EXPECT_THAT(*lake_->store().list("tenants/acme/raw/" + source_.name + "/_incoming"), IsEmpty());
    return *report;
  }
  static std::vector<std::string> paths(const Landing& landing) {
    std::vector<std::string> out;
    for (const LandedFile& file : landing.files) out.push_back(file.source_path);
    std::sort(out.begin(), out.end());
    return out;
  }
  static std::vector<std::string> landed(const LandReport& report) {
    std::vector<std::string> out;
    for (const Landing& landing : report.landed)
      out.push_back(fmt::format("{} {}: {}", landing.table, landing.period, fmt::join(paths(landing), " ")));
    return out;
  }
  static std::string problems(const LandReport& report) {
    std::string out;
    for (const LandProblem& problem : report.problems) out += problem.error.message + "\n";
    return out;
  }
  static std::string notes(const LandReport& report) { return fmt::format("{}", fmt::join(report.notes, "\n")); }

  fs::path dir_;
  int ticks_ = 0;
  FakeClock clock_;
  std::unique_ptr<Lake> lake_;
  std::unique_ptr<duck::Database> engine_;
  std::unique_ptr<pack::Library> library_;
  Tenant tenant_;
  TenantSource source_;
};

constexpr const char* kSeptember = "id,month\n1,2026-09-01T00:00:00Z\n2,2026-09-01T00:00:00Z\n";
constexpr const char* kMoreSeptember = "id,month\n3,2026-09-01T00:00:00Z\n";
constexpr const char* kOctober = "id,month\n1,2026-10-01T00:00:00Z\n";
constexpr const char* kBoth = "id,month\n1,2026-09-01T00:00:00Z\n2,2026-10-01T00:00:00Z\n";

TEST_F(LandingTest, BytesComeIntoRawUnchangedAndOnce) {
  put("a.csv.gz", gzip(kSeptember));
  const LandReport first = land();
  ASSERT_THAT(landed(first), ElementsAre("bronze.cur 2026-09: a.csv.gz")) << problems(first);
  const Landing& landing = first.landed[0];
  EXPECT_EQ(landing.number, 1);
  EXPECT_EQ(landing.landed_ms, 1'790'000'000'000);
  EXPECT_FALSE(landing.filter_period);
  const LandedFile& file = landing.files[0];
  EXPECT_EQ(file.raw_key, "tenants/acme/raw/cur/2026-09/" + file.digest + ".csv.gz");
  EXPECT_EQ(*lake_->store().read(file.raw_key), gzip(kSeptember));
  EXPECT_EQ(file.compression, "gzip");
  const auto back = read_landings(lake_->store(), "acme", "cur");
  ASSERT_THAT(*back, SizeIs(1));
  EXPECT_EQ((*back)[0].content_digest(), landing.content_digest());
  EXPECT_EQ((*back)[0].files, landing.files);
  EXPECT_THAT(*read_landings(lake_->store(), "acme", "cur", 2), IsEmpty());
  struct stat raw{};
  ASSERT_EQ(::stat((lake_->dir() + "/" + file.raw_key).c_str(), &raw), 0);
  EXPECT_EQ(raw.st_nlink, 1u) << "a hard link would change with the source";

  const LandReport second = land();
  EXPECT_THAT(second.landed, IsEmpty());
  EXPECT_EQ(second.files_seen, 1);
  EXPECT_EQ(second.files_read, 0);
}

TEST_F(LandingTest, ATouchedFileIsReadOnceAndLandsNothing) {
  put("a.csv", kSeptember);
  land();
  put("a.csv", kSeptember);
  const LandReport touched = land();
  EXPECT_EQ(touched.files_read, 1);
  EXPECT_THAT(touched.landed, IsEmpty());
  EXPECT_EQ(land().files_read, 0);
}

TEST_F(LandingTest, WithoutTheCacheTheLandingsTellWhatIsUnchanged) {
  put("a.csv", kSeptember);
  put("b.csv", kBoth);
  land();
  ASSERT_TRUE(lake_->store().remove("tenants/acme/raw/cur/_seen.json"));
  const LandReport report = land();
  EXPECT_EQ(report.files_read, 0);
  EXPECT_THAT(report.landed, IsEmpty());
  ASSERT_TRUE(lake_->store().write("tenants/acme/raw/cur/_seen.json", "{broken"));
  EXPECT_THAT(land().landed, IsEmpty());
}

TEST_F(LandingTest, FilesWithoutManifestAddUpAndANewerOneReplaces) {
  put("a.csv", kSeptember);
  put("b.csv", kMoreSeptember);
  EXPECT_THAT(landed(land()), ElementsAre("bronze.cur 2026-09: a.csv b.csv"));
  put("a.csv", "id,month\n9,2026-09-01\n");
  const LandReport changed = land();
  EXPECT_THAT(landed(changed), ElementsAre("bronze.cur 2026-09: a.csv b.csv"));
  EXPECT_EQ(changed.files_read, 1);
  put("c.csv", kOctober);
  EXPECT_THAT(landed(land()), ElementsAre("bronze.cur 2026-10: c.csv"));
  // Moved to another month: both change.
  put("a.csv", "id,month\n9,2026-10-01\n");
  EXPECT_THAT(landed(land()), ElementsAre("bronze.cur 2026-09: b.csv", "bronze.cur 2026-10: a.csv c.csv"));
}

TEST_F(LandingTest, WhatItsKindIgnoresIsAsGoodAsNotThere) {
  source_.kind = "tidy";
  put("bill.csv", "id,month\n1,2026-09\n");
  put("truth.csv", "no,bill\n");
  put("deep/truth.csv", "no,bill\n");
  put("notes/to_self.csv", "no,bill\n");
  const LandReport report = land();
  EXPECT_THAT(landed(report), ElementsAre("bronze.cur 2026-09: bill.csv"));
  EXPECT_EQ(problems(report), "");
  EXPECT_EQ(report.files_seen, 1);
}

TEST_F(LandingTest, AMonthThatComesUnderAnotherNameCountsOnce) {
  put("bill-draft.csv", kSeptember);
  put("october.csv", kOctober);
  land();
  fs::remove(dir_ / "in/bill-draft.csv");
  put("bill-final.csv", kMoreSeptember);
  const LandReport report = land();
  EXPECT_THAT(landed(report), ElementsAre("bronze.cur 2026-09: bill-final.csv"));
  EXPECT_THAT(notes(report), HasSubstr("bill-draft.csv: gone from the source, where bronze.cur of 2026-09 has other "
                                       "files: its rows go too"));
  EXPECT_THAT(land().notes, IsEmpty());
  // The same, with a landing between the two.
  fs::remove(dir_ / "in/bill-final.csv");
  const LandReport empty = land();
  EXPECT_THAT(landed(empty), IsEmpty()) << "a month without files stays as it landed";
  EXPECT_THAT(notes(empty), HasSubstr("bill-final.csv: gone from the source, and no file of bronze.cur of 2026-09 is "
                                      "left there: it stays as it landed"));
  EXPECT_THAT(land().notes, IsEmpty()) << "said once";
  put("bill-v3.csv", kSeptember);
  EXPECT_THAT(landed(land()), ElementsAre("bronze.cur 2026-09: bill-v3.csv"));
}

TEST_F(LandingTest, AFileThatIsThereButBrokenKeepsWhatItBrought) {
  put("a.csv", kSeptember);
  put("b.csv", kMoreSeptember);
  land();
  put("a.csv", "");
  fs::remove(dir_ / "in/b.csv");
  const LandReport report = land();
  EXPECT_THAT(report.problems, SizeIs(1));
  EXPECT_THAT(landed(report), ElementsAre("bronze.cur 2026-09: a.csv"));
}

TEST_F(LandingTest, AFileOfSeveralMonthsLandsInEachWithAFilter) {
  put("a.csv", kBoth);
  const LandReport report = land();
  ASSERT_THAT(landed(report), ElementsAre("bronze.cur 2026-09: a.csv", "bronze.cur 2026-10: a.csv"))
      << problems(report);
  for (const Landing& landing : report.landed) {
    EXPECT_TRUE(landing.filter_period);
    EXPECT_EQ(landing.period_column, "month");
    EXPECT_THAT(landing.files[0].raw_key, HasSubstr("/all/"));
  }
}

TEST_F(LandingTest, RowsOfEachMonthAreWrittenDown) {
  source_ = {"events", "events", (dir_ / "in").string(), 0};
  // The month is what is written, not the instant in UTC.
  put("a.jsonl",
      "{\"at\":\"2026-09-30T22:00:00-03:00\"}\n{\"at\":\"2026-09-01 00:00:00 UTC\"}\n{\"at\":\"2026-10-01\"}\n");
  put("b.json", R"({"data":{"items":[{"at":"2026-09-30T23:59:59-08:00"},{"at":"2026-10-02"},{"at":"20261003"}]}})");
  put("d.csv", "id,at\n1,2026-09-01\n2,2026-10-01\n3,2026-10-31\n");
  auto connection = *engine_->connect();
  ASSERT_TRUE(connection.run(fmt::format(
      "copy (select unnest(['2026-09-01', '2026-10-01', '2026-10-02'])::timestamptz as at) to '{}/in/e.parquet'",
      dir_.string())));
  const LandReport report = land();
  EXPECT_EQ(problems(report), "");
  ASSERT_THAT(report.landed, SizeIs(2));
  const auto rows = [](const Landing& landing) {
    std::map<std::string, std::pair<std::int64_t, std::int64_t>> out;
    for (const LandedFile& file : landing.files) out[file.source_path] = {file.rows, file.rows_in_file};
    return out;
  };
  const auto log = *read_landings(lake_->store(), "acme", "events");
  ASSERT_THAT(log, SizeIs(2));
  using Rows = std::map<std::string, std::pair<std::int64_t, std::int64_t>>;
  EXPECT_EQ(rows(log[0]), (Rows{{"a.jsonl", {2, 3}}, {"b.json", {1, 3}}, {"d.csv", {1, 3}}, {"e.parquet", {1, 3}}}));
  EXPECT_EQ(rows(log[1]), (Rows{{"a.jsonl", {1, 3}}, {"b.json", {2, 3}}, {"d.csv", {2, 3}}, {"e.parquet", {2, 3}}}));
  EXPECT_EQ(land().files_read, 0);
}

TEST_F(LandingTest, AHistoryThatGrowsLandsInTheMonthsWhoseRowsChanged) {
  source_ = {"history", "history", (dir_ / "in").string(), 0};
  put("all.csv", "30/09/2026;a\n01/10/2026;b\n02102026;c\n");
  EXPECT_THAT(landed(land()), ElementsAre("bronze.cur 2026-09: all.csv", "bronze.cur 2026-10: all.csv"));
  put("all.csv", "02/10/2026;c\r\n03/10/2026;d\r\n01/10/2026;b\r\n30/09/2026;a\r\n");
  EXPECT_THAT(landed(land()), ElementsAre("bronze.cur 2026-10: all.csv"));
  put("all.csv", "03/10/2026;d\n02/10/2026;c\n01/10/2026;b\n30/09/2026;a\n");   // in another order
  EXPECT_THAT(landed(land()), IsEmpty());
  put("all.csv", "03/10/2026;d\n02/10/2026;c\n01/10/2026;b\n30/09/2026;A\n");
  EXPECT_THAT(landed(land()), ElementsAre("bronze.cur 2026-09: all.csv"));
  put("all.csv", "03/10/2026;d\n02/10/2026;c\n01/10/2026;b\n30/09/2026;A\n30/09/2026;A\n");   // twice is not once
  EXPECT_THAT(landed(land()), ElementsAre("bronze.cur 2026-09: all.csv"));
  ASSERT_TRUE(lake_->store().remove("tenants/acme/raw/history/_seen.json"));
  EXPECT_THAT(landed(land()), IsEmpty());
  put("all.csv", "2026-10-03;d\n");
  EXPECT_THAT(problems(land()), HasSubstr("2026-10-03"));
}

TEST_F(LandingTest, TheMonthMayStandInAMemberOfAColumn) {
  source_ = {"events", "events", (dir_ / "in").string(), 0};
  put("c.json", R"([{"invoice":{"month":"202609"},"at":"2026-10-01"},{"invoice":{"month":"202610"}}])");
  auto connection = *engine_->connect();
  ASSERT_TRUE(connection.run(
      fmt::format("copy (select {{'month': '202609'}} as invoice) to '{}/in/e.parquet'", dir_.string())));
  const LandReport report = land();
  EXPECT_THAT(landed(report), ElementsAre("bronze.cur 2026-09: c.json e.parquet", "bronze.cur 2026-10: c.json"))
      << problems(report);
}

TEST_F(LandingTest, WithoutTheCacheAMonthThatDidNotLandYetStillLands) {
  put("b.csv", kBoth);
  EXPECT_THAT(landed(land(PeriodRange{*Period::of(2026, 9), *Period::of(2026, 9)})),
              ElementsAre("bronze.cur 2026-09: b.csv"));
  ASSERT_TRUE(lake_->store().remove("tenants/acme/raw/cur/_seen.json"));
  EXPECT_THAT(landed(land()), ElementsAre("bronze.cur 2026-10: b.csv"));
}

TEST_F(LandingTest, ARowWithoutMonthIsAProblemAndTheRestGoesOn) {
  put("a.csv", "id,month\n1,2026-09-01\n2,\n");
  put("b.csv", "id,month\n1,2026-09-01\n2,soon\n");
  put("c.csv", "id,other_month\n1,2026-09-01\n");
  put("d.csv", "id,moon\n1,2026-09-01\n");
  const LandReport report = land();
  EXPECT_THAT(landed(report), ElementsAre("bronze.cur 2026-09: c.csv"));
  EXPECT_THAT(problems(report), HasSubstr("a.csv: row 2 has nothing in month, which tells its month"));
  EXPECT_THAT(problems(report), HasSubstr("b.csv: row 2 has \"soon\" in month, which tells its month"));
  EXPECT_THAT(problems(report), HasSubstr("d.csv: it has none of the columns that tell its month: month, other_month"));
  EXPECT_THAT(report.problems, SizeIs(3));
  EXPECT_THAT(land().problems, SizeIs(3)) << "a problem stays until it is mended";
}

TEST_F(LandingTest, EqualBytesCountOnce) {
  put("a.csv", kSeptember);
  put("b.csv", kSeptember);
  const LandReport report = land();
  EXPECT_THAT(landed(report), ElementsAre("bronze.cur 2026-09: a.csv"));
  EXPECT_THAT(notes(report), HasSubstr("b.csv: the same bytes as a.csv; counted once"));
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_EQ(land().files_read, 0);
  EXPECT_THAT(landed(land()), IsEmpty());
  // The first one changes: the other is no duplicate any more.
  put("a.csv", kMoreSeptember);
  EXPECT_THAT(landed(land()), ElementsAre("bronze.cur 2026-09: a.csv b.csv"));
}

TEST_F(LandingTest, BadFilesAreNamedAndLeaveEverythingAsItWas) {
  put("good.csv", kSeptember);
  put("x.csv.gz", gzip(kOctober));
  land();
  const std::string parquet = "PAR1" + std::string(50, 'x') + std::string("\x0a\0\0\0PAR1", 8);
  std::string broken = gzip(kOctober);
  broken[broken.size() - 6] = static_cast<char>(broken[broken.size() - 6] ^ 1);
  const std::vector<std::tuple<std::string, std::string, std::string>> cases = {
      {"x.csv.gz", broken, "the checksum or size"},
      {"x.csv.gz", gzip(kOctober).substr(0, 30), "cut off after 30 bytes"},
      {"x.csv.gz", gzip(kOctober) + "garbage", "something behind its end"},
      {"x.csv.gz", kOctober, "the file is not gzip"},
      {"x.csv.gz", "", "it is empty: 0 bytes"},
      {"x.parquet", parquet.substr(0, 40), "cut off after 40 bytes; there is no footer"},
      {"x.parquet", kOctober, "it does not start with PAR1"},
      {"x.parquet", "PAR1\xff\xff\xff\x7fPAR1", "a footer of 2147483647 bytes"},
      {"x.csv.zip", "PK no", "zip:"},
      {"y.csv", "id,month\n1,\"2026-10-01\n", "row 1: a quote opens and never closes"},
      {"y.csv", std::string(5000, '\n'), "there is no header row"},
  };
  for (const auto& [path, bytes, message] : cases) {
    put(path, bytes);
    const LandReport report = land();
    EXPECT_THAT(report.landed, IsEmpty()) << path;
    ASSERT_THAT(report.problems, SizeIs(1)) << path << message;
    EXPECT_THAT(problems(report), HasSubstr(path + ": ")) << message;
    EXPECT_THAT(problems(report), HasSubstr(message));
    EXPECT_EQ(report.problems[0].where, path);
    EXPECT_THAT(problems(report), testing::Not(HasSubstr(path + ": " + path)));
    if (path != "x.csv.gz")
      fs::remove(dir_ / "in" / path);
    else
      put(path, gzip(kOctober));
  }
  // The next good run heals.
  put("x.csv.gz", gzip(kBoth));
  EXPECT_THAT(landed(land()), ElementsAre("bronze.cur 2026-09: good.csv x.csv.gz", "bronze.cur 2026-10: x.csv.gz"));
}

TEST_F(LandingTest, AFolderThatHoldsNothingOfTheKindIsNoted) {
  EXPECT_THAT(notes(land()), HasSubstr(": " + (dir_ / "in").string() + " holds no files"));
  put("readme.txt", "no bill");
  put("reports/cost.xls", "no bill");
  const LandReport report = land();
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_THAT(notes(report),
              HasSubstr("of 2 files in " + (dir_ / "in").string() +
                        " none is of its kind (**/*.csv, **/*.csv.gz, **/*.csv.zip, **/*.parquet); the first "
                        "is readme.txt"));
  put("x.csv", kSeptember);
  EXPECT_THAT(land().notes, IsEmpty());
}

TEST_F(LandingTest, AHeaderAloneIsNoted) {
  put("empty.csv", "id,month\n");
  const LandReport report = land();
  EXPECT_THAT(report.landed, IsEmpty());
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_THAT(notes(report), HasSubstr("empty.csv: has no rows to tell its month from"));
  EXPECT_EQ(land().files_read, 0);
}

TEST_F(LandingTest, AnUnreadableFileIsAProblem) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads everything";
  put("a.csv", kSeptember);
  ::chmod((dir_ / "in/a.csv").c_str(), 0);
  EXPECT_THAT(problems(land()), HasSubstr("a.csv: read"));
}

TEST_F(LandingTest, LinksInACircleEnd) {
  put("a/b/x.csv", kSeptember);
  fs::create_directory_symlink(dir_ / "in", dir_ / "in/a/up");
  fs::create_directory_symlink(dir_ / "in/a/self", dir_ / "in/a/self");
  fs::create_symlink("nowhere.csv", dir_ / "in/dangling.csv");
  EXPECT_THAT(landed(land()), ElementsAre("bronze.cur 2026-09: a/b/x.csv"));
}

TEST_F(LandingTest, AFileThatChangesWhileItIsReadIsLeftForLater) {
  put("a.csv", kSeptember);
  put("b.csv", "id,month\n" + std::string(3 << 20, '\n'));
  const LandProgress grow = [&](const std::string& file, std::int64_t, std::int64_t) {
    if (file == "b.csv") std::ofstream(dir_ / "in/b.csv", std::ios::app) << "1,2026-10-01\n";
  };
  const auto report = centavo::land(*lake_, *engine_, *library_, tenant_, source_, {}, grow, nullptr, clock_);
  ASSERT_TRUE(report);
  EXPECT_THAT(landed(*report), ElementsAre("bronze.cur 2026-09: a.csv"));
  EXPECT_THAT(problems(*report), HasSubstr("b.csv: it changed while it was read"));
  EXPECT_EQ(report->problems[0].error.kind, ErrorKind::conflict);
  EXPECT_THAT(landed(land()), ElementsAre("bronze.cur 2026-10: b.csv"));
}

TEST_F(LandingTest, ACancelLeavesNothing) {
  put("a.csv", kSeptember);
  put("b.csv", kOctober);
  Cancel cancel;
  const LandProgress stop = [&](const std::string& file, std::int64_t, std::int64_t) {
    if (file == "b.csv") cancel.request();
  };
  const auto report = centavo::land(*lake_, *engine_, *library_, tenant_, source_, {}, stop, &cancel, clock_);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, ErrorKind::cancelled);
  EXPECT_THAT(*read_landings(lake_->store(), "acme", "cur"), IsEmpty());
  // What a killed run left in _incoming goes with the next.
  ASSERT_TRUE(lake_->store().write("tenants/acme/raw/cur/_incoming/left", "x"));
  EXPECT_THAT(landed(land()), ElementsAre("bronze.cur 2026-09: a.csv", "bronze.cur 2026-10: b.csv"));
}

TEST_F(LandingTest, OnlyTheAskedPeriodsLand) {
  put("a.csv", kSeptember);
  put("b.csv", kBoth);
  put("c.csv", kOctober);
  EXPECT_THAT(landed(land(*parse_period_range("2026-10"))), ElementsAre("bronze.cur 2026-10: b.csv c.csv"));
  EXPECT_THAT(landed(land()), ElementsAre("bronze.cur 2026-09: a.csv b.csv"));
  EXPECT_EQ(land().files_read, 0);
}

TEST_F(LandingTest, SaysWhenTheSourceIsNotThere) {
  source_.uri = (dir_ / "nowhere").string();
  const auto report = centavo::land(*lake_, *engine_, *library_, tenant_, source_, {}, nullptr, nullptr, clock_);
  EXPECT_EQ(report.error().kind, ErrorKind::not_found);
  source_.uri = (dir_ / "in").string();
  source_.kind = "nothing";
  EXPECT_EQ(centavo::land(*lake_, *engine_, *library_, tenant_, source_, {}, nullptr, nullptr, clock_).error().kind,
            ErrorKind::not_found);
}

TEST_F(LandingTest, TheSourceMayBeAFileOrAGlob) {
  put("a.csv", kSeptember);
  put("b/c.csv", kOctober);
  source_.uri = "file://" + (dir_ / "in/a.csv").string();
  EXPECT_THAT(landed(land()), ElementsAre("bronze.cur 2026-09: a.csv"));
  source_.name = "globbed";
  source_.uri = (dir_ / "in").string() + "/**/c*.csv";
  EXPECT_THAT(landed(land()), ElementsAre("bronze.cur 2026-10: b/c.csv"));
  source_.name = "relative";
  source_.uri = "../in/b";
  EXPECT_THAT(landed(land()), ElementsAre("bronze.cur 2026-10: c.csv"));
  source_.name = "around";
  source_.uri = dir_.string();
  EXPECT_THAT(land().landed, SizeIs(2)) << "the lake's own raw files are no source";
}

TEST_F(LandingTest, ThePathMayTellTheMonth) {
  source_.kind = "by_path";
  put("2026-09/a.csv", "id\n1\n");
  put("2026-10/a.json", "[]");
  put("2026-13/a.csv", "id\n1\n");
  put("none/a.csv", "id\n2\n");
  const LandReport report = land();
  EXPECT_THAT(landed(report), ElementsAre("bronze.cur 2026-09: 2026-09/a.csv", "bronze.cur 2026-10: 2026-10/a.json"));
  EXPECT_THAT(report.problems, SizeIs(2));
}

TEST_F(LandingTest, ATableReplacedAsAWholeNeedsNoMonth) {
  source_.kind = "mixed";
  put("usage.csv", "id,month\n1,2026-09\n2,2026-10\n");
  put("prices.csv", "id\n1\n");
  put("both.csv", "id,month\n3,2026-09\n4,2026-10\n");
  const LandReport report = land();
  EXPECT_EQ(problems(report), "");
  EXPECT_THAT(landed(report),
              ElementsAre("bronze.cur 2026-09: both.csv usage.csv", "bronze.cur 2026-10: both.csv usage.csv",
                          "bronze.customers : both.csv prices.csv"));
  EXPECT_FALSE(report.landed.back().filter_period);
  ASSERT_TRUE(lake_->store().remove("tenants/acme/raw/cur/_seen.json"));
  EXPECT_THAT(landed(land()), IsEmpty());
  put("prices.csv", "id\n1\n2\n");
  EXPECT_THAT(landed(land()), ElementsAre("bronze.customers : both.csv prices.csv"));
}

TEST_F(LandingTest, AnAppendTableTakesNewBytesOnly) {
  source_.kind = "extract";
  put("purchases_1.json", "[1]");
  put("customers.csv", "id\n1\n");
  put("readme.md", "hello");
  EXPECT_THAT(landed(land()), ElementsAre("bronze.customers : customers.csv", "bronze.purchases : purchases_1.json"));
  put("purchases_2.json", "[2]");
  EXPECT_THAT(landed(land()), ElementsAre("bronze.purchases : purchases_2.json"));
  // A new version of a file adds rows; the same bytes under a new name do not.
  put("purchases_1.json", "[1,3]");
  put("purchases_3.json", "[2]");
  const LandReport third = land();
  EXPECT_THAT(landed(third), ElementsAre("bronze.purchases : purchases_1.json"));
  EXPECT_THAT(notes(third), HasSubstr("purchases_3.json: the same bytes as purchases_2.json; counted once"));
  EXPECT_THAT(landed(land()), IsEmpty());
  fs::remove(dir_ / "in/purchases_2.json");
  put("purchases_4.json", "[1]");
  EXPECT_THAT(notes(land()), HasSubstr("purchases_4.json: its bytes have landed before"));
  ASSERT_TRUE(lake_->store().remove("tenants/acme/raw/cur/_seen.json"));
  EXPECT_THAT(landed(land()), IsEmpty());
}

// ---- manifests

TEST_F(LandingTest, ANewAssemblyReplacesItsPeriod) {
  const std::string folder = "p/cur/20260901-20261001/";
  put(folder + "a1/cur-1.csv", kSeptember);
  put_legacy(folder + "a1/cur-Manifest.json", "a1", {"p/cur/20260901-20261001/a1/cur-1.csv"});
  put_legacy(folder + "cur-Manifest.json", "a1", {"p/cur/20260901-20261001/a1/cur-1.csv"});
  const LandReport first = land();
  ASSERT_THAT(landed(first), ElementsAre("bronze.cur 2026-09: p/cur/20260901-20261001/a1/cur-1.csv"))
      << problems(first);
  EXPECT_EQ(first.landed[0].delivery, "a1");
  EXPECT_EQ(land().files_read, 0);

  put(folder + "a2/cur-1.csv", kSeptember);
  put(folder + "a2/cur-2.csv", kMoreSeptember);
  const std::vector<std::string> keys = {folder + "a2/cur-1.csv", folder + "a2/cur-2.csv"};
  put_legacy(folder + "a2/cur-Manifest.json", "a2", keys);
  EXPECT_THAT(land().landed, IsEmpty()) << "the manifest above does not name it yet";
  put_legacy(folder + "cur-Manifest.json", "a2", keys);
  const LandReport second = land();
  EXPECT_THAT(landed(second), ElementsAre(fmt::format("bronze.cur 2026-09: {} {}", keys[0], keys[1])));
  EXPECT_EQ(second.landed[0].delivery, "a2");
  // Its mirror drops the old assembly.
  fs::remove_all(dir_ / "in" / (folder + "a1"));
  EXPECT_THAT(land().landed, IsEmpty());
}

TEST_F(LandingTest, FilesMayBeOverwritten) {
  put("20260901-20261001/cur-1.csv.gz", gzip(kSeptember));
  put_legacy("20260901-20261001/cur-Manifest.json", "a1", {"p/cur/20260901-20261001/cur-1.csv.gz"});
  EXPECT_THAT(landed(land()), ElementsAre("bronze.cur 2026-09: 20260901-20261001/cur-1.csv.gz"));
  put("20260901-20261001/cur-1.csv.gz", gzip(kMoreSeptember));
  put_legacy("20260901-20261001/cur-Manifest.json", "a2", {"p/cur/20260901-20261001/cur-1.csv.gz"});
  const LandReport second = land();
  EXPECT_THAT(landed(second), ElementsAre("bronze.cur 2026-09: 20260901-20261001/cur-1.csv.gz"));
  EXPECT_EQ(second.landed[0].delivery, "a2");
}

TEST_F(LandingTest, WithoutAManifestOnTopTheNewestAssemblyCounts) {
  for (const std::string& id : {std::string("b1"), std::string("a2")}) {
    put("20260901-20261001/" + id + "/cur-1.csv", id == "a2" ? kMoreSeptember : kSeptember);
    put_legacy("20260901-20261001/" + id + "/cur-Manifest.json", id, {"x/20260901-20261001/" + id + "/cur-1.csv"});
  }
  EXPECT_THAT(landed(land()), ElementsAre("bronze.cur 2026-09: 20260901-20261001/a2/cur-1.csv"));
}

TEST_F(LandingTest, ReportsOfAPeriodAddUp) {
  put("one/20260901-20261001/one-1.csv", kSeptember);
  put_legacy("one/20260901-20261001/one-Manifest.json", "a", {"one/20260901-20261001/one-1.csv"}, "202609", "202610",
             "one");
  put("two/20260901-20261001/two-1.csv", kMoreSeptember);
  put_legacy("two/20260901-20261001/two-Manifest.json", "b", {"two/20260901-20261001/two-1.csv"}, "202609", "202610",
             "two");
  const LandReport first = land();
  EXPECT_THAT(landed(first),
              ElementsAre("bronze.cur 2026-09: one/20260901-20261001/one-1.csv two/20260901-20261001/two-1.csv"))
      << problems(first);
  // One breaks: the period stays as it was, also for the other's news.
  put("one/20260901-20261001/one-1.csv", "id,month\n7,2026-09-01\n");
  put("two/20260901-20261001/two-1.csv", "");
  const LandReport second = land();
  EXPECT_THAT(second.landed, IsEmpty());
  EXPECT_THAT(problems(second), HasSubstr("two/20260901-20261001/two-1.csv: it is empty"));
  // One leaves the source: what it brought stays.
  fs::remove_all(dir_ / "in/two");
  EXPECT_THAT(landed(land()),
              ElementsAre("bronze.cur 2026-09: one/20260901-20261001/one-1.csv two/20260901-20261001/two-1.csv"));
}

TEST_F(LandingTest, ExportsOfTheSecondKindLand) {
  const auto manifest = [](const std::string& id, const std::vector<std::string>& files) {
    return Json({{"executionId", id},
                 {"exportArn", "arn:x"},
                 {"columns", Json::array({{{"name", "id"}, {"type", "string"}}, {{"name", "month"}}})},
                 {"dataFiles", files}})
        .dump();
  };
  const std::string data = "exp/data/BILLING_PERIOD=2026-09/";
  put(data + "2026-09-02T01:00:00.000Z-e1/exp-00001.csv.gz", gzip(kSeptember));
  put("exp/metadata/BILLING_PERIOD=2026-09/exp-Manifest.json",
      manifest("e1", {"s3://bucket/pre/" + data + "2026-09-02T01:00:00.000Z-e1/exp-00001.csv.gz"}));
  const LandReport first = land();
  EXPECT_THAT(landed(first),
              ElementsAre("bronze.cur 2026-09: " + data + "2026-09-02T01:00:00.000Z-e1/exp-00001.csv.gz"))
      << problems(first);
  EXPECT_EQ(first.landed[0].delivery, "e1");
  put(data + "2026-09-03T01:00:00.000Z-e2/exp-00001.csv.gz", gzip(kMoreSeptember));
  put("exp/metadata/BILLING_PERIOD=2026-09/exp-Manifest.json",
      manifest("e2", {"s3://bucket/pre/" + data + "2026-09-03T01:00:00.000Z-e2/exp-00001.csv.gz"}));
  EXPECT_THAT(landed(land()),
              ElementsAre("bronze.cur 2026-09: " + data + "2026-09-03T01:00:00.000Z-e2/exp-00001.csv.gz"));
}

TEST_F(LandingTest, AWrongManifestIsAProblemOfItsPeriodOnly) {
  put("20261001-20261101/cur-1.csv", kOctober);
  put_legacy("20261001-20261101/cur-Manifest.json", "o", {"20261001-20261101/cur-1.csv"}, "202610", "202611");
  put("20260901-20261001/cur-1.csv", kSeptember);
  put_legacy("20260901-20261001/cur-Manifest.json", "s", {"20260901-20261001/cur-1.csv"});
  ASSERT_THAT(land().landed, SizeIs(2));

  const std::string at = "20260901-20261001/cur-Manifest.json";
  const std::string key = "20260901-20261001/cur-1.csv";
  const std::vector<std::pair<std::function<void()>, std::string>> cases = {
      {[&] { put_legacy(at, "n", {key, "20260901-20261001/cur-2.csv"}); },
       "1 of its 2 files are not there: 20260901-20261001/cur-2.csv"},
      {[&] { put_legacy(at, "n", {key}, "202608", "202609"); },
       "it is of 2026-08, but 20260901-20261001/cur-1.csv is of 2026-09"},
      {[&] { put_legacy(at, "n", {key}, "202609", "202611"); }, "not over one month"},
      {[&] { put_legacy(at, "n", {"../../etc/passwd"}); }, "leads out of its folder"},
      {[&] { put_legacy(at, "n", {}); }, "it lists no files, but 2026-09 has landed before"},
      {[&] { put_legacy(at, "", {key}); }, "assemblyId or executionId is empty"},
      {[&] { put(at, "{\"assemblyId\": "); }, "not JSON"},
      {[&] { put(at, "{\"assemblyId\": \"n\"}"); }, "reportName is missing"},
      {[&] { put(at, "[]"); }, "it is not an object"},
      {[&] { put(at, ""); }, "not JSON"},
      {[&] {
         put(at,
             R"({"executionId": "n", "dataFiles": ["s3://b/BILLING_PERIOD=2026-09/x", "s3://b/BILLING_PERIOD=2026-08/x"]})");
       },
       "its files are of 2026-09 and of 2026-08"},
      {[&] {
         put_legacy(at, "n", {key});
         put(key, "a,b,c\n1,2,3\n");
       },
       "it has 3 columns, and only 0 of the 2 that the manifest names"},
      {[&] {
         put_legacy(at, "n", {key});
         put(key, "");
       },
       "it is empty"},
  };
  for (const auto& [change, message] : cases) {
    change();
    const LandReport report = land();
    EXPECT_THAT(report.landed, IsEmpty()) << message;
    ASSERT_THAT(report.problems, SizeIs(1)) << message << problems(report);
    EXPECT_THAT(problems(report), HasSubstr(message));
    EXPECT_THAT(problems(report), HasSubstr(at));
    put(key, kSeptember);
    put_legacy(at, "s", {key});
    land();
  }
  EXPECT_THAT(land().problems, IsEmpty());
  // And a change of the other month goes on beside a broken one.
  put_legacy(at, "n", {key, "20260901-20261001/cur-2.csv"});
  put("20261001-20261101/cur-1.csv", "id,month\n5,2026-10-01\n");
  const LandReport report = land();
  EXPECT_THAT(landed(report), ElementsAre("bronze.cur 2026-10: 20261001-20261101/cur-1.csv"));
  EXPECT_THAT(report.problems, SizeIs(1));
}

TEST_F(LandingTest, AColumnMoreOrLessThanTheManifestIsANote) {
  put("20260901-20261001/cur-1.csv", "id,month,tag\n1,2026-09-01,x\n");
  put_legacy("20260901-20261001/cur-Manifest.json", "a", {"20260901-20261001/cur-1.csv"});
  const LandReport report = land();
  EXPECT_THAT(report.landed, SizeIs(1));
  EXPECT_THAT(notes(report), HasSubstr("has 3 columns, the manifest names 2, 2 are the same"));
}

TEST_F(LandingTest, ProbeTellsWhatThereIsWithoutLanding) {
  put("20260901-20261001/cur-1.csv", kSeptember);
  put_legacy("20260901-20261001/cur-Manifest.json", "a",
             {"20260901-20261001/cur-1.csv", "20260901-20261001/cur-2.csv"});
  put("loose.csv", kOctober);
  const auto found = probe(*lake_, *engine_, *library_, tenant_, source_);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ((*found)["files"], 2);
  EXPECT_EQ((*found)["deliveries"][0]["missing"], 1);
  EXPECT_EQ((*found)["periods"], Json::array({"2026-09"}));
  EXPECT_EQ((*found)["columns"], Json::array({"id", "month"}));
  EXPECT_THAT(*read_landings(lake_->store(), "acme", "cur"), IsEmpty());
}

TEST_F(LandingTest, ABrokenLogIsNotGuessedAt) {
  put("a.csv", kSeptember);
  land();
  const std::string good = *lake_->store().read("tenants/acme/raw/cur/_landings/00000000000000000001.json");
  for (std::size_t size = 0; size < good.size() - 2; size += 7) {
    ASSERT_TRUE(lake_->store().write("tenants/acme/raw/cur/_landings/00000000000000000001.json", good.substr(0, size)));
    EXPECT_EQ(read_landings(lake_->store(), "acme", "cur").error().kind, ErrorKind::corrupt_data) << size;
  }
  ASSERT_TRUE(lake_->store().write("tenants/acme/raw/cur/_landings/00000000000000000001.json", good));
  ASSERT_TRUE(lake_->store().write("tenants/acme/raw/cur/_landings/1.json", good));
  EXPECT_EQ(read_landings(lake_->store(), "acme", "cur").error().kind, ErrorKind::corrupt_data);
}

// ---- real bills

class RealBills : public LandingTest {
 protected:
  static fs::path shared() {
    const char* const given = std::getenv("CENTAVO_SHARED");
    return fs::absolute(given != nullptr ? fs::path(given) : fs::path("../shared")) / "data/aws_cur";
  }
};

TEST_F(RealBills, Land) {
  if (!fs::exists(shared())) GTEST_SKIP() << "no shared data at " << shared();
  const std::vector<std::tuple<std::string, std::string, std::string>> cases = {
      {"synthetic_commitments", "2026-09", "623d8eb7-a4ca-83b2-6b52-b08d21870f0b"},
      {"legacy_koku_local_2018_06", "2018-08", "16e57707-f9e3-49be-8be6-b84e684b5194"},
      {"cur2_2026_04", "2026-04", "04e9e487-79a7-42b1-a680-1de7c660dc8f"},
      {"legacy_anonymous_2023_11", "2023-11", ""},
  };
  const auto library = pack::Library::load({});
  ASSERT_TRUE(library) << library.error().message;
  *library_ = *library;
  source_.kind = "aws_cur";
  for (const auto& [folder, period, delivery] : cases) {
    source_.name = folder;
    source_.uri = (shared() / folder).string();
    const LandReport report = land();
    ASSERT_THAT(report.landed, SizeIs(1)) << folder << problems(report) << notes(report);
    EXPECT_THAT(report.problems, IsEmpty()) << problems(report);
    EXPECT_EQ(report.landed[0].period, period);
    EXPECT_EQ(report.landed[0].delivery, delivery);
    EXPECT_EQ(land().files_read, 0);
  }
  // A month not final, then final under the same name.
  for (const char* name : {"2023-06-01-not-final.csv", "2023-06-01.csv"}) {
    fs::copy_file(shared() / "legacy_final_vs_not_final" / name, dir_ / "in/2023-06-01.csv",
                  fs::copy_options::overwrite_existing);
    source_.name = "final";
    source_.uri = (dir_ / "in").string();
    const LandReport report = land();
    ASSERT_THAT(landed(report), ElementsAre("bronze.aws_cur_line_items 2023-06: 2023-06-01.csv"))
        << problems(report) << notes(report);
  }
}

}  // namespace
}  // namespace centavo
