#include "io/duck/duck.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include <unistd.h>

namespace centavo::duck {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

struct Engine {
  explicit Engine(const Options& options = {}) : database(*Database::open(options)), connection(*database.connect()) {}
  Database database;
  Connection connection;

  std::string text(std::string_view sql) {
    const auto value = connection.value(sql);
    if (!value) return "error: " + value.error().message;
    return *value ? **value : "null";
  }
  Error error(std::string_view sql) {
    const auto rows = connection.all(sql);
    EXPECT_FALSE(rows) << sql;
    return rows ? Error{} : rows.error();
  }
};

class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / fmt::format("centavo-duck-test-{}", ::getpid())) {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  std::string file(std::string_view name_in_it, std::string_view bytes) const {
    const fs::path path = path_ / name_in_it;
    std::ofstream(path) << bytes;
    return path.string();
  }
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

// Each expression against the text that DuckDB itself makes of it.
TEST(DuckRows, TextIsExactForEveryType) {
  Engine engine;
  for (const char* sql : {"true",
                          "false",
                          "127::tinyint",
                          "(-128)::tinyint",
                          "(-32768)::smallint",
                          "(-2147483648)::integer",
                          "(-9223372036854775808)::bigint",
                          "255::utinyint",
                          "65535::usmallint",
                          "4294967295::uinteger",
                          "18446744073709551615::ubigint",
                          "170141183460469231731687303715884105727::hugeint",
                          "(-170141183460469231731687303715884105728)::hugeint",
                          "340282366920938463463374607431768211455::uhugeint",
                          "1.5::float",
                          "0.1::float",
                          "0.1::double",
                          "1.0::double",
                          "(-0.0)::double",
                          "1e300::double",
                          "1e-7::double",
                          "123456789.125::double",
                          "'nan'::double",
                          "'-inf'::double",
                          "0::decimal(4,0)",
                          "(-0.01)::decimal(4,2)",
                          "-123456.789::decimal(9,3)",
                          "0.000000001::decimal(18,9)",
                          "99999999999999999.999999999999999999999::decimal(38,21)",
                          "(-99999999999999999999999999999999999999)::decimal(38,0)",
                          "date '2026-09-30'",
                          "date '1969-12-31'",
                          "date '0044-03-15 (BC)'",
                          "date '12026-01-01'",
                          "'infinity'::date",
                          "'-infinity'::date",
                          "date '2024-02-29'",
                          "date '1900-03-01'",
                          "date '2000-12-31'",
                          "timestamp '2026-09-01 00:00:00'",
                          "timestamp '2026-09-01 12:34:56.789'",
                          "timestamp '1969-12-31 23:59:59.999999'",
                          "timestamp '1582-10-15 01:02:03.000001'",
                          "'infinity'::timestamp",
                          "timestamp_s '2026-09-01 00:00:01'",
                          "timestamp_ms '2026-09-01 00:00:01.5'",
                          "timestamp_ns '2026-09-01 00:00:01.123456789'",
                          "timestamptz '2026-09-01 00:00:00-03'",
                          "timestamptz '2026-09-01 00:00:00.25+00'",
                          "'-infinity'::timestamptz",
                          "time '23:59:59.5'",
                          "time '00:00:00'",
                          "'12:00:00+02'::time with time zone",
                          "'12:00:00-03:30'::time with time zone",
                          "interval '14 months -3 days 04:05:06.5'",
                          "interval '0 days'",
                          "interval '-1 second'",
                          "interval '1 year 1 day'",
                          "interval '100 hours'",
                          "'00112233-4455-6677-8899-aabbccddeeff'::uuid",
                          "'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid",
                          "'short'",
                          "'a longer text than twelve bytes, ação'",
                          "''",
                          "'b'::enum('a', 'b')",
                          "'101'::bit",
                          "'0000000011'::bit",
                          "'{\"a\": 1}'::json"}) {
    auto rows = engine.connection.query(fmt::format("select x, x::varchar, typeof(x) from (select ({}) as x)", sql));
    ASSERT_TRUE(rows) << sql << ": " << rows.error().message;
    ASSERT_TRUE(*rows->next());
    EXPECT_EQ(rows->text(0), rows->text(1)) << sql;
    EXPECT_EQ(rows->columns()[0].type, rows->text(2)) << sql;
  }
  EXPECT_EQ(engine.text("select 0.1::decimal(3,3)"), "0.100");  // DuckDB writes ".100"
  EXPECT_EQ(engine.text("select '\\x00\\xffa'::blob"), "00ff61");
}

TEST(DuckRows, NestedValuesAreJson) {
  Engine engine;
  const auto check = [&](const char* sql, const char* text, const char* type) {
    auto rows = engine.connection.query(fmt::format("select {}", sql));
    ASSERT_TRUE(rows) << sql << ": " << rows.error().message;
    EXPECT_EQ(rows->columns()[0].type, type);
    ASSERT_TRUE(*rows->next());
    EXPECT_EQ(rows->text(0), text) << sql;
    EXPECT_EQ(rows->json(0), *parse_json(text)) << sql;
  };
  check("[1, null, 3]", "[1,null,3]", "INTEGER[]");
  check("[]::varchar[]", "[]", "VARCHAR[]");
  check("map{'z': 'q\"', 'a': null}", R"({"z":"q\"","a":null})", "MAP(VARCHAR, VARCHAR)");
  check("map{2: [1.50], 1: []}", R"({"2":["1.50"],"1":[]})", "MAP(INTEGER, DECIMAL(3,2)[])");
  check("{'a': 1.10::decimal(38,2), 'b c': {'d': date '2026-09-01', 'e': true}}",
        R"({"a":"1.10","b c":{"d":"2026-09-01","e":true}})",
        R"(STRUCT(a DECIMAL(38,2), "b c" STRUCT(d DATE, e BOOLEAN)))");
  check("array_value(1, 2, 3)", "[1,2,3]", "INTEGER[3]");
  check("[[1], null, [2, 3]]", "[[1],null,[2,3]]", "INTEGER[][]");
  check("union_value(n := 7)", "7", "UNION(n INTEGER)");
  check("[170141183460469231731687303715884105727::hugeint, 5]", R"(["170141183460469231731687303715884105727",5])",
        "HUGEINT[]");
}

