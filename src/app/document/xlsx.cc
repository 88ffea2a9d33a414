#include <xlsxwriter.h>

#include <cstdlib>
#include <memory>

#include "app/document/export_formats.h"

namespace centavo::document {
namespace {

constexpr std::int64_t kRowsMax = LXW_ROW_MAX - 1;   // under the headings
constexpr std::size_t kDigitsMax = 15;
constexpr std::size_t kNameMax = 31;

enum class Kind { text, whole, exact, day, time };

Kind kind_of(const std::string& type) {
  if (is_exact(type)) return Kind::exact;
  if (is_whole(type)) return Kind::whole;
  if (type == "DATE") return Kind::day;
  return type.starts_with("TIMESTAMP") ? Kind::time : Kind::text;
}

std::string sheet_name(const std::string& wanted) {
  std::string out;
  for (const char c : wanted) {
    const auto byte = static_cast<unsigned char>(c);
    out += std::string_view("[]:*?/\\'").find(c) != std::string_view::npos || byte < 0x20 || byte > 0x7E ? '_' : c;
  }
  return out.empty() ? "rows" : out.substr(0, kNameMax);
}

// One workbook, written row by row: the library keeps the row at hand only.
class Workbook {
 public:
  Workbook(TableRows& rows, const ExportOptions& options) : rows_(rows), options_(options) {}
  Workbook(const Workbook&) = delete;
  Workbook& operator=(const Workbook&) = delete;
  ~Workbook() {
    if (book_ != nullptr) workbook_close(book_);
  }

  Status write(const std::string& path) {
    std::string scratch = options_.scratch_folder;
    lxw_workbook_options how = {};
    how.constant_memory = LXW_TRUE;
    how.tmpdir = scratch.empty() ? nullptr : scratch.data();
    book_ = workbook_new_opt(path.c_str(), &how);
    if (book_ == nullptr) return fail(ErrorKind::io, "make a workbook in {}", path);
    make_formats();
    sheet_ = workbook_add_worksheet(book_, sheet_name(options_.about.title).c_str());
    if (sheet_ == nullptr) return fail(ErrorKind::internal, "a sheet named {}", options_.about.title);
    add_headings();
    TRY(add_rows());
    TRY(add_about());
    const lxw_error done = workbook_close(std::exchange(book_, nullptr));
    return checked(done, "write the workbook");
  }

 private:
  static Status checked(lxw_error error, std::string_view doing) {
    if (error == LXW_NO_ERROR) return {};
    return fail(error == LXW_ERROR_CREATING_TMPFILE ? ErrorKind::out_of_space : ErrorKind::io, "{}: {}", doing,
                lxw_strerror(error));
  }

  void make_formats() {
    bold_ = workbook_add_format(book_);
    format_set_bold(bold_);
    const auto numbered = [&](const char* picture) {
      lxw_format* const out = workbook_add_format(book_);
      format_set_num_format(out, picture);
      return out;
    };
    money_ = numbered("#,##0.00");
    whole_ = numbered("#,##0");
    day_ = numbered("yyyy-mm-dd");
    time_ = numbered("yyyy-mm-dd hh:mm:ss");
  }

  void add_headings() {
    const auto& columns = rows_.columns();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      kinds_.push_back(kind_of(columns[i].type));
      const double width = kinds_[i] == Kind::text ? 24 : 16;
      worksheet_set_column(sheet_, column(i), column(i), width, nullptr);
      worksheet_write_string(sheet_, 0, column(i), columns[i].name.c_str(), bold_);
    }
    // A number of a sheet holds 15 digits: what has more stands beside it as text, to the last digit.
    std::size_t next = columns.size();
    exact_.assign(columns.size(), 0);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (kinds_[i] != Kind::exact || !rows_.may_be_long(i)) continue;
      exact_[i] = next++;
      worksheet_set_column(sheet_, column(exact_[i]), column(exact_[i]), 28, nullptr);
      worksheet_write_string(sheet_, 0, column(exact_[i]), (columns[i].name + " (exact)").c_str(), bold_);
    }
    worksheet_freeze_panes(sheet_, 1, 0);
  }

