#include <cstdio>

#include "app/document/export_formats.h"

namespace centavo::document {
namespace {

constexpr std::int64_t kMemoryBytes = std::int64_t{512} << 20;

// Rows as text that the engine reads back by their types, exactly.
class FileSink : public Sink {
 public:
  explicit FileSink(const std::string& path) : path_(path), file_(std::fopen(path.c_str(), "wb")) {}
  ~FileSink() override {
    if (file_ != nullptr) std::fclose(file_);
  }
  Status write(std::string_view bytes) override {
    if (file_ != nullptr && std::fwrite(bytes.data(), 1, bytes.size(), file_) == bytes.size()) return {};
    return fail(ErrorKind::out_of_space, "write {}", path_);
  }
  Status close() {
    const bool whole = file_ != nullptr && std::fclose(std::exchange(file_, nullptr)) == 0;
    return whole ? Status() : fail(ErrorKind::out_of_space, "write {}", path_);
  }

 private:
  std::string path_;
  std::FILE* file_;
};

// What text cannot be read back into stays text.
std::string stored_type(const std::string& type) {
  const bool plain = is_exact(type) || is_whole(type) || type == "DATE" || type == "BOOLEAN" || type == "DOUBLE" ||
                     type == "FLOAT" || type.starts_with("TIMESTAMP");
  return plain ? type : "VARCHAR";
}

}  // namespace

Status write_parquet(TableRows& rows, Sink& sink, const ExportOptions& options) {
  const auto text = TRY(ScratchFile::make(options.scratch_folder, "csv"));
  const auto file = TRY(ScratchFile::make(options.scratch_folder, "parquet"));
  FileSink between(text.path());
  TRY(write_csv(rows, between, options));
  TRY(between.close());
  std::string types, names;
  for (std::size_t i = 0; i < rows.columns().size(); ++i) {
    const auto& column = rows.columns()[i];
    const std::string by_place = fmt::format("c{}", i);
    types += fmt::format("{}'{}': {}", i == 0 ? "" : ", ", by_place, duck::literal(stored_type(column.type)));
    names += fmt::format("{}{} as {}", i == 0 ? "" : ", ", by_place, duck::name(column.name));
  }
  duck::Options engine;
  engine.memory_limit_bytes = kMemoryBytes;
  engine.threads = 1;
  auto database = TRY(duck::Database::open(engine));
  auto connection = TRY(database.connect());
  connection.watch(options.cancel);
  TRY(connection.run(fmt::format(
      "copy (select {} from read_csv({}, header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', "
      "nullstr = '', allow_quoted_nulls = {}, max_line_size = 8388608, columns = {{{}}})) to {} (format parquet, "
      "compression zstd)",
      names, duck::path_list({text.path()}), rows.columns().size() == 1 ? "true" : "false", types,
      duck::literal(file.path()))));
  return file.pour(sink, options.cancel);
}

}  // namespace centavo::document
