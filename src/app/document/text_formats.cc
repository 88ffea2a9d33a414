#include <algorithm>

#include "app/document/export_formats.h"
#include "app/document/text.h"

namespace centavo::document {
namespace {

constexpr std::size_t kBufferBytes = 1 << 16;

// Says true when it is time to write on; fails when it is time to stop.
Result<bool> is_full(const std::string& text, const ExportOptions& options) {
  if (text.size() < kBufferBytes) return false;
  if (options.cancel != nullptr && options.cancel->requested())
    return fail(ErrorKind::cancelled, "the export was cancelled");
  return true;
}

// What a spreadsheet would take for a formula.
bool is_formula(std::string_view text) {
  return !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos;
}

template <class Field>
Status write_lines(TableRows& rows, Sink& sink, const ExportOptions& options, char separator, std::string text,
                   const Field& field) {
  const auto& columns = rows.columns();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) text += separator;
    append_csv_field(text, columns[i].name, separator);
  }
  text += "\r\n";
  while (TRY(rows.next())) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (i > 0) text += separator;
      if (const auto value = rows.value(i)) {
        field(text, *value, columns[i].type);
      } else if (columns.size() == 1) {
        text += "\"\"";   // an empty line would be skipped by readers
      }
    }
    text += "\r\n";
    if (!TRY(is_full(text, options))) continue;
    TRY(sink.write(text));
    text.clear();
  }
  return sink.write(text);
}

}  // namespace

Status write_csv(TableRows& rows, Sink& sink, const ExportOptions& options) {
  return write_lines(rows, sink, options, ',', {}, [](std::string& text, const std::string& value, const std::string&) {
    append_csv_field(text, value, ',');
  });
}

Status write_csvbr(TableRows& rows, Sink& sink, const ExportOptions& options) {
  const auto field = [](std::string& text, std::string value, const std::string& type) {
    const bool number = is_exact(type) || is_whole(type) || type == "DOUBLE" || type == "FLOAT";
    if (number) std::replace(value.begin(), value.end(), '.', ',');
    if (!number && is_formula(value)) value.insert(0, 1, '\'');
    append_csv_field(text, value, ';');
  };
  return write_lines(rows, sink, options, ';', "\xEF\xBB\xBF", field);
}

Status write_json_lines(TableRows& rows, Sink& sink, const ExportOptions& options) {
  const auto dump = [](const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); };
  const auto& columns = rows.columns();
  std::string text;
  while (TRY(rows.next())) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      text += (i == 0 ? "{" : ", ") + dump(columns[i].name) + ": ";
      const auto value = rows.value(i);
      const auto& type = columns[i].type;
      const bool nested = type.starts_with("MAP(") || type.starts_with("STRUCT(") || type.ends_with("[]");
      if (!value) {
        text += "null";
      } else if (type == "BOOLEAN" || nested || (is_whole(type) && digits_of(*value) <= 15)) {
        text += *value;   // JSON as it is
      } else {
        text += dump(*value);
      }
    }
    text += columns.empty() ? "{}\n" : "}\n";
    if (!TRY(is_full(text, options))) continue;
    TRY(sink.write(text));
    text.clear();
  }
  return sink.write(text);
}

}  // namespace centavo::document
