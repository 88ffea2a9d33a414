#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow/generate/generate.h"
#include "flow/generate/scratch_folder.h"

namespace centavo::generate {
namespace {

DatabricksOptions small_account() {
  DatabricksOptions options;
  options.seed = 5;
  options.rows = 3001;
  options.months = 2;
  return options;
}

TEST(GenerateDatabricks, TheSameSeedGivesTheSameBytes) {
  ScratchFolder first, second, other;
  ASSERT_TRUE(generate_databricks(small_account(), first.path(), {}, nullptr));
  ASSERT_TRUE(generate_databricks(small_account(), second.path(), {}, nullptr));
  EXPECT_EQ(first.files(), second.files());
  EXPECT_EQ(first.files().size(), 4u);
  DatabricksOptions options = small_account();
  options.seed = 6;
  ASSERT_TRUE(generate_databricks(options, other.path(), {}, nullptr));
  EXPECT_NE(first.files(), other.files());
}

TEST(GenerateDatabricks, RefusesWhatMakesNoAccount) {
  ScratchFolder folder;
  DatabricksOptions options = small_account();
  options.rows = 199;
  EXPECT_EQ(generate_databricks(options, folder.path(), {}, nullptr).error().kind, ErrorKind::invalid_argument);
  options = small_account();
  options.months = 0;
  EXPECT_EQ(generate_databricks(options, folder.path(), {}, nullptr).error().kind, ErrorKind::invalid_argument);
}

// Reads the files in SQL of its own, and finds what truth.json says.
TEST(GenerateDatabricks, TheTruthIsWhatSqlFindsInTheFiles) {
  ScratchFolder folder;
  const auto report = generate_databricks(small_account(), folder.path(), {}, nullptr);
  ASSERT_TRUE(report) << report.error().message;
  auto database = duck::Database::open({});
  ASSERT_TRUE(database) << database.error().message;
  auto connection = database->connect();
  ASSERT_TRUE(connection);
  const auto lines = [&](const char* name) {
    return fmt::format("read_json_objects({}, format = 'newline_delimited')",
                       duck::literal(fmt::format("{}/system_billing_{}.jsonl", folder.path(), name)));
  };
  const auto made = connection->run(fmt::format(R"sql(
create table usage as
  select json ->> 'record_id' as id, json ->> 'sku_name' as sku, json ->> 'record_type' as type, json ->> 'usage_start_time' as at,
    cast(json ->> 'usage_quantity' as decimal(18,4)) as quantity from {};
create table prices as
  select 'list' as kind, json ->> 'sku_name' as sku, json ->> 'price_start_time' as from_time, json ->> 'price_end_time' as to_time,
    cast(json ->> '$.pricing.default' as decimal(10,4)) as price, cast(json ->> '$.pricing.effective_list.default' as decimal(10,4)) as promoted from {}
  union all
  select 'own', json ->> 'sku_name', json ->> 'price_start_time', json ->> 'price_end_time', cast(json ->> '$.pricing.default' as decimal(10,4)), null from {};
create table costs as
  select u.*, l.price as list_price, coalesce(o.price, l.promoted) as agreed from usage u
  left join prices l on l.kind = 'list' and l.sku = u.sku and u.at >= l.from_time and (l.to_time is null or u.at < l.to_time)
  left join prices o on o.kind = 'own' and o.sku = u.sku and u.at >= o.from_time and (o.to_time is null or u.at < o.to_time);
)sql",
                                                lines("usage"), lines("list_prices"), lines("account_prices")));
  ASSERT_TRUE(made) << made.error().message;
  const auto number = [&](const std::string& sql) {
    return connection->value("select " + sql + " from costs").value_or("failed").value_or("null");
  };
  const auto same = [&](const std::string& sql, const OrderedJson& told) {
    return number(fmt::format("{} = {}", sql, told.get<std::string>()));
  };
  const auto& total = report->truth["total"];
  EXPECT_EQ(number("count(*)"), "3001");
  EXPECT_EQ(number("count(distinct id)"), "3001");
  EXPECT_EQ(total["rows"].dump(), "3001");
  EXPECT_EQ(number("count(*) filter (where type <> 'ORIGINAL')"), total["corrections"].dump());
  EXPECT_NE(total["corrections"].dump(), "0");
  EXPECT_EQ(number("count(*) filter (where list_price is null)"), total["rows_without_price"].dump());
  EXPECT_EQ(same("sum(quantity)", total["usage_quantity"]), "true");
  EXPECT_EQ(same("sum(quantity * list_price)", total["list_cost"]), "true");
  EXPECT_EQ(same("sum(quantity * agreed)", total["cost"]), "true");
}

}  // namespace
}  // namespace centavo::generate
