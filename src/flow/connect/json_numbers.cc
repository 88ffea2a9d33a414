#include "flow/connect/json_numbers.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace centavo {
namespace {

bool begins_number(char c) { return is_digit(c) || c == '-'; }
bool is_of_number(char c) { return begins_number(c) || c == '+' || c == '.' || c == 'e' || c == 'E'; }

tl::unexpected<Error> not_written(const std::string& path) {
  return fail(errno == ENOSPC ? ErrorKind::out_of_space : ErrorKind::io, "write {}: {}", path, std::strerror(errno));
}

}  // namespace

void NumberQuoter::take(std::string_view bytes, std::string& out) {
  for (const char c : bytes) {
    if (in_text_) {
      out += c;
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_text_ = false;
      }
      continue;
    }
    if (number_.empty() ? begins_number(c) : is_of_number(c)) {
      number_ += c;
      continue;
    }
    end_number(out);
    in_text_ = c == '"';
    out += c;
  }
}

void NumberQuoter::end(std::string& out) { end_number(out); }

void NumberQuoter::end_number(std::string& out) {
  if (number_.empty()) return;
  const bool is_long = std::count_if(number_.begin(), number_.end(), is_digit) > kDigitsOfDouble;
  quoted_ += is_long ? 1 : 0;
  if (is_long) out += '"';
  out += number_;
  if (is_long) out += '"';
  number_.clear();
}

Result<bool> quote_long_numbers(const std::string& path, std::string_view compression, const std::string& plain_path,
                                const Cancel* cancel) {
  NumberQuoter looked;
  std::string out;
  InflateSinks sinks;
  sinks.bytes = [&](std::string_view bytes) -> Status {
    out.clear();
    looked.take(bytes, out);
    return {};
  };
  TRY(inflate_file(path, compression, sinks, cancel));
  looked.end(out);
  if (looked.quoted() == 0) return false;

  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(plain_path.c_str(), "wbx"), &std::fclose);
  const auto written = [&]() -> Status {
    if (file && std::fwrite(out.data(), 1, out.size(), file.get()) == out.size()) return {};
    return not_written(plain_path);
  };
  NumberQuoter quoter;
  sinks.bytes = [&](std::string_view bytes) -> Status {
    out.clear();
    quoter.take(bytes, out);
    return written();
  };
  TRY(inflate_file(path, compression, sinks, cancel));
  out.clear();
  quoter.end(out);
  TRY(written());
  if (std::fflush(file.get()) != 0) return not_written(plain_path);
  return true;
}

}  // namespace centavo
