#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "flow/pipeline/masking.h"
#include "flow/pipeline/pipeline.h"
#include "io/duck/keyed_hash.h"

namespace centavo {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

// People as delivered, what they cost, and rates that the interface's view shows beside.
const pack::PackFiles kDeskPack = {
    {"pack.yaml", "pack: desk\nversion: 1\ndescription: A desk with people\n"},
    {"sources/desk_people.yaml",
     "source: desk_people\ndescription: CSV\nconnector: files\nformat: csv\nperiod: {from: none}\nfeeds: [{table: "
     "bronze.desk_people}]\n"},
    {"bronze/desk_people.yaml",
     "table: bronze.desk_people\ndescription: As delivered.\nwrite: append\nother_columns: keep\ncolumns:\n"
     "  - {name: id, type: varchar}\n"
     "  - {name: name, type: varchar, classification: personal, mask: hide}\n"
     "  - {name: cpf, type: varchar, classification: personal, mask: hash}\n"
     "  - {name: email, type: varchar, classification: personal, mask: email}\n"
     "  - {name: card, type: varchar, classification: personal, mask: last4}\n"
     "  - {name: cost, type: varchar}\n"},
    {"interfaces/costs.yaml",
     "interface: desk.costs\ndescription: Costs\ncolumns:\n  - {name: id, type: varchar}\n  - {name: cost, type: "
     "\"decimal(38,21)\"}\n  - {name: who, type: varchar}\n  - {name: born, type: bigint}\n"
     "shown:\n  join: silver.desk_groups\n  on: joined.id = this.id\n  columns:\n"
     "    - {name: x_Group, type: varchar, value: joined.grp}\n"},
    {"silver/desk_person_costs.yaml",
     "table: silver.desk_person_costs\nimplements: desk.costs\ndescription: One row per person.\ngrain: [id]\nwrite: "
     "replace\ncolumns:\n  - {name: id, type: varchar}\n  - {name: cost, type: \"decimal(38,21)\"}\n"
     "  - {name: who, type: varchar, classification: personal, mask: hash}\n"
     "  - {name: born, type: bigint, classification: personal, mask: hide}\n"},
    {"silver/desk_person_costs.sql",
     "select id, cv_decimal(cost) as cost, cpf as who, cast(19800101 as bigint) as born from bronze.desk_people\n"},
    {"silver/desk_groups.yaml",
     "table: silver.desk_groups\ndescription: The group of a person.\ngrain: [id]\nwrite: replace\ncolumns:\n"
     "  - {name: id, type: varchar}\n  - {name: grp, type: varchar, classification: personal, mask: hide}\n"},
    {"silver/desk_groups.sql", "select id, 'g' || id as grp from bronze.desk_people\n"},
    {"gold/desk_total.yaml",
     "table: gold.desk_total\ndescription: All of it.\nwrite: replace\ncolumns:\n  - {name: cost, type: "
     "\"decimal(38,21)\"}\n  - {name: people, type: bigint}\n"},
    {"gold/desk_total.sql",
     "select cast(sum(cost) as decimal(38,21)) as cost, count(*) as people from silver.desk_person_costs\n"},
};

constexpr const char* kPeople =
    "id,name,cpf,email,card,cost,phone\n"
    "1,Ana Lima,52998224725,ana@example.com,4111111111111111,1.5,5511987654321\n"
    "2,Rui Reis,11144477735,rui@example.org,5500000000000004,2.25,5511912345678\n"
    "3,,,broken,12,0.25,\n";
const std::vector<std::string> kClear = {"Ana Lima",      "52998224725",  "ana@example.com", "4111111111111111",
                                         "Rui Reis",      "11144477735",  "rui@example.org", "5500000000000004",
                                         "5511987654321", "5511912345678"};

class ReaderTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = fs::temp_directory_path() / ("centavo-reader-" + new_uuid());
    fs::create_directories(dir_ / "in");
    ASSERT_TRUE(Lake::create((dir_ / "lake").string()));
    lake_ = std::make_unique<Lake>(*Lake::open((dir_ / "lake").string()));
    catalog_ = *Catalog::open(lake_->dir());
    auto library = pack::Library::from_files({{"desk", kDeskPack}});
    ASSERT_TRUE(library) << library.error().message;
    library_ = std::make_unique<pack::Library>(std::move(*library));
    engine_ = std::make_unique<duck::Database>(*duck::Database::open({.threads = 2}));
    workshop_ = std::make_unique<Workshop>(Workshop{*lake_, *catalog_, *library_, *engine_});
    tenant_.id = "t1";
    tenant_.sources = {{"people", "desk_people", (dir_ / "in").string(), 0}};
    ASSERT_TRUE(lake_->add(tenant_));
    std::ofstream(dir_ / "in/people.csv") << kPeople;
    const auto report = run(*workshop_, tenant_, {}, {}, nullptr);
    ASSERT_TRUE(report && !report->error) << (report ? report->error->message : report.error().message);
  }
  void TearDown() override { fs::remove_all(dir_); }

  Reader open(const access::Sight& sight) {
    auto reader = Reader::open(*workshop_, tenant_, 0, sight);
    EXPECT_TRUE(reader) << reader.error().message;
    return std::move(*reader);
  }
  /// Rows as text, or "kind: message; hint".
  static std::string ask(Reader& reader, const std::string& sql) {
    auto rows = reader.query(sql);
    if (!rows) return fmt::format("{}: {}; {}", name_of(rows.error().kind), rows.error().message, rows.error().hint);
    std::string out;
    for (;;) {
      const auto more = rows->next();
      if (!more) return fmt::format("{}: {}", name_of(more.error().kind), more.error().message);
      if (!*more) return out;
      for (std::size_t i = 0; i < rows->columns().size(); ++i)
        out += (i ? "," : "") + (rows->is_null(i) ? "null" : rows->text(i));
      out += ";";
    }
  }
  std::string reading_hash(const std::string& value) {
    const std::string key = reading_key(*lake_, "t1").value();
    const auto hex = *duck::KeyedHash().hex(key, value);
    return {hex.data(), hex.size()};
  }
  static access::Sight masked(std::set<std::string> layers = {"raw", "bronze", "silver", "gold"}) {
    access::Sight sight;
    sight.layers = std::move(layers);
    sight.masks = true;
    return sight;
  }

  fs::path dir_;
  std::unique_ptr<Lake> lake_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<pack::Library> library_;
  std::unique_ptr<duck::Database> engine_;
  std::unique_ptr<Workshop> workshop_;
  Tenant tenant_;
};

