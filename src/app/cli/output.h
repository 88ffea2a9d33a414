#pragma once
/// \file app/cli/output.h
/// What a command says: results to standard output (tables for people, JSON for programs), notes and errors to standard
/// error.

#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli/text_table.h"
#include "app/document/text.h"
#include "base/json.h"
#include "base/result.h"

namespace centavo::cli {

enum class ColorWhen { automatic, always, never };

/// How a list shows one member of its objects to people.
struct ListColumn {
  std::string key;
  std::string title;  ///< "": the key
  Align align = Align::left;
  std::function<std::string(const OrderedJson&)> show;  ///< empty: text as it is, whole numbers grouped
  std::function<Tone(const OrderedJson&)> tone;
  std::size_t width_max = 0;
  bool optional = false;  ///< left out when it is empty in every row
};

/// Does not own the streams. Not thread-safe: callers on several threads take turns.
class Output {
 public:
  Output(std::FILE* out, std::FILE* err);
  /// Colours are for terminals, unless `when` says so; NO_COLOR and TERM=dumb turn them off.
  void set_modes(bool json, bool quiet, ColorWhen when);

  bool json() const { return json_; }
  bool quiet() const { return quiet_; }
  bool out_color() const { return out_color_; }
  bool err_is_terminal() const { return err_is_terminal_; }
  /// Columns of the terminal on standard error.
  std::size_t err_width() const;

  /// Called before anything is written, to take a progress line away.
  void before_writing(std::function<void()> hook) { hook_ = std::move(hook); }

  /// Bytes to standard output. False when nobody reads it any more or it cannot be written; `finish` says why.
  bool write(std::string_view bytes);
  bool line(std::string_view text = {});
  /// A line for people only: nothing under --json.
  template <class... Args>
  void say(fmt::format_string<Args...> format, Args&&... args) {
    if (!json_) line(fmt::format(format, std::forward<Args>(args)...));
  }
  /// A line on standard error, silenced by --quiet.
  template <class... Args>
  void note(fmt::format_string<Args...> format, Args&&... args) {
    if (!quiet_) err_line(fmt::format(format, std::forward<Args>(args)...));
  }
  void err_line(std::string_view text);
  /// Bytes to standard error without a line end; for the progress line.
  void err_raw(std::string_view bytes);

  std::string styled(std::string_view text, Tone tone) const { return toned(text, tone, out_color_); }

  /// Objects as an aligned table of `columns`, or under --json as an array of whole objects. `none`: said instead of an
  /// empty table.
  void list(const std::vector<OrderedJson>& objects, const std::vector<ListColumn>& columns, std::string_view none);
  /// One object: a member a line, or JSON.
  void object(const OrderedJson& object);
  void json_document(const OrderedJson& document);

  /// "centavo: message" and "  hint: …"; under --json {"error":{"kind","message","hint"}}.
  void error(const Error& error);

  /// Flushes. An error when the output could not be written; a reader that left early (`| head`) is none.
  Status finish();
  /// True when nothing more can be written: the reader left, or the disk is full.
  bool broken() const { return reader_left_ || write_error_ != 0; }

 private:
  std::FILE* out_;
  std::FILE* err_;
  bool json_ = false, quiet_ = false, out_color_ = false, err_color_ = false, err_is_terminal_ = false;
  bool reader_left_ = false;
  int write_error_ = 0;
  std::function<void()> hook_;
};

using document::money_text;
using document::plain_text;
using document::time_json;
using document::time_text;

// For ListColumn: how to show, and how to colour.
std::string show_time(const OrderedJson& value);
std::string show_bytes(const OrderedJson& value);
std::string show_money(const OrderedJson& value);
std::string show_seconds(const OrderedJson& value);
/// 36.0 as "36", 0.5 as "0.5".
std::string show_hours(const OrderedJson& value);
/// ["a", "b"] as "a, b".
std::string show_words(const OrderedJson& value);
/// done, passed, OK: good; failed, BREACH: bad; warned, skipped, cancelled: warning.
Tone state_tone(const OrderedJson& value);

}  // namespace centavo::cli
