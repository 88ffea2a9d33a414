#pragma once
/// \file app/http/http.h
/// HTTP/1.1 for handlers that know nothing of sockets: requests, responses, streams, events and the server.
/// Boost.Beast stands behind it, in server.cc alone.

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
  std::string path;                    ///< decoded once, without the base path; never holds "..", "//" or a control character
  std::vector<std::pair<std::string, std::string>> query;   ///< decoded, in order
  std::map<std::string, std::string> headers;
  std::string body;
  std::string remote;                  ///< address of the peer; behind a trusted proxy that of its client
  bool secure = false;                 ///< TLS here or at a trusted proxy
  std::string id;                      ///< X-Request-Id: the client's when it is well-formed, else made

  std::string header(std::string_view name) const;            ///< "" when absent
  std::optional<std::string> parameter(std::string_view name) const;   ///< the first of that name
  std::optional<std::string> cookie(std::string_view name) const;
};

/// What a long answer is written to, on the handler's thread. Waits when the client is slow, up to Limits.
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
  std::shared_ptr<const std::string> shared_body;   ///< instead of body: cached or embedded bytes, not copied
  bool compressible = true;                         ///< gzip by Accept-Encoding when it is worth it
  /// Instead of a body: called on a worker, written in chunks (compressed when the client takes gzip). An error after
  /// the first byte cuts the connection, so that nobody takes half an answer for a whole one.
  std::function<Status(Writer&, const Cancel&)> stream;
  /// Instead of a body: text/event-stream; called once with the stream, must return at once.
  std::function<void(std::shared_ptr<EventStream>)> events;

  Response& header(std::string name, std::string value);
};

/// application/problem+json, RFC 9457. `hint` and `request_id` are our members.
Response problem(int status, std::string_view title, std::string_view detail, std::string_view hint = {});

/// Called on a worker thread. `cancel` is requested when the client goes away, time is over or the server stops.
using Handler = std::function<Response(const Request&, const Cancel& cancel)>;

struct Limits {
  std::size_t header_bytes = 16 * 1024;
  std::size_t body_bytes = 1024 * 1024;
  std::chrono::seconds read_timeout{15};      ///< of headers and of a body
  std::chrono::seconds idle_timeout{75};      ///< of a kept connection between requests
  std::chrono::seconds write_timeout{60};     ///< without a byte taken
  std::chrono::seconds request_timeout{120};  ///< of a handler
  std::chrono::seconds drain{10};             ///< of requests under way when the server stops
  int connections = 2000;
  int connections_per_address = 512;          ///< 0: any
  int queue = 256;                            ///< requests that wait for a worker; more are answered 503 with Retry-After
  double requests_per_second = 0;             ///< per address, with a burst of two seconds' worth: 429; 0: any
};

struct Options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;                  ///< 0: any free one
  std::string certificate_file, key_file;     ///< PEM; both: TLS 1.2 and 1.3. Read again on reload().
  std::string base_path;                      ///< "/pivot": behind a proxy that passes it on; "" none
  std::vector<std::string> trusted_proxies;   ///< addresses whose X-Forwarded-For and -Proto count
  int io_threads = 2;
  int workers = 8;                            ///< threads that run handlers
  Limits limits;
};

/// One answered request, for the access log and metrics. Holds no query, no header and no body.
struct Served {
  std::string method, path, remote, id;
  int status = 0;
  std::int64_t bytes = 0;
  double seconds = 0;
};

struct Figures {
  std::int64_t connections = 0, requests = 0, waiting = 0, working = 0, event_streams = 0;
};

class Server {
 public:
  /// Binds and listens; answers from start() on. `already_exists` when the port is taken.
  static Result<std::unique_ptr<Server>> listen(Options options, Handler handler,
                                                std::function<void(const Served&)> on_served = {});
  virtual ~Server() = default;
  virtual Status start() = 0;
  virtual std::string address() const = 0;    ///< "http://127.0.0.1:41233/pivot/"
  virtual Status reload() = 0;                ///< certificate and key again; open connections stay
  virtual Figures figures() const = 0;
  /// Takes no more connections, lets requests end within Limits::drain, then cuts. Returns when all threads ended.
  virtual void stop() = 0;
};

}  // namespace centavo::http
