#pragma once
/// \file app/http/assets.h
/// The web application inside the program: web/dist, compressed when the program was built.

#include <span>
#include <string_view>

#include "app/http/http.h"

namespace centavo::http {

/// One file. All of it lives as long as the program.
struct Asset {
  std::string_view path;          ///< "assets/index-Ab12Cd34.js"
  std::string_view bytes;
  std::string_view gzip, brotli;  ///< the same bytes; empty when that saves nothing
  std::string_view content_type;
  std::string_view sha256;        ///< of `bytes`, lower-case hex
  bool immutable;                 ///< its name changes with its contents
};

/// In the order of their paths; empty when the program was built without its page.
std::span<const Asset> embedded_assets();

/// The file of this path, with or without a leading "/"; null when there is none.
const Asset* find_asset(std::string_view path, std::span<const Asset> assets = embedded_assets());

/// Answers a request for the web application: the file of its path, index.html for the path of a page (one without a
/// file's ending, or asked for by a browser that navigates), else 404. Compressed as the client takes it, 304 when it
/// has it, immutable for hashed names. `base_path` ("/pivot", or "") is written into <base href> of index.html.
/// What starts with /api is never a page. 405 unless GET or HEAD. Without a page: 404 that says how to add it.
Response asset_response(const Request& request, std::string_view base_path,
                        std::span<const Asset> assets = embedded_assets());

}  // namespace centavo::http
