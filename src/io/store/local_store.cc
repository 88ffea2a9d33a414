// Durability, in order: bytes to a temporary file, sync it, put it in place, sync its folder. A failed sync is never
// tried again on the same file: the kernel may have dropped the bytes and would then answer "done".

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <set>

#include "base/digest.h"
#include "io/store/key.h"
#include "io/store/store.h"

namespace centavo {
namespace {

tl::unexpected<Error> fail_errno(std::string_view doing, const std::string& path) {
  const int code = errno;
  ErrorKind kind = ErrorKind::io;
  std::string hint;
  switch (code) {
    case ENOENT: kind = ErrorKind::not_found; break;
    case EEXIST: kind = ErrorKind::already_exists; break;
    case ENOSPC:
    case EDQUOT:
      kind = ErrorKind::out_of_space;
      hint = "free some space on that disk and run again; nothing was changed";
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      kind = ErrorKind::permission_denied;
      hint = "check who owns that folder and whether the disk is mounted read-only";
      break;
    case ENAMETOOLONG: kind = ErrorKind::invalid_argument; break;
    default: break;
  }
  return fail_hint(std::move(hint), kind, "{} {}: {}", doing, path, std::strerror(code));
}

class File {
 public:
  File() = default;
  explicit File(int fd) : fd_(fd) {}
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  File& operator=(File&&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  /// False, with errno, when closing reports a late write error.
  bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_ = -1;
};

File open_file(const std::string& path, int flags) {
  int fd = -1;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
  } while (fd < 0 && errno == EINTR);
  return File(fd);
}

// Removes a temporary file unless it was renamed away.
class TempFile {
 public:
  explicit TempFile(std::string path) : path_(std::move(path)) {}
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  ~TempFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  const std::string& path() const { return path_; }
  void release() { path_.clear(); }