TEST(DuckRows, NestedValuesOfManyRowsStayWithTheirRow) {
  Engine engine;
  auto rows = engine.connection.query(
      "select i, [i, i + 1] as l, map{'k': i} as m, {'v': i} as s, array_value(i, -i) as a, case when i % 3 = 0 then "
      "null "
      "else [i::varchar] end as n from range(5000) t(i) where i % 2 = 0");
  ASSERT_TRUE(rows) << rows.error().message;
  std::int64_t expected = 0;
  while (*rows->next()) {
    const std::string i = fmt::format("{}", expected);
    ASSERT_EQ(rows->integer(0), expected);
    ASSERT_EQ(rows->text(1), fmt::format("[{},{}]", i, expected + 1));
    ASSERT_EQ(rows->text(2), fmt::format("{{\"k\":{}}}", i));
    ASSERT_EQ(rows->text(3), fmt::format("{{\"v\":{}}}", i));
    ASSERT_EQ(rows->text(4), fmt::format("[{},{}]", i, -expected));
    ASSERT_EQ(rows->is_null(5), expected % 3 == 0);
    expected += 2;
  }
  EXPECT_EQ(expected, 5000);
}

TEST(DuckRows, NullsAndNumbers) {
  Engine engine;
  auto rows =
      engine.connection.query("select null::integer, null::varchar, 42::utinyint, true, 1.5::double, 7::bigint, null");
  ASSERT_TRUE(*rows->next());
  EXPECT_TRUE(rows->is_null(0));
  EXPECT_EQ(rows->integer(0), 0);
  EXPECT_EQ(rows->text(1), "");
  EXPECT_EQ(rows->json(1), Json());
  EXPECT_EQ(rows->integer(2), 42);
  EXPECT_TRUE(rows->boolean(3));
  EXPECT_EQ(rows->json(4), Json(1.5));
  EXPECT_EQ(rows->json(5), Json(7));
  EXPECT_TRUE(rows->is_null(6));
  EXPECT_FALSE(*rows->next());
  EXPECT_FALSE(*rows->next());
}

TEST(DuckRows, AreStreamed) {
  Engine engine;
  auto rows = engine.connection.query("select i, i::varchar || 'a text of some length' from range(100000000000) t(i)");
  ASSERT_TRUE(rows) << rows.error().message;
  for (std::int64_t i = 0; i < 10000; ++i) {
    ASSERT_TRUE(*rows->next());
    ASSERT_EQ(rows->integer(0), i);
  }
  {
    const Rows dropped = std::move(*rows);
  }
  EXPECT_EQ(engine.text("select 1"), "1");  // the connection is free again
}

