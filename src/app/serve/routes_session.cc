/// \file app/serve/routes_session.cc
/// Signing in and out, and what the signed-in person may do.

#include "app/serve/service.h"

namespace centavo::serve {
namespace {

using access::Right;

constexpr Right kRights[] = {Right::cost_read, Right::sql,   Right::run,  Right::rollback,
                             Right::certify,   Right::close, Right::admin};

Result<http::Response> me(Call& call) {
  return json_response(me_object(call.service, call.who, call.session ? call.session->csrf : "",
                                 call.session && call.session->must_set_password));
}

Result<http::Response> sign_in(Call& call) {
  const Json body = TRY(call.body());
  const std::string user = TRY(Call::text(body, "user", 200));
  const std::string password = TRY(Call::text(body, "password", 1024));
  // Only names that are people's are kept: a password may stand in the wrong field.
  const std::string known = call.service.people().user(user) ? user : "";
  const auto session = call.service.people().sign_in(user, password);
  if (!session && session.error().kind == ErrorKind::busy) {
    http::Response out = http::problem(429, "Too many attempts", session.error().message, session.error().hint);
    out.header("Retry-After", "30");
    return out;
  }
  if (!session && session.error().kind != ErrorKind::permission_denied) return fail(session.error());
  access::AuditEntry entry;
  entry.user = known;
  entry.action = "session.start";
  entry.outcome = session ? "done" : "refused";
  if (session || !known.empty()) {
    call.service.record(call.request, std::move(entry));
  } else {
    call.service.record_stranger(call.request, std::move(entry));
  }
  if (!session) return http::problem(401, "Not signed in", "the user or the password is wrong");
  http::Response out = json_response(me_object(call.service, session->who, session->csrf, session->must_set_password));
  out.header("Set-Cookie", session_cookie(call.request, call.service.options().base_path, session->secret));
  return out;
}

Result<http::Response> sign_out(Call& call) {
  if (call.session) TRY(call.service.people().sign_out(call.request.cookie("centavo").value_or("")));
  http::Response out;
  out.status = 204;
  out.header("Set-Cookie", ended_cookie(call.request, call.service.options().base_path))
      .header("Cache-Control", "no-store");
  return out;
}

Result<http::Response> set_locale(Call& call) {
  if (!call.session) return fail(ErrorKind::permission_denied, "a token cannot change its owner");
  const Json body = TRY(call.body());
  const std::string locale = TRY(Call::text(body, "locale", 20));
  if (locale != "en" && locale != "pt-BR")
    return fail(ErrorKind::invalid_argument, "locale: \"en\" and \"pt-BR\" are there");
  TRY(call.service.people().set_user(call.who.user, {}, locale, {}));
  return json_response({{"locale", locale}});
}

Result<http::Response> set_password(Call& call) {
  const Json body = TRY(call.body());
  const std::string fresh = TRY(Call::text(body, "new", 1024));
  if (!call.session) return fail(ErrorKind::permission_denied, "a token cannot change its owner's password");
  if (!call.session->must_set_password) {
    const std::string old = TRY(Call::text(body, "old", 1024));
    const auto checked = call.service.people().sign_in(call.who.user, old);
    if (!checked) {
      if (checked.error().kind == ErrorKind::permission_denied)
        return fail(ErrorKind::invalid_argument, "the present password is wrong");
      return fail(checked.error());
    }
    TRY(call.service.people().sign_out(checked->secret));
  }
  TRY(call.service.people().set_password(call.who.user, fresh, call.request.cookie("centavo").value_or("")));
  return json_response(me_object(call.service, call.who, call.session->csrf, false));
}

}  // namespace

OrderedJson me_object(Service& service, const access::Principal& who, const std::string& csrf, bool must_set_password) {
  OrderedJson out = {{"user", {{"id", who.user}, {"name", who.name}, {"locale", who.locale}}}, {"csrf", csrf}};
  out["roles"] = OrderedJson::array();
  for (const auto& role : who.roles)
    out["roles"].push_back({{"role", access::name_of(role.role)}, {"tenant", role.tenant}});
  out["tenants"] = OrderedJson::array();
  auto lake = service.lake();
  const auto tenants = lake ? lake->tenants() : Result<std::vector<Tenant>>(std::vector<Tenant>());
  for (const Tenant& tenant : tenants ? *tenants : std::vector<Tenant>()) {
    const auto role = access::role_in(who, tenant.id);
    if (!role || !tenant.enabled) continue;
    OrderedJson can = OrderedJson::array();
    for (const Right right : kRights) {
      if (access::may(who, right, tenant.id)) can.push_back(access::name_of(right));
    }
    out["tenants"].push_back({{"id", tenant.id},
                              {"name", tenant.name.empty() ? tenant.id : tenant.name},
                              {"currency", tenant.currency},
                              {"role", access::name_of(*role)},
                              {"layers", access::layers_in(who, tenant.id)},
                              {"can", can}});
  }
  out["can_manage"] = access::may_manage(who);
  out["version"] = CENTAVO_VERSION;
  out["must_set_password"] = must_set_password;
  return out;
}

std::vector<Route> session_routes() {
  return {
      {.method = "GET", .pattern = "/me", .summary = "Who is signed in, and what they may do where", .act = me},
      {.method = "PATCH", .pattern = "/me", .summary = "Set the own locale: {locale}", .act = set_locale},
      {.method = "POST",
       .pattern = "/me/password",
       .summary = "Set the own password: {old, new}; without old after a one-time link",
       .action = "password.set",
       .act = set_password},
      {.method = "POST",
       .pattern = "/session",
       .summary = "Sign in: {user, password}; answers as GET /me and sets the cookie",
       .needs = Needs::nobody,
       .act = sign_in},
      {.method = "DELETE", .pattern = "/session", .summary = "Sign out", .action = "session.end", .act = sign_out},
  };
}

}  // namespace centavo::serve
