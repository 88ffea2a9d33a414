#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/cli/row_format.h"

namespace centavo::cli {
namespace {

using ::testing::HasSubstr;

class Rows : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "centavo-rows-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  /// The query's rows in a file of this format.
  std::string written(const std::string& sql, RowFormat format, std::int64_t rows_max = 0) {
    const std::string path = dir_ + "/rows";
    auto database = duck::Database::open({});
    auto connection = database->connect();
    auto rows = connection->query(sql);
    EXPECT_TRUE(rows) << rows.error().message;
    auto sink = RowSink::open(output_, path);
    EXPECT_TRUE(sink) << sink.error().message;
    Context context(globals_, output_, cancel_);
    const Status done = write_rows(context, *rows, format, *sink, rows_max);
    EXPECT_TRUE(done) << done.error().message;
    EXPECT_TRUE(sink->close());
    return text_of(path);
  }
  static std::string text_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(dir_), std::filesystem::directory_iterator()));
  }

  std::string dir_;
  GlobalOptions globals_;
  Cancel cancel_;
  std::FILE* err_ = std::tmpfile();
  Output output_{stdout, err_};
};

constexpr const char* kSql =
    "select * from (values (1, 'a,b', 1.10::decimal(38,21), date '2026-09-30'), (2, null, -0.000000000000000000001, "
    "null)) t(id, name, cost, day)";

TEST_F(Rows, AsCsvKeepEveryDigit) {
  EXPECT_EQ(written(kSql, RowFormat::csv),
            "id,name,cost,day\n"
            "1,\"a,b\",1.100000000000000000000,2026-09-30\n"
            "2,,-0.000000000000000000001,\n");
}

TEST_F(Rows, AsJsonHoldMoneyAsText) {
  const auto rows = parse_json(written(kSql, RowFormat::json));
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ((*rows)[0]["cost"], "1.100000000000000000000");
  EXPECT_EQ((*rows)[0]["id"], 1);
  EXPECT_TRUE((*rows)[1]["name"].is_null());
  EXPECT_EQ(written("select 1 where false", RowFormat::json), "[]\n");
}

TEST_F(Rows, AsJsonLinesAreOneObjectALine) {
  const std::string text = written(kSql, RowFormat::jsonl);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_TRUE(parse_json(text.substr(0, text.find('\n'))));
}

TEST_F(Rows, AsATableStopWhereTheyMustAndSaySo) {
  const std::string text = written("select i from range(100) t(i)", RowFormat::table, 5);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 6);
  std::rewind(err_);
  char noted[200] = {};
  ASSERT_NE(std::fgets(noted, sizeof noted, err_), nullptr);
  EXPECT_THAT(noted, HasSubstr("only the first 5 rows"));
  const std::string all = written("select i from range(2500) t(i)", RowFormat::table, 0);
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 2501);
}

TEST_F(Rows, AFileAppearsOnlyWhenWhole) {
  {
    auto sink = RowSink::open(output_, dir_ + "/half.csv");
    ASSERT_TRUE(sink);
    ASSERT_TRUE(sink->write("id\n1\n"));
    EXPECT_FALSE(std::filesystem::exists(dir_ + "/half.csv"));
  }
  EXPECT_EQ(files(), 0U) << "nothing is left of a file that was not closed";
}

TEST_F(Rows, AFolderThatIsNotThereIsNamed) {
  const auto sink = RowSink::open(output_, dir_ + "/nowhere/out.csv");
  ASSERT_FALSE(sink);
  EXPECT_EQ(sink.error().kind, ErrorKind::not_found);
  EXPECT_THAT(sink.error().message, HasSubstr("nowhere/out.csv"));
}

}  // namespace
}  // namespace centavo::cli
