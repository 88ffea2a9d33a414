// Passwords, links and sessions.

#include "base/digest.h"
#include "lake/access/secrets.h"
#include "lake/access/sql_people.h"

namespace centavo::access {
namespace {

constexpr std::int64_t kTouchMs = 60'000;
constexpr std::size_t kRememberedMax = 10'000;
constexpr std::size_t kSecretLengthMax = 200;

tl::unexpected<Error> wrong() { return fail(ErrorKind::permission_denied, "the user or the password is wrong"); }

tl::unexpected<Error> signed_out() {
  return fail_hint("sign in again", ErrorKind::permission_denied, "nobody is signed in with this");
}

std::string csrf_of(std::string_view secret) { return sha256_hex("centavo csrf " + std::string(secret)); }

Status check_new_password(const User& user, std::string_view password) {
  if (password.size() < People::kPasswordLengthMin) {
    return fail_hint("some words in a row are easy to keep in mind", ErrorKind::invalid_argument,
                     "a password has at least {} characters", People::kPasswordLengthMin);
  }
  if (password.size() > People::kPasswordLengthMax)
    return fail(ErrorKind::invalid_argument, "a password has at most {} bytes", People::kPasswordLengthMax);
  if (password == user.id || password == user.name)
    return fail(ErrorKind::invalid_argument, "the password is the user's name");
  return {};
}

}  // namespace

std::optional<Holder> Remembered::find(const std::string& hash, TimeMs now) const {
  const std::lock_guard lock(mutex_);
  const auto it = holders_.find(hash);
  if (it == holders_.end() || now - it->second.looked_up_ms > People::kRememberMs || now < it->second.looked_up_ms ||
      now >= it->second.ends_ms || now - it->second.used_ms >= kTouchMs)
    return std::nullopt;
  return it->second;
}

void Remembered::keep_since(std::uint64_t turn, const std::string& hash, Holder holder) {
  const std::lock_guard lock(mutex_);
  if (turn != turn_) return;
  if (holders_.size() >= kRememberedMax) holders_.clear();
  holders_.insert_or_assign(hash, std::move(holder));
}

std::uint64_t Remembered::turn() const {
  const std::lock_guard lock(mutex_);
  return turn_;
}

void Remembered::forget_all() {
  const std::lock_guard lock(mutex_);
  holders_.clear();
  ++turn_;
}

Status SqlPeople::set_password(std::string_view user, std::string_view password, std::string_view keep_session) {
  {
    const std::lock_guard lock(mutex_);
    const User whose = TRY(find_user(user));
    TRY(check_new_password(whose, password));
  }
  const std::string hash = TRY(hash_password(password));
  const std::lock_guard lock(mutex_);
  auto transaction = TRY(db_.begin());
  TRY(db_.run("update users set password = ? where id = ?", hash, user));
  if (db_.changes() == 0) return fail(ErrorKind::not_found, "no user \"{}\"", user);
  TRY(db_.run("delete from links where user_id = ?", user));
  TRY(db_.run("delete from sessions where user_id = ? and hash <> ?", user,
              keep_session.empty() ? std::string() : sha256_hex(keep_session)));
  TRY(transaction.commit());
  throttle_.succeeded(user);
  remembered_.forget_all();
  return {};
}

Result<Session> SqlPeople::start_session(std::string_view user) {
  const TimeMs now = clock_.now_ms();
  Session session;
  session.secret = new_secret();
  session.csrf = csrf_of(session.secret);
  session.who = TRY(find_principal(user));
  session.must_set_password = !TRY(find_user(user)).has_password;
  TRY(db_.run("delete from sessions where used_ms < ? or created_ms < ?", now - kSessionMs, now - kSessionMostMs));
  TRY(db_.run("insert into sessions (hash, user_id, created_ms, used_ms) values (?, ?, ?, ?)",
              sha256_hex(session.secret), user, now, now));
  TRY(db_.run("update users set last_seen_ms = ? where id = ?", now, user));
  return session;
}

Result<Session> SqlPeople::sign_in(std::string_view user, std::string_view password) {
  if (user.size() > kSecretLengthMax || password.size() > kPasswordLengthMax) return wrong();
  std::string hash;
  {
    const std::lock_guard lock(mutex_);
    if (const std::int64_t wait = throttle_.wait_ms(user, clock_.now_ms()); wait > 0) {
      return fail_hint(fmt::format("wait {} seconds", (wait + 999) / 1000), ErrorKind::busy,
                       "too many wrong passwords; wait {} seconds", (wait + 999) / 1000);
    }
    auto row = TRY(db_.prepare("select password from users where id = ? and disabled = 0"));
    TRY(row.bind_all(user));
    if (TRY(row.step())) hash = row.text(0);
  }
  const bool right = TRY(check_password(hash, password));
  const std::lock_guard lock(mutex_);
  if (!right) {
    throttle_.failed(user, clock_.now_ms());
    return wrong();
  }
  auto transaction = TRY(db_.begin());
  Session session = TRY(start_session(user));
  TRY(transaction.commit());
  throttle_.succeeded(user);
  return session;
}

Result<std::string> SqlPeople::make_link(std::string_view user) {
  const std::lock_guard lock(mutex_);
  auto transaction = TRY(db_.begin());
  TRY(find_principal(user));
  std::string secret = new_secret();
  TRY(db_.run("delete from links where user_id = ?", user));
  TRY(db_.run("insert into links (hash, user_id, created_ms) values (?, ?, ?)", sha256_hex(secret), user,
              clock_.now_ms()));
  TRY(transaction.commit());
  return secret;
}

Result<Session> SqlPeople::follow_link(std::string_view secret) {
  const std::string hash = sha256_hex(secret.substr(0, kSecretLengthMax));
  const std::lock_guard lock(mutex_);
  auto transaction = TRY(db_.begin());
  std::string user;
  {
    auto row = TRY(db_.prepare("select user_id from links where hash = ? and created_ms > ?"));
    TRY(row.bind_all(hash, clock_.now_ms() - kLinkMs));
    if (!TRY(row.step())) {
      return fail_hint("ask for a new one: centavo user link USER", ErrorKind::permission_denied,
                       "this link was used, is too old, or was none");
    }
    user = row.text(0);
  }
  TRY(db_.run("delete from links where hash = ?", hash));
  Session session = TRY(start_session(user));
  TRY(transaction.commit());
  throttle_.succeeded(user);
  return session;
}

Result<Holder> SqlPeople::find_session(const std::string& hash) {
  const TimeMs now = clock_.now_ms();
  Holder found;
  {
    auto row = TRY(db_.prepare(
        "select user_id, sessions.created_ms, used_ms, password = '' from sessions join users on users.id = "
        "user_id where hash = "
        "? and disabled = 0 and sessions.created_ms > ? and used_ms > ?"));
    TRY(row.bind_all(hash, now - kSessionMostMs, now - kSessionMs));
    if (!TRY(row.step())) return signed_out();
    found.who.user = row.text(0);
    found.ends_ms = row.integer(1) + kSessionMostMs;
    found.used_ms = row.integer(2);
    found.must_set_password = row.integer(3) != 0;
  }
  found.who = TRY(find_principal(found.who.user));
  return found;
}

// Not being able to note a use, on a full disk or beside a long write, keeps nobody out.
void SqlPeople::touch(const std::string& hash, const Holder& holder) {
  const TimeMs now = clock_.now_ms();
  static_cast<void>(holder.token.empty()
                        ? db_.run("update sessions set used_ms = ? where hash = ?", now, hash)
                        : db_.run("update tokens set last_used_ms = ? where id = ?", now, holder.token));
  static_cast<void>(db_.run("update users set last_seen_ms = ? where id = ?", now, holder.who.user));
}

Result<Holder> SqlPeople::holder(const std::string& hash, Result<Holder> (SqlPeople::*find)(const std::string&)) {
  const TimeMs now = clock_.now_ms();
  if (auto known = remembered_.find(hash, now)) return std::move(*known);
  const std::uint64_t turn = remembered_.turn();
  const std::lock_guard lock(mutex_);
  Holder found = TRY((this->*find)(hash));
  if (now - found.used_ms >= kTouchMs) {
    touch(hash, found);
    found.used_ms = now;
  }
  found.looked_up_ms = now;
  remembered_.keep_since(turn, hash, found);
  return found;
}

Result<Session> SqlPeople::session(std::string_view secret) {
  if (secret.size() > kSecretLengthMax) return signed_out();
  const Holder found = TRY(holder(sha256_hex(secret), &SqlPeople::find_session));
  return Session{std::string(secret), csrf_of(secret), found.who, found.must_set_password};
}

Status SqlPeople::sign_out(std::string_view secret) {
  const std::lock_guard lock(mutex_);
  TRY(db_.run("delete from sessions where hash = ?", sha256_hex(secret)));
  remembered_.forget_all();
  return {};
}

}  // namespace centavo::access
