#include "app/http/assets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/http/request.h"
#include "app/http/wire.h"
#include "base/digest.h"

namespace centavo::http {
namespace {

using ::testing::HasSubstr;

constexpr Asset kFiles[] = {
    {"assets/app-Ab12Cd34.js", "script", "gz", "br", "text/javascript; charset=utf-8",
     "1111111111111111111111111111111122", true},
    {"favicon.svg", "<svg/>", {}, {}, "image/svg+xml", "2222222222222222222222222222222233", false},
    {"index.html",
     "<html><head><base href=\"/\" /></head></html>",
     {},
     {},
     "text/html; charset=utf-8",
     "3333333333333333333333333333333344",
     false},
};

Request get(std::string_view target, std::map<std::string, std::string> headers = {}) {
  Request request;
  const auto parts = parse_target(target);
  request.method = "GET";
  request.path = parts->path;
  request.segments = parts->segments;
  request.headers = std::move(headers);
  return request;
}

std::string body(const Response& response) { return std::string(body_of(response)); }

TEST(Assets, AreSentAsTheClientTakesThem) {
  EXPECT_EQ(body(asset_response(get("/assets/app-Ab12Cd34.js"), "", kFiles)), "script");
  EXPECT_EQ(body(asset_response(get("/assets/app-Ab12Cd34.js", {{"accept-encoding", "gzip"}}), "", kFiles)), "gz");
  const Response best = asset_response(get("/assets/app-Ab12Cd34.js", {{"accept-encoding", "gzip, br"}}), "", kFiles);
  EXPECT_EQ(body(best), "br");
  EXPECT_EQ(header_of(best, "Content-Encoding"), "br");
  EXPECT_EQ(header_of(best, "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(header_of(best, "Vary"), "Accept-Encoding");
  EXPECT_EQ(body(asset_response(get("/favicon.svg", {{"accept-encoding", "gzip, br"}}), "", kFiles)), "<svg/>");
}

TEST(Assets, AreNotSentTwice) {
  for (const char* path : {"/", "/favicon.svg", "/assets/app-Ab12Cd34.js"}) {
    const Response first = asset_response(get(path), "", kFiles);
    const std::string etag(header_of(first, "ETag"));
    const Response again = asset_response(get(path, {{"if-none-match", etag}}), "", kFiles);
    EXPECT_EQ(again.status, 304) << path;
    EXPECT_EQ(header_of(again, "ETag"), etag);
    EXPECT_EQ(body(again), "");
  }
}

TEST(Assets, EveryPageIsTheIndexWithItsBase) {
  for (const char* path : {"/", "/index.html", "/t/acme/overview", "/t/acme/cost?by=x"}) {
    const Response page = asset_response(get(path), "/pivot", kFiles);
    EXPECT_EQ(page.status, 200) << path;
    EXPECT_THAT(body(page), HasSubstr("<base href=\"/pivot/\" />")) << path;
    EXPECT_EQ(header_of(page, "Cache-Control"), "no-cache");
    EXPECT_THAT(std::string(header_of(page, "Content-Security-Policy")), HasSubstr("script-src 'self'"));
  }
  EXPECT_EQ(asset_response(get("/t/acme/data/gold.costs", {{"accept", "text/html,*/*"}}), "", kFiles).status, 200);
}

TEST(Assets, WhatIsNoPageIsNotFound) {
  for (const char* path : {"/api", "/api/v1/nothing", "/assets/old-Ab12Cd34.js", "/x.png"}) {
    const Response answer = asset_response(get(path), "", kFiles);
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_EQ(header_of(answer, "Content-Type"), "application/problem+json");
  }
  Request post = get("/");
  post.method = "POST";
  EXPECT_EQ(asset_response(post, "", kFiles).status, 405);
}

TEST(Assets, WithoutAPageTheProgramSaysHowToAddIt) {
  const Response answer = asset_response(get("/"), "", {});
  EXPECT_EQ(answer.status, 404);
  EXPECT_THAT(answer.body, HasSubstr("scripts/setup web"));
  EXPECT_THAT(asset_response(get("/robots.txt"), "", {}).body, HasSubstr("Disallow: /"));
}

TEST(Assets, InTheProgramAreTheFilesOfTheBuild) {
  if (embedded_assets().empty()) GTEST_SKIP() << "the program was built without web/dist";
  const Asset* index = find_asset("index.html");
  ASSERT_NE(index, nullptr);
  EXPECT_THAT(std::string(index->bytes), HasSubstr("<base href=\"/\""));
  std::string_view before;
  for (const Asset& asset : embedded_assets()) {
    EXPECT_LT(before, asset.path);
    before = asset.path;
    EXPECT_EQ(sha256_hex(asset.bytes), asset.sha256) << asset.path;
    EXPECT_EQ(find_asset(asset.path), &asset);
    if (asset.path.ends_with(".js")) {
      EXPECT_TRUE(asset.immutable) << asset.path;
    }
  }
  const std::string html(index->bytes);
  for (std::size_t at = html.find("./assets/"); at != std::string::npos; at = html.find("./assets/", at + 1)) {
    const std::string name = html.substr(at + 2, html.find('"', at) - at - 2);
    EXPECT_NE(find_asset(name), nullptr) << name;
  }
}

}  // namespace
}  // namespace centavo::http
