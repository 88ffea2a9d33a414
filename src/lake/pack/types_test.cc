#include "lake/pack/types.h"

#include <gtest/gtest.h>

#include "lake/pack/sql_tokens.h"

namespace centavo::pack {
namespace {

TEST(NormaliseType, GivesDuckDBsSpelling) {
  const std::pair<const char*, const char*> cases[] = {
      {"varchar", "VARCHAR"},
      {"STRING", "VARCHAR"},
      {"decimal(38, 21)", "DECIMAL(38,21)"},
      {"decimal(10)", "DECIMAL(10,0)"},
      {"date", "DATE"},
      {"timestamp", "TIMESTAMP WITH TIME ZONE"},
      {"timestamp with time zone", "TIMESTAMP WITH TIME ZONE"},
      {"timestamp_ntz", "TIMESTAMP"},
      {"int", "INTEGER"},
      {"map(varchar, varchar)", "MAP(VARCHAR, VARCHAR)"},
      {"varchar[]", "VARCHAR[]"},
      {"list(decimal(9,2))", "DECIMAL(9,2)[]"},
      {"struct(a varchar, b: list(int))", "STRUCT(a VARCHAR, b INTEGER[])"},
      {"map(varchar, struct(x double))[]", "MAP(VARCHAR, STRUCT(x DOUBLE))[]"}};
  for (const auto& [text, wanted] : cases) {
    const auto type = normalise_type(text);
    ASSERT_TRUE(type.has_value()) << text << ": " << type.error().message;
    EXPECT_EQ(*type, wanted);
    EXPECT_EQ(*normalise_type(wanted == std::string("TIMESTAMP") ? "timestamp_ntz" : wanted), wanted)
        << "its own spelling";
  }
}

TEST(NormaliseType, RefusesTheRestWithAHint) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "write varchar, decimal(38,21), date, ..."},
      {"money", "write decimal(38,21)"},
      {"decimal", "write decimal(38,21)"},
      {"decimal(39,2)", "a decimal has 1 to 38 digits, and no more of them behind the point"},
      {"decimal(2,3)", "a decimal has 1 to 38 digits, and no more of them behind the point"},
      {"varchr", "did you mean \"varchar\"?"},
      {"json", "write varchar for JSON text, or map(varchar, varchar)"},
      {"hugeint", "Delta has no such integer: write decimal(38,0)"}};
  for (const auto& [text, hint] : cases) {
    const auto type = normalise_type(text);
    ASSERT_FALSE(type.has_value()) << text;
    EXPECT_EQ(type.error().hint, hint) << text;
  }
  for (const char* text :
       {"map(varchar)", "map(varchar, varchar", "list()", "struct()", "struct(a)", "varchar varchar", "varchar[",
        "decimal(a,b)", "decimal(99999999999,1)", "timestamp with", "'varchar'", "(", "varchar;", "map(map(map("}) {
    EXPECT_FALSE(normalise_type(text).has_value()) << text;
  }
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "list(";
  EXPECT_FALSE(normalise_type(deep).has_value());
}

TEST(PlainValue, IsWhatTheTypeSays) {
  EXPECT_EQ(*plain_value("DECIMAL(18,2)", "-1e3"), "-1000");
  EXPECT_EQ(*plain_value("VARCHAR", "it's"), "it's");
  EXPECT_EQ(*plain_value("DATE", "2026-09-30"), "2026-09-30");
  EXPECT_EQ(*plain_value("BIGINT", "10"), "10");
  EXPECT_EQ(*plain_value("BOOLEAN", "true"), "true");
  EXPECT_EQ(*plain_value("TIMESTAMP WITH TIME ZONE", "2026-09-30T12:00:00-03:00"), "2026-09-30 15:00:00.000+00");
  for (const auto& [type, text] :
       std::initializer_list<std::pair<const char*, const char*>>{{"DECIMAL(18,2)", "1; drop"},
                                                                  {"DATE", "2026-13-01"},
                                                                  {"DATE", "2026-09-30' --"},
                                                                  {"BIGINT", "1.5"},
                                                                  {"BOOLEAN", "yes"},
                                                                  {"MAP(VARCHAR, VARCHAR)", "{}"}}) {
    EXPECT_FALSE(plain_value(type, text).has_value()) << type << " " << text;
  }
}

TEST(Tokens, KeepTheirPlaces) {
  const std::string_view sql = "a\n -- x\n  é 'b''c' /* /* */ */ $p \"q\"\"r\" 1.5e-3 ::x";
  std::string all;
  for (const Token& token : tokens_of(sql)) {
    EXPECT_EQ(sql.substr(token.offset, token.text.size()), token.text);
    all += fmt::format("[{}]", token.text);
  }
  EXPECT_EQ(all, "[a][é]['b''c'][$p][\"q\"\"r\"][1.5e-3][::][x]");
  EXPECT_EQ(position_of(sql, sql.find('b')).line, 3);
  EXPECT_EQ(position_of(sql, sql.find('b')).column, 6);
  EXPECT_EQ(squeezed("a -- b\n  +/* c */d"), squeezed("a + d"));
}

}  // namespace
}  // namespace centavo::pack