 private:
  std::string path_;
};

Status write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(fd, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return fail_errno("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return {};
}

Status sync_path(const std::string& path, int flags) {
  const File file = open_file(path, O_RDONLY | flags);
  if (!file.is_open()) return fail_errno("open", path);
  if (::fsync(file.fd()) != 0) return fail_errno("sync", path);
  return {};
}

Status sync_folder(const std::string& path) { return sync_path(path, O_DIRECTORY); }

std::optional<std::string> real_path(const std::string& path) {
  char buffer[PATH_MAX];
  if (::realpath(path.c_str(), buffer) == nullptr) return std::nullopt;
  return std::string(buffer);
}

ObjectInfo info_of(std::string key, const struct stat& found) {
  return {std::move(key), found.st_size,
          static_cast<TimeMs>(found.st_mtim.tv_sec) * 1000 + found.st_mtim.tv_nsec / 1'000'000};
}

class LocalStore : public Store {
 public:
  explicit LocalStore(std::string root) : root_(std::move(root)) {}

  Result<std::string> read(std::string_view key) override;
  Result<ObjectInfo> info(std::string_view key) override;
  Result<std::vector<ObjectInfo>> list(std::string_view folder, bool deep, std::string_view from_name) override;
  Status write(std::string_view key, std::string_view bytes) override;
  Status write_if_absent(std::string_view key, std::string_view bytes) override;
  Status remove(std::string_view key) override;
  Result<std::string> engine_path(std::string_view key) override;
  Status settle(std::string_view key) override;
  Status move(std::string_view from, std::string_view to) override;

 private:
  Result<std::string> path_of(std::string_view key) const;
  std::string folder_path(std::string_view folder) const {
    return folder.empty() ? root_ : fmt::format("{}/{}", root_, folder);
  }
  Status stay_inside(const std::string& path, std::string_view key) const;
  Status make_folders(std::string_view folder);
  Result<std::string> write_temp(std::string_view folder, std::string_view bytes);
  Status walk(const std::string& folder, bool deep, std::string_view listed, std::string_view from_name,
              std::vector<ObjectInfo>& out) const;

  std::string root_;  // absolute, without links
  std::mutex mutex_;
  std::set<std::string, std::less<>> durable_folders_;  // those whose entry in their parent this process has synced
};

// A link in the lake may not lead out of it.
Status LocalStore::stay_inside(const std::string& path, std::string_view key) const {
  std::string existing = path;
  std::optional<std::string> real;
  while (!(real = real_path(existing)) && existing.size() > root_.size()) existing.resize(existing.rfind('/'));
  if (!real || *real == root_ || (real->starts_with(root_) && (root_ == "/" || (*real)[root_.size()] == '/')))
    return {};
  return fail(ErrorKind::permission_denied, "{} leads out of {}, to {}", key, root_, *real);
}

Result<std::string> LocalStore::path_of(std::string_view key) const {
  TRY(check_key(key));
  std::string path = fmt::format("{}/{}", root_, key);
  TRY(stay_inside(path, key));
  return path;
}

Status LocalStore::make_folders(std::string_view folder) {
  std::size_t end = 0;
  while (end < folder.size()) {
    end = std::min(folder.find('/', end + 1), folder.size());
    const std::string_view part = folder.substr(0, end);
    const std::string path = folder_path(part);
    const bool made = ::mkdir(path.c_str(), 0777) == 0;
    if (!made && errno != EEXIST) return fail_errno("create folder", path);
    const std::lock_guard lock(mutex_);
    if (!made && durable_folders_.contains(part)) continue;
    TRY(sync_folder(folder_path(folder_of(part))));
    durable_folders_.emplace(part);
  }
  return {};
}

Result<std::string> LocalStore::write_temp(std::string_view folder, std::string_view bytes) {
  TRY(make_folders(folder));
  // Unlike any other: of another store over this folder, another process, another host.
  TempFile temp(fmt::format("{}/{}{}", folder_path(folder), kTempPrefix, new_uuid()));
  File file = open_file(temp.path(), O_WRONLY | O_CREAT | O_EXCL);
  if (!file.is_open()) return fail_errno("create", temp.path());
  TRY(write_all(file.fd(), bytes, temp.path()));
  if (::fsync(file.fd()) != 0) return fail_errno("sync", temp.path());
  if (!file.close()) return fail_errno("close", temp.path());
  std::string path = temp.path();
  temp.release();
  return path;
}

Result<std::string> LocalStore::read(std::string_view key) {
  const std::string path = TRY(path_of(key));
  const File file = open_file(path, O_RDONLY);
  if (!file.is_open()) {
    if (errno == ENOTDIR) errno = ENOENT;
    return fail_errno("read", path);
  }
  struct stat found{};
  if (::fstat(file.fd(), &found) != 0) return fail_errno("read", path);
  if (!S_ISREG(found.st_mode)) return fail(ErrorKind::not_found, "read {}: not a file", path);
  std::string out;
  out.resize(static_cast<std::size_t>(found.st_size));
  std::size_t filled = 0;
  while (true) {
    if (filled == out.size()) out.resize(filled + 4096);  // it may have grown; also how its end is seen
    const ssize_t got = ::read(file.fd(), out.data() + filled, out.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("read", path);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  out.resize(filled);
  return out;
}

Result<ObjectInfo> LocalStore::info(std::string_view key) {
  const std::string path = TRY(path_of(key));
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) {
    if (errno == ENOTDIR) errno = ENOENT;
    return fail_errno("look at", path);
  }
  if (!S_ISREG(found.st_mode)) return fail(ErrorKind::not_found, "look at {}: not a file", path);
  return info_of(std::string(key), found);
}

Status LocalStore::walk(const std::string& folder, bool deep, std::string_view listed, std::string_view from_name,
                        std::vector<ObjectInfo>& out) const {
  const std::string path = folder_path(folder);
  DIR* const directory = ::opendir(path.c_str());
  if (directory == nullptr) {
    if (errno == ENOENT || errno == ENOTDIR) return {};
    return fail_errno("list", path);
  }
  const std::unique_ptr<DIR, int (*)(DIR*)> owner(directory, ::closedir);
  std::vector<std::string> folders;
  while (true) {
    errno = 0;
    const dirent* const entry = ::readdir(directory);
    if (entry == nullptr && errno != 0) return fail_errno("list", path);
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name == "." || name == ".." || name.starts_with(kTempPrefix)) continue;
    std::string key = folder.empty() ? std::string(name) : fmt::format("{}/{}", folder, name);
    if (entry->d_type == DT_REG && !is_listed(key, listed, deep, from_name)) continue;  // saves the stat
    struct stat found{};
    if (::fstatat(::dirfd(directory), entry->d_name, &found, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) continue;  // removed since
      return fail_errno("look at", folder_path(key));
    }
    if (S_ISDIR(found.st_mode)) {
      if (deep) folders.push_back(std::move(key));
      continue;
    }
    if (S_ISLNK(found.st_mode)) {  // a link to a file inside is a file; a linked folder is not walked
      if (!stay_inside(folder_path(key), key) || ::stat(folder_path(key).c_str(), &found) != 0) continue;
    }
    if (S_ISREG(found.st_mode) && is_listed(key, listed, deep, from_name))
      out.push_back(info_of(std::move(key), found));
  }
  for (const std::string& inner : folders) TRY(walk(inner, deep, listed, from_name, out));
  return {};
}

Result<std::vector<ObjectInfo>> LocalStore::list(std::string_view folder, bool deep, std::string_view from_name) {
  TRY(check_folder(folder));
  TRY(stay_inside(folder_path(folder), folder));
  std::vector<ObjectInfo> out;
  TRY(walk(std::string(folder), deep, folder, from_name, out));
  std::sort(out.begin(), out.end(), [](const ObjectInfo& a, const ObjectInfo& b) { return a.key < b.key; });
  return out;
}

// In place, but not certain to survive a crash.
tl::unexpected<Error> not_durable(const std::string& path, const Error& error) {
  return fail_hint("look whether it is there after the disk has been checked", ErrorKind::outcome_unknown,
                   "{} is written but may not survive a crash: {}", path, error.message);
}

Status LocalStore::write(std::string_view key, std::string_view bytes) {
  const std::string path = TRY(path_of(key));
  TempFile temp(TRY(write_temp(folder_of(key), bytes)));
  if (::rename(temp.path().c_str(), path.c_str()) != 0) return fail_errno("write", path);
  temp.release();
  if (Status synced = sync_folder(folder_path(folder_of(key))); !synced) return not_durable(path, synced.error());
  return {};
}

Status LocalStore::write_if_absent(std::string_view key, std::string_view bytes) {
  const std::string path = TRY(path_of(key));
  const TempFile temp(TRY(write_temp(folder_of(key), bytes)));
  if (::link(temp.path().c_str(), path.c_str()) != 0) {
    const int code = errno;
    // A network file system may lose the reply and say "exists" about our own link: then the file has two names.
    struct stat found{};
    if (::stat(temp.path().c_str(), &found) != 0 || found.st_nlink != 2) {
      if (code == EPERM || code == EOPNOTSUPP) {
        return fail_hint("keep the lake on a file system with hard links, such as ext4 or xfs", ErrorKind::unsupported,
                         "write {}: this file system has no hard links", path);
      }
      errno = code;
      return fail_errno("write", path);
    }
  }
  if (Status synced = sync_folder(folder_path(folder_of(key))); !synced) return not_durable(path, synced.error());
  return {};
}

// Not synced: a removed object that comes back after a crash harms nobody, and vacuum removes thousands.
Status LocalStore::remove(std::string_view key) {
  const std::string path = TRY(path_of(key));
  if (::unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) return fail_errno("remove", path);
  return {};
}

Result<std::string> LocalStore::engine_path(std::string_view key) {
  std::string path = TRY(path_of(key));
  // What is there is about to be read: no folder to make, and no sync of folders for a query over hundreds of tables.
  if (::access(path.c_str(), F_OK) != 0) TRY(make_folders(folder_of(key)));
  return path;
}

Status LocalStore::settle(std::string_view key) {
  const std::string path = TRY(path_of(key));
  TRY(make_folders(folder_of(key)));
  TRY(sync_path(path, 0));
  return sync_folder(folder_path(folder_of(key)));
}

Status LocalStore::move(std::string_view from, std::string_view to) {
  const std::string from_path = TRY(path_of(from));
  const std::string to_path = TRY(path_of(to));
  TRY(make_folders(folder_of(to)));
  TRY(sync_path(from_path, 0));
  if (::rename(from_path.c_str(), to_path.c_str()) != 0) return fail_errno("move", from_path);
  if (Status synced = sync_folder(folder_path(folder_of(to))); !synced) return not_durable(to_path, synced.error());
  if (folder_of(from) == folder_of(to)) return {};
  if (Status synced = sync_folder(folder_path(folder_of(from))); !synced) return not_durable(to_path, synced.error());
  return {};
}

// mkdir -p, each new entry synced.
Status make_root(const std::string& root) {
  for (std::size_t end = root.find('/', 1);; end = root.find('/', end + 1)) {
    const std::string part = root.substr(0, end);
    if (::mkdir(part.c_str(), 0777) == 0) {
      const std::size_t slash = part.rfind('/', part.find_last_not_of('/'));
      TRY(sync_folder(slash == std::string::npos ? "." : slash == 0 ? "/" : part.substr(0, slash)));
    } else if (errno != EEXIST && errno != EISDIR) {
      return fail_errno("create folder", part);
    }
    if (end == std::string::npos) return {};
  }
}

}  // namespace

Result<std::unique_ptr<Store>> open_local_store(std::string root) {
  if (root.empty()) return fail(ErrorKind::invalid_argument, "open a store: the folder has no name");
  TRY(make_root(root));
  const std::optional<std::string> real = real_path(root);
  if (!real) return fail_errno("open", root);
  struct stat found{};
  if (::stat(real->c_str(), &found) != 0) return fail_errno("open", root);
  if (!S_ISDIR(found.st_mode)) return fail(ErrorKind::invalid_argument, "open {}: not a folder", root);
  return std::make_unique<LocalStore>(*real);
}

}  // namespace centavo
