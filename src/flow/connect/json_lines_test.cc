#include "flow/connect/json_lines.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "flow/connect/json_records.h"
#include "io/duck/duck.h"

namespace centavo {
namespace {

using Texts = std::vector<std::string>;

class JsonLinesOfAFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "lines-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    file_.source_path = "a.jsonl";
    file_.format = "jsonl";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path() const { return folder_ + "/a.jsonl"; }
  void write(const std::string& text) { std::ofstream(path()) << text; }

  std::optional<JsonLines> look(const std::string& text) {
    write(text);
    return look_at_json_lines(path(), file_, {"x.y", "day", "b"}, nullptr).value();
  }
  std::optional<JsonLines> cut(const std::string& text, JsonCut cut = {"", 1 << 20, "", {}}) {
    write(text);
    cut.folder = folder_;
    return cut_json_lines(path(), file_, cut, nullptr).value();
  }
  static std::string text_of(const JsonPart& part) {
    std::stringstream out;
    out << std::ifstream(part.path).rdbuf();
    return out.str();
  }
  std::size_t files_left() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_), {}));
  }

  std::string folder_;
  LandedFile file_;
};

JsonCut by_month(std::string member, std::int64_t part_bytes = 1 << 20) {
  return {"", part_bytes, std::move(member), [](std::string_view text) -> std::optional<std::string> {
            if (text.starts_with("2025")) return std::nullopt;
            return std::string(text.substr(0, 7));
          }};
}

TEST_F(JsonLinesOfAFile, TellNamesByTheirEarliestPlaceAndRows) {
  const auto found = look("{\"b\":1,\"a\":[{\"x\":\"}\"}]}\n\n  {\"c\":null, \"b\" : -1.5e3}\r\n{}");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->names, (Texts{"b", "c", "a"}));
  EXPECT_EQ(found->rows, 3);
}

TEST_F(JsonLinesOfAFile, TellTheTextsOfTheFirstMemberThatTheFirstRecordHas) {
  const auto found =
      look("{\"b\":1,\"day\":\"2026-09-01\"}\n{\"day\":20260902}\n{\"day\":null}\n{}\n{\"day\":\"2026-09-01\"}\n");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->member, "day");
  EXPECT_EQ(found->texts, (std::map<std::string, std::int64_t, std::less<>>{{"2026-09-01", 2}, {"20260902", 1}}));
  EXPECT_EQ(found->without, 2);
}

TEST_F(JsonLinesOfAFile, PartsCarryTheRowNumberAndKeepEveryDigit) {
  const auto found =
      cut("{\"a\":0.123456789012345678,\"b\":{\"c\":[1234567890123456, 1.5]}}\n\n{}\n{\"a\":\"x\\\"\"}\n");
  ASSERT_TRUE(found);
  ASSERT_EQ(found->parts.size(), 1U);
  EXPECT_EQ(found->parts[0].rows, 3);
  EXPECT_EQ(text_of(found->parts[0]),
            "{\"centavo_row\":1,\"a\":\"0.123456789012345678\",\"b\":{\"c\":[\"1234567890123456\", 1.5]}}\n"
            "{\"centavo_row\":2}\n{\"centavo_row\":3,\"a\":\"x\\\"\"}\n");
}

TEST_F(JsonLinesOfAFile, AreCutByMonthAndSize) {
  std::string text;
  for (const char* day : {"2026-08-31", "2026-09-01", "2025-01-01", "2026-08-01"})
    text += std::string("{\"day\":\"") + day + "\"}\n";
  const auto found = cut(text, by_month("day", 1));
  ASSERT_TRUE(found);
  Texts seen;
  for (const auto& part : found->parts) seen.push_back(part.period + " " + text_of(part));
  EXPECT_EQ(seen, (Texts{"2026-08 {\"centavo_row\":1,\"day\":\"2026-08-31\"}\n",
                         "2026-09 {\"centavo_row\":2,\"day\":\"2026-09-01\"}\n",
                         "2026-08 {\"centavo_row\":4,\"day\":\"2026-08-01\"}\n"}));
  EXPECT_EQ(found->rows, 4);
}