TEST_F(ReaderTest, HeldTablesAreReadFromMemoryAsTheyAreSeen) {
  Reader reader = open(masked());
  Reader other = *reader.share();
  const std::string people = "select * from silver.desk_person_costs order by id", total = "from gold.desk_total";
  const std::string people_before = ask(reader, people), total_before = ask(reader, total);
  const std::string tables = ask(reader, "select table_name from information_schema.tables order by all");
  ASSERT_TRUE(reader.hold({"gold.desk_total", "silver.desk_person_costs", "gold.not_there"}, 1 << 20));
  EXPECT_GT(reader.held_bytes(), 0);
  ASSERT_TRUE(reader.hold({"gold.desk_total"}, 1 << 20)) << "once more changes nothing";
  fs::remove_all(dir_ / "lake/tenants/t1/gold/desk_total");
  fs::remove_all(dir_ / "lake/tenants/t1/silver/desk_person_costs");
  for (Reader* each : {&reader, &other}) {
    EXPECT_EQ(ask(*each, people), people_before);
    EXPECT_EQ(ask(*each, total), total_before);
  }
  EXPECT_EQ(ask(reader, "select table_name from information_schema.tables order by all"), tables);
  for (const char* hidden : {"from centavo_held.main.\"gold.desk_total\"", "from centavo_held.\"gold.desk_total\"",
                             "from main.\"gold.desk_total\"", "from \"gold.desk_total\""})
    EXPECT_THAT(ask(reader, hidden), Not(HasSubstr(total_before.substr(0, 3)))) << hidden;
}

TEST_F(ReaderTest, ATableThatIsNotThereIsAnsweredWithThoseNearIt) {
  Reader all = open(masked());
  EXPECT_THAT(ask(all, "select 1 from gold.desk_totals"), HasSubstr("; release 1 has gold.desk_total, "));
  Reader gold = open(masked({"gold"}));
  EXPECT_THAT(ask(gold, "from gold.desk_person_costs"), testing::EndsWith("; release 1 has gold.desk_total"));
}

