/// Any text as a manifest of a delivery.

#include "flow/connect/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)centavo::parse_aws_manifest({reinterpret_cast<const char*>(data), size}, "bill/bill-Manifest.json", 0);
  return 0;
}
