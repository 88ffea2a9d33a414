#include <utility>

#if defined(__clang__)
// Asio 1.74 looks for the experimental coroutines of old clang; these are the standard's.
#define BOOST_ASIO_HAS_CO_AWAIT 1
#define BOOST_ASIO_HAS_STD_COROUTINE 1
#endif
#if defined(__SANITIZE_THREAD__)
// The thread sanitizer knows no fences; a loop has one thread, and its queue is under a lock.
#define BOOST_ASIO_DISABLE_FENCED_BLOCK 1
#endif
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <spdlog/spdlog.h>

#include <array>
#include <condition_variable>
#include <ctime>
#include <mutex>
#include <thread>
#include <unordered_set>

#include "app/http/compress.h"
#include "app/http/http.h"
#include "app/http/pipe.h"
#include "app/http/rate_limit.h"
#include "app/http/request.h"
#include "app/http/tls.h"
#include "app/http/wire.h"
#include "app/http/workers.h"

namespace centavo::http {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;
using SteadyClock = std::chrono::steady_clock;
using Time = SteadyClock::time_point;
using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;
using TlsStream = asio::ssl::stream<Socket&>;
template <class T>
using Awaitable = asio::awaitable<T, Executor>;
constexpr asio::use_awaitable_t<Executor> kAwait{};

constexpr std::chrono::milliseconds kSweepEvery{200};
constexpr std::chrono::seconds kLinger{2};
constexpr std::chrono::seconds kGraceAfterCancel{2};
constexpr std::size_t kTogetherBytes = 16 * 1024;  // head and body that travel as one piece
constexpr Time kNever = Time::max();

class Connection;

/// One thread that moves bytes, and the connections it looks after. All but `io` belongs to that thread.
struct Loop {
  asio::io_context io{1};
  asio::executor_work_guard<Executor> guard{io.get_executor()};
  Timer sweeper{io};
  std::unordered_set<Connection*> connections;
  std::string date;   // of this second, as HTTP writes it
  std::time_t date_second = 0;
  std::thread thread;
};

/// What all connections share. Thread-safe.
struct Shared {
  Shared(Options o, Handler h, std::function<void(const Served&)> s, TrustedProxies p)
      : options(std::move(o)),
        handler(std::move(h)),
        on_served(std::move(s)),
        proxies(std::move(p)),
        rate(options.limits.requests_per_second),
        workers(options.workers, options.limits.queue),
        stream_workers(options.stream_workers, options.limits.queue) {}

  std::shared_ptr<asio::ssl::context> tls_now() {
    const std::lock_guard lock(mutex);
    return tls;
  }
  void connection_ended() {
    {
      const std::lock_guard lock(mutex);
      --connections;
    }
    ended.notify_all();
  }

  const Options options;
  const Handler handler;
  const std::function<void(const Served&)> on_served;
  const TrustedProxies proxies;
  RateLimit rate;
  AddressCount addresses;
  Workers workers, stream_workers;
  std::atomic<bool> draining{false};
  std::atomic<std::int64_t> connections{0}, requests{0}, event_streams{0}, streams{0}, refused{0}, bytes_in{0},
      bytes_out{0};
  std::atomic<std::int64_t> bodies_bytes{0};
  std::mutex mutex;
  std::condition_variable ended;
  std::shared_ptr<asio::ssl::context> tls;
};

/// One of the event streams that Limits allows, while it lives.
class EventSlot {
 public:
  static std::shared_ptr<EventSlot> of(const std::shared_ptr<Shared>& shared) {
    auto slot = std::make_shared<EventSlot>(shared);
    return shared->event_streams > shared->options.limits.event_streams ? nullptr : slot;
  }
  explicit EventSlot(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) { ++shared_->event_streams; }
  ~EventSlot() { --shared_->event_streams; }
  EventSlot(const EventSlot&) = delete;
  EventSlot& operator=(const EventSlot&) = delete;

 private:
  std::shared_ptr<Shared> shared_;
};

/// One request and its answer, between a connection and a worker. The worker owns all but `done` until it posts that.
struct Exchange {
  ~Exchange() {
    if (events) events->cut();
  }
  Request request;
  Response response;
  Cancel cancel;
  std::shared_ptr<Events> events;
  std::shared_ptr<EventSlot> event_slot;
  bool gzip = false;
  bool done = false;        // of the connection's thread
  std::int64_t body_bytes = 0;
};

std::string http_date(std::time_t time) {
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 40> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), size};
}

Response unavailable(std::string_view detail) {
  Response out = problem(503, reason_of(503), detail, "Try again in a moment.");
  out.header("Retry-After", "2");
  return out;
}

