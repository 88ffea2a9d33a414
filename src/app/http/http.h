#pragma once
/// \file app/http/http.h
/// HTTP/1.1 for handlers that know nothing of sockets: requests, responses, streams, events and the server.
/// Boost.Beast stands behind it: its parser in wire.cc alone, Asio in server.cc alone.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"

namespace centavo::http {

/// A request, whole: bodies are bounded by Limits. Header names are lower case.
struct Request {
  std::string method;                  ///< "GET"
  std::string target;                  ///< as sent: "/api/v1/t/acme/cost?by=ServiceName"
  std::string path;  ///< decoded once, without the base path; never holds "..", "//" or a control character
  std::vector<std::string> segments;  ///< path in parts, for routing: a name that holds "/" (sent as %2F) stays whole
  std::vector<std::pair<std::string, std::string>> query;  ///< decoded, in order
  std::map<std::string, std::string> headers;
  std::string body;
  std::string remote;  ///< address of the peer; behind a trusted proxy that of its client
  bool secure = false;  ///< TLS here or at a trusted proxy
  std::string id;  ///< X-Request-Id: the client's when it is well-formed, else made

  std::string header(std::string_view name) const;  ///< "" when absent
  std::optional<std::string> parameter(std::string_view name) const;  ///< the first of that name
  std::optional<std::string> cookie(std::string_view name) const;
};

/// What a long answer is written to, on a thread for streams. Waits when the client is slow, up to Limits.
class Writer {
 public:
  virtual ~Writer() = default;
  /// `cancelled` when the client is gone or too slow, or the server stops.
  virtual Status write(std::string_view bytes) = 0;
};

/// Server-sent events for one client. Thread-safe; never waits: a client that does not read loses the connection.
class EventStream {
 public:
  virtual ~EventStream() = default;
  /// `data` may hold line ends. False when the client is gone.
  virtual bool send(std::string_view event, std::string_view data, std::uint64_t id) = 0;
  virtual void close() = 0;
  virtual bool is_gone() const = 0;
};

struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::shared_ptr<const std::string> shared_body;  ///< instead of body: cached or embedded bytes, not copied
  std::string_view static_body;  ///< instead of body: bytes that live as long as the program
  bool compressible = true;  ///< gzip by Accept-Encoding when it is worth it
  /// Instead of a body: called on a thread for streams, so that slow downloads keep no worker; written in chunks
  /// (compressed when the client takes gzip). An error before the first byte is answered as problem_of() says; one
  /// after it cuts the connection, so that nobody takes half an answer for a whole one. Not called for HEAD.
  std::function<Status(Writer&, const Cancel&)> stream;
  /// Instead of a body: text/event-stream; called once with the stream on a worker, must return at once. The stream
  /// may be kept; it costs no thread. A comment each
  /// Limits::heartbeat keeps the connection alive.
  std::function<void(std::shared_ptr<EventStream>)> events;
  std::string route;  ///< for metrics: "/api/v1/t/{tenant}/cost"; not sent

  Response& header(std::string name, std::string value);
};

/// application/problem+json, RFC 9457. `hint` and `request_id` are our members.
/// The server adds `request_id` when it sends it.
Response problem(int status, std::string_view title, std::string_view detail, std::string_view hint = {});

/// The same for an error, by its kind: not_found 404, permission_denied 403, invalid_argument and unsupported 400,
/// already_exists and conflict 409, check_failed and over_limit 422, busy, stale and cancelled 503, out_of_space 507,
/// anything else 500. A 500 says the title only: what an io error names (paths, hosts) is for the log.
Response problem_of(const Error& error);

/// 308 to `location`, which may be relative.
Response redirect(std::string_view location);

std::string_view reason_of(int status);  ///< "Not Found"

/// Whether the client already holds the version `etag` ("\"r42-9f\""): answer 304 with that ETag.
bool is_unchanged(const Request& request, std::string_view etag);

/// Whether Accept-Encoding takes this coding ("gzip", "br") with a weight above 0.
bool accepts_coding(const Request& request, std::string_view coding);

