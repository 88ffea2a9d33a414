#include "app/cli/args.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace centavo::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A small command line: "tenant add ID --pack P --hours N", "run", "test [PACK…]".
struct Line {
  std::string lake, id, mode = "fast";
  std::int64_t hours = 36;
  std::vector<std::string> packs, names;
  bool json = false, full = false;
  Command root{"centavo", "a test"};

  Line() {
    root.option({.name = "--lake", .value = "DIR", .help = "the lake", .target = &lake});
    root.option({.name = "--json", .help = "as JSON", .target = &json});
    Command& tenant = root.sub("tenant", "tenants");
    Command& add = tenant.sub("add", "a new one");
    add.option({.name = "ID", .help = "its id", .target = &id, .required = true});
    add.option({.name = "--pack", .value = "PACK", .help = "its packs", .target = &packs, .required = true});
    add.option({.name = "--hours", .value = "N", .help = "its hours", .target = &hours});
    tenant.sub("list", "all of them");
    Command& run = root.sub("run", "work");
    run.option({.name = "--full", .help = "all", .target = &full});
    run.option({.name = "--mode", .value = "MODE", .help = "how", .target = &mode, .choices = {"fast", "slow"}});
    run.example("centavo run --full", "everything again");
    root.sub("test", "tests").option({.name = "PACK", .help = "packs", .target = &names});
    root.sub("init", "a lake").option({.name = "ID", .help = "dir", .target = &id, .required = true});
  }
  Result<Parsed> operator()(const std::vector<std::string>& words) { return parse(root, words); }
};

Error fault_of(const std::vector<std::string>& words) {
  Line line;
  const auto parsed = line(words);
  EXPECT_FALSE(parsed) << fmt::format("{}", fmt::join(words, " "));
  return parsed ? Error{} : parsed.error();
}

TEST(Arguments, ReachTheirTargets) {
  Line line;
  const auto parsed = line({"tenant", "add", "acme", "--pack", "a", "--pack=b", "--hours", "12"});
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_THAT(parsed->path, ElementsAre("tenant", "add"));
  EXPECT_EQ(line.id, "acme");
  EXPECT_THAT(line.packs, ElementsAre("a", "b"));
  EXPECT_EQ(line.hours, 12);
  EXPECT_EQ(line.mode, "fast");
}

TEST(Arguments, OfEveryCommandStandAnywhere) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"--lake", "here", "--json", "tenant", "list"},
                                                {"tenant", "--json", "--lake=here", "list"},
                                                {"tenant", "list", "--lake", "here", "--json"}}) {
    Line line;
    const auto parsed = line(words);
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_THAT(parsed->path, ElementsAre("tenant", "list"));
    EXPECT_EQ(line.lake, "here");
    EXPECT_TRUE(line.json);
  }
}

TEST(Arguments, AValueThatIsSpelledLikeACommandStaysAValue) {
  for (const char* word : {"run", "list", "tenant", "test"}) {
    Line line;
    const auto parsed = line({"tenant", "add", word, "--pack", "run"});
    ASSERT_TRUE(parsed) << word << ": " << parsed.error().message;
    EXPECT_THAT(parsed->path, ElementsAre("tenant", "add"));
    EXPECT_EQ(line.id, word);
    Line other;
    ASSERT_TRUE(other({"init", word})) << word;
    EXPECT_EQ(other.id, word);
  }
}

TEST(Arguments, TakeAnyNumberOfPlaces) {
  Line line;
  ASSERT_TRUE(line({"test"}));
  EXPECT_TRUE(line.names.empty());
  Line more;
  ASSERT_TRUE(more({"test", "a", "b", "c"}));
  EXPECT_THAT(more.names, ElementsAre("a", "b", "c"));
}

TEST(Arguments, AfterTwoDashesAreValues) {
  Line line;
  const auto parsed = line({"init", "--", "--odd"});
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(line.id, "--odd");
}

TEST(Arguments, AnUnknownCommandNamesTheNearest) {
  const Error slip = fault_of({"tenent"});
  EXPECT_EQ(slip.kind, ErrorKind::invalid_argument);
  EXPECT_EQ(slip.message, "unknown command \"tenent\"");
  EXPECT_EQ(slip.hint, "did you mean tenant?");
  EXPECT_EQ(fault_of({"tenant", "ad"}).message, "unknown command \"tenant ad\"");
  EXPECT_EQ(fault_of({"tenant", "ad"}).hint, "did you mean add?");
  EXPECT_EQ(fault_of({"wxyz"}).hint, "centavo --help");
}

