#pragma once
/// \file base/clock.h
/// Time as the program sees it, so that tests can set it. All times are UTC.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace centavo {

using TimeMs = std::int64_t;  ///< milliseconds since 1970-01-01T00:00:00Z

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimeMs now_ms() const = 0;
  /// The machine's clock. CENTAVO_NOW (ISO 8601) replaces it, for repeatable runs.
  static const Clock& system();
};

class FakeClock : public Clock {
 public:
  explicit FakeClock(TimeMs now_ms) : now_ms_(now_ms) {}
  TimeMs now_ms() const override { return now_ms_; }
  void advance_ms(TimeMs by) { now_ms_ += by; }

 private:
  TimeMs now_ms_;
};

/// "2026-09-30T12:00:00.123Z"
std::string iso_time(TimeMs time_ms);
/// Parses ISO 8601 with or without time ("2026-09-30", "2026-09-30T12:00:00Z", "2026-09-30 12:00:00.5+00:00").
Result<TimeMs> parse_iso_time(std::string_view text);

}  // namespace centavo
