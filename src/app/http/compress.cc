#include "app/http/compress.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "app/http/wire.h"

namespace centavo::http {

namespace {

constexpr std::size_t kWorthBytes = 1024;
constexpr int kLevel = 5;  // JSON: within a few per cent of level 9 at a third of its time
constexpr int kGzipWindow = 15 + 16;

bool may_compress(Response& response, std::size_t size) {
  if (!response.compressible || size < kWorthBytes || response.status == 206) return false;
  if (!header_of(response, "Content-Encoding").empty() || !is_compressible(header_of(response, "Content-Type")))
    return false;
  response.header("Vary", "Accept-Encoding");
  for (auto& [name, value] : response.headers) {
    if ((name == "ETag" || name == "Etag" || name == "etag") && value.substr(0, 2) != "W/") value = "W/" + value;
  }
  return true;
}

}  // namespace

bool is_compressible(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  if (type.substr(0, 5) == "text/") return type != "text/event-stream";
  constexpr std::array<std::string_view, 9> kTypes = {"application/json",
                                                      "application/problem+json",
                                                      "application/javascript",
                                                      "application/xml",
                                                      "image/svg+xml",
                                                      "application/jsonl",
                                                      "application/x-ndjson",
                                                      "application/sql",
                                                      "application/manifest+json"};
  return std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end();
}

struct Gzip::State {
  z_stream stream{};
};

Gzip::Gzip() : state_(std::make_unique<State>()) {
  if (deflateInit2(&state_->stream, kLevel, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) state_.reset();
}
Gzip::~Gzip() {
  if (state_) deflateEnd(&state_->stream);
}

Status Gzip::run(std::string_view bytes, int flush, std::string& out) {
  if (!state_) return fail(ErrorKind::internal, "gzip: out of memory");
  z_stream& stream = state_->stream;
  std::array<unsigned char, 16384> piece;
  // zlib counts in 32 bits.
  do {
    const std::string_view part = bytes.substr(0, std::size_t{1} << 30);
    bytes.remove_prefix(part.size());
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));
    stream.avail_in = static_cast<uInt>(part.size());
    do {
      stream.next_out = piece.data();
      stream.avail_out = static_cast<uInt>(piece.size());
      if (deflate(&stream, bytes.empty() ? flush : Z_NO_FLUSH) == Z_STREAM_ERROR)
        return fail(ErrorKind::internal, "gzip: broken state");
      out.append(reinterpret_cast<const char*>(piece.data()), piece.size() - stream.avail_out);
    } while (stream.avail_out == 0);
  } while (!bytes.empty());
  return {};
}

Status Gzip::add(std::string_view bytes, std::string& out) {
  return bytes.empty() ? Status{} : run(bytes, Z_NO_FLUSH, out);
}
Status Gzip::finish(std::string& out) { return run({}, Z_FINISH, out); }

void compress_body(Response& response, const Request& request) {
  const std::string_view body = body_of(response);
  if (!may_compress(response, body.size()) || !accepts_coding(request, "gzip")) return;
  Gzip gzip;
  std::string out;
  out.reserve(body.size() / 4);
  if (!gzip.add(body, out) || !gzip.finish(out)) return;
  response.shared_body.reset();
  response.static_body = {};
  response.body = std::move(out);
  response.header("Content-Encoding", "gzip");
}

bool compress_stream(Response& response, const Request& request) {
  if (!may_compress(response, kWorthBytes) || !accepts_coding(request, "gzip")) return false;
  response.header("Content-Encoding", "gzip");
  return true;
}

}  // namespace centavo::http
