#include "base/time_limit.h"

namespace centavo {
namespace {

constexpr std::chrono::milliseconds kLookEvery{20};

}  // namespace

TimeLimit::TimeLimit(const Cancel* outer, std::optional<std::chrono::milliseconds> limit)
    : outer_(outer), thread_([this, limit] { wait(limit); }) {}

TimeLimit::~TimeLimit() {
  {
    const std::scoped_lock lock(mutex_);
    done_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void TimeLimit::wait(std::optional<std::chrono::milliseconds> limit) {
  const auto started = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  while (!done_) {
    if (outer_ != nullptr && outer_->requested()) return cancel_.request();
    if (limit && std::chrono::steady_clock::now() - started >= *limit) {
      over_.store(true);
      return cancel_.request();
    }
    changed_.wait_for(lock, kLookEvery);
  }
}

}  // namespace centavo
