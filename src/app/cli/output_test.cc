#include "app/cli/output.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/cli/progress.h"
#include "app/cli/row_format.h"

namespace centavo::cli {
namespace {

using ::testing::HasSubstr;

/// An Output over two files in memory.
struct Streams {
  char* out_text = nullptr;
  char* err_text = nullptr;
  std::size_t out_size = 0, err_size = 0;
  std::FILE* out = open_memstream(&out_text, &out_size);
  std::FILE* err = open_memstream(&err_text, &err_size);
  Output output{out, err};
  ~Streams() {
    std::fclose(out);
    std::fclose(err);
    std::free(out_text);
    std::free(err_text);
  }
  std::string said() {
    std::fflush(out);
    return {out_text, out_size};
  }
  std::string noted() {
    std::fflush(err);
    return {err_text, err_size};
  }
};

const std::vector<OrderedJson>& costs() {
  static const std::vector<OrderedJson> rows = {
      {{"service", "Compute"}, {"cost", "1234.500000000"}, {"rows", 1234567}, {"hidden", true}},
      {{"service", "São Paulo"}, {"cost", "-0.000000001"}, {"rows", 2}, {"hidden", false}},
  };
  return rows;
}

TEST(List, IsAlignedForPeople) {
  Streams streams;
  streams.output.list(costs(),
                      {{.key = "service"},
                       {.key = "cost", .align = Align::point, .show = show_money},
                       {.key = "rows", .align = Align::right}},
                      "none");
  EXPECT_EQ(streams.said(),
            "service              cost       rows\n"
            "Compute    1234.5          1,234,567\n"
            "São Paulo    -0.000000001          2\n");
}

TEST(List, IsAnArrayOfWholeObjectsUnderJson) {
  Streams streams;
  streams.output.set_modes(true, false, ColorWhen::automatic);
  streams.output.list(costs(), {{.key = "service"}}, "none");
  const auto parsed = parse_json(streams.said());
  ASSERT_TRUE(parsed) << streams.said();
  ASSERT_EQ(parsed->size(), 2U);
  EXPECT_EQ((*parsed)[0]["cost"], "1234.500000000") << "money keeps its digits, as text";
  EXPECT_EQ((*parsed)[0]["rows"], 1234567);
  EXPECT_EQ((*parsed)[1]["hidden"], false);
}

TEST(List, EmptyIsANoteForPeopleAndAnEmptyArrayForPrograms) {
  Streams people;
  people.output.list({}, {{.key = "id"}}, "no tenants yet");
  EXPECT_EQ(people.said(), "");
  EXPECT_EQ(people.noted(), "no tenants yet\n");
  Streams programs;
  programs.output.set_modes(true, false, ColorWhen::automatic);
  programs.output.list({}, {{.key = "id"}}, "no tenants yet");
  EXPECT_EQ(programs.said(), "[]\n");
  EXPECT_EQ(programs.noted(), "");
}

TEST(List, DoesNotLetDataDriveTheTerminal) {
  Streams streams;
  streams.output.list({{{"name", "a\x1b[31mred\nline\x07"}}}, {{.key = "name"}}, "");
  EXPECT_EQ(streams.said(), "name\na\\x1b[31mred\\nline\\x07\n");
}

TEST(Colour, IsOnlyWhereAskedFor) {
  Streams streams;
  streams.output.set_modes(false, false, ColorWhen::automatic);
  EXPECT_EQ(streams.output.styled("x", Tone::bad), "x") << "no terminal";
  streams.output.set_modes(false, false, ColorWhen::always);
  EXPECT_EQ(streams.output.styled("x", Tone::bad), "\x1b[31mx\x1b[0m");
  streams.output.set_modes(true, false, ColorWhen::always);
  EXPECT_EQ(streams.output.styled("x", Tone::bad), "x") << "never in JSON";
}

TEST(Errors, AreOneLineWithAHint) {
  Streams streams;
  streams.output.error({ErrorKind::not_found, "tenant acme: no such tenant", "centavo tenant list"});
  EXPECT_EQ(streams.noted(), "centavo: tenant acme: no such tenant\n  hint: centavo tenant list\n");
  EXPECT_EQ(streams.said(), "");
}

TEST(Errors, AreAnObjectUnderJson) {
  Streams streams;
  streams.output.set_modes(true, false, ColorWhen::automatic);
  streams.output.error({ErrorKind::not_found, "no \"such\" tenant\xff", ""});
  const auto parsed = parse_json(streams.noted());
  ASSERT_TRUE(parsed) << streams.noted();
  EXPECT_EQ((*parsed)["error"]["kind"], "not_found");
  EXPECT_EQ((*parsed)["error"]["hint"], "");
}

TEST(Notes, AreSilencedByQuietAndErrorsAreNot) {
  Streams streams;
  streams.output.set_modes(false, true, ColorWhen::automatic);
  streams.output.note("by the way");
  EXPECT_EQ(streams.noted(), "");
  streams.output.error({ErrorKind::io, "disk", ""});
  EXPECT_EQ(streams.noted(), "centavo: disk\n");
}

TEST(Output, SaysThatAFullDiskTookNothing) {
  std::FILE* const full = std::fopen("/dev/full", "w");
  if (full == nullptr) GTEST_SKIP() << "no /dev/full here";
  {
    Output output(full, stderr);
    output.line("some text");
    const Status done = output.finish();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, ErrorKind::out_of_space);
  }
  std::fclose(full);
}

TEST(Numbers, AreGroupedOnlyWhenWhole) {
  EXPECT_EQ(grouped("0"), "0");
  EXPECT_EQ(grouped("999"), "999");
  EXPECT_EQ(grouped("1000"), "1,000");
  EXPECT_EQ(grouped("-1234567"), "-1,234,567");
  EXPECT_EQ(grouped("12345.6"), "12345.6");
  EXPECT_EQ(grouped(""), "");
  EXPECT_EQ(grouped("-"), "-");
}

TEST(Money, KeepsEveryDigitAndDropsOnlyZeros) {
  EXPECT_EQ(money_text("10.010000000000000000000"), "10.01");
  EXPECT_EQ(money_text("-0.000000000000000000001"), "-0.000000000000000000001");
  EXPECT_EQ(money_text("100"), "100");
  EXPECT_EQ(money_text("99999999999999999.999999999999999999999"), "99999999999999999.999999999999999999999");
  EXPECT_EQ(money_text("not money"), "not money");
}

TEST(Widths, CountWhatATerminalShows) {
  EXPECT_EQ(width_of("São"), 3U);
  EXPECT_EQ(width_of("日本"), 4U);
  EXPECT_EQ(width_of("e\xcc\x81"), 1U);
  EXPECT_EQ(width_of("\xff"), 1U) << "a broken byte";
  EXPECT_EQ(shortened("São Paulo", 4), "São…");
  EXPECT_EQ(shortened("日本語", 5), "日本…");
  EXPECT_EQ(shortened("short", 5), "short");
}

TEST(Sizes, AreRoundedForPeople) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(1500), "1.5 kB");
  EXPECT_EQ(bytes_text(12'345'678), "12 MB");
  EXPECT_EQ(duration_text(0.44), "0.4 s");
  EXPECT_EQ(duration_text(61), "1 min 1 s");
  EXPECT_EQ(duration_text(7260), "2 h 1 min");
}

