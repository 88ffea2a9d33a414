#pragma once
/// \file flow/generate/random.h
/// Our own deterministic numbers (splitmix64): the standard's distributions differ from one library to the next.

#include <cstdint>
#include <string>

namespace centavo::generate {

/// A good 64-bit hash of a 64-bit number.
constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) { return mix(mix(a) ^ b); }
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b, std::uint64_t c) { return mix(mix(a, b), c); }

/// A stream of numbers that its key alone decides.
class Random {
 public:
  explicit Random(std::uint64_t key) : state_(key) {}
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15u;
    return mix(state_);
  }
  /// 0 <= result < n, n > 0.
  std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(((next() >> 32) * static_cast<std::uint64_t>(n)) >> 32);
  }
  /// Both ends included.
  std::int64_t between(std::int64_t low, std::int64_t high) { return low + below(high - low + 1); }
  bool percent(int p) { return below(100) < p; }

 private:
  std::uint64_t state_;
};

/// `length` characters of [0-9a-f], [A-Z2-7], [a-z2-7] or [0-9].
enum class Alphabet { hex, upper, lower, digits };
std::string random_text(Random& random, Alphabet alphabet, int length);
/// A UUID that the key decides.
std::string uuid_of(std::uint64_t key);

}  // namespace centavo::generate
