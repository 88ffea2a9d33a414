// Users and what they were granted.

#include "base/digest.h"
#include "lake/access/secrets.h"
#include "lake/access/sql_people.h"

namespace centavo::access {
namespace {

constexpr std::size_t kIdLengthMax = 63;
constexpr std::size_t kNameLengthMax = 200;
constexpr const char* kUserColumns = "id, name, locale, disabled, password <> '', created_ms, last_seen_ms";

Status check_id(std::string_view id) {
  const auto fits = [](char c, bool first) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (!first && (c == '.' || c == '_' || c == '@' || c == '-'));
  };
  bool good = !id.empty() && id.size() <= kIdLengthMax;
  for (std::size_t i = 0; good && i < id.size(); ++i) good = fits(id[i], i == 0);
  if (good) return {};
  return fail_hint("small letters, digits, '.', '_', '@' and '-', up to 63", ErrorKind::invalid_argument,
                   "\"{}\" is no name of a user", id);
}

Status check_words(std::string_view what, std::string_view text) {
  if (text.size() > kNameLengthMax)
    return fail(ErrorKind::invalid_argument, "{}: longer than {} bytes", what, kNameLengthMax);
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      return fail(ErrorKind::invalid_argument, "{}: a control character", what);
  }
  return {};
}

Status check_locale(std::string_view locale) {
  if (locale.empty() || locale == "en" || locale == "pt-BR") return {};
  return fail(ErrorKind::invalid_argument, "locale: \"{}\" is not one of en, pt-BR", locale);
}

Status check_tenant(std::string_view tenant) {
  if (!tenant.empty() && tenant.size() <= kNameLengthMax) return check_words("tenant", tenant);
  return fail_hint("name a tenant, or * for every one", ErrorKind::invalid_argument, "a grant without a tenant");
}

User user_of(const SqlStatement& row) {
  User user;
  user.id = row.text(0);
  user.name = row.text(1);
  user.locale = row.text(2);
  user.disabled = row.integer(3) != 0;
  user.has_password = row.integer(4) != 0;
  user.created_ms = row.integer(5);
  user.last_seen_ms = row.integer(6);
  return user;
}

}  // namespace

Status SqlPeople::read_grants(User& user) {
  auto roles = TRY(db_.prepare("select role, tenant from roles where user_id = ? order by tenant, role"));
  TRY(roles.bind_all(user.id));
  while (TRY(roles.step())) user.roles.push_back({TRY(parse_role(roles.text(0))), roles.text(1)});
  auto columns =
      TRY(db_.prepare("select tenant, table_name, column_name from unmasked where user_id = ? order by tenant, "
                      "table_name, column_name"));
  TRY(columns.bind_all(user.id));
  while (TRY(columns.step())) user.unmasked.push_back({columns.text(0), columns.text(1), columns.text(2)});
  return {};
}

Result<User> SqlPeople::find_user(std::string_view id) {
  auto row = TRY(db_.prepare(fmt::format("select {} from users where id = ?", kUserColumns)));
  TRY(row.bind_all(id));
  if (!TRY(row.step())) {
    return fail_hint("`centavo user list` shows who there is", ErrorKind::not_found, "no user \"{}\"", id);
  }
  User user = user_of(row);
  TRY(read_grants(user));
  return user;
}

Result<Principal> SqlPeople::find_principal(std::string_view id) {
  User user = TRY(find_user(id));
  if (user.disabled) {
    return fail_hint(fmt::format("centavo user enable {}", id), ErrorKind::permission_denied, "user {} is disabled",
                     id);
  }
  Principal who;
  who.user = std::move(user.id);
  who.name = std::move(user.name);
  who.locale = std::move(user.locale);
  who.roles = std::move(user.roles);
  who.unmasked = std::move(user.unmasked);
  return who;
}

Result<std::int64_t> SqlPeople::administrators() {
  auto row = TRY(db_.prepare(
      "select count(*) from users where disabled = 0 and exists (select 1 from roles where user_id = users.id and role "
      "= 'admin' and tenant = '*')"));
  TRY(row.step());
  return row.integer(0);
}

template <class Change>
Status SqlPeople::keep_an_administrator(const Change& change) {
  auto transaction = TRY(db_.begin());
  const auto before = TRY(administrators());
  TRY(change());
  if (before > 0 && TRY(administrators()) == 0) {
    return fail_hint("make somebody else an administrator first: centavo grant add USER admin --tenant '*'",
                     ErrorKind::conflict, "that would leave the lake without an administrator");
  }
  remembered_.forget_all();
  return transaction.commit();
}

Result<std::vector<User>> SqlPeople::users() {
  const std::lock_guard lock(mutex_);
  std::vector<User> found;
  {
    auto rows = TRY(db_.prepare(fmt::format("select {} from users order by id", kUserColumns)));
    while (TRY(rows.step())) found.push_back(user_of(rows));
  }
  for (User& user : found) TRY(read_grants(user));
  return found;
}

Result<User> SqlPeople::user(std::string_view id) {
  const std::lock_guard lock(mutex_);
  return find_user(id);
}

