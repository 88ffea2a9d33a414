#pragma once
/// \file lake/access/access.h
/// Who may do what: roles by tenant and layer, masks, and the questions that API, SQL workbench and command line all
/// ask. Plain values; people.h keeps them.

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace centavo::access {

/// In order of what they see: gold (viewer, analyst), silver and gold (scientist), all layers (engineer, admin).
enum class Role { viewer, analyst, scientist, engineer, admin };
std::string_view name_of(Role role);
Result<Role> parse_role(std::string_view text);

/// What a person may do in a tenant. viewer: cost_read. analyst: and sql. scientist: the same over more layers.
/// engineer: and run, rollback, certify. admin: everything.
enum class Right { cost_read, sql, run, rollback, certify, close, admin };
/// "cost.read", "sql", "run", "rollback", "certify", "close", "admin": the words of the API.
std::string_view name_of(Right right);

/// "*" as tenant: every tenant, also those to come.
struct RoleGrant {
  Role role = Role::viewer;
  std::string tenant;
  auto operator<=>(const RoleGrant&) const = default;
};

/// A column that this person sees in clear although its contract masks it.
struct UnmaskGrant {
  std::string tenant, table, column;   ///< "acme", "silver.retail_customers", "cpf_masked"; "*" for every one
  auto operator<=>(const UnmaskGrant&) const = default;
};

/// What a token may be used for. A token never does more than its owner may.
enum class Scope { read, run, admin };
std::string_view name_of(Scope scope);
Result<Scope> parse_scope(std::string_view text);

/// Somebody who asks, with all that decides the answer. Of a token: its owner's grants, narrowed.
struct Principal {
  std::string user;                    ///< id; also for the audit
  std::string name, locale;
  bool owner = false;  ///< the person at the command line of the lake's own folder: no limits, no masks
  std::vector<RoleGrant> roles;
  std::vector<UnmaskGrant> unmasked;
  std::optional<std::set<Scope>> scopes;  ///< of a token; absent: signed in
  std::string tenant_only;  ///< a token of one tenant; "": all of its owner's
};

/// The best role in a tenant; absent: the tenant does not exist for this person.
std::optional<Role> role_in(const Principal& who, std::string_view tenant);
bool may(const Principal& who, Right right, std::string_view tenant);
/// Whether it may manage people, grants, tenants and read the audit: admin of every tenant.
bool may_manage(const Principal& who);
/// "gold", "silver", "bronze", "raw".
std::set<std::string> layers_in(const Principal& who, std::string_view tenant);

/// What somebody sees of a tenant's tables. Readers make views of nothing else.
struct Sight {
  std::set<std::string> layers = {"raw", "bronze", "silver", "gold"};
  bool masks = false;  ///< columns with a mask are masked, but those in `clear`
  std::set<std::pair<std::string, std::string>> clear;  ///< (table, column); "*" stands for every one
  bool sees_layer(std::string_view layer) const { return layers.contains(std::string(layer)); }
  bool sees_clear(std::string_view table, std::string_view column) const;
  bool sees_all() const { return !masks && layers.size() == 4; }
  /// Equal for two who see the same: part of cache keys.
  std::string key() const;
};
/// All of it, unmasked: for what the program does itself.
Sight whole_sight();
Sight sight_of(const Principal& who, std::string_view tenant);

/// A masked column as SQL over its own value, by the contract's word. `hash`: the SQL function of one text that hashes
/// with the tenant's reading key, so that no SQL holds a key. `invalid_argument` for another word.
/// "hash": that hash; "email": j***@example.com; "last4": ************1111; all three of text (the packs see to it),
/// null stays null. "hide": null of the same type.
Result<std::string> mask_sql(std::string_view mask, std::string_view column, std::string_view type,
                             std::string_view hash);

}  // namespace centavo::access
