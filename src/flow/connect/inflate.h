#pragma once
/// \file flow/connect/inflate.h
/// A file's bytes, inflated and checked to the end. DuckDB does not verify the CRC of gzip; this is where a cut or
/// changed file is found. gzip by ISA-L, zstd by libzstd, zip by libarchive.

#include <functional>
#include <string>
#include <string_view>

#include "base/cancel.h"
#include "base/result.h"

namespace centavo {

using ByteSink = std::function<Status(std::string_view)>;

struct InflateSinks {
  ByteSink raw;                                           ///< the file's own bytes as they are read; may be empty
  ByteSink bytes;                                         ///< inflated; may be empty: then only checked
  std::function<Status(const std::string& name)> entry;   ///< zip: before the bytes of each file in it; may be empty
};

/// Reads the file once, in order. `compression`: "", "gzip", "zstd" or "zip". Of a zip the files are read one after
/// another; folders and what macOS adds are left out. `corrupt_data` when it is cut, its checksum does not fit, or
/// something stands behind its end. Errors of sinks are passed on.
Status inflate_file(const std::string& path, std::string_view compression, const InflateSinks& sinks,
                    const Cancel* cancel);

}  // namespace centavo