/// Runs on a worker. Whatever a handler throws is an answer of 500 and a line in the log.
Response answer_of(const Shared& shared, const Exchange& exchange) {
  std::string what;
  try {
    return shared.handler(exchange.request, exchange.cancel);
  } catch (const std::exception& error) {
    what = error.what();
  } catch (...) {
    what = "something that is no std::exception";
  }
  spdlog::error("http: request {}: the handler threw: {}", exchange.request.id, what);
  return problem_of({ErrorKind::internal, what, {}});
}

class GzipWriter final : public Writer {
 public:
  explicit GzipWriter(Writer& below) : below_(below) {}
  Status write(std::string_view bytes) override {
    TRY(gzip_.add(bytes, ready_));
    return pass_on();
  }
  Status finish() {
    TRY(gzip_.finish(ready_));
    return pass_on();
  }

 private:
  Status pass_on() {
    const Status written = ready_.empty() ? Status{} : below_.write(ready_);
    ready_.clear();
    return written;
  }
  Writer& below_;
  Gzip gzip_;
  std::string ready_;
};

Status run_stream(const Exchange& exchange, Writer& writer) {
  try {
    if (!exchange.gzip) return exchange.response.stream(writer, exchange.cancel);
    GzipWriter gzip(writer);
    TRY(exchange.response.stream(gzip, exchange.cancel));
    return gzip.finish();
  } catch (const std::exception& error) {
    spdlog::error("http: request {}: the stream threw: {}", exchange.request.id, error.what());
    return fail(ErrorKind::internal, "{}", error.what());
  } catch (...) {
    return fail(ErrorKind::internal, "the stream threw something that is no std::exception");
  }
}

/// One connection: a coroutine that reads, and one that answers request after request. Lives on its loop's thread
/// alone; others reach it by posting to the loop.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Shared> shared, std::shared_ptr<Loop> loop, Socket socket, std::string peer, bool counted)
      : loop_(std::move(loop)),
        shared_(std::move(shared)),
        socket_(std::move(socket)),
        changed_(loop_->io),
        peer_(std::move(peer)),
        counted_(counted),
        reader_(shared_->options.limits) {
    changed_.expires_at(kNever);
  }
  ~Connection() {
    loop_->connections.erase(this);
    if (counted_) shared_->addresses.remove(peer_);
    shared_->connection_ended();
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start() {
    loop_->connections.insert(this);
    asio::co_spawn(loop_->io, run(shared_from_this()), asio::detached);
  }
  void wake() {
    woken_ = true;
    changed_.cancel();
  }
  void sweep(Time now);
  /// The server stops: idle connections end, others after their answer.
  void drain() {
    if (exchange_ && exchange_->done && exchange_->events) exchange_->events->close();
    wake();
  }
  void cut() {
    if (exchange_) exchange_->cancel.request();
    abort();
  }

 private:
  enum class Sent { kept, closes, lost };

  static Awaitable<void> run(std::shared_ptr<Connection> self);
  static Awaitable<void> read_loop(std::shared_ptr<Connection> self);
  Awaitable<bool> shake_hands();
  Awaitable<bool> next_request();
  Awaitable<Sent> answer_request();
  Awaitable<void> await_answer();
  Awaitable<Sent> send(Response response);
  Awaitable<Sent> send_stream();
  Awaitable<Sent> pass_on(std::shared_ptr<Exchange> exchange, std::shared_ptr<Pipe> pipe);
  Awaitable<Sent> send_events();
  Awaitable<bool> write(std::string first, std::string_view second);
  Awaitable<void> wait();
  Awaitable<void> linger();

  const Limits& limits() const { return shared_->options.limits; }
  std::optional<Response> locate(Request& request);
  std::optional<Response> submit();
  std::function<void()> waker();
  void start_reading();
  bool feed();
  void abort();
  void served(const Request& request, const std::string& route, int status, bool events);
  HeadOptions head_options() const;
  bool closes() const { return !keeps_alive_ || ended_ || shared_->draining; }

  // First, so that it goes last: everything below lives in its io_context.
  std::shared_ptr<Loop> loop_;
  std::shared_ptr<Shared> shared_;
  Socket socket_;
  std::shared_ptr<asio::ssl::context> tls_context_;
  std::optional<TlsStream> tls_;
  Timer changed_;
  std::string peer_;
  bool counted_;

  RequestReader reader_;
  std::string input_;            // came and not yet taken by reader_
  std::array<char, 8192> piece_{};
  std::shared_ptr<Exchange> exchange_;
  std::string request_id_;       // of the request being answered, as the next ones
  bool is_head_ = false, is_secure_ = false, http_1_0_ = false, keeps_alive_ = false;

  bool woken_ = false, timed_out_ = false, ended_ = false, closed_ = false, discards_ = false, reading_ = false;
  Time deadline_ = kNever;       // then timed_out_ and wake()
  Time abort_at_ = kNever;       // then abort()
  Time write_since_ = kNever;    // the current window of a write
  std::size_t write_bytes_ = 0;  // taken in it
  Time started_;                 // answering
  std::int64_t sent_ = 0, body_held_ = 0;
};

