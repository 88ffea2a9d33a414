#include "flow/validate/validate.h"

#include <gtest/gtest.h>

#include "flow/validate/model.h"
#include "lake/pack/library.h"

namespace centavo::rules {
namespace {

const pack::Pack& focus_pack() {
  static const pack::Library library = *pack::Library::load({});
  return library.packs().at("focus");
}

/// Rows of SQL against rules written as in a pack.
class Bench {
 public:
  explicit Bench(const std::string& select) : engine_(*duck::Database::open({})), connection_(*engine_.connect()) {
    EXPECT_TRUE(connection_.run(*term_macros(focus_pack())));
    EXPECT_TRUE(connection_.run("create table delivered as " + select));
  }

  Report run(const RuleSet& rules, const Options& options = {}) {
    Delivered delivered{"rows", "delivered", "'f.csv'", "rowid + 1", *connection_.describe("from delivered")};
    const auto data = prepare(connection_, delivered, rules);
    EXPECT_TRUE(data) << data.error().message;
    auto report = validate(connection_, *data, rules, options);
    EXPECT_TRUE(report) << report.error().message;
    return std::move(*report);
  }

 private:
  duck::Database engine_;
  duck::Connection connection_;
};

RuleSet rules_of(const std::string& list) {
  pack::Pack pack;
  pack.name = "shop";
  pack.files["rules/bill_1_0.yaml"] = "rules: shop.bill\nversion: \"1.0\"\ncriteria: {SOME: some}\nlist:\n" + list;
  auto set = rule_set(pack, "bill", "1.0");
  EXPECT_TRUE(set) << set.error().message;
  return std::move(*set);
}

std::map<std::string, State> states(const Report& report) {
  std::map<std::string, State> out;
  for (const Outcome& outcome : report.outcomes) out[outcome.rule->id] = outcome.state;
  return out;
}

constexpr const char* kTyped =
    "  - {id: D-1, column: Cost, present: true}\n  - {id: C-1, column: Cost, type: decimal}\n";

TEST(Rules, AValueThatIsNoDecimalBreaksTheTypeAndIsShownAsDelivered) {
  const RuleSet rules = rules_of(kTyped);
  const Report report = Bench("select unnest(['1.5', 'two', null]) as Cost").run(rules);
  const Outcome& type = report.outcomes[1];
  EXPECT_EQ(type.state, State::fail);
  EXPECT_EQ(type.bad, 1);
  ASSERT_EQ(type.samples.size(), 1u);
  EXPECT_EQ(type.samples[0].file, "f.csv");
  EXPECT_EQ(type.samples[0].row, 2);
  EXPECT_EQ(type.samples[0].values.front(), std::pair(std::string("Cost"), std::optional<std::string>("two")));
}

TEST(Rules, SumsKeepEveryDigitThatLeavesRoomForThem) {
  const RuleSet rules = rules_of(
      "  - {id: D-1, column: Cost, present: true}\n  - {id: C-1, column: Cost, type: decimal}\n"
      "  - {id: A, column: Cost, rows: \"select sum(Cost) as total from this having sum(Cost) <> 0\"}\n");
  const auto total = [&](const std::string& values) {
    const Report report = Bench("select unnest([" + values + "]) as Cost").run(rules);
    return report.outcomes[2].samples.empty() ? "nothing" : report.outcomes[2].samples[0].values.at(0).second.value();
  };
  EXPECT_EQ(total("'0.000000000000000000001', '0.000000000000000000002'"), "0.000000000000000000003");
  EXPECT_EQ(total("'99999999999999998', '0.000000000000000000001'"), "99999999999999998.00000000000000000000");
  EXPECT_EQ(total("'99999999999999999999', '99999999999999999999', '0.5'"), "199999999999999999998.50000000000000000");
  EXPECT_EQ(total("'-99999999999999999999', '99999999999999999999', 'NaN', '1e400'"), "nothing");
}

TEST(Rules, SamplesShowWhatWasDeliveredAndNullsAreNull) {
  const RuleSet rules = rules_of(std::string(kTyped) +
                                 "  - {id: D-2, column: Kind, present: true}\n"
                                 "  - {id: A, column: Cost, holds: Cost > 5 and Kind is not null}\n");
  const Report report = Bench("select ' 1.50' as Cost, null::varchar as Kind").run(rules);
  const std::map<std::string, std::optional<std::string>> shown(report.outcomes[3].samples.at(0).values.begin(),
                                                                report.outcomes[3].samples.at(0).values.end());
  EXPECT_EQ(shown, (std::map<std::string, std::optional<std::string>>{{"Cost", " 1.50"}, {"Kind", std::nullopt}}));
}

TEST(Rules, WhatIsNullBreaksNothingUnlessTheRuleSaysSo) {
  const RuleSet rules = rules_of(
      "  - {id: D-1, column: Kind, present: true}\n  - {id: A, column: Kind, holds: \"Kind in ('x')\"}\n"
      "  - {id: B, column: Kind, holds: Kind is not null}\n  - {id: C, column: Kind, holds: Kind is not null, when: "
      "Kind = 'x'}\n");
  const auto found = states(Bench("select unnest(['x', null]) as Kind").run(rules));
  EXPECT_EQ(found.at("A"), State::pass);
  EXPECT_EQ(found.at("B"), State::fail);
  EXPECT_EQ(found.at("C"), State::pass);
}

TEST(Rules, ARuleAboutAMissingColumnFailsAndSaysWhich) {
  const RuleSet rules = rules_of(std::string(kTyped) +
                                 "  - {id: D-2, column: Unit, present: true}\n"
                                 "  - {id: A, column: Cost, holds: Cost > 0, when: Unit = 'h'}\n");
  const Report report = Bench("select '1' as Cost").run(rules);
  EXPECT_EQ(states(report).at("D-2"), State::fail);
  EXPECT_EQ(report.outcomes[3].state, State::fail);
  EXPECT_EQ(report.outcomes[3].why, "column Unit is missing");
}

TEST(Rules, WhatNeedsARuleThatDoesNotApplyDoesNotApply) {
  const RuleSet rules = rules_of(std::string(kTyped) +
                                 "  - {id: D-2, column: Zone, present: true, criteria: [SOME]}\n"
                                 "  - {id: A, column: Zone, holds: Zone <> ''}\n"
                                 "  - {id: B, column: Cost, holds: Cost > 5, needs: [D-2]}\n"
                                 "  - {id: ALL, all_of: [D-1, D-2, A]}\n  - {id: ONE, any_of: [D-2, D-1]}\n");
  Bench bench("select '1' as Cost");
  const auto without = states(bench.run(rules));
  EXPECT_EQ(without.at("D-2"), State::not_applicable);
  EXPECT_EQ(without.at("A"), State::not_applicable);
  EXPECT_EQ(without.at("B"), State::not_applicable);
  EXPECT_EQ(without.at("ALL"), State::pass);
  const auto with = states(bench.run(rules, {.criteria = {"SOME"}}));
  EXPECT_EQ(with.at("D-2"), State::fail);
  EXPECT_EQ(with.at("B"), State::fail);
  EXPECT_EQ(with.at("ALL"), State::fail);
  EXPECT_EQ(with.at("ONE"), State::pass);
}

TEST(Rules, OnlyWhatMustHoldBinds) {
  const RuleSet rules = rules_of(std::string(kTyped) +
                                 "  - {id: A, level: should, column: Cost, holds: Cost > 5}\n"
                                 "  - {id: B, level: may, column: Cost, holds: Cost > 5}\n");
  const Report report = Bench("select '1' as Cost").run(rules);
  EXPECT_EQ(report.count(State::fail), 1);
  EXPECT_EQ(report.binding_failures(), 0);
  EXPECT_EQ(states(report).at("B"), State::not_applicable);
}

TEST(Rules, AQueryGivesTheGroupsThatBreakIt) {
  const RuleSet rules =
      rules_of(std::string(kTyped) +
               "  - {id: A, column: Cost, rows: \"select Cost, count(*) as times, any_value(source_file) as "
               "source_file, min(source_row) as source_row from this group by Cost having times > 1\"}\n");
  const Report report = Bench("select unnest(['3', '1', '1']) as Cost").run(rules);
  EXPECT_EQ(report.outcomes[2].bad, 1);
  EXPECT_EQ(report.outcomes[2].samples.at(0).row, 2);
}

TEST(Rules, MistakesAreListedWithTheirLines) {
  pack::Pack pack;
  pack.name = "shop";
  pack.files["rules/bill_1_0.yaml"] =
      "rules: shop.bill\nversion: \"1.0\"\ncriteria: {}\nlist:\n  - {id: A}\n  - {id: B, type: money, column: c}\n"
      "  - {id: B, holds: a, rows: b, needs: [Z], criteria: [X]}\n";
  const auto set = rule_set(pack, "bill", "1.0");
  ASSERT_FALSE(set);
  for (const char* part :
       {":5: rule A asks nothing", "money", "rule B: there is no rule Z", "twice", "no criterion X", "one thing"}) {
    EXPECT_NE(set.error().message.find(part), std::string::npos) << part << " in\n" << set.error().message;
  }
}

TEST(Rules, ThePacksOwnSetsAreWhole) {
  for (const char* name : {"cost_and_usage", "contract_commitment"}) {
    for (const std::string& version : versions_of(focus_pack(), name)) {
      const auto set = rule_set(focus_pack(), name, version);
      ASSERT_TRUE(set) << set.error().message;
      EXPECT_GT(set->rules.size(), 100u);
    }
  }
  EXPECT_EQ(versions_of(focus_pack(), "cost_and_usage"), (std::vector<std::string>{"1.0", "1.2", "1.3"}));
}

std::string model_with(const std::string& requirement, const std::string& condition = "{}") {
  return R"({"Details":{"ModelVersion":"7"},"ModelDatasets":{"S":{"ModelRules":["K-D-1","Cost-C-1"]}},"ModelRules":{
    "K-D-1":{"Function":"Presence","Reference":"Kind","Type":"Static","ValidationCriteria":{"Keyword":"MUST",
      "Requirement":{"CheckFunction":"ColumnPresent","ColumnName":"Kind"},"Condition":{},"Dependencies":[]}},
    "Cost-C-1":{"Function":"Validation","Type":"Static","ValidationCriteria":{"Keyword":"MUST","Requirement":)" +
         requirement + R"(,"Condition":)" + condition + R"(,"Dependencies":["No-Such"]}}}})";
}

State judged(const std::string& model, const std::string& select) {
  const auto rules = read_model(model, "S", "m.json");
  EXPECT_TRUE(rules) << rules.error().message;
  return states(Bench(select).run(*rules)).at("Cost-C-1");
}

TEST(Model, AnOrHoldsWhenARowKeepsABranch) {
  const std::string either = model_with(
      R"({"CheckFunction":"OR","Items":[{"CheckFunction":"CheckValue","ColumnName":"Kind","Value":"a"},
          {"CheckFunction":"CheckValue","ColumnName":"Kind","Value":"b"}]})");
  EXPECT_EQ(judged(either, "select unnest(['a', 'c']) as Kind"), State::pass);
  EXPECT_EQ(judged(either, "select unnest(['c', 'd']) as Kind"), State::fail);
  EXPECT_EQ(judged(either, "select null::varchar as Kind from range(3)"), State::pass);
}

TEST(Model, AConditionNarrowsTheRows) {
  const std::string null_unless_a = model_with(R"({"CheckFunction":"CheckValue","ColumnName":"Kind","Value":null})",
                                               R"({"CheckFunction":"CheckNotValue","ColumnName":"Kind","Value":"a"})");
  EXPECT_EQ(judged(null_unless_a, "select unnest(['a', null]) as Kind"), State::pass);
  EXPECT_EQ(judged(null_unless_a, "select unnest(['a', 'b']) as Kind"), State::fail);
}

TEST(Model, AConditionThatNamesNoColumnIsLeftOutAndNoted) {
  const auto rules = read_model(model_with(R"({"CheckFunction":"CheckValue","ColumnName":"Kind","Value":null})",
                                           R"({"CheckFunction":"CheckNotValue","CheckCondition":"x","Value":null})"),
                                "S", "m.json");
  ASSERT_TRUE(rules);
  EXPECT_TRUE(rules->rules[0].when.empty());
  EXPECT_NE(rules->rules[0].note.find("names no column"), std::string::npos);
}

TEST(Model, JsonPathsAreLookedInto) {
  const std::string ids =
      model_with(R"({"CheckFunction":"JSONCheckPathKeyExists","ColumnName":"Kind","Path":"$.E[*].id"})");
  EXPECT_EQ(judged(ids, R"(select unnest(['{"E":[{"id":1},{"id":2}]}', null, 'no json']) as Kind)"), State::pass);
  EXPECT_EQ(judged(ids, R"(select '{"E":[{"id":1},{"no":2}]}' as Kind)"), State::fail);
  const std::string text = model_with(
      R"({"CheckFunction":"JSONCheckPathType","ColumnName":"Kind","Path":"$.E[*].id","ExpectedType":"String"})");
  EXPECT_EQ(judged(text, R"(select '{"E":[{"id":"x"}]}' as Kind)"), State::pass);
  EXPECT_EQ(judged(text, R"(select '{"E":[{"id":1}]}' as Kind)"), State::fail);
}

TEST(Model, RefusesWhatIsNone) {
  for (const char* text : {"", "[]", "{}", R"({"ModelDatasets":[],"ModelRules":{}})", R"({"ModelDatasets":{"S":{}}})",
                           R"({"ModelDatasets":{"S":{"ModelRules":["a"]}},"ModelRules":{"a":{}}})",
                           R"({"ModelDatasets":{"S":{"ModelRules":["a"]}},"ModelRules":{"a":7}})"}) {
    EXPECT_FALSE(read_model(text, "S", "m.json")) << text;
  }
  EXPECT_EQ(read_model(model_with("{}"), "T", "m").error().kind, ErrorKind::invalid_argument);
}

}  // namespace
}  // namespace centavo::rules
