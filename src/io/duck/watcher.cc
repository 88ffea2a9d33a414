#include "io/duck/watcher.h"

#include <chrono>

namespace centavo::duck {

Watcher::~Watcher() {
  {
    const std::lock_guard lock(mutex_);
    leaving_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Watcher::start() {
  if (!thread_.joinable()) thread_ = std::thread([this] { loop(); });
  changed_.notify_all();
}

void Watcher::watch(const Cancel* cancel) {
  const std::lock_guard lock(mutex_);
  cancel_ = cancel;
  if (cancel != nullptr) start();
}

void Watcher::interrupt() {
  const std::lock_guard lock(mutex_);
  if (!active_) return;
  interrupted_ = true;
  duckdb_interrupt(connection_);
  start();
}

std::uint64_t Watcher::begin() {
  const std::lock_guard lock(mutex_);
  active_ = true;
  interrupted_ = false;
  changed_.notify_all();
  return ++query_;
}

void Watcher::end(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  if (number == query_) active_ = false;
}

bool Watcher::should_stop() const {
  const std::lock_guard lock(mutex_);
  return active_ && wanted();
}

void Watcher::loop() {
  std::unique_lock lock(mutex_);
  while (!leaving_) {
    if (!active_) {
      changed_.wait(lock, [&] { return leaving_ || active_; });
      continue;
    }
    if (wanted()) duckdb_interrupt(connection_);
    changed_.wait_for(lock, std::chrono::milliseconds(kPollMs));
  }
}

}  // namespace centavo::duck