void Connection::sweep(Time now) {
  if (now > abort_at_) return abort();
  if (write_since_ != kNever && now - write_since_ > limits().write_timeout) {
    const auto least = limits().write_rate * static_cast<std::size_t>(limits().write_timeout.count());
    if (write_bytes_ < std::max<std::size_t>(least, 1)) return abort();
    write_since_ = now;
    write_bytes_ = 0;
  }
  if (now > deadline_) {
    deadline_ = kNever;
    timed_out_ = true;
    wake();
  }
}

void Connection::abort() {
  if (closed_) return;
  closed_ = ended_ = true;
  error_code ignored;
  socket_.close(ignored);
  wake();
}

/// Waits for wake(). Whoever waits looks at what changed, and comes back when it was something else.
Awaitable<void> Connection::wait() {
  if (!woken_) {
    error_code ignored;
    co_await changed_.async_wait(asio::redirect_error(kAwait, ignored));
  }
  woken_ = false;
}

std::function<void()> Connection::waker() {
  // The loop is kept, the connection is not; nobody else's thread ever holds the last reference to it.
  return [loop = loop_, weak = weak_from_this()] {
    asio::post(loop->io, [weak] {
      if (const auto self = weak.lock()) self->wake();
    });
  };
}

Awaitable<void> Connection::read_loop(std::shared_ptr<Connection> self) {
  const std::size_t input_max = self->limits().header_bytes + 16 * 1024;
  // Full: whoever takes input starts this again.
  while (!self->ended_ && (self->input_.size() < input_max || self->discards_)) {
    error_code error;
    std::size_t size = 0;
    const auto buffer = asio::buffer(self->piece_);
    if (self->tls_) {
      size = co_await self->tls_->async_read_some(buffer, asio::redirect_error(kAwait, error));
    } else {
      size = co_await self->socket_.async_read_some(buffer, asio::redirect_error(kAwait, error));
    }
    self->shared_->bytes_in += static_cast<std::int64_t>(size);
    if (!self->discards_) self->input_.append(self->piece_.data(), size);
    if (error) self->ended_ = true;
    self->wake();
  }
  self->reading_ = false;
}

void Connection::start_reading() {
  if (reading_ || ended_) return;
  reading_ = true;
  asio::co_spawn(loop_->io, read_loop(shared_from_this()), asio::detached);
}

Awaitable<bool> Connection::shake_hands() {
  tls_context_ = shared_->tls_now();
  if (!tls_context_) co_return true;
  tls_.emplace(socket_, *tls_context_);
  abort_at_ = SteadyClock::now() + limits().read_timeout;
  error_code error;
  co_await tls_->async_handshake(asio::ssl::stream_base::server, asio::redirect_error(kAwait, error));
  abort_at_ = kNever;
  co_return !error && !closed_;
}

Awaitable<void> Connection::run(std::shared_ptr<Connection> self) {
  const bool ready = co_await self->shake_hands();
  if (ready) {
    self->start_reading();
    while (true) {
      const bool came = co_await self->next_request();
      if (!came) break;
      const Sent sent = co_await self->answer_request();
      self->exchange_.reset();
      if (sent == Sent::kept) continue;
      if (sent == Sent::closes) co_await self->linger();
      break;
    }
  }
  self->shared_->bodies_bytes -= self->body_held_;
  self->body_held_ = 0;
  self->abort();
}

/// Gives what came to the reader. False when a limit of all bodies together is reached.
bool Connection::feed() {
  const std::size_t taken = reader_.put(input_);
  input_.erase(0, taken);
  if (taken > 0) start_reading();
  const auto now_held = static_cast<std::int64_t>(reader_.body_size());
  shared_->bodies_bytes += now_held - body_held_;
  body_held_ = now_held;
  return body_held_ == 0 || shared_->bodies_bytes <= static_cast<std::int64_t>(limits().bodies_bytes);
}