TEST_F(ReaderTest, TablesThatDoNotFitStayInTheirFiles) {
  Reader reader = open(masked());
  ASSERT_TRUE(reader.hold({"silver.desk_person_costs", "gold.desk_total"}, 40));
  EXPECT_LE(reader.held_bytes(), 40);
  EXPECT_EQ(ask(reader, "select people from gold.desk_total"), "3;");
  const std::string three = "select * from range(3) as rows(n)";
  EXPECT_FALSE(*reader.hold_rows("three", three, reader.held_bytes() + 18));
  EXPECT_EQ(ask(reader, "select 1"), "1;") << "nothing is left of what did not fit";
  EXPECT_TRUE(*reader.hold_rows("three", three, 1 << 20));
  EXPECT_TRUE(*reader.hold_rows("three", three, 1 << 20));
  const auto sum = reader.connection().value("select sum(n) from " + Reader::held_name("three"));
  EXPECT_EQ(*sum, "6") << "the second time they stand behind the first";
  EXPECT_FALSE(reader.hold_rows("four", "select 1 / 0 as x, error('no')", 1 << 20));
  EXPECT_EQ(ask(reader, "select 1"), "1;");
}

TEST_F(ReaderTest, LayersOutOfSightAreNotThere) {
  Reader gold = open(masked({"gold"}));
  EXPECT_EQ(ask(gold, "select people, cast(cost as varchar) like '4%' from gold.desk_total"), "3,true;");
  for (const char* table :
       {"bronze.desk_people", "silver.desk_person_costs", "SILVER.desk_person_costs", "\"silver\".desk_groups"})
    EXPECT_THAT(ask(gold, fmt::format("select * from {}", table)), HasSubstr("permission_denied")) << table;
  EXPECT_EQ(ask(gold, "select table_name from information_schema.tables"), "desk_total;");
  Reader silver = open(masked({"silver", "gold"}));
  EXPECT_EQ(ask(silver, "select count(*) from silver.desk_person_costs"), "3;");
  EXPECT_THAT(ask(silver, "from bronze.desk_people"), HasSubstr("permission_denied"));
  EXPECT_THAT(ask(silver, "select (select max(cpf) from bronze.desk_people)"), HasSubstr("permission_denied"));
}

TEST_F(ReaderTest, MaskedColumnsShowTheirMasks) {
  Reader reader = open(masked());
  EXPECT_EQ(ask(reader, "select name, cpf, email, card, cost, phone from bronze.desk_people order by id"),
            fmt::format("null,{},a***@example.com,************1111,1.5,null;null,{},r***@example.org,************0004,"
                        "2.25,null;null,null,***,****,0.25,null;",
                        reading_hash("52998224725"), reading_hash("11144477735")));
  Reader whole = open(access::whole_sight());
  EXPECT_THAT(ask(whole, "select * from bronze.desk_people"), HasSubstr("52998224725"));
}

TEST_F(ReaderTest, AnInterfacesViewMasksToo) {
  Reader reader = open(masked());
  const std::string view = library_->interface("desk.costs")->view().text();
  EXPECT_EQ(ask(reader, fmt::format("select who, born, x_Group from {} where id = '1'", view)),
            reading_hash("52998224725") + ",null,null;");
  EXPECT_EQ(ask(reader, fmt::format("select who from {} where id = '1'", view)), reading_hash("52998224725") + ";");
  EXPECT_EQ(ask(reader, "select born from silver.desk_person_costs where id = '1'"), "null;");
  Reader whole = open(access::whole_sight());
  EXPECT_EQ(ask(whole, fmt::format("select who, born, x_Group from {} where id = '1'", view)),
            "52998224725,19800101,g1;");
}

TEST_F(ReaderTest, AGrantShowsOneColumnInClear) {
  access::Sight sight = masked();
  sight.clear = {{"bronze.desk_people", "cpf"}, {"silver.desk_person_costs", "*"}};
  Reader reader = open(sight);
  EXPECT_EQ(ask(reader, "select name, cpf from bronze.desk_people where id = '1'"), "null,52998224725;");
  EXPECT_EQ(ask(reader, "select who, born from silver.desk_person_costs where id = '1'"), "52998224725,19800101;");
}

