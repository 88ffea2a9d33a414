#include "flow/connect/source_files.h"

namespace centavo {
namespace {

TEST(Glob, StarsStayInAPartAndTwoStarsCrossThem) {
  const std::vector<std::tuple<const char*, const char*, bool>> cases = {
      {"a.csv", "**/*.csv", true},
      {"x/y/a.csv", "**/*.csv", true},
      {"x/a.csv.gz", "**/*.csv", false},
      {"x/a.csv.gz", "**/*.csv*", true},
      {"x/a.csv", "*.csv", true},
      {"x/a.csv", "x/*.csv", true},
      {"x/y/a.csv", "x/*.csv", false},
      {"x/y/a.csv", "x/**", true},
      {"x/y/a.csv", "x/**/a.csv", true},
      {"x/a.csv", "x/**/a.csv", true},
      {"y/x/a.csv", "x/**", false},
      {"purchases_1.json", "purchases*", true},
      {"in/purchases_1.json", "purchases*", true},
      {"a1.csv", "a[0-9].csv", true},
      {"ab.csv", "a[0-9].csv", false},
      {"ab.csv", "a[!0-9].csv", true},
      {"a?.csv", "a?.csv", true},
      {"a.csv", "a?.csv", false},
      {"", "*", true},
      {"a", "**", true},
      {"a[1].csv", "a[[]1].csv", true},
      {"a[.csv", "a[.csv", true},
      {"aaa", "*a*a*a*", true},
      {"aa", "*a*a*a*", false},
  };
  for (const auto& [path, pattern, fits] : cases) EXPECT_EQ(fits_glob(path, pattern), fits) << path << " " << pattern;
}

TEST(FileKind, IsToldByTheName) {
  const std::vector<std::tuple<const char*, const char*, const char*>> cases = {
      {"x/a.csv", "csv", ""},
      {"A.CSV.GZ", "csv", "gzip"},
      {"a.tsv.zst", "csv", "zstd"},
      {"a.zip", "csv", "zip"},
      {"a.json.zip", "json", "zip"},
      {"a.ndjson.gz", "jsonl", "gzip"},
      {"a.snappy.parquet", "parquet", ""},
      {"a.parquet.gz", "", "gzip"},
      {"a.csv.md5", "", ""},
      {".csv", "", ""},
      {"csv", "", ""},
      {"a", "", ""},
  };
  for (const auto& [path, format, compression] : cases) {
    const FileKind kind = kind_of_name(path);
    EXPECT_EQ(kind.format, format) << path;
    EXPECT_EQ(kind.compression, compression) << path;
  }
  EXPECT_EQ(ending_of(kind_of_name("a.tsv.zst")), "csv.zst");
}

}  // namespace
}  // namespace centavo
