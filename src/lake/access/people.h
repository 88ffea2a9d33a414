#pragma once
/// \file lake/access/people.h
/// People, sessions, tokens, grants and the audit of a lake: LAKE/access.sqlite, mode 0600. It is not an index like the
/// catalog: nothing else holds it, so it is backed up. Secrets are kept as hashes only: passwords by argon2id
/// (libsodium), sessions, links and tokens (32 random bytes) by SHA-256.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "lake/access/access.h"

namespace centavo::access {

struct User {
  std::string id;  ///< ^[a-z0-9][a-z0-9._@-]{0,62}$
  std::string name, locale;
  bool disabled = false, has_password = false;
  TimeMs created_ms = 0, last_seen_ms = 0;
  std::vector<RoleGrant> roles;
  std::vector<UnmaskGrant> unmasked;
};

struct Token {
  std::string id, name, user;
  std::set<Scope> scopes;
  std::string tenant;  ///< "": all of its owner's
  TimeMs created_ms = 0, expires_ms = 0, last_used_ms = 0;
};

/// A signed-in browser. The cookie holds `secret`; `csrf` goes back with every write.
struct Session {
  std::string secret, csrf;
  Principal who;
  bool must_set_password = false;  ///< came by a one-time link and has none yet
};

struct AuditEntry {
  std::int64_t number = 0;
  TimeMs at_ms = 0;
  std::string user, action, tenant, object, outcome;  ///< outcome: done, refused, failed. Never personal data.
  std::string hash;  ///< of this entry and the one before
};
struct AuditQuestion {
  std::string user, tenant, action;  ///< "" : any
  std::int64_t before = 0;  ///< entries with a smaller number; 0: the newest
  int limit = 200;
};
struct AuditVerdict {
  std::int64_t entries = 0;
  bool holds = true;
  std::string fault;  ///< the first entry that does not fit, and why
};

/// Thread-safe.
class People {
 public:
  static constexpr std::int64_t kSessionMs = 12LL * 3'600'000;  ///< idle
  static constexpr std::int64_t kSessionMostMs = 7LL * 86'400'000;  ///< since sign-in
  static constexpr std::int64_t kLinkMs = 24LL * 3'600'000;
  static constexpr std::size_t kPasswordLengthMin = 12;
  static constexpr std::size_t kPasswordLengthMax = 1024;
  static constexpr int kFailuresMax = 5;
  static constexpr std::int64_t kWaitMs = 30'000;  ///< then twice as long after each, up to kWaitMostMs
  static constexpr std::int64_t kWaitMostMs = 15LL * 60'000;
  static constexpr int kTokenDaysMost = 730;
  static constexpr std::int64_t kTokensMost = 100;  ///< of one person
  /// How long a change that another process made may stay unseen: sessions and tokens are remembered so long.
  static constexpr std::int64_t kRememberMs = 3'000;
  static constexpr std::int64_t kVerdictMs = 60'000;

  /// Whether the lake has people: LAKE/access.sqlite is there.
  static bool exist(const std::string& lake_dir);
  /// Opens or makes LAKE/access.sqlite. `permission_denied` when others than its owner may read or write it.
  static Result<std::unique_ptr<People>> open(const std::string& lake_dir, const Clock& clock = Clock::system());
  virtual ~People() = default;

  virtual Result<std::vector<User>> users() = 0;
  virtual Result<User> user(std::string_view id) = 0;  ///< `not_found`
  virtual Status add_user(const User& user) = 0;  ///< `already_exists`
  virtual Status set_user(std::string_view id, const std::optional<std::string>& name,
                          const std::optional<std::string>& locale, const std::optional<bool>& disabled) = 0;
  virtual Status remove_user(std::string_view id) = 0;
  /// Refuses (`conflict`) what would leave the lake without an enabled administrator.
  virtual Status grant(std::string_view user, const RoleGrant& role) = 0;
  virtual Status revoke(std::string_view user, const RoleGrant& role) = 0;
  virtual Status unmask(std::string_view user, const UnmaskGrant& column) = 0;
  virtual Status mask(std::string_view user, const UnmaskGrant& column) = 0;

  /// `invalid_argument` for a password that is too short or is the user's name. Ends the other sessions, all but
  /// `keep_session` (a secret), and links.
  virtual Status set_password(std::string_view user, std::string_view password, std::string_view keep_session = {}) = 0;
  /// `permission_denied`, the same for an unknown user, a wrong password and a disabled one, and after the same time;
  /// `busy` with the seconds to wait after kFailuresMax wrong ones in a row.
  virtual Result<Session> sign_in(std::string_view user, std::string_view password) = 0;
  /// The secret of a link that signs in once, within kLinkMs; a new one ends the earlier ones.
  virtual Result<std::string> make_link(std::string_view user) = 0;
  virtual Result<Session> follow_link(std::string_view secret) = 0;  ///< `permission_denied` when used or too old
  virtual Result<Session> session(std::string_view secret) = 0;  ///< `permission_denied`; counts as use
  virtual Status sign_out(std::string_view secret) = 0;

  /// The token's text ("cvt_…") is said once, here. A scope brings the narrower ones: admin run, run read.
  /// `over_limit` when this person has kTokensMost.
  virtual Result<std::pair<Token, std::string>> make_token(std::string_view user, std::string_view name,
                                                           const std::set<Scope>& scopes, std::string_view tenant,
                                                           int days) = 0;
  virtual Result<std::vector<Token>> tokens(std::string_view user) = 0;  ///< "" : of everybody
  virtual Status end_token(std::string_view id) = 0;
  virtual Result<Principal> token_holder(std::string_view text) = 0;  ///< `permission_denied`

  /// The person as a Principal, without sign-in: `--as` of the command line. `not_found`; `permission_denied` when
  /// disabled.
  virtual Result<Principal> principal(std::string_view user) = 0;
  /// Whether nobody is there yet who could sign in and manage.
  virtual Result<bool> is_empty() = 0;

  virtual Status record(AuditEntry entry) = 0;  ///< number, time and hash are set here
  virtual Result<std::vector<AuditEntry>> audit(const AuditQuestion& question) = 0;  ///< newest first
  /// Reads the whole chain. Keeps nobody waiting, nor does the next.
  virtual Result<AuditVerdict> verify_audit() = 0;
  /// The same for a page that is looked at often: what was found whole less than kVerdictMs ago is not read again.
  virtual Result<AuditVerdict> audit_verdict() = 0;
};

}  // namespace centavo::access
