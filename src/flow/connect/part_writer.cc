#include "flow/connect/part_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/digest.h"

namespace centavo {
namespace {

constexpr std::size_t kBufferBytes = 256 << 10;

tl::unexpected<Error> fail_write(const std::string& path) {
  const int code = errno;
  if (code == ENOSPC || code == EDQUOT) {
    return fail_hint("free some space on that disk and run again; nothing was changed", ErrorKind::out_of_space,
                     "write {}: {}", path, std::strerror(code));
  }
  const bool denied = code == EACCES || code == EPERM || code == EROFS;
  return fail(denied ? ErrorKind::permission_denied : ErrorKind::io, "write {}: {}", path, std::strerror(code));
}

}  // namespace

PartWriter::PartWriter(const std::string& folder, const std::function<Status(CsvPart)>& on_part)
    : folder_(folder), prefix_(new_uuid()), on_part_(on_part) {
  buffer_.reserve(kBufferBytes);
}

PartWriter::~PartWriter() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(path_.c_str());
}

Status PartWriter::begin() {
  path_ = fmt::format("{}/{}-{:06}.csv", folder_, prefix_, number_++);
  fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd_ < 0) return fail_write(path_);
  buffer_ = header_;
  return {};
}

Status PartWriter::write(std::string_view bytes) {
  if (bytes.empty()) return {};
  if (fd_ < 0) TRY(begin());
  part_bytes_ += static_cast<std::int64_t>(bytes.size());
  if (buffer_.size() + bytes.size() <= kBufferBytes) {
    buffer_.append(bytes);
    return {};
  }
  TRY(flush());
  if (bytes.size() >= kBufferBytes / 4) return write_through(bytes);
  buffer_.append(bytes);
  return {};
}

Status PartWriter::flush() {
  TRY(write_through(buffer_));
  buffer_.clear();
  return {};
}

Status PartWriter::write_through(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(fd_, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return fail_write(path_);
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return {};
}

Status PartWriter::cut(std::int64_t first_row, std::int64_t rows) {
  if (fd_ < 0) return {};
  TRY(flush());
  const bool closed = ::close(std::exchange(fd_, -1)) == 0;
  part_bytes_ = 0;
  if (!closed || rows == 0) {
    const int code = errno;
    ::unlink(path_.c_str());
    errno = code;
    return closed ? Status() : fail_write(path_);
  }
  return on_part_({path_, first_row, rows});
}

}  // namespace centavo
