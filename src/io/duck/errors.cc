#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>

#include "io/duck/raw.h"

namespace centavo::duck {
namespace {

struct Prefix {
  std::string_view text;
  ErrorKind kind;
};

// The first words of DuckDB's messages. Source: duckdb/duckdb src/common/exception.cpp, EXCEPTION_MAP.
constexpr Prefix kPrefixes[] = {
    {"Parser Error: ", ErrorKind::invalid_argument},
    {"Syntax Error: ", ErrorKind::invalid_argument},
    {"Binder Error: ", ErrorKind::invalid_argument},
    {"Catalog Error: ", ErrorKind::invalid_argument},
    {"Planner Error: ", ErrorKind::invalid_argument},
    {"Expression Error: ", ErrorKind::invalid_argument},
    {"Parameter Not Resolved Error: ", ErrorKind::invalid_argument},
    {"Parameter Not Allowed Error: ", ErrorKind::invalid_argument},
    {"Settings Error: ", ErrorKind::invalid_argument},
    {"Invalid Configuration Error: ", ErrorKind::invalid_argument},
    {"Dependency Error: ", ErrorKind::invalid_argument},
    {"Conversion Error: ", ErrorKind::corrupt_data},
    {"Invalid Input Error: ", ErrorKind::corrupt_data},
    {"Invalid Error: ", ErrorKind::corrupt_data},
    {"Invalid type Error: ", ErrorKind::corrupt_data},
    {"Mismatch Type Error: ", ErrorKind::corrupt_data},
    {"Unknown Type Error: ", ErrorKind::corrupt_data},
    {"Out of Range Error: ", ErrorKind::corrupt_data},
    {"Decimal Error: ", ErrorKind::corrupt_data},
    {"Divide by Zero Error: ", ErrorKind::corrupt_data},
    {"Serialization Error: ", ErrorKind::corrupt_data},
    {"Sequence Error: ", ErrorKind::corrupt_data},
    {"Constraint Error: ", ErrorKind::check_failed},
    {"TransactionContext Error: ", ErrorKind::conflict},
    {"IO Error: ", ErrorKind::io},
    {"HTTP Error: ", ErrorKind::io},
    {"Network Error: ", ErrorKind::io},
    {"Connection Error: ", ErrorKind::io},
    {"Permission Error: ", ErrorKind::permission_denied},
    {"Out of Memory Error: ", ErrorKind::out_of_space},
    {"Object Size Error: ", ErrorKind::out_of_space},
    {"Not implemented Error: ", ErrorKind::unsupported},
    {"Missing Extension Error: ", ErrorKind::unsupported},
    {"Extension Autoloading Error: ", ErrorKind::unsupported},
    {"INTERRUPT Error: ", ErrorKind::cancelled},
    {"FATAL Error: ", ErrorKind::internal},
    {"INTERNAL Error: ", ErrorKind::internal},
};

struct Phrase {
  ErrorKind from;
  std::string_view text;
  ErrorKind to;
};

// Words inside a message that say more than its prefix.
constexpr Phrase kPhrases[] = {
    {ErrorKind::io, "No space left", ErrorKind::out_of_space},
    {ErrorKind::io, "Disk quota exceeded", ErrorKind::out_of_space},
    {ErrorKind::io, "Permission denied", ErrorKind::permission_denied},
    {ErrorKind::io, "Operation not permitted", ErrorKind::permission_denied},
    {ErrorKind::io, "Read-only file system", ErrorKind::permission_denied},
    {ErrorKind::io, "Could not set lock on file", ErrorKind::busy},
    {ErrorKind::io, "No files found that match", ErrorKind::not_found},
    {ErrorKind::io, "No such file or directory", ErrorKind::not_found},
    {ErrorKind::corrupt_data, "configuration has been locked", ErrorKind::permission_denied},
    {ErrorKind::corrupt_data, "prepared statement parameters", ErrorKind::invalid_argument},
};

constexpr std::string_view kMemoryHint =
    "raise the memory limit, or set a temporary directory on a disk with room so that it can spill";

// Cuts `text` at the first `mark` and returns what followed it, without the mark.
std::string_view cut_at(std::string_view& text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return {};
  const std::string_view tail = text.substr(at + mark.size());
  text = text.substr(0, at);
  return tail;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

std::string_view line_of(std::string_view sql, std::size_t number) {
  for (; number > 1; --number) {
    const std::size_t end = sql.find('\n');
    if (end == std::string_view::npos) return {};
    sql.remove_prefix(end + 1);
  }
  return sql.substr(0, sql.find('\n'));
}

// Characters, not bytes.
std::size_t length_of(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// `tail` is what follows "LINE " in the message: "3:   foo from\n          ^".
std::optional<std::string> place_of(std::string_view tail, std::string_view sql) {
  std::size_t number = 0;
  std::size_t digits = 0;
  while (digits < tail.size() && digits < 9 && std::isdigit(static_cast<unsigned char>(tail[digits]))) {
    number = number * 10 + static_cast<std::size_t>(tail[digits++] - '0');
  }
  if (digits == 0 || !tail.substr(digits).starts_with(": ")) return std::nullopt;
  const std::size_t end = tail.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view shown = tail.substr(digits + 2, end - digits - 2);
  const std::size_t caret = tail.find('^', end);
  const std::size_t before = std::string_view("LINE : ").size() + digits;
  if (caret == std::string_view::npos || caret < end + 1 + before) return fmt::format("line {}", number);
  std::size_t column = caret - end - 1 - before;
  if (shown.starts_with("...")) {
    shown.remove_prefix(3);
    if (shown.ends_with("...")) shown.remove_suffix(3);
    const std::string_view line = line_of(sql, number);
    const std::size_t at = line.find(shown);
    if (at == std::string_view::npos || column < 3) return fmt::format("line {}", number);
    column = column - 3 + length_of(line.substr(0, at));
  }
  return fmt::format("line {}, column {}", number, column + 1);
}

// All on one line, runs of blanks as one.
std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : trimmed(text)) {
    const bool blank = c == ' ' || c == '\n' || c == '\t';
    if (blank && out.back() == ' ') continue;
    out += blank ? ' ' : c;
  }
  return out;
}

std::string hint_of(std::string_view& message) {
  if (std::string_view tail = trimmed(cut_at(message, "Did you mean")); !tail.empty()) {
    if (tail[0] == ':') tail.remove_prefix(1);
    return fmt::format("did you mean {}", trimmed(tail.substr(0, tail.find('\n'))));
  }
  for (const std::string_view mark : {"Candidate bindings: ", "Candidate functions:", "Candidate macros:"}) {
    std::string_view tail = trimmed(cut_at(message, mark));
    if (tail.empty()) continue;
    std::string choices;
    for (int count = 0; !tail.empty() && count < 6; ++count) {
      const std::string_view choice = trimmed(tail.substr(0, tail.find('\n')));
      tail.remove_prefix(std::min(tail.find('\n'), tail.size() - 1) + 1);
      if (!choice.empty()) choices += fmt::format("{}{}", choices.empty() ? "" : ", ", choice);
    }
    return fmt::format("there is {}", choices);
  }
  return {};
}

// DuckDB repeats the line of a CSV file, where people's data may stand: its number and what is wrong with it will do.
std::optional<std::string> csv_fault_of(std::string_view message) {
  constexpr std::string_view kStart = "CSV Error on Line: ";
  constexpr std::string_view kReasons[] = {"\nExpected Number of Columns: ", "\nValue with unterminated quote found",
                                           "\nMaximum line size", "\nInvalid unicode"};
  if (!message.starts_with(kStart)) return std::nullopt;
  message.remove_prefix(kStart.size());
  const std::string_view number = message.substr(0, message.find_first_not_of("0123456789"));
  message = message.substr(0, message.rfind("\nPossible "));
  for (const std::string_view reason : kReasons) {
    const std::size_t at = message.rfind(reason);
    if (at == std::string_view::npos) continue;
    const std::string_view tail = message.substr(at + 1);
    return fmt::format("CSV error on line {}: {}", number, trimmed(tail.substr(0, tail.find('\n'))));
  }
  return fmt::format("CSV error on line {}: it cannot be read", number);
}

// "Malformed JSON in file "…", at byte 8 in line 3: why. ": whoever asked knows the file, and DuckDB counts the values
// that are not blank from 2, whatever it calls them.
std::optional<std::string> json_fault_of(std::string_view message) {
  constexpr std::string_view kStart = "Malformed JSON in file ";
  constexpr std::string_view kByte = "\", at byte ";
  if (!message.starts_with(kStart)) return std::nullopt;
  message = message.substr(0, message.find('\n'));
  message.remove_prefix(std::min(message.find(kByte) + kByte.size(), message.size()));
  const std::string_view byte = message.substr(0, message.find_first_not_of("0123456789"));
  const std::string_view reason = trimmed(cut_at(message, ": "));
  std::int64_t number = 0;
  const std::string_view digits = message.substr(message.rfind(' ') + 1);
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (byte.empty() || reason.empty() || fault != std::errc() || end != digits.data() + digits.size() || number < 2)
    return "malformed JSON";
  return fmt::format("row {}, byte {}: malformed JSON, {}", number - 1, byte,
                     reason.ends_with('.') ? reason.substr(0, reason.size() - 1) : reason);
}

}  // namespace

Error error_of(std::string_view message, std::string_view sql) {
  Error error;
  for (const Prefix& prefix : kPrefixes) {
    if (!message.starts_with(prefix.text)) continue;
    error.kind = prefix.kind;
    message.remove_prefix(prefix.text.size());
    break;
  }
  for (const Phrase& phrase : kPhrases) {
    if (phrase.from != error.kind || message.find(phrase.text) == std::string_view::npos) continue;
    error.kind = phrase.to;
    break;
  }
  if (error.kind == ErrorKind::cancelled) return {error.kind, "the query was interrupted", {}};
  if (auto fault = csv_fault_of(message)) return {error.kind, std::move(*fault), {}};
  if (auto fault = json_fault_of(message)) return {error.kind, std::move(*fault), {}};
  const auto place = place_of(cut_at(message, "\nLINE "), sql);
  cut_at(message, "\nStack Trace");
  cut_at(message, "\nPossible solutions");
  error.hint = hint_of(message);
  if (error.kind == ErrorKind::out_of_space && error.hint.empty()) error.hint = kMemoryHint;
  error.message = one_line(message);
  if (place) error.message = fmt::format("{}: {}", *place, error.message);
  return error;
}

}  // namespace centavo::duck
