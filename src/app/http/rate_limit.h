#pragma once
/// \file app/http/rate_limit.h
/// Token buckets, one a client, in bounded memory.

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

namespace centavo::http {

/// Thread-safe.
class RateLimit {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::size_t kClientsMax = 16384;

  /// `per_second` tokens a second, two seconds' worth at once; 0: no limit.
  explicit RateLimit(double per_second) : per_second_(per_second) {}

  /// Takes a token of `client` and returns 0, or the seconds until there is one. Clients that were not seen for two
  /// seconds have full buckets and are forgotten; of more than 2 x kClientsMax within that time the oldest are too.
  int take(const std::string& client, Time now);

 private:
  struct Bucket {
    double tokens = 0;
    Time filled;
  };
  Bucket& bucket_of(const std::string& client, Time now);

  double per_second_;
  std::mutex mutex_;
  std::unordered_map<std::string, Bucket> recent_, before_;
  Time turned_{};
};

/// How many connections each address has. Thread-safe.
class AddressCount {
 public:
  /// Counts one more and says true, or says false when `most` are there.
  bool add(const std::string& address, int most);
  void remove(const std::string& address);

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, int> counts_;
};

}  // namespace centavo::http