/// Reads until a request is whole. False when the connection is to end, answered or not.
Awaitable<bool> Connection::next_request() {
  using State = RequestReader::State;
  const Time begun = SteadyClock::now();
  State before = State::head;
  bool is_first_byte = true, continued = false;
  deadline_ = begun + (started_ == Time{} ? limits().read_timeout : limits().idle_timeout);
  timed_out_ = false;
  is_head_ = keeps_alive_ = false;
  is_secure_ = tls_.has_value();
  while (true) {
    const bool has_room = feed();
    const State state = reader_.state();
    if (state == State::complete) break;
    std::optional<Response> refusal;
    if (state == State::refused) {
      refusal = reader_.refusal();
    } else if (!has_room) {
      refusal = unavailable("The server holds as many request bodies as it may.");
    } else if (timed_out_ && !reader_.is_empty()) {
      refusal = problem(408, reason_of(408), "The request did not come in time.");
    }
    if (refusal) {
      started_ = SteadyClock::now();
      deadline_ = kNever;
      http_1_0_ = reader_.is_http_1_0();
      const int status = refusal->status;
      sent_ = 0;
      request_id_ = new_request_id();
      Request unread;
      unread.remote = peer_;
      unread.id = request_id_;
      const Sent sent = co_await send(std::move(*refusal));
      served(unread, {}, sent == Sent::lost ? 499 : status, false);
      if (sent != Sent::lost) co_await linger();
      co_return false;
    }
    if (timed_out_ || ended_ || (shared_->draining && reader_.is_empty())) co_return false;
    if (reader_.wants_continue() && !continued) {
      continued = true;
      const bool written = co_await write("HTTP/1.1 100 Continue\r\n\r\n", {});
      if (!written) co_return false;
      continue;
    }
    if ((is_first_byte && !reader_.is_empty()) || state != before) {
      is_first_byte = reader_.is_empty();
      before = state;
      deadline_ = SteadyClock::now() + limits().read_timeout;
    }
    co_await wait();
  }
  deadline_ = kNever;
  co_return true;
}

/// Fills in what the target and the peer say. An answer when there is nothing for the handler to do.
std::optional<Response> Connection::locate(Request& request) {
  const bool trusted = shared_->proxies.contains(peer_);
  request.remote = shared_->proxies.client_of(peer_, request.header("x-forwarded-for"));
  const std::string scheme = request.header("x-forwarded-proto");
  request.secure =
      tls_.has_value() ||
      (trusted && (scheme == "https" || (scheme.size() > 6 && scheme.substr(scheme.size() - 6) == ",https")));
  const std::string id = request.header("x-request-id");
  request.id = is_request_id(id) ? id : new_request_id();
  request_id_ = request.id;

  const int wait_seconds = shared_->rate.take(rate_key(request.remote), SteadyClock::now());
  if (wait_seconds > 0) {
    Response out = problem(429, reason_of(429), "There were too many requests from this address.",
                           "Wait as long as Retry-After says.");
    out.header("Retry-After", std::to_string(wait_seconds));
    return out;
  }
  auto target = parse_target(request.target);
  if (!target) return problem(400, reason_of(400), target.error().message);
  const std::string& base = shared_->options.base_path;
  if (!base.empty() && target->path == base) {
    const std::size_t question = std::min(request.target.find('?'), request.target.size());
    return redirect(base + "/" + request.target.substr(question));
  }
  auto here = below(std::move(*target), base);
  if (!here) {
    return problem(404, reason_of(404), "This server answers below " + base + "/ only.");
  }
  request.path = std::move(here->path);
  request.segments = std::move(here->segments);
  request.query = std::move(here->query);
  return std::nullopt;
}

/// Hands exchange_ to a worker. An answer when none takes it.
std::optional<Response> Connection::submit() {
  const bool is_head = exchange_->request.method == "HEAD";
  auto work = [shared = shared_, exchange = exchange_, loop = loop_, weak = weak_from_this(), wake = waker(), is_head] {
    exchange->response = answer_of(*shared, *exchange);
    Response& response = exchange->response;
    if (response.events && !is_head) {
      exchange->event_slot = EventSlot::of(shared);
      if (exchange->event_slot) {
        exchange->events = std::make_shared<Events>(wake);
        response.events(exchange->events);
      } else {
        response = unavailable("There are as many event streams as this server keeps.");
      }
    }
    if (response.stream) {
      exchange->gzip = compress_stream(response, exchange->request);
    } else if (!response.events) {
      name_request(response, exchange->request.id);
      compress_body(response, exchange->request);
    }
    shared->bodies_bytes -= exchange->body_bytes;
    asio::post(loop->io, [exchange, weak] {
      exchange->done = true;
      if (const auto self = weak.lock()) self->wake();
    });
  };
  exchange_->body_bytes = std::exchange(body_held_, 0);
  if (shared_->workers.submit(std::move(work))) return std::nullopt;
  shared_->bodies_bytes -= exchange_->body_bytes;
  return unavailable("The server is busy: too many requests wait already.");
}

