#include "io/sqldb/sqldb.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <thread>

#include <unistd.h>

namespace centavo {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class SqlDbTest : public testing::Test {
 protected:
  SqlDbTest() {
    folder_ = fs::temp_directory_path() / fmt::format("centavo-sqldb-{}-{}", ::getpid(),
                                                      testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~SqlDbTest() override { fs::remove_all(folder_); }

  SqlDb open() {
    auto db = SqlDb::open(path());
    EXPECT_TRUE(db) << db.error().message;
    return std::move(*db);
  }
  std::string path() const { return folder_ / "catalog.db"; }

  fs::path folder_;
};

TEST_F(SqlDbTest, BindsAndReadsBack) {
  SqlDb db = open();
  ASSERT_TRUE(db.run("create table t(id integer primary key, name text, size integer); -- a comment\n"));
  ASSERT_TRUE(db.run("insert into t(name, size) values (?, ?)", "it's; drop table t",
                     std::numeric_limits<std::int64_t>::min()));
  EXPECT_EQ(db.changes(), 1);
  EXPECT_EQ(db.last_insert_id(), 1);
  ASSERT_TRUE(db.run("insert into t(name, size) values (?, ?)", std::string_view(), std::optional<std::int64_t>()));
  ASSERT_TRUE(db.run("insert into t(name, size) values (?, ?)", std::string("a\0b", 3), nullptr));

  auto statement = db.prepare("select name, size from t order by id");
  ASSERT_TRUE(statement);
  EXPECT_EQ(statement->column_count(), 2);
  EXPECT_EQ(statement->column_name(1), "size");
  ASSERT_TRUE(*statement->step());
  EXPECT_EQ(statement->text(0), "it's; drop table t");
  EXPECT_EQ(statement->integer(1), std::numeric_limits<std::int64_t>::min());
  ASSERT_TRUE(*statement->step());
  EXPECT_FALSE(statement->is_null(0));
  EXPECT_EQ(statement->maybe_text(0), "");
  EXPECT_EQ(statement->maybe_integer(1), std::nullopt);
  EXPECT_EQ(statement->integer(1), 0);
  ASSERT_TRUE(*statement->step());
  EXPECT_EQ(statement->text(0), std::string("a\0b", 3));
  EXPECT_FALSE(*statement->step());
}

TEST_F(SqlDbTest, AStatementRunsAgain) {
  SqlDb db = open();
  ASSERT_TRUE(db.run("create table t(a text)"));
  auto insert = db.prepare("insert into t values (?)");
  for (const char* value : {"x", "y"}) {
    ASSERT_TRUE(insert->bind(1, value));
    ASSERT_TRUE(insert->run());
    insert->reset();
  }
  auto count = db.prepare("select count(*), max(a) from t");
  ASSERT_TRUE(*count->step());
  EXPECT_EQ(count->integer(0), 2);
  EXPECT_EQ(count->text(1), "y");
}

TEST_F(SqlDbTest, RollsBackUnlessCommitted) {
  SqlDb db = open();
  ASSERT_TRUE(db.run("create table t(a text)"));
  {
    auto transaction = db.begin();
    ASSERT_TRUE(transaction);
    ASSERT_TRUE(db.run("insert into t values (?)", "lost"));
  }
  {
    auto transaction = db.begin();
    ASSERT_TRUE(transaction);
    ASSERT_TRUE(db.run("insert into t values (?)", "kept"));
    ASSERT_TRUE(transaction->commit());
  }
  SqlDb other = open();
  auto rows = other.prepare("select a from t");
  ASSERT_TRUE(*rows->step());
  EXPECT_EQ(rows->text(0), "kept");
  EXPECT_FALSE(*rows->step());
}

TEST_F(SqlDbTest, NamesWhatWentWrong) {
  SqlDb db = open();
  ASSERT_TRUE(
      db.run("create table p(id text primary key); create table c(p text references p(id), n integer check (n > 0))"));
  ASSERT_TRUE(db.run("insert into p values (?)", "a"));
  EXPECT_EQ(db.run("insert into p values (?)", "a").error().kind, ErrorKind::already_exists);
  EXPECT_EQ(db.run("insert into c values (?, 1)", "missing").error().kind, ErrorKind::conflict);
  EXPECT_EQ(db.run("insert into c values (?, -1)", "a").error().kind, ErrorKind::conflict);
  const Status wrong = db.run("selec 1");
  EXPECT_EQ(wrong.error().kind, ErrorKind::invalid_argument);
  EXPECT_THAT(wrong.error().message, HasSubstr("selec"));
  EXPECT_EQ(db.prepare("").error().kind, ErrorKind::invalid_argument);
  EXPECT_EQ(db.run("insert into p values (?)", "a", "too many").error().kind, ErrorKind::invalid_argument);
}

TEST_F(SqlDbTest, RefusesAFileThatIsNoDatabase) {
  std::ofstream(path()) << std::string(5000, 'x');
  EXPECT_EQ(SqlDb::open(path()).error().kind, ErrorKind::corrupt_data);
  EXPECT_EQ(SqlDb::open((folder_ / "no" / "such" / "folder.db").string()).error().kind, ErrorKind::permission_denied);
}

TEST_F(SqlDbTest, NamesAFullDisk) {
  SqlDb db = open();
  ASSERT_TRUE(db.run("create table t(a blob); pragma max_page_count = 10"));
  EXPECT_EQ(db.run("insert into t values (zeroblob(1000000))").error().kind, ErrorKind::out_of_space);
  EXPECT_TRUE(db.run("insert into t values (zeroblob(10))"));
}

TEST_F(SqlDbTest, WritersWaitForEachOther) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 25;
  ASSERT_TRUE(open().run("create table counter(n integer); insert into counter values (0)"));
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      SqlDb db = open();
      for (int round = 0; round < kRounds; ++round) {
        auto transaction = db.begin();
        ASSERT_TRUE(transaction) << transaction.error().message;
        ASSERT_TRUE(db.run("update counter set n = n + 1"));
        ASSERT_TRUE(transaction->commit());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  SqlDb db = open();
  auto rows = db.prepare("select n from counter");
  ASSERT_TRUE(*rows->step());
  EXPECT_EQ(rows->integer(0), kThreads * kRounds);
}

TEST_F(SqlDbTest, SaysBusyWhenAnotherHoldsTheLock) {
  SqlDb holder = open();
  ASSERT_TRUE(holder.run("create table t(a)"));
  auto transaction = holder.begin();
  SqlDb other = open();
  ASSERT_TRUE(other.run("pragma busy_timeout = 50"));
  const auto refused = other.begin();
  EXPECT_EQ(refused.error().kind, ErrorKind::busy);
  EXPECT_FALSE(refused.error().hint.empty());
}

}  // namespace
}  // namespace centavo
