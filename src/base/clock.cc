#include "base/clock.h"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace centavo {
namespace {

namespace chrono = std::chrono;

class SystemClock : public Clock {
 public:
  TimeMs now_ms() const override {
    if (const char* fixed = std::getenv("CENTAVO_NOW")) {
      if (const auto time = parse_iso_time(fixed)) return *time;
    }
    return chrono::duration_cast<chrono::milliseconds>(chrono::system_clock::now().time_since_epoch()).count();
  }
};

}  // namespace

const Clock& Clock::system() {
  static const SystemClock clock;
  return clock;
}

std::string iso_time(TimeMs time_ms) {
  const chrono::sys_time<chrono::milliseconds> time{chrono::milliseconds(time_ms)};
  const auto day = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

Result<TimeMs> parse_iso_time(std::string_view text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, used = 0;
  double second = 0;
  const std::string copy(text);
  const auto bad = [&] {
    return fail_hint("write a time as 2026-09-30T12:00:00Z", ErrorKind::invalid_argument, "\"{}\" is not a time", text);
  };
  if (std::sscanf(copy.c_str(), "%4d-%2d-%2d%n", &year, &month, &day, &used) != 3 || used != 10) return bad();
  std::string_view rest = std::string_view(copy).substr(10);
  int zone_minutes = 0;
  if (!rest.empty()) {
    if (rest[0] != 'T' && rest[0] != ' ') return bad();
    int clock_used = 0;
    if (std::sscanf(copy.c_str() + 11, "%2d:%2d%n", &hour, &minute, &clock_used) != 2) return bad();
    rest = std::string_view(copy).substr(11 + static_cast<std::size_t>(clock_used));
    if (!rest.empty() && rest[0] == ':') {
      int second_used = 0;
      if (std::sscanf(copy.c_str() + (copy.size() - rest.size()), ":%lf%n", &second, &second_used) != 1) return bad();
      rest.remove_prefix(static_cast<std::size_t>(second_used));
    }
    if (rest == "Z") rest = {};
    if (!rest.empty()) {
      int zone_hour = 0, zone_minute = 0;
      const std::string zone(rest);
      if ((zone[0] != '+' && zone[0] != '-') || std::sscanf(zone.c_str() + 1, "%2d:%2d", &zone_hour, &zone_minute) < 1)
        return bad();
      zone_minutes = (zone[0] == '-' ? -1 : 1) * (zone_hour * 60 + zone_minute);
    }
  }
  const chrono::year_month_day date{chrono::year(year), chrono::month(static_cast<unsigned>(month)),
                                    chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 24 || minute > 59 || second < 0 || second >= 61) return bad();
  const auto days = chrono::sys_days(date).time_since_epoch().count();
  return (static_cast<TimeMs>(days) * 1440 + hour * 60 + minute - zone_minutes) * 60000 + std::llround(second * 1000);
}

}  // namespace centavo