TEST(Progress, LineFitsTheTerminalAndGuessesTheRest) {
  const std::string line = progress_line("silver.costs 2026-09", 0.5, 10, 80);
  EXPECT_THAT(line, HasSubstr("silver.costs 2026-09"));
  EXPECT_THAT(line, HasSubstr(" 50 %  10 s left"));
  EXPECT_LT(width_of(progress_line(std::string(200, 'x'), 0.5, 10, 80)), 80U);
  EXPECT_EQ(progress_line("landing", std::nullopt, 10, 80), "landing");
}

TEST(Progress, IsSilentWithoutATerminal) {
  Streams streams;
  {
    Progress progress(streams.output);
    progress.show("working", 0.5);
  }
  EXPECT_EQ(streams.noted(), "");
}

TEST(Csv, QuotesWhatMustBeAndTellsNullFromEmpty) {
  const auto field = [](std::string_view text, bool is_null = false) {
    std::string line;
    append_csv_field(line, text, is_null);
    return line;
  };
  EXPECT_EQ(field("plain"), "plain");
  EXPECT_EQ(field("", true), "");
  EXPECT_EQ(field(""), "\"\"");
  EXPECT_EQ(field("a,b"), "\"a,b\"");
  EXPECT_EQ(field("say \"hi\""), "\"say \"\"hi\"\"\"");
  EXPECT_EQ(field("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(field(" blank"), "\" blank\"");
}

}  // namespace
}  // namespace centavo::cli
