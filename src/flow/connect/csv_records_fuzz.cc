/// Any bytes as CSV: scanned in blocks of 64 and in blocks of one, the records end at the same places.

#include <cstdlib>
#include <vector>

#include "flow/connect/quote_scanner.h"

namespace {

std::vector<std::size_t> ends(const char* bytes, std::size_t size, unsigned block, char quote) {
  centavo::QuoteScanner scanner(',', quote);
  std::vector<std::size_t> out;
  for (std::size_t at = 0; at < size; at += block) {
    const auto length = static_cast<unsigned>(std::min<std::size_t>(block, size - at));
    const auto masks = scanner.scan(bytes + at, length);
    for (unsigned i = 0; i < length; ++i) {
      if ((masks.ends >> i) & 1U) out.push_back(at + i);
    }
  }
  out.push_back(scanner.in_quotes() ? 1 : 0);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const char* bytes = reinterpret_cast<const char*>(data);
  for (const char quote : {'"', '\0'}) {
    if (ends(bytes, size, 64, quote) != ends(bytes, size, 1, quote)) std::abort();
  }
  return 0;
}
