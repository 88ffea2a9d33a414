#include "flow/connect/parts.h"

#include <archive.h>
#include <archive_entry.h>
#include <unistd.h>
#include <zstd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "flow/connect/gzip_testing.h"
#include "io/duck/duck.h"

namespace centavo {
namespace {

namespace fs = std::filesystem;

std::string zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 1));
  return out;
}

std::string zip(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string out(1 << 20, '\0');
  std::size_t used = 0;
  struct archive* const writer = archive_write_new();
  archive_write_set_format_zip(writer);
  archive_write_open_memory(writer, out.data(), out.size(), &used);
  for (const auto& [name, text] : entries) {
    struct archive_entry* const entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, static_cast<la_int64_t>(text.size()));
    archive_write_header(writer, entry);
    archive_write_data(writer, text.data(), text.size());
    archive_entry_free(entry);
  }
  archive_write_close(writer);
  archive_write_free(writer);
  out.resize(used);
  return out;
}

class PartsTest : public testing::Test {
 protected:
  PartsTest() {
    std::string name = (fs::temp_directory_path() / "centavo-parts-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) dir_ = name;
    fs::create_directories(dir_ / "parts");
    duck::Options options;
    options.threads = 1;
    engine_ = std::make_unique<duck::Database>(std::move(*duck::Database::open(options)));
  }
  ~PartsTest() override { fs::remove_all(dir_); }

  struct Cut {
    Result<std::int64_t> rows;
    std::vector<CsvPart> parts;
    std::vector<std::string> texts;
  };

  std::string put(const std::string& bytes) {
    const std::string path = (dir_ / "input").string();
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  Cut cut(const std::string& bytes, std::int64_t part_bytes = 1 << 20, const std::string& compression = "",
          CsvDialect dialect = {}, std::int64_t record_bytes_max = 64 << 20) {
    LandedFile file;
    file.source_path = "cur.csv";
    file.compression = compression;
    Cut out;
    out.rows = split_csv(
        put(bytes), file, dialect, (dir_ / "parts").string(), part_bytes,
        [&](CsvPart part) -> Status {
          std::ifstream in(part.path, std::ios::binary);
          std::stringstream text;
          text << in.rdbuf();
          out.texts.push_back(text.str());
          out.parts.push_back(part);
          return {};
        },
        nullptr, record_bytes_max);
    return out;
  }

  // All rows that DuckDB reads from a CSV text, fields joined; nullopt when it refuses.
  std::optional<std::vector<std::string>> duck_rows(const std::string& text, std::size_t columns) {
    const std::string path = (dir_ / "duck.csv").string();
    std::ofstream(path, std::ios::binary) << text;
    std::string types;
    for (std::size_t i = 0; i < columns; ++i) types += fmt::format("{}'c{}': 'VARCHAR'", i == 0 ? "" : ", ", i);
    auto connection = engine_->connect();
    const auto rows =
        connection->all(fmt::format("select * from read_csv({}, columns = {{{}}}, header = true, delim = ',', quote = "
                                    "'\"', escape = '\"', auto_detect = false, "
                                    "strict_mode = true, parallel = false)",
                                    duck::literal(path), types));
    if (!rows) return std::nullopt;
    std::vector<std::string> out;
    for (const auto& row : *rows) {
      std::string line;
      for (const auto& field : row) line += field ? "[" + *field + "]" : "-";
      out.push_back(line);
    }
    return out;
  }

  std::size_t part_files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(dir_ / "parts"), fs::directory_iterator()));
  }

  fs::path dir_;
  std::unique_ptr<duck::Database> engine_;
};

TEST_F(PartsTest, CutsAtRecordEndsAndNumbersRows) {
  const auto cut = this->cut("a,b\n1,\"x\ny\"\n2,\"\"\"\"\n3,\n", 1);
  ASSERT_TRUE(cut.rows) << cut.rows.error().message;
  EXPECT_EQ(*cut.rows, 3);
  EXPECT_THAT(cut.texts, testing::ElementsAre("a,b\n1,\"x\ny\"\n", "a,b\n2,\"\"\"\"\n", "a,b\n3,\n"));
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(cut.parts[i].first_row, static_cast<std::int64_t>(i) + 1);
    EXPECT_EQ(cut.parts[i].rows, 1);
  }
}

