#pragma once
/// \file app/http/pipe.h
/// Bytes from the thread that makes them to the connection that sends them: answers that wait for a slow client, and
/// events that do not. Each calls `wake` when the connection has something to look at.

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>

#include "app/http/http.h"

namespace centavo::http {

/// Bounded; one writer, one taker. Thread-safe.
class Pipe final : public Writer {
 public:
  static constexpr std::size_t kBytesMax = 256 * 1024;
  struct Taken {
    std::string bytes;
    bool finished = false;   ///< nothing comes behind these bytes
    Status status;           ///< of the writer, when finished
  };

  explicit Pipe(std::function<void()> wake) : wake_(std::move(wake)) {}
  /// Waits while the pipe is full; `cancelled` after cut().
  Status write(std::string_view bytes) override;
  void finish(Status status);
  /// All there is; lets the writer go on.
  Taken take();
  void cut();

 private:
  std::function<void()> wake_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string bytes_;
  bool finished_ = false, cut_ = false;
  Status status_;
};

/// Bounded; a client that leaves kBytesMax unread is cut.
class Events final : public EventStream {
 public:
  static constexpr std::size_t kBytesMax = 256 * 1024;
  struct Taken {
    std::string bytes;
    bool closed = false;     ///< nothing comes behind these bytes
    bool overflow = false;   ///< the client reads too slowly
  };

  explicit Events(std::function<void()> wake) : wake_(std::move(wake)) {}
  bool send(std::string_view event, std::string_view data, std::uint64_t id) override;
  void close() override;
  bool is_gone() const override;
  Taken take();
  void cut();

 private:
  std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::string bytes_;
  bool closed_ = false, gone_ = false, overflow_ = false;
};

}  // namespace centavo::http
