#include "app/http/assets.h"

#include <algorithm>

namespace centavo::http {

namespace {

constexpr std::string_view kBaseTag = "<base href=\"/\"";

bool is_page(const Request& request) {
  if (request.segments.empty()) return true;
  if (request.segments.front() == "api" || request.segments.front() == "assets") return false;
  const bool has_ending = request.segments.back().find('.') != std::string::npos;
  return !has_ending || request.header("accept").find("text/html") != std::string::npos;
}

std::string index_text(std::string_view bytes, std::string_view base_path) {
  std::string out(bytes);
  const std::size_t at = out.find(kBaseTag);
  if (at != std::string::npos) out.replace(at, kBaseTag.size(), "<base href=\"" + std::string(base_path) + "/\"");
  return out;
}

Response index_response(const Request& request, const Asset& index, std::string_view base_path) {
  Response out;
  const std::string etag = "W/\"" + std::string(index.sha256.substr(0, 32)) + "\"";
  out.header("Content-Type", std::string(index.content_type)).header("Cache-Control", "no-cache").header("ETag", etag);
  secure_page(out, request.secure);
  if (is_unchanged(request, etag)) {
    out.status = 304;
  } else {
    out.body = index_text(index.bytes, base_path);
  }
  return out;
}

Response file_response(const Request& request, const Asset& asset) {
  Response out;
  const std::string etag = "W/\"" + std::string(asset.sha256.substr(0, 32)) + "\"";
  out.header("Content-Type", std::string(asset.content_type)).header("ETag", etag);
  out.header("Cache-Control", asset.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (!asset.gzip.empty() || !asset.brotli.empty()) out.header("Vary", "Accept-Encoding");
  out.compressible = false;
  if (is_unchanged(request, etag)) {
    out.status = 304;
  } else if (!asset.brotli.empty() && accepts_coding(request, "br")) {
    out.header("Content-Encoding", "br").static_body = asset.brotli;
  } else if (!asset.gzip.empty() && accepts_coding(request, "gzip")) {
    out.header("Content-Encoding", "gzip").static_body = asset.gzip;
  } else {
    out.static_body = asset.bytes;
  }
  return out;
}

Response of_route(Response response) {
  response.route = "/{page}";
  return response;
}

}  // namespace

const Asset* find_asset(std::string_view path, std::span<const Asset> assets) {
  if (!path.empty() && path.front() == '/') path.remove_prefix(1);
  const auto found = std::lower_bound(assets.begin(), assets.end(), path,
                                      [](const Asset& asset, std::string_view wanted) { return asset.path < wanted; });
  return found != assets.end() && found->path == path ? &*found : nullptr;
}

Response asset_response(const Request& request, std::string_view base_path, std::span<const Asset> assets) {
  if (request.method != "GET" && request.method != "HEAD") {
    return of_route(problem(405, reason_of(405), "Pages are read only.").header("Allow", "GET, HEAD"));
  }
  const Asset* asset = request.segments.empty() ? nullptr : find_asset(request.path, assets);
  if (asset != nullptr && asset->path != "index.html") return of_route(file_response(request, *asset));
  if (request.path == "/robots.txt") {
    Response out;
    out.body = "User-agent: *\nDisallow: /\n";
    return of_route(std::move(out.header("Content-Type", "text/plain; charset=utf-8")));
  }
  if (asset == nullptr && !is_page(request))
    return of_route(problem(404, reason_of(404), "There is nothing at this address."));
  const Asset* index = find_asset("index.html", assets);
  if (index == nullptr) {
    return of_route(
        problem(404, reason_of(404), "This program was built without its page; the API answers below /api/v1.",
                "Run scripts/setup web, then make build: it builds the page and puts it into the program."));
  }
  return of_route(index_response(request, *index, base_path));
}

}  // namespace centavo::http
