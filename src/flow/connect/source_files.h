#pragma once
/// \file flow/connect/source_files.h
/// What lies in a source: the `files` connector's listing. Another transport would list the same struct.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace centavo {

struct SourceFile {
  std::string path;           ///< relative to the source's root, '/' between parts
  std::string local_path;     ///< where to read it
  std::int64_t size_bytes = 0;
  TimeMs modified_ms = 0;
};

struct SourceFiles {
  std::string root;                  ///< the folder that paths are relative to
  std::vector<SourceFile> files;     ///< in order of path
  const SourceFile* find(std::string_view path) const;
};

/// The files of a URI: all in a folder and below, those that fit a glob, or one file. A relative one starts at `base`.
/// Hidden files and folders are left out, and `left_out` (the lake itself, should it lie inside). Links are followed; a
/// link back to a folder above it is not walked again. `not_found` when there is no such folder or file; an empty
/// folder is an empty list.
Result<SourceFiles> list_source(const std::string& uri, const std::string& base, const std::string& left_out);

/// True when `path` fits: `*` and `?` stay within a part, `**` is any number of parts, [abc] [a-z] [!a] a set. A
/// pattern without '/' is compared with the last part only.
bool fits_glob(std::string_view path, std::string_view pattern);

/// What a file's name says. `format` empty: nothing that is known.
struct FileKind {
  std::string format;  ///< "csv", "parquet", "json", "jsonl"
  std::string compression;  ///< "", "gzip", "zstd", "zip"
};
FileKind kind_of_name(std::string_view path);
/// "csv.gz": the ending of the raw copy.
std::string ending_of(const FileKind& kind);

}  // namespace centavo
