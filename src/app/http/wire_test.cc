#include "app/http/wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"

namespace centavo::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using State = RequestReader::State;

/// Gives `bytes` in pieces that end at `cuts`, as a connection would, and tells the requests and the refusal.
std::string read_all(const std::vector<std::string_view>& pieces, const Limits& limits = {}) {
  RequestReader reader(limits);
  std::string input, out;
  for (const std::string_view piece : pieces) {
    input += piece;
    while (true) {
      input.erase(0, reader.put(input));
      if (reader.state() != State::complete) break;
      const Request request = reader.take();
      out += request.method + " " + request.target + " [" + request.header("x") + "] " + request.body + "\n";
    }
  }
  if (reader.state() == State::refused) out += "refused " + std::to_string(reader.refusal().status) + "\n";
  if (reader.state() == State::body) out += "body\n";
  return out;
}

int refusal_of(std::string_view bytes, const Limits& limits = {}) {
  RequestReader reader(limits);
  std::string input(bytes);
  while (!input.empty()) {
    const std::size_t taken = reader.put(input);
    if (taken == 0) break;
    input.erase(0, taken);
  }
  return reader.state() == State::refused ? reader.refusal().status : 0;
}

constexpr std::string_view kThree =
    "GET /a?b=c HTTP/1.1\r\nHost: h\r\nX: 1\r\nX: 2\r\n\r\n"
    "\r\nPOST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
    "PUT /q HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
    "chunked\r\n\r\n3;ext=1\r\nabc\r\nA\r\n0123456789\r\n0\r\nX: trails\r\n\r\n"
    "GET /last HTTP/1.0\r\n\r\n";
constexpr std::string_view kThreeRead =
    "GET /a?b=c [1, 2] \nPOST /p [] hello\nPUT /q [] abc0123456789\nGET /last [] \n";

TEST(RequestReader, ReadsRequestsCutAtEveryByte) {
  EXPECT_EQ(read_all({kThree}), kThreeRead);
  for (std::size_t cut = 0; cut <= kThree.size(); ++cut) {
    EXPECT_EQ(read_all({kThree.substr(0, cut), kThree.substr(cut)}), kThreeRead) << cut;
  }
}

TEST(RequestReader, ReadsThemByteByByte) {
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i < kThree.size(); ++i) bytes.push_back(kThree.substr(i, 1));
  EXPECT_EQ(read_all(bytes), kThreeRead);
}

TEST(RequestReader, ReadsABodyWithoutBytesCutAtEveryByte) {
  const std::string_view empty =
      "PUT /q HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: t\r\n\r\nGET /n HTTP/1.0\r\n\r\n";
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i < empty.size(); ++i) bytes.push_back(empty.substr(i, 1));
  EXPECT_EQ(read_all(bytes), "PUT /q [] \nGET /n [] \n");
  EXPECT_EQ(read_all({empty}), "PUT /q [] \nGET /n [] \n");
}

TEST(RequestReader, EveryPrefixWaitsAndRefusesNothing) {
  for (std::size_t cut = 0; cut < kThree.size(); ++cut) {
    EXPECT_THAT(read_all({kThree.substr(0, cut)}), Not(HasSubstr("refused"))) << cut;
  }
}

