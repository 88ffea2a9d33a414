#include "lake/access/access.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace centavo::access {
namespace {

constexpr std::array<std::pair<Role, std::string_view>, 5> kRoles = {{{Role::viewer, "viewer"},
                                                                      {Role::analyst, "analyst"},
                                                                      {Role::scientist, "scientist"},
                                                                      {Role::engineer, "engineer"},
                                                                      {Role::admin, "admin"}}};
constexpr std::array<std::pair<Scope, std::string_view>, 3> kScopes = {
    {{Scope::read, "read"}, {Scope::run, "run"}, {Scope::admin, "admin"}}};

// The least role that has a right.
Role role_for(Right right) {
  switch (right) {
    case Right::cost_read: return Role::viewer;
    case Right::sql: return Role::analyst;
    case Right::run:
    case Right::rollback:
    case Right::certify: return Role::engineer;
    case Right::close:
    case Right::admin: break;
  }
  return Role::admin;
}

// What a token must be made for.
Scope scope_for(Right right) {
  switch (right) {
    case Right::cost_read:
    case Right::sql: return Scope::read;
    case Right::run:
    case Right::rollback:
    case Right::certify: return Scope::run;
    case Right::close:
    case Right::admin: break;
  }
  return Scope::admin;
}

bool has_scope(const Principal& who, Scope scope) { return !who.scopes || who.scopes->contains(scope); }

bool same_name(std::string_view one, std::string_view other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(), [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
  });
}

}  // namespace

std::string_view name_of(Role role) { return kRoles[static_cast<std::size_t>(role)].second; }
std::string_view name_of(Scope scope) { return kScopes[static_cast<std::size_t>(scope)].second; }

std::string_view name_of(Right right) {
  switch (right) {
    case Right::cost_read: return "cost.read";
    case Right::sql: return "sql";
    case Right::run: return "run";
    case Right::rollback: return "rollback";
    case Right::certify: return "certify";
    case Right::close: return "close";
    case Right::admin: break;
  }
  return "admin";
}

Result<Role> parse_role(std::string_view text) {
  for (const auto& [role, name] : kRoles) {
    if (name == text) return role;
  }
  return fail_hint("viewer, analyst, scientist, engineer or admin", ErrorKind::invalid_argument, "\"{}\" is no role",
                   text);
}

Result<Scope> parse_scope(std::string_view text) {
  for (const auto& [scope, name] : kScopes) {
    if (name == text) return scope;
  }
  return fail_hint("read, run or admin", ErrorKind::invalid_argument, "\"{}\" is no scope of a token", text);
}

std::optional<Role> role_in(const Principal& who, std::string_view tenant) {
  if (who.owner) return Role::admin;
  if (!who.tenant_only.empty() && who.tenant_only != tenant) return std::nullopt;
  std::optional<Role> best;
  for (const RoleGrant& grant : who.roles) {
    if (grant.tenant != "*" && grant.tenant != tenant) continue;
    if (!best || *best < grant.role) best = grant.role;
  }
  return best;
}

bool may(const Principal& who, Right right, std::string_view tenant) {
  if (who.owner) return true;
  const auto role = role_in(who, tenant);
  return role && *role >= role_for(right) && has_scope(who, scope_for(right));
}

bool may_manage(const Principal& who) {
  if (who.owner) return true;
  return who.tenant_only.empty() && has_scope(who, Scope::admin) &&
         std::find(who.roles.begin(), who.roles.end(), RoleGrant{Role::admin, "*"}) != who.roles.end();
}

std::set<std::string> layers_in(const Principal& who, std::string_view tenant) {
  const auto role = role_in(who, tenant);
  if (!role || !has_scope(who, Scope::read)) return {};
  if (*role >= Role::engineer) return {"raw", "bronze", "silver", "gold"};
  if (*role >= Role::scientist) return {"silver", "gold"};
  return {"gold"};
}

bool Sight::sees_clear(std::string_view table, std::string_view column) const {
  if (!masks) return true;
  return std::any_of(clear.begin(), clear.end(), [&](const auto& grant) {
    return (grant.first == "*" || same_name(grant.first, table)) &&
           (grant.second == "*" || same_name(grant.second, column));
  });
}

std::string Sight::key() const {
  std::string out = masks ? "masked" : "clear";
  for (const std::string& layer : layers) out += " " + layer;
  for (const auto& [table, column] : clear) out += fmt::format(" {}/{}", table, column);
  return out;
}

Sight whole_sight() { return {}; }

Sight sight_of(const Principal& who, std::string_view tenant) {
  if (who.owner) return whole_sight();
  Sight sight;
  sight.layers = layers_in(who, tenant);
  sight.masks = true;
  if (!role_in(who, tenant)) return sight;
  for (const UnmaskGrant& grant : who.unmasked) {
    if (grant.tenant == "*" || grant.tenant == tenant) sight.clear.emplace(grant.table, grant.column);
  }
  return sight;
}

Result<std::string> mask_sql(std::string_view mask, std::string_view column, std::string_view type,
                             std::string_view hash) {
  const std::string text = fmt::format("cast({} as varchar)", column);
  if (mask == "hash") return fmt::format("{}({})", hash, text);
  if (mask == "hide") return fmt::format("cast(null as {})", type);
  if (mask == "email") {
    return fmt::format(
        "case when {0} is null then null when regexp_matches({0}, '^[^@]+@[^@]+$') then left({0}, 1) || '***' || "
        "substr({0}, strpos({0}, '@')) else '***' end",
        text);
  }
  if (mask == "last4") {
    return fmt::format(
        "case when {0} is null then null when length({0}) > 8 then repeat('*', length({0}) - 4) || right({0}, 4) else "
        "'****' end",
        text);
  }
  return fail_hint("hash, hide, email or last4", ErrorKind::invalid_argument, "\"{}\" is no mask", mask);
}

}  // namespace centavo::access
