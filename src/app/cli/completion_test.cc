#include "app/cli/completion.h"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace centavo::cli {
namespace {

using ::testing::HasSubstr;

struct CompletedLine {
  std::string text;
  Command root{"centavo", "a test"};
  CompletedLine() {
    root.option({.name = "--color", .value = "WHEN", .help = "colours", .target = &text, .choices = {"auto", "never"}});
    Command& tenant = root.sub("tenant", "tenants");
    tenant.sub("list", "all tenants");
    tenant.sub("show", "it's one").option({.name = "ID", .help = "which", .target = &text, .kind = ValueKind::tenant});
    root.sub("test", "tests")
        .option({.name = "--out", .value = "FILE", .help = "where", .target = &text, .kind = ValueKind::file});
  }
};

/// What bash offers for these words, one a line, or "" when there is no bash.
std::string offered(const std::string& words, int index) {
  CompletedLine line;
  std::string pattern = (std::filesystem::temp_directory_path() / "centavo-complete-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) return "";
  const std::string script = pattern + "/complete.bash";
  std::ofstream(script) << bash_completion(line.root) << "COMP_WORDS=(" << words << "); COMP_CWORD=" << index
                        << "\ncentavo() { echo acme; echo loja; }\n_centavo\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
  std::string text;
  if (std::FILE* const pipe = popen(("bash " + script + " 2>&1").c_str(), "r"); pipe != nullptr) {
    char buffer[256];
    while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) text += buffer;
    pclose(pipe);
  }
  std::filesystem::remove_all(pattern);
  return text;
}

TEST(BashCompletion, OffersCommandsOptionsAndNames) {
  if (std::system("bash -c true") != 0) GTEST_SKIP() << "no bash here";
  EXPECT_EQ(offered("centavo te", 1), "tenant\ntest\n");
  EXPECT_EQ(offered("centavo tenant ''", 2), "list\nshow\n--color\n--help\n");
  EXPECT_EQ(offered("centavo --color never tenant s", 4), "show\n");
  EXPECT_EQ(offered("centavo tenant show l", 3), "loja\n");
  EXPECT_EQ(offered("centavo --color n", 2), "never\n");
  EXPECT_EQ(offered("centavo test --color ''", 3), "auto\nnever\n");
}

TEST(FishCompletion, QuotesDescriptions) {
  CompletedLine line;
  const std::string script = fish_completion(line.root);
  EXPECT_THAT(script, HasSubstr("complete -c centavo -n '__centavo_at \"tenant\"' -a show -d 'it\\'s one'"));
  EXPECT_THAT(script, HasSubstr("-l color -x"));
  EXPECT_THAT(script, HasSubstr("-l out -r -d 'where' -F")) << "fish refuses -x with -F";
}

TEST(ZshCompletion, StartsAsZshWantsIt) {
  CompletedLine line;
  EXPECT_TRUE(zsh_completion(line.root).starts_with("#compdef centavo\n"));
}

}  // namespace
}  // namespace centavo::cli
