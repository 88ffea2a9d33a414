#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/clock.h"
#include "lake/tenant/names.h"
#include "lake/tenant/tenant.h"

namespace centavo {
namespace {

// "pid 4711 on host since 2026-09-30T12:00:00.000Z", as the holder wrote it.
std::string holder(int fd) {
  char text[256];
  const ssize_t size = ::pread(fd, text, sizeof text, 0);
  std::string out(text, size > 0 ? static_cast<std::size_t>(size) : 0);
  while (!out.empty() && out.back() == '\n') out.pop_back();
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return out.empty() ? "another process" : out;
}

}  // namespace

Result<TenantLock> TenantLock::take(const Lake& lake, std::string_view tenant_id) {
  TRY(check_id("tenant", tenant_id));
  const std::string folder = fmt::format("{}/{}", lake.dir(), Lake::tenant_root(tenant_id));
  if (::access((folder + "/tenant.yaml").c_str(), F_OK) != 0 && errno == ENOENT) {
    return fail(ErrorKind::not_found, "tenant {}: no such tenant", tenant_id);
  }
  const std::string path = folder + "/.lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) {
    const bool denied = errno == EACCES || errno == EROFS || errno == EPERM;
    return fail_hint(denied ? "check who owns that folder and whether the disk is mounted read-only" : "",
                     denied            ? ErrorKind::permission_denied
                     : errno == ENOSPC ? ErrorKind::out_of_space
                                       : ErrorKind::io,
                     "lock tenant {}: {}: {}", tenant_id, path, std::strerror(errno));
  }
  TenantLock lock(fd);
  int locked = 0;
  do {
    locked = ::flock(fd, LOCK_EX | LOCK_NB);
  } while (locked != 0 && errno == EINTR);
  if (locked != 0 && errno == EWOULDBLOCK) {
    return fail_hint("wait for it to end", ErrorKind::busy, "tenant {} is in use by {}", tenant_id, holder(fd));
  }
  if (locked != 0) return fail(ErrorKind::io, "lock tenant {}: {}: {}", tenant_id, path, std::strerror(errno));
  char host[256] = "unknown";
  if (::gethostname(host, sizeof host - 1) != 0) std::strcpy(host, "unknown");
  const std::string text = fmt::format("pid {} on {} since {}\n", ::getpid(), host, iso_time(Clock::system().now_ms()));
  // The words help a person only; the lock itself holds without them.
  if (::ftruncate(fd, 0) == 0 && ::pwrite(fd, text.data(), text.size(), 0) < 0) errno = 0;
  return lock;
}

TenantLock::TenantLock(TenantLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

TenantLock& TenantLock::operator=(TenantLock&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

// The file stays: removing it would let two processes lock two files of one name.
TenantLock::~TenantLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace centavo