TEST_F(PartsTest, MakesLineEndsAlikeAndKeepsThoseInQuotes) {
  EXPECT_THAT(cut("a,b\r\n1,\"x\r\ny\"\r\n2,\"\r\"\n3,4").texts,
              testing::ElementsAre("a,b\n1,\"x\r\ny\"\n2,\"\r\"\n3,4\n"));
  EXPECT_THAT(cut("\xef\xbb\xbf"
                  "a,b\n1,2")
                  .texts,
              testing::ElementsAre("a,b\n1,2\n"));
  EXPECT_THAT(cut("\r\n\na,b\n1,2\n").texts, testing::ElementsAre("a,b\n1,2\n"));
}

TEST_F(PartsTest, BlankLinesAreLeftOutUnlessThereIsOneColumn) {
  EXPECT_THAT(cut("a,b\n\n1,2\r\n\r\n\n3,4\n\n", 1).texts, testing::ElementsAre("a,b\n1,2\n", "a,b\n3,4\n"));
  EXPECT_THAT(cut("a,b\n" + std::string(4 << 20, '\n') + "1,2\n").texts, testing::ElementsAre("a,b\n1,2\n"));
  const auto one = cut("a\n\n1\n\n");
  EXPECT_EQ(*one.rows, 3);
  EXPECT_THAT(one.texts, testing::ElementsAre("a\n\n1\n\n"));
}

TEST_F(PartsTest, AHeaderAloneHasNoPart) {
  for (const char* text : {"a,b", "a,b\n", "a,b\r\n", "a,b\n\n\n",
                           "\xef\xbb\xbf"
                           "a,b\n"}) {
    const auto cut = this->cut(text, 1);
    ASSERT_TRUE(cut.rows) << text;
    EXPECT_EQ(*cut.rows, 0);
    EXPECT_TRUE(cut.parts.empty());
    EXPECT_EQ(part_files(), 0u);
  }
}

TEST_F(PartsTest, RefusesWhatIsNotCsv) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "there is no header row"},
      {"\n\n", "there is no header row"},
      {"\xef\xbb\xbf", "there is no header row"},
      {"a,b\n1,2\n3,\"x\n4,5\n", "row 2: a quote opens and never closes"},
      {"a,\"b\n1,2\n", "the header row: a quote opens and never closes"},
      {"a,b\r1,2\r", "the header row: a carriage return stands alone"},
      {"a,b\n1,2\n3,x\ry\n", "row 2: a carriage return stands alone"},
      {"a,b\n1,2\r", "row 1: a carriage return stands alone"},
      {"a,b\n1,2\n" + std::string(70, 'x') + "\r" + std::string(70, 'y') + "\n",
       "row 2: a carriage return stands alone"},
  };
  for (const auto& [text, message] : cases) {
    const auto cut = this->cut(text);
    ASSERT_FALSE(cut.rows) << text;
    EXPECT_EQ(cut.rows.error().kind, ErrorKind::corrupt_data);
    EXPECT_THAT(cut.rows.error().message, testing::StartsWith(message));
    EXPECT_EQ(part_files(), 0u) << "a part was left behind";
  }
}

