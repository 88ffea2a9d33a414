/// Any text as a path, a log file's name or a bound of the log.

#include <cstdlib>

#include "lake/delta/log_path.h"
#include "lake/delta/skipping.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace centavo::delta;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (decode_path(encode_path(text)) != text) std::abort();
  const std::string canonical = canonical_path(text);
  (void)is_absolute(canonical);
  (void)parse_commit_name(text);
  (void)parse_checkpoint_name(text);
  (void)widen_decimal(text, static_cast<int>(size % 39));
  return 0;
}