TEST(DuckRows, AnErrorOnTheWayComesOutOfNext) {
  Engine engine;
  auto rows =
      engine.connection.query("select case when i = 500000 then error('late') else i end from range(1000000) t(i)");
  ASSERT_TRUE(rows) << rows.error().message;
  std::int64_t seen = 0;
  while (true) {
    const auto more = rows->next();
    if (!more) {
      EXPECT_THAT(more.error().message, HasSubstr("late"));
      break;
    }
    ASSERT_TRUE(*more) << "the error was lost after " << seen << " rows";
    ++seen;
  }
  EXPECT_LE(seen, 500000);
  EXPECT_FALSE(*rows->next());
}

TEST(DuckErrors, CarryKindPlaceAndHint) {
  Engine engine;
  ASSERT_TRUE(engine.connection.run("create table costs(BilledCost integer not null, service varchar)"));
  const auto check = [&](const char* sql, ErrorKind kind, const char* message, const char* hint) {
    const Error error = engine.error(sql);
    EXPECT_EQ(error.kind, kind) << sql << ": " << error.message;
    EXPECT_THAT(error.message, StartsWith(message)) << sql;
    EXPECT_THAT(error.message, testing::Not(HasSubstr("\n"))) << sql;
    EXPECT_THAT(error.hint, HasSubstr(hint)) << sql;
  };
  check("select\n  service,\n  BiledCost\nfrom costs", ErrorKind::invalid_argument,
        "line 3, column 3: Referenced column \"BiledCost\" not found", "\"BilledCost\"");
  check("select * from cost", ErrorKind::invalid_argument, "line 1, column 15: Table with name cost does not exist!",
        "did you mean \"costs\"?");
  check("selec 1", ErrorKind::invalid_argument, "line 1, column 1: syntax error", "");
  check("select 'ação', nada from costs", ErrorKind::invalid_argument, "line 1, column 16: Referenced column \"nada\"",
        "");
  check(
      "select service, service, service, service, service, service, service, service, service, 'ç', nothing_here, "
      "service, service, service, service, service, service, service, service, service, service from costs",
      ErrorKind::invalid_argument, "line 1, column 94: Referenced column \"nothing_here\"", "");
  check("select 1 +", ErrorKind::invalid_argument, "syntax error at end of input", "");
  check("select abs('a', 'b', 'c')", ErrorKind::invalid_argument, "line 1, column 8: No function matches",
        "abs(TINYINT)");
  check("select service::integer from (values ('q')) t(service)", ErrorKind::corrupt_data,
        "line 1, column 15: Could not convert", "");
  check("insert into costs values (null, null)", ErrorKind::check_failed, "NOT NULL constraint failed", "");
  check("select * from read_parquet('/no/such/file')", ErrorKind::not_found, "line 1, column 15: No files found", "");
  check("select sum(99999999999999999999999999999999999999::decimal(38,0)) from range(9)", ErrorKind::corrupt_data, "",
        "");
  check("select ?", ErrorKind::invalid_argument, "", "");
  check("", ErrorKind::invalid_argument, "one statement is wanted here, not 0", "");
  check("select 1; select 2", ErrorKind::invalid_argument, "one statement is wanted here, not 2", "");
  check("update costs set servce = 'x'", ErrorKind::invalid_argument, "Referenced update column servce not found",
        "did you mean \"service\"");
}

TEST(DuckErrors, ACsvFileKeepsItsRowsToItself) {
  const auto path = std::filesystem::temp_directory_path() / "centavo_csv_fault.csv";
  std::ofstream(path) << "a,b\n1,2\nana@example.com,529.982.247-25,4111111111111111\n";
  auto database = Database::open({});
  auto connection = database->connect();
  const auto rows =
      connection->all("select * from read_csv('" + path.string() +
                      "', auto_detect = false, header = true, columns = {'a': 'VARCHAR', 'b': 'VARCHAR'})");
  std::filesystem::remove(path);
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().message, "CSV error on line 3: Expected Number of Columns: 2 Found: 3");
}

