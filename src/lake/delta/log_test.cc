// What happens when files of the log are torn, missing or strange.
#include <roaring/roaring.h>

#include "lake/delta/actions.h"
#include "lake/delta/deletion_vector.h"
#include "lake/delta/duck_type.h"
#include "lake/delta/log_path.h"
#include "lake/delta/log_segment.h"
#include "lake/delta/test_lake.h"

namespace centavo::delta {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class DeltaLog : public CostsTest {};

TEST(CommitName, IsTwentyDigits) {
  EXPECT_EQ(commit_key("gold/costs", 41), "gold/costs/_delta_log/00000000000000000041.json");
  EXPECT_EQ(*parse_commit_name("00000000000000000041.json"), 41);
  for (const char* name :
       {"", "41.json", "0000000000000000004x.json", "-0000000000000000041.json", "99999999999999999999.json",
        "00000000000000000041.checkpoint.parquet", "00000000000000000041.json ", "+0000000000000000041.json"}) {
    EXPECT_THAT(parse_commit_name(name), Fails(ErrorKind::corrupt_data)) << name;
  }
}

TEST(CheckpointName, HasFourForms) {
  EXPECT_EQ(parse_checkpoint_name("00000000000000000010.checkpoint.parquet")->version, 10);
  const auto part = parse_checkpoint_name("00000000000000000010.checkpoint.0000000002.0000000003.parquet");
  ASSERT_TRUE(part);
  EXPECT_EQ(part->part, 2);
  EXPECT_EQ(part->parts, 3);
  EXPECT_EQ(parse_checkpoint_name("00000000000000000002.checkpoint.6374b053-df23-479b-b2cf-c9c550132b49.json")->kind,
            CheckpointName::Kind::unique_json);
  for (const char* name :
       {"00000000000000000010.checkpoint.0000000004.0000000003.parquet", "00000000000000000010.checkpoint.",
        "00000000000000000010.checkpoint.x.parquet", "10.checkpoint.parquet", "00000000000000000010.crc",
        "00000000000000000010.checkpoint.0000000000.0000000003.parquet"}) {
    EXPECT_FALSE(parse_checkpoint_name(name)) << name;
  }
}

TEST(LogListing, LeavesOutCheckpointsWithMissingParts) {
  const auto object = [](std::string name) { return ObjectInfo{"t/_delta_log/" + name, 1, 5}; };
  const LogListing listing = listing_of({object("00000000000000000000.json"), object("00000000000000000001.json"),
                                         object("00000000000000000001.checkpoint.0000000001.0000000002.parquet"),
                                         object("00000000000000000000.checkpoint.0000000001.0000000001.parquet"),
                                         object("_last_checkpoint"), object("00000000000000000001.crc")},
                                        0);
  ASSERT_THAT(listing.checkpoints, SizeIs(1));
  EXPECT_EQ(listing.checkpoints[0].version, 0);
  ASSERT_THAT(listing.commits, SizeIs(2));
  EXPECT_EQ(listing.commits[1].modified_ms, 6);  // times grow
  EXPECT_THAT(commits_between(listing, 0, 2), Fails(ErrorKind::corrupt_data));
}

TEST(Paths, EncodeOnceAndDecodeOnce) {
  EXPECT_EQ(partition_folder({"p", "q"}, {{"p", "per%cent"}, {"q", std::nullopt}}),
            "p=per%25cent/q=__HIVE_DEFAULT_PARTITION__");
  EXPECT_EQ(encode_path("p=per%25cent/x y.parquet"), "p=per%2525cent/x%20y.parquet");
  for (const char* path : {"a b", "50%", "São/€", "x:y", "a+b&c", "#?", "%zz"})
    EXPECT_EQ(decode_path(encode_path(path)), path);
  EXPECT_EQ(decode_path("100%"), "100%");
  EXPECT_EQ(decode_path("%4"), "%4");
  EXPECT_EQ(canonical_path("file:///a%20b"), canonical_path("/a%20b"));
  EXPECT_EQ(canonical_path("file:/a"), "/a");
  EXPECT_TRUE(is_absolute("s3://bucket/key"));
  EXPECT_FALSE(is_absolute("a=http://x"));
}

TEST(Actions, KeepTheirMeaningThroughJson) {
  Actions actions;
  Add add;
  add.file.path = "p=1/x%20y.parquet";
  add.file.partition_values = {{"p", "1"}, {"q", std::nullopt}};
  add.file.stats_json = R"({"numRecords":3})";
  add.file.tags = {{"k", "v"}};
  add.data_change = false;
  actions.adds.push_back(add);
  actions.removes.push_back(Remove{"old", 7, true, {{"p", "1"}}, true, 9, Json()});
  actions.transactions.push_back({"app", 3, 4});
  const Actions again = *parse_actions(to_lines(actions));
  ASSERT_THAT(again.adds, SizeIs(1));
  EXPECT_EQ(again.adds[0].file.path, add.file.path);
  EXPECT_EQ(again.adds[0].file.partition_values, add.file.partition_values);
  EXPECT_EQ(again.adds[0].file.rows(), 3);
  EXPECT_EQ(again.adds[0].data_change, false);
  EXPECT_EQ(again.removes[0].partition_values.at("p"), "1");
  EXPECT_EQ(again.transactions[0].updated_ms, 4);
}

TEST(Actions, UnknownOnesAreIgnoredAndBrokenOnesAreNot) {
  EXPECT_THAT(parse_actions("{\"future\":{\"a\":1}}\n{\"add\":{\"path\":\"x\",\"new\":[1]}}\n")->adds, SizeIs(1));
  for (const char* text :
       {"", "\n", "{", "[]", "1", "null", "{\"add\":{}}", "{\"txn\":{}}", "{\"protocol\":{}}",
        "{\"add\":", "{\"add\":{\"path\":\"x\"}}garbage", "{\"add\":{\"path\":1}}", "\xff\xfe{}", "{\"remove\":{}}",
        "{\"metaData\":{}}", "{\"protocol\":{\"minReaderVersion\":-1,\"minWriterVersion\":2}}"}) {
    EXPECT_THAT(parse_actions(text), Fails(ErrorKind::corrupt_data)) << text;
  }
}

TEST_F(DeltaLog, EveryPrefixOfACommitIsRightOrCorrupt) {
  Table table = create();
  ASSERT_THAT(
      table.append(*table.snapshot(), {file("2026-09", 1, 1), file("2026-10", 2, 2)}, {}, AppTransaction{"a", 1}),
      IsOk());
  const std::string key = commit_key(root_, 1), whole = *store_.read(key);
  const auto rows = rows_of(*table.snapshot());
  int right = 0;
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    ASSERT_THAT(store_.write(key, whole.substr(0, length)), IsOk());
    auto opened = Table::open(store_, test_engine(), root_);
    if (opened) {
      ++right;
      EXPECT_EQ(opened->snapshot()->files()->size(), 2u) << length;
    } else {
      EXPECT_THAT(opened, Fails(ErrorKind::corrupt_data)) << length;
    }
  }
  EXPECT_EQ(right, 2);  // the whole, and the whole without its last line end
}