TEST(RequestReader, RefusesWhatTwoReadersCouldReadTwice) {
  const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n";
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  for (const std::string& text :
       std::vector<std::string>{"GET / HTTP/1.1\nHost: h\n\n",
                                "GET / HTTP/1.1\r\nHost: h\n\r\n",
                                get + "A: b\r\n folded\r\n\r\n",
                                get + "A : b\r\n\r\n",
                                get + "A\r\n\r\n",
                                get + ": b\r\n\r\n",
                                "GET / HTTP/1.1\r\n\r\n",
                                get + "Host: other\r\n\r\n",
                                "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
                                "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n",
                                "GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
                                "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n",
                                "GET /\r\nHost: h\r\n\r\n",
                                post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
                                post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                                post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
                                post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                                post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
                                post + "Content-Length: -1\r\n\r\n",
                                post + "Content-Length: 5x\r\n\r\nhello",
                                post + "Content-Length: +5\r\n\r\nhello",
                                post + "Content-Length: 99999999999999999999\r\n\r\n",
                                "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                                post + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
                                post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n0\r\n\r\n",
                                post + "Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n",
                                post + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n",
                                get + "Authorization: a\r\nAuthorization: b\r\n\r\n",
                                std::string("GET / HTTP/1.1\r\nHost: h\r\nA: b\0c\r\n\r\n", 35),
                                "\x16\x03\x01\x02\x00\x01",
                                "hello\r\n\r\n",
                                " GET / HTTP/1.1\r\n\r\n"}) {
    EXPECT_EQ(refusal_of(text), 400) << text;
  }
}

TEST(RequestReader, RefusesEachLimitByItsStatus) {
  Limits limits;
  limits.header_bytes = 512;
  limits.body_bytes = 10;
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  EXPECT_EQ(refusal_of("GET /" + std::string(600, 'a'), limits), 414);
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(600, 'a'), limits), 431);
  EXPECT_EQ(refusal_of(post + "Content-Length: 11\r\n\r\n", limits), 413);
  EXPECT_EQ(refusal_of(post + "Content-Length: 10\r\n\r\n0123456789", limits), 0);
  EXPECT_EQ(refusal_of(post + "Transfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n6\r\nabcdef\r\n0\r\n\r\n", limits),
            413);
  EXPECT_EQ(refusal_of(post + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(600, 'x'), limits), 400);
  EXPECT_EQ(refusal_of(post + "Content-Type: application/json\r\n\r\n"), 411);
  EXPECT_EQ(refusal_of(post + "\r\n"), 0);
  EXPECT_EQ(refusal_of("TRACE / HTTP/1.1\r\nHost: h\r\n\r\n"), 405);
  EXPECT_EQ(refusal_of("CONNECT a:443 HTTP/1.1\r\nHost: h\r\n\r\n"), 405);
  EXPECT_EQ(refusal_of("GET / HTTP/2.0\r\nHost: h\r\n\r\n"), 505);
  EXPECT_EQ(refusal_of(post + "Expect: tea\r\n\r\n"), 417);
  std::string many = "GET / HTTP/1.1\r\nHost: h\r\n";
  for (int i = 0; i < 120; ++i) many += "A" + std::to_string(i) + ": b\r\n";
  EXPECT_EQ(refusal_of(many + "\r\n"), 431);
}

