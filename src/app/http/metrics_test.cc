#include "app/http/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace centavo::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Served served(std::string route, int status, double seconds) {
  Served out;
  out.method = "GET";
  out.route = std::move(route);
  out.status = status;
  out.bytes = 100;
  out.seconds = seconds;
  return out;
}

TEST(Metrics, CountRequestsByRouteAndStatus) {
  Metrics metrics;
  metrics.count(served("/api/v1/t/{tenant}/cost", 200, 0.02));
  metrics.count(served("/api/v1/t/{tenant}/cost", 200, 0.2));
  metrics.count(served("/api/v1/t/{tenant}/cost", 404, 0.001));
  const std::string text = metrics.text(Figures{.connections = 7});
  const std::string labels = R"({method="GET",route="/api/v1/t/{tenant}/cost",status="200")";
  EXPECT_THAT(text, HasSubstr("centavo_http_requests_total" + labels + "} 2\n"));
  EXPECT_THAT(text, HasSubstr("centavo_http_response_bytes_total" + labels + "} 200\n"));
  EXPECT_THAT(text, HasSubstr("centavo_http_request_duration_seconds_bucket" + labels + ",le=\"0.025\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("centavo_http_request_duration_seconds_count" + labels + "} 2\n"));
  EXPECT_THAT(text, HasSubstr("centavo_http_connections 7\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE process_cpu_seconds_total counter\n"));
  EXPECT_THAT(text, Not(HasSubstr("process_resident_memory_bytes 0\n")));
}

TEST(Metrics, DoNotTimeEventStreams) {
  Metrics metrics;
  Served events = served("/events", 200, 3600);
  events.events = true;
  metrics.count(events);
  EXPECT_THAT(metrics.text({}),
              HasSubstr(R"(centavo_http_request_duration_seconds_count{method="GET",route="/events",status="200"} 0)"));
}

TEST(Metrics, StayBoundedWhenRoutesDoNot) {
  Metrics metrics;
  for (int i = 0; i < 5000; ++i) metrics.count(served("/made-up-" + std::to_string(i), 404, 0.001));
  const std::string text = metrics.text({});
  EXPECT_THAT(text, HasSubstr(R"(centavo_http_requests_total{method="GET",route="other",status="404"} 4000)"));
  EXPECT_THAT(text, Not(HasSubstr("made-up-4999")));
}

TEST(Metrics, AskForGaugesAtEachScrape) {
  Metrics metrics;
  double age = 10;
  metrics.add([&] {
    return std::vector<Gauge>{
        {"centavo_tenant_freshness_seconds", "Age of the newest data", {{"tenant", "acme \"x\"\n"}}, age},
        {"centavo_tenant_freshness_seconds", "Age of the newest data", {{"tenant", "beta"}}, 5},
        {"not a name", "left out", {}, 1}};
  });
  EXPECT_THAT(metrics.text({}), HasSubstr("centavo_tenant_freshness_seconds{tenant=\"acme \\\"x\\\"\\n\"} 10\n"));
  age = 20;
  const std::string text = metrics.text({});
  EXPECT_THAT(text, HasSubstr("# HELP centavo_tenant_freshness_seconds Age of the newest data\n# TYPE "
                              "centavo_tenant_freshness_seconds gauge\n"));
  EXPECT_THAT(text, HasSubstr("} 20\n"));
  EXPECT_THAT(text, HasSubstr("{tenant=\"beta\"} 5\n"));
  EXPECT_THAT(text, Not(HasSubstr("not a name")));
}

}  // namespace
}  // namespace centavo::http