TEST_F(DeltaLog, EveryPrefixOfACheckpointOrHintIsRightOrCorrupt) {
  Table table = create({{"delta.checkpointInterval", "2"}});
  for (int i = 1; i <= 3; ++i) ASSERT_THAT(append(table, "2026-09", i, i), IsOk());
  const auto rows = rows_of(*table.snapshot());
  for (const std::string& key : {checkpoint_key(root_, 2), last_checkpoint_key(root_)}) {
    const std::string whole = *store_.read(key);
    const std::size_t step = std::max<std::size_t>(whole.size() / 60, 1);
    for (std::size_t length = 0; length <= whole.size(); length += step) {
      ASSERT_THAT(store_.write(key, whole.substr(0, length)), IsOk());
      EXPECT_EQ(rows_of(*open().snapshot()), rows) << key << " cut at " << length;
    }
    ASSERT_THAT(store_.write(key, whole), IsOk());
  }
  // The commits below are gone: then a torn checkpoint is an error, not another table.
  for (Version version = 0; version < 2; ++version) ASSERT_THAT(store_.remove(commit_key(root_, version)), IsOk());
  const std::string key = checkpoint_key(root_, 2), whole = *store_.read(key);
  for (std::size_t length = 0; length < whole.size(); length += std::max<std::size_t>(whole.size() / 40, 1)) {
    ASSERT_THAT(store_.write(key, whole.substr(0, length)), IsOk());
    EXPECT_THAT(Table::open(store_, test_engine(), root_), Fails(ErrorKind::corrupt_data)) << length;
  }
}

