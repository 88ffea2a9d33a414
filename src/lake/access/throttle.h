#pragma once
/// \file lake/access/throttle.h
/// Wrong passwords in a row, by user, whether there is such a user or not.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace centavo::access {

/// In memory: who starts the server again could read the file anyway. Not thread-safe.
class Throttle {
 public:
  /// How long this user must wait now; 0: not at all.
  std::int64_t wait_ms(std::string_view user, TimeMs now) const;
  void failed(std::string_view user, TimeMs now);
  void succeeded(std::string_view user);

 private:
  struct Failures {
    int count = 0;
    TimeMs last_ms = 0, until_ms = 0;
  };
  std::map<std::string, Failures, std::less<>> failures_;
};

}  // namespace centavo::access
