#include "lake/pack/known_trees.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lake/pack/shop_pack.h"

namespace centavo::pack {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;

class KnownTreesTest : public ::testing::Test {
 protected:
  KnownTreesTest() { fs::create_directories(folder_); }
  ~KnownTreesTest() override { fs::remove_all(folder_); }

  std::string bytes() const {
    std::ifstream stream(file_, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  }
  void put(const fs::path& path, const std::string& text) const {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  void put_shop(const PackFiles& files) const {
    for (const auto& [path, text] : files) put(folder_ / "packs" / "shop" / path, text);
  }
  Result<Library> load() const { return Library::load({folder_ / "packs"}, file_); }

  const fs::path folder_ = fs::path(testing::TempDir()) / fmt::format("known-trees-{}", getpid());
  const std::string file_ = folder_ / ".pack_trees";
};

std::vector<std::string> digests(const Library& library) {
  std::vector<std::string> out;
  for (const auto& [name, pack] : library.packs()) {
    for (const Model& model : pack.models) {
      out.push_back(library.digest(model));
      for (const TableName& input : model.inputs) out.push_back(input.text());
      for (const std::string& parameter : model.parameters) out.push_back(parameter);
    }
    for (const SourceKind& source : pack.sources) out.push_back(library.digest(source));
    for (const PackTest& test : pack.tests) out.push_back(fmt::format("{} {}", test.title, test.place.text()));
  }
  return out;
}

TEST_F(KnownTreesTest, PacksReadFromTheFileAreThoseReadFromTheirTexts) {
  put_shop(shop_files());
  const auto parsed = load();
  ASSERT_TRUE(parsed) << parsed.error().message;
  const std::string written = bytes();
  ASSERT_FALSE(written.empty());
  const auto known = load();
  ASSERT_TRUE(known) << known.error().message;
  EXPECT_EQ(digests(*known), digests(*parsed));
  EXPECT_EQ(bytes(), written);  // nothing was new
}

TEST_F(KnownTreesTest, AChangedTextIsParsedAgainAndEveryMistakeIsToldAgain) {
  put_shop(shop_files());
  ASSERT_TRUE(load());
  PackFiles files = shop_files();
  auto& yaml = files.at("pack.yaml");
  yaml += "colour: red\n";
  put_shop(files);
  for (int round = 0; round < 2; ++round) {  // the second time from the file
    const auto broken = load();
    ASSERT_FALSE(broken);
    EXPECT_THAT(broken.error().message, HasSubstr("shop/pack.yaml:"));
    EXPECT_THAT(broken.error().message, HasSubstr("unknown key \"colour\""));
  }
  put_shop(shop_files());
  EXPECT_TRUE(load());
}

TEST_F(KnownTreesTest, ADamagedFileIsNotTrusted) {
  const std::string good = "a: [1, '2']\nb: {c: d}\n", bad = "a: 1\na: 2\n";
  const std::vector<std::string> selects = {"select a, count(*) from silver.x group by a", "select from where"};
  const auto ask = [&] {
    KnownTrees trees(file_);
    auto both = trees.yaml_and_sql({&good, &bad}, selects);
    ASSERT_TRUE(both);
    EXPECT_EQ(both->first[0].documents.at(0).find("b")->find("c")->text, "d");
    EXPECT_TRUE(both->first[0].documents.at(0).find("a")->items.at(1).quoted);
    EXPECT_EQ(both->first[1].mistakes.at(0).first, 2);
    EXPECT_EQ(both->second[0].tables.at(0).table, "x");
    EXPECT_EQ(both->second[0].calls.size(), 1u);
    EXPECT_NE(both->second[1].error, "");
    const auto faults = trees.faults({"a+", "a("});
    ASSERT_TRUE(faults);
    EXPECT_EQ(faults->at(0), "");
    EXPECT_NE(faults->at(1), "");
    trees.keep();
  };
  ask();
  const std::string whole = bytes();
  ASSERT_GT(whole.size(), 200u);
  const std::size_t step = std::max<std::size_t>(1, whole.size() / 40);
  for (std::size_t at = 0; at < whole.size(); at += step) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x11);
    put(file_, damaged);
    ask();
    put(file_, whole.substr(0, at));
    ask();
  }
  EXPECT_EQ(bytes().size(), whole.size());
}

TEST_F(KnownTreesTest, AFolderThatCannotBeWrittenIsFine) {
  const std::string text = "a: 1\n";
  KnownTrees trees(folder_ / "no such folder" / "file");
  EXPECT_EQ(trees.yaml({&text})[0].documents.at(0).find("a")->text, "1");
  trees.keep();
  EXPECT_TRUE(fs::is_empty(folder_));
}

}  // namespace
}  // namespace centavo::pack
