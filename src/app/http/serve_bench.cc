/// A server with nothing behind it, for load generators and proxies: what HTTP itself costs.
/// Usage: bench_app_http [--listen ADDRESS:PORT] [--base-path PATH] [--tls-cert FILE --tls-key FILE] [--trust-proxy A]
/// … Other words are passed over, so that it can stand in for `centavo serve --json`. Its first line is {"address": …}.
/// /json answers 1 kB, /large 64 kB, /stream 70 MB of CSV, /events ticks; the rest is the web application.

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <atomic>
#include <mutex>
#include <thread>

#include "app/http/assets.h"
#include "app/http/http.h"
#include "app/http/metrics.h"

namespace {

using namespace centavo;
using namespace centavo::http;

std::atomic<bool> g_stop{false};

std::string json_of(std::size_t bytes) {
  std::string out = R"({"rows":[)";
  for (int i = 0; out.size() + 40 < bytes; ++i)
    out += fmt::format(R"({{"service":"S{}","cost":"{}.25"}},)", i % 7, i * 37 % 1000);
  return out + R"({"service":"last","cost":"0"}]})";
}

Options options_of(int count, char** arguments) {
  Options out;
  out.port = 0;
  out.limits.connections_per_address = 0;
  for (int i = 1; i + 1 < count; ++i) {
    const std::string name = arguments[i], value = arguments[i + 1];
    if (name == "--listen") {
      const std::size_t colon = value.rfind(':');
      out.address = value.substr(0, colon);
      out.port = static_cast<std::uint16_t>(std::atoi(value.c_str() + colon + 1));
    }
    if (name == "--base-path") out.base_path = value;
    if (name == "--tls-cert") out.certificate_file = value;
    if (name == "--tls-key") out.key_file = value;
    if (name == "--trust-proxy") out.trusted_proxies.push_back(value);
  }
  return out;
}

/// Streams that get a tick a second.
class Ticker {
 public:
  void add(std::shared_ptr<EventStream> stream) {
    const std::lock_guard lock(mutex_);
    streams_.push_back(std::move(stream));
  }
  void tick(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    std::erase_if(streams_, [&](const auto& stream) { return !stream->send("tick", std::to_string(number), number); });
  }

 private:
  std::mutex mutex_;
  std::vector<std::shared_ptr<EventStream>> streams_;
};

Response stream_of_lines() {
  Response out;
  out.stream = [](Writer& writer, const Cancel& cancel) -> Status {
    for (int i = 0; i < 2'000'000 && !cancel.requested(); ++i)
      TRY(writer.write(fmt::format("2026-10-01,AmazonEC2,acme,{:>10}\n", i)));
    return {};
  };
  return std::move(out.header("Content-Type", "text/csv"));
}

}  // namespace

int main(int count, char** arguments) {
  std::signal(SIGTERM, [](int) { g_stop = true; });
  std::signal(SIGINT, [](int) { g_stop = true; });
  const Options options = options_of(count, arguments);
  const auto kilobyte = std::make_shared<const std::string>(json_of(1000));
  const auto large = std::make_shared<const std::string>(json_of(64 * 1024));
  Metrics metrics;
  Ticker ticker;
  std::unique_ptr<Server> server;
  const auto handler = [&](const Request& request, const Cancel&) {
    Response out;
    out.route = request.path;
    if (request.path == "/json" || request.path == "/large") {
      out.shared_body = request.path == "/json" ? kilobyte : large;
      return std::move(out.header("Content-Type", "application/json"));
    }
    if (request.path == "/healthz") return std::move(out.header("Content-Type", "application/json"));
    if (request.path == "/stream") return stream_of_lines();
    if (request.path == "/events") {
      out.events = [&](std::shared_ptr<EventStream> stream) { ticker.add(std::move(stream)); };
      return out;
    }
    if (request.path == "/metrics") {
      out.body = metrics.text(server->figures());
      return std::move(out.header("Content-Type", Metrics::kContentType));
    }
    return asset_response(request, options.base_path);
  };
  auto made = Server::listen(options, handler, [&](const Served& served) { metrics.count(served); });
  if (!made || !(*made)->start()) {
    std::fprintf(stderr, "%s\n", made ? "no start" : made.error().message.c_str());
    return 1;
  }
  server = std::move(*made);
  std::printf("{\"address\":\"%s\",\"sign_in\":\"%s\"}\n", server->address().c_str(), server->address().c_str());
  std::fflush(stdout);
  for (std::uint64_t tick = 1; !g_stop; ++tick) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    if (tick % 10 == 0) ticker.tick(tick / 10);
  }
  server->stop();
  return 0;
}
