/// \file app/cli/serve_command.cc
/// serve: API and web application

#include "app/cli/serve_command.h"

#include <charconv>

#include "app/cli/commands.h"

namespace centavo::cli {
namespace {

struct ServeArguments {
  std::string listen = "127.0.0.1:8080", base_path, certificate, key, first_user = "admin";
  std::vector<std::string> trust;
  bool no_access_log = false, open_metrics = false, new_link = false;
  std::int64_t workers = 8, rate = 0, memory_mb = 1024;
};

Status split_listen(const std::string& text, http::Options& options) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0)
    return fail_hint("write 127.0.0.1:8080", ErrorKind::invalid_argument, "--listen: \"{}\" is not ADDRESS:PORT", text);
  options.address = text.substr(0, colon);
  if (options.address.size() > 2 && options.address.front() == '[' && options.address.back() == ']')
    options.address = options.address.substr(1, options.address.size() - 2);
  const std::string port = text.substr(colon + 1);
  const auto [end, code] = std::from_chars(port.data(), port.data() + port.size(), options.port);
  if (code != std::errc() || end != port.data() + port.size() || port.empty())
    return fail(ErrorKind::invalid_argument, "--listen: \"{}\" is no port", port);
  return {};
}

Result<serve::ServeOptions> options_of(Context& context, const ServeArguments& given) {
  serve::ServeOptions out;
  TRY(split_listen(given.listen, out.http));
  if (given.certificate.empty() != given.key.empty())
    return fail(ErrorKind::invalid_argument, "serve: --tls-cert and --tls-key go together");
  out.http.certificate_file = given.certificate;
  out.http.key_file = given.key;
  out.http.base_path = given.base_path;
  while (out.http.base_path.ends_with('/')) out.http.base_path.pop_back();
  if (!out.http.base_path.empty() && !out.http.base_path.starts_with('/')) out.http.base_path.insert(0, "/");
  out.http.trusted_proxies = given.trust;
  if (given.workers < 1 || given.workers > 256) return fail(ErrorKind::invalid_argument, "--workers: 1 to 256");
  if (given.memory_mb < 64) return fail(ErrorKind::invalid_argument, "--memory-mb: 64 at least");
  if (given.rate < 0) return fail(ErrorKind::invalid_argument, "--rate: {} is below 0", given.rate);
  out.http.workers = static_cast<int>(given.workers);
  out.http.limits.requests_per_second = static_cast<double>(given.rate);
  out.service.lake_dir = TRY(Lake::find(context.globals().lake));
  out.service.base_path = out.http.base_path;
  out.service.reader_memory_bytes = given.memory_mb << 20;
  out.service.metrics_for_all = given.open_metrics;
  out.access_log = !given.no_access_log && !context.output().quiet();
  return out;
}

Status run_serve(Context& context, const ServeArguments& given) {
  const serve::ServeOptions options = TRY(options_of(context, given));
  return serve_lake(context, options, given.first_user, given.new_link);
}

}  // namespace

Status serve_lake(Context& context, const serve::ServeOptions& options, const std::string& user, bool always_link) {
  Output& output = context.output();
  const auto say = [&](const serve::Served& served) -> Status {
    if (output.json()) {
      output.line(OrderedJson({{"address", served.address},
                               {"sign_in", served.sign_in.empty() ? OrderedJson() : OrderedJson(served.sign_in)}})
                      .dump());
    } else {
      output.line(
          fmt::format("serving {} at {}", options.service.lake_dir, output.styled(served.address, Tone::strong)));
      if (!served.sign_in.empty()) {
        output.line("sign in with this link; it works once, for a day:");
        output.line("  " + output.styled(served.sign_in, Tone::good));
      }
      output.line("Ctrl-C ends it");
    }
    return output.finish();
  };
  return serve::serve(options, user, always_link, say, context.cancel(), context.clock());
}

void add_serve_command(Command& root) {
  const auto values = std::make_shared<ServeArguments>();
  Command& command = root.sub("serve", "the web application and the API of a lake").group(kGroupRead).keep(values);
  command.note(
      "The first administrator signs in by a link that is printed at the start, works once and asks for a password; it "
      "is "
      "printed until somebody has one. There is no password to begin with.");
  command.note(
      "Beyond this machine, serve with TLS (--tls-cert, --tls-key) or behind a proxy that has it (--trust-proxy). "
      "SIGHUP "
      "reads the certificate again; Ctrl-C or SIGTERM lets requests under way end.");
  command.option({.name = "--listen",
                  .value = "ADDRESS:PORT",
                  .help = "where to listen; port 0 takes any free one (default 127.0.0.1:8080)",
                  .target = &values->listen});
  command.option({.name = "--tls-cert",
                  .value = "FILE",
                  .help = "certificate chain, PEM",
                  .target = &values->certificate,
                  .kind = ValueKind::file});
  command.option(
      {.name = "--tls-key", .value = "FILE", .help = "its key, PEM", .target = &values->key, .kind = ValueKind::file});
  command.option({.name = "--base-path",
                  .value = "PATH",
                  .help = "path before all addresses, as a proxy passes it on: /pivot",
                  .target = &values->base_path});
  command.option({.name = "--trust-proxy",
                  .value = "ADDRESS",
                  .help = "a proxy whose X-Forwarded-For and X-Forwarded-Proto count",
                  .target = &values->trust});
  command.option({.name = "--workers",
                  .value = "N",
                  .help = "requests answered at the same time (default 8)",
                  .target = &values->workers});
  command.option({.name = "--memory-mb",
                  .value = "N",
                  .help = "engine memory for the open release of each tenant (default 1024)",
                  .target = &values->memory_mb});
  command.option({.name = "--rate",
                  .value = "N",
                  .help = "requests a second of one address, more are answered 429 (default: any number)",
                  .target = &values->rate});
  command.option({.name = "--first-user",
                  .value = "NAME",
                  .help = "who becomes administrator when nobody is yet (default admin)",
                  .target = &values->first_user});
  command.option({.name = "--new-link",
                  .help = "print a link for that user even when somebody can sign in: a way back for who lost all",
                  .target = &values->new_link});
  command.option({.name = "--open-metrics",
                  .help = "answer /metrics to everybody, not only to this machine and administrators' tokens",
                  .target = &values->open_metrics});
  command.option(
      {.name = "--no-access-log", .help = "no line a request on standard error", .target = &values->no_access_log});
  command.example("centavo serve", "the lake one stands in, on http://127.0.0.1:8080")
      .example("centavo serve --listen 0.0.0.0:8443 --tls-cert chain.pem --tls-key key.pem", "for others, with TLS")
      .example("centavo serve --listen 127.0.0.1:8080 --base-path /finops --trust-proxy 127.0.0.1",
               "behind a proxy on this machine (deploy/nginx)");
  command.needs(needs_manager());
  command.action([values](Context& context) { return run_serve(context, *values); });
}

}  // namespace centavo::cli
