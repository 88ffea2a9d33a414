#include "lake/delta/deletion_vector.h"

#include <array>
#include <cstring>
#include <memory>

#include <roaring/roaring.h>

#include "lake/delta/log_path.h"

namespace centavo::delta {
namespace {

constexpr std::uint32_t kMagic = 1681511377;
constexpr std::size_t kUuidLetters = 20;
constexpr std::int64_t kRowsMax = 1LL << 31;  // no Parquet file that we open has more

std::uint32_t big_endian(const char* at) {
  const auto* byte = reinterpret_cast<const unsigned char*>(at);
  return static_cast<std::uint32_t>(byte[0]) << 24 | static_cast<std::uint32_t>(byte[1]) << 16 |
         static_cast<std::uint32_t>(byte[2]) << 8 | byte[3];
}

template <class T>
T little_endian(const char* at) {
  T value = 0;
  std::memcpy(&value, at, sizeof value);  // every machine we build for is little-endian
  return value;
}

std::uint32_t crc32_of(std::string_view bytes) {
  std::uint32_t crc = ~0U;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

std::string uuid_text(std::string_view bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += fmt::format("{:02x}", static_cast<unsigned char>(bytes[i]));
  }
  return out;
}

Result<std::vector<std::uint64_t>> parse_bitmaps(std::string_view data, std::int64_t cardinality) {
  const auto bad = [](std::string_view what) { return fail(ErrorKind::corrupt_data, "deletion vector: {}", what); };
  if (data.size() < 12) return bad("too short");
  if (little_endian<std::uint32_t>(data.data()) != kMagic) return bad("wrong magic number");
  const auto bitmaps = little_endian<std::int64_t>(data.data() + 4);
  data.remove_prefix(12);
  if (bitmaps < 0 || bitmaps > static_cast<std::int64_t>(data.size())) return bad("wrong number of bitmaps");
  std::vector<std::uint64_t> rows;
  for (std::int64_t i = 0; i < bitmaps; ++i) {
    if (data.size() < 4) return bad("too short");
    const std::uint64_t high = little_endian<std::uint32_t>(data.data());
    data.remove_prefix(4);
    const std::unique_ptr<roaring_bitmap_t, void (*)(const roaring_bitmap_t*)> bitmap(
        roaring_bitmap_portable_deserialize_safe(data.data(), data.size()), roaring_bitmap_free);
    if (!bitmap) return bad("a bitmap cannot be read");
    data.remove_prefix(std::min(data.size(), roaring_bitmap_portable_size_in_bytes(bitmap.get())));
    const std::uint64_t count = roaring_bitmap_get_cardinality(bitmap.get());
    if (rows.size() + count > static_cast<std::uint64_t>(cardinality)) return bad("more rows than its cardinality");
    std::vector<std::uint32_t> low(count);
    roaring_bitmap_to_uint32_array(bitmap.get(), low.data());
    for (const std::uint32_t row : low) rows.push_back(high << 32 | row);
  }
  if (static_cast<std::int64_t>(rows.size()) != cardinality) return bad("fewer rows than its cardinality");
  return rows;
}

}  // namespace

Result<std::string> decode_z85(std::string_view text) {
  static constexpr std::string_view letters =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
  if (text.size() % 5 != 0)
    return fail(ErrorKind::corrupt_data, "deletion vector: {} letters are not Z85", text.size());
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 5) {
    std::uint64_t value = 0;
    for (const char c : text.substr(i, 5)) {
      const std::size_t digit = letters.find(c);
      if (digit == std::string_view::npos) return fail(ErrorKind::corrupt_data, "deletion vector: '{}' is not Z85", c);
      value = value * 85 + digit;
    }
    if (value > 0xFFFFFFFFULL) return fail(ErrorKind::corrupt_data, "deletion vector: Z85 out of range");
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFF);
  }
  return out;
}

Result<DeletionVector> parse_deletion_vector(const Json& json) {
  DeletionVector vector;
  const std::string storage = text_or(json, "storageType"), where = text_or(json, "pathOrInlineDv");
  vector.offset = int_or(json, "offset");
  vector.size_bytes = int_or(json, "sizeInBytes", -1);
  vector.cardinality = int_or(json, "cardinality", -1);
  if (vector.offset < 0 || vector.size_bytes < 0 || vector.cardinality < 0 || vector.cardinality > kRowsMax) {
    return fail(ErrorKind::corrupt_data, "deletion vector without offset, size or cardinality");
  }
  if (storage == "i") {
    vector.storage = DeletionVector::Storage::inline_bytes;
    vector.bytes = TRY(decode_z85(where));
  } else if (storage == "u") {
    if (where.size() < kUuidLetters)
      return fail(ErrorKind::corrupt_data, "deletion vector: \"{}\" is too short", where);
    vector.storage = DeletionVector::Storage::relative;
    const std::size_t prefix = where.size() - kUuidLetters;
    const std::string uuid = uuid_text(TRY(decode_z85(std::string_view(where).substr(prefix))));
    vector.path = fmt::format("{}{}deletion_vector_{}.bin", where.substr(0, prefix), prefix > 0 ? "/" : "", uuid);
  } else if (storage == "p") {
    vector.storage = DeletionVector::Storage::absolute;
    vector.path = canonical_path(where);
  } else {
    return fail(ErrorKind::unsupported, "deletion vector: storage type \"{}\" is not read", storage);
  }
  return vector;
}

Result<std::vector<std::uint64_t>> deleted_rows(const DeletionVector& vector, std::string_view bytes) {
  const auto size = static_cast<std::size_t>(vector.size_bytes);
  if (vector.storage == DeletionVector::Storage::inline_bytes) {
    if (bytes.size() < size) return fail(ErrorKind::corrupt_data, "deletion vector: too short");
    return parse_bitmaps(bytes.substr(0, size), vector.cardinality);
  }
  const auto offset = static_cast<std::size_t>(vector.offset);
  if (bytes.size() < offset || bytes.size() - offset < size + 8) {
    return fail(ErrorKind::corrupt_data, "deletion vector: the file ends before it");
  }
  if (big_endian(bytes.data() + offset) != size) return fail(ErrorKind::corrupt_data, "deletion vector: wrong size");
  const std::string_view data = bytes.substr(offset + 4, size);
  if (big_endian(data.data() + size) != crc32_of(data)) {
    return fail(ErrorKind::corrupt_data, "deletion vector: wrong checksum");
  }
  return parse_bitmaps(data, vector.cardinality);
}

}  // namespace centavo::delta
