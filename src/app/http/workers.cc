#include "app/http/workers.h"

#include <algorithm>

namespace centavo::http {

Workers::Workers(int threads, int queue_max)
    : queue_max_(static_cast<std::size_t>(std::max(queue_max, 0))),
      size_(static_cast<std::size_t>(std::max(threads, 1))) {
  for (std::size_t i = 0; i < size_; ++i) threads_.emplace_back([this] { run(); });
}

Workers::~Workers() { close(); }

bool Workers::submit(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    const std::size_t idle = size_ - working_;
    if (closed_ || queue_.size() >= queue_max_ + idle) return false;
    queue_.push_back(std::move(work));
  }
  changed_.notify_one();
  return true;
}

std::int64_t Workers::waiting() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::int64_t>(queue_.size());
}

std::int64_t Workers::working() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::int64_t>(working_);
}

void Workers::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void Workers::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return closed_ || !queue_.empty(); });
    if (queue_.empty()) return;
    std::function<void()> work = std::move(queue_.front());
    queue_.pop_front();
    ++working_;
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
    --working_;
  }
}

}  // namespace centavo::http
