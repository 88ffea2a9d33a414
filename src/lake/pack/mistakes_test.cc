/// \file lake/pack/mistakes_test.cc
/// The pack shop with one thing changed, and every word said about it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lake/pack/shop_pack.h"

namespace centavo::pack {
namespace {

struct Case {
  const char* file;
  const char* from;   // the first of these in the file
  const char* to;     // becomes this
  const char* mistakes;
};

constexpr const char* kSilverSql = "silver/shop_orders.sql";
constexpr const char* kSilver = "silver/shop_orders.yaml";
constexpr const char* kGoldSql = "gold/shop_monthly.sql";
constexpr const char* kGold = "gold/shop_monthly.yaml";
constexpr const char* kBronze = "bronze/shop_orders.yaml";
constexpr const char* kSource = "sources/shop_files.yaml";
constexpr const char* kSales = "interfaces/sales.yaml";
constexpr const char* kTests = "tests/shop_orders.yaml";

// clang-format off
const Case kYamlCases[] = {
    {"pack.yaml", "pack: shop", "pack: shopp",
     "shop/pack.yaml:1: pack \"shopp\" stands in the folder \"shop\"; folder and name must be the same"},
    {"pack.yaml", "version: 2", "version: two",
     "shop/pack.yaml:2: \"version\" is \"two\"; write a whole number from 1 to 1000000"},
    {"pack.yaml", "description: Orders of a small shop\n", "",
     "shop/pack.yaml:1: pack.yaml needs \"description\""},
    {"pack.yaml", "version: 2", "version: 2\nversion: 3",
     "shop/pack.yaml:3: key \"version\" is here twice, first on line 2"},
    {"pack.yaml", "version: 2", "verzion: 2",
     "shop/pack.yaml:2: unknown key \"verzion\" in pack.yaml; did you mean \"version\"?"},
    {"pack.yaml", "version: 2", "requires: [focus]",
     "shop/pack.yaml:1: requires the unknown pack \"focus\"; known here: core, shop"},
    {"pack.yaml", "default: 100.50", "default: many",
     "shop/pack.yaml:5: parameter large_from: \"many\" is not a number; write digits with a point, at most 38 of them"},
    {"pack.yaml", "default: 100.50", "default: 100.50, max: few",
     "shop/pack.yaml:5: \"few\" is not a number"},
    {"pack.yaml", "default: 100.50", "default: 100.50, min: 1000",
     "shop/pack.yaml:5: parameter large_from: 100.50 is not at least 1000; orders from this amount on are large"},
    {"pack.yaml", "default: 100.50", "default: 100.50, accepted: [\"100\", \"200\"]",
     "shop/pack.yaml:5: parameter large_from: \"100.50\" is none of its values; write one of 100, 200"},
    {"pack.yaml", "large_from", "period_last",
     "shop/pack.yaml:5: \"period_last\" cannot name a parameter; use snake_case; period_... are centavo's own"},
    {"pack.yaml", "version: 2", "version: [2",
     "shop/pack.yaml:3: not YAML: end of sequence flow not found"},
    {"pack.yaml", "version: 2", "version: &v 2\nother: *v",
     "shop/pack.yaml:2: anchors (&name) are not part of packs\n"
     "shop/pack.yaml:3: aliases (*name) are not part of packs; write the value out\n"
     "shop/pack.yaml:3: unknown key \"other\" in pack.yaml; known here: default_source, requires"},
    {kSilver, "type: boolean", "type: money",
     "shop/silver/shop_orders.yaml:14: column \"is_large\": unknown type \"money\"; write decimal(38,21)"},
    {kSilver, "type: boolean", "typ: boolean",
     "shop/silver/shop_orders.yaml:14: a column needs \"type\"\n"
     "shop/silver/shop_orders.yaml:14: unknown key \"typ\" in a column; did you mean \"type\"?"},
    {kSilver, "type: boolean", "type: boolean, pattern: x",
     "shop/silver/shop_orders.yaml:14: column \"is_large\": a pattern needs type varchar"},
    {kSilver, "name: email_masked", "name: OrderID",
     "shop/silver/shop_orders.yaml:12: column \"OrderID\" is here twice, first on line 9\n"
     "shop/silver/shop_orders.yaml:19: check \"required_email_masked\" names the unknown column \"email_masked\"; known here: Amount, Currency, OrderId, is_large, month, ordered_at"},
    {kSilver, "name: email_masked", "name: email masked",
     "shop/silver/shop_orders.yaml:12: column name \"email masked\" holds a character that Delta refuses; leave out blanks and ,;{}()=\n"
     "shop/silver/shop_orders.yaml:19: check \"required_email_masked\" names the unknown column \"email_masked\"; did you mean \"email masked\"?"},
    {kSilver, "required: true", "required: yes",
     "shop/silver/shop_orders.yaml:8: \"required\" is \"yes\"; write true or false"},
    {kSilver, "severity: quarantine", "severity: fatal",
     "shop/silver/shop_orders.yaml:11: unknown severity \"fatal\"; known here: error, quarantine, warn"},
    {kSilver, "grain: [OrderId]", "grain: [OrdrId]",
     "shop/silver/shop_orders.yaml:4: grain names the unknown column \"OrdrId\"; did you mean \"OrderId\"?"},
    {kSilver, "period_column: month", "",
     "shop/silver/shop_orders.yaml:5: write: replace_period needs a period_column; write period_column: billing_period"},
    {kSilver, "period_column: month", "period_column: ordered_at",
     "shop/silver/shop_orders.yaml:13: the period column \"ordered_at\" must be a date, and is TIMESTAMP WITH TIME ZONE"},
    {kSilver, "write: replace_period", "write: append",
     "shop/silver/shop_orders.yaml:5: only bronze tables append; write replace_period or replace"},
    {kSilver, "write: replace_period", "write: merge",
     "shop/silver/shop_orders.yaml:5: unknown write \"merge\"; known here: append, replace, replace_period"},
    {kSilver, "description: Orders with exact amounts, one row per order\n", "",
     "shop/silver/shop_orders.yaml:1: a contract needs \"description\""},
    {kSilver, "implements: shop.sales", "implements: shop.sale",
     "shop/silver/shop_orders.yaml:2: implements the unknown interface \"shop.sale\"; did you mean \"shop.sales\"?"},
    {kSilver, "  - {name: Currency, type: varchar, required: true, severity: quarantine}\n", "",
     "shop/silver/shop_orders.yaml:7: column \"Currency\" VARCHAR is missing, which shop.sales requires"},
    {kSilver, "type: \"decimal(38, 21)\"", "type: \"decimal(18,2)\"",
     "shop/silver/shop_orders.yaml:10: column \"Amount\" is DECIMAL(18,2), and DECIMAL(38,21) in shop.sales"},
    {kSilver, "name: Currency", "name: currency",
     "shop/silver/shop_orders.yaml:11: column \"currency\" is spelled \"Currency\" in shop.sales"},
    {kSilver, "min: -1e6", "min: low",
     "shop/silver/shop_orders.yaml:10: min: \"low\" is not a number; write digits with a point, at most 38 of them"},
    {kSilver, "table: silver.shop_orders", "table: silver.orders",
     "shop/silver/shop_orders.yaml:1: table silver.orders stands in silver/shop_orders.yaml; table and file must have the same name\n"
     "shop/tests/shop_orders.yaml:2: test of the unknown table silver.shop_orders; did you mean \"silver.shop_sales\"?"},
    {kSilver, "table: silver.shop_orders", "table: shop_orders",
     "shop/silver/shop_orders.yaml:1: \"shop_orders\" is not a table; write bronze., silver. or gold. and a name in snake_case\n"
     "shop/tests/shop_orders.yaml:2: test of the unknown table silver.shop_orders; did you mean \"silver.shop_sales\"?"},
    {kSilver, "in: bronze.shop_orders", "in: bronze.shop_order",
     "shop/silver/shop_orders.yaml:15: unknown table bronze.shop_order; did you mean \"bronze.shop_orders\"?"},
    {kSilver, "where: \"amount is null\"}", "wher: \"amount is null\"}",
     "shop/silver/shop_orders.yaml:17: rows.dropped \"empty_orders\" needs either \"where\" or \"sql\"\n"
     "shop/silver/shop_orders.yaml:17: unknown key \"wher\" in an entry of rows.dropped; did you mean \"where\"?"},
    {kSilver, "where: \"amount is null\"}", "where: \"amount is \"}",
     "shop/silver/shop_orders.yaml:17: rows \"empty_orders\": DuckDB: syntax error at or near \"from\""},
    {kSilver, "- required: [email_masked]", "- requird: [email_masked]",
     "shop/silver/shop_orders.yaml:19: unknown check \"requird\"; did you mean \"required\"?"},
    {kSilver, "- required: [email_masked]", "- required: [email]",
     "shop/silver/shop_orders.yaml:19: check \"required_email\" names the unknown column \"email\"; did you mean \"email_masked\"?"},
    {kSilver, "- required: [email_masked]", "- required: [email_masked]\n    unique: [OrderId]",
     "shop/silver/shop_orders.yaml:19: one check is of several kinds: required, unique; begin each with its own \"-\""},
    {kSilver, "- required: [email_masked]\n", "- unique: [OrderId]\n  - unique: [OrderId]\n",
     "shop/silver/shop_orders.yaml:20: check \"unique_order_id\" is here twice, first on line 19; give one of them a name: of its own"},
    {kSilver, "- required: [email_masked]", "- pattern: {column: email_masked, matches: '(a'}",
     "shop/silver/shop_orders.yaml:19: check \"pattern_email_masked\": \"(a\" is not a regular expression: missing ): (a"},
    {kSilver, "- required: [email_masked]", "- pattern: {column: is_large, matches: 'a'}",
     "shop/silver/shop_orders.yaml:19: check \"pattern_is_large\" needs text, and column \"is_large\" is BOOLEAN"},
    {kSilver, "- required: [email_masked]", "- valid_email: {column: email_masked}",
     "shop/silver/shop_orders.yaml:19: \"valid_email\" must be a list, and is a map"},
    {kSilver, "- required: [email_masked]", "- freshness: {column: ordered_at}",
     "shop/silver/shop_orders.yaml:19: freshness needs \"hours\""},
    {kSilver, "- required: [email_masked]\n    severity: warn", "- row_count_change: {max_ratio: 0.5}\n    severity: quarantine",
     "shop/silver/shop_orders.yaml:20: row_count_change cannot quarantine: it does not judge single rows; write error or warn"},
    {kSilver, "- required: [email_masked]\n    severity: warn", "- sql: select * from this where is_large",
     "shop/silver/shop_orders.yaml:19: a check with sql needs a name; write name: what_must_hold"},
    {kSilver, "- required: [email_masked]", "- name: large_ones\n    sql: select * from thiz where is_large",
     "shop/silver/shop_orders.yaml:19: check \"large_ones\": table \"thiz\" has no layer; write bronze., silver. or gold. in front, or name a step of the with clause"},
    {kSilver, "- required: [email_masked]", "- name: large_ones\n    sql: delete from this",
     "shop/silver/shop_orders.yaml:19: check \"large_ones\": not a select: it begins with \"delete\"; begin with select or with"},
    {kSilver, "min: 2020-01-01", "min: soon",
     "shop/silver/shop_orders.yaml:21: check \"range_ordered_at\": \"soon\" is not a time; write 2026-09-30T12:00:00Z"},
    {kSilver, "to_columns: [order_id]", "to_columns: [order_id, day]",
     "shop/silver/shop_orders.yaml:22: \"columns\" and \"to_columns\" differ in number"},
    {kSilver, "to: bronze.shop_orders, ours", "to: bronze.other, ours",
     "shop/silver/shop_orders.yaml:23: unknown table bronze.other; known here: bronze.shop_orders, gold.shop_monthly, silver.shop_orders, silver.shop_sales"},
    {kSilver, "sum(cv_decimal(amount))", "sum(cv_decimall(amount))",
     "shop/silver/shop_orders.yaml:23: check \"reconciles_bronze_shop_orders\": unknown function \"cv_decimall\"; did you mean \"cv_decimal\"?"},
    {kSilver, "sum(cv_decimal(amount))", "getenv('HOME')",
     "shop/silver/shop_orders.yaml:23: check \"reconciles_bronze_shop_orders\": getenv reaches outside the lake; read bronze, silver or gold tables"},
    {kSilver, "sum(cv_decimal(amount))", "sum(amount) -- all of it",
     "shop/silver/shop_orders.yaml:23: check \"reconciles_bronze_shop_orders\": a comment behind an expression would swallow what follows; make it a YAML comment"},
    {kSilver, "sum(cv_decimal(amount))", "sum(amount::double)",
     "shop/silver/shop_orders.yaml:23: check \"reconciles_bronze_shop_orders\": :: is only DuckDB's; write cast(x as type)"},
    {kBronze, "other_columns: keep", "other_columns: maybe",
     "shop/bronze/shop_orders.yaml:5: unknown other_columns \"maybe\"; known here: drop, keep"},
    {kBronze, "name: day", "name: source_file_name",
     "shop/bronze/shop_orders.yaml:8: column \"source_file_name\" is added by centavo; leave it out of columns"},
    {kBronze, "name: day", "name: month",
     "shop/bronze/shop_orders.yaml:8: column \"month\" is added by centavo; leave it out of columns"},
    {kBronze, "mask: email", "mask: stars",
     "shop/bronze/shop_orders.yaml:10: unknown mask \"stars\"; known here: email, hash, hide, last4"},
    {kBronze, "type: \"map(varchar, varchar)\"", "type: varchar",
     "shop/bronze/shop_orders.yaml:11: column \"tags\" is filled as a map by source shop_files, and declared VARCHAR; write map(varchar, varchar)"},
    {kSource, "connector: files", "connector: file",
     "shop/sources/shop_files.yaml:3: unknown connector \"file\"; did you mean \"files\"?"},
    {kSource, "from: column", "from: manifest",
     "shop/sources/shop_files.yaml:8: period from: manifest, but the source has no manifest; add manifest: aws"},
    {kSource, "  columns: [day]\n", "",
     "shop/sources/shop_files.yaml:8: period from: column needs \"columns\""},
    {kSource, "  from: column\n  columns: [day]", "  from: none",
     "shop/sources/shop_files.yaml:10: source shop_files has no period, and bronze.shop_orders replaces one; say where the period comes from: period: {from: column, columns: [...]}"},
    {kSource, "  from: column\n  columns: [day]", "  from: path\n  path: '(('",
     "shop/sources/shop_files.yaml:1: period path: \"((\" is not a regular expression: missing ): (("},
    {kSource, "bronze.shop_orders", "silver.shop_orders",
     "shop/sources/shop_files.yaml:11: a source fills bronze tables, and silver.shop_orders is not one"},
    {kSource, "source: shop_files", "source: shop_data",
     "shop/sources/shop_files.yaml:1: source \"shop_data\" stands in shop_files.yaml; source and file must have the same name"},
    {kSales, "interface: shop.sales", "interface: focus.sales",
     "shop/gold/shop_monthly.sql:7:6: unknown table silver.shop_sales; did you mean \"silver.shop_orders\"?\n"
     "shop/interfaces/sales.yaml:1: interface \"focus.sales\" must be named shop.<name in snake_case>\n"
     "shop/silver/shop_orders.yaml:2: implements the unknown interface \"shop.sales\"\n"
     "shop/tests/shop_orders.yaml:14: given rows of the unknown table \"silver.shop_sales\"; did you mean \"silver.shop_orders\"?"},
    {kSales, "interface: shop.sales", "interface: shop.orders",
     "shop/gold/shop_monthly.sql:7:6: unknown table silver.shop_sales; did you mean \"silver.shop_orders\"?\n"
     "shop/silver/shop_orders.yaml:1: table silver.shop_orders has the name of the view of interface shop.orders\n"
     "shop/silver/shop_orders.yaml:2: implements the unknown interface \"shop.sales\"; known here: shop.orders\n"
     "shop/tests/shop_orders.yaml:14: given rows of the unknown table \"silver.shop_sales\"; did you mean \"silver.shop_orders\"?"},
    {kTests, "model: silver.shop_orders", "model: silver.shop_ordrs",
     "shop/tests/shop_orders.yaml:2: test of the unknown table silver.shop_ordrs; did you mean \"silver.shop_orders\"?"},
    {kTests, "period: 2026-10", "period: 2026-13",
     "shop/tests/shop_orders.yaml:3: \"2026-13\" is not a period; write 2026-09"},
    {kTests, "parameters: {large_from: 10}", "parameters: {larg_from: 10}",
     "shop/tests/shop_orders.yaml:4: unknown parameter \"larg_from\"; did you mean \"large_from\"?"},
    {kTests, "order_id: a1", "order_no: a1", ""},
    {kTests, "bronze.shop_orders:", "bronze.shop_order:",
     "shop/tests/shop_orders.yaml:6: given rows of the unknown table \"bronze.shop_order\"; did you mean \"bronze.shop_orders\"?"},
    {kTests, "OrderId: a1", "OrderNo: a1",
     "shop/tests/shop_orders.yaml:9: expect names the unknown column \"OrderNo\"; did you mean \"OrderId\"?"},
    {kTests, "expect: []", "expected: []",
     "shop/tests/shop_orders.yaml:12: a test needs \"expect\"; expect: [] when no row comes out\n"
     "shop/tests/shop_orders.yaml:15: unknown key \"expected\" in a test; did you mean \"expect\"?"},
    {"sources/notes.yml", "", "a: 1",
     "shop/sources/notes.yml: the ending is .yml; rename it to .yaml"},
    {"sliver/x.yaml", "", "a: 1",
     "shop/sliver/x.yaml: unknown folder \"sliver\"; did you mean \"silver\"?"},
    {"silver/deep/x.yaml", "", "a: 1",
     "shop/silver/deep/x.yaml: silver has no folders inside; move it to silver/"},
    {"bronze/x.sql", "", "select 1",
     "shop/bronze/x.sql: bronze has no SQL"},
    {"gold/x.sql", "", "select 1 from gold.shop_monthly",
     "shop/gold/x.sql: the contract beside it is missing; write gold/x.yaml"},
    {"gold/x.yaml", "", "",
     "shop/gold/x.yaml: the SQL beside it is missing; write gold/x.sql\n"
     "shop/gold/x.yaml:1: the file is empty"},
};

const Case kSqlCases[] = {
    {kSilverSql, "from bronze.shop_orders", "from shop_orders",
     "shop/silver/shop_orders.sql:3:19: table \"shop_orders\" has no layer; write bronze.shop_orders"},
    {kSilverSql, "from bronze.shop_orders", "from bronze.shop_order",
     "shop/silver/shop_orders.sql:3:19: unknown table bronze.shop_order; did you mean \"bronze.shop_orders\"?"},
    {kSilverSql, "from bronze.shop_orders", "from raw.shop_orders",
     "shop/silver/shop_orders.sql:3:19: unknown layer in raw.shop_orders; known here: bronze, gold, silver"},
    {kSilverSql, "from bronze.shop_orders", "from BRONZE.Shop_Orders",
     "shop/silver/shop_orders.sql:3:19: table bronze.shop_orders is written BRONZE.Shop_Orders; write it in lower case"},
    {kSilverSql, "from bronze.shop_orders", "from gold.shop_monthly",
     "shop/silver/shop_orders.sql:3:19: silver.shop_orders reads gold.shop_monthly, of a higher layer; read bronze and silver tables only"},
    {kSilverSql, "from bronze.shop_orders", "from silver.shop_sales",
     "shop/silver/shop_orders.sql:1: tables read each other in a circle: silver.shop_orders -> silver.shop_orders"},
    {kSilverSql, "from bronze.shop_orders", "from 'orders.csv'",
     "shop/silver/shop_orders.sql:3:19: table \"orders.csv\" has no layer; write bronze., silver. or gold. in front, or name a step of the with clause"},
    {kSilverSql, "from bronze.shop_orders", "from read_csv('orders.csv')",
     "shop/silver/shop_orders.sql:3:19: read_csv reaches outside the lake; read bronze, silver or gold tables"},
    {kSilverSql, "$large_from", "$large_form",
     "shop/silver/shop_orders.sql:14:27: unknown parameter $large_form; did you mean \"$large_from\"?"},
    {kSilverSql, "$large_from", "$other",
     "shop/silver/shop_orders.sql:14:27: unknown parameter $other; declare it under parameters in shop/pack.yaml"},
    {kSilverSql, "    where month >= $period_first and month < $period_end\n", "",
     "shop/silver/shop_orders.sql:1:1: the table replaces one period, and its SQL reads no $period_first; add where month >= $period_first and month < $period_end"},
    {kSilverSql, "where amount is not null", "where amount is not null qualify true",
     "shop/silver/shop_orders.sql:16:26: qualify is not everywhere; number the rows in a step of its own, then: where position = 1"},
    {kSilverSql, "where amount is not null", "where amount is not null;\nselect 1",
     "shop/silver/shop_orders.sql:17:1: a second statement; one select, with its steps in a with clause"},
    {kSilverSql, "where amount is not null", "where amount is not null;", ""},
    {kSilverSql, "where amount is not null", "where amount is not",
     "shop/silver/shop_orders.sql:17:1: DuckDB: syntax error at end of input"},
    {kSilverSql, "where amount is not null", "where amount <> '",
     "shop/silver/shop_orders.sql:16:17: a quote or comment does not end"},
    {kSilverSql, "where amount is not null", "order by month",
     "shop/silver/shop_orders.sql:16:10: order by without nulls first or nulls last: engines put nulls at different ends; write order by x nulls last"},
    {kSilverSql, "where amount is not null", "order by month nulls last", ""},
    {kSilverSql, "'BRL' ", "'BRL'::varchar ",
     "shop/silver/shop_orders.sql:11:10: :: is only DuckDB's; write cast(x as type)"},
    {kSilverSql, "'BRL' ", "cast('BRL' as text) ",
     "shop/silver/shop_orders.sql:11:19: type text is only DuckDB's; write varchar"},
    {kSilverSql, "'BRL' ", "cast(cast('2026-01-01' as timestamp) as varchar) ",
     "shop/silver/shop_orders.sql:11:31: cast to timestamp means another time in each engine; write cv_timestamp(x)"},
    {kSilverSql, "'BRL' ", "cast(1 as decimal) ",
     "shop/silver/shop_orders.sql:11:15: decimal without digits is (18,3) here and (10,0) elsewhere; write decimal(38,21)"},
    {kSilverSql, "'BRL' ", "cast(1 as hugeint) ",
     "shop/silver/shop_orders.sql:11:15: cast to hugeint is not the same everywhere; known here: bigint, binary, boolean, date, decimal, double, float, int, integer, smallint, string, timestamptz, tinyint, varchar"},
    {kSilverSql, "'BRL' ", "concat('B', 'RL') ",
     "shop/silver/shop_orders.sql:11:5: function \"concat\" is not portable; write a || b, which is null when a part is; or concat_ws('', a, b), which skips nulls"},
    {kSilverSql, "'BRL' ", "string_agg('B', ',') ",
     "shop/silver/shop_orders.sql:11:5: function \"string_agg\" is not portable; write cv_string_agg(x, separator)"},
    {kSilverSql, "'BRL' ", "strptime(day, '%Y') ",
     "shop/silver/shop_orders.sql:11:5: function \"strptime\" is not portable; write cv_timestamp(x), cv_date(x), cv_date_mdy(x) or cv_date_dmy(x)"},
    {kSilverSql, "'BRL' ", "uppr('brl') ",
     "shop/silver/shop_orders.sql:11:5: function \"uppr\" is not portable; did you mean \"upper\"?"},
    {kSilverSql, "'BRL' ", "lower('a', 'b') ",
     "shop/silver/shop_orders.sql:11:5: lower takes 1 argument, and has 2"},
    {kSilverSql, "'BRL' ", "cv_sha256() ",
     "shop/silver/shop_orders.sql:11:5: cv_sha256 takes 1 argument, and has 0"},
    {kSilverSql, "'BRL' ", "cv_sha('x') ",
     "shop/silver/shop_orders.sql:11:5: unknown function \"cv_sha\"; did you mean \"cv_sha256\"?"},
    {kSilverSql, "'BRL' ", "main.getenv('HOME') ",
     "shop/silver/shop_orders.sql:11:5: getenv reaches outside the lake; read bronze, silver or gold tables"},
    {kSilverSql, "'BRL' ", "tags->>'a' ",
     "shop/silver/shop_orders.sql:11:9: ->> is only DuckDB's; write cv_json_text(x, path)"},
    {kSilverSql, "'BRL' ", "['a'][1] ",
     "shop/silver/shop_orders.sql:11:5: [...] lists are only DuckDB's; write in (...) for a choice of values\n"
     "shop/silver/shop_orders.sql:11:11: a list counts from 1 here and from 0 elsewhere; write cv_split_part(text, separator, n), or give the model a .spark.sql of its own"},
    {kSilverSql, "'BRL' ", "tags['a'] ", ""},
    {kSilverSql, "'BRL' ", "day[1] ",
     "shop/silver/shop_orders.sql:11:9: a list counts from 1 here and from 0 elsewhere; write cv_split_part(text, separator, n), or give the model a .spark.sql of its own"},
    {kSilverSql, "'BRL' ", "{'a': 1} ",
     "shop/silver/shop_orders.sql:11:5: {...} is only DuckDB's; write cv_map(key, value, ...)\n"
     "shop/silver/shop_orders.sql:11:9: a colon is only DuckDB's; write expression as name; substring(x, from, length) for a part"},
    {kSilverSql, "'BRL' ", "list_transform(day, x -> x) ",
     "shop/silver/shop_orders.sql:11:5: function \"list_transform\" is not portable; the list is packs/core/functions.yaml; <model>.spark.sql is the exception\n"
     "shop/silver/shop_orders.sql:11:27: -> is only DuckDB's; write cv_json_text(x, path); lists and their functions have no portable spelling"},
    {kSilverSql, "'BRL' ", "list_transform(day, lambda x: x) ",
     "shop/silver/shop_orders.sql:11:5: function \"list_transform\" is not portable; the list is packs/core/functions.yaml; <model>.spark.sql is the exception\n"
     "shop/silver/shop_orders.sql:11:33: a colon is only DuckDB's; write expression as name; substring(x, from, length) for a part"},
    {kSilverSql, "'BRL' ", "e'BRL' ",
     "shop/silver/shop_orders.sql:11:5: only plain '...' texts are read the same way everywhere; write '...'"},
    {kSilverSql, "'BRL' ", "5 // 2 ",
     "shop/silver/shop_orders.sql:11:7: // is a comment or an error elsewhere; write floor(a / b)"},
    {kSilverSql, "'BRL' ", "5 & 2 ",
     "shop/silver/shop_orders.sql:11:7: operator & is only DuckDB's"},
    {kSilverSql, "'BRL' ", "current_date ",
     "shop/silver/shop_orders.sql:11:5: current_date makes a replay differ; read $period_first or $period_end"},
    {kSilverSql, "'BRL' ", "day at time zone 'UTC' ",
     "shop/silver/shop_orders.sql:11:9: at time zone is only DuckDB's; write cv_local_time(x, zone)"},
    {kSilverSql, "'BRL' ", "extract(year from month) ", ""},
    {kSilverSql, "'BRL' ", "trim(day, 'x') ",
     "shop/silver/shop_orders.sql:11:5: trim takes 1 argument, and has 2"},
    {kSilverSql, "'BRL' ", "case when day like 'a%' or day not ilike 'b' then trim(both ' ' from day) else substring(day from 1 for 2) end ", ""},
    {kSilverSql, "'BRL' ", R"(cv_regexp_extract(day, '\d+', 0) )", ""},
    {kSilverSql, "'BRL' ", "(from bronze.shop_orders select max(day)) ",
     "shop/silver/shop_orders.sql:11:6: a select that begins with from is only DuckDB's; write select ... from ..."},
    {kSilverSql, "select * from", "select * exclude (day) from",
     "shop/silver/shop_orders.sql:3:14: * exclude is only DuckDB's; name the columns"},
    {kSilverSql, "select * from", "select columns('a.*') from",
     "shop/silver/shop_orders.sql:3:12: columns(...) is only DuckDB's; name the columns"},
    {kSilverSql, "with orders", "create table x as with orders",
     "shop/silver/shop_orders.sql:2:1: not a select: it begins with \"create\"; begin with select or with"},
    {kGold, "freshness:", "explain: {ways: {amoun: {amount: charge.Amount}}, no_sum: {place: it is one}}\nfreshness:",
     "shop/gold/shop_monthly.yaml:13: explain names the unknown column \"place\"; known here: Currency, amount, month, position\n"
     "shop/gold/shop_monthly.yaml:13: explain names the unknown column \"amoun\"; did you mean \"amount\"?"},
    {kGold, "freshness:", "explain: {ways: {amount: {wher: \"true\"}}}\nfreshness:",
     "shop/gold/shop_monthly.yaml:13: way of \"amount\" needs \"amount\"\n"
     "shop/gold/shop_monthly.yaml:13: unknown key \"wher\" in way of \"amount\"; did you mean \"where\"?"},
    {kGoldSql, "row_number() over (order by sum(Amount) desc nulls last)", "row_number() over (order by sum(Amount) desc)",
     "shop/gold/shop_monthly.sql:6:33: order by without nulls first or nulls last: engines put nulls at different ends; write order by x nulls last"},
    {kGoldSql, "from silver.shop_sales as o", "from gold.shop_monthly as o",
     "shop/gold/shop_monthly.sql:1: tables read each other in a circle: gold.shop_monthly -> gold.shop_monthly"},
    {kGoldSql, "from silver.shop_sales as o", "from bronze.shop_orders as x semi join silver.shop_sales as o on true",
     "shop/gold/shop_monthly.sql:7:30: semi joins are written differently by each engine; write where exists (select 1 from ...)"},
    {kGoldSql, "from silver.shop_sales as o", "from silver.shop_sales as o, unnest([1])",
     "shop/gold/shop_monthly.sql:7:30: function \"unnest\" is not portable; write a .spark.sql beside the model\n"
     "shop/gold/shop_monthly.sql:7:37: [...] lists are only DuckDB's; write in (...) for a choice of values"},
    {kGoldSql, "-- Orders by month and currency.\n", "-- só é\n/* ção */ ", ""},
};
// clang-format on

template <std::size_t n>
void expect_all(const Case (&cases)[n]) {
  for (const Case& c : cases) {
    const std::string said = mistakes_of(shop_with(c.file, c.from, c.to));
    EXPECT_EQ(said, c.mistakes) << c.file << ": " << c.from << " -> " << c.to;
  }
}

TEST(Mistakes, InYamlAreNamedWithTheirLine) { expect_all(kYamlCases); }

TEST(Mistakes, InSqlAreNamedWithLineAndColumn) { expect_all(kSqlCases); }

TEST(Mistakes, AModelWithItsOwnSparkSqlMayUseDuckDBsFunctionsButNotFiles) {
  PackFiles files = shop_with(kSilverSql, "'BRL' ", "strftime(list_max([month])::timestamp, '%Y') ");
  EXPECT_NE(mistakes_of(files), "");
  files["silver/shop_orders.spark.sql"] = "select 1";
  EXPECT_EQ(mistakes_of(files), "");
  files = shop_with(kSilverSql, "'BRL' ", "(select max(x) from read_text('/etc/passwd')) ");
  files["silver/shop_orders.spark.sql"] = "select 1";
  EXPECT_EQ(
      mistakes_of(files),
      "shop/silver/shop_orders.sql:11:25: read_text reaches outside the lake; read bronze, silver or gold tables");
}

TEST(Mistakes, CirclesAreNamed) {
  PackFiles files = shop_files();
  for (const auto& [own, other] : {std::pair("a", "b"), std::pair("b", "a")}) {
    files[fmt::format("gold/{}.yaml", own)] =
        fmt::format("table: gold.{}\ndescription: x\ncolumns: [{{name: x, type: int}}]\n", own);
    files[fmt::format("gold/{}.sql", own)] = fmt::format("select x from gold.{}", other);
  }
  EXPECT_EQ(mistakes_of(files), "shop/gold/a.sql:1: tables read each other in a circle: gold.a -> gold.b -> gold.a");
}

TEST(Mistakes, OfTwoPacks) {
  PackFiles other = {{"pack.yaml", "pack: other\ndescription: x\n"},
                     {"bronze/shop_orders.yaml", "table: bronze.shop_orders\ndescription: x\nother_columns: keep\n"},
                     {"silver/x.yaml", "table: silver.x\ndescription: x\ncolumns: [{name: y, type: int}]\n"},
                     {"silver/x.sql", "select y from silver.shop_sales"}};
  std::string said;
  for (const Mistake& mistake : Library::lint_files({{"shop", shop_files()}, {"other", other}}))
    said += mistake.text() + "\n";
  EXPECT_EQ(said,
            "other/silver/x.sql:1:15: silver.shop_sales belongs to pack shop, which other does not require; add shop "
            "to requires in other/pack.yaml\n"
            "shop/bronze/shop_orders.yaml:1: table bronze.shop_orders is also in other/bronze/shop_orders.yaml:1\n");
}

// No prefix of a file and no single broken byte may crash the loader, or pass silently where a key is cut.
TEST(Mistakes, TruncatedAndBrokenFilesNeverCrash) {
  for (const auto& [path, text] : shop_files()) {
    const std::size_t step = text.size() / 25 + 1;
    for (std::size_t size = 0; size < text.size(); size += step) {
      PackFiles files = shop_files();
      files[path] = text.substr(0, size);
      (void)mistakes_of(files);
    }
    std::uint32_t random = 1;
    for (int i = 0; i < 25; ++i) {
      PackFiles files = shop_files();
      random = random * 1664525u + 1013904223u;
      files[path][(random >> 8) % text.size()] = "\0\xff{}[]'\"&*!|>%@`\t:#-$(;"[(random >> 3) % 23];
      (void)mistakes_of(files);
    }
  }
}

TEST(Mistakes, HostileYamlIsRefused) {
  const auto said = [](std::string text) { return mistakes_of(shop_with("tests/evil.yaml", "", text)); };
  EXPECT_NE(said(std::string(100000, '[')), "");
  EXPECT_NE(said(std::string(20000, '{')), "");
  EXPECT_NE(said("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"), "");
  EXPECT_NE(said("a: &a [*a]\n"), "");
  EXPECT_NE(said("? [a, b]\n: c\n"), "");
  EXPECT_NE(said("%YAML 9.9\n---\na"), "");
  EXPECT_NE(said("- x\n"), "");
  EXPECT_NE(said(std::string("test: \0 x", 9)), "");
}

}  // namespace
}  // namespace centavo::pack
