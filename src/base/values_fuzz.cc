/// Any text as a decimal, a time, a period and JSON; a decimal says the same once written and read again.

#include <cstdlib>

#include "base/clock.h"
#include "base/decimal.h"
#include "base/json.h"
#include "base/period.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace centavo;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto value = parse_decimal(text)) {
    const auto again = parse_decimal(value->text());
    if (!again || again->text() != value->text()) std::abort();
  }
  (void)parse_iso_time(text);
  (void)Period::parse(text);
  (void)parse_period_range(text);
  (void)parse_json(text);
  return 0;
}
