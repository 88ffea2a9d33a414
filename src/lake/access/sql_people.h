#pragma once
/// \file lake/access/sql_people.h
/// People in SQLite. For the sources of this folder only.

#include <mutex>
#include <unordered_map>

#include "io/sqldb/sqldb.h"
#include "lake/access/audit_chain.h"
#include "lake/access/people.h"
#include "lake/access/throttle.h"

namespace centavo::access {

/// Brings LAKE/access.sqlite's tables to the version this program knows.
Status prepare_people(SqlDb& db, const std::string& path);

/// Who held a secret when it was looked up last.
struct Holder {
  Principal who;
  bool must_set_password = false;
  std::string token;             ///< id; "" : a session
  TimeMs ends_ms = 0;            ///< whatever happens
  TimeMs used_ms = 0;            ///< as the file says
  TimeMs looked_up_ms = 0;
};

/// Holders by SHA-256 of their secret. Thread-safe.
class Remembered {
 public:
  std::optional<Holder> find(const std::string& hash, TimeMs now) const;
  void forget_all();
  std::uint64_t turn() const;    ///< changes when all is forgotten
  /// Keeps it, unless all was forgotten since `turn`: what was looked up before a change is not kept behind it.
  void keep_since(std::uint64_t turn, const std::string& hash, Holder holder);

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Holder> holders_;
  std::uint64_t turn_ = 0;
};

class SqlPeople final : public People {
 public:
  SqlPeople(SqlDb db, std::string path, const Clock& clock)
      : path_(std::move(path)), db_(std::move(db)), clock_(clock) {}

  Result<std::vector<User>> users() override;
  Result<User> user(std::string_view id) override;
  Status add_user(const User& user) override;
  Status set_user(std::string_view id, const std::optional<std::string>& name, const std::optional<std::string>& locale,
                  const std::optional<bool>& disabled) override;
  Status remove_user(std::string_view id) override;
  Status grant(std::string_view user, const RoleGrant& role) override;
  Status revoke(std::string_view user, const RoleGrant& role) override;
  Status unmask(std::string_view user, const UnmaskGrant& column) override;
  Status mask(std::string_view user, const UnmaskGrant& column) override;

  Status set_password(std::string_view user, std::string_view password, std::string_view keep_session) override;
  Result<Session> sign_in(std::string_view user, std::string_view password) override;
  Result<std::string> make_link(std::string_view user) override;
  Result<Session> follow_link(std::string_view secret) override;
  Result<Session> session(std::string_view secret) override;
  Status sign_out(std::string_view secret) override;

  Result<std::pair<Token, std::string>> make_token(std::string_view user, std::string_view name,
                                                   const std::set<Scope>& scopes, std::string_view tenant,
                                                   int days) override;
  Result<std::vector<Token>> tokens(std::string_view user) override;
  Status end_token(std::string_view id) override;
  Result<Principal> token_holder(std::string_view text) override;

  Result<Principal> principal(std::string_view user) override;
  Result<bool> is_empty() override;

  Status record(AuditEntry entry) override;
  Result<std::vector<AuditEntry>> audit(const AuditQuestion& question) override;
  Result<AuditVerdict> verify_audit() override;
  Result<AuditVerdict> audit_verdict() override;

 private:
  // All of these are called with mutex_ held.
  Result<User> find_user(std::string_view id);
  Status read_grants(User& user);
  Result<Principal> find_principal(std::string_view id);
  Result<std::int64_t> administrators();
  /// Runs a change, and takes it back when it leaves the lake without the administrator that it had.
  template <class Change>
  Status keep_an_administrator(const Change& change);
  Result<Session> start_session(std::string_view user);
  Result<Holder> find_session(const std::string& hash);
  Result<Holder> find_token(const std::string& hash);
  Status make_room_for_token(std::string_view user);
  void touch(const std::string& hash, const Holder& holder);

  /// The holder of a secret, from memory or from the file; notes its use at most once a minute.
  Result<Holder> holder(const std::string& hash, Result<Holder> (SqlPeople::*find)(const std::string&));

  const std::string path_;
  std::mutex mutex_;
  SqlDb db_;
  const Clock& clock_;
  Throttle throttle_;
  Remembered remembered_;

  std::mutex verdict_mutex_;
  AuditPoint verified_;          ///< up to there the chain was found whole
  TimeMs verified_ms_ = 0;       ///< since then, from the first entry
};

}  // namespace centavo::access