TEST_F(JsonLinesOfAFile, TheMonthMayBeAMemberOfAMember) {
  const auto found =
      cut("{\"invoice\":{\"x\":[1],\"month\":202609}}\n{\"invoice\":{\"month\":\"202609\"}}\n{\"a\":1}\n",
          by_month("invoice.month"));
  ASSERT_TRUE(found);
  ASSERT_EQ(found->parts.size(), 1U);
  EXPECT_EQ(found->parts[0].period, "202609");
  EXPECT_EQ(found->parts[0].rows, 2);
}

TEST_F(JsonLinesOfAFile, WhatTheEngineMustLookAtLeavesNoParts) {
  const std::string good = "{\"day\":\"2026-09-01\"}\n";
  for (const char* bad : {"[{\"a\":1}]",
                          "{\"a\":1",
                          "{\"a\":1}}",
                          "{\"a\":1} {\"a\":2}",
                          "{\"a\\u0062\":1}",
                          "{\"a\":x}",
                          "{\"a\" 1}",
                          "{\"a\":1,}",
                          "{\"a\":[1,]}",
                          "{\"a\":[1}",
                          "{\"a\":{1:2}}",
                          "{\"a\":01}",
                          "{\"a\":1.}",
                          "{\"a\":-}",
                          "{\"a\":1e}",
                          "{\"a\":1e999}",
                          "{\"a\":\"\\x\"}",
                          "{\"a\":\"\t\"}",
                          "{\"a\":\"\\ud800\"}",
                          "{\"a\":\"\xc3(\"}",
                          "{\"a\":\"\xed\xa0\x80\"}",
                          "{\"a\":nul}",
                          "{\"Day\":1}",
                          "{\"centavo_row\":1}",
                          "{\"\":1}",
                          "null",
                          "{\"a\":\"b}",
                          "{\"day\":\"2026\\u002d09-01\"}",
                          "{\"day\":{}}",
                          "{\"a\":1,\"a\":2}",
                          "{\"day\":\"2026-09-01\",\"day\":\"2026-10-01\"}",
                          "\xef\xbb\xbf{\"a\":1}"}) {
    EXPECT_FALSE(cut(good + bad + "\n", by_month("day", 1))) << bad;
    EXPECT_EQ(files_left(), 1U) << bad;
  }
}

// What the engine makes of a part is what it makes of the records themselves.
TEST_F(JsonLinesOfAFile, PartsReadAsTheRecordsDo) {
  const std::string text =
      "{\"t\":\"a\\\"b\\\\c\\u00e9\\ud83d\\ude00\xc3\xa9\\n\", \"n\": 12.50, \"i\": 7, \"e\":1e5, \"b\": true, \"z\": "
      "null, \"o\": { \"k\" : "
      "[1, 2.0, \"x\"] }, \"l\": [ ]}\n"
      "{\"n\":\"\",\"o\":{},\"big\":123456789012345, \"neg\":-0.10}\n";
  const auto found = cut(text);
  ASSERT_TRUE(found);
  auto engine = duck::Database::open({}).value();
  auto connection = engine.connect().value();
  pack::SourceKind kind;
  const std::string records = json_records(connection, kind, file_, path()).value();
  EXPECT_EQ(found->names, json_names(connection, kind, records).value());
  for (const auto& name : found->names) {
    const auto theirs = connection.all(fmt::format("select {} from ({})", json_value(kind, name), records)).value();
    const auto ours = connection
                          .all(fmt::format("select {} from {} order by centavo_row", duck::name(name),
                                           json_part_table(*found, found->parts[0])))
                          .value();
    EXPECT_EQ(ours, theirs) << name;
  }
}

}  // namespace
}  // namespace centavo
