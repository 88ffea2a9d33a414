#include "flow/generate/aws_delivery.h"

#include <filesystem>

namespace centavo::generate {
namespace {

constexpr std::size_t kBufferBytes = 1 << 18;
constexpr std::int64_t kPaceRows = 1 << 14;

}  // namespace

Delivery::Delivery(const AwsOptions& options, const Layout& layout, const Bill& bill, const Assembly& assembly,
                   const std::string& out_dir, duck::Database* engine, Pace& pace)
    : options_(options),
      layout_(layout),
      bill_(bill),
      assembly_(assembly),
      out_dir_(out_dir),
      engine_(engine),
      pace_(pace) {
  RecordWriter header(header_);
  for (const auto& column : layout_.columns()) header.text(layout_.csv_name(column));
  header.end();
  buffer_.reserve(kBufferBytes + (1 << 14));
}

Status Delivery::open_file() {
  files_.push_back(layout_.data_path(options_, bill_, assembly_, static_cast<int>(files_.size()) + 1));
  const bool parquet = options_.format == FileFormat::parquet;
  const std::string path = fmt::format("{}/{}{}", out_dir_, files_.back(), parquet ? ".csv" : "");
  file_ = TRY(OutputFile::create(path, !parquet));
  rows_in_file_ = 0;
  buffer_ = header_;
  return {};
}

Status Delivery::close_file() {
  TRY(file_->write(buffer_));
  buffer_.clear();
  const std::int64_t bytes = TRY(file_->close());
  file_.reset();
  if (options_.format == FileFormat::csv_gz) {
    bytes_ += bytes;
    return {};
  }
  const std::string path = fmt::format("{}/{}", out_dir_, files_.back());
  const Status written = to_parquet(path + ".csv", path);
  std::error_code ignored;
  std::filesystem::remove(path + ".csv", ignored);
  TRY(Status(written));
  std::error_code code;
  bytes_ += static_cast<std::int64_t>(std::filesystem::file_size(path, code));
  return {};
}

Status Delivery::to_parquet(const std::string& csv_path, const std::string& parquet_path) {
  std::string select, types;
  for (const auto& column : layout_.columns()) {
    const std::string name = layout_.csv_name(column);
    select += fmt::format("{}{} as {}", select.empty() ? "" : ", ", duck::name(name),
                          duck::name(layout_.parquet_name(column)));
    types += fmt::format("{}{}: {}", types.empty() ? "" : ", ", duck::literal(name), duck::literal(column.parquet));
  }
  duck::Connection connection = TRY(engine_->connect());
  connection.watch(pace_.cancel);
  return connection.run(fmt::format(
      "copy (select {} from read_csv({}, header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', "
      "columns = {{{}}})) to {} (format parquet, compression snappy)",
      select, duck::literal(csv_path), types, duck::literal(parquet_path)));
}

Status Delivery::add(const Line& line) {
  if (!file_) TRY(open_file());
  layout_.append_row(buffer_, bill_, line);
  truth_.add(line);
  if (buffer_.size() >= kBufferBytes) {
    TRY(file_->write(buffer_));
    buffer_.clear();
  }
  if (++rows_in_file_ == options_.rows_per_file) TRY(close_file());
  if (++pace_.rows_done % kPaceRows == 0) {
    if (pace_.cancel != nullptr && pace_.cancel->requested()) return fail(ErrorKind::cancelled, "generate: stopped");
    if (pace_.progress) pace_.progress(pace_.rows_done, pace_.rows_total);
  }
  return {};
}

Status Delivery::close() {
  if (!file_ && files_.empty()) TRY(open_file());
  if (file_) TRY(close_file());
  for (const auto& manifest : layout_.manifests(options_, bill_, assembly_, files_)) {
    TRY(write_file(fmt::format("{}/{}", out_dir_, manifest.path), manifest.text));
  }
  return {};
}

}  // namespace centavo::generate
