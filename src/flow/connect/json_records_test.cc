#include "flow/connect/json_records.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace centavo {
namespace {

using Texts = std::vector<std::string>;

class JsonRecords : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "json-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    auto opened = duck::Database::open({});
    ASSERT_TRUE(opened);
    engine_.emplace(std::move(*opened));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Values of one name, record by record; "NULL" for none.
  Result<Texts> values(const std::string& text, std::string_view name) {
    std::ofstream(folder_ + "/answer.json") << text;
    LandedFile file;
    file.source_path = "answer.json";
    file.format = "json";
    auto connection = TRY(engine_->connect());
    const std::string records = TRY(json_records(connection, kind_, file, folder_ + "/answer.json"));
    names_ = TRY(json_names(connection, kind_, records));
    Texts out;
    for (const auto& row : TRY(connection.all(fmt::format("select {} from ({})", json_value(kind_, name), records))))
      out.push_back(row[0].value_or("NULL"));
    return out;
  }

  std::optional<ErrorKind> failure(const std::string& text, std::string_view name) {
    const auto found = values(text, name);
    return found ? std::nullopt : std::optional(found.error().kind);
  }

  std::string folder_;
  std::optional<duck::Database> engine_;
  pack::SourceKind kind_;
  Texts names_;
};

TEST_F(JsonRecords, AreUnderThePathOrABareArray) {
  kind_.record_path = "data.items";
  EXPECT_EQ(values(R"({"data":{"items":[{"a":"1.10"},{"b":2}]}})", "a").value_or(Texts{"failed"}),
            (Texts{"1.10", "NULL"}));
  EXPECT_EQ(names_, (Texts{"a", "b"}));
  EXPECT_EQ(values(R"([{"a":3}])", "a").value_or(Texts{"failed"}), (Texts{"3"}));
  EXPECT_EQ(failure(R"({"data":{}})", "a"), ErrorKind::corrupt_data);
}

TEST_F(JsonRecords, AreEntriesOfMapsInAList) {
  kind_.record_path = "data";
  kind_.map_entries = "name";
  const std::string answer = R"({"data":[{"a/b~c":{"cost":1,"name":"own"},"__idle__":{"cost":2}},{},null,{"x":{}}]})";
  EXPECT_EQ(values(answer, "name").value_or(Texts{"failed"}), (Texts{"a/b~c", "__idle__", "x"}));
  EXPECT_EQ(names_, (Texts{"name", "cost"}));
  EXPECT_EQ(values(answer, "cost").value_or(Texts{"failed"}), (Texts{"1", "2", "NULL"}));
}

TEST_F(JsonRecords, AreEntriesOfOneMapToo) {
  kind_.record_path = "data";
  kind_.map_entries = "name";
  EXPECT_EQ(values(R"({"data":{"a":{"n":1},"b":{"n":2}}})", "n").value_or(Texts{"failed"}), (Texts{"1", "2"}));
  EXPECT_EQ(values(R"({"data":{}})", "name").value_or(Texts{"failed"}), (Texts{}));
  EXPECT_EQ(names_, (Texts{}));
}

TEST_F(JsonRecords, RefusesWhatIsNoMap) {
  kind_.record_path = "data";
  kind_.map_entries = "name";
  for (const char* text : {R"({"data":[["a"]]})", R"({"data":[1]})", R"({"data":"none"})", R"({"message":"no"})"})
    EXPECT_EQ(failure(text, "name"), ErrorKind::corrupt_data) << text;
}

}  // namespace
}  // namespace centavo
