#include "app/serve/serve.h"

#include <chrono>
#include <csignal>
#include <thread>

#include <spdlog/spdlog.h>

#include "app/http/assets.h"
#include "app/serve/log.h"

namespace centavo::serve {
namespace {

// SIGHUP: certificate and key are read again.
std::atomic<bool> g_reload{false};
extern "C" void on_hangup(int) { g_reload.store(true); }

// Time, method, path, status, bytes, milliseconds, id. No address, no user, no query.
void log_access(const http::Served& served, const Clock& clock) {
  const std::string path = served.path.starts_with("/link/") ? "/link/…" : served.path;
  log_line(fmt::format("{} {} {:.500} {} {} B {:.1f} ms {}", iso_time(clock.now_ms()), served.method, path,
                       served.status, served.bytes, served.seconds * 1000, served.id));
}

Status make_first_administrator(access::People& people, const std::string& user) {
  const auto there = people.user(user);
  if (there) {
    if (there->disabled) TRY(people.set_user(user, {}, {}, false));
    return people.grant(user, {access::Role::admin, "*"});
  }
  if (there.error().kind != ErrorKind::not_found) return fail(there.error());
  access::User first;
  first.id = user;
  first.roles = {{access::Role::admin, "*"}};
  return people.add_user(first);
}

// Others on the network must not be able to reach a server without TLS by mistake; sessions and tokens would go in
// clear.
bool is_loopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1" || address == "localhost";
}

}  // namespace

Status serve(const ServeOptions& options, const std::string& user, bool always_link,
             const std::function<Status(const Served&)>& on_ready, const Cancel* cancel, const Clock& clock) {
  log_to_stderr();
  const auto service = TRY(Service::open(options.service, clock));
  const auto server = TRY(http::Server::listen(
      options.http, [&](const http::Request& request, const Cancel& stop) { return service->handle(request, stop); },
      [&](const http::Served& served) {
        service->served(served);
        if (options.access_log) log_access(served, clock);
      }));
  service->watch([&] { return server->figures(); });
  TRY(server->start());
  if (!is_loopback(options.http.address) && options.http.certificate_file.empty() &&
      options.http.trusted_proxies.empty())
    spdlog::warn("listening on {} without TLS: passwords and tokens can be read on the way", options.http.address);
  if (http::embedded_assets().empty())
    spdlog::warn("this program was built without its web page; the API answers. `make build` with Node adds it");
  Served said;
  said.address = server->address();
  while (said.address.ends_with('/')) said.address.pop_back();
  const bool nobody = TRY(service->people().is_empty());
  if (nobody) TRY(make_first_administrator(service->people(), user));
  if (nobody || always_link) said.sign_in = TRY(service->sign_in_link(user, said.address));
  TRY(on_ready(said));
  std::signal(SIGHUP, on_hangup);
  while (!cancel->requested()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    if (!g_reload.exchange(false)) continue;
    const Status reloaded = server->reload();
    if (reloaded) {
      spdlog::info("certificate and key read again");
    } else {
      spdlog::error("{}; the ones before stay", reloaded.error().message);
    }
  }
  server->stop();
  return {};
}

}  // namespace centavo::serve
