#include "flow/explore/explore.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "flow/explore/amounts.h"
#include "flow/explore/source.h"
#include "flow/explore/span.h"

namespace centavo::explore {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

// ---------- words

Question asked(const Parameters& parameters) {
  auto question = parse_question(parameters);
  EXPECT_TRUE(question) << question.error().message;
  return question.value_or(Question{});
}

TEST(ParseQuestion, NothingSaidIsTheLastMonthAgainstTheOneBefore) {
  const auto question = asked({});
  EXPECT_EQ(question.period, "last");
  EXPECT_EQ(question.compare, "prev");
  EXPECT_EQ(question.measure, "EffectiveCost");
  EXPECT_EQ(question.sort, "-value");
}

TEST(ParseQuestion, ListsKeepCommasAndBackslashesOfTheirValues) {
  const auto question =
      asked({{"by", "ServiceName,tag:a\\,b"}, {"f.ServiceName", "A\\\\B,C\\,D,(none)"}, {"x.RegionId", "eu"}});
  EXPECT_THAT(question.by, ElementsAre("ServiceName", "tag:a,b"));
  ASSERT_EQ(question.filters.size(), 2u);
  EXPECT_THAT(question.filters[0].values, ElementsAre("A\\B", "C,D", "(none)"));
  EXPECT_FALSE(question.filters[0].exclude);
  EXPECT_TRUE(question.filters[1].exclude);
  for (const std::vector<std::string>& list : {std::vector<std::string>{"a", "b,c", "d\\"}, {"\\,"}, {}})
    EXPECT_EQ(split_list(join_list(list)), list);
}

TEST(ParseQuestion, RefusesWhatItDoesNotKnow) {
  for (const Parameters& wrong : {Parameters{{"wat", "1"}},
                                  {{"p", "2026-13"}},
                                  {{"p", "2026-09..2026-08"}},
                                  {{"p", "2026-09-31"}},
                                  {{"p", ""}},
                                  {{"p", "2026-09..2026-09-30"}},
                                  {{"c", "next"}},
                                  {{"m", "Cost"}},
                                  {{"m", "charge_count"}},
                                  {{"cur", "usd"}},
                                  {{"cur", "US'"}},
                                  {{"g", "week"}},
                                  {{"sort", "-name"}},
                                  {{"sort", "--value"}},
                                  {{"limit", "0"}},
                                  {{"limit", "1e3"}},
                                  {{"limit", "100001"}},
                                  {{"rel", "-1"}},
                                  {{"crel", "two"}},
                                  {{"by", "a,b,c,d"}},
                                  {{"by", "a,a"}},
                                  {{"f.", "x"}},
                                  {{"f.ServiceName", ""}},
                                  {{"f.ServiceName", ",,"}},
                                  {{"p", "all"}, {"p", "all"}},
                                  {{"f.a", std::string(30'000, 'x')}},
                                  {{"f.a", std::string("x\0y", 3)}}}) {
    const auto question = parse_question(wrong);
    ASSERT_FALSE(question) << wrong.front().first << "=" << wrong.front().second.substr(0, 50);
    EXPECT_EQ(question.error().kind, ErrorKind::invalid_argument);
    EXPECT_FALSE(question.error().message.empty());
  }
  EXPECT_TRUE(parse_question({{"format", "csv"}}, {"format"}));
}

TEST(ParsePivot, HasItsOwnWordsAndRefusesADimensionOnBothSides) {
  const auto pivot = parse_pivot(
      {{"r", "ServiceName,tag:team"}, {"k", "-"}, {"val", "BilledCost:max,charge_count:sum"}, {"subtotals", "0"}});
  ASSERT_TRUE(pivot) << pivot.error().message;
  EXPECT_THAT(pivot->rows, ElementsAre("ServiceName", "tag:team"));
  EXPECT_TRUE(pivot->columns.empty());
  EXPECT_EQ(pivot->values.size(), 2u);
  EXPECT_FALSE(pivot->subtotals);
  EXPECT_EQ(parse_pivot({{"m", "ListCost"}})->values[0].measure, "ListCost");
  for (const Parameters& wrong : {Parameters{{"r", "month"}, {"k", "month"}},
                                  {{"val", "BilledCost:avg"}},
                                  {{"val", "charge_count:max"}},
                                  {{"k", "a,b"}},
                                  {{"r", "a,b,c,d,e"}},
                                  {{"subtotals", "yes"}}})
    EXPECT_FALSE(parse_pivot(wrong)) << wrong.front().second;
}

// ---------- amounts

TEST(Amounts, LoseNothingButZeros) {
  EXPECT_EQ(plain("12.500000000000000000000"), "12.5");
  EXPECT_EQ(plain("0.000000000000000000001"), "0.000000000000000000001");
  EXPECT_EQ(plain("-0.000"), "0");
  EXPECT_EQ(plain("100"), "100");
  EXPECT_EQ(plain(std::nullopt), "0");
}

TEST(Amounts, RatiosAreRoundedHalfAwayFromZeroAtTheSixthDigit) {
  EXPECT_EQ(*ratio("1", "3"), "0.333333");
  EXPECT_EQ(*ratio("2", "3"), "0.666667");
  EXPECT_EQ(*ratio("-2", "3"), "-0.666667");
  EXPECT_EQ(*ratio("1", "-4"), "0.25");          // of the size of what was before
  EXPECT_EQ(*ratio("0.0000005", "1"), "0.000001");
  EXPECT_EQ(*ratio("0", "5"), "0");
  EXPECT_EQ(*ratio("5", "0"), std::nullopt);
  EXPECT_EQ(*ratio("99999999999999999.999999999999999999999", "0.5"), "200000000000000000");
  EXPECT_EQ(*ratio("12345678901234567.123456789012345678901", "12345678901234567.123456789012345678901"), "1");
}

// ---------- spans

Holdings three_months() {
  Holdings out;
  out.release = 4;
  out.periods = {"2026-07", "2026-08", "2026-09"};
  out.first_day = "2026-06-30";
  out.last_day = "2026-09-30";
  out.billed_in = {"USD"};
  out.currencies = {"USD"};
  out.tenant_currency = "USD";
  out.tables = {"gold.cost_by_month", "gold.cost_by_day", "gold.cost_by_tag", "silver.focus_cost_and_usage"};
  const std::set<std::string> gold = {"billing_period", "x_Provider",      "BillingAccountId", "SubAccountId",
                                      "SubAccountName", "ServiceCategory", "ServiceName",      "RegionId",
                                      "ChargeCategory", "BillingCurrency", "BilledCost",       "EffectiveCost",
                                      "ListCost"};
  out.columns = {{"gold.cost_by_month", gold},
                 {"gold.cost_by_day", gold},
                 {"silver.focus_cost_and_usage", gold},
                 {"gold.cost_by_tag", {"x_Provider", "ServiceName", "BillingCurrency", "BilledCost", "EffectiveCost"}}};
  out.columns["silver.focus_cost_and_usage"].insert("ResourceId");
  out.months = {{"gold.cost_by_tag", {"2026-07", "2026-08", "2026-09"}}, {"tag:team", {"2026-08", "2026-09"}}};
  return out;
}

std::string span_text(const std::string& period, const std::string& compare) {
  const auto holdings = three_months();
  const auto span = span_of(holdings, period);
  if (!span) return span.error().message;
  const auto before = compared_span(holdings, *span, compare);
  return fmt::format("{}..{}{}", span->from, span->to,
                     *before ? fmt::format(" {}..{}", (*before)->from, (*before)->to) : "");
}

TEST(Spans, AreMonthsOrDaysAndComparedWithAsMany) {
  EXPECT_EQ(span_text("last", "prev"), "2026-09..2026-09 2026-08..2026-08");
  EXPECT_EQ(span_text("2026-08..2026-09", "prev"), "2026-08..2026-09 2026-06..2026-07");
  EXPECT_EQ(span_text("12m", "none"), "2026-07..2026-09");
  EXPECT_EQ(span_text("all", "prev"), "2026-07..2026-09");              // there is nothing before
  EXPECT_EQ(span_text("2026-09", "yoy"), "2026-09..2026-09");
  EXPECT_EQ(span_text("2026-09", "2026-07"), "2026-09..2026-09 2026-07..2026-07");
  EXPECT_EQ(span_text("2026-09-01..2026-09-10", "prev"), "2026-09-01..2026-09-10 2026-08-22..2026-08-31");
  EXPECT_EQ(span_text("2027-07-05", "yoy"), "2027-07-05..2027-07-05 2026-07-05..2026-07-05");
  EXPECT_EQ(plus_years("2028-02-29", -1), "2027-02-28");
  EXPECT_EQ(plus_days("2026-03-01", -1), "2026-02-28");
  EXPECT_FALSE(span_of({}, "last"));
}

TEST(Spans, HaveEveryDayOnceAcrossLeapYears) {
  EXPECT_EQ(days_of({"2028-02", "2028-03", "", false}).size(), 60u);
  EXPECT_THAT(months_of({"2026-11-30", "2027-01-01", "", true}), ElementsAre("2026-11", "2026-12", "2027-01"));
  EXPECT_EQ(natural_grain({"2026-07", "2026-08", "", false}), "day");
  EXPECT_EQ(natural_grain({"2026-07", "2026-09", "", false}), "month");
}

// ---------- which table answers

Result<Source> source_for(const Holdings& holdings, const Parameters& parameters) {
  const auto question = asked(parameters);
  const auto span = span_of(holdings, question.period);
  return choose_source(holdings, need_of(question, {*span}));
}

TEST(Tables, TheSmallestThatHasItAllAnswers) {
  const auto holdings = three_months();
  EXPECT_EQ(source_for(holdings, {{"by", "ServiceName,RegionId"}})->table, "gold.cost_by_month");
  EXPECT_EQ(source_for(holdings, {{"p", "2026-09-01..2026-09-02"}})->table, "gold.cost_by_day");
  EXPECT_EQ(source_for(holdings, {{"by", "tag:team"}, {"f.ServiceName", "a"}})->table, "gold.cost_by_tag");
  EXPECT_EQ(source_for(holdings, {{"by", "tag:team"}, {"m", "ListCost"}})->table, kCharges);
  EXPECT_EQ(source_for(holdings, {{"by", "tag:team"}, {"f.RegionId", "eu"}})->table, kCharges);
  EXPECT_EQ(source_for(holdings, {{"by", "ResourceId"}})->table, kCharges);
}

TEST(Tables, WithoutSilverWhatOnlyItKnowsIsRefusedNotGuessed) {
  auto holdings = three_months();
  holdings.tables.erase("silver.focus_cost_and_usage");
  holdings.hides_silver = true;
  EXPECT_EQ(source_for(holdings, {{"by", "tag:team"}})->table, "gold.cost_by_tag");
  for (const Parameters& only_silver : {Parameters{{"by", "tag:team,RegionId"}},
                                        {{"by", "ResourceId"}},
                                        {{"by", "tag:team"}, {"p", "2026-09-01..2026-09-02"}},
                                        {{"by", "tag:team"}, {"m", "ListCost"}}}) {
    const auto source = source_for(holdings, only_silver);
    ASSERT_FALSE(source);
    EXPECT_EQ(source.error().kind, ErrorKind::permission_denied);
    EXPECT_THAT(source.error().message, HasSubstr("silver is not in your sight"));
  }
}

TEST(Tables, AMonthInWhichNothingHasATagCountsAsUntagged) {
  const auto source = source_for(three_months(), {{"p", "all"}, {"by", "tag:team"}});
  ASSERT_TRUE(source);
  EXPECT_THAT(source->from, HasSubstr("tag_key = '*' and billing_period in (date '2026-07-01')"));
}

TEST(Tables, ValuesOfPeopleAreTextAndNothingElse) {
  const auto holdings = three_months();
  const auto question = asked({{"f.ServiceName", "x' or 1=1 --"}});
  const auto source = source_for(holdings, {});
  EXPECT_THAT(*source->filtered(question.filters), HasSubstr("'x'' or 1=1 --'"));
  EXPECT_FALSE(source_for(holdings, {{"by", "ServiceName\" from x --"}}));
  EXPECT_FALSE(source_for(holdings, {{"by", "tag:x']"}}));   // no charge has it
}

// ---------- answers over a small lake

constexpr const char* kHead =
    "BilledCost,EffectiveCost,ListCost,ContractedCost,BillingAccountId,SubAccountId,SubAccountName,BillingCurrency,"
    "BillingPeriodStart,"
    "BillingPeriodEnd,ChargePeriodStart,ChargePeriodEnd,ChargeCategory,ServiceName,ServiceCategory,RegionId,"
    "ProviderName,Tags\n";

std::string charge(const char* cost, const char* month, const char* day, const char* service, const char* region,
                   const char* tags) {
  return fmt::format(
      "{0},{0},{0},{0},payer,main,Main,USD,{1}-01T00:00:00Z,{2},{1}-{3}T00:00:00Z,{1}-{3}T01:00:00Z,Usage,{4},Compute,{"
      "5},Cloud,\"{6}\"\n",
      cost, month, std::string_view(month) == "2026-09" ? "2026-10-01T00:00:00Z" : "2026-09-01T00:00:00Z", day, service,
      region, tags);
}

class Answers : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    dir_ = fs::temp_directory_path() / ("centavo-explore-" + new_uuid());
    fs::create_directories(dir_ / "in");
    std::ofstream(dir_ / "in" / "bill.csv")
        << kHead << charge("10.000000000000000000001", "2026-09", "01", "VM", "eu", "{\"\"team\"\":\"\"ads\"\"}")
        << charge("2.5", "2026-09", "02", "VM", "", "{\"\"team\"\":\"\"pay\"\"}")
        << charge("-1", "2026-09", "30", "Disk", "eu", "{}") << charge("4", "2026-08", "31", "VM", "eu", "{}")
        << charge("0.25", "2026-08", "01", "Old", "", "{}");
    ASSERT_TRUE(Lake::create((dir_ / "lake").string()));
    lake_ = new Lake(*Lake::open((dir_ / "lake").string()));
    catalog_ = Catalog::open(lake_->dir())->release();
    library_ = new pack::Library(*pack::Library::load({}));
    engine_ = new duck::Database(*duck::Database::open({.threads = 1}));
    workshop_ = new Workshop{*lake_, *catalog_, *library_, *engine_};
    tenant_ = new Tenant();
    tenant_->id = "t1";
    tenant_->packs = {"focus"};
    tenant_->sources = {{"bill", "focus_files", (dir_ / "in").string(), 0}};
    ASSERT_TRUE(lake_->add(*tenant_));
    const auto report = run(*workshop_, *tenant_, {}, {}, nullptr);
    ASSERT_TRUE(report) << report.error().message;
    ASSERT_TRUE(report->release) << (report->error ? report->error->message : "");
  }
  static void TearDownTestSuite() {
    delete workshop_;
    delete tenant_;
    delete engine_;
    delete library_;
    delete catalog_;
    delete lake_;
    fs::remove_all(dir_);
  }
  void SetUp() override {
    reader_ = std::make_unique<Reader>(*Reader::open(*workshop_, *tenant_, 0));
    holdings_ = *holdings_of(*reader_, *tenant_);
  }
  // As somebody sees it who may read gold only.
  void hide_silver() {
    std::erase_if(holdings_.tables, [](const auto& table) { return table.starts_with("silver."); });
    holdings_.hides_silver = true;
  }

  static inline fs::path dir_;
  static inline Lake* lake_ = nullptr;
  static inline Catalog* catalog_ = nullptr;
  static inline pack::Library* library_ = nullptr;
  static inline duck::Database* engine_ = nullptr;
  static inline Workshop* workshop_ = nullptr;
  static inline Tenant* tenant_ = nullptr;
  std::unique_ptr<Reader> reader_;
  Holdings holdings_;
};

TEST_F(Answers, HoldingsSayWhatMayBeAsked) {
  EXPECT_THAT(holdings_.periods, ElementsAre("2026-08", "2026-09"));
  EXPECT_EQ(holdings_.first_day + holdings_.last_day, "2026-08-012026-09-30");
  EXPECT_THAT(holdings_.currencies, ElementsAre("USD"));
  ASSERT_NE(holdings_.dimension("tag:team"), nullptr);
  EXPECT_EQ(holdings_.dimension("tag:team")->values, 2);
  EXPECT_EQ(holdings_.dimension("ServiceName")->values, 3);
  EXPECT_FALSE(holdings_.has_allocation || holdings_.has_rates || holdings_.hides_silver);
}

TEST_F(Answers, ACostHasEveryKeyOfBothMonthsAndAddsUpToTheLastDigit) {
  const auto found = cost(*reader_, holdings_, asked({{"by", "ServiceName"}}));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->total, "11.500000000000000000001");
  EXPECT_EQ(found->before, "4.25");
  EXPECT_EQ(found->change, "7.250000000000000000001");
  ASSERT_EQ(found->rows.size(), 3u);
  EXPECT_EQ(found->rows[0].key[0], "VM");
  EXPECT_EQ(found->rows[0].change_ratio, "2.125");
  EXPECT_EQ(found->rows[1].key[0], "Old");
  EXPECT_EQ(found->rows[1].value, "0");
  EXPECT_EQ(found->rows[1].change, "-0.25");
  EXPECT_EQ(found->rows[2].value, "-1");
  EXPECT_EQ(found->rows[2].before, std::nullopt);
  EXPECT_EQ(found->series.buckets.size(), 30u);
  EXPECT_EQ(found->series.rows[0].values[0], "10.000000000000000000001");
}

TEST_F(Answers, GoldAloneSaysTheSameAsSilver) {
  const auto with = cost(*reader_, holdings_, asked({{"by", "tag:team"}, {"g", "day"}}));
  hide_silver();
  const auto without = cost(*reader_, holdings_, asked({{"by", "tag:team"}, {"g", "day"}}));
  ASSERT_TRUE(with && without);
  EXPECT_EQ(with->table, kCharges);
  EXPECT_EQ(without->table, "gold.cost_by_tag");
  EXPECT_EQ(without->series.grain, "month");
  ASSERT_EQ(with->rows.size(), without->rows.size());
  for (std::size_t i = 0; i < with->rows.size(); ++i) {
    EXPECT_EQ(with->rows[i].key, without->rows[i].key);
    EXPECT_EQ(with->rows[i].value, without->rows[i].value);
    EXPECT_EQ(with->rows[i].before, without->rows[i].before);
  }
  EXPECT_EQ(with->rows.back().before, "4.25");   // August had no tag at all
}

std::string text_of(const Cost& cost) {
  const auto word = [](const std::optional<std::string>& text) { return text.value_or("null") + " "; };
  std::string out = fmt::format("{} {} {} {}\n", cost.total, word(cost.before), cost.table, cost.rows_total);
  for (const auto& row : cost.rows) {
    for (std::size_t i = 0; i < row.key.size(); ++i) out += word(row.key[i]) + word(row.names[i]);
    out += row.value + " " + word(row.before) + word(row.change) + word(row.share) + "\n";
  }
  for (const auto& row : cost.series.rows)
    out += fmt::format("{}{} {}\n", word(row.key), cost.series.grain, fmt::join(row.values, " "));
  return out;
}

TEST_F(Answers, HeldChargesSayTheSameAsTheChargesThemselves) {
  const Holdings held = *hold_charges(*reader_, holdings_, 1 << 20);
  EXPECT_THAT(held.held_months, testing::UnorderedElementsAre("2026-08", "2026-09"));
  for (const Parameters& only_charges :
       {Parameters{{"by", "ProviderName"}},
        {{"by", "ProviderName,ServiceName,RegionId"}, {"p", "all"}, {"g", "day"}},
        {{"by", "RegionName"}, {"f.RegionId", "(none)"}, {"m", "BilledCost"}, {"p", "all"}},
        {{"by", "PublisherName,SubAccountId"}, {"p", "2026-08-31..2026-09-01"}, {"m", "ListCost"}},
        {{"by", "day"}, {"f.ProviderName", "Cloud"}, {"p", "all"}},
        {{"by", "month"}, {"x.ResourceId", "(none)"}}}) {
    const auto question = asked(only_charges);
    const auto from_charges = cost(*reader_, holdings_, question), from_held = cost(*reader_, held, question);
    ASSERT_TRUE(from_charges && from_held) << from_held.error().message;
    EXPECT_EQ(text_of(*from_held), text_of(*from_charges));
    EXPECT_EQ(from_held->table, kCharges);
    const auto source = choose_source(held, need_of(question, {*span_of(held, question.period)}));
    EXPECT_THAT(source->from, HasSubstr(kHeldCharges));
    EXPECT_EQ(*explain_question(held, question), *explain_question(holdings_, question));
  }
  const auto turned = parse_pivot({{"p", "all"}, {"r", "ProviderName"}, {"k", "month"}, {"val", "charge_count:sum"}});
  EXPECT_EQ((*pivot(*reader_, held, *turned)->grand_total)[0], "5");
  EXPECT_EQ(lines(*reader_, held, asked({{"p", "all"}}), "")->rows.size(), 5u) << "lines are the charges themselves";
  const auto tagged = choose_source(held, need_of(asked({{"by", "tag:team,ProviderName"}}), {*span_of(held, "all")}));
  EXPECT_EQ(tagged->from, kCharges) << "tags are not held";
}

TEST_F(Answers, ChargesThatDoNotFitAreNotHeld) {
  const Holdings held = *hold_charges(*reader_, holdings_, 0);
  EXPECT_TRUE(held.held_months.empty());
  EXPECT_EQ(reader_->held_bytes(), 0);
  hide_silver();
  EXPECT_TRUE(hold_charges(*reader_, holdings_, 1 << 20)->held_months.empty()) << "silver is not in sight";
}

TEST_F(Answers, APivotsSubtotalsAreNotSumsOfTheLargest) {
  const auto asked_pivot = parse_pivot(
      {{"p", "all"}, {"r", "ServiceName,RegionId"}, {"k", "month"}, {"val", "EffectiveCost:max,EffectiveCost:sum"}});
  const auto found = pivot(*reader_, holdings_, *asked_pivot);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(found->column_keys, ElementsAre(ElementsAre("2026-08"), ElementsAre("2026-09")));
  ASSERT_FALSE(found->tree.empty());
  const auto& vm = found->tree.front();
  EXPECT_TRUE(vm.subtotal);
  EXPECT_EQ((*vm.total)[0], "10.000000000000000000001");
  EXPECT_EQ((*vm.total)[1], "16.500000000000000000001");
  EXPECT_EQ((*found->grand_total)[1], "15.750000000000000000001");
  hide_silver();
  const auto refused = pivot(*reader_, holdings_, *asked_pivot);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::permission_denied);
}

