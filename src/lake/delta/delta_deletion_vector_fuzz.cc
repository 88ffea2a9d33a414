/// Any bytes as the body of a deletion vector, and as its Z85 text.

#include "lake/delta/deletion_vector.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace centavo::delta;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)decode_z85(text);
  DeletionVector vector;
  vector.bytes = text;
  vector.size_bytes = static_cast<std::int64_t>(size);
  vector.cardinality = size > 0 ? data[0] : 0;
  (void)deleted_rows(vector, text);
  vector.storage = DeletionVector::Storage::relative;
  vector.offset = size > 1 ? data[1] % 8 : 1;
  (void)deleted_rows(vector, text);
  return 0;
}
