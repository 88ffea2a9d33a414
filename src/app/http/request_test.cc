#include "app/http/request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/http/http.h"

namespace centavo::http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(Target, IsTakenApartAndDecodedOnce) {
  const auto target = parse_target("/t/acme/dims/tags.app%2Fname/values?q=a+b%20c&by=day&flag&by=x%3D%26%2525");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/t/acme/dims/tags.app/name/values");
  EXPECT_THAT(target->segments, ElementsAre("t", "acme", "dims", "tags.app/name", "values"));
  EXPECT_THAT(target->query,
              ElementsAre(Pair("q", "a b c"), Pair("by", "day"), Pair("flag", ""), Pair("by", "x=&%25")));
}

TEST(Target, OfTheRootHasNoSegments) {
  for (const char* text : {"/", "/?", "/?&&", "http://a.example", "https://a.example/", "http://a.example?"}) {
    const auto target = parse_target(text);
    ASSERT_TRUE(target) << text;
    EXPECT_EQ(target->path, "/") << text;
    EXPECT_THAT(target->segments, IsEmpty()) << text;
    EXPECT_THAT(target->query, IsEmpty()) << text;
  }
}

TEST(Target, KeepsPlusAndUnicodeInThePathAndALastSlash) {
  EXPECT_EQ(parse_target("/a+b/caf%C3%A9/")->path, "/a+b/café/");
  EXPECT_THAT(parse_target("http://host:80/x?y=1#z")->query, ElementsAre(Pair("y", "1")));
}

TEST(Target, RefusesWhatIsNoPlainPath) {
  for (const char* text :
       {"",           "*",         "x",       "a.example:443", "ftp://a/b", "//",        "/a//b",
        "/.",         "/..",       "/a/../b", "/a/./b",        "/%2e%2e/x", "/a/%2E%2E", "/a%2f..%2fb",
        "/a/%2f",     "/a%2F%2Fb", "/a\\b",   "/a%5Cb",        "/a%00b",    "/a%0Ab",    "/a%7f",
        "/%",         "/%4",       "/%zz",    "/%4g",          "/%ff",      "/%C3",      "/%C0%AF",
        "/%ED%A0%80", "/x?a=%",    "/x?a=%f", "/x?a=%00",      "/x?%00=a",  "/x?a=%FF"}) {
    const auto target = parse_target(text);
    ASSERT_FALSE(target) << text;
    EXPECT_EQ(target.error().kind, ErrorKind::invalid_argument) << text;
  }
}

TEST(Target, HasALimitOfParameters) {
  std::string text = "/x?";
  for (int i = 0; i < 200; ++i) text += "a=1&";
  EXPECT_EQ(parse_target(text)->query.size(), 200U);
  EXPECT_FALSE(parse_target(text + "a=1"));
}

TEST(BasePath, IsTakenOff) {
  const auto path_below = [](const char* text, const char* base) {
    const auto found = below(*parse_target(text), base);
    return found ? found->path : "none";
  };
  EXPECT_EQ(path_below("/pivot/api/v1/me", "/pivot"), "/api/v1/me");
  EXPECT_EQ(path_below("/pivot/", "/pivot"), "/");
  EXPECT_EQ(path_below("/pivot/x/", "/pivot/"), "/x/");
  EXPECT_EQ(path_below("/a/b/c", "/a/b"), "/c");
  EXPECT_EQ(path_below("/x", ""), "/x");
  EXPECT_EQ(path_below("/pivotal/x", "/pivot"), "none");
  EXPECT_EQ(path_below("/", "/pivot"), "none");
  EXPECT_EQ(path_below("/pivot%2Fx", "/pivot"), "none");
}

TEST(Utf8, IsWhatUnicodeSays) {
  for (const char* text : {"", "abc", "é", "\xE2\x82\xAC", "\xF0\x9F\x92\xB8", "\xF4\x8F\xBF\xBF"})
    EXPECT_TRUE(is_utf8(text)) << text;
  for (const char* text : {"\x80", "\xC1\xBF", "\xC3", "\xE0\x80\x80", "\xED\xBF\xBF", "\xF0\x80\x80\x80",
                           "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\xE2\x82", "a\xFFz"}) {
    EXPECT_FALSE(is_utf8(text));
  }
}

TEST(Cookie, IsFoundByItsWholeName) {
  Request request;
  request.headers["cookie"] = "theme=dark; session=\"abc=\"; xsession=no;empty=";
  EXPECT_EQ(request.cookie("session"), "abc=");
  EXPECT_EQ(request.cookie("theme"), "dark");
  EXPECT_EQ(request.cookie("empty"), "");
  EXPECT_EQ(request.cookie("sess"), std::nullopt);
  EXPECT_EQ(Request{}.cookie("session"), std::nullopt);
}

TEST(RequestId, IsTakenWhenWellFormedAndElseMade) {
  EXPECT_TRUE(is_request_id("7f3a-b.C_9"));
  for (const char* text : {"", "a b", "a\"b", "\xC3\xA9", "<script>"}) EXPECT_FALSE(is_request_id(text)) << text;
  EXPECT_FALSE(is_request_id(std::string(65, 'a')));
  EXPECT_TRUE(is_request_id(new_request_id()));
  EXPECT_NE(new_request_id(), new_request_id());
}

TEST(TrustedProxies, SayWhoTheClientIs) {
  const auto proxies = TrustedProxies::of({"127.0.0.1", "10.0.0.0/8", "fd00::/8"});
  ASSERT_TRUE(proxies);
  EXPECT_TRUE(proxies->contains("10.200.3.4"));
  EXPECT_TRUE(proxies->contains("::ffff:10.1.1.1"));
  EXPECT_FALSE(proxies->contains("11.0.0.1"));
  EXPECT_TRUE(proxies->contains("fd12::1"));
  EXPECT_FALSE(proxies->contains("fe80::1"));
  EXPECT_EQ(proxies->client_of("127.0.0.1", "203.0.113.9"), "203.0.113.9");
  // A client can write the header too: only what trusted proxies added counts.
  EXPECT_EQ(proxies->client_of("127.0.0.1", "1.2.3.4, 203.0.113.9, 10.0.0.2"), "203.0.113.9");
  EXPECT_EQ(proxies->client_of("198.51.100.1", "203.0.113.9"), "198.51.100.1");
  EXPECT_EQ(proxies->client_of("127.0.0.1", ""), "127.0.0.1");
  EXPECT_EQ(proxies->client_of("127.0.0.1", "evil, <script>"), "127.0.0.1");
  EXPECT_EQ(proxies->client_of("127.0.0.1", "10.0.0.5"), "10.0.0.5");
}

TEST(TrustedProxies, RefuseWhatIsNoAddress) {
  for (const char* text : {"", "localhost", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "::/129", "10.0.0.0/-1"}) {
    const auto proxies = TrustedProxies::of({text});
    ASSERT_FALSE(proxies) << text;
    EXPECT_THAT(proxies.error().message, HasSubstr(text)) << text;
  }
}

TEST(RateKey, TakesANetworkOfIpv6ForOneClient) {
  EXPECT_EQ(rate_key("2001:db8::1"), rate_key("2001:db8::ffff:2"));
  EXPECT_NE(rate_key("2001:db8::1"), rate_key("2001:db8:0:1::1"));
  EXPECT_NE(rate_key("10.0.0.1"), rate_key("10.0.0.2"));
  EXPECT_EQ(rate_key("10.0.0.1"), rate_key("::ffff:10.0.0.1"));
}

}  // namespace
}  // namespace centavo::http
