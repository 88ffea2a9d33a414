#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "app/http/client_testing.h"
#include "app/http/http.h"
#include "base/json.h"

namespace centavo::http {
namespace {

using namespace std::chrono_literals;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A switch that one thread waits for and another turns.
class Latch {
 public:
  void set() {
    const std::lock_guard lock(mutex_);
    set_ = true;
    changed_.notify_all();
  }
  bool wait(std::chrono::milliseconds limit = 10s) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [this] { return set_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
};

/// Whether `condition` holds before `limit` is over.
template <class Condition>
bool eventually(Condition condition, std::chrono::milliseconds limit = 10s) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

Response text(std::string body) {
  Response out;
  out.body = std::move(body);
  return std::move(out.header("Content-Type", "text/plain"));
}

std::string gunzip(std::string_view bytes) {
  z_stream stream{};
  inflateInit2(&stream, 15 + 16);
  std::string out;
  char piece[4096];
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  int state = Z_OK;
  while (state == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(piece);
    stream.avail_out = sizeof piece;
    state = inflate(&stream, Z_NO_FLUSH);
    out.append(piece, sizeof piece - stream.avail_out);
  }
  inflateEnd(&stream);
  return state == Z_STREAM_END ? out : "no gzip";
}

class HttpServer : public ::testing::Test {
 protected:
  HttpServer() {
    options_.port = 0;
    options_.limits.drain = 1s;
  }
  void serve(Handler handler) {
    auto made = Server::listen(options_, std::move(handler), [this](const Served& served) {
      const std::lock_guard lock(mutex_);
      served_.push_back(served);
    });
    ASSERT_TRUE(made) << made.error().message;
    server_ = std::move(*made);
    ASSERT_TRUE(server_->start());
  }
  void serve_echo() {
    serve([](const Request& request, const Cancel&) {
      std::string out = request.method + " " + request.path;
      for (const auto& [name, value] : request.query) out += " " + name + "=" + value;
      return text(out + " [" + request.body + "]");
    });
  }
  Client client() { return Client(server_->port()); }
  std::vector<Served> served() {
    const std::lock_guard lock(mutex_);
    return served_;
  }