TEST(Arguments, AnUnknownOptionNamesTheNearest) {
  const Error slip = fault_of({"run", "--ful"});
  EXPECT_EQ(slip.message, "unknown option --ful");
  EXPECT_EQ(slip.hint, "did you mean --full?");
  EXPECT_EQ(fault_of({"run", "--jsn"}).hint, "did you mean --json?");
  EXPECT_EQ(fault_of({"run", "--tenant-of=x"}).message, "unknown option --tenant-of");
}

TEST(Arguments, WhatIsMissingIsNamed) {
  EXPECT_EQ(fault_of({"tenant", "add", "--pack", "a"}).message, "tenant add: ID is missing");
  EXPECT_EQ(fault_of({"tenant", "add", "acme"}).message, "tenant add: --pack PACK is missing");
  EXPECT_THAT(fault_of({"tenant"}).message, HasSubstr("tenant: no command given; one of add, list"));
  EXPECT_THAT(fault_of({}).message, HasSubstr("no command given"));
  EXPECT_THAT(fault_of({"run", "--mode"}).message, HasSubstr("--mode"));
}

TEST(Arguments, MalformedValuesAreNamed) {
  EXPECT_EQ(fault_of({"tenant", "add", "a", "--pack", "p", "--hours", "soon"}).message,
            "--hours: \"soon\" is not a whole number");
  EXPECT_EQ(fault_of({"tenant", "add", "a", "--pack", "p", "--hours", "12x"}).message,
            "--hours: \"12x\" is not a whole number");
  EXPECT_EQ(fault_of({"run", "--mode", "fsat"}).message, "--mode: \"fsat\" is not one of fast, slow");
  EXPECT_EQ(fault_of({"run", "--mode", "fsat"}).hint, "did you mean fast?");
  EXPECT_EQ(fault_of({"init", "a", "b"}).message, "\"b\" is one argument too many");
  EXPECT_THAT(fault_of({"--lake", "a", "--lake", "b", "run"}).message, HasSubstr("--lake is given 2 times"));
}

TEST(Arguments, HelpWinsOverWhatIsMissing) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"tenant", "add", "--help"}, {"tenant", "add", "-h"}}) {
    Line line;
    const auto parsed = line(words);
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_TRUE(parsed->help);
    EXPECT_THAT(parsed->path, ElementsAre("tenant", "add"));
  }
  Line line;
  EXPECT_TRUE(line({"--help"})->help);
}

TEST(Help, ShowsUsageOptionsAndExamples) {
  Line line;
  const std::string add = help_text(line.root, {"tenant", "add"});
  EXPECT_THAT(add, HasSubstr("centavo tenant add: a new one"));
  EXPECT_THAT(add, HasSubstr("Usage: centavo tenant add ID --pack PACK [options]"));
  EXPECT_THAT(add, HasSubstr("--pack PACK  its packs [required] [may be repeated]"));
  EXPECT_THAT(add, HasSubstr("--lake DIR  the lake"));
  const std::string run = help_text(line.root, {"run"});
  EXPECT_THAT(run, HasSubstr("--mode MODE  how (fast, slow)"));
  EXPECT_THAT(run, HasSubstr("Examples:\n  # everything again\n  centavo run --full\n"));
  EXPECT_THAT(help_text(line.root, {}), HasSubstr("tenant  tenants"));
}

TEST(Nearest, FindsSlipsAndNothingElse) {
  const std::vector<std::string> known = {"query", "reconcile", "release", "run", "tenant"};
  EXPECT_EQ(nearest("quer", known), "query");
  EXPECT_EQ(nearest("qurey", known), "query");
  EXPECT_EQ(nearest("rnu", known), "run");
  EXPECT_EQ(nearest("tenants", known), "tenant");
  EXPECT_EQ(nearest("recon", known), "reconcile");
  EXPECT_EQ(nearest("explode", known), std::nullopt);
  EXPECT_EQ(nearest("", known), std::nullopt);
}

}  // namespace
}  // namespace centavo::cli