/// Headers of a page of the web application: a content security policy without inline script or style, and what goes
/// with it; Strict-Transport-Security when the request came by TLS.
void secure_page(Response& response, bool secure);
/// What every answer carries: the server adds it to each that has no Content-Security-Policy yet.
void secure_answer(Response& response, bool secure);

/// Called on a worker thread. `cancel` is requested when the client goes away, time is over or the server stops.
using Handler = std::function<Response(const Request&, const Cancel& cancel)>;

struct Limits {
  std::size_t header_bytes = 16 * 1024;
  std::size_t body_bytes = 1024 * 1024;
  std::chrono::seconds read_timeout{15};  ///< of headers and of a body
  std::chrono::seconds idle_timeout{75};  ///< of a kept connection between requests
  std::chrono::seconds write_timeout{60};  ///< in which a client takes nothing, or less than write_rate on average
  std::size_t write_rate = 256;  ///< bytes per second
  std::chrono::seconds request_timeout{120};  ///< of a handler: then its cancel is requested, 2 s later 503 is answered
  std::chrono::seconds stream_timeout{1800};  ///< of a stream, which then is cut
  std::chrono::seconds heartbeat{15};  ///< of an event stream without events
  std::chrono::seconds drain{10};  ///< of requests under way when the server stops
  int connections = 2000;
  int connections_per_address = 512;  ///< 0: any; trusted proxies are not counted
  int event_streams = 1000;  ///< more are answered 503
  std::size_t bodies_bytes = 256 * 1024 * 1024;  ///< of all request bodies held at one time; more are answered 503
  int queue = 256;  ///< requests that wait for a worker; more are answered 503 with Retry-After
  double requests_per_second = 0;  ///< per address, with a burst of two seconds' worth: 429; 0: any
};

struct Options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;  ///< 0: any free one
  std::string certificate_file, key_file;  ///< PEM; both: TLS 1.2 and 1.3. Read again on reload().
  std::string base_path;  ///< "/pivot": behind a proxy that passes it on; "" none
  std::vector<std::string> trusted_proxies;  ///< addresses or networks whose X-Forwarded-For and -Proto count
  int io_threads = 2;
  int workers = 8;  ///< threads that run handlers
  int stream_workers = 8;  ///< threads that run streams
  Limits limits;
};

/// One answered request, for the access log and metrics. Holds no query, no header and no body.
struct Served {
  std::string method, path, remote, id;
  std::string route;  ///< Response::route; "" when the server answered alone
  int status = 0;  ///< 499: the client left before its answer was written; 0 never
  std::int64_t bytes = 0;  ///< written, headers included
  double seconds = 0;  ///< from the last byte of the request to the last of the answer
  bool events = false;  ///< an event stream that ended
};

struct Figures {
  std::int64_t connections = 0, requests = 0, waiting = 0, working = 0, event_streams = 0;
  std::int64_t streams = 0;  ///< long answers being written
  std::int64_t refused = 0;  ///< connections over a limit, closed at once
  std::int64_t bytes_in = 0, bytes_out = 0;
};

class Server {
 public:
  /// Binds and listens; answers from start() on. `already_exists` when the port is taken, `invalid_argument` when an
  /// address, a base path, a certificate or a key is not what it should be. `handler` runs on several threads at once;
  /// `on_served` is called on the threads that move bytes and must return at once.
  static Result<std::unique_ptr<Server>> listen(Options options, Handler handler,
                                                std::function<void(const Served&)> on_served = {});
  virtual ~Server() = default;
  virtual Status start() = 0;
  virtual std::uint16_t port() const = 0;
  virtual std::string address() const = 0;  ///< "http://127.0.0.1:41233/pivot/"
  virtual Status reload() = 0;  ///< certificate and key again; open connections stay
  virtual Figures figures() const = 0;
  /// Takes no more connections, lets requests end within Limits::drain, then cancels and cuts. Returns when all threads
  /// ended, so a handler that does not watch its Cancel keeps it. Called by the destructor too.
  virtual void stop() = 0;
};

}  // namespace centavo::http