TEST_F(Answers, LinesComePageByPageFromSilverAndFromGold) {
  for (const bool silver : {true, false}) {
    if (!silver) hide_silver();
    std::vector<std::string> amounts;
    std::string cursor;
    for (int page = 0; page < 5; ++page) {
      const auto found = lines(*reader_, holdings_, asked({{"p", "all"}, {"limit", "2"}}), cursor);
      ASSERT_TRUE(found) << found.error().message;
      std::size_t at = 0;
      while (found->columns[at].name != "EffectiveCost") ++at;
      for (const auto& row : found->rows) amounts.push_back(row[at].get<std::string>());
      if (!found->next) break;
      cursor = *found->next;
    }
    EXPECT_THAT(amounts, ElementsAre("10.000000000000000000001", "4", "2.5", "0.25", "-1")) << silver;
  }
  EXPECT_FALSE(lines(*reader_, holdings_, asked({}), "5b225c225d"));
  EXPECT_FALSE(lines(*reader_, holdings_, asked({}), "no"));
}

TEST_F(Answers, AnOverviewSaysWhatMovedAndWhatNobodyPays) {
  const auto found = overview(*reader_, holdings_, asked({}));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->movers[0].key, "VM");
  EXPECT_EQ(found->movers[0].change, "8.500000000000000000001");
  EXPECT_EQ(found->series_before->size(), 31u);
  EXPECT_EQ((*found->series_before)[30], "4");
  ASSERT_TRUE(found->unallocated);
  EXPECT_EQ(found->unallocated->value, "-1");   // by the tag team, which the focus pack takes
}