TEST(RequestReader, SaysWhetherTheConnectionLivesOn) {
  const auto lives = [](std::string_view bytes) {
    RequestReader reader(Limits{});
    reader.put(bytes);
    return reader.state() == State::complete && reader.keeps_alive();
  };
  EXPECT_TRUE(lives("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_FALSE(lives("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
  EXPECT_FALSE(lives("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(lives("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

TEST(Head, HoldsNoLineThatAHandlerSmuggled) {
  Response response;
  response.header("X-Name", "a\r\nSet-Cookie: b=c")
      .header("Bad\r\nName", "x")
      .header("Content-Length", "7")
      .header("transfer-encoding", "chunked");
  HeadOptions options;
  options.date = "today";
  options.request_id = "r1";
  options.length = 3;
  EXPECT_EQ(
      head_text(response, options),
      "HTTP/1.1 200 OK\r\nDate: today\r\nX-Name: aSet-Cookie: b=c\r\nX-Request-Id: r1\r\nContent-Length: 3\r\n\r\n");
}

TEST(Event, HoldsLinesAsTheStandardSays) {
  EXPECT_EQ(event_text("run", "a\nb\r\nc\rd", 7), "id: 7\nevent: run\ndata: a\ndata: b\ndata: c\ndata: d\n\n");
  EXPECT_EQ(event_text("", "", 0), "data: \n\n");
  EXPECT_EQ(event_text("a\ndata: forged", "x", 0), "event: a\ndata: x\n\n");
}

TEST(Problem, IsADocumentOfRfc9457) {
  Response response = problem(404, "Not Found", "No tenant \"x\xFF\".", "See /tenants.");
  name_request(response, "abc-1");
  const Json document = *parse_json(response.body);
  EXPECT_EQ(document["type"], "about:blank");
  EXPECT_EQ(document["title"], "Not Found");
  EXPECT_EQ(document["status"], 404);
  EXPECT_EQ(document["hint"], "See /tenants.");
  EXPECT_EQ(document["request_id"], "abc-1");
  EXPECT_EQ(header_of(response, "content-type"), "application/problem+json");
}

TEST(Problem, OfAnErrorSaysNothingOfOurMachine) {
  EXPECT_EQ(problem_of({ErrorKind::not_found, "tenant x: no such tenant", {}}).status, 404);
  EXPECT_EQ(problem_of({ErrorKind::permission_denied, "m", {}}).status, 403);
  EXPECT_EQ(problem_of({ErrorKind::over_limit, "m", {}}).status, 422);
  EXPECT_EQ(header_of(problem_of({ErrorKind::busy, "m", {}}), "Retry-After"), "2");
  const Response inside = problem_of({ErrorKind::io, "open secret-file: no such file", {}});
  EXPECT_EQ(inside.status, 500);
  EXPECT_THAT(inside.body, Not(HasSubstr("secret-file")));
}

TEST(Headers, OfPagesAndAnswersAreSafe) {
  Response page;
  secure_page(page, true);
  EXPECT_THAT(std::string(header_of(page, "Content-Security-Policy")),
              HasSubstr("script-src 'self'; style-src 'self'"));
  EXPECT_THAT(std::string(header_of(page, "Content-Security-Policy")), Not(HasSubstr("unsafe")));
  EXPECT_EQ(header_of(page, "Cross-Origin-Opener-Policy"), "same-origin");
  EXPECT_NE(header_of(page, "Strict-Transport-Security"), "");
  Response answer;
  secure_answer(answer, false);
  EXPECT_EQ(header_of(answer, "Content-Security-Policy"), "default-src 'none'; frame-ancestors 'none'");
  EXPECT_EQ(header_of(answer, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(header_of(answer, "Cache-Control"), "no-store");
  EXPECT_EQ(header_of(answer, "Strict-Transport-Security"), "");
}

TEST(Conditions, CompareTagsWeakly) {
  Request request;
  request.headers["if-none-match"] = "\"a\", W/\"b\"";
  EXPECT_TRUE(is_unchanged(request, "\"a\""));
  EXPECT_TRUE(is_unchanged(request, "\"b\""));
  EXPECT_TRUE(is_unchanged(request, "W/\"a\""));
  EXPECT_FALSE(is_unchanged(request, "\"c\""));
  EXPECT_FALSE(is_unchanged(Request{}, "\"a\""));
  request.headers["if-none-match"] = "*";
  EXPECT_TRUE(is_unchanged(request, "\"c\""));
}

TEST(AcceptEncoding, HasWeights) {
  const auto accepts = [](const char* header, const char* coding) {
    Request request;
    request.headers["accept-encoding"] = header;
    return accepts_coding(request, coding);
  };
  EXPECT_TRUE(accepts("gzip, deflate, br", "br"));
  EXPECT_TRUE(accepts("GZIP;q=0.5", "gzip"));
  EXPECT_TRUE(accepts("*", "br"));
  EXPECT_FALSE(accepts("gzip;q=0", "gzip"));
  EXPECT_FALSE(accepts("gzip; q=0.000, *", "gzip"));
  EXPECT_FALSE(accepts("", "gzip"));
  EXPECT_FALSE(accepts("xgzip", "gzip"));
}

}  // namespace
}  // namespace centavo::http