TEST(DuckErrors, AJsonFileNamesTheRow) {
  const Folder folder;
  Engine engine;
  const std::string lines = folder.file("x.jsonl", "{\"a\":1}\n\n{\"a\":2}\n{\"a\":3.}\n");
  const std::string list = folder.file("x.json", "[{\"a\":1},\n{\"a\":2.}]\n");
  const auto message = [&](const std::string& path, const std::string& format) {
    const auto rows = engine.connection.all(
        fmt::format("select * from read_json('{}', format = '{}', columns = {{'a': 'VARCHAR'}})", path, format));
    return rows ? std::string() : rows.error().message;
  };
  EXPECT_EQ(message(lines, "newline_delimited"), "row 3, byte 8: malformed JSON, no digit after decimal point");
  EXPECT_EQ(message(list, "array"), "row 2, byte 8: malformed JSON, no digit after decimal point");
}

TEST(DuckErrors, OfALaterStatementCountLinesFromTheTop) {
  Engine engine;
  const Status status =
      engine.connection.run("create table t(a integer);\ninsert into t values (1);\ninsert into t select b\nfrom t;");
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, StartsWith("line 3, column 22: "));
  const Status quoted =
      engine.connection.run("select ';', 1; /* ; */\n\n  create table u as select c from t; select 2; drop table t;");
  ASSERT_FALSE(quoted);
  EXPECT_THAT(quoted.error().message, StartsWith("line 3, column 28: "));
  EXPECT_EQ(engine.text("select count(*) from t"), "1");
}

TEST(DuckErrors, AFileThatIsNoParquetIsCorrupt) {
  const Folder folder;
  Engine engine;
  const std::string path = folder.file("x.parquet", "this is not a Parquet file at all");
  EXPECT_EQ(engine.error(fmt::format("select * from read_parquet({})", literal(path))).kind, ErrorKind::corrupt_data);
}

TEST(DuckErrors, OutOfMemorySaysWhatToDo) {
  Options options;
  options.memory_limit_bytes = 64 << 20;
  Engine engine(options);
  const Error error = engine.error(
      "select count(*) from (select distinct i, i::varchar || 'padding padding' from range(20000000) t(i))");
  EXPECT_EQ(error.kind, ErrorKind::out_of_space) << error.message;
  EXPECT_THAT(error.hint, HasSubstr("memory limit"));
}

TEST(DuckCancel, StopsARunningQuery) {
  Engine engine;
  Cancel cancel;
  engine.connection.watch(&cancel);
  EXPECT_EQ(engine.text("select 1"), "1");
  const auto begin = std::chrono::steady_clock::now();
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    cancel.request();
  });
  const Error error = engine.error("select sum(a.i * b.i) from range(10000000) a(i), range(10000000) b(i)");
  later.join();
  EXPECT_EQ(error.kind, ErrorKind::cancelled) << error.message;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  EXPECT_EQ(engine.error("select 1").kind, ErrorKind::cancelled);  // it stays requested
  EXPECT_EQ(engine.connection.run("select 1").error().kind, ErrorKind::cancelled);
  engine.connection.watch(nullptr);
  EXPECT_EQ(engine.text("select 1"), "1");
}

TEST(DuckCancel, StopsBetweenRows) {
  Engine engine;
  Cancel cancel;
  engine.connection.watch(&cancel);
  auto rows = engine.connection.query("select i from range(100000000000) t(i)");
  ASSERT_TRUE(*rows->next());
  cancel.request();
  Result<bool> more = true;
  for (int i = 0; i < 1'000'000 && more && *more; ++i) more = rows->next();
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().kind, ErrorKind::cancelled);
}

TEST(DuckCancel, InterruptsFromAnotherThread) {
  Engine engine;
  std::atomic<bool> done{false};
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    while (!done) {
      engine.connection.interrupt();
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  });
  const Error error = engine.error("select sum(a.i * b.i) from range(10000000) a(i), range(10000000) b(i)");
  done = true;
  other.join();
  EXPECT_EQ(error.kind, ErrorKind::cancelled) << error.message;
  EXPECT_EQ(engine.text("select 1"), "1");
}

TEST(DuckDatabase, IsSetUpForExactAndRepeatableWork) {
  Options options;
  options.memory_limit_bytes = 512LL << 20;
  options.threads = 1;
  Engine engine(options);
  EXPECT_EQ(engine.text("select current_setting('memory_limit')"), "512.0 MiB");
  EXPECT_EQ(engine.text("select current_setting('threads')"), "1");
  EXPECT_EQ(engine.text("select current_setting('TimeZone')"), "UTC");
  EXPECT_EQ(engine.text("select current_setting('autoload_known_extensions')"), "false");
  EXPECT_EQ(engine.text("select current_setting('autoinstall_known_extensions')"), "false");
  EXPECT_EQ(engine.text("select '2026-09-01 00:00:00'::timestamptz"), "2026-09-01 00:00:00+00");
  EXPECT_GT(Database::peak_memory_bytes(), 1 << 20);
}