TEST_F(Answers, WhatIsExplainedIsTheQuestionItself) {
  const auto question = asked({{"f.tag:team", "(none)"}, {"x.ServiceName", "Old"}});
  const auto text = explain_question(holdings_, question);
  ASSERT_TRUE(text) << text.error().message;
  const auto explained = explain(*workshop_, *tenant_, *text, 0, 10);
  ASSERT_TRUE(explained) << explained.error().message;
  EXPECT_TRUE(explained->holds);
  EXPECT_EQ(plain(explained->total), cost(*reader_, holdings_, question)->total);
  hide_silver();
  for (const auto& [parameters, table] :
       {std::pair{Parameters{{"f.tag:team", "(none)"}, {"p", "all"}}, "gold.cost_by_tag."},
        std::pair{Parameters{{"f.RegionId", "eu"}}, "gold.cost_by_month."},
        std::pair{Parameters{{"p", "2026-09-01..2026-09-02"}}, "gold.cost_by_day."}}) {
    const auto by_gold = explain_question(holdings_, asked(parameters));
    ASSERT_TRUE(by_gold) << by_gold.error().message;
    EXPECT_THAT(*by_gold, testing::StartsWith(table));
    const auto followed = explain(*workshop_, *tenant_, *by_gold, 0, 10);
    ASSERT_TRUE(followed) << followed.error().message;
    EXPECT_TRUE(followed->holds);
    EXPECT_EQ(plain(followed->total), cost(*reader_, holdings_, asked(parameters))->total);
  }
  EXPECT_EQ(explain_question(holdings_, asked({{"f.ResourceId", "r"}})).error().kind, ErrorKind::permission_denied);
}

TEST_F(Answers, ValuesAreFoundByAnyPartOfThem) {
  const auto found = values_of(*reader_, holdings_, "ServiceName", "v", asked({{"p", "all"}}));
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ(found->front().value, "VM");
  EXPECT_EQ(values_of(*reader_, holdings_, "SubAccountId", "MAI", asked({}))->front().name, "Main");
}

TEST_F(Answers, ATenantStandsByItsLatestSource) {
  const auto found = standing(*workshop_, *tenant_);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->fresh.state, "OK");
  EXPECT_TRUE(found->closed.empty());
  EXPECT_FALSE(found->certificate);
}

}  // namespace
}  // namespace centavo::explore
