#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow/generate/generate.h"
#include "flow/generate/retail_people.h"
#include "flow/generate/scratch_folder.h"

namespace centavo::generate {
namespace {

RetailOptions small_shop() {
  RetailOptions options;
  options.seed = 5;
  options.rows = 3001;
  options.months = 2;
  return options;
}

TEST(GenerateRetail, TheSameSeedGivesTheSameBytes) {
  ScratchFolder first, second;
  ASSERT_TRUE(generate_retail(small_shop(), first.path(), {}, nullptr));
  ASSERT_TRUE(generate_retail(small_shop(), second.path(), {}, nullptr));
  EXPECT_EQ(first.files(), second.files());
  EXPECT_EQ(first.files().size(), 4u);
}

TEST(GenerateRetail, RefusesWhatMakesNoShop) {
  ScratchFolder folder;
  RetailOptions options = small_shop();
  options.rows = 99;
  EXPECT_EQ(generate_retail(options, folder.path(), {}, nullptr).error().kind, ErrorKind::invalid_argument);
  options = small_shop();
  options.months = 0;
  EXPECT_EQ(generate_retail(options, folder.path(), {}, nullptr).error().kind, ErrorKind::invalid_argument);
}

// Reads the files in SQL of its own, and finds what truth.json says.
class RetailTruthTest : public testing::TestWithParam<std::int64_t> {};

TEST_P(RetailTruthTest, IsWhatSqlFindsInTheFiles) {
  ScratchFolder folder;
  RetailOptions options = small_shop();
  options.rows = GetParam();
  const auto report = generate_retail(options, folder.path(), {}, nullptr);
  ASSERT_TRUE(report) << report.error().message;
  auto database = duck::Database::open({});
  ASSERT_TRUE(database) << database.error().message;
  auto connection = database->connect();
  ASSERT_TRUE(connection);
  const std::string csv = duck::literal(folder.path() + "/purchases.csv");
  const std::string api = duck::literal(folder.path() + "/purchases_api.json");
  const std::string people = duck::literal(folder.path() + "/customers.json");
  const auto made = connection->run(fmt::format(R"sql(
create table delivered as
  select 2 as place, row_number() over () as number, customer_id, email, cpf, purchase_date, total_amount, store_location
  from read_csv({}, all_varchar = true, header = true)
  union all by name
  select 1 as place, row_number() over () as number, j ->> 'customer_id' as customer_id, j ->> 'email' as email, j ->> 'cpf' as cpf,
    j ->> 'purchase_date' as purchase_date, j ->> 'total_amount' as total_amount, j ->> 'store_location' as store_location
  from (select unnest(json_extract(json, '$.data.items[*]')) as j from read_json_objects({}, format = 'unstructured'));
create table typed as
  select *, coalesce(try_cast(left(purchase_date, 10) as date), try_cast(try_strptime(purchase_date, '%d/%m/%Y') as date)) as day,
    try_cast(case when total_amount like '%,%' then replace(replace(total_amount, '.', ''), ',', '.') else total_amount end as decimal(18,3)) as amount
  from delivered;
create table valid as
  select * from typed
  where customer_id is not null and centavo_valid_cpf(cpf) and (email is null or regexp_full_match(email, '[a-z0-9.]+@[a-z0-9.]+\.[a-z]+'))
    and day is not null and amount >= 0 and amount = round(amount, 2)
    and store_location in ('São Paulo', 'Rio de Janeiro', 'Belo Horizonte', 'Brasília', 'Curitiba', 'Porto Alegre', 'Salvador', 'Recife', 'Fortaleza', 'Manaus');
create table kept as select * exclude (position) from (
  select *, row_number() over (partition by customer_id, day order by place, number desc) as position from valid) where position = 1;
)sql",
                                                csv, api));
  ASSERT_TRUE(made) << made.error().message;
  const auto& told = report->truth["purchases"];
  const auto number = [&](const std::string& sql) {
    return connection->value(sql).value_or("failed").value_or("null");
  };
  EXPECT_EQ(number("select count(*) from delivered"), told["rows"].dump());
  EXPECT_EQ(number("select count(*) from delivered"), std::to_string(GetParam()));
  EXPECT_EQ(number("select (select count(*) from delivered) - (select count(*) from valid)"),
            told["quarantined"].dump());
  EXPECT_EQ(number("select (select count(*) from valid) - (select count(*) from kept)"), told["duplicates"].dump());
  EXPECT_EQ(number("select count(*) from kept"), told["silver_rows"].dump());
  EXPECT_EQ(number("select cast(sum(amount) as decimal(18,2)) from kept"), told["total_amount"].get<std::string>());
  const auto gold = connection->all(
      "select store_location, strftime(day, '%Y-%m'), count(*), cast(sum(amount) as decimal(18,2)), count(*) filter "
      "(where amount >= 1000) "
      "from kept group by 1, 2");
  ASSERT_TRUE(gold) << gold.error().message;
  EXPECT_EQ(gold->size(), report->truth["gold"].size());
  for (const auto& entry : report->truth["gold"]) {
    const std::vector<std::optional<std::string>> row = {
        entry["store_location"].get<std::string>(), entry["purchase_month"].get<std::string>(),
        entry["total_purchases"].dump(), entry["total_revenue"].get<std::string>(),
        entry["high_value_purchases"].dump()};
    EXPECT_THAT(*gold, testing::Contains(row));
  }
  const std::string customers = fmt::format(
      "(select json ->> 'customer_id' as id, centavo_valid_cpf(json ->> 'cpf') and coalesce(regexp_full_match(json ->> "
      "'email', "
      "'[a-z0-9.]+@[a-z0-9.]+\\.[a-z]+'), true) as good from read_json_objects({}, format = 'array'))",
      people);
  EXPECT_EQ(number("select count(*) from " + customers), report->truth["customers"]["rows"].dump());
  EXPECT_EQ(number("select count(*) from " + customers + " where not good"),
            report->truth["customers"]["quarantined"].dump());
  EXPECT_EQ(number("select count(distinct id) from " + customers + " where good"),
            report->truth["customers"]["silver_rows"].dump());
}

INSTANTIATE_TEST_SUITE_P(Sizes, RetailTruthTest, testing::Values(100, 3001, 20000));

TEST(RetailPeople, CpfsHaveRightCheckDigitsOrWrongOnes) {
  auto database = duck::Database::open({});
  ASSERT_TRUE(database) << database.error().message;
  auto connection = database->connect();
  ASSERT_TRUE(connection);
  for (std::int64_t i = 0; i < 500; ++i) {
    const std::string cpf = person_of(1, i).cpf;
    const auto valid = connection->value(
        fmt::format("select centavo_valid_cpf('{}') and centavo_valid_cpf('{}') and not centavo_valid_cpf('{}')", cpf,
                    with_points(cpf), with_wrong_check_digit(cpf)));
    ASSERT_TRUE(valid) << valid.error().message;
    EXPECT_EQ(**valid, "true") << cpf;
  }
}

}  // namespace
}  // namespace centavo::generate