TEST_F(ReaderTest, NoQueryGetsBehindAMask) {
  Reader reader = open(masked());
  std::vector<std::string> queries = {
      "from bronze.desk_people",
      "select * from (summarize bronze.desk_people)",
      "select * from (describe bronze.desk_people)",
      "select stats(cpf), stats(email), stats(card), stats(name), stats(phone) from bronze.desk_people",
      "select cast(cpf as integer) from bronze.desk_people",
      "select cast(card as integer) from bronze.desk_people",
      "select error(cpf) from bronze.desk_people",
      "select error(phone || card || email) from bronze.desk_people",
      "select unnest([cpf, email, card, name, phone]) from bronze.desk_people",
      "select * from (pivot bronze.desk_people on email using count(*))",
      "select * from (pivot bronze.desk_people on card in ('4111111111111111') using count(*))",
      "select columns('c.*') from bronze.desk_people",
      "select desk_people from bronze.desk_people",
      "select to_json(p) from bronze.desk_people p",
      "select min(cpf), max(email), mode(card), histogram(card), string_agg(name) from bronze.desk_people",
      "select list(p order by cpf) from bronze.desk_people p",
      "select rowid, * from bronze.desk_people",
      "select cpf from bronze.desk_people union all select email from bronze.desk_people",
      "with recursive x as (select cpf as c from bronze.desk_people union select c from x) select * from x",
      "select a.cpf from bronze.desk_people a asof join bronze.desk_people b on a.cpf >= b.cpf",
      "select * from bronze.desk_people tablesample 100%",
      "select who, born from silver.desk_person_costs",
      "select * from information_schema.columns",
      "select * from information_schema.tables",
      "select approx_top_k(cpf, 3), arg_min(email, card) from bronze.desk_people",
      "select regexp_extract(cpf, '.*'), printf('%s', card) from bronze.desk_people",
      "select json_serialize_sql('select 1'), current_database(), current_schemas(true), version()",
  };
  for (const std::string& sql : queries) {
    const std::string answer = ask(reader, sql);
    for (const std::string& clear : kClear) EXPECT_THAT(answer, Not(HasSubstr(clear))) << sql;
    EXPECT_THAT(answer, Not(HasSubstr(".parquet"))) << sql;
  }
  for (const std::string& clear : kClear) {
    for (const char* column : {"name", "cpf", "email", "card", "phone"}) {
      EXPECT_EQ(ask(reader, fmt::format("select count(*) from bronze.desk_people where {} = '{}'", column, clear)),
                "0;");
      EXPECT_EQ(ask(reader, fmt::format("select count(*) from bronze.desk_people where {} like '%{}%'", column,
                                        clear.substr(2, 6))),
                "0;");
    }
  }
  EXPECT_EQ(
      ask(reader, fmt::format("select count(*) from bronze.desk_people where cpf = '{}'", reading_hash("52998224725"))),
      "1;");
}

TEST_F(ReaderTest, NoQueryGetsAtKeysSettingsOrHowViewsAreMade) {
  Reader reader = open(masked());
  const std::string key = lake_->mask_key("t1").value(), reading = reading_key(*lake_, "t1").value();
  for (const char* sql : {"select getvariable('centavo_mask_key')",
                          "select \"GetVariable\"('x')",
                          "select current_setting('allowed_paths')",
                          "select centavo_reading_hash('52998224725')",
                          "select list_transform(['1'], x -> centavo_reading_hash(x))",
                          "select '1'.centavo_reading_hash()",
                          "select * from pg_views",
                          "select * from pg_catalog.pg_views",
                          "select pg_get_viewdef(1)",
                          "select * from duckdb_views",
                          "select * from duckdb_views()",
                          "select * from information_schema.views",
                          "select * from main.pg_tables",
                          "explain select 1",
                          "select * from (explain select * from bronze.desk_people)",
                          "select * from query('select 1')",
                          "select * from query_table('desk_people')",
                          "select * from duckdb_secrets()",
                          "select * from duckdb_functions()",
                          "select * from centavo_plain.silver.desk_person_costs",
                          "select * from memory.bronze.desk_people",
                          "select * from which_secret('x', 'y')",
                          "select * from json_execute_serialized_sql('{}')",
                          "select * from parquet_metadata('x')",
                          "select * from duckdb_logs",
                          "set search_path = 'x'",
                          "prepare p as select 1",
                          "select * from pragma_table_info('bronze.desk_people')"}) {
    const std::string answer = ask(reader, sql);
    EXPECT_THAT(answer, testing::AnyOf(HasSubstr("permission_denied: "), HasSubstr("invalid_argument: "))) << sql;
    for (const std::string& secret : {key, reading}) EXPECT_THAT(answer, Not(HasSubstr(secret))) << sql;
  }
  EXPECT_THAT(ask(reader, "select * from (show all tables)"), Not(HasSubstr(reading)));
}

