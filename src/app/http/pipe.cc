#include "app/http/pipe.h"

#include <algorithm>

#include "app/http/wire.h"

namespace centavo::http {

Status Pipe::write(std::string_view bytes) {
  while (!bytes.empty()) {
    bool was_empty = false;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return cut_ || bytes_.size() < kBytesMax; });
      if (cut_) return fail(ErrorKind::cancelled, "the client is gone, or too slow, or the server stops");
      was_empty = bytes_.empty();
      const std::string_view piece = bytes.substr(0, kBytesMax - bytes_.size());
      bytes_ += piece;
      bytes.remove_prefix(piece.size());
    }
    if (was_empty) wake_();
  }
  return {};
}

void Pipe::finish(Status status) {
  {
    const std::lock_guard lock(mutex_);
    finished_ = true;
    status_ = std::move(status);
  }
  wake_();
}

Pipe::Taken Pipe::take() {
  Taken out;
  {
    const std::lock_guard lock(mutex_);
    out.bytes.swap(bytes_);
    out.finished = finished_;
    out.status = status_;
  }
  changed_.notify_all();
  return out;
}

void Pipe::cut() {
  {
    const std::lock_guard lock(mutex_);
    cut_ = true;
  }
  changed_.notify_all();
}

bool Events::send(std::string_view event, std::string_view data, std::uint64_t id) {
  {
    const std::lock_guard lock(mutex_);
    if (gone_ || closed_) return false;
    bytes_ += event_text(event, data, id);
    if (bytes_.size() > kBytesMax) gone_ = overflow_ = true;
  }
  wake_();
  return !is_gone();
}

void Events::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  wake_();
}

bool Events::is_gone() const {
  const std::lock_guard lock(mutex_);
  return gone_;
}

Events::Taken Events::take() {
  const std::lock_guard lock(mutex_);
  Taken out{{}, closed_, overflow_};
  out.bytes.swap(bytes_);
  return out;
}

void Events::cut() {
  const std::lock_guard lock(mutex_);
  gone_ = true;
  bytes_.clear();
}

}  // namespace centavo::http