/// Waits for the worker; on the way asks it to stop when the client leaves or time is over.
Awaitable<void> Connection::await_answer() {
  deadline_ = SteadyClock::now() + limits().request_timeout;
  timed_out_ = false;
  bool over = false;
  while (!exchange_->done && !closed_) {
    if (ended_) exchange_->cancel.request();
    if (timed_out_) {
      if (over) break;
      over = true;
      timed_out_ = false;
      exchange_->cancel.request();
      deadline_ = SteadyClock::now() + kGraceAfterCancel;
    }
    co_await wait();
  }
  if (closed_) exchange_->cancel.request();
  deadline_ = kNever;
}

Awaitable<Connection::Sent> Connection::answer_request() {
  const auto exchange = std::make_shared<Exchange>();
  exchange_ = exchange;
  keeps_alive_ = reader_.keeps_alive();
  http_1_0_ = reader_.is_http_1_0();
  exchange->request = reader_.take();
  is_head_ = exchange->request.method == "HEAD";
  started_ = SteadyClock::now();
  sent_ = 0;
  ++shared_->requests;

  std::optional<Response> ours = locate(exchange->request);
  is_secure_ = exchange->request.secure;
  if (!ours) ours = submit();
  if (!ours) {
    co_await await_answer();
    if (!exchange->done) ours = unavailable("The answer took longer than this server lets it take.");
  }
  shared_->bodies_bytes -= std::exchange(body_held_, 0);
  if (closed_) {
    served(exchange->request, {}, 499, false);
    co_return Sent::lost;
  }

  const std::string route = ours ? std::string() : exchange->response.route;
  int status = ours ? ours->status : exchange->response.status;
  const bool has_events = !ours && exchange->response.events;
  Sent sent = Sent::lost;
  if (ours) {
    sent = co_await send(std::move(*ours));
  } else if (has_events) {
    sent = co_await send_events();
  } else if (exchange->response.stream) {
    sent = co_await send_stream();
  } else {
    sent = co_await send(std::move(exchange->response));
  }
  if (sent == Sent::lost && !has_events) status = 499;
  served(exchange->request, route, status, has_events);
  co_return sent;
}

HeadOptions Connection::head_options() const {
  HeadOptions options;
  options.date = loop_->date;
  options.request_id = request_id_;
  options.http_1_0 = http_1_0_;
  return options;
}

Awaitable<Connection::Sent> Connection::send(Response response) {
  name_request(response, request_id_);
  secure_answer(response, is_secure_);
  std::string_view body = body_of(response);
  const bool has_body = response.status >= 200 && response.status != 204 && response.status != 304;
  HeadOptions options = head_options();
  const bool close = closes();
  options.close = close;
  if (has_body) options.length = body.size();
  std::string head = head_text(response, options);
  if (!has_body || is_head_) body = {};
  if (body.size() <= kTogetherBytes) {
    head += body;
    body = {};
  }
  const bool written = co_await write(std::move(head), body);
  co_return !written ? Sent::lost : close ? Sent::closes : Sent::kept;
}

Awaitable<Connection::Sent> Connection::send_stream() {
  const auto exchange = exchange_;
  const auto pipe = std::make_shared<Pipe>(waker());
  if (is_head_) {
    Response head;
    head.status = exchange->response.status;
    head.headers = exchange->response.headers;
    secure_answer(head, is_secure_);
    HeadOptions options = head_options();
    const bool close = options.close = closes() || http_1_0_;
    options.chunked = !http_1_0_;
    const bool written = co_await write(head_text(head, options), {});
    co_return !written ? Sent::lost : close ? Sent::closes : Sent::kept;
  }
  const bool taken = shared_->stream_workers.submit([shared = shared_, exchange, pipe] {
    ++shared->streams;
    Status status = run_stream(*exchange, *pipe);
    --shared->streams;
    pipe->finish(std::move(status));
  });
  if (!taken) {
    const Sent sent = co_await send(unavailable("The server is busy: too many downloads wait already."));
    co_return sent;
  }
  deadline_ = SteadyClock::now() + limits().stream_timeout;
  timed_out_ = false;
  const Sent sent = co_await pass_on(exchange, pipe);
  deadline_ = kNever;
  exchange->cancel.request();
  pipe->cut();
  if (sent == Sent::lost && !closed_) {
    // A reset, so that not even a reader of HTTP/1.0 takes half an answer for a whole one.
    error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    abort();
  }
  co_return sent;
}

