#pragma once
/// \file app/serve/served_lake_testing.h
/// For the tests of this folder: a lake with two tenants that have bills of their own and a shop with personal data,
/// its people, and requests as they make them. Made once a test program.

#include <filesystem>
#include <string>

#include <unistd.h>

#include "app/http/request.h"
#include "app/serve/service.h"
#include "flow/generate/generate.h"

namespace centavo::serve {

struct ServedLake {
  std::filesystem::path dir;
  std::unique_ptr<Service> service;

  static ServedLake& get() {
    static ServedLake* const lake = make();
    return *lake;
  }

  /// A session of a person with these roles; made on first use.
  access::Session session(const std::string& user, const std::vector<access::RoleGrant>& roles) {
    const auto found = sessions_.find(user);
    if (found != sessions_.end()) return found->second;
    access::User person;
    person.id = user;
    person.roles = roles;
    must(service->people().add_user(person));
    const std::string link = must(service->people().make_link(user));
    const access::Session made = must(service->people().follow_link(link));
    sessions_.emplace(user, made);
    return made;
  }

  http::Response ask(const access::Session& as, const std::string& method, const std::string& target,
                     const std::string& body = {}) {
    http::Request request = request_of(method, target, body);
    request.headers["cookie"] = "centavo=" + as.secret;
    request.headers["x-csrf-token"] = as.csrf;
    return handle(request);
  }
  http::Response handle(const http::Request& request) {
    const Cancel never;
    return service->handle(request, never);
  }
  static http::Request request_of(const std::string& method, const std::string& target, const std::string& body) {
    http::Request request;
    request.method = method;
    request.target = target;
    http::Target parsed = must(http::parse_target(target));
    request.path = std::move(parsed.path);
    request.segments = std::move(parsed.segments);
    request.query = std::move(parsed.query);
    request.body = body;
    if (!body.empty()) request.headers["content-type"] = "application/json";
    request.headers["host"] = "centavo.test";
    request.remote = "127.0.0.1";
    request.id = "test";
    return request;
  }

  template <class T>
  static T must(Result<T>&& result) {
    if (!result) die(result.error());
    return std::move(*result);
  }
  static void must(Status&& status) {
    if (!status) die(status.error());
  }

 private:
  [[noreturn]] static void die(const Error& error) {
    std::fprintf(stderr, "served lake: %s\n", error.message.c_str());
    std::abort();
  }

  static void add(Lake& lake, const std::string& id, const std::string& pack, const std::string& kind) {
    Tenant tenant;
    tenant.id = id;
    tenant.packs = {pack};
    tenant.sources = {{kind, kind, "inputs/" + id, 0}};
    must(lake.add(tenant));
  }

  static ServedLake* make() {
    auto* const out = new ServedLake;
    out->dir = std::filesystem::temp_directory_path() / fmt::format("centavo-served-{}", getpid());
    std::filesystem::create_directories(out->dir);
    std::atexit([] {
      std::error_code ignored;
      std::filesystem::remove_all(get().dir, ignored);
    });
    Lake lake = must(Lake::create(out->dir.string()));
    for (const auto& [id, seed] : {std::pair("acme", 1), std::pair("beta", 2)}) {
      generate::AwsOptions bill;
      bill.seed = static_cast<std::uint64_t>(seed);
      bill.rows = 1500;
      bill.months = 2;
      bill.restate = false;
      must(generate::generate_aws(bill, (out->dir / "inputs" / id).string(), nullptr, {}, nullptr));
      add(lake, id, "aws", "aws_cur");
    }
    generate::RetailOptions shop;
    shop.rows = 300;
    must(generate::generate_retail(shop, (out->dir / "inputs" / "loja").string(), {}, nullptr));
    add(lake, "loja", "retail", "retail_files");
    must(lake.store().write(
        Lake::allocation_root("acme") + "/10-cost-centre.yaml",
        "virtual_tag: cost_centre\nrules:\n  - {name: team, value_sql: \"cv_map_get(Tags, 'team')\"}\n"));
    must(lake.store().write(Lake::allocation_root("acme") + "/20-pays.yaml",
                            "allocation: cost_centre\nrules:\n  - {name: tax, take: {match: {ChargeCategory: [Tax]}}, "
                            "split: even, to: all}\n"));
    ServiceOptions options;
    options.lake_dir = out->dir.string();
    out->service = must(Service::open(options));
    for (const char* id : {"acme", "beta", "loja"}) {
      OpenTenant open = must(out->service->open_tenant(id));
      Workshop workshop = open.workshop();
      const RunReport report = must(run(workshop, open.tenant, {}, [](const RunEvent&) {}, nullptr));
      if (report.error) die(*report.error);
    }
    return out;
  }

  std::map<std::string, access::Session> sessions_;
};

/// The body of an answer, whichever way it has one.
inline std::string body_of(const http::Response& response) {
  if (response.shared_body) return *response.shared_body;
  if (!response.stream) return response.body;
  struct Text : http::Writer {
    std::string text;
    Status write(std::string_view bytes) override {
      text += bytes;
      return {};
    }
  } out;
  const Cancel never;
  const Status written = response.stream(out, never);
  return written ? out.text : out.text + "\nERROR " + written.error().message;
}

inline ServedLake& lake() { return ServedLake::get(); }

}  // namespace centavo::serve
