#include "app/cli/people_text.h"

#include "lake/pack/pack.h"

namespace centavo::cli {

std::string text_of(const access::RoleGrant& role) {
  return fmt::format("{} of {}", access::name_of(role.role), role.tenant);
}

OrderedJson user_object(const access::User& user) {
  OrderedJson object = {{"id", user.id},
                        {"name", user.name},
                        {"locale", user.locale},
                        {"state", user.disabled ? "disabled" : "enabled"},
                        {"has_password", user.has_password},
                        {"created_at", time_json(user.created_ms)},
                        {"last_seen_at", time_json(user.last_seen_ms)}};
  object["roles"] = OrderedJson::array();
  for (const auto& role : user.roles)
    object["roles"].push_back({{"role", access::name_of(role.role)}, {"tenant", role.tenant}});
  object["unmasked"] = OrderedJson::array();
  for (const auto& column : user.unmasked)
    object["unmasked"].push_back({{"tenant", column.tenant}, {"table", column.table}, {"column", column.column}});
  return object;
}

OrderedJson token_object(const access::Token& token) {
  OrderedJson scopes = OrderedJson::array();
  for (const auto scope : token.scopes) scopes.push_back(access::name_of(scope));
  return {{"id", token.id},
          {"name", token.name},
          {"user", token.user},
          {"scopes", scopes},
          {"tenant", token.tenant},
          {"created_at", time_json(token.created_ms)},
          {"expires_at", time_json(token.expires_ms)},
          {"last_used_at", time_json(token.last_used_ms)}};
}

Result<access::UnmaskGrant> parse_column(const std::string& text, const std::string& tenant) {
  if (text == "*") return access::UnmaskGrant{tenant, "*", "*"};
  const std::size_t point = text.rfind('.');
  if (point != std::string::npos && point + 1 < text.size() && pack::parse_table_name(text.substr(0, point)))
    return access::UnmaskGrant{tenant, text.substr(0, point), text.substr(point + 1)};
  return fail_hint("silver.retail_customers.cpf_masked, silver.retail_customers.* or *", ErrorKind::invalid_argument,
                   "--unmask: \"{}\" is no column of a table", text);
}

}  // namespace centavo::cli
