#include "lake/pack/expand.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/duck/duck.h"
#include "lake/pack/sql_tokens.h"

namespace centavo::pack {
namespace {

using ::testing::HasSubstr;

const Library& core() {
  static const Library kCore = *Library::from_files({});
  return kCore;
}

std::string on(std::string_view engine, std::string_view sql) {
  const auto out = core().expand(sql, engine, {{"period_first", "DATE '2026-09-01'"}, {"n", "5"}});
  return out ? *out
             : fmt::format("{}{}{}", out.error().message, out.error().hint.empty() ? "" : "; ", out.error().hint);
}

TEST(Expand, WritesFunctionsOutForEachEngine) {
  EXPECT_EQ(on("duckdb", "select cv_decimal(a)+1 from t"), "select centavo_decimal(a)+1 from t");
  EXPECT_EQ(on("spark", "select cv_decimal(a)+1 from t"),
            "select cast(nullif(cast(a as string), '') as decimal(38,21))+1 from t");
  EXPECT_EQ(on("duckdb", "CV_Sha256 ( lower( x ) )"), "sha256(lower( x ))");
  EXPECT_EQ(on("duckdb", "cv_map('a', x, 'b', coalesce(y, ','))"), "centavo_map('a', x, 'b', coalesce(y, ','))");
  EXPECT_EQ(on("duckdb", "cv_map()"), "centavo_map()");
}

TEST(Expand, GoesIntoArguments) {
  EXPECT_EQ(on("duckdb", "cv_split_part(cv_split_part(x, ':', 6), '/', cv_money(1))"),
            "split_part(split_part(x, ':', 6), '/', cast(1 as decimal(38,21)))");
}

TEST(Expand, LeavesTextsNamesAndCommentsAlone) {
  for (const char* sql : {"select 'cv_decimal(a) $n' from t", "select \"cv_decimal(a) $n\" from t",
                          "select 1 -- cv_decimal(a) $n\n", "select /* cv_decimal( /* $n */ */ 1",
                          "select t.cv_decimal(a)", "select cv_decimal from t", "'it''s $n'", "$$ $n $$"}) {
    EXPECT_EQ(on("duckdb", sql), sql);
  }
  EXPECT_EQ(on("duckdb", "cv_sha256(a -- the key )\n)"), "sha256(a)");
  EXPECT_EQ(on("duckdb", "cv_sha256(a || -- the key )\n b)"), "sha256(a || -- the key )\n b)");
}

TEST(Expand, ReplacesParameters) {
  EXPECT_EQ(on("duckdb", "d>=$period_first and x<$n"), "d>=DATE '2026-09-01' and x<5");
  EXPECT_EQ(on("duckdb", "cv_add_days($period_first, $n)"), "(cast(DATE '2026-09-01' as date) + cast(5 as integer))");
}

TEST(Expand, SpellsTextsNamesAndTypesForSpark) {
  EXPECT_EQ(on("spark", R"(select cv_regexp_extract("a""b`c", '^\d+''s', 1))"),
            R"(select regexp_extract(`a"b``c`, '^\\d+\'s', 1))");
  EXPECT_EQ(on("spark", "cast(varchar as varchar), cast(d as timestamptz)"),
            "cast(varchar as string), cast(d as timestamp)");
}

TEST(Expand, NamesTheMistakeAndItsPlace) {
  EXPECT_EQ(on("duckdb", "select\n  cv_decimall(a)"),
            "line 2, column 3: unknown function cv_decimall; did you mean \"cv_decimal\"?");
  EXPECT_EQ(on("duckdb", "cv_decimal(a, b)"), "line 1, column 1: cv_decimal takes 1 argument, and has 2");
  EXPECT_EQ(on("duckdb", "cv_split_part(a)"), "line 1, column 1: cv_split_part takes 3 arguments, and has 1");
  EXPECT_EQ(on("duckdb", "cv_sha256(cv_sha256())"), "line 1, column 11: cv_sha256 takes 1 argument, and has 0");
  EXPECT_EQ(on("duckdb", "cv_map(a,,b)"), "line 1, column 10: an argument is missing");
  EXPECT_EQ(on("duckdb", "cv_map(a,)"), "line 1, column 10: an argument is missing");
  EXPECT_EQ(on("duckdb", "cv_sha256(a"), "line 1, column 1: the bracket behind cv_sha256 does not close");
  EXPECT_EQ(on("duckdb", "a = $nn"), "line 1, column 5: parameter $nn has no value; did you mean \"$n\"?");
  EXPECT_EQ(on("spark", "cv_keyed_hash(a)"),
            "line 1, column 1: cv_keyed_hash is not available on spark; run it on another engine, or give the model a "
            ".spark.sql of its own");
}

TEST(Expand, EndsOnHostileInput) {
  std::string nested = "x";
  for (int i = 0; i < 5000; ++i) nested = "cv_sha256(" + nested + ")";
  EXPECT_THAT(on("duckdb", nested), HasSubstr("calls inside each other"));
  std::string doubling = "x";
  for (int i = 0; i < 50; ++i) doubling = "cv_mask_email(" + doubling + ")";
  EXPECT_THAT(on("duckdb", doubling), HasSubstr("grows beyond"));
  const std::string whole = "select cv_map('a', \"b\", $n) /* c */ from t -- d\nwhere x = $$e$$";
  for (std::size_t i = 0; i <= whole.size(); ++i) {
    (void)on("duckdb", whole.substr(0, i));
    (void)on("spark", whole.substr(i));
  }
}

// The bodies for DuckDB, run: what each function gives.
TEST(CoreFunctions, GiveTheseValuesOnDuckDB) {
  auto database = duck::Database::open({.threads = 1});
  ASSERT_TRUE(database.has_value()) << database.error().message;
  auto connection = *database->connect();
  ASSERT_TRUE(connection.run("set variable centavo_mask_key = 'key'").has_value());
  const std::pair<const char*, const char*> cases[] = {
      {"cv_decimal('1.000000001')", "1.000000001000000000000"},
      {"cv_decimal('')", "null"},
      {"cv_try_decimal('x')", "null"},
      {"cv_decimal_rounded('0.0001188669167459011366')", "0.000118866916745901137"},
      {"cv_money(3)", "3.000000000000000000000"},
      {"cv_product(0.000000001, 0.000000001)", "0.000000000000000001000"},
      {"cv_cost(0.000000000000000001, 99999.999999)", "0.000000000000100000000"},
      {"cv_ratio(1, 4)", "0.25"},
      {"cv_ratio(1, 0)", "null"},
      {"cv_div(1, 3)", "0.333333"},
      {"(select cv_avg(x) from (values (1), (2)) t(x))", "1.5"},
      {"(select cv_percentile(x, 0.95) from (values (1), (2), (3)) t(x))", "2.9"},
      {"(select cv_string_agg(x, ',') from (values ('b'), ('a')) t(x))", "a,b"},
      {"cv_sha256('')", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"cv_hash64('a')", "912392414677810140"},
      {"cv_keyed_hash('The quick brown fox jumps over the lazy dog')",
       "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"},
      {"cv_mask_email('maria@example.com')", "m***@example.com"},
      {"cv_mask_email('maria')", "***"},
      {"cv_mask_email(cast(null as varchar))", "null"},
      {"cv_valid_cpf('529.982.247-25')", "true"},
      {"cv_valid_cnpj('11.222.333/0001-81')", "true"},
      {"cv_timestamp('2026-09-30T23:00:00-03:00') = cv_timestamp('2026-10-01T02:00:00Z')", "true"},
      {"cv_timestamp('')", "null"},
      {"cv_try_timestamp('soon')", "null"},
      {"cv_date('2026-09-30T23:59:59Z')", "2026-09-30"},
      {"cv_date(date '2026-09-30')", "2026-09-30"},
      {"cv_try_date('32')", "null"},
      {"cv_day_start(date '2026-09-30') = cv_timestamp('2026-09-30')", "true"},
      {"cv_date_mdy('09/30/2026')", "2026-09-30"},
      {"cv_date_dmy('30/09/2026')", "2026-09-30"},
      {"cv_month(date '2026-09-30')", "2026-09"},
      {"cv_month_start(cv_timestamp('2026-09-30T10:00:00Z'))", "2026-09-01"},
      {"cv_weekday(date '2026-09-27')", "7"},
      {"cv_add_days(date '2026-09-30', 1)", "2026-10-01"},
      {"cv_add_months(date '2026-01-31', 1)", "2026-02-28"},
      {"cv_date_diff_days(date '2026-09-01', date '2026-10-01')", "30"},
      {"cast(cv_local_time(cv_timestamp('2026-09-30T12:00:00Z'), 'America/Sao_Paulo') as varchar)",
       "2026-09-30 09:00:00"},
      {R"(cv_regexp_extract('i-0ab', '^i-(\d+)', 1))", "0"},
      {"cv_regexp_extract('x', '(y)', 1)", ""},
      {"cv_regexp_matches('abc', 'b')", "true"},
      {"cv_regexp_remove('a1b2', '[0-9]')", "ab"},
      {"cv_split_part('a:b', ':', 2)", "b"},
      {"cv_starts_with('abc', 'ab')", "true"},
      {"cv_ends_with('abc', 'bc')", "true"},
      {"cv_contains('abc', 'd')", "false"},
      {"cv_to_json(cv_map('a', '1', 'b', '', 'c', null))", R"({"a":"1"})"},
      {"cv_map_get(cv_map('a', '1'), 'a')", "1"},
      {"cv_map_get(cv_map('a', '1'), 'b')", "null"},
      {"cv_map_has(cv_map('a', '1'), 'b')", "false"},
      {"cv_to_json(cv_map_strip_key_prefix(cv_map('user_a', '1', 'b', '2'), 'user_'))", R"({"a":"1","b":"2"})"},
      {"cv_to_json(cv_pairs_map('a:1|b:x:y|c:'))", R"({"a":"1","b":"x:y","c":""})"},
      {"cv_pairs_map('')", "null"},
      {R"(cv_json_text('{"a":{"b":"c"}}', '$.a.b'))", "c"},
      {"cv_json_text('{broken', '$.a')", "null"},
      {R"(cv_map_get(cv_from_json_map('{"a":1}'), 'a'))", "1"},
      {"cv_from_json_map('[1]')", "null"},
      {"cv_from_json_map('{broken')", "null"},
      {R"((select count(*) from (select cv_json_elements('[{"a":1},2]')) e))", "2"},
      {R"(cv_json_sum('[{"a":-1.5},{"a":"2e-6"},{}]', 'a'))", "-1.499998000000000000000"},
      {"(select cv_json_sum(x, 'a') from (values (cast(null as varchar))) t(x))", "0.000000000000000000000"},
      {R"(cv_json_sum_where('[{"a":1,"t":"X"},{"a":2,"t":"y"},{"a":4}]', 'a', 't', '(?i)^x'))",
       "1.000000000000000000000"},
      {R"(cv_to_json(cv_json_pairs('[{"key":"a","value":"1"},{"key":"a","value":"2"},{"value":"3"}]', 'p:')))",
       R"({"p:a":"1"})"},
      {"cv_to_json(cv_json_pairs('broken', ''))", "{}"},
      {"cv_to_json(cv_map_join(cv_map('a', '1'), cv_map('b', '2')))", R"({"a":"1","b":"2"})"},
      {"(select count(*) from (select cv_map_keys(cv_map('a', '1', 'b', '2'))) k)", "2"},
      {"cast(cv_split(0, 0.1, list_value(1, 1, 1), 2) as varchar)",
       "[0.040000000000000000000, 0.030000000000000000000, 0.030000000000000000000]"},
      {"cv_subunit_digits('JPY')", "0"},
      {"cv_convert(2, 5.5)", "11.000000000000000000000"},
      {"cv_cross_rate(1, 4)", "0.250000000000"},
  };
  std::set<std::string> called;
  for (const auto& [sql, wanted] : cases) {
    for (const Token& token : tokens_of(sql)) called.insert(std::string(token.text));
    const auto value = connection.value("select " + on("duckdb", sql));
    ASSERT_TRUE(value.has_value()) << sql << ": " << value.error().message;
    EXPECT_EQ(value->value_or("null"), wanted) << sql;
  }
  for (const auto& [name, function] : core().functions())
    EXPECT_TRUE(called.contains(name)) << name << " has no case here";
}

}  // namespace
}  // namespace centavo::pack
