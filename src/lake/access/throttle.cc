#include "lake/access/throttle.h"

#include <algorithm>

#include "lake/access/people.h"

namespace centavo::access {
namespace {

constexpr std::size_t kUsersMax = 10'000;
constexpr std::int64_t kForgetMs = 24LL * 3'600'000;

}  // namespace

std::int64_t Throttle::wait_ms(std::string_view user, TimeMs now) const {
  const auto it = failures_.find(user);
  return it == failures_.end() ? 0 : std::max<std::int64_t>(it->second.until_ms - now, 0);
}

void Throttle::failed(std::string_view user, TimeMs now) {
  if (failures_.size() >= kUsersMax && !failures_.contains(user)) {
    std::erase_if(failures_, [&](const auto& entry) { return entry.second.last_ms + kForgetMs < now; });
    if (failures_.size() >= kUsersMax) {
      failures_.erase(std::min_element(failures_.begin(), failures_.end(), [](const auto& one, const auto& other) {
        return one.second.last_ms < other.second.last_ms;
      }));
    }
  }
  Failures& entry = failures_[std::string(user)];
  if (entry.last_ms + kForgetMs < now) entry.count = 0;
  entry.last_ms = now;
  if (++entry.count < People::kFailuresMax) return;
  const int doublings = std::min(entry.count - People::kFailuresMax, 10);
  entry.until_ms = now + std::min(People::kWaitMs << doublings, People::kWaitMostMs);
}

void Throttle::succeeded(std::string_view user) {
  if (const auto it = failures_.find(user); it != failures_.end()) failures_.erase(it);
}

}  // namespace centavo::access
