#pragma once
/// \file app/serve/call.h
/// One call to the API: who asks, what for, and ways into the lake. What every route gets.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/http/http.h"
#include "app/serve/open_lake.h"
#include "base/json.h"
#include "lake/access/people.h"

namespace centavo::serve {

class Service;

/// What a route asks of the caller before it acts.
enum class Needs {
  nobody,      ///< open to all
  signed_in,   ///< a session or a token
  tenant,      ///< that sees the tenant in the path, with Route::right
  manage,      ///< that manages people and tenants
};

struct Parameter {
  std::string name;
  std::string about;
};

struct Call;

/// A route as data: the router matches it, the OpenAPI document lists it, access is decided by it.
struct Route {
  std::string method;
  std::string pattern;                          ///< below /api/v1: "/t/{tenant}/cost"
  std::string summary;
  Needs needs = Needs::signed_in;
  access::Right right = access::Right::cost_read;   ///< with Needs::tenant
  std::string action = {};                      ///< word of the audit; "" is not recorded
  std::vector<Parameter> parameters = {};
  bool questions = false;                       ///< takes p, c, m, cur, by, f.X …: docs/formats/api.md
  bool any_layer = false;                       ///< with Needs::tenant: seeing the tenant is enough, without `right`
  std::function<Result<http::Response>(Call&)> act = {};
};

/// What a route may use. Lives as long as the handler runs.
struct Call {
  Service& service;
  const http::Request& request;
  const Cancel& cancel;
  const Route* route = nullptr;
  std::map<std::string, std::string> parts = {};   ///< of the path: {"tenant", "acme"}
  access::Principal who = {};
  std::optional<access::Session> session = {};
  std::string object = {};                      ///< what the audit says it was done to

  const std::string& part(const char* name) const { return parts.at(name); }
  std::string parameter(const char* name, std::string_view otherwise = {}) const;
  /// A whole number in [least, most]; `invalid_argument` otherwise.
  Result<std::int64_t> number(const char* name, std::int64_t otherwise, std::int64_t least, std::int64_t most) const;
  /// The address's own words: equal questions, equal key; other questions, another key, whatever the words hold.
  std::string question_key() const;
  /// The body as a JSON object. `invalid_argument` when it is none.
  Result<Json> body() const;
  /// A text member of the body, at most `most` bytes of UTF-8 without control characters.
  static Result<std::string> text(const Json& body, const char* name, std::size_t most, bool required = true);

  bool may(access::Right right) const;
  access::Sight sight() const;
  /// The lake with the tenant of the path.
  Result<OpenTenant> open() const;
  /// A release of it as the caller sees it, and what it holds for questions about cost. Reading it stops with the call.
  Result<OpenRelease> open(OpenTenant& open, std::int64_t release) const;
  /// Service::answer of a question about cost. The release is opened for `make` only, so that an answer that is kept
  /// costs neither reader nor holdings. `more` is what the answer depends on beside release and question.
  Result<http::Response> answer(OpenTenant& open, std::int64_t release, const std::string& more,
                                const std::function<Result<OrderedJson>(OpenRelease&)>& make);
};

/// A document as the bytes of an answer. Bytes from outside may be no UTF-8; the answer is.
std::string json_text(const OrderedJson& document);
/// 200 with a JSON document.
http::Response json_response(const OrderedJson& document, int status = 200);
/// An error as a problem document. Faults of ours say only the request's id; their words go to the log.
http::Response problem_of(const Error& error, const http::Request& request);

/// Rows as {columns, rows, truncated}: at most `rows_most` of them, and 32 MiB (`over_limit`).
Result<OrderedJson> grid_of(duck::Rows& rows, std::int64_t rows_most);

/// The newest runs of a tenant, as the API says them; their errors to who may run.
Result<OrderedJson> run_objects(const Call& call, OpenTenant& open, int limit);

// The routes, by subject. Each is one file.
std::vector<Route> session_routes();
std::vector<Route> people_routes();
std::vector<Route> cost_routes();
std::vector<Route> allocation_routes();
std::vector<Route> proof_routes();
std::vector<Route> data_routes();
std::vector<Route> sql_routes();
std::vector<Route> operation_routes();

}  // namespace centavo::serve