TEST(DuckDatabase, ConnectionsShareItsTables) {
  Engine engine;
  ASSERT_TRUE(engine.connection.run("create table t as select 1 as a"));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      auto connection = engine.database.connect();
      ASSERT_TRUE(connection);
      for (int round = 0; round < 50; ++round)
        EXPECT_EQ(*connection->value("select sum(centavo_decimal('1.5')) from t"), "1.500000000000000000000");
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(DuckDatabase, AConnectionOutlivesTheDatabaseObject) {
  auto connection = [] { return *Database::open({})->connect(); }();
  EXPECT_EQ(*connection.value("select 1"), "1");
}

TEST(DuckConnection, DescribesWithoutRunning) {
  Engine engine;
  const auto columns =
      engine.connection.describe("select 1.5::decimal(38,21) as cost, map{'a': 'b'} as tags, error('never runs') as e");
  ASSERT_TRUE(columns) << columns.error().message;
  ASSERT_EQ(columns->size(), 3U);
  EXPECT_EQ((*columns)[0].name, "cost");
  EXPECT_EQ((*columns)[0].type, "DECIMAL(38,21)");
  EXPECT_EQ((*columns)[1].type, "MAP(VARCHAR, VARCHAR)");
  EXPECT_EQ(engine.connection.describe("select nothing").error().kind, ErrorKind::invalid_argument);
}

TEST(DuckConnection, ValueWantsOneOfEach) {
  Engine engine;
  EXPECT_EQ(*engine.connection.value("select null"), std::nullopt);
  EXPECT_FALSE(engine.connection.value("select 1, 2"));
  EXPECT_FALSE(engine.connection.value("select 1 where false"));
  EXPECT_FALSE(engine.connection.value("select unnest([1, 2])"));
}

TEST(DuckConnection, PivotsWithoutNamedValues) {
  Engine engine;
  const auto rows = engine.connection.all("pivot (select 'b' as k, 2 as v union all select 'a', 1) on k using sum(v);");
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_THAT(rows->at(0), ElementsAre("1", "2"));
}

TEST(DuckLockedDown, ReadsOnlyTheFilesItWasGiven) {
  const Folder folder;
  const std::string open_file = folder.file("open.csv", "a\n1\n");
  const std::string closed_file = folder.file("closed.csv", "a\n2\n");
  Options options;
  options.locked_down = true;
  options.readable_files = {open_file};
  options.temp_directory = folder.path() + "/spill";
  Engine engine(options);
  ASSERT_TRUE(
      engine.connection.run(fmt::format("create view costs as select * from read_csv({})", literal(open_file))));
  EXPECT_EQ(engine.text("select a from costs"), "1");
  EXPECT_EQ(engine.text("with x as (select a from costs) select centavo_decimal(a) from x"), "1.000000000000000000000");
  EXPECT_TRUE(engine.connection.all("pivot costs on a using count(*)"));

  for (const std::string& sql : {fmt::format("select * from read_csv({})", literal(closed_file)),
                                 fmt::format("from {}", name(closed_file)),
                                 fmt::format("from read_text({})", literal(closed_file)),
                                 fmt::format("from glob({})", literal(folder.path() + "/*")),
                                 fmt::format("copy (select 1) to {}", literal(open_file)),
                                 fmt::format("copy costs to {}", literal(closed_file)),
                                 fmt::format("explain analyze copy (select 1) to {}", literal(open_file)),
                                 std::string("create or replace view costs as select 9 as a"),
                                 std::string("drop view costs"),
                                 std::string("set threads = 1"),
                                 std::string("reset memory_limit"),
                                 std::string("set enable_external_access = true"),
                                 std::string("pragma threads = 1"),
                                 std::string("load httpfs"),
                                 std::string("install httpfs"),
                                 std::string("attach 'centavo-other.db' as other"),
                                 std::string("create table x(a integer)"),
                                 std::string("call checkpoint()"),
                                 std::string("export database 'centavo-export'"),
                                 std::string("select * from read_csv('http://127.0.0.1:1/x.csv')")}) {
    const auto rows = engine.connection.all(sql);
    EXPECT_FALSE(rows) << sql;
  }
  EXPECT_EQ(engine.error(fmt::format("select * from read_csv({})", literal(closed_file))).kind,
            ErrorKind::permission_denied);
  EXPECT_EQ(engine.error("drop view costs").kind, ErrorKind::permission_denied);
  EXPECT_EQ(engine.text("select a from costs"), "1");
  auto second = engine.database.connect();
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(*second->value("select a from costs"), "1");
  EXPECT_EQ(second->run("set memory_limit = '1TB'").error().kind, ErrorKind::permission_denied);
}

TEST(DuckLockedDown, SpillsAllTheSame) {
  const Folder folder;
  Options options;
  options.locked_down = true;
  options.memory_limit_bytes = 64 << 20;
  options.threads = 1;
  options.temp_directory = folder.path() + "/spill";
  Engine engine(options);
  EXPECT_EQ(engine.text("select count(*) from (select i, hash(i)::varchar || 'padding padding padding' as p from "
                        "range(2000000) t(i) order by p)"),
            "2000000");
}

// What lake/delta reads after each file it writes.
TEST(DuckConnection, CopyReturnsItsStatistics) {
  const Folder folder;
  Engine engine;
  auto rows = engine.connection.query(fmt::format(
      "copy (select i, (i / 3)::decimal(38,21) as cost from range(10) t(i)) to {} (format parquet, return_stats)",
      literal(folder.path() + "/x.parquet")));
  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_TRUE(*rows->next());
  EXPECT_EQ(rows->text(0), folder.path() + "/x.parquet");
  EXPECT_EQ(rows->integer(1), 10);
  const Json statistics = rows->json(4);
  ASSERT_TRUE(statistics.is_object()) << statistics.dump();
  EXPECT_EQ(statistics["\"cost\""]["max"], "3.000000000000000000000");
  EXPECT_EQ(statistics["\"cost\""]["null_count"], "0");
}

TEST(DuckQuoting, QuotesWhateverComes) {
  Engine engine;
  EXPECT_EQ(literal("it's"), "'it''s'");
  EXPECT_EQ(name("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(engine.text("select " + literal("'; drop table t; --\\")), "'; drop table t; --\\");
}

TEST(DuckQuoting, APathIsNotAPattern) {
  const Folder folder;
  const std::vector<std::string> odd = {folder.file("a[1].csv", "x\n1\n"), folder.file("b*.csv", "x\n2\n"),
                                        folder.file("c?.csv", "x\n3\n"), folder.file("d'e f.csv", "x\n4\n")};
  folder.file("a1.csv", "x\n100\n");
  folder.file("bb.csv", "x\n100\n");
  folder.file("cc.csv", "x\n100\n");
  Engine engine;
  EXPECT_EQ(engine.text(fmt::format("select sum(x)::integer from read_csv({})", path_list(odd))), "10");
}

TEST(Database, LocksDownConnectionsThatAreThereAndThoseToCome) {
  auto database = Database::open({});
  ASSERT_TRUE(database);
  auto before = database->connect();
  ASSERT_TRUE(before->run("create table t as select 1 as a"));
  ASSERT_TRUE(database->lock_down());
  auto after = database->connect();
  ASSERT_TRUE(after) << after.error().message;
  for (Connection* connection : {&*before, &*after}) {
    EXPECT_EQ(connection->value("select a from t").value(), "1");
    EXPECT_EQ(connection->query("create table u as select 1").error().kind, ErrorKind::permission_denied);
    EXPECT_FALSE(connection->query("select * from read_text('/etc/hostname')"));
    EXPECT_FALSE(connection->run("set memory_limit = '1GB'"));
    EXPECT_TRUE(connection->run("set search_path = 'memory.main'")) << "which views a query sees is its own";
  }
}

TEST(Database, HashesWithAKeyThatNoSqlHolds) {
  auto database = Database::open({});
  auto connection = database->connect();
  EXPECT_EQ(connection->value("select centavo_reading_hash('x')").error().kind, ErrorKind::invalid_argument);
  EXPECT_FALSE(database->bind_reading_key(""));
  ASSERT_TRUE(database->bind_reading_key("k"));
  EXPECT_EQ(connection->value("select centavo_reading_hash('x') = centavo_keyed_hash('x', 'k')").value(), "true");
  EXPECT_EQ(connection->value("select centavo_reading_hash(null)").value(), std::nullopt);
  EXPECT_EQ(connection->value("select count(distinct centavo_reading_hash(i::varchar)) from range(5000) t(i)").value(),
            "5000");
}

}  // namespace
}  // namespace centavo::duck
