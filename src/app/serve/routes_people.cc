/// \file app/serve/routes_people.cc
/// People, grants, tokens, audit.

#include "app/document/text.h"
#include "app/serve/service.h"

namespace centavo::serve {
namespace {

using access::RoleGrant;
using access::Scope;
using access::Token;
using access::UnmaskGrant;
using access::User;

OrderedJson user_object(const User& user) {
  OrderedJson roles = OrderedJson::array();
  for (const auto& role : user.roles) roles.push_back({{"role", access::name_of(role.role)}, {"tenant", role.tenant}});
  return {{"id", user.id},
          {"name", user.name},
          {"roles", roles},
          {"disabled", user.disabled},
          {"has_password", user.has_password},
          {"last_seen", document::time_json(user.last_seen_ms)}};
}

OrderedJson token_object(const Token& token) {
  OrderedJson scopes = OrderedJson::array();
  for (const Scope scope : token.scopes) scopes.push_back(access::name_of(scope));
  return {{"id", token.id},
          {"name", token.name},
          {"user", token.user},
          {"scopes", scopes},
          {"tenant", token.tenant.empty() ? OrderedJson() : OrderedJson(token.tenant)},
          {"created", document::time_json(token.created_ms)},
          {"expires", document::time_json(token.expires_ms)},
          {"last_used", document::time_json(token.last_used_ms)}};
}

// "*" or a tenant of the lake.
Result<std::string> tenant_named(Call& call, const Json& body) {
  const std::string tenant = TRY(Call::text(body, "tenant", 100));
  if (tenant != "*") TRY(call.service.open_tenant(tenant));
  return tenant;
}

Result<RoleGrant> role_named(Call& call, const Json& body) {
  const std::string word = TRY(Call::text(body, "role", 40));
  return RoleGrant{TRY(access::parse_role(word)), TRY(tenant_named(call, body))};
}

// The address that a browser reached us by, for links.
std::string address_of(const http::Request& request, const std::string& base_path) {
  return fmt::format("{}://{}{}", request.secure ? "https" : "http", request.header("host"), base_path);
}

Result<http::Response> list_users(Call& call) {
  OrderedJson out = OrderedJson::array();
  for (const User& user : TRY(call.service.people().users())) out.push_back(user_object(user));
  return json_response(out);
}

Result<http::Response> add_user(Call& call) {
  const Json body = TRY(call.body());
  User user;
  user.id = TRY(Call::text(body, "id", 63));
  user.name = TRY(Call::text(body, "name", 200, false));
  const Json& roles = member(body, "roles");
  if (!roles.is_null() && !roles.is_array()) return fail(ErrorKind::invalid_argument, "roles must be a list");
  for (const Json& each : roles) user.roles.push_back(TRY(role_named(call, each)));
  call.object = user.id;
  TRY(call.service.people().add_user(user));
  OrderedJson out = user_object(TRY(call.service.people().user(user.id)));
  out["link"] = TRY(call.service.sign_in_link(user.id, address_of(call.request, call.service.options().base_path)));
  return json_response(out, 201);
}

Result<http::Response> set_user(Call& call) {
  const Json body = TRY(call.body());
  std::optional<std::string> name;
  std::optional<bool> disabled;
  if (body.contains("name")) name = TRY(Call::text(body, "name", 200, false));
  if (body.contains("disabled")) {
    if (!body["disabled"].is_boolean()) return fail(ErrorKind::invalid_argument, "disabled must be true or false");
    disabled = body["disabled"].get<bool>();
  }
  if (disabled.value_or(false) && call.part("user") == call.who.user)
    return fail(ErrorKind::conflict, "nobody disables themselves");
  TRY(call.service.people().set_user(call.part("user"), name, {}, disabled));
  return json_response(user_object(TRY(call.service.people().user(call.part("user")))));
}

Result<http::Response> new_link(Call& call) {
  TRY(call.service.people().user(call.part("user")));
  const std::string address = address_of(call.request, call.service.options().base_path);
  return json_response({{"link", TRY(call.service.sign_in_link(call.part("user"), address))}}, 201);
}

Result<http::Response> list_grants(Call& call) {
  const User user = TRY(call.service.people().user(call.part("user")));
  OrderedJson out = OrderedJson::array();
  for (const auto& role : user.roles)
    out.push_back({{"kind", "role"}, {"role", access::name_of(role.role)}, {"tenant", role.tenant}});
  for (const auto& each : user.unmasked) {
    out.push_back({{"kind", "unmask"}, {"tenant", each.tenant}, {"table", each.table}, {"column", each.column}});
  }
  return json_response(out);
}

Result<http::Response> change_grant(Call& call, bool give) {
  const Json body = TRY(call.body());
  const std::string kind = TRY(Call::text(body, "kind", 20));
  auto& people = call.service.people();
  const std::string& user = call.part("user");
  if (kind == "role") {
    const RoleGrant role = TRY(role_named(call, body));
    call.object = fmt::format("{}: {} in {}", user, access::name_of(role.role), role.tenant);
    TRY(give ? people.grant(user, role) : people.revoke(user, role));
  } else if (kind == "unmask") {
    UnmaskGrant column;
    column.tenant = TRY(tenant_named(call, body));
    column.table = TRY(Call::text(body, "table", 200));
    column.column = TRY(Call::text(body, "column", 200));
    call.object = fmt::format("{}: {}.{} in {}", user, column.table, column.column, column.tenant);
    TRY(give ? people.unmask(user, column) : people.mask(user, column));
  } else {
    return fail(ErrorKind::invalid_argument, "kind: \"role\" and \"unmask\" are there");
  }
  return list_grants(call);
}

Result<http::Response> list_tokens(Call& call) {
  const bool all = call.parameter("all") == "1";
  if (all && !access::may_manage(call.who))
    return fail(ErrorKind::permission_denied, "all tokens are for administrators");
  OrderedJson out = OrderedJson::array();
  for (const Token& token : TRY(call.service.people().tokens(all ? "" : call.who.user)))
    out.push_back(token_object(token));
  return json_response(out);
}

Result<http::Response> add_token(Call& call) {
  if (!call.session) return fail(ErrorKind::permission_denied, "a token cannot make tokens");
  const Json body = TRY(call.body());
  const std::string name = TRY(Call::text(body, "name", 60));
  const std::string tenant = TRY(Call::text(body, "tenant", 100, false));
  if (!tenant.empty() && !access::role_in(call.who, tenant))
    return fail(ErrorKind::not_found, "there is no tenant {}", tenant);
  std::set<Scope> scopes;
  const Json& words = member(body, "scopes");
  if (!words.is_array() || words.empty())
    return fail(ErrorKind::invalid_argument, "scopes: a list of read, run, admin");
  for (const Json& word : words) scopes.insert(TRY(access::parse_scope(text_of(word))));
  const std::int64_t days = int_or(body, "days", 90);
  if (days < 1 || days > 366) return fail(ErrorKind::invalid_argument, "days: 1 to 366");
  const auto made = TRY(call.service.people().make_token(call.who.user, name, scopes, tenant, static_cast<int>(days)));
  call.object = made.first.id;
  OrderedJson out = token_object(made.first);
  out["token"] = made.second;
  return json_response(out, 201);
}

Result<http::Response> end_token(Call& call) {
  if (!call.session) return fail(ErrorKind::permission_denied, "a token cannot end tokens");
  const std::string& id = call.part("token");
  const auto all = TRY(call.service.people().tokens(access::may_manage(call.who) ? "" : call.who.user));
  const bool mine = std::any_of(all.begin(), all.end(), [&](const Token& token) { return token.id == id; });
  if (!mine) return fail(ErrorKind::not_found, "there is no token {}", id);
  TRY(call.service.people().end_token(id));
  http::Response out;
  out.status = 204;
  return out;
}

Result<http::Response> audit(Call& call) {
  access::AuditQuestion question;
  question.user = call.parameter("user");
  question.tenant = call.parameter("tenant");
  question.action = call.parameter("action");
  question.before = TRY(call.number("cursor", 0, 0, std::int64_t{1} << 60));
  question.limit = static_cast<int>(TRY(call.number("limit", 200, 1, 1000)));
  const auto entries = TRY(call.service.people().audit(question));
  const auto verdict = TRY(call.service.people().audit_verdict());
  OrderedJson out = {{"entries", OrderedJson::array()}, {"next", OrderedJson()}};
  for (const auto& entry : entries) {
    out["entries"].push_back({{"number", entry.number},
                              {"at", iso_time(entry.at_ms)},
                              {"user", entry.user},
                              {"action", entry.action},
                              {"tenant", entry.tenant},
                              {"object", entry.object},
                              {"outcome", entry.outcome}});
  }
  if (static_cast<int>(entries.size()) == question.limit) out["next"] = std::to_string(entries.back().number);
  out["chain"] = {{"holds", verdict.holds}, {"entries", verdict.entries}, {"fault", verdict.fault}};
  return json_response(out);
}

}  // namespace

std::vector<Route> people_routes() {
  return {
      {.method = "GET",
       .pattern = "/users",
       .summary = "People and their roles",
       .needs = Needs::manage,
       .act = list_users},
      {.method = "POST",
       .pattern = "/users",
       .summary = "Add a person: {id, name, roles: [{role, tenant}]}; answers a one-time link",
       .needs = Needs::manage,
       .action = "user.add",
       .act = add_user},
      {.method = "PATCH",
       .pattern = "/users/{user}",
       .summary = "Change a person: {name, disabled}",
       .needs = Needs::manage,
       .action = "user.set",
       .act = set_user},
      {.method = "POST",
       .pattern = "/users/{user}/link",
       .summary = "A new one-time link to sign in; earlier ones end",
       .needs = Needs::manage,
       .action = "user.link",
       .act = new_link},
      {.method = "GET",
       .pattern = "/users/{user}/grants",
       .summary = "A person's roles and columns in clear",
       .needs = Needs::manage,
       .act = list_grants},
      {.method = "PUT",
       .pattern = "/users/{user}/grants",
       .summary = "Give: {kind: role, role, tenant} or {kind: unmask, tenant, table, column}",
       .needs = Needs::manage,
       .action = "grant.give",
       .act = [](Call& call) { return change_grant(call, true); }},
      {.method = "DELETE",
       .pattern = "/users/{user}/grants",
       .summary = "Take back: the same body",
       .needs = Needs::manage,
       .action = "grant.take",
       .act = [](Call& call) { return change_grant(call, false); }},
      {.method = "GET",
       .pattern = "/tokens",
       .summary = "One's own tokens",
       .parameters = {{"all", "1: everybody's, for administrators"}},
       .act = list_tokens},
      {.method = "POST",
       .pattern = "/tokens",
       .summary = "Make a token: {name, scopes, tenant, days}; its text is said once",
       .action = "token.make",
       .act = add_token},
      {.method = "DELETE",
       .pattern = "/tokens/{token}",
       .summary = "End a token",
       .action = "token.end",
       .act = end_token},
      {.method = "GET",
       .pattern = "/audit",
       .summary = "Who did what, newest first, and whether the chain holds",
       .needs = Needs::manage,
       .parameters = {{"user", ""}, {"tenant", ""}, {"action", ""}, {"cursor", "of the answer before"}, {"limit", ""}},
       .act = audit},
  };
}

}  // namespace centavo::serve
