#include "lake/access/people.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lake/access/audit_chain.h"
#include "lake/access/sql_people.h"

namespace centavo::access {
namespace {

constexpr std::int64_t kSchemaVersion = 1;

constexpr std::string_view kSchema = R"(
create table users (
  id text primary key, name text not null, locale text not null, disabled integer not null, password text not null,
  created_ms bigint not null, last_seen_ms bigint not null);
create table roles (
  user_id text not null references users (id) on delete cascade, tenant text not null, role text not null,
  primary key (user_id, tenant, role));
create table unmasked (
  user_id text not null references users (id) on delete cascade, tenant text not null, table_name text not null,
  column_name text not null, primary key (user_id, tenant, table_name, column_name));
create table sessions (
  hash text primary key, user_id text not null references users (id) on delete cascade, created_ms bigint not null,
  used_ms bigint not null);
create table links (
  hash text primary key, user_id text not null references users (id) on delete cascade, created_ms bigint not null);
create table tokens (
  id text primary key, hash text not null unique, name text not null,
  user_id text not null references users (id) on delete cascade, scopes text not null, tenant text not null,
  created_ms bigint not null, expires_ms bigint not null, last_used_ms bigint not null);
create table audit (
  number integer primary key, at_ms bigint not null, user_id text not null, action text not null, tenant text not null,
  object text not null, outcome text not null, hash text not null);
create table audit_head (number bigint not null, hash text not null);
)";

std::string path_in(const std::string& lake_dir) { return lake_dir + "/access.sqlite"; }

// The file is there, and nobody else's to read, before anything is written into it.
Status make_private_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    const ErrorKind kind = errno == EACCES || errno == EPERM || errno == EROFS ? ErrorKind::permission_denied
                           : errno == ENOSPC                                   ? ErrorKind::out_of_space
                                                                               : ErrorKind::io;
    return fail(kind, "{}: {}", path, std::strerror(errno));
  }
  struct stat found{};
  const bool known = ::fstat(fd, &found) == 0;
  ::close(fd);
  if (known && (found.st_mode & 077) == 0) return {};
  return fail_hint(fmt::format("chmod 600 {}", path), ErrorKind::permission_denied,
                   "{}: others may read or write it (mode {:o})", path, found.st_mode & 0777);
}

Result<std::int64_t> version_of(SqlDb& db) {
  auto row = TRY(db.prepare("pragma user_version"));
  if (!TRY(row.step())) return fail(ErrorKind::corrupt_data, "it does not tell its version");
  return row.integer(0);
}

}  // namespace

Status prepare_people(SqlDb& db, const std::string& path) {
  if (TRY_IN(path, version_of(db)) == kSchemaVersion) return {};
  auto transaction = TRY(db.begin());
  const std::int64_t version = TRY_IN(path, version_of(db));
  if (version > kSchemaVersion) {
    return fail_hint("use the centavo that wrote it, or a newer one", ErrorKind::unsupported,
                     "{}: schema {} is newer than {}, the newest this program knows", path, version, kSchemaVersion);
  }
  if (version < 1) TRY(db.run(kSchema));
  TRY(db.run(fmt::format("pragma user_version = {}", kSchemaVersion)));
  return transaction.commit();
}

bool People::exist(const std::string& lake_dir) { return ::access(path_in(lake_dir).c_str(), F_OK) == 0; }

Result<std::unique_ptr<People>> People::open(const std::string& lake_dir, const Clock& clock) {
  const std::string path = path_in(lake_dir);
  TRY(make_private_file(path));
  SqlDb db = TRY(SqlDb::open(path));
  TRY(prepare_people(db, path));
  return std::make_unique<SqlPeople>(std::move(db), path, clock);
}

Status SqlPeople::record(AuditEntry entry) {
  const std::lock_guard lock(mutex_);
  return append_audit(db_, std::move(entry), clock_.now_ms());
}

Result<std::vector<AuditEntry>> SqlPeople::audit(const AuditQuestion& question) {
  const std::lock_guard lock(mutex_);
  return read_audit(db_, question);
}

// On a connection of its own, so that a long chain keeps nobody from signing in.
Result<AuditVerdict> SqlPeople::verify_audit() {
  auto db = TRY(SqlDb::open(path_));
  AuditPoint from_the_first;
  return access::verify_audit(db, from_the_first);
}

Result<AuditVerdict> SqlPeople::audit_verdict() {
  const std::lock_guard lock(verdict_mutex_);
  const TimeMs now = clock_.now_ms();
  if (now - verified_ms_ >= kVerdictMs || now < verified_ms_) {
    verified_ = {};
    verified_ms_ = now;
  }
  auto db = TRY(SqlDb::open(path_));
  const auto verdict = access::verify_audit(db, verified_);
  if (!verdict || !verdict->holds) verified_ = {};
  return verdict;
}

}  // namespace centavo::access
