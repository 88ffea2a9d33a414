/// Any text as centavo.yaml and as a tenant's document.

#include "lake/tenant/lake_yaml.h"
#include "lake/tenant/tenant.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)centavo::parse_lake_config(text, "centavo.yaml");
  (void)centavo::parse_tenant(text, "acme.yaml");
  return 0;
}
