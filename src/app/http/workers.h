#pragma once
/// \file app/http/workers.h
/// A fixed number of threads and a bounded queue in front of them.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace centavo::http {

/// Thread-safe.
class Workers {
 public:
  Workers(int threads, int queue_max);
  ~Workers();  ///< close()
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// False when all threads are busy and the queue is full, or after close(): the work was not taken. It must not
  /// throw.
  bool submit(std::function<void()> work);
  std::int64_t waiting() const;
  std::int64_t working() const;
  /// Takes no more, runs what waits, returns when all threads ended.
  void close();

 private:
  void run();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  std::size_t queue_max_;
  std::size_t working_ = 0;
  bool closed_ = false;
  std::size_t size_;
  std::vector<std::thread> threads_;
};

}  // namespace centavo::http