/// Sends what comes through the pipe: in chunks, or with its length when all of it is there at once.
Awaitable<Connection::Sent> Connection::pass_on(std::shared_ptr<Exchange> exchange, std::shared_ptr<Pipe> pipe) {
  bool head_sent = false, chunked = false;
  bool close = closes();
  while (!ended_ && !closed_ && !timed_out_) {
    const Pipe::Taken taken = pipe->take();
    if (taken.finished && !taken.status) {
      if (head_sent) co_return Sent::lost;
      const Sent sent = co_await send(problem_of(taken.status.error()));
      co_return sent;
    }
    if (taken.bytes.empty() && !taken.finished) {
      co_await wait();
      continue;
    }
    std::string out;
    if (!head_sent) {
      Response head;
      head.status = exchange->response.status;
      head.headers = exchange->response.headers;
      secure_answer(head, is_secure_);
      HeadOptions options = head_options();
      if (taken.finished) {
        options.length = taken.bytes.size();
      } else if (http_1_0_) {
        close = true;
      } else {
        chunked = options.chunked = true;
      }
      options.close = close;
      out = head_text(head, options);
      head_sent = true;
    }
    if (chunked && !taken.bytes.empty()) out += fmt::format("{:x}\r\n", taken.bytes.size());
    out += taken.bytes;
    if (chunked && !taken.bytes.empty()) out += "\r\n";
    if (chunked && taken.finished) out += "0\r\n\r\n";
    const bool written = co_await write(std::move(out), {});
    if (!written) break;
    if (taken.finished) co_return close ? Sent::closes : Sent::kept;
  }
  co_return Sent::lost;
}

Awaitable<Connection::Sent> Connection::send_events() {
  const auto exchange = exchange_;
  const auto events = exchange->events;
  Response head;
  head.status = exchange->response.status;
  head.headers = exchange->response.headers;
  if (header_of(head, "Content-Type").empty()) head.header("Content-Type", "text/event-stream");
  if (header_of(head, "Cache-Control").empty()) head.header("Cache-Control", "no-store");
  head.header("X-Accel-Buffering", "no");  // nginx would keep events until its buffer is full
  secure_answer(head, is_secure_);
  HeadOptions options = head_options();
  const bool chunked = options.chunked = !http_1_0_;
  options.close = true;
  std::string out = head_text(head, options);
  const auto framed = [chunked](std::string_view bytes) {
    return chunked ? fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes) : std::string(bytes);
  };
  bool over = is_head_;
  if (!is_head_) out += framed(":\n\n");
  timed_out_ = false;
  while (true) {
    if (!out.empty()) {
      const bool written = co_await write(std::exchange(out, {}), {});
      if (!written) co_return Sent::lost;
      deadline_ = SteadyClock::now() + limits().heartbeat;
    }
    if (over) break;
    if (ended_ || closed_) co_return Sent::lost;
    if (shared_->draining) events->close();
    const Events::Taken taken = events->take();
    if (taken.overflow) co_return Sent::lost;
    if (!taken.bytes.empty()) {
      out = framed(taken.bytes);
    } else if (timed_out_) {
      out = framed(":\n\n");
    }
    timed_out_ = false;
    if (taken.closed) {
      if (chunked) out += "0\r\n\r\n";
      over = true;
    } else if (out.empty()) {
      co_await wait();
    }
  }
  deadline_ = kNever;
  co_return Sent::closes;
}

/// Writes both, one behind the other. `second` must live until then. False when the client is gone; sweep() sees to a
/// client that takes too little.
Awaitable<bool> Connection::write(std::string first, std::string_view second) {
  std::array<asio::const_buffer, 2> rest = {asio::buffer(first), asio::buffer(second.data(), second.size())};
  write_since_ = SteadyClock::now();
  write_bytes_ = 0;
  while (rest[0].size() + rest[1].size() > 0 && !closed_) {
    error_code error;
    std::size_t size = 0;
    if (tls_) {
      size = co_await tls_->async_write_some(rest, asio::redirect_error(kAwait, error));
    } else {
      size = co_await socket_.async_write_some(rest, asio::redirect_error(kAwait, error));
    }
    if (error) {
      abort();
      break;
    }
    write_bytes_ += size;
    sent_ += static_cast<std::int64_t>(size);
    shared_->bytes_out += static_cast<std::int64_t>(size);
    const std::size_t of_first = std::min(size, rest[0].size());
    rest[0] += of_first;
    rest[1] += size - of_first;
  }
  write_since_ = kNever;
  co_return !closed_;
}

/// Lets the client read the last answer: closing while it still sends would reset the connection and lose it.
Awaitable<void> Connection::linger() {
  discards_ = true;
  input_.clear();
  start_reading();
  timed_out_ = false;
  deadline_ = SteadyClock::now() + kLinger;
  error_code ignored;
  if (tls_) {
    abort_at_ = deadline_;
    co_await tls_->async_shutdown(asio::redirect_error(kAwait, ignored));
  }
  if (!closed_) socket_.shutdown(asio::socket_base::shutdown_send, ignored);
  while (!ended_ && !closed_ && !timed_out_ && !shared_->draining) co_await wait();
}

