#pragma once
/// \file app/http/wire.h
/// HTTP/1.1 as bytes, without sockets: requests read out of them, heads and events written into them.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "app/http/http.h"

namespace centavo::http {

/// Reads one request after another out of the bytes of a connection, however they are cut. Strict where two readers
/// could disagree (RFC 9112, section 11.2): bare line feeds, two lengths, a length beside chunks, two hosts, folded
/// lines are refused. Not thread-safe.
class RequestReader {
 public:
  enum class State { head, body, complete, refused };

  explicit RequestReader(const Limits& limits);
  ~RequestReader();
  RequestReader(RequestReader&&) noexcept;
  RequestReader& operator=(RequestReader&&) noexcept;

  /// Takes what it can from the front of `bytes`, all that came and was not taken before, and returns how much; the
  /// rest belongs before the next bytes. Takes nothing when complete or refused.
  std::size_t put(std::string_view bytes);

  State state() const;
  bool is_empty() const;          ///< nothing of a request was seen yet
  bool wants_continue() const;    ///< in body: the client waits for "100 Continue" before it sends it
  std::size_t body_size() const;  ///< bytes of the body held
  bool is_http_1_0() const;
  bool keeps_alive() const;       ///< the client lets the connection live on
  /// When refused: the problem document to answer before closing.
  const Response& refusal() const;
  /// When complete: the request without path, remote, secure and id; then reads the next.
  Request take();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

struct HeadOptions {
  std::string_view date, request_id;
  std::optional<std::uint64_t> length;   ///< Content-Length; none with chunks or without a body
  bool chunked = false, close = false, http_1_0 = false;
};

/// Status line and headers up to the empty line. Bytes that would end a line are dropped from names and values, and a
/// handler's own Content-Length, Transfer-Encoding and Connection are left out.
std::string head_text(const Response& response, const HeadOptions& options);

/// The bytes of a body, wherever they are.
std::string_view body_of(const Response& response);

/// The value of a response's header, "" when absent; names in any case.
std::string_view header_of(const Response& response, std::string_view name);

/// Writes `request_id` into a problem document.
void name_request(Response& response, std::string_view request_id);

/// One server-sent event; id 0 is left out.
std::string event_text(std::string_view event, std::string_view data, std::uint64_t id);

}  // namespace centavo::http