Status SqlPeople::add_user(const User& user) {
  TRY(check_id(user.id));
  TRY(check_words("name", user.name));
  TRY(check_locale(user.locale));
  const std::lock_guard lock(mutex_);
  auto transaction = TRY(db_.begin());
  const Status added = db_.run(
      "insert into users (id, name, locale, disabled, password, created_ms, last_seen_ms) values (?, ?, ?, ?, '', ?, "
      "0)",
      user.id, user.name, user.locale, user.disabled ? 1 : 0, clock_.now_ms());
  if (!added && added.error().kind == ErrorKind::already_exists)
    return fail(ErrorKind::already_exists, "there is a user {} already", user.id);
  TRY(added);
  for (const RoleGrant& role : user.roles) {
    TRY(check_tenant(role.tenant));
    TRY(db_.run("insert into roles (user_id, tenant, role) values (?, ?, ?)", user.id, role.tenant,
                name_of(role.role)));
  }
  for (const UnmaskGrant& column : user.unmasked) {
    TRY(check_tenant(column.tenant));
    TRY(db_.run("insert into unmasked (user_id, tenant, table_name, column_name) values (?, ?, ?, ?)", user.id,
                column.tenant, column.table, column.column));
  }
  return transaction.commit();
}

Status SqlPeople::set_user(std::string_view id, const std::optional<std::string>& name,
                           const std::optional<std::string>& locale, const std::optional<bool>& disabled) {
  if (name) TRY(check_words("name", *name));
  if (locale) TRY(check_locale(*locale));
  const std::lock_guard lock(mutex_);
  return keep_an_administrator([&]() -> Status {
    const User user = TRY(find_user(id));
    TRY(db_.run("update users set name = ?, locale = ?, disabled = ? where id = ?", name.value_or(user.name),
                locale.value_or(user.locale), disabled.value_or(user.disabled) ? 1 : 0, id));
    if (disabled.value_or(false)) {
      TRY(db_.run("delete from sessions where user_id = ?", id));
      TRY(db_.run("delete from links where user_id = ?", id));
    }
    return {};
  });
}

Status SqlPeople::remove_user(std::string_view id) {
  const std::lock_guard lock(mutex_);
  return keep_an_administrator([&]() -> Status {
    TRY(find_user(id));
    return db_.run("delete from users where id = ?", id);  // with sessions, links, tokens and grants
  });
}

Status SqlPeople::grant(std::string_view user, const RoleGrant& role) {
  TRY(check_tenant(role.tenant));
  const std::lock_guard lock(mutex_);
  return keep_an_administrator([&]() -> Status {
    TRY(find_user(user));
    return db_.run("insert or ignore into roles (user_id, tenant, role) values (?, ?, ?)", user, role.tenant,
                   name_of(role.role));
  });
}

Status SqlPeople::revoke(std::string_view user, const RoleGrant& role) {
  const std::lock_guard lock(mutex_);
  return keep_an_administrator([&]() -> Status {
    TRY(find_user(user));
    TRY(db_.run("delete from roles where user_id = ? and tenant = ? and role = ?", user, role.tenant,
                name_of(role.role)));
    if (db_.changes() > 0) return {};
    return fail(ErrorKind::not_found, "{} is no {} of {}", user, name_of(role.role), role.tenant);
  });
}

Status SqlPeople::unmask(std::string_view user, const UnmaskGrant& column) {
  TRY(check_tenant(column.tenant));
  for (const auto& text : {column.table, column.column}) {
    TRY(check_words("column", text));
    if (text.empty())
      return fail_hint("silver.retail_customers.cpf_masked, or * for every one", ErrorKind::invalid_argument,
                       "a column without its table or name");
  }
  const std::lock_guard lock(mutex_);
  TRY(find_user(user));
  remembered_.forget_all();
  TRY(db_.run("insert or ignore into unmasked (user_id, tenant, table_name, column_name) values (?, ?, ?, ?)", user,
              column.tenant, column.table, column.column));
  remembered_.forget_all();
  return {};
}

Status SqlPeople::mask(std::string_view user, const UnmaskGrant& column) {
  const std::lock_guard lock(mutex_);
  TRY(find_user(user));
  TRY(db_.run("delete from unmasked where user_id = ? and tenant = ? and table_name = ? and column_name = ?", user,
              column.tenant, column.table, column.column));
  const bool changed = db_.changes() > 0;
  remembered_.forget_all();
  if (changed) return {};
  return fail(ErrorKind::not_found, "{} has no grant of {}.{} in {}", user, column.table, column.column, column.tenant);
}

Result<Principal> SqlPeople::principal(std::string_view user) {
  const std::lock_guard lock(mutex_);
  return find_principal(user);
}

Result<bool> SqlPeople::is_empty() {
  const std::lock_guard lock(mutex_);
  auto row =
      TRY(db_.prepare("select count(*) from users where disabled = 0 and password <> '' and exists (select 1 from "
                      "roles where user_id = "
                      "users.id and role = 'admin' and tenant = '*')"));
  TRY(row.step());
  return row.integer(0) == 0;
}

}  // namespace centavo::access