TEST_F(DeltaLog, AMissingCommitIsNamed) {
  Table table = create();
  for (int i = 1; i <= 3; ++i) ASSERT_THAT(append(table, "2026-09", i, i), IsOk());
  ASSERT_THAT(store_.remove(commit_key(root_, 2)), IsOk());
  const auto opened = Table::open(store_, test_engine(), root_);
  ASSERT_THAT(opened, Fails(ErrorKind::corrupt_data));
  EXPECT_THAT(opened.error().message, HasSubstr("commit 2"));
}

TEST_F(DeltaLog, FeaturesAreRefusedByName) {
  const auto open_with = [&](const std::string& protocol, const std::string& configuration,
                             const std::string& metadata = "{}") {
    const std::string schema = fmt::format(
        R"({{"type":"struct","fields":[{{"name":"a","type":"integer","nullable":true,"metadata":{}}}]}})", metadata);
    const Json meta{{"metaData",
                     {{"id", "x"},
                      {"format", {{"provider", "parquet"}}},
                      {"schemaString", schema},
                      {"partitionColumns", Json::array()},
                      {"configuration", *parse_json(configuration)}}}};
    EXPECT_THAT(store_.write(commit_key("t", 0), fmt::format("{{\"protocol\":{}}}\n{}\n", protocol, meta.dump())),
                IsOk());
    return Table::open(store_, test_engine(), "t");
  };
  const auto write_fails_with = [&](Result<Table> table, const std::string& feature) {
    ASSERT_THAT(table, IsOk());
    const auto result = table->append(*table->snapshot(), {}, {});
    ASSERT_THAT(result, Fails(ErrorKind::unsupported));
    EXPECT_THAT(result.error().message, HasSubstr(feature));
    EXPECT_THAT(table->vacuum({}), Fails(ErrorKind::unsupported));
    EXPECT_THAT(table->clean_up_log(0), Fails(ErrorKind::unsupported));
  };
  const auto reader = open_with(
      R"({"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["variantType"],"writerFeatures":["variantType"]})",
      "{}");
  ASSERT_THAT(reader, Fails(ErrorKind::unsupported));
  EXPECT_THAT(reader.error().message, HasSubstr("variantType"));
  EXPECT_THAT(open_with(R"({"minReaderVersion":4,"minWriterVersion":7})", "{}"), Fails(ErrorKind::unsupported));
  EXPECT_THAT(
      open_with(
          R"({"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["catalogManaged"],"writerFeatures":["catalogManaged"]})",
          "{}")
          .error()
          .hint,
      HasSubstr("catalog"));
  write_fails_with(open_with(R"({"minReaderVersion":1,"minWriterVersion":7,"writerFeatures":["rowTracking"]})", "{}"),
                   "rowTracking");
  write_fails_with(
      open_with(R"({"minReaderVersion":1,"minWriterVersion":3})", R"({"delta.constraints.positive":"a > 0"})"),
      "checkConstraints");
  write_fails_with(
      open_with(R"({"minReaderVersion":1,"minWriterVersion":4})", R"({"delta.enableChangeDataFeed":"true"})"),
      "changeDataFeed");
  write_fails_with(open_with(R"({"minReaderVersion":1,"minWriterVersion":2})", "{}", R"({"delta.invariants":"{}"})"),
                   "delta.invariants");
  write_fails_with(
      open_with(R"({"minReaderVersion":1,"minWriterVersion":4})", "{}", R"({"delta.generationExpression":"1"})"),
      "generationExpression");
  write_fails_with(
      open_with(R"({"minReaderVersion":2,"minWriterVersion":5})", R"({"delta.columnMapping.mode":"name"})"),
      "columnMapping");
  write_fails_with(open_with(R"({"minReaderVersion":1,"minWriterVersion":8})", "{}"), "version 8");
  // An active promise is what counts, not the version that allows it.
  auto plain = open_with(R"({"minReaderVersion":1,"minWriterVersion":4})", "{}");
  ASSERT_THAT(plain, IsOk());
  EXPECT_THAT(plain->append(*plain->snapshot(), {}, {}), IsOk());
}