void Connection::served(const Request& request, const std::string& route, int status, bool events) {
  if (!shared_->on_served) return;
  Served out;
  out.method = request.method;
  out.path = request.path;
  out.remote = request.remote;
  out.id = request.id;
  out.route = route;
  out.status = status;
  out.bytes = sent_;
  out.seconds = std::chrono::duration<double>(SteadyClock::now() - started_).count();
  out.events = events;
  shared_->on_served(out);
}

// ---------- the server

class BeastServer final : public Server {
 public:
  BeastServer(std::shared_ptr<Shared> shared, std::vector<std::shared_ptr<Loop>> loops, Acceptor acceptor)
      : shared_(std::move(shared)),
        loops_(std::move(loops)),
        acceptor_(std::move(acceptor)),
        retry_(loops_.front()->io) {
    error_code ignored;
    port_ = acceptor_.local_endpoint(ignored).port();
  }
  ~BeastServer() override { stop(); }

  Status start() override;
  std::uint16_t port() const override { return port_; }
  std::string address() const override;
  Status reload() override;
  Figures figures() const override;
  void stop() override;

 private:
  Awaitable<void> accept_loop();
  static Awaitable<void> sweep_loop(Loop& loop, const Shared& shared);
  void admit(std::shared_ptr<Loop> loop, Socket socket);
  void each_connection(void (Connection::*call)());

  std::shared_ptr<Shared> shared_;
  std::vector<std::shared_ptr<Loop>> loops_;
  Acceptor acceptor_;
  Timer retry_;
  std::uint16_t port_ = 0;
  bool started_ = false, stopped_ = false;
};

Status BeastServer::start() {
  if (started_ || stopped_) return fail(ErrorKind::invalid_argument, "the server was started before");
  started_ = true;
  for (const auto& loop : loops_) {
    loop->date = http_date(std::time(nullptr));
    asio::co_spawn(loop->io, sweep_loop(*loop, *shared_), asio::detached);
  }
  asio::co_spawn(loops_.front()->io, accept_loop(), asio::detached);
  for (const auto& loop : loops_) loop->thread = std::thread([loop] { loop->io.run(); });
  return {};
}

std::string BeastServer::address() const {
  std::string host = shared_->options.address;
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "::") host = "::1";
  if (host.find(':') != std::string::npos) host = '[' + host + ']';
  const bool tls = !shared_->options.certificate_file.empty();
  return fmt::format("{}://{}:{}{}/", tls ? "https" : "http", host, port_, shared_->options.base_path);
}

/// Puts certificate and key into `shared` for the connections to come.
Status take_certificate(Shared& shared) {
  const Options& options = shared.options;
  if (options.certificate_file.empty() && options.key_file.empty()) return {};
  if (options.certificate_file.empty() || options.key_file.empty()) {
    return fail(ErrorKind::invalid_argument, "TLS needs a certificate and its key; only one of them is named");
  }
  const auto loaded = TRY(load_tls(options.certificate_file, options.key_file));
  SSL_CTX_up_ref(loaded.get());
  auto context = std::make_shared<asio::ssl::context>(loaded.get());
  const std::lock_guard lock(shared.mutex);
  shared.tls = std::move(context);
  return {};
}

Status BeastServer::reload() { return take_certificate(*shared_); }

Figures BeastServer::figures() const {
  Figures out;
  out.connections = shared_->connections;
  out.requests = shared_->requests;
  out.waiting = shared_->workers.waiting() + shared_->stream_workers.waiting();
  out.working = shared_->workers.working();
  out.event_streams = shared_->event_streams;
  out.streams = shared_->streams;
  out.refused = shared_->refused;
  out.bytes_in = shared_->bytes_in;
  out.bytes_out = shared_->bytes_out;
  return out;
}

Awaitable<void> BeastServer::sweep_loop(Loop& loop, const Shared& shared) {
  while (!shared.draining || !loop.connections.empty()) {
    loop.sweeper.expires_after(loop.connections.empty() ? 5 * kSweepEvery : kSweepEvery);
    error_code ignored;
    co_await loop.sweeper.async_wait(asio::redirect_error(kAwait, ignored));
    if (const std::time_t second = std::time(nullptr); second != loop.date_second) {
      loop.date_second = second;
      loop.date = http_date(second);
    }
    const Time now = SteadyClock::now();
    for (Connection* connection : loop.connections) connection->sweep(now);
  }
}

