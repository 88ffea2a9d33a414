#pragma once
/// \file base/time_limit.h
/// A time that work may take: asks it to stop when that is over, or when somebody else does.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "base/cancel.h"

namespace centavo {

class TimeLimit {
 public:
  /// `outer` may be null; it must outlive this. Without a limit only `outer` stops the work.
  explicit TimeLimit(const Cancel* outer, std::optional<std::chrono::milliseconds> limit = {});
  ~TimeLimit();
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;

  /// For the work to watch.
  const Cancel* cancel() const { return &cancel_; }
  /// Whether the time was over before anybody else asked to stop.
  bool is_over() const { return over_.load(); }

 private:
  void wait(std::optional<std::chrono::milliseconds> limit);

  const Cancel* outer_;
  Cancel cancel_;
  std::atomic<bool> over_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::thread thread_;
};

}  // namespace centavo
