#pragma once
/// \file flow/generate/record_writer.h
/// One record of a CSV file.

#include <string>
#include <string_view>

#include "flow/generate/amount.h"

namespace centavo::generate {

/// "a ""b""" for text that CSV must quote, else the text itself.
std::string csv_field(std::string_view text);

/// Writes fields of one record: commas are put in front of all but the first.
class RecordWriter {
 public:
  explicit RecordWriter(std::string& out) : out_(out) {}
  RecordWriter& text(std::string_view value) {
    comma();
    out_.append(value);
    return *this;
  }
  RecordWriter& amount(Amount value) {
    comma();
    if (value != kNone) append(out_, value);
    return *this;
  }
  /// `count` empty fields.
  RecordWriter& empty(int count) {
    for (; count > 0; --count) comma();
    return *this;
  }
  void end() { out_ += '\n'; }

 private:
  void comma() {
    if (!first_) out_ += ',';
    first_ = false;
  }
  std::string& out_;
  bool first_ = true;
};

}  // namespace centavo::generate
