#include "flow/connect/incoming.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/digest.h"
#include "flow/connect/inflate.h"

namespace centavo {
namespace {

constexpr std::int64_t kParquetBytesMin = 12;

// The copy being written.
class Copy {
 public:
  explicit Copy(std::string path)
      : path_(std::move(path)), fd_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)) {}
  ~Copy() {
    if (fd_ >= 0) ::close(fd_);
  }
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;
  bool is_open() const { return fd_ >= 0; }

  Status write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t done = ::write(fd_, bytes.data(), bytes.size());
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) return failed();
      bytes.remove_prefix(static_cast<std::size_t>(done));
    }
    return {};
  }
  Status close() {
    if (::close(std::exchange(fd_, -1)) != 0) return failed();
    return {};
  }
  tl::unexpected<Error> failed() const {
    const int code = errno;
    const bool full = code == ENOSPC || code == EDQUOT;
    const bool denied = code == EACCES || code == EPERM || code == EROFS;
    return fail_hint(full     ? "free some space on that disk and run again; nothing was changed"
                     : denied ? "check who owns that folder and whether the disk is mounted read-only"
                              : "",
                     full     ? ErrorKind::out_of_space
                     : denied ? ErrorKind::permission_denied
                              : ErrorKind::io,
                     "write {}: {}", path_, std::strerror(code));
  }

 private:
  std::string path_;
  int fd_;
};

tl::unexpected<Error> changed(const SourceFile& file, std::int64_t read) {
  return fail_hint("run again when its delivery is done", ErrorKind::conflict,
                   "it changed while it was read ({} bytes listed, {} read)", file.size_bytes, read);
}

}  // namespace

Incoming::~Incoming() {
  for (const std::string& key : waiting_) (void)store_.remove(key);
}

Status Incoming::clean() {
  for (const ObjectInfo& object : TRY(store_.list(raw_root_ + "/_incoming"))) TRY(store_.remove(object.key));
  return {};
}

Result<std::string> Incoming::folder() {
  const std::string path = TRY(store_.engine_path(raw_root_ + "/_incoming/x"));
  return path.substr(0, path.rfind('/'));
}

Result<Arrived> Incoming::take(const SourceFile& file, const FileKind& kind,
                               const std::function<void(std::int64_t)>& progress, const Cancel* cancel) {
  lake_failed_ = false;
  if (file.size_bytes == 0) {
    return fail_hint("ask for it again, or remove it", ErrorKind::corrupt_data, "it is empty: 0 bytes");
  }
  Arrived out;
  out.temp_key = fmt::format("{}/_incoming/{}", raw_root_, new_uuid());
  lake_failed_ = true;
  out.local_path = TRY(store_.engine_path(out.temp_key));
  waiting_.insert(out.temp_key);
  Copy copy(out.local_path);
  if (!copy.is_open()) return copy.failed();
  lake_failed_ = false;

  Sha256 sum;
  std::int64_t read = 0;
  InflateSinks sinks;
  sinks.raw = [&](std::string_view bytes) -> Status {
    sum.update(bytes);
    if (Status written = copy.write(bytes); !written) {
      lake_failed_ = true;
      return written;
    }
    read += static_cast<std::int64_t>(bytes.size());
    if (read > file.size_bytes) return changed(file, read);  // or a growing file would be read for ever
    if (progress) progress(read);
    return {};
  };
  // Of a zip the copy is checked: it needs to go back and forth.
  const bool zip = kind.compression == "zip";
  TRY(inflate_file(file.local_path, zip ? "" : kind.compression, sinks, cancel));
  if (Status closed = copy.close(); !closed) {
    lake_failed_ = true;
    return fail(closed.error());
  }
  struct stat now{};
  const bool there = ::stat(file.local_path.c_str(), &now) == 0;
  const TimeMs modified = static_cast<TimeMs>(now.st_mtim.tv_sec) * 1000 + now.st_mtim.tv_nsec / 1'000'000;
  if (!there || now.st_size != read || read != file.size_bytes || modified != file.modified_ms) {
    return changed(file, read);
  }
  if (zip) TRY(inflate_file(out.local_path, kind.compression, {}, cancel));
  TRY(check_whole(out.local_path, kind, read));
  out.file = {file.path, sum.hex(), "", read, file.modified_ms, kind.format, kind.compression};
  return out;
}

Status Incoming::check_whole(const std::string& path, const FileKind& kind, std::int64_t size_bytes) const {
  if (kind.format != "parquet") return {};
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(ErrorKind::io, "read {}: {}", path, std::strerror(errno));
  std::array<unsigned char, 4> head{};
  std::array<unsigned char, 8> tail{};
  const bool read = size_bytes >= kParquetBytesMin && ::pread(fd, head.data(), head.size(), 0) == 4 &&
                    ::pread(fd, tail.data(), tail.size(), size_bytes - 8) == 8;
  ::close(fd);
  const char* const again = "ask for the file again; the copy here is broken";
  if (!read || std::memcmp(head.data(), "PAR1", 4) != 0) {
    if (read && std::memcmp(head.data(), "PARE", 4) == 0)
      return fail(ErrorKind::unsupported, "parquet: its footer is encrypted");
    return fail_hint(again, ErrorKind::corrupt_data, "it is not Parquet: it does not start with PAR1");
  }
  if (std::memcmp(tail.data() + 4, "PAR1", 4) != 0) {
    return fail_hint(again, ErrorKind::corrupt_data, "parquet: cut off after {} bytes; there is no footer", size_bytes);
  }
  const std::int64_t footer = tail[0] | tail[1] << 8 | tail[2] << 16 | static_cast<std::int64_t>(tail[3]) << 24;
  if (footer + kParquetBytesMin > size_bytes) {
    return fail_hint(again, ErrorKind::corrupt_data, "parquet: a footer of {} bytes in a file of {}", footer,
                     size_bytes);
  }
  return {};
}

Status Incoming::keep(Arrived& file, std::string_view folder) {
  if (file.temp_key.empty()) return {};
  const std::string key = fmt::format("{}/{}/{}.{}", raw_root_, folder.empty() ? "all" : folder, file.file.digest,
                                      ending_of({file.file.format, file.file.compression}));
  lake_failed_ = true;
  TRY(store_.move(file.temp_key, key));
  lake_failed_ = false;
  waiting_.erase(file.temp_key);
  file.temp_key.clear();
  file.file.raw_key = key;
  file.local_path = TRY(store_.engine_path(key));
  return {};
}

}  // namespace centavo
