#include "flow/generate/aws_delivery.h"

namespace centavo::generate {
namespace {

RowForm form_of(const Layout& layout, FileFormat format, duck::Database* engine) {
  RowForm form;
  RecordWriter header(form.header);
  std::string select, types;
  for (const auto& column : layout.columns()) {
    const std::string name = layout.csv_name(column);
    header.text(name);
    select += fmt::format("{}{} as {}", select.empty() ? "" : ", ", duck::name(name),
                          duck::name(layout.parquet_name(column)));
    types += fmt::format("{}{}: {}", types.empty() ? "" : ", ", duck::literal(name), duck::literal(column.parquet));
  }
  header.end();
  form.engine = engine;
  if (format == FileFormat::parquet) {
    form.select = fmt::format(
        "select {} from read_csv({{}}, header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', "
        "columns = {{{}}})",
        select, types);
  }
  return form;
}

}  // namespace

Delivery::Delivery(const AwsOptions& options, const Layout& layout, const Bill& bill, const Assembly& assembly,
                   const std::string& out_dir, duck::Database* engine, Pace& pace)
    : options_(options),
      layout_(layout),
      bill_(bill),
      assembly_(assembly),
      out_dir_(out_dir),
      pace_(pace),
      form_(form_of(layout, options.format, engine)) {}

Status Delivery::open_file() {
  files_.push_back(layout_.data_path(options_, bill_, assembly_, static_cast<int>(files_.size()) + 1));
  file_ = TRY(RowFile::create(fmt::format("{}/{}", out_dir_, files_.back()), form_));
  return {};
}

Status Delivery::close_file() {
  bytes_ += TRY(file_->close(pace_.cancel));
  file_.reset();
  return {};
}

Status Delivery::add(const Line& line) {
  if (!file_) TRY(open_file());
  layout_.append_row(file_->text(), bill_, line);
  truth_.add(line);
  TRY(file_->row_ended());
  if (file_->rows() == options_.rows_per_file) TRY(close_file());
  return pace_.row();
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
