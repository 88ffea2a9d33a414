#include "app/cli/output.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/decimal.h"

namespace centavo::cli {
namespace {

bool is_set(const char* variable) {
  const char* const value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

bool wants_color(std::FILE* stream, ColorWhen when) {
  if (when != ColorWhen::automatic) return when == ColorWhen::always;
  const char* const terminal = std::getenv("TERM");
  if (is_set("NO_COLOR") || (terminal != nullptr && std::strcmp(terminal, "dumb") == 0)) return false;
  return isatty(fileno(stream)) == 1;
}

TextCell cell_of(const ListColumn& column, const OrderedJson& object) {
  const auto found = object.find(column.key);
  const OrderedJson value = found == object.end() ? OrderedJson() : *found;
  std::string text = column.show ? column.show(value) : plain_text(value);
  if (!column.show && value.is_number_integer()) text = grouped(text);
  return {printable(text), column.tone ? column.tone(value) : Tone::plain};
}

}  // namespace

Output::Output(std::FILE* out, std::FILE* err) : out_(out), err_(err), err_is_terminal_(isatty(fileno(err)) == 1) {}

void Output::set_modes(bool json, bool quiet, ColorWhen when) {
  json_ = json;
  quiet_ = quiet;
  out_color_ = !json && wants_color(out_, when);
  err_color_ = !json && wants_color(err_, when);
}

std::size_t Output::err_width() const {
  winsize size{};
  if (ioctl(fileno(err_), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

bool Output::write(std::string_view bytes) {
  if (reader_left_ || write_error_ != 0) return false;
  if (hook_) hook_();
  if (std::fwrite(bytes.data(), 1, bytes.size(), out_) == bytes.size()) return true;
  reader_left_ = errno == EPIPE;
  if (!reader_left_) write_error_ = errno == 0 ? EIO : errno;
  return false;
}

bool Output::line(std::string_view text) { return write(fmt::format("{}\n", text)); }

void Output::err_line(std::string_view text) {
  if (hook_) hook_();
  err_raw(fmt::format("{}\n", text));
}

void Output::err_raw(std::string_view bytes) {
  std::fflush(out_);
  std::fwrite(bytes.data(), 1, bytes.size(), err_);
  std::fflush(err_);
}

void Output::list(const std::vector<OrderedJson>& objects, const std::vector<ListColumn>& columns,
                  std::string_view none) {
  if (json_) {
    std::string text = "[";
    for (std::size_t i = 0; i < objects.size(); ++i) text += (i == 0 ? "\n  " : ",\n  ") + objects[i].dump();
    line(text + (objects.empty() ? "]" : "\n]"));
    return;
  }
  if (objects.empty()) {
    if (!none.empty()) note("{}", none);
    return;
  }
  std::vector<TextColumn> heads;
  std::vector<std::vector<TextCell>> rows(objects.size());
  for (const ListColumn& column : columns) {
    std::vector<TextCell> cells;
    for (const OrderedJson& object : objects) cells.push_back(cell_of(column, object));
    if (column.optional &&
        std::all_of(cells.begin(), cells.end(), [](const TextCell& cell) { return cell.text.empty(); }))
      continue;
    heads.push_back({column.title.empty() ? column.key : column.title, column.align, column.width_max});
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].push_back(std::move(cells[i]));
  }
  TextTable table(std::move(heads), out_color_);
  table.fit(rows);
  line(table.head());
  for (const auto& row : rows) line(table.row(row));
}

void Output::object(const OrderedJson& object) {
  if (json_) return json_document(object);
  std::size_t width = 0;
  for (const auto& [key, value] : object.items()) width = std::max(width, width_of(key));
  for (const auto& [key, value] : object.items()) {
    line(fmt::format("{}{}  {}", styled(key, Tone::strong), std::string(width - width_of(key), ' '),
                     printable(plain_text(value))));
  }
}

void Output::json_document(const OrderedJson& document) {
  line(document.dump(2, ' ', false, OrderedJson::error_handler_t::replace));
}

void Output::error(const Error& error) {
  if (json_) {
    const OrderedJson document = {
        {"error", {{"kind", name_of(error.kind)}, {"message", error.message}, {"hint", error.hint}}}};
    return err_line(document.dump(-1, ' ', false, OrderedJson::error_handler_t::replace));
  }
  err_line(fmt::format("{} {}", toned("centavo:", Tone::bad, err_color_), error.message));
  if (!error.hint.empty()) err_line(fmt::format("  {} {}", toned("hint:", Tone::strong, err_color_), error.hint));
}

Status Output::finish() {
  if (hook_) hook_();
  if (std::fflush(out_) != 0 && !reader_left_ && write_error_ == 0) {
    reader_left_ = errno == EPIPE;
    if (!reader_left_) write_error_ = errno;
  }
  if (write_error_ == 0) return {};
  return fail(write_error_ == ENOSPC ? ErrorKind::out_of_space : ErrorKind::io, "write to standard output: {}",
              std::strerror(write_error_));
}

std::string show_time(const OrderedJson& value) {
  if (!value.is_string()) return {};
  const auto time = parse_iso_time(value.get<std::string>());
  return time ? time_text(*time) : value.get<std::string>();
}

std::string show_bytes(const OrderedJson& value) {
  return value.is_number_integer() ? bytes_text(value.get<std::int64_t>()) : std::string();
}

std::string show_money(const OrderedJson& value) { return money_text(plain_text(value)); }

std::string show_seconds(const OrderedJson& value) {
  return value.is_number() ? duration_text(value.get<double>()) : std::string();
}

std::string show_hours(const OrderedJson& value) {
  return value.is_number() ? fmt::format("{:g}", value.get<double>()) : std::string();
}

std::string show_words(const OrderedJson& value) {
  std::string text;
  for (const OrderedJson& word : value) text += (text.empty() ? "" : ", ") + plain_text(word);
  return text;
}

Tone state_tone(const OrderedJson& value) {
  const std::string state = plain_text(value);
  for (const std::string_view good : {"done", "passed", "OK", "holds", "enabled"}) {
    if (state == good) return Tone::good;
  }
  for (const std::string_view bad : {"failed", "BREACH", "DIFFERS", "no"}) {
    if (state == bad) return Tone::bad;
  }
  for (const std::string_view warning :
       {"warned", "quarantined", "skipped", "cancelled", "running", "never", "disabled", "not proven"}) {
    if (state == warning) return Tone::warning;
  }
  return Tone::plain;
}

}  // namespace centavo::cli
