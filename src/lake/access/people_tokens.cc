// Tokens of people and services.

#include "base/digest.h"
#include "lake/access/secrets.h"
#include "lake/access/sql_people.h"

namespace centavo::access {
namespace {

constexpr std::string_view kPrefix = "cvt_";
constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::size_t kTokenNameLengthMax = 100;
constexpr std::size_t kTextLengthMax = 100;
constexpr std::int64_t kShownAfterMs = 30 * kDayMs;

std::string text_of(const std::set<Scope>& scopes) {
  std::string out;
  for (const Scope scope : scopes) out += fmt::format("{}{}", out.empty() ? "" : " ", name_of(scope));
  return out;
}

Result<std::set<Scope>> scopes_of(std::string_view text) {
  std::set<Scope> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    out.insert(TRY(parse_scope(text.substr(0, end))));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

// A wider one holds the narrower: who may manage may run, who may run may read.
std::set<Scope> with_narrower(std::set<Scope> scopes) {
  if (scopes.contains(Scope::admin)) scopes.insert(Scope::run);
  if (scopes.contains(Scope::run)) scopes.insert(Scope::read);
  return scopes;
}

}  // namespace

// Under the lock. What ended long ago makes room.
Status SqlPeople::make_room_for_token(std::string_view user) {
  TRY(db_.run("delete from tokens where user_id = ? and expires_ms < ?", user, clock_.now_ms() - kShownAfterMs));
  auto row = TRY(db_.prepare("select count(*) from tokens where user_id = ?"));
  TRY(row.bind_all(user));
  if (!TRY(row.step()) || row.integer(0) < kTokensMost) return {};
  return fail_hint("end those that are used no more", ErrorKind::over_limit, "{} has {} tokens already", user,
                   row.integer(0));
}

Result<std::pair<Token, std::string>> SqlPeople::make_token(std::string_view user, std::string_view name,
                                                            const std::set<Scope>& scopes, std::string_view tenant,
                                                            int days) {
  if (name.empty() || name.size() > kTokenNameLengthMax)
    return fail(ErrorKind::invalid_argument, "a token has a name of up to {} characters", kTokenNameLengthMax);
  if (scopes.empty())
    return fail_hint("read, run or admin", ErrorKind::invalid_argument, "a token without a scope is good for nothing");
  if (days < 1 || days > kTokenDaysMost)
    return fail(ErrorKind::invalid_argument, "a token ends after 1 to {} days, not {}", kTokenDaysMost, days);
  const std::lock_guard lock(mutex_);
  const Principal who = TRY(find_principal(user));
  if (!tenant.empty() && !role_in(who, tenant))
    return fail(ErrorKind::not_found, "there is no tenant \"{}\" for {}", tenant, user);
  TRY(make_room_for_token(user));
  Token token;
  token.id = new_id();
  token.name = name;
  token.user = user;
  token.scopes = with_narrower(scopes);
  token.tenant = tenant;
  token.created_ms = clock_.now_ms();
  token.expires_ms = token.created_ms + days * kDayMs;
  std::string text = std::string(kPrefix) + new_secret();
  TRY(db_.run(
      "insert into tokens (id, hash, name, user_id, scopes, tenant, created_ms, expires_ms, last_used_ms) "
      "values (?, ?, ?, ?, ?, ?, ?, ?, 0)",
      token.id, sha256_hex(text), name, user, text_of(token.scopes), tenant, token.created_ms, token.expires_ms));
  return std::pair(std::move(token), std::move(text));
}

Result<std::vector<Token>> SqlPeople::tokens(std::string_view user) {
  const std::lock_guard lock(mutex_);
  auto rows = TRY(db_.prepare(
      "select id, name, user_id, scopes, tenant, created_ms, expires_ms, last_used_ms from tokens where ?1 = "
      "'' or user_id = ?1 order by created_ms, id"));
  TRY(rows.bind_all(user));
  std::vector<Token> found;
  while (TRY(rows.step())) {
    found.push_back({rows.text(0), rows.text(1), rows.text(2), TRY(scopes_of(rows.text(3))), rows.text(4),
                     rows.integer(5), rows.integer(6), rows.integer(7)});
  }
  return found;
}

Status SqlPeople::end_token(std::string_view id) {
  const std::lock_guard lock(mutex_);
  TRY(db_.run("delete from tokens where id = ?", id));
  const bool ended = db_.changes() > 0;
  remembered_.forget_all();
  if (ended) return {};
  return fail_hint("`centavo token list` shows them", ErrorKind::not_found, "no token \"{}\"", id);
}

Result<Holder> SqlPeople::find_token(const std::string& hash) {
  Holder found;
  std::string scopes, tenant;
  {
    auto row = TRY(db_.prepare(
        "select tokens.id, user_id, scopes, tenant, expires_ms, last_used_ms from tokens join users on users.id = "
        "user_id where hash = ? and expires_ms > ? and disabled = 0"));
    TRY(row.bind_all(hash, clock_.now_ms()));
    if (!TRY(row.step()))
      return fail_hint("make a new one: centavo token add", ErrorKind::permission_denied,
                       "this token was ended, is too old, or was none");
    found.token = row.text(0);
    found.who.user = row.text(1);
    scopes = row.text(2);
    tenant = row.text(3);
    found.ends_ms = row.integer(4);
    found.used_ms = row.integer(5);
  }
  found.who = TRY(find_principal(found.who.user));
  found.who.scopes = TRY(scopes_of(scopes));
  found.who.tenant_only = tenant;
  return found;
}

Result<Principal> SqlPeople::token_holder(std::string_view text) {
  if (!text.starts_with(kPrefix) || text.size() > kTextLengthMax)
    return fail_hint("make one: centavo token add", ErrorKind::permission_denied,
                     "this token was ended, is too old, or was none");
  return TRY(holder(sha256_hex(text), &SqlPeople::find_token)).who;
}

}  // namespace centavo::access