Awaitable<void> BeastServer::accept_loop() {
  std::size_t next = 0;
  while (!shared_->draining) {
    const auto loop = loops_[next++ % loops_.size()];
    Socket socket(loop->io);
    error_code error;
    co_await acceptor_.async_accept(socket, asio::redirect_error(kAwait, error));
    if (shared_->draining) break;
    if (!error) {
      admit(loop, std::move(socket));
    } else {
      // Out of file descriptors, most likely: they come back when connections end.
      retry_.expires_after(std::chrono::milliseconds(100));
      co_await retry_.async_wait(asio::redirect_error(kAwait, error));
    }
  }
}

void BeastServer::admit(std::shared_ptr<Loop> loop, Socket socket) {
  error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return;
  asio::ip::address address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  const std::string peer = address.to_string();
  const Limits& limits = shared_->options.limits;
  const bool counted = !shared_->proxies.contains(peer);
  const bool is_full = shared_->connections >= limits.connections;
  if (is_full || (counted && !shared_->addresses.add(peer, limits.connections_per_address))) {
    ++shared_->refused;
    if (shared_->options.certificate_file.empty()) {
      static constexpr std::string_view kFull =
          "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
      socket.non_blocking(true, error);
      socket.write_some(asio::buffer(kFull.data(), kFull.size()), error);
    }
    return;
  }
  socket.set_option(asio::ip::tcp::no_delay(true), error);
  ++shared_->connections;
  auto connection = std::make_shared<Connection>(shared_, loop, std::move(socket), peer, counted);
  asio::post(loop->io, [connection = std::move(connection)] { connection->start(); });
}

void BeastServer::each_connection(void (Connection::*call)()) {
  for (const auto& loop : loops_) {
    asio::post(loop->io, [loop, call] {
      for (Connection* connection : loop->connections) (connection->*call)();
    });
  }
}

void BeastServer::stop() {
  if (stopped_) return;
  stopped_ = true;
  shared_->draining = true;
  if (started_) {
    asio::post(loops_.front()->io, [this] {
      error_code ignored;
      acceptor_.close(ignored);
      retry_.cancel();
    });
    each_connection(&Connection::drain);
    {
      std::unique_lock lock(shared_->mutex);
      shared_->ended.wait_for(lock, shared_->options.limits.drain, [this] { return shared_->connections == 0; });
    }
    each_connection(&Connection::cut);
  }
  shared_->workers.close();
  shared_->stream_workers.close();
  if (!started_) return;
  for (const auto& loop : loops_) {
    asio::post(loop->io, [loop] { loop->sweeper.cancel(); });
    loop->guard.reset();
  }
  for (const auto& loop : loops_) {
    if (loop->thread.joinable()) loop->thread.join();
  }
}

Status check_base_path(const std::string& base) {
  if (base.empty()) return {};
  const auto target = parse_target(base);
  if (!target || target->path != base || base.back() == '/' || !target->query.empty()) {
    return fail_hint("write it as /pivot", ErrorKind::invalid_argument, "base path \"{}\" is no plain path", base);
  }
  return {};
}

Result<Acceptor> bind(asio::io_context& io, const Options& options) {
  error_code error;
  const std::string host = options.address == "localhost" ? "127.0.0.1" : options.address;
  const auto address = asio::ip::make_address(host, error);
  if (error) {
    return fail_hint("write 127.0.0.1, 0.0.0.0 or ::", ErrorKind::invalid_argument,
                     "listen on \"{}\": no address of a machine", options.address);
  }
  const asio::ip::tcp::endpoint endpoint(address, options.port);
  Acceptor acceptor(io);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) return acceptor;
  const ErrorKind kind = error == asio::error::address_in_use  ? ErrorKind::already_exists
                         : error == asio::error::access_denied ? ErrorKind::permission_denied
                                                               : ErrorKind::io;
  return fail_hint("choose another port; 0 takes any free one", kind, "listen on {} port {}: {}", options.address,
                   options.port, error.message());
}

}  // namespace

Result<std::unique_ptr<Server>> Server::listen(Options options, Handler handler,
                                               std::function<void(const Served&)> on_served) {
  while (!options.base_path.empty() && options.base_path.back() == '/') options.base_path.pop_back();
  TRY(check_base_path(options.base_path));
  TrustedProxies proxies = TRY(TrustedProxies::of(options.trusted_proxies));
  std::vector<std::shared_ptr<Loop>> loops;
  for (int i = 0; i < std::max(options.io_threads, 1); ++i) loops.push_back(std::make_shared<Loop>());
  Acceptor acceptor = TRY(bind(loops.front()->io, options));
  auto shared =
      std::make_shared<Shared>(std::move(options), std::move(handler), std::move(on_served), std::move(proxies));
  TRY(take_certificate(*shared));
  return std::make_unique<BeastServer>(std::move(shared), std::move(loops), std::move(acceptor));
}

}  // namespace centavo::http
