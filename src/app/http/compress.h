#pragma once
/// \file app/http/compress.h
/// gzip of answers (zlib): whole bodies and streams.

#include <memory>
#include <string>
#include <string_view>

#include "app/http/http.h"

namespace centavo::http {

/// Whether this kind of content gets smaller: text, JSON, XML, SVG; not pictures, archives, Parquet or spreadsheets.
bool is_compressible(std::string_view content_type);

/// Replaces the body by its gzip when the client takes it, it is worth it (1 kB or more) and nobody encoded it yet.
/// Adds Vary, and makes the ETag a weak one, whether or not it did: both are the same resource.
void compress_body(Response& response, const Request& request);
/// The same for the headers of a stream; true when its bytes are to go through a Gzip.
bool compress_stream(Response& response, const Request& request);

/// gzip of bytes that come in pieces. Not thread-safe.
class Gzip {
 public:
  Gzip();
  ~Gzip();
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;
  /// Appends what is ready to `out`. `internal` when zlib is out of memory.
  Status add(std::string_view bytes, std::string& out);
  Status finish(std::string& out);

 private:
  struct State;
  Status run(std::string_view bytes, int flush, std::string& out);
  std::unique_ptr<State> state_;
};

}  // namespace centavo::http
