#include "flow/generate/row_file.h"

#include <filesystem>

namespace centavo::generate {
namespace {

constexpr std::size_t kBufferBytes = 1 << 18;
constexpr std::int64_t kPaceRows = 1 << 14;

}  // namespace

Status Pace::row() {
  if (++rows_done % kPaceRows != 0) return {};
  if (cancel != nullptr && cancel->requested()) return fail(ErrorKind::cancelled, "generate: stopped");
  if (progress) progress(rows_done, rows_total);
  return {};
}

RowFile::RowFile(std::string path, const RowForm& form, OutputFile file)
    : path_(std::move(path)), form_(&form), file_(std::move(file)), text_(form.header) {
  text_.reserve(kBufferBytes + (1 << 14));
}

Result<RowFile> RowFile::create(std::string path, const RowForm& form) {
  const bool parquet = !form.select.empty();
  OutputFile file = TRY(OutputFile::create(parquet ? path + ".rows" : path, !parquet));
  return RowFile(std::move(path), form, std::move(file));
}

Status RowFile::row_ended() {
  ++rows_;
  if (text_.size() < kBufferBytes) return {};
  TRY(file_.write(text_));
  text_.clear();
  return {};
}

Result<std::int64_t> RowFile::close(const Cancel* cancel) {
  TRY(file_.write(text_));
  text_.clear();
  const std::int64_t bytes = TRY(file_.close());
  if (form_->select.empty()) return bytes;
  duck::Connection connection = TRY(form_->engine->connect());
  connection.watch(cancel);
  std::string select = form_->select;
  select.replace(select.find("{}"), 2, duck::literal(path_ + ".rows"));
  const Status written =
      connection.run(fmt::format("copy ({}) to {} (format parquet, compression snappy)", select, duck::literal(path_)));
  std::error_code code;
  std::filesystem::remove(path_ + ".rows", code);
  TRY(Status(written));
  const auto size = std::filesystem::file_size(path_, code);
  if (code) return fail(ErrorKind::io, "read the size of {}: {}", path_, code.message());
  return static_cast<std::int64_t>(size);
}

}  // namespace centavo::generate
