#pragma once
/// \file flow/connect/json_numbers.h
/// JSON numbers that keep their digits. DuckDB's reader makes every number with a fraction a double: of
/// 0.123456789012345678 it keeps 16 digits. Numbers of more digits than a double holds are put in quotes before it
/// reads them, and come out as the text that was delivered.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/cancel.h"
#include "base/result.h"
#include "flow/connect/inflate.h"

namespace centavo {

/// Every decimal of so many digits survives a double.
inline constexpr std::int64_t kDigitsOfDouble = 15;

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Copies JSON text and puts quotes around numbers of more than kDigitsOfDouble digits. Text may come in pieces of any
/// size.
class NumberQuoter {
 public:
  /// Appends to `out` what is certain after these bytes.
  void take(std::string_view bytes, std::string& out);
  /// Appends what is left when the text ends.
  void end(std::string& out);
  std::int64_t quoted() const { return quoted_; }

 private:
  void end_number(std::string& out);

  std::string number_;  // the one that is being read
  bool in_text_ = false;
  bool escaped_ = false;
  std::int64_t quoted_ = 0;
};

/// Whether the file has such numbers; then `plain_path` holds its text with them quoted, not compressed.
/// Otherwise nothing is written. Errors as those of inflate_file, and of the file system.
Result<bool> quote_long_numbers(const std::string& path, std::string_view compression, const std::string& plain_path,
                                const Cancel* cancel);

}  // namespace centavo
