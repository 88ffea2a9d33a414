#include "flow/connect/text_encoding.h"

#include <iconv.h>

#include <cerrno>

namespace centavo {
namespace {

constexpr std::string_view kMark = "\xef\xbb\xbf";
const iconv_t kNone = reinterpret_cast<iconv_t>(-1);

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

}  // namespace

Utf8Converter::Utf8Converter(std::string encoding, ByteSink out)
    : encoding_(lower(std::move(encoding))), out_(std::move(out)) {}

Utf8Converter::~Utf8Converter() {
  if (iconv_ != nullptr) ::iconv_close(static_cast<iconv_t>(iconv_));
}

Status Utf8Converter::begin() {
  begun_ = true;
  const std::string first = std::move(pending_);
  pending_.clear();
  if (first.starts_with("\xff\xfe") || first.starts_with("\xfe\xff")) encoding_ = "utf-16";
  if (first == kMark) encoding_ = "utf-8";
  passes_ = encoding_.empty() || encoding_ == "utf-8" || encoding_ == "utf8";
  if (passes_) return first == kMark ? Status() : out_(first);
  const std::string name = encoding_ == "latin-1" || encoding_ == "latin1" ? "ISO-8859-1" : encoding_;
  const iconv_t made = ::iconv_open("UTF-8", name.c_str());
  if (made == kNone) {
    return fail_hint("write utf-8, utf-16, latin-1 or another name that iconv knows", ErrorKind::invalid_argument,
                     "encoding {}: unknown", encoding_);
  }
  iconv_ = made;
  return convert(first);
}

Status Utf8Converter::push(std::string_view bytes) {
  if (!begun_) {
    const std::size_t taken = std::min(bytes.size(), 3 - pending_.size());
    pending_.append(bytes.substr(0, taken));
    bytes.remove_prefix(taken);
    if (pending_.size() < 3) return {};
    TRY(begin());
  }
  if (bytes.empty()) return {};
  return passes_ ? out_(bytes) : convert(bytes);
}

Status Utf8Converter::convert(std::string_view bytes) {
  std::string input = std::move(pending_);
  pending_.clear();
  input.append(bytes);
  std::string output(input.size() * 3 + 16, '\0');
  char* in = input.data();
  std::size_t in_left = input.size();
  char* out = output.data();
  std::size_t out_left = output.size();
  const std::size_t code = ::iconv(static_cast<iconv_t>(iconv_), &in, &in_left, &out, &out_left);
  const int error = errno;
  const std::size_t used = input.size() - in_left;
  if (code == static_cast<std::size_t>(-1) && error != EINVAL) {
    return fail_hint("say the file's real encoding in its source", ErrorKind::corrupt_data, "byte {} is not {}",
                     read_ + static_cast<std::int64_t>(used), encoding_);
  }
  read_ += static_cast<std::int64_t>(used);
  pending_.assign(input, used);
  const std::string_view made = std::string_view(output).substr(0, output.size() - out_left);
  return made.empty() ? Status() : out_(made);
}

Status Utf8Converter::finish() {
  if (!begun_ && !pending_.empty()) TRY(begin());
  begun_ = true;
  if (pending_.empty()) return {};
  return fail(ErrorKind::corrupt_data, "the text ends in the middle of a character");
}

}  // namespace centavo
