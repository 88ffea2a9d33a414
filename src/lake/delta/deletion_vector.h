#pragma once
/// \file lake/delta/deletion_vector.h
/// Which rows of a data file are deleted. Read only: we write whole files.
/// Source: delta-io/delta PROTOCOL.md, "Deletion Vector Format".

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace centavo::delta {

struct DeletionVector {
  enum class Storage { inline_bytes, relative, absolute };
  Storage storage = Storage::inline_bytes;
  std::string path;           ///< relative: below the table's root; absolute: a path or URL
  std::string bytes;          ///< inline only
  std::int64_t offset = 0;
  std::int64_t size_bytes = 0;
  std::int64_t cardinality = 0;
};

/// Where the vector is, from the `deletionVector` of an add.
Result<DeletionVector> parse_deletion_vector(const Json& json);

/// Positions of the deleted rows, ascending, from the bytes of the vector's file (or the inline bytes).
/// `corrupt_data` when sizes, checksum, magic or cardinality do not fit.
Result<std::vector<std::uint64_t>> deleted_rows(const DeletionVector& vector, std::string_view file_bytes);

/// Z85 (ZeroMQ RFC 32). `corrupt_data` when it is not.
Result<std::string> decode_z85(std::string_view text);

}  // namespace centavo::delta
