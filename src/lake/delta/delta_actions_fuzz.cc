/// Any bytes as a commit file: read or refused, and what is read says the same once written and read again.

#include <cstdlib>

#include "lake/delta/actions.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace centavo::delta;
  const auto actions = parse_actions({reinterpret_cast<const char*>(data), size});
  if (!actions) return 0;
  const std::string once = to_lines(*actions);
  const auto again = parse_actions(once);
  if (!again || to_lines(*again) != once) std::abort();
  return 0;
}