TEST(DuckTypes, AreReadInAllTheirSpellings) {
  EXPECT_EQ(duck_type_of(field_of_duck("a", "DECIMAL(38,9)")->type), "DECIMAL(38,9)");
  EXPECT_EQ(field_of_duck("a", "TIMESTAMP WITH TIME ZONE")->type, Json("timestamp"));
  EXPECT_EQ(
      *duck_type_of(field_of_duck("a", R"(STRUCT(a INTEGER, "b ""c" VARCHAR[], m MAP(VARCHAR, DECIMAL(9,2))))")->type),
      R"(STRUCT("a" INTEGER, "b ""c" VARCHAR[], "m" MAP(VARCHAR, DECIMAL(9,2))))");
  for (const char* type :
       {"HUGEINT", "UBIGINT", "TIME", "UUID", "INTERVAL", "ENUM('a)', 'b')", "TIMESTAMP_NS", "INTEGER[3]", "BIT"}) {
    EXPECT_THAT(field_of_duck("a", type), Fails(ErrorKind::unsupported)) << type;
  }
  for (const char* type : {"", "STRUCT(", "STRUCT(a)", "MAP(VARCHAR)", "DECIMAL(39,1)", "DECIMAL(3,4)", "INTEGER[",
                           "INTEGER)", "ENUM('a"}) {
    EXPECT_FALSE(parse_duck_type(type)) << type;
  }
  EXPECT_FALSE(parse_duck_type(std::string(5000, '(')));
}

TEST(Schemas, SurviveJsonAndRefuseNonsense) {
  const Schema schema = schema_of({{"a", "INTEGER"}, {"s", "STRUCT(x VARCHAR, y BIGINT[])"}});
  EXPECT_EQ(to_json(*parse_schema(to_json(schema))), to_json(schema));
  for (const char* text : {"", "[]", "{}", R"({"type":"struct"})", R"({"type":"struct","fields":[{}]})",
                           R"({"type":"struct","fields":[{"name":"a","type":"long"},{"name":"A","type":"long"}]})"}) {
    EXPECT_THAT(parse_schema(text), Fails(ErrorKind::corrupt_data)) << text;
  }
}

TEST(DeletionVectors, RefuseWhatDoesNotFit) {
  // Rows 3, 4, 7, 11, 18, 29 and 2^32 + 5, as the bytes of PROTOCOL.md "Deletion Vector Format".
  std::string bytes("\xD1\xD3\x39\x64", 4);
  bytes += std::string("\2\0\0\0\0\0\0\0", 8);
  for (const std::vector<std::uint32_t>& rows :
       {std::vector<std::uint32_t>{3, 4, 7, 11, 18, 29}, std::vector<std::uint32_t>{5}}) {
    bytes += std::string(rows.size() == 1 ? "\1\0\0\0" : "\0\0\0\0", 4);
    roaring_bitmap_t* bitmap = roaring_bitmap_of_ptr(rows.size(), rows.data());
    std::string part(roaring_bitmap_portable_size_in_bytes(bitmap), '\0');
    roaring_bitmap_portable_serialize(bitmap, part.data());
    roaring_bitmap_free(bitmap);
    bytes += part;
  }
  DeletionVector vector;
  vector.bytes = bytes;
  vector.size_bytes = static_cast<std::int64_t>(bytes.size());
  vector.cardinality = 7;
  ASSERT_THAT(deleted_rows(vector, bytes), IsOk());
  EXPECT_THAT(*deleted_rows(vector, bytes), ElementsAre(3, 4, 7, 11, 18, 29, 4294967301));
  for (std::size_t length = 0; length < bytes.size(); length += 5) {
    DeletionVector cut = vector;
    cut.size_bytes = static_cast<std::int64_t>(length);
    EXPECT_THAT(deleted_rows(cut, bytes), Fails(ErrorKind::corrupt_data)) << length;
    EXPECT_THAT(deleted_rows(vector, bytes.substr(0, length)), Fails(ErrorKind::corrupt_data)) << length;
  }
  DeletionVector wrong = vector;
  wrong.cardinality = 5;
  EXPECT_THAT(deleted_rows(wrong, wrong.bytes), Fails(ErrorKind::corrupt_data));
  EXPECT_THAT(decode_z85("abcd"), Fails(ErrorKind::corrupt_data));
  EXPECT_THAT(decode_z85("####~"), Fails(ErrorKind::corrupt_data));
  EXPECT_THAT(parse_deletion_vector(Json{{"storageType", "x"}, {"offset", 0}, {"sizeInBytes", 1}, {"cardinality", 1}}),
              Fails(ErrorKind::unsupported));
}

}  // namespace
}  // namespace centavo::delta
