#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/digest.h"
#include "io/store/key.h"
#include "lake/tenant/names.h"
#include "lake/tenant/tenant.h"

namespace centavo {
namespace {

constexpr std::size_t kKeyBytes = 32;

tl::unexpected<Error> fail_key(std::string_view tenant, std::string_view path, int code) {
  const bool denied = code == EACCES || code == EPERM || code == EROFS;
  return fail(denied           ? ErrorKind::permission_denied
              : code == ENOSPC ? ErrorKind::out_of_space
                               : ErrorKind::io,
              "mask key of tenant {}: {}: {}", tenant, path, std::strerror(code));
}

Result<std::string> random_hex() {
  std::array<unsigned char, kKeyBytes> bytes{};
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = ::getrandom(bytes.data() + filled, bytes.size() - filled, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(ErrorKind::io, "make a key: {}", std::strerror(errno));
    filled += static_cast<std::size_t>(got);
  }
  std::string out;
  for (unsigned char byte : bytes) out += fmt::format("{:02x}", byte);
  return out;
}

bool is_key(std::string_view text) {
  return text.size() == 2 * kKeyBytes && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Nullopt when there is none. A key that others may read is no secret.
Result<std::optional<std::string>> read_key(std::string_view tenant, const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0 && errno == ENOENT) return std::nullopt;
  if (fd < 0) return fail_key(tenant, path, errno);
  struct stat found{};
  char text[2 * kKeyBytes + 2];
  const bool known = ::fstat(fd, &found) == 0;
  const ssize_t size = ::read(fd, text, sizeof text);
  ::close(fd);
  if (!known || size < 0) return fail_key(tenant, path, EIO);
  if ((found.st_mode & 077) != 0) {
    return fail_hint(fmt::format("chmod 600 {}", path), ErrorKind::permission_denied,
                     "mask key of tenant {}: others may read {}", tenant, path);
  }
  std::string_view key(text, static_cast<std::size_t>(size));
  if (key.ends_with('\n')) key.remove_suffix(1);
  if (!is_key(key)) {
    return fail_hint("restore it from a backup: with another key, masked values no longer match",
                     ErrorKind::corrupt_data, "mask key of tenant {}: {} is not 64 hex digits", tenant, path);
  }
  return std::string(key);
}

Status sync_folder(std::string_view tenant, const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return fail_key(tenant, path, errno);
  const int code = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  if (code != 0) return fail_key(tenant, path, code);
  return {};
}

}  // namespace

Result<std::optional<std::string>> Lake::mask_key_there_is(std::string_view tenant_id) {
  TRY(check_id("tenant", tenant_id));
  return read_key(tenant_id, fmt::format("{}/{}/.secrets/mask.key", dir_, tenant_root(tenant_id)));
}

// Not through the store: the mode must be right from the first byte on.
Result<std::string> Lake::mask_key(std::string_view tenant_id) {
  TRY(check_id("tenant", tenant_id));
  const std::string root = fmt::format("{}/{}", dir_, tenant_root(tenant_id));
  const std::string folder = root + "/.secrets";
  const std::string path = folder + "/mask.key";
  if (auto key = TRY(read_key(tenant_id, path))) return *key;

  TRY(store_->info(tenant_root(tenant_id) + "/tenant.yaml"));
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return fail_key(tenant_id, folder, errno);
  TRY(sync_folder(tenant_id, root));
  const std::string key = TRY(random_hex());
  const std::string temp = fmt::format("{}/{}{}", folder, kTempPrefix, new_uuid());
  const int fd = ::open(temp.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return fail_key(tenant_id, temp, errno);
  const std::string text = key + "\n";
  int code = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  if (code == 0 && ::link(temp.c_str(), path.c_str()) != 0) code = errno;
  ::unlink(temp.c_str());
  if (code != 0 && code != EEXIST) return fail_key(tenant_id, path, code);
  TRY(sync_folder(tenant_id, folder));
  // Of several who made one at once, the one in place counts.
  if (auto made = TRY(read_key(tenant_id, path))) return *made;
  return fail(ErrorKind::io, "mask key of tenant {}: {} vanished", tenant_id, path);
}

}  // namespace centavo
