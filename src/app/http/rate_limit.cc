#include "app/http/rate_limit.h"

#include <algorithm>
#include <cmath>

namespace centavo::http {

namespace {
constexpr double kBurstSeconds = 2;
}

RateLimit::Bucket& RateLimit::bucket_of(const std::string& client, Time now) {
  if (now - turned_ > std::chrono::duration<double>(kBurstSeconds) || recent_.size() >= kClientsMax) {
    before_ = std::move(recent_);
    recent_.clear();
    turned_ = now;
  }
  const auto [at, is_new] = recent_.try_emplace(client, Bucket{std::max(1.0, per_second_ * kBurstSeconds), now});
  if (is_new) {
    if (const auto old = before_.find(client); old != before_.end()) at->second = old->second;
  }
  return at->second;
}

int RateLimit::take(const std::string& client, Time now) {
  if (per_second_ <= 0) return 0;
  const std::lock_guard lock(mutex_);
  Bucket& bucket = bucket_of(client, now);
  const double passed = std::chrono::duration<double>(now - bucket.filled).count();
  bucket.tokens =
      std::min(std::max(1.0, per_second_ * kBurstSeconds), bucket.tokens + std::max(0.0, passed) * per_second_);
  bucket.filled = now;
  if (bucket.tokens >= 1) {
    bucket.tokens -= 1;
    return 0;
  }
  return std::max(1, static_cast<int>(std::ceil((1 - bucket.tokens) / per_second_)));
}

bool AddressCount::add(const std::string& address, int most) {
  const std::lock_guard lock(mutex_);
  int& count = counts_[address];
  if (most > 0 && count >= most) return false;
  ++count;
  return true;
}

void AddressCount::remove(const std::string& address) {
  const std::lock_guard lock(mutex_);
  const auto found = counts_.find(address);
  if (found != counts_.end() && --found->second <= 0) counts_.erase(found);
}

}  // namespace centavo::http