TEST_F(ReaderTest, ExplainIsOverWhatIsInSight) {
  const auto asks = [&](const char* question, const access::Sight& sight) {
    const auto found = explain(*workshop_, tenant_, question, 0, 10, sight);
    return found ? std::string("ok") : std::string(name_of(found.error().kind));
  };
  for (const char* question :
       {"silver.desk_person_costs.cost where who = '52998224725'",
        "silver.desk_person_costs.cost where (who) like '5%'",
        "silver.desk_person_costs.cost where desk_person_costs.who is not null",
        "silver.desk_person_costs.cost where exists (select 1 from bronze.desk_people where cpf = '52998224725')",
        "silver.desk_person_costs.cost where id in (select id from bronze.desk_people)",
        "silver.desk_person_costs.cost where cast(desk_person_costs as varchar) like '%529%'",
        "silver.desk_person_costs.cost where #3 = '52998224725'",
        "silver.desk_person_costs.cost where columns('w.*') = '1'",
        "silver.desk_person_costs.cost where 1 = 1) union all (select 1 from silver.desk_person_costs where (who = "
        "'1')"})
    EXPECT_EQ(asks(question, masked()), "permission_denied") << question;
  EXPECT_EQ(asks("silver.desk_person_costs.cost where id = '1'", masked({"gold"})), "not_found");
  const auto may_ask = [&](const char* question) { return asks(question, masked()) != "permission_denied"; };
  EXPECT_TRUE(may_ask("silver.desk_person_costs.cost where ID in ('1', '2') or desk_person_costs.cost > 1"));
}

TEST_F(ReaderTest, ManyConnectionsReadOneRelease) {
  const std::string view = library_->interface("desk.costs")->view().text();
  Reader first = open(access::whole_sight());
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 6; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 25; ++i) {
        auto reader = first.share();
        if (!reader) {
          ++wrong;
          continue;
        }
        const bool shown = (thread + i) % 2 == 0;
        for (int again = 0; again < 2; ++again) {  // with what the view shows beside its own, and without
          const std::string column = shown == (again == 0) ? "x_Group" : "cost > 1";
          const std::string expected = column == "x_Group" ? "g1;" : "true;";
          if (ask(*reader, fmt::format("select {} from {} where id = '1'", column, view)) != expected) ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  constexpr int kTimes = 100;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < kTimes; ++i) {
    auto reader = first.share();
    ASSERT_TRUE(reader);
    ASSERT_EQ(ask(*reader, "select count(*) from gold.desk_total"), "1;");
  }
  const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - begin;
  std::printf("  a connection and a count take %.2f ms\n", taken.count() / kTimes);
  EXPECT_LT(taken.count() / kTimes, 50) << "1 to 3 on a quiet machine";
}

TEST_F(ReaderTest, ASharedConnectionOutlivesTheFirst) {
  auto first = std::make_unique<Reader>(open(masked()));
  Reader second = *first->share();
  first.reset();
  EXPECT_EQ(ask(second, "select people from gold.desk_total"), "3;");
  EXPECT_THAT(ask(second, "select * from read_csv('x')"), HasSubstr("permission_denied"));
  EXPECT_FALSE(second.connection().query("create table x as select 1"));
}

}  // namespace
}  // namespace centavo
