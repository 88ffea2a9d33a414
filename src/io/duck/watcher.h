#pragma once
/// \file io/duck/watcher.h
/// Interrupts a connection's running query when asked to. For the sources of this folder only.

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "base/cancel.h"
#include "io/duck/raw.h"

namespace centavo::duck {

/// DuckDB forgets an interrupt when it comes between two phases of a query, so this one repeats it every
/// kPollMs until the query ends. Thread-safe. The thread starts when there is something to wait for.
class Watcher {
 public:
  static constexpr int kPollMs = 10;

  explicit Watcher(duckdb_connection connection) : connection_(connection) {}
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  void watch(const Cancel* cancel);
  void interrupt();
  /// A query begins; returns its number. `end` of a number that is no longer the newest does nothing.
  std::uint64_t begin();
  void end(std::uint64_t number);
  /// Whether the query that runs now should stop.
  bool should_stop() const;

 private:
  bool wanted() const { return interrupted_ || (cancel_ != nullptr && cancel_->requested()); }
  void start();
  void loop();

  duckdb_connection connection_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::thread thread_;
  const Cancel* cancel_ = nullptr;
  std::uint64_t query_ = 0;
  bool active_ = false;
  bool interrupted_ = false;
  bool leaving_ = false;
};

}  // namespace centavo::duck
