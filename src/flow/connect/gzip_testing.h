#pragma once
/// \file flow/connect/gzip_testing.h
/// Compressed text for tests.

#include <isa-l/igzip_lib.h>

#include <cstdint>
#include <string>

namespace centavo {

/// The text as one gzip member.
inline std::string gzip(const std::string& text) {
  std::string out(text.size() * 2 + 4096, '\0');
  isal_zstream stream;
  isal_deflate_init(&stream);
  stream.gzip_flag = IGZIP_GZIP;
  stream.end_of_stream = 1;
  stream.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<std::uint32_t>(text.size());
  stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
  stream.avail_out = static_cast<std::uint32_t>(out.size());
  isal_deflate(&stream);
  out.resize(stream.total_out);
  return out;
}

}  // namespace centavo