  Options options_;
  std::mutex mutex_;
  std::vector<Served> served_;
  std::unique_ptr<Server> server_;
};

TEST_F(HttpServer, AnswersOneRequestAfterAnotherOnOneConnection) {
  serve_echo();
  Client one = client();
  const Answer first = one.get("/a%20b?x=1");
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.body, "GET /a b x=1 []");
  EXPECT_NE(first.headers.at("date"), "");
  EXPECT_EQ(first.headers.at("x-content-type-options"), "nosniff");
  EXPECT_EQ(one.get("/c").body, "GET /c []");
  EXPECT_TRUE(eventually([&] { return served().size() == 2; }));
  EXPECT_EQ(served()[1].path, "/c");
  EXPECT_GT(served()[1].bytes, 100);
}

TEST_F(HttpServer, TakesARequestCutAtEveryByte) {
  serve_echo();
  const std::string request = "POST /p?q=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";
  for (std::size_t cut = 1; cut < request.size(); ++cut) {
    Client one = client();
    one.send(request.substr(0, cut));
    std::this_thread::sleep_for(1ms);
    one.send(request.substr(cut));
    EXPECT_EQ(one.answer().body, "POST /p q=1 [hello]") << cut;
  }
}

TEST_F(HttpServer, AnswersPipelinedRequestsInTheirOrder) {
  serve_echo();
  Client one = client();
  std::string all;
  for (int i = 0; i < 300; ++i)
    all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\nX-Fill: " + std::string(200, 'f') + "\r\n\r\n";
  std::thread sender([&] { one.send(all); });
  for (int i = 0; i < 300; ++i) ASSERT_EQ(one.answer().body, "GET /" + std::to_string(i) + " []");
  sender.join();
}

TEST_F(HttpServer, EndsTheConnectionWhenTheClientWantsTo) {
  serve_echo();
  for (const char* request : {"GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"}) {
    Client one = client();
    one.send(request);
    const Answer answer = one.answer();
    EXPECT_EQ(answer.body, "GET / []");
    EXPECT_EQ(answer.headers.at("connection"), "close");
    EXPECT_EQ(one.receive(), "");
    EXPECT_FALSE(one.timed_out());
  }
  Client old = client();
  old.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(old.answer().headers.at("connection"), "keep-alive");
  old.send("GET /2 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(old.answer().body, "GET /2 []");
}

TEST_F(HttpServer, AnswersAClientThatHasNothingMoreToSay) {
  serve_echo();
  Client one = client();
  one.send("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
  one.end_sending();
  EXPECT_EQ(one.answer().body, "GET /x []");
  EXPECT_EQ(one.receive(), "");
}

TEST_F(HttpServer, AnswersHeadWithoutABody) {
  serve_echo();
  Client one = client();
  one.send("HEAD /abc HTTP/1.1\r\nHost: h\r\n\r\n");
  const Answer head = one.answer(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-length"), std::to_string(std::string("HEAD /abc []").size()));
  EXPECT_EQ(one.get("/next").body, "GET /next []");
}

TEST_F(HttpServer, NamesEachRequest) {
  serve([](const Request&, const Cancel&) { return problem(404, "Not Found", "No such thing."); });
  Client one = client();
  const Answer named = one.get("/", "X-Request-Id: mine-1\r\n");
  EXPECT_EQ(named.headers.at("x-request-id"), "mine-1");
  EXPECT_EQ((*parse_json(named.body))["request_id"], "mine-1");
  const Answer made = one.get("/", "X-Request-Id: \"><script>\r\n");
  EXPECT_EQ(made.headers.at("x-request-id").size(), 16U);
  EXPECT_EQ((*parse_json(made.body))["request_id"], made.headers.at("x-request-id"));
}

TEST_F(HttpServer, RefusesByAProblemDocumentAndCloses) {
  options_.limits.header_bytes = 2048;
  options_.limits.body_bytes = 1000;
  serve_echo();
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  const std::vector<std::pair<int, std::string>> cases = {
      {400, "nonsense\r\n\r\n"},
      {400, post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"},
      {405, "TRACE / HTTP/1.1\r\nHost: h\r\n\r\n"},
      {411, post + "Content-Type: text/plain\r\n\r\n"},
      {413, post + "Content-Length: 1001\r\n\r\n" + std::string(1001, 'x')},
      {413, post + "Transfer-Encoding: chunked\r\n\r\n400\r\n" + std::string(1024, 'x') + "\r\n0\r\n\r\n"},
      {414, "GET /" + std::string(60'000, 'a')},
      {417, post + "Expect: miracles\r\nContent-Length: 1\r\n\r\n"},
      {431, "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(60'000, 'a')},
      {505, "GET / HTTP/3.0\r\nHost: h\r\n\r\n"},
  };
  for (const auto& [status, request] : cases) {
    Client one = client();
    one.send(request);
    Answer answer = one.answer();
    EXPECT_EQ(answer.status, status) << request.substr(0, 60);
    EXPECT_EQ(answer.headers["content-type"], "application/problem+json");
    EXPECT_EQ((*parse_json(answer.body))["status"], status);
    EXPECT_EQ((*parse_json(answer.body))["request_id"], answer.headers["x-request-id"]);
    EXPECT_EQ(answer.headers["connection"], "close");
  }
}

TEST_F(HttpServer, RefusesAnAddressThatIsNotPlainAndGoesOn) {
  serve_echo();
  Client one = client();
  for (const char* target : {"/../etc", "/a/%2e%2e/b", "//x", "/%zz", "/%00", "/x?y=%ff"})
    EXPECT_EQ(one.get(target).status, 400) << target;
  EXPECT_EQ(one.get("/fine").status, 200);
}

TEST_F(HttpServer, SaysTimeoutToAClientThatSendsTooSlowly) {
  options_.limits.read_timeout = 1s;
  serve_echo();
  Client header = client();
  std::thread drip([&] {
    header.send("GET / HTTP/1.1\r\n");
    for (int i = 0; i < 30 && header.send("X: y\r\n"); ++i) std::this_thread::sleep_for(100ms);
  });
  EXPECT_EQ(header.answer().status, 408);
  Client body = client();
  body.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_EQ(body.answer().status, 408);
  drip.join();
}

TEST_F(HttpServer, ClosesIdleConnectionsWithoutAWord) {
  options_.limits.read_timeout = 1s;
  options_.limits.idle_timeout = 1s;
  serve_echo();
  Client silent = client(), idle = client();
  EXPECT_EQ(idle.get("/").status, 200);
  EXPECT_EQ(silent.receive(5), "");
  EXPECT_EQ(idle.receive(5), "");
  EXPECT_FALSE(silent.timed_out() || idle.timed_out());
  EXPECT_TRUE(eventually([&] { return server_->figures().connections == 0; }));
}

TEST_F(HttpServer, TellsAClientThatWaitsToSendItsBody) {
  serve_echo();
  Client one = client();
  one.send("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(one.answer().status, 100);
  one.send("ok");
  EXPECT_EQ(one.answer().body, "POST /p [ok]");
}

TEST_F(HttpServer, AnswersAtOnceBesideTwoHundredIdleConnections) {
  serve_echo();
  std::vector<Client> idle;
  for (int i = 0; i < 200; ++i) {
    idle.push_back(client());
    ASSERT_EQ(idle.back().get("/").status, 200);
  }
  const auto begun = std::chrono::steady_clock::now();
  Client one = client();
  EXPECT_EQ(one.get("/now").body, "GET /now []");
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 2s);
  EXPECT_EQ(server_->figures().connections, 201);
}

TEST_F(HttpServer, AnswersAtOnceBesideFiveHundredEventStreams) {
  std::mutex mutex;
  std::vector<std::shared_ptr<EventStream>> streams;
  options_.limits.heartbeat = 1s;
  options_.limits.connections_per_address = 0;
  serve([&](const Request& request, const Cancel&) {
    if (request.path != "/events") return text("here");
    Response out;
    out.events = [&](std::shared_ptr<EventStream> stream) {
      stream->send("hello", "first", 1);
      const std::lock_guard lock(mutex);
      streams.push_back(std::move(stream));
    };
    return out;
  });
  std::vector<Client> listeners;
  for (int i = 0; i < 500; ++i) {
    listeners.push_back(client());
    ASSERT_TRUE(listeners.back().send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n"));
  }
  ASSERT_TRUE(eventually([&] { return server_->figures().event_streams == 500; }));
  Client one = client();
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(one.get("/").body, "here");
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 2s);

  {
    const std::lock_guard lock(mutex);
    for (const auto& stream : streams) EXPECT_TRUE(stream->send("run", "line 1\nline 2", 2));
  }
  std::string got;
  while (got.find("line 2\n\n") == std::string::npos ||
         got.find("\r\n:\n\n\r\n", got.find("line 2")) == std::string::npos) {
    const std::string piece = listeners[7].receive(5);
    ASSERT_NE(piece, "") << got;
    got += piece;
  }
  EXPECT_THAT(got, HasSubstr("Content-Type: text/event-stream"));
  EXPECT_THAT(got, HasSubstr("id: 1\nevent: hello\ndata: first\n\n"));
  EXPECT_THAT(got, HasSubstr("id: 2\nevent: run\ndata: line 1\ndata: line 2\n\n"));

  listeners.clear();
  EXPECT_TRUE(eventually([&] { return server_->figures().event_streams == 0; }));
  const std::lock_guard lock(mutex);
  EXPECT_TRUE(streams[0]->is_gone());
  EXPECT_FALSE(streams[0]->send("run", "x", 3));
}

TEST_F(HttpServer, EndsAnEventStreamThatIsClosedAndHasALimitOfThem) {
  options_.limits.event_streams = 1;
  std::shared_ptr<EventStream> stream;
  Latch opened;
  serve([&](const Request&, const Cancel&) {
    Response out;
    out.events = [&](std::shared_ptr<EventStream> made) {
      stream = std::move(made);
      opened.set();
    };
    return out;
  });
  Client one = client();
  one.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(opened.wait());
  Client two = client();
  EXPECT_EQ(two.get("/").status, 503);
  stream->send("", "bye", 0);
  stream->close();
  const Answer answer = one.answer();
  EXPECT_TRUE(answer.whole);
  EXPECT_THAT(answer.body, HasSubstr("data: bye\n\n"));
  EXPECT_TRUE(eventually([&] { return server_->figures().event_streams == 0; }));
  EXPECT_TRUE(eventually([&] { return !served().empty() && served().back().events; }));
}

TEST_F(HttpServer, DropsAListenerThatDoesNotRead) {
  std::shared_ptr<EventStream> stream;
  Latch opened;
  serve([&](const Request&, const Cancel&) {
    Response out;
    out.events = [&](std::shared_ptr<EventStream> made) {
      stream = std::move(made);
      opened.set();
    };
    return out;
  });
  Client one(server_->port(), 4096);
  one.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(opened.wait());
  const std::string data(16'000, 'd');
  int sent = 0;
  while (sent < 100'000 && stream->send("x", data, 0)) ++sent;
  EXPECT_LT(sent, 100'000);
  EXPECT_TRUE(stream->is_gone());
}

TEST_F(HttpServer, AsksAHandlerToStopWhenItsClientLeaves) {
  Latch started, stopped;
  serve([&](const Request&, const Cancel& cancel) {
    started.set();
    if (eventually([&] { return cancel.requested(); })) stopped.set();
    return text("late");
  });
  Client one = client();
  one.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(started.wait());
  one.close();
  EXPECT_TRUE(stopped.wait());
}

TEST_F(HttpServer, AsksAHandlerToStopWhenItsTimeIsOver) {
  options_.limits.request_timeout = 1s;
  serve([&](const Request& request, const Cancel& cancel) {
    eventually([&] { return cancel.requested(); });
    if (request.path == "/stubborn") std::this_thread::sleep_for(4s);
    return text("stopped early");
  });
  Client one = client(), two = client();
  one.send("GET /stubborn HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(two.get("/").body, "stopped early");
  EXPECT_EQ(one.answer().status, 503);
}

TEST_F(HttpServer, SaysBusyWhenTheQueueIsFull) {
  options_.workers = 1;
  options_.limits.queue = 1;
  Latch go;
  serve([&](const Request&, const Cancel&) {
    go.wait();
    return text("done");
  });
  Client working = client(), waiting = client(), refused = client();
  working.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return server_->figures().working == 1; }));
  waiting.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return server_->figures().waiting == 1; }));
  Answer answer = refused.get("/");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.headers.at("retry-after"), "2");
  go.set();
  EXPECT_EQ(working.answer().body, "done");
  EXPECT_EQ(waiting.answer().body, "done");
  EXPECT_EQ(refused.get("/").body, "done");
}

TEST_F(HttpServer, LimitsTheRequestsOfAnAddress) {
  options_.limits.requests_per_second = 5;
  serve_echo();
  Client one = client();
  int refused = 0;
  Answer last;
  for (int i = 0; i < 20; ++i) {
    Answer answer = one.get("/");
    if (answer.status == 429) {
      ++refused;
      last = answer;
    }
  }
  EXPECT_GE(refused, 5);
  EXPECT_LE(refused, 10);
  EXPECT_EQ(last.headers["retry-after"], "1");
  std::this_thread::sleep_for(1100ms);
  EXPECT_EQ(one.get("/").status, 200);
}

TEST_F(HttpServer, LimitsTheConnectionsOfAnAddress) {
  options_.limits.connections_per_address = 3;
  serve_echo();
  std::vector<Client> open;
  for (int i = 0; i < 3; ++i) {
    open.push_back(client());
    ASSERT_EQ(open.back().get("/").status, 200);
  }
  Client refused = client();
  EXPECT_THAT(refused.receive_all(), AnyOf(HasSubstr("503"), IsEmpty()));
  EXPECT_EQ(server_->figures().refused, 1);
  open.clear();
  EXPECT_TRUE(eventually([&] { return client().get("/").status == 200; }));
}

TEST_F(HttpServer, LimitsTheBodiesItHoldsAtOneTime) {
  options_.limits.bodies_bytes = 100'000;
  serve_echo();
  Client one = client(), two = client();
  one.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 90001\r\n\r\n" + std::string(90'000, 'x'));
  std::this_thread::sleep_for(100ms);
  two.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 20000\r\n\r\n" + std::string(20'000, 'x'));
  EXPECT_EQ(two.answer().status, 503);
  one.send("x");
  EXPECT_EQ(one.answer().body.size(), 90'001 + std::string("POST / []").size());
  Client three = client();
  three.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 90001\r\n\r\n" + std::string(90'001, 'x'));
  EXPECT_EQ(three.answer().status, 200);
}

TEST_F(HttpServer, TurnsAnExceptionIntoAnAnswer) {
  serve([](const Request& request, const Cancel&) -> Response {
    if (request.path == "/throw") throw std::runtime_error("secret");
    return text("fine");
  });
  Client one = client();
  const Answer answer = one.get("/throw");
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.body.find("secret"), std::string::npos);
  EXPECT_EQ(one.get("/").body, "fine");
}

TEST_F(HttpServer, CompressesWhatIsWorthIt) {
  const std::string large = R"({"rows":[)" + std::string(5000, '1') + "]}";
  serve([&](const Request& request, const Cancel&) {
    Response out;
    if (request.path == "/shared") {
      out.shared_body = std::make_shared<const std::string>(large);
    } else {
      out.body = request.path == "/small" ? "{}" : large;
    }
    out.header("Content-Type", request.path == "/parquet" ? "application/vnd.apache.parquet" : "application/json")
        .header("ETag", "\"v1\"");
    return out;
  });
  Client one = client();
  for (const char* path : {"/large", "/shared"}) {
    const Answer packed = one.get(path, "Accept-Encoding: gzip, br\r\n");
    EXPECT_EQ(packed.headers.at("content-encoding"), "gzip");
    EXPECT_EQ(packed.headers.at("vary"), "Accept-Encoding");
    EXPECT_EQ(packed.headers.at("etag"), "W/\"v1\"");
    EXPECT_LT(packed.body.size(), 200U);
    EXPECT_EQ(gunzip(packed.body), large);
  }
  EXPECT_EQ(one.get("/large").body, large);
  EXPECT_EQ(one.get("/small", "Accept-Encoding: gzip\r\n").body, "{}");
  EXPECT_EQ(one.get("/parquet", "Accept-Encoding: gzip\r\n").body, large);
  EXPECT_EQ(one.get("/large", "Accept-Encoding: gzip;q=0\r\n").body, large);
}

Response lines(int count, Status end = {}) {
  Response out;
  out.header("Content-Type", "text/csv");
  out.stream = [count, end](Writer& writer, const Cancel&) -> Status {
    for (int i = 0; i < count; ++i) TRY(writer.write("line " + std::to_string(i) + "\n"));
    return end;
  };
  return out;
}

TEST_F(HttpServer, StreamsALongAnswerWhole) {
  serve([](const Request& request, const Cancel&) { return lines(request.path == "/short" ? 3 : 200'000); });
  Client one = client();
  const Answer plain = one.get("/long");
  EXPECT_EQ(plain.headers.at("transfer-encoding"), "chunked");
  EXPECT_TRUE(plain.whole);
  EXPECT_TRUE(plain.body.starts_with("line 0\nline 1\n"));
  EXPECT_TRUE(plain.body.ends_with("line 199999\n"));
  const Answer packed = one.get("/long", "Accept-Encoding: gzip\r\n");
  EXPECT_LT(packed.body.size(), plain.body.size() / 3);
  EXPECT_EQ(gunzip(packed.body), plain.body);
  EXPECT_EQ(one.get("/short").body, "line 0\nline 1\nline 2\n");
  one.send("HEAD /long HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(one.answer(true).status, 200);
  EXPECT_EQ(one.get("/short").status, 200);
  Client old = client();
  old.send("GET /long HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.answer().body, plain.body);
}

TEST_F(HttpServer, AnswersAProblemWhenAStreamFailsBeforeItsFirstByteAndCutsItLater) {
  serve([](const Request& request, const Cancel&) {
    return lines(request.path == "/early" ? 0 : 300'000, fail(ErrorKind::over_limit, "more than 5000 rows"));
  });
  Client one = client();
  const Answer early = one.get("/early", "Accept-Encoding: gzip\r\n");
  EXPECT_EQ(early.status, 422);
  EXPECT_EQ((*parse_json(early.body))["detail"], "more than 5000 rows");
  const Answer late = one.get("/late");
  EXPECT_EQ(late.status, 200);
  EXPECT_FALSE(late.whole);
}

TEST_F(HttpServer, MakesAStreamWaitForASlowClient) {
  std::atomic<std::size_t> written{0};
  Latch cancelled;
  serve([&](const Request&, const Cancel&) {
    Response out;
    out.stream = [&](Writer& writer, const Cancel&) -> Status {
      const std::string piece(64 * 1024, 'p');
      for (int i = 0; i < 10'000; ++i) {
        const Status status = writer.write(piece);
        if (!status) {
          cancelled.set();
          return status;
        }
        written += piece.size();
      }
      return {};
    };
    return out;
  });
  Client one(server_->port(), 4096);
  one.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  std::this_thread::sleep_for(500ms);
  // Sockets of a loopback hold a few megabytes; the stream has 640.
  EXPECT_LT(written.load(), 32U << 20U);
  one.close();
  EXPECT_TRUE(cancelled.wait());
}

TEST_F(HttpServer, CutsAClientThatTakesNothing) {
  options_.limits.write_timeout = 1s;
  serve([&](const Request& request, const Cancel&) {
    return request.path == "/body" ? text(std::string(64 << 20, 'b')) : lines(20'000'000);
  });
  Client body(server_->port(), 4096), stream(server_->port(), 4096);
  body.send("GET /body HTTP/1.1\r\nHost: h\r\n\r\n");
  stream.send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return served().size() == 2; }));
  for (const Served& one : served()) EXPECT_EQ(one.status, 499);
  EXPECT_TRUE(eventually([&] { return server_->figures().streams == 0; }));
}

TEST_F(HttpServer, SlowDownloadsKeepNoWorker) {
  options_.workers = 1;
  options_.stream_workers = 2;
  serve([&](const Request& request, const Cancel&) { return request.path == "/" ? text("quick") : lines(20'000'000); });
  Client slow(server_->port(), 4096), slower(server_->port(), 4096);
  slow.send("GET /s HTTP/1.1\r\nHost: h\r\n\r\n");
  slower.send("GET /s HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return server_->figures().streams == 2; }));
  EXPECT_EQ(client().get("/").body, "quick");
}

TEST_F(HttpServer, StopsWhenRequestsUnderWayHaveEnded) {
  Latch started, go;
  options_.limits.drain = 10s;
  serve([&](const Request&, const Cancel&) {
    started.set();
    go.wait();
    return text("finished");
  });
  Client working = client(), idle = client();
  working.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(started.wait());
  const std::uint16_t port = server_->port();
  std::thread stopping([&] { server_->stop(); });
  EXPECT_EQ(idle.receive(5), "");
  EXPECT_TRUE(eventually([&] { return !Client(port).is_connected(); }));
  go.set();
  const Answer answer = working.answer();
  EXPECT_EQ(answer.body, "finished");
  EXPECT_EQ(answer.headers.at("connection"), "close");
  stopping.join();
}

TEST_F(HttpServer, CancelsWhatDoesNotEndWhileItDrains) {
  Latch started;
  std::atomic<bool> cancelled{false};
  serve([&](const Request& request, const Cancel& cancel) {
    if (request.path == "/stream") return lines(2'000'000'000);
    started.set();
    cancelled = eventually([&] { return cancel.requested(); }, 20s);
    return text("late");
  });
  Client one = client(), two = client();
  one.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  two.send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(started.wait());
  ASSERT_TRUE(eventually([&] { return server_->figures().streams == 1; }));
  const auto begun = std::chrono::steady_clock::now();
  server_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 8s);
  EXPECT_TRUE(cancelled.load());
}

TEST_F(HttpServer, AnswersBelowItsBasePath) {
  options_.base_path = "/pivot/";
  serve_echo();
  EXPECT_THAT(server_->address(), ::testing::EndsWith("/pivot/"));
  Client one = client();
  EXPECT_EQ(one.get("/pivot/a?b=c").body, "GET /a b=c []");
  EXPECT_EQ(one.get("/pivot/").body, "GET / []");
  const Answer moved = one.get("/pivot?x=1");
  EXPECT_EQ(moved.status, 308);
  EXPECT_EQ(moved.headers.at("location"), "/pivot/?x=1");
  EXPECT_EQ(one.get("/other").status, 404);
  EXPECT_EQ(one.get("/pivotal").status, 404);
}

TEST_F(HttpServer, BelievesTrustedProxiesAlone) {
  const Handler who = [](const Request& request, const Cancel&) {
    return text(request.remote + (request.secure ? " secure" : " plain"));
  };
  const char* headers = "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\n";
  serve(who);
  EXPECT_EQ(client().get("/", headers).body, "127.0.0.1 plain");
  server_->stop();
  options_.trusted_proxies = {"127.0.0.0/8"};
  serve(who);
  const Answer behind = client().get("/", headers);
  EXPECT_EQ(behind.body, "203.0.113.7 secure");
  EXPECT_EQ(behind.headers.count("strict-transport-security"), 1U);
}

TEST_F(HttpServer, SurvivesBytesThatAreNoRequests) {
  options_.limits.read_timeout = 1s;
  serve_echo();
  unsigned seed = 20261128;
  const std::string good =
      "POST /p?q=1 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = good + good;
    for (int change = 0; change < 4; ++change) {
      seed = seed * 1103515245 + 12345;
      bytes[(seed >> 8U) % bytes.size()] = static_cast<char>(seed >> 24U);
    }
    Client one = client();
    one.send(bytes);
    one.end_sending();
    one.receive_all(5);
    ASSERT_FALSE(one.timed_out()) << bytes;
  }
  EXPECT_EQ(client().get("/alive").body, "GET /alive []");
  EXPECT_TRUE(eventually([&] { return server_->figures().connections <= 1; }));
}

TEST(HttpListen, SaysWhatIsWrong) {
  const Handler none = [](const Request&, const Cancel&) { return Response{}; };
  const auto kind_of = [&](Options options) {
    const auto made = Server::listen(std::move(options), none);
    return made ? std::string("fine") : std::string(name_of(made.error().kind));
  };
  Options options;
  options.port = 0;
  EXPECT_EQ(kind_of(options), "fine");
  options.address = "nowhere.example";
  EXPECT_EQ(kind_of(options), "invalid_argument");
  options.address = "127.0.0.1";
  options.base_path = "pivot";
  EXPECT_EQ(kind_of(options), "invalid_argument");
  options.base_path = "/a//b";
  EXPECT_EQ(kind_of(options), "invalid_argument");
  options.base_path = "";
  options.trusted_proxies = {"me"};
  EXPECT_EQ(kind_of(options), "invalid_argument");
  options.trusted_proxies = {};
  options.certificate_file = "no-such.pem";
  EXPECT_EQ(kind_of(options), "invalid_argument");
  options.certificate_file = "";
  const auto first = Server::listen(options, none);
  options.port = (*first)->port();
  EXPECT_EQ(kind_of(options), "already_exists");
}

}  // namespace
}  // namespace centavo::http
