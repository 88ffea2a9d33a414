#pragma once
/// \file flow/connect/text_encoding.h
/// Text of any encoding as UTF-8, piece by piece.

#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/connect/inflate.h"

namespace centavo {

/// Drops a byte order mark. Text that starts with UTF-16's mark is read as UTF-16 whatever was declared: it cannot be
/// UTF-8.
class Utf8Converter {
 public:
  /// "" and "utf-8", "utf-16", "latin-1", or any other name that iconv knows.
  Utf8Converter(std::string encoding, ByteSink out);
  ~Utf8Converter();
  Utf8Converter(const Utf8Converter&) = delete;
  Utf8Converter& operator=(const Utf8Converter&) = delete;

  Status push(std::string_view bytes);
  /// `corrupt_data` when the text ends in the middle of a character.
  Status finish();

 private:
  Status begin();
  Status convert(std::string_view bytes);

  std::string encoding_;
  ByteSink out_;
  std::string pending_;   // the first bytes, then those of a character that is not whole
  bool begun_ = false;
  bool passes_ = true;    // it is UTF-8 already
  void* iconv_ = nullptr;
  std::int64_t read_ = 0;
};

}  // namespace centavo
