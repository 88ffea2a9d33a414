#include "lake/pack/library.h"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lake/pack/shop_pack.h"

namespace centavo::pack {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Library shop() {
  auto library = Library::from_files({{"shop", shop_files()}});
  EXPECT_TRUE(library.has_value()) << library.error().message;
  return library ? std::move(*library) : Library();
}

std::vector<std::string> names(const std::vector<CheckSpec>& checks) {
  std::vector<std::string> out;
  for (const CheckSpec& check : checks) out.push_back(check.name);
  return out;
}

const CheckSpec* find(const Contract& contract, std::string_view name) {
  for (const CheckSpec& check : contract.checks) {
    if (check.name == name) return &check;
  }
  return nullptr;
}

TEST(EmbeddedPacks, LoadWithoutAMistake) {
  const auto start = std::chrono::steady_clock::now();
  const auto mistakes = Library::lint({});
  const std::chrono::duration<double, std::milli> first = std::chrono::steady_clock::now() - start;
  const auto again = std::chrono::steady_clock::now();
  const auto library = Library::load({});
  const std::chrono::duration<double, std::milli> second = std::chrono::steady_clock::now() - again;
  fmt::print("first load {:.0f} ms, then {:.0f} ms, {} packs\n", first.count(), second.count(),
             embedded_packs().size());
  for (const Mistake& mistake : mistakes) ADD_FAILURE() << mistake.text();
  EXPECT_TRUE(library.has_value());
  EXPECT_TRUE(embedded_packs().contains("core"));
}

TEST(Library, ReadsAModelWithItsContract) {
  const Library library = shop();
  const Model* model = library.model({Layer::silver, "shop_orders"});
  ASSERT_NE(model, nullptr);
  const Contract& contract = model->contract;
  EXPECT_EQ(contract.pack, "shop");
  EXPECT_EQ(contract.place.text(), "shop/silver/shop_orders.yaml:1");
  EXPECT_EQ(contract.write, WriteMode::replace_period);
  EXPECT_THAT(contract.partition_by, ElementsAre("month"));
  EXPECT_EQ(contract.find("amount")->type, "DECIMAL(38,21)");
  EXPECT_EQ(contract.find("Amount")->min, "-1000000");
  EXPECT_EQ(contract.find("Amount")->unit, "Currency") << "from the interface";
  EXPECT_EQ(contract.find("ordered_at")->type, "TIMESTAMP WITH TIME ZONE");
  EXPECT_EQ(contract.rows.in->text(), "bronze.shop_orders");
  EXPECT_THAT(model->inputs, ElementsAre(TableName{Layer::bronze, "shop_orders"}));
  EXPECT_THAT(model->parameters, ElementsAre("large_from", "period_end", "period_first"));
  EXPECT_EQ(library.parameter("shop", "large_from")->default_value, "100.5");
}

TEST(Library, InputsMayBeAnInterfacesView) {
  const Library library = shop();
  const Model* model = library.model({Layer::gold, "shop_monthly"});
  EXPECT_THAT(model->inputs, ElementsAre(TableName{Layer::bronze, "shop_orders"})) << "inside exists";
  EXPECT_THAT(model->interface_inputs, ElementsAre("shop.sales"));
  EXPECT_EQ(library.interface_of_view({Layer::silver, "shop_sales"})->name, "shop.sales");
  ASSERT_EQ(library.implementers("shop.sales").size(), 1u);
  EXPECT_EQ(library.implementers("shop.sales")[0]->contract.table.text(), "silver.shop_orders");
  EXPECT_EQ(model->contract.freshness_hours, 36);
  EXPECT_EQ(model->contract.retention_days, 400);
}

TEST(Library, ChecksComeFromColumnsInterfaceAndTable) {
  const Library library = shop();
  const Contract& contract = library.model({Layer::silver, "shop_orders"})->contract;
  EXPECT_THAT(names(contract.checks),
              ElementsAre("required_month", "required_order_id", "pattern_order_id", "required_amount", "range_amount",
                          "required_currency", "accepted_values_currency", "unique_order_id", "required_email_masked",
                          "range_ordered_at", "reference_order_id", "reconciles_bronze_shop_orders"));
  EXPECT_EQ(find(contract, "required_currency")->severity, Severity::quarantine) << "of its column";
  EXPECT_EQ(find(contract, "required_email_masked")->severity, Severity::warn);
  EXPECT_THAT(find(contract, "accepted_values_currency")->values, ElementsAre("BRL", "USD"));
  EXPECT_EQ(find(contract, "range_ordered_at")->min, "2020-01-01 00:00:00.000+00");
  EXPECT_EQ(find(contract, "reconciles_bronze_shop_orders")->theirs_where, "amount is not null");
  ASSERT_EQ(contract.proofs.size(), 1u) << "the interface's";
  EXPECT_EQ(contract.proofs[0].amount, "Amount");
}

TEST(Library, AnInterfacesCheckOfAColumnThatIsLeftOutIsLeftOutToo) {
  const Contract without = shop().model({Layer::silver, "shop_orders"})->contract;
  EXPECT_THAT(names(without.checks), Not(Contains("discount_is_not_larger")));
  const auto with =
      Library::from_files({{"shop", shop_with("silver/shop_orders.yaml", "columns:\n",
                                              "columns:\n  - {name: Discount, type: \"decimal(38,21)\"}\n")}});
  ASSERT_TRUE(with.has_value()) << with.error().message;
  EXPECT_THAT(names(with->model({Layer::silver, "shop_orders"})->contract.checks), Contains("discount_is_not_larger"));
}

TEST(Library, ReadsASource) {
  const Library library = shop();
  const SourceKind* source = library.source("shop_files");
  ASSERT_NE(source, nullptr);
  EXPECT_EQ(source->delimiter, ";");
  EXPECT_EQ(source->encoding, "latin-1");
  EXPECT_EQ(source->period_from, "column");
  EXPECT_TRUE(source->snake_case);
  EXPECT_EQ(source->gather[0].into, "tags");
  EXPECT_EQ(source->rename.at("Order No"), "order_id");
  EXPECT_EQ(source->feeds[0].table.text(), "bronze.shop_orders");
  EXPECT_EQ(library.source("other"), nullptr);
}

TEST(Library, ReadsTests) {
  const Library library = shop();
  const auto& tests = library.packs().at("shop").tests;
  ASSERT_EQ(tests.size(), 2u);
  EXPECT_EQ(tests[0].title, "an order keeps its cents");
  EXPECT_EQ(tests[0].place.text(), "shop/tests/shop_orders.yaml:1");
  EXPECT_EQ(tests[0].parameters.at("large_from"), "10");
  const PackTest::Row& row = tests[0].given[0].second[0];
  EXPECT_EQ(row[2], (std::pair<std::string, std::optional<std::string>>("amount", "10.000000001")));
  EXPECT_EQ(row[3].second, R"({"team":"core"})");
  EXPECT_EQ(tests[0].given[0].second[1][2].second, std::nullopt);
  EXPECT_THAT(tests[1].expect, IsEmpty());
}

TEST(Library, LaterFoldersReplaceEarlierPacks) {
  const auto library = Library::load({"tests/data/packs", "no/such/folder"});
  ASSERT_TRUE(library.has_value()) << library.error().message;
  EXPECT_EQ(library->packs().at("shop").version, 2);
  EXPECT_TRUE(library->packs().contains("core"));
  EXPECT_TRUE(library->packs().at("shop").files.contains("README.md"));
}

TEST(Library, ErrorListsEveryMistakeInOrder) {
  PackFiles files = shop_with("silver/shop_orders.yaml", "type: boolean", "type: money");
  files["pack.yaml"] += "colour: red\n";
  const auto library = Library::from_files({{"shop", files}});
  ASSERT_FALSE(library.has_value());
  EXPECT_EQ(library.error().kind, ErrorKind::invalid_argument);
  EXPECT_EQ(library.error().message,
            "2 mistakes in the packs:\n"
            "  shop/pack.yaml:6: unknown key \"colour\" in pack.yaml; known here: default_source, requires\n"
            "  shop/silver/shop_orders.yaml:14: column \"is_large\": unknown type \"money\"; write decimal(38,21)");
}

TEST(Digest, ChangesWithWhatDecidesRowsOnly) {
  const auto digest_of = [](const PackFiles& files, const char* table = "shop_orders") {
    const auto library = Library::from_files({{"shop", files}});
    EXPECT_TRUE(library.has_value()) << library.error().message;
    return library ? library->digest(*library->model({Layer::silver, table})) : "";
  };
  const std::string before = digest_of(shop_files());
  EXPECT_EQ(before.size(), 64u);
  EXPECT_EQ(digest_of(shop_with("silver/shop_orders.sql", "-- Orders", "-- Changed\n\n\t-- Orders")), before)
      << "comments and blanks";
  EXPECT_EQ(digest_of(shop_with("silver/shop_orders.yaml", "one row per order", "one row for each")), before)
      << "description";
  EXPECT_EQ(digest_of(shop_with("pack.yaml", "default: 100.50", "default: 7")), before)
      << "values of parameters are the caller's";
  EXPECT_NE(digest_of(shop_with("silver/shop_orders.sql", "'BRL'", "'USD'")), before);
  EXPECT_NE(digest_of(shop_with("silver/shop_orders.sql", "'BRL'", "'B  RL'")),
            digest_of(shop_with("silver/shop_orders.sql", "'BRL'", "'B RL'")));
  EXPECT_NE(digest_of(shop_with("silver/shop_orders.yaml", "max: 1000000", "max: 10")), before);
  EXPECT_NE(digest_of(shop_with("interfaces/sales.yaml", "accepted: [BRL, USD]", "accepted: [BRL]")), before)
      << "through the interface";
}

TEST(Digest, ChangesWithTheBodyOfAFunction) {
  const PackFiles core = embedded_packs().at("core");
  PackFiles changed = core;
  std::string& text = changed["functions.yaml"];
  const std::string body = "\"centavo_decimal({0})\"";
  ASSERT_NE(text.find(body), std::string::npos);
  text.replace(text.find(body), body.size(), "\"centavo_try_decimal({0})\"");
  const auto digest_with = [](const PackFiles& with_core, TableName table) {
    const auto library = Library::from_files({{"core", with_core}, {"shop", shop_files()}});
    return library->digest(*library->model(table));
  };
  EXPECT_NE(digest_with(core, {Layer::silver, "shop_orders"}), digest_with(changed, {Layer::silver, "shop_orders"}));
  EXPECT_EQ(digest_with(core, {Layer::gold, "shop_monthly"}), digest_with(changed, {Layer::gold, "shop_monthly"}))
      << "which does not call it";
}

TEST(Digest, OfASourceChangesWithItsOptions) {
  const auto digest_of = [](const PackFiles& files) {
    const auto library = Library::from_files({{"shop", files}});
    return library->digest(*library->source("shop_files"));
  };
  EXPECT_EQ(digest_of(shop_with("sources/shop_files.yaml", "as CSV files", "in files")), digest_of(shop_files()));
  EXPECT_NE(digest_of(shop_with("sources/shop_files.yaml", "delimiter: \";\"", "delimiter: \",\"")),
            digest_of(shop_files()));
}

TEST(TableName, IsALayerAndSnakeCase) {
  EXPECT_EQ(parse_table_name("gold.costs_2")->text(), "gold.costs_2");
  for (const char* text :
       {"", "gold", "gold.", "gold.Costs", "raw.x", "gold.a.b", "gold.1a", "gold._a", "gold.a b", "GOLD.a"}) {
    EXPECT_FALSE(parse_table_name(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace centavo::pack