  static lxw_col_t column(std::size_t at) { return static_cast<lxw_col_t>(at); }

  Status add_rows() {
    std::int64_t count = 0;
    while (TRY(rows_.next())) {
      if (++count > kRowsMax) {
        return fail_hint("ask for less, or take CSV or Parquet", ErrorKind::over_limit,
                         "a sheet has no room for more than {} rows", kRowsMax);
      }
      if (options_.cancel != nullptr && count % 1024 == 0 && options_.cancel->requested())
        return fail(ErrorKind::cancelled, "the export was cancelled");
      for (std::size_t i = 0; i < kinds_.size(); ++i) {
        if (const auto value = rows_.value(i)) TRY(add(static_cast<lxw_row_t>(count), i, *value));
      }
    }
    return {};
  }

  Status add(lxw_row_t row, std::size_t at, const std::string& text) {
    switch (kinds_[at]) {
      case Kind::exact:
        if (digits_of(text) > kDigitsMax && exact_[at] != 0)
          TRY(checked(worksheet_write_string(sheet_, row, column(exact_[at]), text.c_str(), nullptr), "write a cell"));
        return checked(worksheet_write_number(sheet_, row, column(at), std::strtod(text.c_str(), nullptr), money_),
                       "write a cell");
      case Kind::whole:
        if (digits_of(text) > kDigitsMax) break;
        return checked(worksheet_write_number(sheet_, row, column(at), std::strtod(text.c_str(), nullptr), whole_),
                       "write a cell");
      case Kind::day:
      case Kind::time:
        if (auto time = date_in(text))
          return checked(
              worksheet_write_datetime(sheet_, row, column(at), &*time, kinds_[at] == Kind::day ? day_ : time_),
              "write a cell");
        break;
      case Kind::text: break;
    }
    const lxw_error done = worksheet_write_string(sheet_, row, column(at), text.c_str(), nullptr);
    if (done == LXW_ERROR_MAX_STRING_LENGTH_EXCEEDED) {
      return fail_hint("take CSV or Parquet", ErrorKind::over_limit,
                       "{} of row {} is longer than a cell holds (32,767 characters)", rows_.columns()[at].name, row);
    }
    return checked(done, "write a cell");
  }

  // Days before 1900 are none in a sheet.
  static std::optional<lxw_datetime> date_in(const std::string& text) {
    lxw_datetime out = {};
    const int read = std::sscanf(text.c_str(), "%4d-%2d-%2d%*1[ T]%2d:%2d:%lf", &out.year, &out.month, &out.day,
                                 &out.hour, &out.min, &out.sec);
    if (read < 3 || out.year < 1901 || out.year > 9998) return std::nullopt;
    return out;
  }

  Status add_about() {
    lxw_worksheet* const about = workbook_add_worksheet(book_, "About");
    if (about == nullptr) return fail(ErrorKind::internal, "a second sheet");
    worksheet_set_column(about, 0, 0, 24, nullptr);
    worksheet_set_column(about, 1, 1, 80, nullptr);
    lxw_row_t row = 0;
    for (const auto& [key, value] : options_.about.lines) {
      TRY(checked(worksheet_write_string(about, row, 0, key.c_str(), bold_), "write a cell"));
      TRY(checked(worksheet_write_string(about, row, 1, value.substr(0, 8000).c_str(), nullptr), "write a cell"));
      ++row;
    }
    return {};
  }

  TableRows& rows_;
  const ExportOptions& options_;
  lxw_workbook* book_ = nullptr;
  lxw_worksheet* sheet_ = nullptr;
  lxw_format *bold_ = nullptr, *money_ = nullptr, *whole_ = nullptr, *day_ = nullptr, *time_ = nullptr;
  std::vector<Kind> kinds_;
  std::vector<std::size_t> exact_;   // column of the exact text; 0: none
};

}  // namespace

Status write_xlsx(TableRows& rows, Sink& sink, const ExportOptions& options) {
  const auto file = TRY(ScratchFile::make(options.scratch_folder, "xlsx"));
  {
    Workbook book(rows, options);
    TRY(book.write(file.path()));
  }
  return file.pour(sink, options.cancel);
}

}  // namespace centavo::document