TEST_F(PartsTest, ALineWithoutEndStopsAtTheLimit) {
  const auto cut = this->cut("a,b\n1,2\n3," + std::string(100'000, 'x') + "\n", 1 << 20, "", {}, 50'000);
  ASSERT_FALSE(cut.rows);
  EXPECT_EQ(cut.rows.error().kind, ErrorKind::corrupt_data);
  EXPECT_THAT(cut.rows.error().message, testing::HasSubstr("row 2 is longer than 50000 bytes"));
  EXPECT_TRUE(this->cut("a,b\n1,2\n3," + std::string(49'990, 'x') + "\n", 1 << 20, "", {}, 50'000).rows);
  EXPECT_EQ(this->cut(std::string(100'000, 'x'), 1, "", {}, 50'000).rows.error().kind, ErrorKind::corrupt_data);

  // 10 GB of nothing behind the header: a hole in the file, so it costs no disk.
  const std::string path = put("a,b\n1,2\n");
  fs::resize_file(path, 10LL << 30);
  LandedFile file;
  file.source_path = "hole.csv";
  const auto rows = split_csv(
      path, file, {}, (dir_ / "parts").string(), 1 << 20, [](const CsvPart&) { return Status(); }, nullptr, 1 << 20);
  ASSERT_FALSE(rows);
  EXPECT_THAT(rows.error().message, testing::HasSubstr("row 2 is longer than 1048576 bytes"));
}

TEST_F(PartsTest, ReadsEveryCompression) {
  std::string text = "a,b\n";
  for (int i = 0; i < 50'000; ++i) text += fmt::format("{},\"line {}\n{}\"\n", i, i * 7919 % 50'021, i % 13);
  const std::string more = "50000,x\n";
  const std::vector<std::pair<std::string, std::string>> files = {
      {"", text + more},
      {"gzip", gzip(text + more)},
      {"gzip", gzip(text) + gzip(more)},
      {"gzip", gzip("a,b\n") + gzip("") + gzip(text.substr(4) + more)},
      {"zstd", zstd(text + more)},
      {"zstd", zstd(text) + zstd(more)},
      {"zip", zip({{"a.csv", text}, {"__MACOSX/._a.csv", "\x01\x02"}, {"b.csv", "a,b\n" + more}})},
  };
  const std::string whole = "a,b\n" + text.substr(4) + more;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto cut = this->cut(files[i].second, 100'000, files[i].first);
    ASSERT_TRUE(cut.rows) << i << cut.rows.error().message;
    EXPECT_EQ(*cut.rows, 50'001) << i;
    std::string joined = "a,b\n";
    std::int64_t row = 1;
    for (std::size_t part = 0; part < cut.parts.size(); ++part) {
      joined += cut.texts[part].substr(4);
      EXPECT_EQ(cut.parts[part].first_row, row);
      row += cut.parts[part].rows;
    }
    EXPECT_EQ(row, 50'002);
    EXPECT_TRUE(joined == whole) << i;
    EXPECT_GT(cut.parts.size(), 5u);
  }
}

TEST_F(PartsTest, ManySmallGzipMembersInAnyCutAreOneFile) {
  std::mt19937 random(7);
  std::string text = "a,b\n";
  for (int i = 0; i < 20'000; ++i) text += fmt::format("{},{}\n", random(), random());
  for (int round = 0; round < 20; ++round) {
    std::string bytes;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t size = 1 + random() % 30'000;
      bytes += gzip(text.substr(at, size));
      at += size;
    }
    const auto cut = this->cut(bytes, 1 << 30, "gzip");
    ASSERT_TRUE(cut.rows) << cut.rows.error().message;
    EXPECT_TRUE(cut.texts[0] == text);
  }
}

TEST_F(PartsTest, FindsBrokenCompression) {
  std::string text = "a,b\n";
  for (int i = 0; i < 3000; ++i) text += fmt::format("{},{}\n", i, i * 7919 % 3001);
  for (const std::string compression : {"gzip", "zstd", "zip"}) {
    const std::string good = compression == "gzip"   ? gzip(text)
                             : compression == "zstd" ? zstd(text)
                                                     : zip({{"a.csv", text}});
    ASSERT_TRUE(cut(good, 1 << 20, compression).rows);
    // Cut anywhere.
    for (std::size_t size = 0; size < good.size(); size += size < 40 || size + 40 > good.size() ? 1 : 97) {
      const auto cut = this->cut(good.substr(0, size), 1 << 20, compression);
      ASSERT_FALSE(cut.rows) << compression << " cut at " << size << " of " << good.size();
      EXPECT_EQ(cut.rows.error().kind, ErrorKind::corrupt_data) << cut.rows.error().message;
    }
    EXPECT_FALSE(cut(text, 1 << 20, compression).rows);
    EXPECT_FALSE(cut(std::string(100, '\0'), 1 << 20, compression).rows);
    EXPECT_EQ(part_files() > 0, true);
    for (const auto& entry : fs::directory_iterator(dir_ / "parts")) fs::remove(entry);
  }
  const std::string good = gzip(text);
  for (const std::string& behind :
       {std::string("x"), std::string("\x1f\x8b"), std::string("\x1f garbage"), std::string(10, '\0')}) {
    EXPECT_FALSE(cut(good + behind, 1 << 20, "gzip").rows);
    EXPECT_FALSE(cut(zstd(text) + behind, 1 << 20, "zstd").rows);
  }
  // Each byte changed, the CRC and size at the end included: another text is never taken for the good one.
  const std::string want = cut(good, 1 << 30, "gzip").texts[0];
  for (std::size_t at = 0; at < good.size(); at += at < 30 || at + 20 > good.size() ? 1 : 61) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    const auto cut = this->cut(bad, 1 << 30, "gzip");
    if (cut.rows) {
      EXPECT_LT(at, 10u) << "a changed byte was not seen";
      EXPECT_TRUE(cut.texts[0] == want);
    }
  }
}

TEST_F(PartsTest, ReadsOtherEncodings) {
  CsvDialect latin;
  latin.encoding = "latin-1";
  EXPECT_THAT(cut("a,b\n\xe7\xe3o,1\n", 1 << 20, "", latin).texts, testing::ElementsAre("a,b\nção,1\n"));
  std::string utf16 = "\xff\xfe";
  for (const char c : std::string("a,b\r\n1,\"x\ny\"\r\n")) utf16 += std::string(1, c) + '\0';
  utf16 += std::string(
      "\xe7\x00,\x00"
      "2\x00\n\x00",
      8);
  EXPECT_THAT(cut(utf16).texts, testing::ElementsAre("a,b\n1,\"x\ny\"\nç,2\n"));
  EXPECT_EQ(cut(utf16.substr(0, utf16.size() - 1)).rows.error().kind, ErrorKind::corrupt_data);
  CsvDialect unknown;
  unknown.encoding = "klingon";
  EXPECT_EQ(cut("a,b\n", 1, "", unknown).rows.error().kind, ErrorKind::invalid_argument);
  CsvDialect semicolon;
  semicolon.delimiter = ';';
  semicolon.quote = '\'';
  EXPECT_THAT(cut("a;b\n'x\ny';\"2\n", 1, "", semicolon).texts, testing::ElementsAre("a;b\n'x\ny';\"2\n"));
}

TEST_F(PartsTest, AnErrorOfTheReceiverStopsTheWork) {
  LandedFile file;
  int calls = 0;
  const auto rows = split_csv(
      put("a\n1\n2\n3\n"), file, {}, (dir_ / "parts").string(), 1,
      [&](const CsvPart& part) -> Status {
        fs::remove(part.path);
        return ++calls == 2 ? Status(fail(ErrorKind::out_of_space, "full")) : Status();
      },
      nullptr);
  EXPECT_EQ(rows.error().kind, ErrorKind::out_of_space);
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(part_files(), 0u);
  Cancel cancel;
  cancel.request();
  EXPECT_EQ(split_csv(
                put("a\n1\n"), file, {}, (dir_ / "parts").string(), 1, [](const CsvPart&) { return Status(); }, &cancel)
                .error()
                .kind,
            ErrorKind::cancelled);
}

TEST_F(PartsTest, FilesInAZipMustHaveTheSameColumns) {
  const auto cut = this->cut(zip({{"a.csv", "a,b\n1,2\n"}, {"b.csv", "a,c\n1,2\n"}}), 1, "zip");
  ASSERT_FALSE(cut.rows);
  EXPECT_THAT(cut.rows.error().message, testing::HasSubstr("its columns differ"));
  EXPECT_EQ(this->cut(zip({}), 1, "zip").rows.error().kind, ErrorKind::corrupt_data);
}

TEST_F(PartsTest, ReadsHeaders) {
  LandedFile file;
  file.source_path = "x.csv";
  const auto header = [&](const std::string& text) { return read_csv_header(put(text), file, {}); };
  EXPECT_THAT(*header("\xef\xbb\xbf"
                      "a,\"b \"\"q\"\"\",\"c\nd\", \"e\" ,\r\n1,2\n"),
              testing::ElementsAre("a", "b \"q\"", "c\nd", "e", ""));
  EXPECT_THAT(*header("a"), testing::ElementsAre("a"));
  EXPECT_THAT(*header("\n\na,b\n"), testing::ElementsAre("a", "b"));
  EXPECT_EQ(header("").error().kind, ErrorKind::corrupt_data);
  file.compression = "gzip";
  EXPECT_THAT(*header(gzip("a,b\n" + std::string(3'000'000, 'x'))), testing::ElementsAre("a", "b"));
}

TEST_F(PartsTest, WithoutAHeaderTheFirstLineIsARow) {
  CsvDialect dialect;
  dialect.columns = {"a", "b"};
  const auto cut = this->cut("1,x\r\n\r\n2,y", 1, "", dialect);
  ASSERT_TRUE(cut.rows) << cut.rows.error().message;
  EXPECT_EQ(*cut.rows, 2);
  EXPECT_THAT(cut.texts, testing::ElementsAre("a,b\n1,x\n", "a,b\n2,y\n"));
  EXPECT_EQ(cut.parts[1].first_row, 2);
  const auto zipped = this->cut(zip({{"1.csv", "1,x\n"}, {"2.csv", "2,y\n3,z\n"}}), 1 << 20, "zip", dialect);
  EXPECT_EQ(*zipped.rows, 3);
  LandedFile file;
  file.source_path = "x.csv";
  EXPECT_THAT(*read_csv_header(put("1,x\n"), file, dialect), testing::ElementsAre("a", "b"));
  EXPECT_THAT(read_csv_header(put("1,x,7\n"), file, dialect).error().message, testing::HasSubstr("has 3 fields"));
}

// Counts and contents agree with DuckDB's own reading of the same text, whole and in parts of any size.
TEST_F(PartsTest, AgreesWithDuckDbOnNastyText) {
  std::mt19937 random(20260930);
  const std::vector<std::string> pieces = {
      ",",       "\n",       "\"", "\"\"", "x",    " ",        "\r\n", "\"a\"",
      "\"a,b\"", "\"a\nb\"", "1",  ",,",   "\n\n", "\"\"\"\"", "é",    "long text without anything in it, "};
  int read = 0;
  for (int round = 0; round < 1200; ++round) {
    const std::size_t columns = 1 + random() % 3;
    std::string text = columns == 1 ? "a\n" : columns == 2 ? "a,b\n" : "a,b,c\n";
    const bool wild = random() % 3 == 0;
    const std::size_t size = random() % 30;
    for (std::size_t i = 0; i < size; ++i) {
      if (wild) {
        text += pieces[random() % pieces.size()];
        continue;
      }
      for (std::size_t column = 0; column < columns; ++column) {
        static const std::vector<std::string> fields = {"",
                                                        "x",
                                                        "\"\"",
                                                        "\"a,b\"",
                                                        "\"q\"\"q\"",
                                                        "\"two\nlines\"",
                                                        "\"cr\r\nlf\"",
                                                        "a\"b",
                                                        "c\"\"d",
                                                        " \"sp\" ",
                                                        "\"\n\"",
                                                        "some longer field that fills a block of sixty-four bytes, or",
                                                        "ç"};
        std::string field = fields[random() % fields.size()];
        if (columns != 1 && column == 0 && field.starts_with(' ')) field = "x";
        if (column > 0) text += ",";
        text += field.starts_with("some") ? "\"" + field + "\"" : field;
      }
      text += random() % 20 == 0 ? "\n\n" : "\n";
    }
    if (random() % 4 == 0 && text.ends_with('\n')) text.pop_back();
    std::string unix_text;   // what DuckDB is asked: line ends alike, as the parts have them
    const auto whole = cut(text, 1LL << 40);
    for (const auto& entry : fs::directory_iterator(dir_ / "parts")) fs::remove(entry);
    if (!whole.rows) continue;
    if (text.find("\r\n") == std::string::npos || whole.texts.empty())
      unix_text = text;
    else
      unix_text = whole.texts[0];
    const auto want = duck_rows(unix_text, columns);
    if (!want) continue;
    ++read;
    ASSERT_EQ(*whole.rows, static_cast<std::int64_t>(want->size())) << testing::PrintToString(text);
    const auto parts = cut(text, 1 + static_cast<std::int64_t>(random() % 40));
    for (const auto& entry : fs::directory_iterator(dir_ / "parts")) fs::remove(entry);
    ASSERT_TRUE(parts.rows);
    if (round % 4 != 0) continue;
    std::vector<std::string> got;
    for (std::size_t i = 0; i < parts.parts.size(); ++i) {
      const auto rows = duck_rows(parts.texts[i], columns);
      ASSERT_TRUE(rows) << testing::PrintToString(parts.texts[i]);
      ASSERT_EQ(static_cast<std::int64_t>(rows->size()), parts.parts[i].rows) << testing::PrintToString(parts.texts[i]);
      got.insert(got.end(), rows->begin(), rows->end());
    }
    ASSERT_EQ(got, *want) << testing::PrintToString(text);
  }
  EXPECT_GT(read, 450);
}

TEST(CsvErrors, NameTheRowOfTheFile) {
  CsvPart part;
  part.first_row = 1'000'001;
  const Error error{ErrorKind::corrupt_data, "a.csv: CSV error on line 7: Expected Number of Columns: 2 Found: 3", "h"};
  const Error named = with_row_of_file(error, part);
  EXPECT_EQ(named.message, "a.csv: CSV error in row 1000006: Expected Number of Columns: 2 Found: 3");
  EXPECT_EQ(named.hint, "h");
  EXPECT_EQ(with_row_of_file({ErrorKind::io, "no such thing", ""}, part).message, "no such thing");
}

}  // namespace
}  // namespace centavo
